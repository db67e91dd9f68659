"""The coach where the models err as they do of rendered people: the ears creep, hands hide, a bowed face is lost."""

from dataclasses import replace

import numpy as np
import pytest
from moves import GROW, HANDS, NOD, SHOULDERS, SWEEP, Way, at_two_rates, looks, play, set_of, upright

EARS, SHOULDER, ELBOWS, WRISTS = [7, 8], [11, 12], [13, 14], [15, 16]


def posed(seen, change):
    """The looks with the pose model's points changed: change takes the pose (33, 4) and the time, and writes to it."""
    for each in seen:
        pose = each.pose.copy()
        change(pose, each.t_s)
        yield replace(each, pose=pose)


def raised(points, way, face=False):
    """Looks at somebody whose points of the pose model rise by a percentage of the ear-shoulder distance over time;
    with face the face model's head rises by as much."""
    neck_px = upright()[2]

    def change(pose, t_s):
        pose[points, 1] -= float(way.at(np.array([t_s]))[0]) / 100 * neck_px

    seen = looks(10, end_s=way.t_s, **({"grow": way} if face else {"grow": Way()}))
    return posed(seen, change)


# Growing and shoulders


def test_ears_that_only_the_pose_model_sees_rise_are_no_growing():
    assert play(raised(EARS, set_of([8.0] * 2, hold_s=4.0)), GROW).counts == {}


def test_growing_counts_though_the_pose_models_ears_stay():
    way = set_of([6.0] * 2, hold_s=4.0)
    seen = raised(EARS, set_of([-6.0] * 2, hold_s=4.0), face=False)
    grown = [replace(each, head=look.head) for each, look in zip(seen, looks(10, grow=way), strict=True)]
    assert play(grown, GROW).counts == {None: 2}


def test_growing_counts_though_the_pose_model_draws_the_shoulders_along():
    followed = set_of([6.0] * 2, hold_s=4.0)

    def change(pose, t_s):
        pose[SHOULDER, 1] -= float(followed.at(np.array([t_s]))[0]) / 100 * upright()[2]

    assert play(posed(looks(10, grow=set_of([8.0] * 2, hold_s=4.0)), change), GROW).counts == {None: 2}


def test_a_higher_seat_is_no_growing_however_often():
    assert play(raised(SHOULDER, set_of([8.0] * 3, hold_s=4.0), face=True), GROW).counts == {}


def test_growing_that_is_held_counts_though_it_reads_as_a_jump():
    assert play(looks(10, grow=set_of([6.0] * 2, move_s=0.3, hold_s=3.0)), GROW).counts == {None: 2}
    assert play(looks(10, grow=set_of([6.0] * 2, move_s=0.3, hold_s=0.6)), GROW).hints == ["slower"] * 2


@pytest.mark.parametrize(("name", "value"), [("turn", 14), ("tilt", -8)])
def test_shoulders_that_rise_with_a_turned_or_tilted_head_are_drawn_along_by_it(name, value):
    lift = set_of([6.0] * 2, move_s=1.2, hold_s=1.0)
    assert play(looks(5, lift=lift), SHOULDERS).counts == {None: 2}
    aside = set_of([value] * 2, move_s=0.6, hold_s=2.2)
    assert play(looks(5, lift=lift, **{name: aside}), SHOULDERS).counts == {}


@pytest.mark.parametrize(("percent", "counts"), [(2.6, {None: 2}), (1.9, {})])
def test_five_percent_of_lifted_shoulders_show_as_two_and_a_quarter(percent, counts):
    assert play(looks(10, lift=set_of([percent] * 2, move_s=1.2, hold_s=1.0)), SHOULDERS).counts == counts


# Hands


def hands(wrists, elbows, visibility=0.1):
    """Looks at wrists and elbows that are so far above the shoulders, in shoulder widths; the left ones first."""

    def change(pose, t_s):
        line_px, width_px = pose[SHOULDER, 1].mean(), upright()[1]
        for points, heights in ((WRISTS, wrists), (ELBOWS, elbows)):
            pose[points, 1] = line_px - width_px * np.array(heights if 3 < t_s < 12 else (-1.2, -1.2))
        pose[WRISTS, 3] = visibility

    return posed(looks(5, end_s=15.0, grow=Way()), change)


@pytest.mark.parametrize(
    ("wrists", "elbows", "counts"),
    [
        ((0.4, 0.4), (0.3, 0.3), {None: 1}),  # behind the head, hardly visible
        ((0.3, 0.3), (-0.6, -0.6), {None: 1}),  # at the neck, the elbows in front
        ((-1.2, 0.3), (-0.7, 0.3), {None: 1}),  # in turn
        ((-1.2, 0.3), (-0.7, -0.1), {}),  # at the telephone
        ((-0.1, -0.1), (0.3, 0.3), {}),
    ],
)
@pytest.mark.parametrize("visibility", [0.1, 0.95])
def test_both_hands_up_or_one_with_its_elbow_are_at_the_neck_whether_visible_or_not(wrists, elbows, visibility, counts):
    assert play(hands(wrists, elbows, visibility), HANDS, total_s=60.0).counts == counts


# Nods and sweeps


@pytest.mark.parametrize(
    ("hold_s", "move_s", "counts", "hints"),
    [(3.0, 0.85, {None: 2}, []), (1.2, 0.85, {}, ["slower"] * 2), (3.0, 0.45, {}, ["slower"] * 2)],
)
def test_who_stays_low_may_get_there_a_little_quicker(hold_s, move_s, counts, hints):
    played = play(looks(10, noise_deg=0.3, nod=set_of([28] * 2, move_s=move_s, hold_s=hold_s)), NOD)
    assert played.counts == counts
    assert played.hints == hints


def low_then(turn, after_deg):
    """The chin low, and what the pose model makes of it from the first turn on."""
    return Way().stay(2.5).to(30.0, 1.5).stay(1.5).to(after_deg, 0.4).stay(turn.t_s)


@at_two_rates
def test_a_face_that_is_lost_low_stays_low_until_it_is_found(rate_hz):
    turn = set_of([-28, 28] * 2, move_s=1.4, hold_s=0.5, rest_s=0.0, wait_s=6.0)
    lost = Way(1.0).stay(2.8).to(0.0, 0.1).stay(turn.t_s)
    ways = {"turn": turn, "nod": low_then(turn, -10.0)}
    assert play(looks(rate_hz, end_s=turn.t_s, face=lost, **ways), SWEEP).counts == {"left": 2, "right": 2}
    found = play(looks(rate_hz, end_s=turn.t_s, **ways), SWEEP)
    assert sum(found.counts.values()) < 2


def test_a_head_turned_far_isnt_low_whatever_its_nod_reads():
    turn = set_of([-42, 42] * 2, move_s=1.5, hold_s=2.0, rest_s=0.3)
    nod = set_of([30] * 4, move_s=0.8, hold_s=0.6, rest_s=3.1, wait_s=4.4)  # only while it is turned
    played = play(looks(10, turn=turn, nod=nod), SWEEP)
    assert played.counts == {}


def test_a_sweep_is_a_turn_and_a_tilt_together():
    turn, tilt = (
        set_of([side * value for side in (-1, 1, -1, 1)], move_s=1.4, hold_s=0.6, rest_s=0.0, wait_s=5.0)
        for value in (12.5, 11.5)
    )
    low = Way().stay(2.5).to(30.0, 1.5).stay(turn.t_s)
    assert play(looks(10, end_s=turn.t_s, turn=turn, tilt=tilt, nod=low), SWEEP).counts == {"left": 2, "right": 2}
    assert play(looks(10, end_s=turn.t_s, turn=turn, nod=low), SWEEP).counts == {}
