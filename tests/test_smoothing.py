"""The One Euro filter: steady while the signal stands, quick when it moves, the same at every rate."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch.smoothing import OneEuro, Smoother

RATES_HZ = (2, 5, 30)

quick = settings(deadline=None, max_examples=60)


def filtered(values, rate_hz=5.0, from_s=0.0):
    one = OneEuro()
    return [one.update(from_s + i / rate_hz, value) for i, value in enumerate(values)]


def step_response(rate_hz, height, seconds=3.0):
    """The filtered signal after five seconds at 0, then a step."""
    steady = int(5 * rate_hz)
    return filtered([0.0] * steady + [height] * (int(seconds * rate_hz) + 1), rate_hz)[steady:]


def time_to(part, rate_hz, height):
    """Seconds after the step's first look until the filter has made this part of it."""
    return next(i for i, v in enumerate(step_response(rate_hz, height)) if abs(v) >= part * abs(height)) / rate_hz


def test_the_first_value_stands_for_itself():
    assert OneEuro().update(7.0, 12.5) == 12.5


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_signal_that_stands_is_kept(rate_hz):
    assert filtered([7.0] * 20, rate_hz) == pytest.approx([7.0] * 20)


@pytest.mark.parametrize(("rate_hz", "kept"), [(2, 0.76), (5, 0.62), (30, 0.36)])
def test_steady_noise_of_one_degree_is_reduced_the_more_the_more_often_it_is_looked(rate_hz, kept):
    noise = np.random.default_rng(1).normal(0.0, 1.0, 3000)
    assert np.std(filtered(noise, rate_hz)[300:]) == pytest.approx(kept, abs=0.04)


def test_a_step_of_20_degrees_is_followed_to_nine_tenths_within_six_tenths_of_a_second():
    assert time_to(0.9, 5, 20.0) <= 0.6


def test_a_quick_large_movement_is_followed_sooner_than_a_small_one():
    assert time_to(0.9, 30, 20.0) < 0.7 * time_to(0.9, 30, 0.5)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_response_to_a_step_is_told_in_seconds_and_not_in_looks(rate_hz):
    after = step_response(rate_hz, 20.0)
    assert after[rate_hz] == pytest.approx(20.0, abs=1.5)  # a second later
    assert after[3 * rate_hz] == pytest.approx(20.0, abs=0.1)
    assert all(0.0 < a <= 20.0 + 1e-9 for a in after)  # never beyond the signal


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_slow_sway_passes_with_little_loss_at_every_rate(rate_hz):
    t = np.arange(0, 60, 1 / rate_hz)
    out = np.array(filtered(10 * np.sin(2 * np.pi * t / 20), rate_hz))  # 20 s a sway
    assert np.abs(out[t > 20]).max() == pytest.approx(10.0, abs=0.3)


def test_a_gap_of_more_than_three_seconds_forgets_what_was_before():
    one = OneEuro()
    for i in range(20):
        one.update(i / 5, 0.0)
    assert one.update(3.8 + 3.1, 30.0) == 30.0


def test_a_gap_of_less_than_three_seconds_does_not_forget():
    one = OneEuro()
    for i in range(20):
        one.update(i / 5, 0.0)
    assert one.update(3.8 + 2.9, 30.0) < 30.0


def test_speed_is_forgotten_with_the_value():
    moving, fresh = OneEuro(), OneEuro()
    for i in range(10):
        moving.update(i / 5, 20.0 * i)
    assert [moving.update(t, v) for t, v in [(10.0, 0.0), (10.2, 1.0), (10.4, 0.0)]] == [
        fresh.update(t, v) for t, v in [(10.0, 0.0), (10.2, 1.0), (10.4, 0.0)]
    ]


def test_a_time_that_goes_back_starts_again():
    one = OneEuro()
    one.update(10.0, 0.0)
    assert one.update(9.0, 5.0) == 5.0
    assert 5.0 < one.update(9.2, 6.0) < 6.0


def test_a_second_value_at_the_same_time_changes_nothing():
    one = OneEuro()
    one.update(1.0, 4.0)
    assert one.update(1.0, 40.0) == 4.0
    assert 4.0 <= one.update(1.2, 5.0) <= 5.0


def test_the_same_signal_gives_the_same_numbers_whenever_it_starts():
    values = list(np.random.default_rng(3).normal(0, 5, 50))
    assert filtered(values, 5.0) == pytest.approx(filtered(values, 5.0, from_s=1e5), abs=1e-5)


@quick
@given(st.lists(st.tuples(st.floats(0, 5), st.floats(-180, 180)), min_size=1, max_size=40))
def test_the_filtered_value_is_finite_and_within_what_was_seen(steps):
    one, t_s, seen = OneEuro(), 0.0, []
    for step_s, value in steps:
        t_s += step_s
        seen.append(value)
        out = one.update(t_s, value)
        assert math.isfinite(out)
        assert min(seen) - 1e-9 <= out <= max(seen) + 1e-9


# several signals


def test_each_name_has_a_filter_of_its_own():
    both, one, other = Smoother(), OneEuro(), OneEuro()
    for i in range(20):
        out = both.update(i / 5, {"turn_deg": float(i), "sink_cm": -3.0 * i})
        assert out == {"turn_deg": one.update(i / 5, float(i)), "sink_cm": other.update(i / 5, -3.0 * i)}


def test_what_is_not_told_stays_untold_and_the_rest_goes_on():
    smoother = Smoother()
    smoother.update(0.0, {"turn_deg": 10.0, "sink_cm": 1.0})
    assert smoother.update(0.2, {"turn_deg": None, "sink_cm": 1.0}) == {"turn_deg": None, "sink_cm": 1.0}


def test_a_signal_told_again_soon_is_joined_to_what_was_before():
    smoother = Smoother()
    smoother.update(0.0, {"turn_deg": 10.0})
    smoother.update(0.2, {"turn_deg": None})
    assert 10.0 < smoother.update(0.4, {"turn_deg": 20.0})["turn_deg"] < 20.0


def test_a_signal_told_again_after_a_long_time_stands_for_itself():
    smoother = Smoother()
    smoother.update(0.0, {"turn_deg": 10.0})
    for i in range(1, 20):
        smoother.update(i / 5, {"turn_deg": None})
    assert smoother.update(4.0, {"turn_deg": 20.0}) == {"turn_deg": 20.0}
