"""The coach: counts what was done slowly there and back, says one calm thing at a time, and never asks for more."""

import ast
import inspect
import json
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moves import (
    EARS_SINK,
    GROW,
    HANDS,
    LEAVE,
    NOD,
    RATES_HZ,
    SHOULDERS,
    SWEEP,
    TILT,
    TURN,
    Way,
    at_every_rate,
    at_two_rates,
    exercise,
    hidden,
    look,
    looks,
    play,
    set_of,
)

from posturewatch.coach import Coach, Finished, StepBegun, as_line
from posturewatch.coaching import words
from posturewatch.coaching.attempts import FLOOR, goal
from posturewatch.coaching.catalogue import AXES, Movement

BOTH = [-35, 35]


def twice(movement):
    """The movement two times a side, for a short set."""
    return replace(movement, repetitions=2)


# Counting


@at_every_rate
def test_a_set_of_turns_done_well_is_counted_exactly_on_both_sides(rate_hz):
    played = play(looks(rate_hz, dropped=0.1, turn=set_of(BOTH * 2, move_s=1.3, hold_s=2.0, rest_s=0.6)), twice(TURN))
    assert played.counts == {"left": 2, "right": 2}
    assert played.hints == []
    assert played.wrong == []
    assert played.events[-1] == Finished(played.events[-1].t_s, "drill", True, {"left": 2, "right": 2})


@pytest.mark.parametrize("rate_hz", [5, 30])
@pytest.mark.parametrize(
    ("movement", "name", "values"),
    [(TILT, "tilt", [-18, 18] * 2), (NOD, "nod", [30] * 2), (GROW, "grow", [6] * 2), (SHOULDERS, "lift", [6] * 2)],
    ids=["tilt", "nod", "grow", "shoulders"],
)
def test_the_other_movements_are_counted_too(rate_hz, movement, name, values):
    seen = looks(rate_hz, **{name: set_of(values, move_s=1.2, hold_s=2.2, rest_s=0.5)})
    played = play(seen, twice(movement))
    assert sum(played.counts.values()) == len(values)
    assert played.events[-1].done


@pytest.mark.parametrize("rate_hz", [5, 30])
def test_a_sweep_counts_with_the_chin_low_and_not_with_the_head_up(rate_hz):
    turn = set_of([-28, 28] * 2, move_s=1.0, hold_s=0.0, rest_s=0.0, wait_s=5.0)
    assert play(looks(rate_hz, turn=turn, nod=lowered(turn)), SWEEP).counts == {"left": 2, "right": 2}
    up = play(looks(rate_hz, turn=turn), SWEEP)
    assert up.counts == {}
    assert set(up.wrong) == {("turn", "sweep")}


def lowered(turn):
    """A chin that goes low before the turns begin."""
    return Way().stay(2.5).to(30.0, 1.5).stay(turn.t_s - 4.0)


@at_two_rates
def test_a_sweep_counts_too_where_the_face_is_lost_all_through_it(rate_hz):
    turn = set_of([-26, 26] * 2, move_s=1.2, hold_s=0.5, rest_s=0.0, wait_s=5.0)
    face = Way(1.0).stay(2.8).to(0.0, 0.1).stay(40.0)
    played = play(looks(rate_hz, end_s=turn.t_s, turn=turn, nod=lowered(turn), face=face), SWEEP)
    assert played.counts == {"left": 2, "right": 2}
    reached = np.mean([each.range_deg for each in played.of("Repetition")])
    assert 26.0 < reached < 31.0  # the pose model alone reads 1.1 of it, 28.6


@pytest.mark.parametrize(("across_s", "counts"), [(1.4, {"left": 2, "right": 2}), (0.8, {})])
def test_a_sweep_takes_more_than_a_second_from_side_to_side(across_s, counts):
    turn = Way().stay(5.0).to(-22.0, 1.5).to(22.0, across_s).to(-22.0, across_s).to(22.0, across_s).to(0.0, 1.5)
    played = play(looks(10, turn=turn.stay(1.0), nod=lowered(turn)), SWEEP)
    assert [side for side in ("left", "right") if played.counts.get(side) == 2] == list(counts)


@at_two_rates
def test_a_sweep_whose_head_tilts_a_little_to_the_other_side_counts(rate_hz):
    turn = set_of([-22, 22] * 2, move_s=1.3, hold_s=0.5, rest_s=0.3, wait_s=5.0)
    tilt = set_of([9, -9] * 2, move_s=1.3, hold_s=0.5, rest_s=0.3, wait_s=5.0)
    seen = looks(rate_hz, noise_deg=0.3, turn=turn, tilt=tilt, nod=lowered(turn))
    assert play(seen, SWEEP).counts == {"left": 2, "right": 2}


@at_two_rates
def test_who_looks_at_the_desk_and_aside_at_once_sweeps_nothing(rate_hz):
    aside = set_of([-18] * 3, move_s=0.5, hold_s=0.7, rest_s=3.0)
    down = set_of([26] * 3, move_s=0.5, hold_s=0.7, rest_s=3.0)
    assert play(looks(rate_hz, noise_deg=0.3, turn=aside, nod=down), SWEEP).counts == {}


def test_a_tilt_counts_too_where_the_face_is_lost_on_the_way():
    tilt = set_of([18] * 2, move_s=1.0, hold_s=2.0)
    face = Way(1.0).stay(6.0).to(0.0, 0.05).stay(0.6).to(1.0, 0.05).stay(4.3).to(0.0, 0.05).stay(0.6).to(1.0, 0.05)
    assert play(looks(10, end_s=tilt.t_s, tilt=tilt, face=face), TILT).counts == {"right": 2}


@pytest.mark.parametrize(("hold_s", "counts"), [(1.2, {None: 2}), (0.2, {})])
def test_growing_counts_from_two_seconds_on(hold_s, counts):
    played = play(looks(10, grow=set_of([6, 6], move_s=1.2, hold_s=hold_s)), GROW)
    assert played.counts == counts
    assert played.hints == ([] if counts else ["longer"] * 2)


@at_two_rates
def test_a_turn_beyond_what_the_face_model_sees_counts_once(rate_hz):
    played = play(looks(rate_hz, turn=set_of([-75, 75] * 2, move_s=2.0)), TURN)
    assert played.counts == {"left": 2, "right": 2}
    reached = np.mean([each.range_deg for each in played.of("Repetition")])
    assert 68.0 < reached < 78.0  # by the pose model alone, which reads .9 of it, 67


@at_two_rates
def test_the_range_told_is_the_one_that_was_held(rate_hz):
    played = play(looks(rate_hz, turn=set_of(BOTH * 2)), TURN)
    assert [each.range_deg for each in played.of("Repetition")] == pytest.approx([35.0] * 4, abs=1.5)


@settings(max_examples=6, deadline=None)
@given(
    st.floats(28, 65),
    st.floats(0.0, 1.0),
    st.floats(1.5, 5.0),
    st.sampled_from(RATES_HZ[:2]),
    st.integers(0, 9),
)
def test_any_range_and_tempo_of_an_exercise_is_counted_exactly(range_deg, unhurried_s, hold_s, rate_hz, seed):
    move_s = range_deg / 40 + 0.4 + unhurried_s
    seen = looks(rate_hz, seed=seed, turn=set_of([-range_deg, range_deg], move_s=move_s, hold_s=hold_s))
    assert play(seen, TURN).counts == {"left": 1, "right": 1}


def test_the_start_may_be_anywhere_near_and_drift_in_between():
    way = Way(4.0).stay(3.0)
    for n in range(5):
        rest = 4.0 + 2.0 * n
        way.to(rest - 33.0, 1.2).stay(3.0).to(rest + 2.0, 1.2).stay(4.0)
    assert play(looks(10, turn=way), Movement("turn", 25.0, 8.0, ("left",), 5, 3.0)).counts == {"left": 5}


def test_who_sits_down_differently_begins_there():
    way = Way().stay(3.0).to(14.0, 1.0).stay(12.0)
    for _ in range(2):
        way.to(14.0 - 33.0, 1.2).stay(3.0).to(14.0, 1.2).stay(2.0)
    assert play(looks(10, turn=way), TURN).counts == {"left": 2}


# What doesn't count


@at_every_rate
def test_too_quick_a_set_is_asked_for_slower_and_not_counted(rate_hz):
    played = play(looks(rate_hz, turn=set_of(BOTH * 2, move_s=0.4, hold_s=1.5)), TURN)
    assert played.counts == {}
    assert played.hints == ["slower"] * 4


@at_every_rate
def test_a_movement_that_isnt_held_is_not_counted(rate_hz):
    played = play(looks(rate_hz, turn=set_of([-28, 28], move_s=1.1, hold_s=0.0)), TURN)
    assert played.counts == {}
    assert played.hints == ["longer"] * 2


@at_two_rates
def test_a_halfway_set_is_told_what_it_reached_and_goes_on_without_a_count(rate_hz):
    played = play(looks(rate_hz, turn=set_of([-18, 18] * 2).stay(4.0)), twice(TURN), None)
    assert played.counts == {}
    assert played.hints == ["halfway"] * 4
    assert re.fullmatch(r"You reached 1[78]° to the left; what is comfortable is right\.", played.of("Hint")[0].text)
    assert [each.step for each in played.of("StepBegun")] == [1, 2]
    assert played.coach.learned() == pytest.approx({("turn", "left"): 17.5, ("turn", "right"): 17.5}, abs=1.0)


@at_two_rates
def test_one_side_only_is_said_once_after_three(rate_hz):
    played = play(looks(rate_hz, turn=set_of([-35] * 4)), TURN)
    assert played.counts == {"left": 4}
    assert played.hints == ["one side"]
    hint = played.of("Hint")[0]
    assert hint.text == "Only to the left so far; the other side is waiting."
    assert played.of("Repetition")[2].t_s == hint.t_s


def test_the_side_that_a_step_doesnt_ask_for_is_named():
    played = play(looks(10, turn=set_of([35])), Movement("turn", 25.0, 8.0, ("left",), 5, 3.0))
    assert played.counts == {}
    assert [each.text for each in played.of("Hint")] == ["That was to the right; this step goes to the left."]


@pytest.mark.parametrize(
    ("movement", "seen", "value"),
    [
        (TILT, "turn", 40),
        (TILT, "nod", 32),
        (TURN, "tilt", 22),
        (TURN, "nod", 32),
        (NOD, "turn", 40),
        (NOD, "tilt", 22),
    ],
)
def test_the_wrong_axis_is_named_once_for_each_attempt(movement, seen, value):
    played = play(looks(5, **{seen: set_of([value] * 2, move_s=1.3, hold_s=1.5)}), movement)
    assert played.wrong == [(seen, movement.axis)] * 2
    assert played.counts == {}


def test_a_wrong_movement_about_two_axes_is_named_after_the_larger():
    seen = looks(10, turn=set_of([50], move_s=1.5), nod=set_of([24], move_s=1.2))
    assert play(seen, TILT).wrong == [("turn", "tilt")]


def test_what_follows_within_the_same_attempt_is_not_named_again():
    ways = {"turn": set_of([50], move_s=1.5), "nod": Way().stay(7.9).there_and_back(32.0, 1.5, 1.0)}
    assert play(looks(10, **ways), TILT).wrong == [("turn", "tilt")]


@at_two_rates
def test_a_turn_that_tilts_a_little_is_a_turn_and_no_tilt(rate_hz):
    ways = {"turn": set_of([-48, 48], move_s=2.0), "tilt": set_of([-13, 13], move_s=2.0)}
    assert play(looks(rate_hz, **ways), TURN).counts == {"left": 1, "right": 1}
    as_tilt = play(looks(rate_hz, **ways), TILT)
    assert as_tilt.counts == {}
    assert as_tilt.hints == []
    assert as_tilt.wrong == [("turn", "tilt")] * 2


def test_carrying_the_head_low_or_leaning_lifts_no_shoulders_and_grows_no_neck():
    lower = play(looks(10, grow=set_of([-8] * 2)), SHOULDERS)  # ears sink toward the shoulders, which stay
    higher = play((moved(each, 12.0) for each in looks(10, end_s=14.0, grow=Way())), GROW)
    assert lower.counts == higher.counts == {}


@pytest.mark.parametrize(("name", "value"), [("turn", 32), ("tilt", 15), ("tilt", -15), ("nod", 25), ("nod", -15)])
def test_what_reads_as_growing_while_the_head_turns_tilts_or_nods_is_none(name, value):
    more = EARS_SINK * max(value, 0.0) if name == "nod" else 0.0  # the ears stay as high as they read
    ways = {name: set_of([value], move_s=1.2, hold_s=4.0), "grow": set_of([6.0 + more], move_s=1.2, hold_s=4.0)}
    assert play(looks(5, **ways), GROW).counts == {}


def test_growing_counts_though_the_shoulders_are_seen_to_widen_with_it():
    grow = set_of([4.5, 4.5], move_s=1.2, hold_s=4.0)
    seen = [widened(each, float(grow.at(np.array([each.t_s]))[0])) for each in looks(10, grow=grow)]
    assert play(seen, GROW).counts == {None: 2}


def widened(seen, percent):
    """The shoulders farther apart about their middle, as if they were nearer."""
    pose = seen.pose.copy()
    middle = pose[[11, 12], 0].mean()
    pose[[11, 12], 0] = middle + (1 + percent / 100) * (pose[[11, 12], 0] - middle)
    return replace(seen, pose=pose)


@pytest.mark.parametrize(("name", "value"), [("nod", 18), ("turn", 15), ("tilt", 9)])
@at_two_rates
def test_who_looks_up_from_the_desk_or_back_from_aside_has_not_grown(rate_hz, name, value):
    away, grow = Way().stay(3.0), Way().stay(3.0)
    for _ in range(2):
        away.to(value, 1.0).stay(2.0).to(0.0, 1.0).stay(7.0)
        grow.stay(3.0).to(6.0, 1.2).stay(4.0).to(0.0, 1.2).stay(1.6)  # taller as the head comes back
    assert play(looks(rate_hz, grow=grow), GROW).counts == {None: 2}
    assert play(looks(rate_hz, grow=grow, **{name: away}), GROW).counts == {}


def test_looking_down_while_sitting_up_lifts_no_shoulders():
    ways = {"rise": set_of([25.0] * 2, move_s=1.5, hold_s=3.0), "nod": set_of([20.0] * 2, move_s=1.5, hold_s=3.0)}
    assert play(looks(5, **ways), SHOULDERS).counts == {}


def test_sitting_up_is_no_growing_though_the_neck_grows_too():
    assert play(looks(10, rise=set_of([25.0], move_s=1.5, hold_s=5.0)), GROW).counts == {}


def moved(seen, up_px):
    """The person higher in the picture for five seconds, as another seat does."""
    pose = seen.pose.copy()
    pose[:, 1] -= up_px if 5 < seen.t_s < 10 else 0.0
    return type(seen)(**{name: getattr(seen, name) for name in seen.__slots__} | {"pose": pose})


# Ten minutes of work


def glances(seed, end_s):
    """Looks at a second screen: quick turns (peaks above 100°/s), .3 s to several seconds long."""
    random, way = np.random.default_rng(seed), Way().stay(3.0)
    while way.t_s < end_s:
        angle = random.uniform(15, 50) * random.choice([-1, 1])
        quick_s = max(0.3, 0.25 + 0.0065 * abs(angle) + random.normal(0, 0.03))
        way.to(angle, quick_s).stay(random.lognormal(0.3, 0.8)).to(random.normal(0, 2), quick_s)
        way.stay(random.exponential(4) + 0.3)
    return way


def wander(seed, end_s, spread, every_s, move_s):
    """Small moves to and fro."""
    random, way = np.random.default_rng(seed), Way().stay(3.0)
    while way.t_s < end_s:
        way.to(random.normal(0, spread), random.uniform(*move_s)).stay(random.exponential(every_s))
    return way


def nods(seed, end_s):
    """Nods of somebody who listens."""
    random, way = np.random.default_rng(seed), Way().stay(3.0)
    while way.t_s < end_s:
        for _ in range(random.integers(1, 4)):
            way.to(random.uniform(6, 18), 0.25).to(0.0, 0.3)
        way.stay(random.exponential(6) + 0.5)
    return way


def keyboard(seed, end_s):
    """Looks down at a keyboard."""
    random, way = np.random.default_rng(seed), Way().stay(3.0)
    while way.t_s < end_s:
        way.to(random.uniform(12, 28), random.uniform(0.35, 0.6)).stay(random.lognormal(0.5, 0.8))
        way.to(random.normal(0, 2), random.uniform(0.35, 0.6)).stay(random.exponential(6) + 0.5)
    return way


def talking(seed, end_s):
    spreads = {"turn": 5.0, "nod": 4.0, "tilt": 3.0}
    return {name: wander(seed + n, end_s, sd, 0.6, (0.25, 0.7)) for n, (name, sd) in enumerate(spreads.items())}


def typing(seed, end_s):
    return {
        "nod": keyboard(seed, end_s),
        "turn": wander(seed, end_s, 3.0, 1.5, (0.3, 1.0)),
        "lift": wander(seed + 3, end_s, 1.0, 10.0, (1.0, 3.0)),
        "rise": sitting_up(end_s),
    }


def sitting_up(end_s):
    """Once a minute the person sits up for five seconds and sinks again."""
    way = Way().stay(20.0)
    while way.t_s < end_s:
        way.there_and_back(25.0, 1.5, 5.0, 50.0)
    return way


WORK_S = 150.0  # of each of the four, ten minutes together
IDLE = {
    "looking about": (lambda end_s: {"turn": glances(5, end_s)}, (TURN,)),
    "talking": (lambda end_s: talking(5, end_s), (TILT, GROW)),
    "nodding": (lambda end_s: {"nod": nods(5, end_s)}, (NOD,)),
    "typing": (lambda end_s: typing(5, end_s), (NOD, SHOULDERS, GROW, SWEEP)),
}


@cache
def at_work(name):
    """Looks at somebody who works."""
    return list(looks(5, seed=1, dropped=0.02, end_s=WORK_S, **IDLE[name][0](WORK_S)))


@pytest.mark.parametrize(
    ("name", "movement"),
    [(name, movement) for name, (_, movements) in IDLE.items() for movement in movements],
    ids=lambda each: each if isinstance(each, str) else each.axis,
)
def test_ten_minutes_of_work_are_no_repetition(name, movement):
    assert play(at_work(name), movement).counts == {}


@pytest.mark.parametrize("rate_hz", [10, 30])
def test_twenty_seconds_of_glances_is_no_repetition_at_a_higher_rate(rate_hz):
    assert play(looks(rate_hz, end_s=20.0, turn=glances(2, 20.0)), TURN).counts == {}


def test_a_posture_that_is_kept_is_no_repetition():
    assert play(looks(5, turn=set_of([40], hold_s=14.0)), TURN).counts == {}


# One alone


QUICK_S, SLOW_S = 0.3, 1.2  # a way there


def series(*moves):
    """Turns to the left of 35° after a quiet beginning: the way's and the rest's seconds of each."""
    way = Way().stay(3.0)
    for move_s, rest_s in moves:
        way.there_and_back(-35.0, move_s, 2.0, rest_s)
    return play(looks(5, turn=way.stay(1.0)), TURN)


@at_every_rate
def test_a_slow_look_aside_is_no_repetition(rate_hz):
    assert play(looks(rate_hz, turn=set_of([-35], move_s=SLOW_S)), TURN).counts == {}


def test_the_first_counts_as_soon_as_the_next_one_follows():
    assert series((SLOW_S, 2.0), (SLOW_S, 2.0)).counts == {"left": 2}


def test_two_slow_looks_aside_with_a_quick_one_between_are_no_exercise():
    assert series((SLOW_S, 2.0), (QUICK_S, 2.0), (SLOW_S, 2.0)).counts == {}


def test_two_slow_looks_aside_with_one_between_that_is_not_held_are_no_exercise():
    way = Way().stay(3.0)
    for value, hold_s in ((-35.0, 2.0), (-28.0, 0.0), (-35.0, 2.0)):
        way.there_and_back(value, SLOW_S, hold_s, 2.0)
    played = play(looks(5, turn=way.stay(1.0)), TURN)
    assert (played.counts, played.hints) == ({}, ["longer"])


def test_what_was_done_before_a_quick_one_counts_too_once_two_have_followed_each_other():
    assert series((SLOW_S, 2.0), (QUICK_S, 2.0), (SLOW_S, 2.0), (SLOW_S, 2.0)).counts == {"left": 3}


def test_a_quick_one_within_a_set_that_is_believed_changes_nothing():
    assert series((SLOW_S, 2.0), (SLOW_S, 2.0), (QUICK_S, 2.0), (SLOW_S, 2.0)).counts == {"left": 3}


@pytest.mark.parametrize(("rest_s", "counts"), [(15.0, {"left": 2}), (35.0, {})])
def test_the_next_one_may_follow_after_a_rest_and_not_much_later(rest_s, counts):
    assert series((SLOW_S, rest_s), (SLOW_S, 2.0)).counts == counts


def test_of_a_movement_that_is_asked_for_once_one_counts():
    once = replace(TURN, sides=("left",), repetitions=1)
    assert play(looks(5, turn=set_of([-35], move_s=SLOW_S)), once).counts == {"left": 1}


def test_a_first_movement_during_a_timed_step_is_counted_in_the_next_one():
    way = Way().stay(4.0).there_and_back(-35.0, SLOW_S, 2.0, 6.0).there_and_back(35.0, SLOW_S, 2.0)
    played = play(looks(5, turn=way), None, TURN, total_s=10.0)
    assert lines_of(played)[:2] == [("StepBegun", 1), ("StepBegun", 2)]
    assert played.of("StepBegun")[1].t_s == pytest.approx(10.0, abs=0.3)
    assert played.counts == {"left": 1, "right": 1}


# The person's own range


def test_the_own_range_is_the_target_where_it_is_smaller_and_never_where_it_is_larger():
    assert goal(TURN, "left", {}) == 25.0
    assert goal(TURN, "left", {("turn", "left"): 20.0}) == 16.0  # 80 %
    assert goal(TURN, "left", {("turn", "left"): 70.0}) == 25.0
    assert goal(TURN, "left", {("turn", "left"): 2.0}) == FLOOR["turn"] == 12.0
    assert goal(TURN, "right", {("turn", "left"): 20.0}) == 25.0


@at_two_rates
def test_with_their_own_range_known_a_smaller_movement_counts(rate_hz):
    ranges = {("turn", "left"): 20.0, ("turn", "right"): 20.0}
    played = play(looks(rate_hz, turn=set_of([-19, 19] * 2)), TURN, ranges=ranges)
    assert played.counts == {"left": 2, "right": 2}
    assert played.coach.learned() == pytest.approx({("turn", "left"): 18.6, ("turn", "right"): 18.6}, abs=1.2)


@given(st.sampled_from(sorted(FLOOR)), st.floats(0, 200), st.floats(0.5, 60))
def test_the_goal_is_never_beyond_the_catalogue_nor_beyond_the_own_range_but_for_the_floor(axis, own, target):
    movement = Movement(axis, target, target / 3, (), 5, 3.0)
    wanted = goal(movement, None, {(axis, None): own})
    assert 0 < wanted <= target
    assert wanted <= max(0.8 * own, FLOOR[axis])


# Out of view, time, and what the person says


def without(seen, from_s, until_s):
    return (hidden(each.t_s) if from_s <= each.t_s < until_s else each for each in seen)


@at_two_rates
def test_out_of_view_is_said_once_and_the_count_goes_on_afterwards(rate_hz):
    seen = looks(rate_hz, turn=set_of([-35]).stay(22.0).there_and_back(35.0, 1.2, 3.0))
    played = play(without(seen, 10.0, 28.0), TURN)
    assert played.hints == ["unseen"]
    assert played.of("Hint")[0].t_s == pytest.approx(12.0, abs=0.45)
    assert played.counts == {"left": 1, "right": 1}


@at_two_rates
def test_the_hold_waits_while_nothing_is_seen(rate_hz):
    coach = Coach(exercise(TURN))
    for each in without(looks(rate_hz, turn=Way().stay(3.0).to(-40.0, 1.2).stay(6.0)), 5.0, 7.5):
        coach.see(each)
    assert coach.state.held_s == pytest.approx(10.2 - 2.5 - 3.7 + 0.0, abs=0.7)
    assert coach.state.say == "And slowly back to the middle."


def test_a_step_without_a_movement_runs_by_time_and_a_gap_is_no_time():
    times = [*np.arange(0.0, 6.0, 0.5), *np.arange(100.0, 120.0, 0.5)]
    played = play((look(t_s) for t_s in times), None, None, total_s=10.0)
    assert [(each.step, each.t_s) for each in played.of("StepBegun")] == [(1, 0.0), (2, 104.5)]
    assert played.of("Finished")[0].t_s == 114.5
    assert played.of("Finished")[0].done


def test_a_pause_stops_the_time_and_the_count():
    coach, events = Coach(exercise(None, total_s=10.0)), []
    for t_s in np.arange(0.0, 30.0, 0.5):
        if t_s == 5.0:
            coach.pause(t_s)
            assert coach.state.say == "Paused; take your time."
        if t_s == 20.0:
            coach.resume(t_s)
        events += coach.see(look(t_s))
    assert events[-1].t_s == 25.5  # the last look before the pause was at 4.5


def test_nothing_is_counted_while_paused():
    coach, events = Coach(exercise(TURN)), []
    for each in looks(10, turn=set_of(BOTH)):
        if each.t_s == pytest.approx(3.0):
            coach.pause(each.t_s)
        events += coach.see(each)
    assert [type(each) for each in events] == [StepBegun]


def test_hands_up_are_counted_and_the_step_goes_on_by_time():
    played = play(looks(5, hands=Way().stay(3.0).to(1.0, 0.2).stay(40.0)), HANDS, total_s=30.0)
    assert [each.t_s for each in played.of("Repetition")] == pytest.approx([8.2], abs=0.5)
    assert played.of("Finished")[0].t_s == pytest.approx(30.0, abs=0.2)


@at_two_rates
@pytest.mark.parametrize("away_s", [15.0, 25.0])
def test_leaving_the_seat_counts_from_twenty_seconds_on(rate_hz, away_s):
    times = np.arange(0.0, 32.0, 1 / rate_hz)
    away = (hidden(t_s, "nobody in view", nobody=True) if 5 <= t_s < 5 + away_s else look(t_s) for t_s in times)
    played = play(away, LEAVE)
    assert played.counts == ({None: 1} if away_s > 20 else {})
    assert [each.t_s for each in played.of("Repetition")] == pytest.approx([25.0] if away_s > 20 else [], abs=0.4)


def test_a_dark_picture_is_no_leaving():
    assert play((hidden(t_s, "too dark") for t_s in np.arange(0.0, 60.0, 0.2)), LEAVE).counts == {}


def test_done_is_believed():
    coach = Coach(exercise(TURN, TILT))
    for each in looks(5, turn=set_of([-35])):
        coach.see(each)
    repetition, ended = coach.done(9.0)  # one alone had waited for the next
    assert (repetition.side, ended) == ("left", Finished(9.0, "drill", True, {"left": 1, "right": 0}))
    assert coach.state.over
    assert coach.done(9.5) == coach.see(look(10.0)) == []


def test_a_skipped_step_gives_way_to_the_next_and_skipping_all_is_not_done():
    coach = Coach(exercise(TURN, None, total_s=5.0))
    coach.see(look(0.0))
    assert coach.skip(1.0) == [StepBegun(1.0, 2, "Do number 2.")]
    assert coach.skip(2.0) == [Finished(2.0, "drill", False, {"left": 0, "right": 0})]


def test_it_hurts_stops_for_good_and_asks_for_the_page():
    coach = Coach(exercise(TURN))
    coach.see(look(0.0))
    ended = coach.hurts(3.0)
    assert ended == [Finished(3.0, "drill", False, {"left": 0, "right": 0}, hurts=True)]
    assert coach.state.say == "Stopped; rest now, and read the page that follows."
    coach.resume(4.0)
    assert coach.skip(5.0) == coach.done(5.0) == coach.see(look(6.0)) == []


def test_a_recording_that_ends_early_is_not_done():
    coach = Coach(exercise(TURN))
    coach.see(look(0.0))
    assert not coach.stop(1.0)[0].done


# What is shown


def test_the_state_follows_a_repetition():
    coach, states = Coach(exercise(TURN, TILT)), {}
    for each in looks(10, noise_deg=0.1, turn=set_of([-35, 35], move_s=1.2)):
        coach.see(each)
        states[round(each.t_s, 1)] = coach.state
    assert states[0.5].say == "Look straight ahead for a moment."
    assert states[2.9].say == "Do number 1."
    holding = states[5.2]
    assert (holding.step, holding.steps, holding.axis, holding.unit, holding.goal) == (1, 2, "turn", "°", 25.0)
    assert holding.value == pytest.approx(-35.0, abs=1.0)
    assert holding.reached == pytest.approx(35.0, abs=1.0)
    assert holding.say == "Hold for 2 more seconds."
    assert (holding.counts, holding.repetitions) == ({"left": 0, "right": 0}, 5)
    assert states[9.0].counts == {"left": 0, "right": 0}
    assert states[9.0].say == "I saw a turn to the left; it counts together with the next one."
    assert states[15.8].counts == {"left": 1, "right": 1}
    assert states[15.8].say == "1 of 5 to the right."


def test_the_lines_are_those_of_the_design():
    coach = Coach(exercise(TILT))
    seen = looks(10, tilt=set_of([18.0, 18.0], wait_s=3.0), turn=Way().stay(16.0).there_and_back(40.0, 1.3, 2.0))
    events = [event for each in seen for event in coach.see(each)]
    lines = [json.loads(json.dumps(as_line(each))) for each in [*events, *coach.hurts(20.0)]]
    assert [each["type"] for each in lines] == ["step", "repetition", "repetition", "wrong_axis", "exercise"]
    assert lines[1].keys() == {"type", "t_s", "side", "range_deg"}
    assert [each["t_s"] for each in lines[1:3]] == pytest.approx([7.8, 13.8], abs=0.5)  # each its own, though told late
    assert lines[1]["side"] == "right"
    assert lines[3].keys() == {"type", "t_s", "seen", "wanted"}
    assert lines[4] == {
        "type": "exercise",
        "id": "drill",
        "done": False,
        "repetitions": {"left": 0, "right": 2},
        "hurts": True,
    }


def test_what_has_no_degrees_and_no_sides_says_so():
    played = play(looks(10, lift=set_of([6.0] * 5)), SHOULDERS)
    line = as_line(played.of("Repetition")[0])
    assert (line["side"], line["range_deg"]) == (None, None)
    assert as_line(played.events[-1])["repetitions"] == {"left": 0, "right": 0, "both": 5}


def test_no_words_of_the_coach_ask_for_more_or_speak_of_harm():
    texts = [each.value for each in ast.walk(ast.parse(inspect.getsource(words))) if isinstance(each, ast.Constant)]
    said = " ".join(text for text in texts if isinstance(text, str))
    assert "slower" in said
    never = r"further|farther|deeper|harder|stronger|push|force|damage|injur|disease|fail|wrong|bad|must|should\b"
    assert re.findall(never, said, re.IGNORECASE) == ["force"] * 0


def test_every_axis_has_its_words():
    assert words.UNITS.keys() == AXES.keys()
    assert words.NAMES.keys() == AXES.keys() - {"leave", "hands"}


# Going on


def lines_of(played):
    return [(type(each).__name__, getattr(each, "step", None) or getattr(each, "axis", None)) for each in played.events]


@at_two_rates
def test_who_does_not_wait_for_a_timed_step_is_counted_from_the_first_movement(rate_hz):
    played = play(looks(rate_hz, turn=set_of([-30, 30])), None, replace(TURN, repetitions=1))
    assert played.counts == {"left": 1, "right": 1}
    assert lines_of(played)[:3] == [("StepBegun", 1), ("StepBegun", 2), ("Repetition", "turn")]


@at_two_rates
def test_more_of_the_same_after_the_dose_is_counted_with_the_step(rate_hz):
    played = play(looks(rate_hz, turn=set_of([-30, 30, -30, 30], rest_s=1.5)), replace(TURN, repetitions=1), TILT)
    assert played.counts == {"left": 2, "right": 2}
    assert played.wrong == []
    assert lines_of(played)[0] == ("StepBegun", 1)
    assert ("StepBegun", 2) not in lines_of(played)


@at_two_rates
def test_the_next_steps_movement_right_after_the_dose_begins_the_next_step(rate_hz):
    turn, tilt = set_of([-30, 30]).stay(30.0), Way().stay(14.0)
    for _ in range(2):
        tilt.there_and_back(-18.0, 1.3, 3.0)
    tilt.stay(4.0)
    played = play(looks(rate_hz, turn=turn, tilt=tilt), replace(TURN, repetitions=1), TILT)
    assert played.wrong == []
    assert [each for each in lines_of(played) if each[0] != "Hint"] == [
        ("StepBegun", 1),
        ("Repetition", "turn"),
        ("Repetition", "turn"),
        ("StepBegun", 2),
        ("Repetition", "tilt"),
        ("Repetition", "tilt"),
    ]


def test_three_seconds_of_rest_after_the_dose_begin_the_next_step():
    played = play(looks(5, turn=set_of([-30, 30]).stay(4.0)), replace(TURN, repetitions=1), TILT)
    last, begun = played.of("Repetition")[-1], played.of("StepBegun")[1]
    assert 3.0 <= begun.t_s - last.t_s <= 3.3
