"""When it is looked: timelines of thumbnails at the pace that the governor itself asks for."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thumbnails import PLACE, thumbnail

from posturewatch.looking.governor import BATTERY_HZ, LOOKS_HZ, Fixed, Governor

NEVER = math.inf
assert 2 * BATTERY_HZ <= LOOKS_HZ <= 0.75, "4.5 % of one core, at 60 ms a look"
STILL = [thumbnail(seed=seed) for seed in range(5)]  # sensor noise is never the same twice
EMPTY = [thumbnail(person=False, seed=seed) for seed in range(5)]
MOVED = [thumbnail(right=0.03, seed=seed) for seed in range(5)]
SWAYING = [thumbnail(right=0.03 * math.sin(i), down=0.01 * math.cos(i), seed=i) for i in range(20)]


def still(_t_s, number):
    return STILL[number % 5]


def empty(_t_s, number):
    return EMPTY[number % 5]


def moving(_t_s, number):
    return SWAYING[number % 20]


def moved_at(at_s, before=still, after=lambda _t_s, number: MOVED[number % 5]):
    return lambda t_s, number: (before if t_s < at_s else after)(t_s, number)


class Desk:
    """A governor before a stream: `looked` and `pictures` are the times."""

    def __init__(self, rate_hz=2.0, settled=True):
        self.governor, self.t_s, self.number = Governor(rate_hz), 0.0, 0
        self.looked, self.pictures = [], []
        if settled:
            self.governor.sit(PLACE)
            self.governor.everything = False
            first_s = -10.0 - max(1.0, 1 / rate_hz)
            for self.t_s in (first_s, -10.0):  # the first look of all, and the one that follows it
                self.picture(STILL[0])
            assert self.looked == [first_s, -10.0]
            self.looked, self.pictures, self.t_s = [], [], 0.0

    def run(self, seconds, small, happens_s=NEVER, away=False, sure=True):
        """The times of the looks within these seconds; happens_s is when something would happen, all else is given as
        what each look comes to."""
        first, end_s = len(self.looked), self.t_s + seconds
        while self.t_s < end_s - 1e-6:
            self.picture(small(self.t_s, self.number), happens_s, away, sure)
            self.t_s = round(self.t_s + 1 / self.governor.pace.rate_hz, 6)
        return self.looked[first:]

    def picture(self, small, happens_s=NEVER, away=False, sure=True):
        self.number += 1
        self.pictures.append(self.t_s)
        if self.governor.pace.wants(self.t_s, small):
            self.looked.append(self.t_s)
        left_s = happens_s - self.t_s
        known = sure(self.t_s) if callable(sure) else sure
        self.governor.heed(self.t_s, left_s if left_s > 0 else NEVER, away, known)


def poor():
    """Somebody has been moving until all savings are gone."""
    desk = Desk()
    desk.run(60, moving)
    return desk


# Movement


def test_who_sits_still_is_looked_at_every_10_seconds_whatever_the_sensors_noise():
    assert Desk().run(60, still) == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("noise_sd", [0.0, 1.5])
def test_no_noise_and_more_noise_are_no_movement(noise_sd):
    pictures = [thumbnail(seed=seed, noise_sd=noise_sd) for seed in range(7)]
    assert Desk().run(20, lambda _t_s, number: pictures[number % 7]) == [0, 10]


@pytest.mark.parametrize("gains", [(1.0, 1.3), (1.0, 0.6), (0.8, 1.1)])
def test_a_light_that_is_switched_or_flickers_is_no_movement(gains):
    lit = [thumbnail(gain=gain, seed=seed) for seed, gain in enumerate(gains)]
    assert Desk().run(20, lambda _t_s, number: lit[number % 2]) == [0, 10]
    assert Desk().run(20, moved_at(4.0, after=lambda _t_s, _number: lit[1])) == [0, 10]


def test_dusk_and_auto_exposure_are_no_movement():
    assert Desk().run(25, lambda t_s, number: thumbnail(gain=1.0 - 0.02 * t_s, seed=number)) == [0, 10, 20]


@pytest.mark.parametrize("at_s", [3.0, 3.5, 7.0])
@pytest.mark.parametrize(
    "change",
    [{"right": 0.007}, {"right": -0.03}, {"down": 0.007}, {"grown": 1.04}, {"right": 0.2}, {"person": False}],
)
def test_a_movement_is_looked_at_with_its_first_picture(at_s, change):
    looked = Desk().run(9, moved_at(at_s, after=lambda _t_s, number: thumbnail(seed=number, **change)))
    assert looked[:2] == [0, at_s]


def test_a_shift_of_the_head_below_4_thousandths_of_the_width_waits_and_from_there_on_it_does_not():
    for right, looked in ((0.003, [0]), (0.005, [0, 5])):
        after = [thumbnail(right=right, seed=seed) for seed in range(5)]
        assert Desk().run(5.9, moved_at(5.0, after=lambda _t_s, number, of=after: of[number % 5])) == looked, right


def test_a_slow_sinking_is_looked_at_as_soon_as_it_has_added_up():
    looked = Desk().run(30, lambda t_s, number: thumbnail(down=0.001 * t_s, seed=number))
    gaps = [later - earlier for earlier, later in pairwise(looked)]
    assert min(gaps) >= 1.5
    assert max(gaps) <= 6, "not against the picture before but against that of the last look"


def test_what_moves_beside_the_person_is_not_looked_at_while_somebody_sits_there():
    beside = [thumbnail(lamp=0.1, seed=seed) for seed in range(5)]
    after = lambda _t_s, number: beside[number % 5]  # noqa: E731
    assert Desk().run(9, moved_at(4.0, after=after)) == [0]


def test_something_else_about_the_head_is_looked_at_although_nothing_has_shifted():
    bright = [thumbnail(lamp=0.5, seed=seed) for seed in range(5)]
    assert Desk().run(4.9, moved_at(4.0, after=lambda _t_s, number: bright[number % 5])) == [0, 4]


def test_between_two_looks_at_a_movement_there_is_half_a_second():
    desk = Desk(rate_hz=5.0)
    looked = desk.run(5, moving)
    assert looked == pytest.approx([0, 0.6, 1.2, 1.8, 2.4, 3.0, 3.6, 4.2, 4.8])
    assert Desk(rate_hz=2.0).run(5, moving) == [n / 2 for n in range(10)]


def test_times_that_jitter_by_some_milliseconds_lose_no_look_at_a_movement():
    desk = Desk()
    for number in range(8):
        desk.t_s = number / 2 + (0.009 if number % 2 == 0 else 0.0)
        desk.picture(SWAYING[number])
    assert desk.looked == desk.pictures


# After a movement


def test_a_second_after_a_quick_movement_it_is_looked_once_more():
    assert Desk().run(9, moved_at(4.0)) == [0, 4, 5]


def test_a_movement_too_slow_to_be_quick_needs_no_second_look():
    slowly = lambda t_s, number: thumbnail(right=min(0.0008 * max(0, t_s - 1) * 2, 0.0048), seed=number)  # noqa: E731
    looked = Desk().run(9.5, slowly)
    assert len(looked) == 2, looked


def test_the_first_picture_of_all_is_looked_at_and_a_second_later_once_more():
    desk = Desk(settled=False)
    desk.governor.everything = False
    assert desk.run(15, still) == [0, 1, 11]


# What it may cost


def looks_between(looked, start_s, end_s):
    return sum(start_s <= t_s < end_s for t_s in looked)


def test_whoever_moves_all_the_time_is_looked_at_twice_a_second_for_5_seconds_and_then_as_often_as_may_be():
    looked = Desk().run(200, moving)
    assert looks_between(looked, 0, 5) == 10
    assert looks_between(looked, 100, 200) == pytest.approx(100 * LOOKS_HZ, abs=2)
    assert looks_between(looked, 0, 200) <= LOOKS_HZ * 200 + 15


def test_savings_for_5_seconds_of_movement_are_there_again_after_20_seconds_of_stillness():
    desk = poor()
    desk.run(24, still)
    assert looks_between(desk.run(5, moving), desk.t_s - 5, desk.t_s) == 10


def test_savings_do_not_grow_beyond_those_for_10_looks_and_5_on_credit():
    desk = Desk()
    desk.run(60, still)
    looked = desk.run(30, moving)
    begun_s = desk.t_s - 30
    at_full_pace = next(n for n, (one, other) in enumerate(pairwise(looked)) if other - one > 0.6) + 1
    assert at_full_pace / 2 == pytest.approx(15 / (2 - LOOKS_HZ), abs=1.0)
    assert looks_between(looked, begun_s, begun_s + 30) <= LOOKS_HZ * 30 + 15 + 1


def test_after_long_movement_on_credit_a_still_person_is_looked_at_after_10_seconds_and_not_later():
    desk = poor()
    last_s = desk.looked[-1]
    begun_s = desk.t_s
    first = desk.run(15, still)[0]
    assert begun_s <= first <= last_s + 10


def test_on_battery_looks_are_fewer_in_the_long_run_and_one_picture_a_second_is_taken():
    desk = Desk()
    desk.governor.on_battery = True
    looked = desk.run(300, moving)
    assert looks_between(looked, 200, 300) == pytest.approx(100 * BATTERY_HZ, abs=2)
    assert min(later - earlier for earlier, later in pairwise(desk.pictures[1:])) == 1.0
    desk.governor.on_battery = False
    assert looks_between(desk.run(200, moving), desk.t_s - 100, desk.t_s) == pytest.approx(100 * LOOKS_HZ, abs=2)


@pytest.mark.parametrize("rate_hz", [0.5, 0.25])
def test_a_lower_rate_of_the_users_is_kept_to_but_pictures_come_once_a_second(rate_hz):
    desk = Desk(rate_hz)
    looked = desk.run(40, moving)
    assert min(later - earlier for earlier, later in pairwise(looked)) == 1 / rate_hz
    assert {later - earlier for earlier, later in pairwise(desk.pictures)} == {1.0}
    desk.governor.on_battery = True
    assert min(later - earlier for earlier, later in pairwise(desk.run(40, moving))) >= 1 / rate_hz
    desk.run(20, empty, away=True)
    assert {later - earlier for earlier, later in pairwise(desk.pictures)} == {1.0}


@pytest.mark.parametrize(
    ("rate_hz", "pictures_hz", "looked"),
    [(0.25, 1.0, [0, 4, 8]), (0.5, 1.0, [0, 2, 4, 6, 8]), (2.0, 2.0, [n / 2 for n in range(20)])],
)
def test_a_fixed_rate_is_kept_to_but_pictures_come_once_a_second(rate_hz, pictures_hz, looked):
    pace = Fixed(rate_hz).pace
    assert pace.rate_hz == pictures_hz
    times = [n / pictures_hz for n in range(int(10 * pictures_hz))]
    assert [t_s for t_s in times if pace.wants(t_s, STILL[0])] == looked


# Before something happens


def test_in_the_last_06_seconds_before_something_happens_it_is_looked_five_times_a_second():
    desk = Desk()
    looked = desk.run(10, still, happens_s=6.0)
    assert looked == pytest.approx([0, 5.5, 5.7, 5.9, 6.1])
    assert desk.governor.pace.rate_hz == 2.0, "and afterwards as before"


def test_what_happens_soon_is_looked_at_finely_only_with_savings():
    desk = poor()
    begun_s = desk.t_s
    looked = desk.run(8, still, happens_s=begun_s + 2.0)
    assert looks_between(looked, begun_s + 1.0, begun_s + 2.5) <= 1
    assert {round(later - earlier, 6) for earlier, later in pairwise(desk.pictures[-10:])} == {0.5}


def test_something_that_is_always_about_to_happen_does_not_exceed_the_long_run():
    desk = Desk()
    while desk.t_s < 120:
        desk.run(1 / desk.governor.pace.rate_hz, still, happens_s=desk.t_s + 0.3)
    assert looks_between(desk.looked, 20, 120) == pytest.approx(100 * LOOKS_HZ, abs=3)
    assert len(desk.looked) <= LOOKS_HZ * 120 + 15


def test_3_looks_stay_saved_for_a_movement():
    desk = Desk()
    while desk.t_s < 60:
        desk.run(1 / desk.governor.pace.rate_hz, still, happens_s=desk.t_s + 0.3)
    desk.governor.pace.rate_hz = 2.0
    assert len(desk.run(5, moving)) == 10, "5 s of movement, with the credit"


def test_on_battery_something_about_to_happen_is_looked_at_finely_too():
    desk = Desk()
    desk.governor.on_battery = True
    desk.run(1, still)
    assert desk.run(9, still, happens_s=6.5) == pytest.approx([6, 6.2, 6.4, 6.6])


# What a look left open


def test_what_a_look_left_open_is_looked_for_again_after_1_2_4_8_and_then_every_10_seconds():
    assert Desk().run(46, still, sure=False) == [0, 1, 3, 7, 15, 25, 35, 45]


def test_once_it_is_told_it_begins_anew_with_a_second():
    desk = Desk()
    desk.run(4, still, sure=False)  # looks at 0, 1, 3
    looked = desk.run(30, still, sure=lambda t_s: not 13 <= t_s < 16)
    assert desk.looked[:3] == [0, 1, 3]
    assert looked[:3] == [13, 14, 16], "known from 4 on; open at 13 and 14, told at 16"
    assert looked[3:] == [26]


def test_while_it_moves_on_credit_nothing_is_looked_for_again():
    desk = poor()
    begun_s = desk.t_s
    looked = desk.run(6, still, sure=False)
    assert looks_between(looked, begun_s, begun_s + 3) <= 1


# Nobody


def test_without_anybody_any_change_in_the_room_is_looked_at_and_a_picture_a_second_is_enough():
    desk = Desk()
    desk.run(20, empty, away=True)
    assert {round(later - earlier, 6) for earlier, later in pairwise(desk.pictures[1:])} == {1.0}
    assert desk.looked == [0, 1, 11]
    begun_s, door = desk.t_s, [thumbnail(person=False, lamp=0.1, seed=seed) for seed in range(5)]
    assert desk.run(1, lambda _t_s, number: door[number % 5], away=True) == [begun_s]


def test_without_anybody_light_and_noise_are_no_change():
    desk = Desk()
    desk.run(2, empty, away=True)
    lit = [thumbnail(person=False, gain=gain, seed=seed) for seed, gain in enumerate((1.2, 0.7, 1.0))]
    assert desk.run(7, lambda _t_s, number: lit[number % 3], away=True) == []


def test_who_comes_back_is_looked_at_with_the_first_picture():
    desk = Desk()
    desk.run(33, empty, away=True)
    came_s = desk.t_s
    assert desk.run(3, still, away=False)[0] == came_s
    desk.run(1, still)
    assert {round(later - earlier, 6) for earlier, later in pairwise(desk.pictures[-3:])} == {0.5}


def test_where_the_place_is_not_known_or_outside_the_picture_any_change_counts_or_none_fails():
    desk = Desk(settled=False)
    desk.governor.everything = False
    desk.run(2, still)
    beside = thumbnail(lamp=0.1, seed=3)
    assert desk.run(2.9, moved_at(4.0, after=lambda _t_s, _number: beside)) == [4]
    desk.governor.sit((3.0, -2.0, 0.01))
    assert desk.run(15, moving)


# Captures, pauses, cameras


def test_while_a_baseline_is_captured_everything_is_looked_at_and_costs_no_savings():
    desk = Desk(settled=False)
    desk.governor.sit(PLACE)
    looked = desk.run(10, still)
    assert looked == desk.pictures == pytest.approx([n / 5 for n in range(50)])
    desk.governor.everything = False
    desk.run(0.2, still)
    assert looks_between(desk.run(5, moving), desk.t_s - 5, desk.t_s) >= 9


def test_after_a_picture_that_could_not_be_judged_the_next_one_is_looked_at():
    desk = Desk()
    desk.run(4, still)
    desk.governor.forget()
    assert desk.run(5, still) == [4]


def test_pictures_that_can_be_judged_only_now_and_then_leave_no_debt_of_hours():
    desk = Desk()
    for _ in range(300):  # dusk: every other picture is too dark
        desk.governor.forget()
        desk.run(0.5, still)
    desk.run(30, still)
    assert looks_between(desk.run(3, moving), desk.t_s - 3, desk.t_s) == 6


def test_another_shape_of_the_thumbnail_is_a_movement_and_no_fault():
    desk = Desk()
    other = np.ascontiguousarray(STILL[0][:, 10:70])
    assert desk.run(6, moved_at(4.0, after=lambda _t_s, _number: other))[:2] == [0, 4]
    desk.run(20, lambda _t_s, _number: np.ascontiguousarray(STILL[0][:6, :6]))


def test_a_time_that_goes_backwards_is_looked_at_and_goes_on_from_there():
    desk = Desk()
    desk.run(15, still)
    desk.t_s = 2.0
    assert desk.run(20, still) == [2, 12]
    desk.t_s = -1000.0
    assert len(desk.run(4, moving)) == 8, "and costs no savings"


def test_a_suspend_is_followed_by_a_look():
    desk = Desk()
    desk.run(3, still)
    desk.t_s += 8 * 3600
    assert desk.run(1, still) == [3 + 8 * 3600]


def test_the_same_pictures_at_the_same_times_are_looked_at_alike():
    def once():
        desk = Desk()
        desk.run(20, moving)
        desk.run(20, still, sure=False)
        desk.run(20, empty, away=True)
        return desk.looked, desk.pictures

    assert once() == once()


# Anything

POOL = [*STILL[:2], *EMPTY[:2], *MOVED[:2], *SWAYING[:3], np.zeros((60, 80), np.uint8), np.full((7, 9), 200, np.uint8)]
steps = st.lists(
    st.tuples(
        st.sampled_from([0.2, 0.5, 0.5, 1.0, 3.3, 60.0, 0.0, -0.5, -1000.0]),
        st.integers(0, len(POOL) - 1),
        st.sampled_from([NEVER, 0.1, 2.0, 0.0]),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["", "", "", "", "", "forget", "battery", "mains", "elsewhere"]),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(steps, st.sampled_from([0.5, 2.0, 5.0]), st.integers(1, 6))
def test_whatever_comes_the_long_run_and_the_longest_time_are_kept_to(parts, rate_hz, times):
    """Forced looks are those after a time that went backwards, after forget and after 10 s without one."""
    governor = Governor(rate_hz)
    governor.sit(PLACE)
    governor.everything = False
    t_s = gone_s = 0.0
    looks = forced = 0
    last_s = -math.inf
    for step_s, number, soon_s, away, sure, event in parts * times:
        t_s += step_s
        gone_s += max(0.0, step_s)
        if event == "forget":
            governor.forget()
        elif event in ("battery", "mains"):
            governor.on_battery = event == "battery"
        elif event == "elsewhere":
            governor.sit((0.9, 0.1, 2.0))
        must = event == "forget" or not 0 <= t_s - last_s < 10.0
        seen = governor.pace.wants(t_s, POOL[number])
        assert seen or not must
        if seen:
            looks, forced, last_s = looks + 1, forced + must, t_s
        governor.heed(t_s, soon_s, away, sure)
        assert governor.pace.rate_hz in {1.0, max(1.0, rate_hz), 5.0}
        assert looks <= LOOKS_HZ * gone_s + 15 + forced + 1e-6
