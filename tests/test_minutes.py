"""The minutes: what is counted for which of them, whatever the rate, over midnight and when the clock is changed."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import SAMPLE

from posturewatch.files.minutes import Gathering, local, when
from posturewatch.files.store import STATES
from posturewatch.session import Summary

NOON = datetime(2025, 11, 22, 12, 0, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def gathered(timeline):
    """The minutes of (sample, at), the one that was still open last."""
    gathering = Gathering()
    minutes = [gathering.add(sample, at) for sample, at in timeline]
    return [minute for minute in [*minutes, gathering.take()] if minute is not None]


def steady(start, length_s, rate_hz, **values):
    """The same sample again and again, from start to start + length_s."""
    for tick in range(round(length_s * rate_hz) + 1):
        t_s = tick / rate_hz
        yield (
            replace(SAMPLE, t_s=t_s, **values),
            (start.astimezone(UTC) + timedelta(seconds=t_s)).astimezone(start.tzinfo),
        )


def totals(minutes):
    total = Counter()
    for minute in minutes:
        total.update(minute.added)
    return total


@pytest.mark.parametrize("rate_hz", [0.5, 1, 2, 5, 30])
def test_three_minutes_of_forward_head_are_three_full_minutes_at_any_rate(rate_hz):
    minutes = gathered(steady(NOON, 180, rate_hz, state="forward_head"))
    assert [minute.added.get("forward_head_s", 0) for minute in minutes] == [pytest.approx(s) for s in (60, 60, 60, 0)]
    assert [minute.added["looks"] for minute in minutes] == [60 * rate_hz] * 3 + [1]


def test_the_time_between_two_samples_goes_to_the_minutes_it_lies_in_and_to_the_earlier_sample():
    looks = [
        (replace(SAMPLE, t_s=100.0, state="upright"), NOON + timedelta(seconds=58)),
        (replace(SAMPLE, t_s=103.0, state="slumped"), NOON + timedelta(seconds=61)),
        (replace(SAMPLE, t_s=104.0, state="away"), NOON + timedelta(seconds=62)),
    ]
    first, second = gathered(looks)
    assert first.added["upright_s"] == pytest.approx(2)
    assert {name: s for name, s in second.added.items() if name[:-2] in STATES} == {"upright_s": 1, "slumped_s": 1}


def test_a_minute_knows_nothing_of_a_sample_that_ended_with_the_minute_before():
    looks = [(SAMPLE, NOON + timedelta(seconds=58)), (replace(SAMPLE, t_s=14.5), NOON + timedelta(seconds=60))]
    first, second = gathered(looks)
    assert (first.added["upright_s"], first.highest["forward_head_deg_max"]) == (2.0, 14.2)
    assert (second.added, second.highest) == ({"looks": 1}, {})


def test_a_gap_of_five_seconds_counts_and_a_longer_one_counts_nothing():
    def after(gap_s):
        return totals(gathered([(SAMPLE, NOON), (replace(SAMPLE, t_s=12.5 + gap_s), NOON + timedelta(seconds=gap_s))]))

    assert after(5.0)["upright_s"] == 5.0
    assert "upright_s" not in after(5.1)
    assert "upright_s" not in after(-1.0)
    assert after(5.1)["looks"] == 2


def test_a_measure_counts_for_the_time_it_was_told():
    looks = [
        (replace(SAMPLE, t_s=0.0, forward_head_deg=10.0), NOON),
        (replace(SAMPLE, t_s=1.0, forward_head_deg=None, severity=None), NOON + timedelta(seconds=1)),
        (replace(SAMPLE, t_s=3.0, forward_head_deg=float("nan"), hold_s=90.0), NOON + timedelta(seconds=3)),
        (replace(SAMPLE, t_s=4.0, forward_head_deg=40.0, dose=0.5), NOON + timedelta(seconds=4)),
        (replace(SAMPLE, t_s=7.0, forward_head_deg=99.0), NOON + timedelta(seconds=7)),
    ]
    (minute,) = gathered(looks)
    assert minute.added["forward_head_deg_told_s"] == 4.0
    assert minute.added["forward_head_deg_sum"] == 10.0 * 1 + 40.0 * 3
    assert minute.highest["forward_head_deg_max"] == 40.0  # the last sample stands for nothing yet
    assert (minute.added["severity_told_s"], minute.added["error_deg_told_s"]) == (5.0, 7.0)
    assert (minute.highest["hold_s_max"], minute.highest["dose_max"]) == (90.0, 0.5)


def test_a_repeated_estimate_is_no_look():
    (minute,) = gathered([(SAMPLE, NOON), (replace(SAMPLE, t_s=13.0, age_s=0.5), NOON + timedelta(seconds=0.5))])
    assert minute.added["looks"] == 1
    assert minute.added["upright_s"] == 0.5


def test_what_was_taken_is_not_counted_again_and_the_minute_goes_on():
    gathering = Gathering()
    assert gathering.take() is None
    gathering.add(SAMPLE, NOON)
    gathering.add(replace(SAMPLE, t_s=13.5), NOON + timedelta(seconds=1))
    first = gathering.take()
    assert gathering.take() is None
    gathering.add(replace(SAMPLE, t_s=15.5), NOON + timedelta(seconds=3))
    second = gathering.take()
    assert (first.at_s, first.added["upright_s"], first.added["looks"]) == (second.at_s, 1.0, 2)
    assert (second.added["upright_s"], second.added["looks"]) == (2.0, 1)


def test_a_minute_belongs_to_the_local_day_it_begins_on():
    midnight = datetime(2025, 11, 22, 23, 59, 0, tzinfo=BERLIN)
    minutes = gathered(steady(midnight, 119, 1))
    assert [minute.day for minute in minutes] == ["2025-11-22", "2025-11-23"]
    assert [local(minute.at_s, minute.offset_s).isoformat() for minute in minutes] == [
        "2025-11-22T23:59:00+01:00",
        "2025-11-23T00:00:00+01:00",
    ]


def test_the_hour_that_comes_twice_in_autumn_is_two_hours():
    start = datetime(2025, 10, 26, 2, 58, 0, tzinfo=BERLIN)  # at 3:00 it is 2:00 again
    minutes = gathered(steady(start, 239, 1))
    assert [local(minute.at_s, minute.offset_s).isoformat()[11:] for minute in minutes] == [
        "02:58:00+02:00",
        "02:59:00+02:00",
        "02:00:00+01:00",
        "02:01:00+01:00",
    ]
    assert totals(minutes)["upright_s"] == pytest.approx(239)
    assert {minute.day for minute in minutes} == {"2025-10-26"}


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-400)])
def test_a_clock_that_is_set_anew_makes_no_time_and_loses_none(jump):
    looks = list(steady(NOON, 40, 2))
    looks = [(sample, at if sample.t_s < 20 else at + jump) for sample, at in looks]
    minutes = gathered(looks)
    assert [minute.day for minute in minutes] == ["2025-11-22", (NOON + jump).date().isoformat()]
    assert totals(minutes)["upright_s"] == 40.0


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        when(datetime(2025, 11, 22))


@st.composite
def days(draw):
    """(sample, at): steps of any length, gaps among them, in any state, beginning near a minute's end."""
    at = NOON + timedelta(seconds=draw(st.floats(0, 86_400)))
    t_s, looks = 0.0, []
    steps = st.floats(0.02, 6.0) | st.floats(30.0, 4000.0) | st.just(0.2)
    for step_s in draw(st.lists(steps, min_size=1, max_size=200)):
        t_s, at = t_s + step_s, at + timedelta(seconds=step_s)
        angle_deg = draw(st.none() | st.floats(-30, 60))
        looks.append((replace(SAMPLE, t_s=t_s, state=draw(st.sampled_from(STATES)), forward_head_deg=angle_deg), at))
    return looks


@given(days())
def test_the_totals_of_the_minutes_are_the_totals_of_the_samples(looks):
    summary = Summary()
    for sample, _ in looks:
        summary.add(sample)
    minutes = gathered(looks)
    total = totals(minutes)
    for state in STATES:
        assert total.get(f"{state}_s", 0.0) == pytest.approx(summary.seconds.get(state, 0.0), abs=1e-6)
    assert total["looks"] == len(looks)
    assert len({minute.at_s for minute in minutes}) == len(minutes)
    for minute in minutes:
        told_s = minute.added.get("forward_head_deg_told_s", 0.0)
        in_all_s = sum(minute.added.get(f"{state}_s", 0.0) for state in STATES)
        assert 0 <= told_s <= in_all_s + 1e-6
        assert in_all_s <= 60 + 0.002  # `at` is kept to the thousandth
        if told_s:
            mean = minute.added["forward_head_deg_sum"] / told_s
            assert mean <= minute.highest["forward_head_deg_max"] + 1e-6
