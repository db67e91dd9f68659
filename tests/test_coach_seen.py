"""The coach where the models err as they do of rendered people: the ears creep, hands hide, a bowed face is lost."""

from dataclasses import replace

import numpy as np
import pytest
from moves import (
    GROW,
    HANDS,
    NOD,
    SHOULDERS,
    SWEEP,
    TILT,
    TURN,
    Way,
    at_every_rate,
    at_two_rates,
    looks,
    play,
    set_of,
    upright,
)

from posturewatch.coaching.movement import Measure

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


@pytest.mark.parametrize(
    ("move_s", "hold_s", "counts", "hints"), [(0.55, 0.3, {None: 2}, []), (0.45, 0.1, {}, ["slower"] * 2)]
)
def test_shoulders_are_lifted_and_let_down_in_a_second_and_not_in_less(move_s, hold_s, counts, hints):
    played = play(looks(10, lift=set_of([6.0] * 2, move_s=move_s, hold_s=hold_s)), SHOULDERS)
    assert played.counts == counts
    assert played.hints == hints


@pytest.mark.parametrize(("percent", "counts"), [(2.6, {None: 2}), (1.9, {})])
def test_five_percent_of_lifted_shoulders_show_as_two_and_a_quarter(percent, counts):
    assert play(looks(10, lift=set_of([percent] * 2, move_s=1.2, hold_s=1.0)), SHOULDERS).counts == counts


def circles(*heights, move_s=1.0, wait_s=3.0):
    """Shoulders that go to each height in turn, percent of their width as the pose model shows it."""
    way = Way().stay(wait_s)
    for height in heights:
        way.to(height, move_s)
    return way.stay(2.5)


@at_two_rates
def test_shoulders_are_lifted_from_where_they_are_lowest_be_it_lower_than_they_began(rate_hz):
    lift = circles(1.7, -2.8, 0.6, -2.6, 1.2, -2.5, move_s=1.2)
    assert play(looks(rate_hz, lift=lift), SHOULDERS).counts == {None: 3}


def test_a_lift_is_the_larger_of_its_ways_up_and_down():
    assert play(looks(10, lift=circles(1.8, -1.0, 1.8, -1.0)), SHOULDERS).counts == {None: 2}
    assert play(looks(10, lift=circles(1.8, 0.0, 1.8, 0.0)), SHOULDERS).counts == {}


@pytest.mark.parametrize(("rise", "widen", "counts"), [(1.9, 1.1, {None: 2}), (1.9, 0.0, {}), (0.5, 7.0, {})])
def test_what_shows_of_lifted_shoulders_is_their_rise_and_that_they_seem_wider(rise, widen, counts):
    lift = set_of([rise] * 2, move_s=1.2, hold_s=1.0)
    assert play(looks(10, widen=widen, lift=lift), SHOULDERS).counts == counts


def test_shoulders_that_come_to_rest_higher_are_lifted_from_there_and_a_rest_of_minutes_is_not_kept():
    lift = circles(2.0, move_s=60.0)  # they creep up as no one lifts them
    lift.stay(50.0).to(5.0, 1.0).to(2.0, 1.0).to(5.0, 1.0).to(2.0, 1.0).stay(2.5)
    played = play(looks(5, lift=lift), SHOULDERS)
    assert played.counts == {None: 2}
    assert len(played.coach._attempts.wanted._open) < 5 * 25


@pytest.mark.parametrize("begins_s", [19.6, 20.0, 20.4, 20.8, 21.2])
def test_a_lift_at_any_moment_of_a_long_rest_is_counted_whole(begins_s):
    lift = Way().to(0.4, begins_s).to(3.1, 1.6).to(0.4, 1.0).to(3.1, 1.0).to(0.4, 1.0).stay(2.5)
    assert play(looks(5, lift=lift), SHOULDERS).counts == {None: 2}


def test_shoulders_kept_up_for_a_minute_are_no_lift():
    kept = circles(6.0).stay(60.0)
    assert len(play(looks(5, lift=kept), SHOULDERS).coach._attempts.wanted._open) < 5 * 41
    let_down = kept.to(0.0, 1.0).stay(3.0)
    assert play(looks(5, lift=let_down), SHOULDERS).events[1:] == []


def test_shoulders_that_stay_half_way_down_have_been_lifted_all_the_same():
    assert play(looks(10, lift=circles(6.0, 3.0, 6.5, 3.0)), SHOULDERS).counts == {None: 2}


@pytest.mark.parametrize(("nod", "counts"), [(3.0, {None: 2}), (-7.0, {})])
def test_shoulders_that_are_lifted_while_the_head_nods_are_not_what_was_asked_for(nod, counts):
    ways = {name: set_of([value] * 2, move_s=1.2, hold_s=1.0) for name, value in (("lift", 6.0), ("nod", nod))}
    assert play(looks(10, noise_deg=0.3, **ways), SHOULDERS).counts == counts


def test_what_the_head_does_at_rest_between_two_lifts_is_free():
    nod, lift = Way().stay(3.0), Way().stay(3.0)
    for _ in range(3):
        nod.to(-6.0, 1.0).stay(4.0).to(6.0, 1.0).stay(4.0).to(0.0, 1.0).stay(5.0)
        lift.to(-0.4, 0.5).to(0.0, 0.5).stay(11.5).to(6.0, 0.8).stay(0.9).to(0.0, 0.8).stay(1.0)
    assert play(looks(10, noise_deg=0.3, lift=lift, nod=nod), SHOULDERS).counts == {None: 3}


def test_a_nod_that_one_in_ten_looks_reads_is_an_error_of_the_models():
    nod = Way().stay(3.0)
    for _ in range(2):
        nod.stay(1.5).to(7.0, 0.0).stay(0.3).to(0.0, 0.0).stay(2.6)
    lift = set_of([6.0] * 2, move_s=1.2, hold_s=1.0)
    assert play(looks(10, noise_deg=0.1, lift=lift, nod=nod), SHOULDERS).counts == {None: 2}


@pytest.mark.parametrize(("ears", "counts"), [(1.5, {None: 2}), (4.5, {})])
def test_shoulders_that_are_lifted_with_the_head_are_not_what_was_asked_for(ears, counts):
    ears_percent = ears * upright()[1] / upright()[2]  # of the ear–shoulder distance
    ways = {"lift": set_of([9.0] * 2, move_s=1.2, hold_s=1.0), "grow": set_of([ears_percent] * 2, 1.2, 1.0)}
    assert play(looks(10, **ways), SHOULDERS).counts == counts


def test_a_head_that_rises_a_little_and_sinks_again_lifts_no_shoulders():
    ears_percent = 2.8 * upright()[1] / upright()[2]
    assert play(looks(10, grow=set_of([ears_percent] * 5, 0.8, 0.4, 1.5)), SHOULDERS).counts == {}


def test_a_face_that_is_lost_for_a_moment_interrupts_no_lift_and_one_lost_for_longer_does():
    for lost_s, counts in ((0.6, {None: 2}), (1.4, {})):
        face, lift = Way(1.0).stay(3.0), Way().stay(3.0)
        for _ in range(2):
            face.stay(1.3).to(0.0, 0.0).stay(lost_s).to(1.0, 0.0).stay(3.7 - lost_s)
            lift.to(6.0, 1.2).stay(1.6).to(0.0, 1.2).stay(1.0)
        assert play(looks(10, lift=lift, face=face), SHOULDERS).counts == counts


@pytest.mark.parametrize(("hold_s", "counts", "hints"), [(5.0, {None: 2}, []), (0.4, {}, ["longer"] * 2)])
def test_shoulders_that_are_to_be_tensed_are_held(hold_s, counts, hints):
    tensed = replace(SHOULDERS, hold_s=5.0)
    played = play(looks(10, lift=set_of([2.8] * 2, move_s=0.8, hold_s=hold_s, rest_s=4.0)), tensed)
    assert (played.counts, played.hints) == (counts, hints)


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


# The start


@at_every_rate
@pytest.mark.parametrize(
    ("movement", "name", "value", "counts"),
    [
        (TURN, "turn", 33, {"left": 1, "right": 1}),
        (TILT, "tilt", 18, {"left": 1, "right": 1}),
        (NOD, "nod", 28, {None: 2}),
    ],
)
def test_who_begins_after_a_second_is_counted_from_the_first_movement_on(rate_hz, movement, name, value, counts):
    way = set_of([value if movement is NOD else -value, value], move_s=1.2, hold_s=2.0, wait_s=1.0)
    assert play(looks(rate_hz, noise_deg=0.3, **{name: way}), movement).counts == counts


@pytest.mark.parametrize(("until_s", "turn_deg"), [(0.4, 0.0), (1.3, -2.0)])
def test_the_start_serves_early_and_is_taken_anew_for_about_a_second(until_s, turn_deg):
    measure = Measure()
    turn = Way(2.0).stay(until_s).to(0.0, 0.1).stay(2.0)
    read = {round(each.t_s, 1): measure.see(each).turn for each in looks(10, noise_deg=0.0, turn=turn)}
    assert read[0.5] is None
    assert read[0.6] is not None
    assert read[2.2] == pytest.approx(turn_deg, abs=0.3)


# Nods and sweeps


@pytest.mark.parametrize(
    ("hold_s", "move_s", "counts", "hints"),
    [(1.9, 0.85, {None: 2}, []), (1.5, 0.85, {}, ["slower"] * 2), (3.0, 0.45, {}, ["slower"] * 2)],
)
def test_who_stays_low_may_get_there_a_little_quicker(hold_s, move_s, counts, hints):
    played = play(looks(10, noise_deg=0.3, nod=set_of([28] * 2, move_s=move_s, hold_s=hold_s)), NOD)
    assert played.counts == counts
    assert played.hints == hints


def test_who_stays_low_has_stayed_though_the_nod_reads_less_for_a_while():
    nod = Way().stay(3.0)
    for _ in range(2):
        nod.to(22.0, 0.85).stay(0.5).to(15.0, 0.3).stay(0.8).to(22.0, 0.3).stay(0.5).to(0.0, 0.85).stay(1.0)
    assert play(looks(10, noise_deg=0.1, nod=nod), NOD).counts == {None: 2}


@pytest.mark.parametrize(
    ("face", "pose", "counts"), [(0.6, 1.0, {None: 2}), (0.9, 0.6, {None: 2}), (0.4, 0.4, {}), (0.3, 1.0, {})]
)
def test_of_a_nod_the_model_that_reads_it_farther_is_believed_as_far_as_the_other_agrees(face, pose, counts):
    parts = [
        list(looks(10, noise_deg=0.3, nod=set_of([26 * part] * 2, move_s=1.5, hold_s=2.5))) for part in (face, pose)
    ]
    seen = (replace(by_pose, head=by_face.head) for by_face, by_pose in zip(*parts, strict=True))
    assert play(seen, NOD).counts == counts


def test_a_face_found_in_the_hair_of_a_bowed_head_is_none():
    made_of_it = {"nod": set_of([-10] * 2, move_s=1.5, hold_s=2.5), "turn": set_of([-26] * 2, move_s=1.5, hold_s=2.5)}
    by_pose, by_face = (
        list(looks(10, noise_deg=0.3, **ways))
        for ways in ({"nod": set_of([36] * 2, move_s=1.5, hold_s=2.5)}, made_of_it)
    )
    seen = [replace(bowed, head=face.head) for bowed, face in zip(by_pose, by_face, strict=True)]
    assert play(seen, NOD).counts == {None: 2}
    assert play(seen, TURN).counts == {}


def test_a_look_at_the_desk_that_goes_on_down_was_quick_all_the_same():
    down = Way().stay(3.0)
    for _ in range(3):
        down.to(26.0, 0.45).to(31.0, 1.2).to(26.0, 0.3).to(0.0, 0.45).stay(1.5)
    played = play(looks(10, noise_deg=0.3, nod=down), NOD)
    assert played.counts == {}


def test_shoulders_lifted_for_a_moment_are_asked_to_go_slower():
    played = play(looks(10, lift=set_of([5.8] * 2, move_s=0.25, hold_s=0.0)), SHOULDERS)
    assert (played.counts, played.hints) == ({}, ["slower"] * 2)


@pytest.mark.parametrize("rate_hz", [10, 30])
@pytest.mark.parametrize(("movement", "name", "value"), [(TURN, "turn", 31), (TILT, "tilt", 16)])
def test_turns_and_tilts_take_about_a_second_each_way(rate_hz, movement, name, value):
    ways = {move_s: set_of([-value, value], move_s=move_s, hold_s=2.0) for move_s in (1.05, 0.7)}
    played = {move_s: play(looks(rate_hz, noise_deg=0.3, **{name: way}), movement) for move_s, way in ways.items()}
    assert played[1.05].counts == {"left": 1, "right": 1}
    assert (played[0.7].counts, played[0.7].hints) == ({}, ["slower"] * 2)


@pytest.mark.parametrize(("move_s", "counts"), [(1.4, {"left": 2, "right": 2}), (1.0, {})])
def test_a_wide_turn_takes_longer_than_a_glance_at_a_second_screen(move_s, counts):
    turn = set_of([-62, 62] * 2, move_s=move_s, hold_s=3.0)
    assert play(looks(10, noise_deg=0.3, turn=turn), TURN).counts == counts


def test_a_turn_that_is_quick_one_way_is_a_look_aside():
    turn = Way().stay(3.0)
    for _ in range(3):
        turn.to(31.0, 0.6).stay(2.0).to(0.0, 2.0).stay(1.0)
    assert play(looks(10, noise_deg=0.3, turn=turn), TURN).counts == {}


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


@at_two_rates
@pytest.mark.parametrize(("nod_deg", "counts"), [(15.0, {"left": 2, "right": 2}), (9.0, {})])
def test_a_face_lost_while_the_chin_sinks_is_low_though_the_pose_model_reads_little_of_it(rate_hz, nod_deg, counts):
    turn = set_of([-28, 28] * 2, move_s=1.4, hold_s=0.5, rest_s=0.0, wait_s=4.4)
    low, lost = Way().stay(2.5).to(nod_deg, 1.5).stay(turn.t_s), Way(1.0).stay(2.8).to(0.0, 0.1).stay(turn.t_s)
    assert play(looks(rate_hz, end_s=turn.t_s, turn=turn, nod=low, face=lost), SWEEP).counts == counts
    assert play(looks(rate_hz, end_s=turn.t_s, turn=turn, nod=low), SWEEP).counts == {}


@at_two_rates
def test_a_look_at_the_keyboard_that_the_pose_model_reads_as_turned_is_no_half_circle(rate_hz):
    nod, turn, face = Way().stay(3.0), Way().stay(3.3), Way(1.0).stay(3.15)
    for _ in range(3):
        nod.to(18.0, 0.4).stay(1.5).to(0.0, 0.4).stay(1.5)
        turn.to(-22.0, 0.4).stay(1.0).to(0.0, 0.4).stay(2.0)
        face.to(0.0, 0.05).stay(1.95).to(1.0, 0.05).stay(1.75)
    assert play(looks(rate_hz, noise_deg=0.3, nod=nod, turn=turn, face=face), SWEEP).counts == {}


def aside(turn, nose, widths):
    """The nose only so far from the ears' middle as `nose`, and with each degree all so many shoulder widths aside."""

    def change(pose, t_s):
        middle, width_px = pose[EARS, 0].mean(), upright()[1]
        pose[0, 0] = middle + nose * (pose[0, 0] - middle)
        pose[:11, 0] -= widths * width_px * float(turn.at(np.array([t_s]))[0])

    return change


@at_two_rates
@pytest.mark.parametrize("nod_deg", [30.0, -10.0])
def test_a_bowed_head_turns_as_far_as_it_goes_aside_of_the_shoulders_though_it_no_longer_reads_low(rate_hz, nod_deg):
    turn = set_of([-30, 30] * 2, move_s=1.4, hold_s=0.5, rest_s=0.0, wait_s=6.0)
    lost = Way(1.0).stay(2.8).to(0.0, 0.1).stay(turn.t_s)
    seen = looks(rate_hz, end_s=turn.t_s, turn=turn, nod=low_then(turn, nod_deg), face=lost)
    assert play(posed(seen, aside(turn, 0.3, 0.0023)), SWEEP).counts == {"left": 2, "right": 2}


@at_two_rates
def test_what_the_pose_model_lacks_on_one_side_it_does_not_lack_on_the_other(rate_hz):
    turn = set_of([30, -30] * 2, move_s=1.4, hold_s=0.5, rest_s=0.0, wait_s=5.0)
    low, lost = Way().stay(2.5).to(30.0, 1.5).stay(turn.t_s), Way(1.0).stay(6.8).to(0.0, 0.05).stay(turn.t_s)
    seen = []
    for each in looks(rate_hz, end_s=turn.t_s, turn=turn, nod=low, face=lost):
        pose, there = each.pose.copy(), turn.at(np.array([each.t_s]))[0]
        pose[:11, 0] += 0.1 * upright()[1] * max(there, 0.0) / 30  # as if it were hardly turned
        seen.append(replace(each, pose=pose))
    played = play(seen, SWEEP)
    assert played.counts == {"left": 2, "right": 2}
    assert np.mean([each.range_deg for each in played.of("Repetition") if each.side == "right"]) > 22.0


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
