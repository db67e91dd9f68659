"""The estimate: drawn sitters through describe, build and deviation, and the kinematic chain by itself.

Tolerances in degrees are what the drawn figure shows, rounded up; they are no claim about people. A drawn figure is
none either, so the correction that was fitted on rendered people is taken out: what is told is the chain's own answer,
its error the chain's own spread. `shipped` puts the correction back where that is the rule.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from figures import (
    HFOV_DEG,
    READS_LONG,
    Camera,
    Sitter,
    baseline,
    compare,
    landmarks,
    look,
    mirrored,
    noisy,
    scaled,
    with_pose,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch import chain
from posturewatch.baseline import build
from posturewatch.chain import Deviation, deviation
from posturewatch.estimate import correction, profile
from posturewatch.features import describe, ear_height_ratio
from posturewatch.landmarks import Landmarks

quick = settings(deadline=None, max_examples=25)

DROPS_DEG = (0, 5, 10, 15, 20, 25, 30, 35)
FROM_THE_SIDE = Sitter(body_turn_deg=90)
drops = st.floats(0, 30)
WEIGHTS, SIGMA = correction.WEIGHTS, correction.SIGMA


@pytest.fixture(autouse=True)
def no_correction(monkeypatch):
    """The chain's own answer and spread."""
    monkeypatch.setattr(correction, "WEIGHTS", dict.fromkeys(WEIGHTS, 0.0))
    monkeypatch.setattr(correction, "SIGMA", {**dict.fromkeys(SIGMA, 0.0), "chain": 1.0})


@pytest.fixture
def shipped(no_correction, monkeypatch):
    """The program as it is shipped."""
    monkeypatch.setattr(correction, "WEIGHTS", WEIGHTS)
    monkeypatch.setattr(correction, "SIGMA", SIGMA)


def numbers(told):
    """Everything a deviation tells as a number."""
    names = [n for n in Deviation.__slots__ if n.endswith(("_deg", "_cm")) and n != "head_cm"]
    return {name: value for name in names if (value := getattr(told, name)) is not None}


def judged(found):
    return describe(found, HFOV_DEG)


def faceless(sitter, camera=None):
    return judged(replace(landmarks(sitter, camera), face=None))


# the head carried forward


def test_the_posture_of_the_baseline_deviates_by_nothing():
    told = compare(Sitter())
    assert (told.view, told.reason, told.nobody, told.told) == ("front", None, False, True)
    assert told.forward_head_deg == pytest.approx(0.0, abs=1.0)
    for name in ("neck_flexion_deg", "side_bend_deg", "turn_deg"):
        assert getattr(told, name) == pytest.approx(0.0, abs=1e-3), name
    assert told.head_drop_cm == pytest.approx(0.0, abs=0.1)
    assert told.sink_cm == pytest.approx(0.0, abs=0.3)
    assert told.head_forward_cm == pytest.approx(0.0, abs=0.7)
    assert told.shoulder_raise_cm == pytest.approx(0.0, abs=0.01)
    assert told.ear_shoulder_deg is None


@pytest.mark.parametrize("drop_deg", DROPS_DEG)
def test_a_head_carried_forward_is_told_to_within_a_degree_or_a_fifteenth(drop_deg):
    # the drawn neck of 145 mm is short for the prior's 160 ± 18, so large angles read small: observed −2.1 at 35
    assert compare(Sitter(cva_drop_deg=drop_deg)).forward_head_deg == pytest.approx(drop_deg, rel=1 / 15, abs=1.0)


@pytest.mark.parametrize("tilt_deg", [-15, 8, 20])
def test_each_degree_forward_counts_for_about_one_degree(tilt_deg):
    told = [compare(Sitter(cva_drop_deg=d), camera=Camera(tilt_deg=tilt_deg)).forward_head_deg for d in DROPS_DEG]
    slopes = np.diff(told) / 5
    assert slopes.min() > 0.85
    assert slopes.max() < 1.15


def test_a_head_drawn_back_is_negative():
    assert compare(Sitter(cva_drop_deg=-8)).forward_head_deg == pytest.approx(-8.0, abs=2.0)


def test_the_head_is_told_forward_and_down_in_centimetres():
    told = compare(Sitter(cva_drop_deg=20))
    # 145 mm from 51° to 31°: 33 mm forward and 38 mm down, of which the skin over C7 takes back 5.6 mm
    assert told.head_forward_cm == pytest.approx(3.3, abs=0.7)
    assert told.head_drop_cm == pytest.approx(3.2, abs=0.3)
    assert told.sink_cm == pytest.approx(0.0, abs=0.3)


def test_the_distance_is_the_cameras_to_the_head():
    assert compare(Sitter()).distance_cm == pytest.approx(65.0 - 1.6, abs=2.0)  # 113 mm above the point at 65 cm, by 8°
    assert compare(Sitter(chair_mm=(0, 0, 100))).distance_cm == pytest.approx(53.5, abs=2.0)


def test_the_place_of_the_head_is_told_right_down_and_away_from_the_camera():
    x, y, z = compare(Sitter(chair_mm=(50, -50, 0)), camera=Camera(tilt_deg=0)).head_cm
    assert (x, y, z) == pytest.approx((5.0 * READS_LONG, -6.3 * READS_LONG, 65.0 * READS_LONG), abs=0.3)


@given(drop_deg=drops, neck=st.floats(120, 170), cva=st.floats(45, 57), trunk=st.floats(480, 580))
@quick
def test_other_bodies_are_told_to_within_eight_degrees(drop_deg, neck, cva, trunk):
    person = Sitter(neck=neck, cva=cva, trunk=trunk)
    told = deviation(look(replace(person, cva_drop_deg=drop_deg)), build([look(person)] * 2, HFOV_DEG))
    assert told.forward_head_deg == pytest.approx(drop_deg, abs=8.0)  # a neck of 120 mm at 30°: −7.3, 2.2 SD


# what changes nothing


@given(drop_deg=drops, turn=st.floats(-38, 38), n=st.integers(8, 64))
@quick
def test_a_picture_of_another_size_says_the_same(drop_deg, turn, n):
    now = landmarks(Sitter(cva_drop_deg=drop_deg, turn_deg=turn))
    straight = deviation(judged(now), baseline())
    resized = deviation(judged(scaled(now, n / 16)), build([judged(scaled(landmarks(), n / 16))], HFOV_DEG))
    assert numbers(resized) == pytest.approx(numbers(straight), abs=0.05)
    assert resized.head_cm == pytest.approx(straight.head_cm, abs=0.05)


@given(
    drop_deg=drops,
    turn=st.floats(-38, 38),
    bend=st.floats(-15, 15),
    aside=st.floats(-80, 80),
    raised=st.floats(-30, 30),
)
@quick
def test_a_mirrored_picture_flips_turn_bend_and_the_raised_shoulder_and_nothing_else(
    drop_deg, turn, bend, aside, raised
):
    person = Sitter(cva_drop_deg=drop_deg, turn_deg=turn, bend_deg=bend, chair_mm=(aside, 0, 0))
    now = landmarks(replace(person, right_shoulder_up_mm=raised))
    straight = deviation(judged(now), baseline())
    flipped = deviation(judged(mirrored(now)), build([judged(mirrored(landmarks()))], HFOV_DEG))
    expected = {**numbers(straight), "turn_deg": -straight.turn_deg, "side_bend_deg": -straight.side_bend_deg}
    assert numbers(flipped) == pytest.approx(expected, abs=0.02)
    if abs(raised) > 1:
        assert {straight.raised, flipped.raised} == {"left", "right"}


@given(drop_deg=drops, aside=st.floats(-100, 100))
@quick
def test_a_person_who_moves_aside_is_told_the_same_within_half_a_degree(drop_deg, aside):
    there = compare(Sitter(cva_drop_deg=drop_deg, chair_mm=(aside, 0, 0))).forward_head_deg
    assert there == pytest.approx(compare(Sitter(cva_drop_deg=drop_deg)).forward_head_deg, abs=0.5)


@given(drop_deg=drops, up=st.floats(-50, 50))
@quick
def test_a_seat_keeps_its_height_or_sinks_so_that_one_that_moves_costs_some_degrees(drop_deg, up):
    """`kinematics.SEATS`: what that loses here it gains with people, whose heads sink without their seats."""
    there = compare(Sitter(cva_drop_deg=drop_deg, chair_mm=(0, up, 0))).forward_head_deg
    still = compare(Sitter(cva_drop_deg=drop_deg)).forward_head_deg
    # on a grid of 2.5° and 2 mm: risen is hardly believed (−6.02 at 20° and 22 mm); sunk by 1–2 cm is as likely a head
    # that sinks (+3.1 at 0° and −10 mm)
    assert still - 6.5 < there < still + 4.0


@given(drop_deg=drops, tilt_deg=st.floats(-15, 15))
@quick
def test_a_tilted_camera_tells_the_same_within_a_degree(drop_deg, tilt_deg):
    person = Sitter(cva_drop_deg=drop_deg)
    now, before = look(person, Camera(tilt_deg=tilt_deg)), look(None, Camera(tilt_deg=tilt_deg))
    level = compare(person, camera=Camera(tilt_deg=0)).forward_head_deg
    assert deviation(now, build([before], HFOV_DEG)).forward_head_deg == pytest.approx(level, abs=1.0)  # observed: .5


@pytest.mark.parametrize("hfov_deg", [55, 85])
def test_a_field_of_view_guessed_wrong_costs_less_than_three_degrees(hfov_deg):
    other = Camera(hfov_deg=hfov_deg)  # described as if it were 70°
    before = build([judged(landmarks(None, other))], HFOV_DEG)
    for drop_deg in (0, 10, 20, 30):
        told = deviation(judged(landmarks(Sitter(cva_drop_deg=drop_deg), other)), before)
        assert told.forward_head_deg == pytest.approx(drop_deg, abs=3.0)


@given(drop_deg=drops, distance_mm=st.floats(450, 1100))
@quick
def test_a_camera_nearer_or_farther_tells_the_same_within_three_quarters_of_a_degree(drop_deg, distance_mm):
    there, person = Camera(distance_mm=distance_mm), Sitter(cva_drop_deg=drop_deg)
    told = deviation(look(person, there), build([look(None, there)], HFOV_DEG))
    assert told.forward_head_deg == pytest.approx(compare(person).forward_head_deg, abs=0.75)


# what is no forward head


@pytest.mark.parametrize("nearer_mm", [100, -100])
def test_the_whole_person_nearer_or_farther_is_no_forward_head(nearer_mm):
    told = compare(Sitter(chair_mm=(0, 0, nearer_mm)))
    assert abs(told.forward_head_deg) < 4.0
    assert abs(told.sink_cm) < 1.0
    assert abs(told.head_drop_cm) < 0.5
    assert abs(told.head_forward_cm) < 2.0  # relative to the shoulders


@pytest.mark.parametrize("tilt_deg", [-15, 8, 20])
def test_a_person_who_sinks_by_five_centimetres_is_told_to_sink_and_not_to_crane(tilt_deg):
    told = compare(Sitter(chair_mm=(0, -50, 0)), camera=Camera(tilt_deg=tilt_deg))
    assert told.sink_cm == pytest.approx(5.0, abs=0.8)  # SEATS' mean is 1.5: observed 4.3
    assert told.head_drop_cm == pytest.approx(5.0, abs=0.2)
    assert told.forward_head_deg == pytest.approx(0.0, abs=2.0)  # the rest of it: observed 1.6
    risen = compare(Sitter(chair_mm=(0, 50, 0)), camera=Camera(tilt_deg=tilt_deg))
    assert (risen.sink_cm, risen.head_drop_cm) == pytest.approx((-5.0, -5.0), abs=0.6)


@pytest.mark.parametrize("flexion_deg", [-15, 15, 30])
def test_looking_up_or_down_is_neck_flexion_and_no_forward_head(flexion_deg):
    told = compare(Sitter(flexion_deg=flexion_deg))
    as_people_look = correction.flexion(flexion_deg, told.forward_head_deg)  # a face is seen pitched too little
    assert told.neck_flexion_deg == pytest.approx(as_people_look, abs=0.01)
    assert told.forward_head_deg == pytest.approx(0.0, abs=2.0)
    assert told.head_drop_cm == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("bend_deg", [-20, 20])
def test_a_bent_head_is_a_side_bend_toward_the_right_shoulder_and_no_forward_head(bend_deg):
    told = compare(Sitter(bend_deg=bend_deg))
    assert told.side_bend_deg == pytest.approx(bend_deg, abs=0.01)
    assert told.forward_head_deg == pytest.approx(0.0, abs=1.0)


def test_bend_and_flexion_count_from_those_of_the_baseline():
    told = compare(Sitter(bend_deg=12, flexion_deg=18), Sitter(bend_deg=5, flexion_deg=10), Camera(tilt_deg=0))
    # counted in the axes of the baseline's head, which is tipped itself: not quite the difference
    flexion_deg = correction.flexion(7.97, told.forward_head_deg)
    assert (told.side_bend_deg, told.neck_flexion_deg) == pytest.approx((6.95, flexion_deg), abs=0.01)


@pytest.mark.parametrize("turn_deg", [-30, 30])
@pytest.mark.parametrize("tilt_deg", [-20, 0, 20])
def test_a_turn_stays_a_turn_before_a_camera_that_looks_up_or_down(turn_deg, tilt_deg):
    told = compare(Sitter(turn_deg=turn_deg), camera=Camera(tilt_deg=tilt_deg))
    assert told.turn_deg == pytest.approx(turn_deg, abs=1.0)
    assert (told.side_bend_deg, told.neck_flexion_deg) == pytest.approx((0.0, 0.0), abs=1.0)


@pytest.mark.parametrize("body_turn_deg", [-20, 20])
def test_a_camera_a_little_aside_tells_the_same_angle(body_turn_deg):
    upright = Sitter(body_turn_deg=body_turn_deg)
    told = compare(Sitter(body_turn_deg=body_turn_deg, cva_drop_deg=20.0), upright)
    assert told.forward_head_deg == pytest.approx(20.0, abs=1.5)


@pytest.mark.parametrize(
    "moved_px",
    [
        [(0, -110), (0, -110)],  # both raised to the jaw: no neck does that
        [(150, 0), (-150, 0)],  # twice as far apart
        [(-60, 0), (60, 0)],  # half as far apart: the angle alone (25°) would be believed
    ],
)
def test_shoulders_where_no_body_has_them_are_not_believed(moved_px):
    now = landmarks()
    moved = with_pose(now, [11, 12], now.pose[[11, 12]] + np.array([[*xy, 0.0, 0.0] for xy in moved_px]))
    told = deviation(judged(moved), baseline())
    assert (told.forward_head_deg, told.head_drop_cm, told.reason) == (None, None, "what is seen fits no body")
    assert told.turn_deg == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("lean_deg", [-10, 10])
def test_a_trunk_that_leans_with_the_neck_upright_is_no_forward_head(lean_deg):
    assert compare(Sitter(lean_deg=lean_deg)).forward_head_deg == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize(("up_mm", "raised"), [(20, "right"), (-20, "left")])
def test_a_raised_shoulder_is_told_with_its_side(up_mm, raised):
    told = compare(Sitter(right_shoulder_up_mm=up_mm))
    assert told.raised == raised
    assert told.shoulder_raise_cm == pytest.approx(2.0, abs=0.15)
    assert told.forward_head_deg == pytest.approx(0.0, abs=1.5)


# turned


@pytest.mark.parametrize("turn_deg", [-39, -20, 20, 39])
def test_up_to_40_degrees_of_turn_the_head_is_still_told(turn_deg):
    told = compare(Sitter(cva_drop_deg=15, turn_deg=turn_deg), camera=Camera(tilt_deg=0))
    assert (told.reason, told.turn_deg) == (None, pytest.approx(turn_deg, abs=0.01))
    assert told.forward_head_deg == pytest.approx(15.0, abs=2.0)


@pytest.mark.parametrize("turn_deg", [-58, -41, 41, 58])
def test_beyond_40_degrees_of_turn_only_the_turn_is_told(turn_deg):
    told = compare(Sitter(cva_drop_deg=15, turn_deg=turn_deg), camera=Camera(tilt_deg=0))
    assert (told.reason, told.forward_head_deg, told.error_deg) == ("turned away", None, None)
    assert told.head_forward_cm is None
    assert told.turn_deg == pytest.approx(turn_deg, abs=0.01)
    assert told.told


@pytest.mark.parametrize("turn_deg", [-85, 65, 85])
def test_a_face_lost_by_turning_leaves_the_turn_of_the_pose(turn_deg):
    told = compare(Sitter(turn_deg=turn_deg), camera=Camera(tilt_deg=0))
    assert (told.reason, told.forward_head_deg) == ("turned away", None)
    assert told.turn_deg == pytest.approx(turn_deg, abs=0.1)
    assert told.told


def test_the_back_of_a_head_says_nothing():
    told = compare(Sitter(body_turn_deg=150))
    assert (told.reason, told.told, told.view) == ("turned away", False, None)


def test_the_turn_counts_from_the_turn_of_the_baseline():
    beside = Sitter(turn_deg=24)
    level = Camera(tilt_deg=0)
    assert compare(Sitter(turn_deg=60), beside, level).turn_deg == pytest.approx(36.0, abs=0.2)  # by the pose
    told = compare(Sitter(turn_deg=55), beside, level)
    assert (told.reason, told.turn_deg) == (None, pytest.approx(31.0, abs=0.01))
    assert compare(Sitter(turn_deg=-20), beside, level).reason == "turned away"


@pytest.mark.parametrize(("angle", "wrapped"), [(190, -170), (-190, 170), (170, 170), (0, 0), (-350, 10)])
def test_turns_are_told_the_shorter_way_round(angle, wrapped):
    assert chain._wrap_deg(angle) == wrapped


# the error


def test_the_error_is_four_to_six_degrees_up_to_35_degrees_forward():
    for drop_deg in DROPS_DEG:
        assert 3.5 < compare(Sitter(cva_drop_deg=drop_deg)).error_deg < 6.5


@given(
    drop_deg=st.floats(-10, 40),
    turn=st.floats(-39, 39),
    flexion=st.floats(-30, 40),
    bend=st.floats(-30, 30),
    seed=st.integers(0, 99),
)
@quick
def test_whatever_is_told_is_finite_and_has_a_positive_error(drop_deg, turn, flexion, bend, seed):
    person = Sitter(cva_drop_deg=drop_deg, turn_deg=turn, flexion_deg=flexion, bend_deg=bend)
    told = deviation(judged(noisy(landmarks(person), seed, 2.0)), baseline())
    assert np.isfinite(list(numbers(told).values())).all()
    assert told.error_deg is None or told.error_deg > 0


def test_the_error_widens_with_the_turn_to_either_side(shipped):
    wide = {turn: compare(Sitter(turn_deg=turn), camera=Camera(tilt_deg=0)).error_deg for turn in (0, 20, 30, 39)}
    assert wide[0] == correction.LEAST_ERROR_DEG
    assert wide[0] < wide[20] < wide[30] < wide[39]
    assert wide[39] > 1.3 * wide[30] > 1.3 * 1.3 * wide[20]
    assert compare(Sitter(turn_deg=-30), camera=Camera(tilt_deg=0)).error_deg == pytest.approx(wide[30], rel=0.02)


def test_the_error_holds_the_noise_of_the_baseline():
    still = baseline()
    told = deviation(look(), replace(still, noise_deg=4.0))
    assert told.error_deg == pytest.approx(np.hypot(deviation(look(), still).error_deg, 4.0))


def test_noise_of_two_pixels_stays_within_the_error():
    off = [deviation(judged(noisy(landmarks(), seed, 2.0)), baseline()) for seed in range(20)]
    assert np.std([told.forward_head_deg for told in off]) < off[0].error_deg
    assert np.std([told.forward_head_deg for told in off]) > 0.1


def test_shoulders_below_the_picture_widen_the_error():
    now = landmarks(camera=Camera(tilt_deg=8))
    lower = with_pose(now, [11, 12], now.pose[[11, 12]] + np.array([[0.0, 0, 0, 0], [0.0, 200, 0, 0]]))
    half_seen = judged(lower)
    assert not half_seen.shoulders_seen
    same_place = replace(judged(now), shoulders_seen=False)
    assert deviation(same_place, baseline()).error_deg > 1.5 * deviation(look(), baseline()).error_deg


def test_the_shipped_error_is_wider_without_the_shoulders_though_less_can_misfit(shipped):
    for drop_deg in (0, 8, 20):
        now = look(Sitter(cva_drop_deg=drop_deg))
        unseen = deviation(replace(now, shoulders_seen=False), baseline()).error_deg
        assert unseen > 1.15 * deviation(now, baseline()).error_deg


def test_the_shipped_correction_leaves_the_drawn_figure_about_where_it_is(shipped):
    told = [compare(Sitter(cva_drop_deg=drop_deg)) for drop_deg in DROPS_DEG]
    angles = [each.forward_head_deg for each in told]
    assert angles[0] == pytest.approx(0.0, abs=2.5)  # rendered people's necks and shoulders differ from the figure's
    assert np.diff(angles).min() > 1.0
    assert angles == pytest.approx(DROPS_DEG, abs=8.0)
    assert all(0.9 < each.error_deg < 7.0 for each in told)


def test_the_correction_is_put_on_top_of_the_chain(monkeypatch):
    plain = compare(Sitter(cva_drop_deg=15)).forward_head_deg
    begun = correction.WEIGHTS["begun"]
    monkeypatch.setitem(correction.WEIGHTS, "begun", begun + 3.0)
    assert compare(Sitter(cva_drop_deg=15)).forward_head_deg == pytest.approx(plain + 3.0)


def test_how_much_nearer_the_shoulders_are_taken_to_be_is_counted_from_the_baseline():
    before, now = look(), look(Sitter(chair_mm=(0, 0, 80)))
    front = build([before], HFOV_DEG).front
    world = now.world.copy()
    world[[11, 12], 2] -= 0.05
    told = [
        chain.compare(each, chain.head_turned(each.head, front), front) for each in (before, replace(now, world=world))
    ]
    assert [each.nearer_mm for each in told] == pytest.approx([0.0, 50.0], abs=0.01)


# aslant


def aslant(turn_deg, face=True, **changes):
    found = landmarks(Sitter(body_turn_deg=turn_deg, **changes), Camera(tilt_deg=0))
    return judged(found if face else replace(found, face=None))


@pytest.mark.parametrize("turn_deg", [-55, -40, -26, 26, 40, 55])
def test_aslant_the_fall_of_cva_is_measured_in_profile_and_the_rest_by_the_face(turn_deg):
    upright, forward = aslant(turn_deg), aslant(turn_deg, cva_drop_deg=20, bend_deg=10)
    before = build([upright], HFOV_DEG)
    told = deviation(forward, before)
    drop_deg, sigma_deg = profile.cva_drop_deg(profile.measure(forward), before.side.upright)
    assert (told.forward_head_deg, told.reason) == (drop_deg, None)
    assert drop_deg == pytest.approx(17.0, abs=4.0)
    turned_deg = chain._wrap_deg(forward.pose_turn_deg - upright.pose_turn_deg)
    assert told.error_deg == pytest.approx(np.hypot(sigma_deg, 0.25 * turned_deg))
    assert told.side_bend_deg == pytest.approx(10.0, abs=1.0)
    assert told.ear_shoulder_deg is None  # seen aslant it is too small


@pytest.mark.parametrize("turn_deg", [-24, 24])
def test_a_camera_less_aslant_is_one_in_front(turn_deg):
    assert build([aslant(turn_deg)], HFOV_DEG).side is None


def test_aslant_a_lost_face_leaves_the_angle_and_the_turn_of_the_pose():
    for before in (build([aslant(40, face)], HFOV_DEG) for face in (True, False)):
        told = deviation(aslant(48, face=False, cva_drop_deg=20), before)
        assert (told.reason, told.side_bend_deg, told.head_forward_cm, told.ear_shoulder_deg) == (None,) * 4
        assert told.forward_head_deg == pytest.approx(17.0, abs=4.0)
        assert told.turn_deg == pytest.approx(8.0, abs=0.2)
        assert told.error_deg > deviation(aslant(40, face=False, cva_drop_deg=20), before).error_deg


@pytest.mark.parametrize("turn_deg", [-2, 82])
def test_aslant_too_a_lost_face_tells_the_angle_up_to_40_degrees_of_turn(turn_deg):
    told = deviation(aslant(turn_deg, face=False), build([aslant(40)], HFOV_DEG))
    assert (told.reason, told.forward_head_deg, told.error_deg) == ("turned away from the baseline", None, None)
    assert told.turn_deg == pytest.approx(turn_deg - 40, abs=0.5)


def test_aslant_too_a_face_tells_the_angle_up_to_40_degrees_of_turn():
    before, straight = build([aslant(40)], HFOV_DEG), aslant(-2)
    told = deviation(replace(straight, pose_turn_deg=before.pose_turn_deg - 39), before)
    assert (told.reason, told.forward_head_deg, told.error_deg) == ("turned away", None, None)
    assert told.turn_deg == pytest.approx(-42.0, abs=0.5)


def test_heights_of_another_view_than_the_baselines_say_nothing():
    now = judged(replace(landmarks(Sitter(cva_drop_deg=10)), face=None))
    assert deviation(now, baseline()).reason is None
    told = deviation(replace(now, view="oblique"), baseline())
    assert (told.reason, told.forward_head_deg) == ("turned away", None)


def test_an_oblique_view_widens_the_error():
    before, now = baseline(), look(Sitter(cva_drop_deg=10))
    front, oblique = deviation(now, before), deviation(replace(now, view="oblique"), before)
    assert oblique.forward_head_deg == front.forward_head_deg
    assert oblique.error_deg == pytest.approx(1.9 * front.error_deg)


# what can't be told


def test_the_reason_of_a_look_is_passed_on():
    told = deviation(judged(Landmarks(3.0, (640, 480), reason="too dark")), baseline())
    assert (told.t_s, told.reason, told.nobody, told.told) == (3.0, "too dark", False, False)
    nobody = deviation(judged(Landmarks(3.0, (640, 480))), baseline())
    assert (nobody.reason, nobody.nobody, nobody.told) == ("nobody in view", True, False)


def test_a_picture_of_another_size_than_the_baselines_is_not_compared():
    told = deviation(judged(scaled(landmarks(), 2.0)), baseline())
    assert (told.reason, told.told) == ("another picture size than at the baseline", False)


def test_without_a_baseline_the_front_view_tells_nothing():
    told = deviation(look(), None)
    assert (told.reason, told.told, told.ear_shoulder_deg) == ("no baseline", False, None)


@pytest.mark.parametrize("turned", [90, -90])
def test_without_a_baseline_the_side_view_tells_the_ear_before_the_shoulder(turned):
    far = Camera(distance_mm=5000, tilt_deg=0, hfov_deg=12)
    told = deviation(look(Sitter(body_turn_deg=turned, cva_drop_deg=10), far), None)
    # 145 mm at 41°: 109 − 55 mm before and 95 + 2.8 + 72 + 5 mm above the shoulder: atan(54 / 175)
    assert told.ear_shoulder_deg == pytest.approx(17.3, abs=0.5)
    assert (told.view, told.reason, told.forward_head_deg) == ("side", "no baseline", None)


def test_a_face_no_pose_explains_leaves_the_angles():
    flat = look()
    flat = replace(flat, head=replace(flat.head, points=np.full((478, 3), 100.0)))
    told = deviation(flat, baseline())
    assert (told.reason, told.forward_head_deg, told.turn_deg) == ("the face can't be followed", None, 0.0)


# the face is lost


@pytest.mark.parametrize("drop_deg", [0, 15, 30])
def test_with_the_upright_angle_from_the_side_the_absolute_one_is_told_from_the_front_too(drop_deg):
    known = replace(baseline(), upright_ear_shoulder_deg=12.0)
    told = deviation(look(Sitter(cva_drop_deg=drop_deg)), known)
    assert told.ear_shoulder_deg == pytest.approx(12.0 + told.forward_head_deg / 1.45)  # ANSUR II
    assert replace(told, ear_shoulder_deg=None) == compare(Sitter(cva_drop_deg=drop_deg))
    lost = deviation(faceless(Sitter(cva_drop_deg=drop_deg)), known)
    assert lost.ear_shoulder_deg == pytest.approx(12.0 + lost.forward_head_deg / 1.45)


def test_where_no_change_is_told_there_is_no_absolute_angle_either():
    known = replace(baseline(), upright_ear_shoulder_deg=12.0)
    assert deviation(look(Sitter(turn_deg=50)), known).ear_shoulder_deg is None
    assert deviation(look(Sitter(cva_drop_deg=15)), baseline()).ear_shoulder_deg is None


def test_with_the_face_lost_the_heights_carry_on_with_a_wider_error():
    told = [deviation(faceless(Sitter(cva_drop_deg=d)), baseline()) for d in DROPS_DEG]
    forward = [t.forward_head_deg for t in told]
    assert forward[0] == pytest.approx(0.0, abs=0.01)
    assert np.diff(forward).min() > 0
    assert {t.error_deg for t in told} == {5.0}
    assert {(t.reason, t.view) for t in told} == {(None, "front")}
    assert told[0].error_deg > compare(Sitter()).error_deg


def test_with_the_face_lost_looking_down_takes_from_the_heights_what_a_nod_lowers_the_ears():
    down = faceless(Sitter(flexion_deg=30))
    told = deviation(down, baseline())
    lower_deg = 120.0 * (baseline().ear_height_ratio - ear_height_ratio(down))
    assert told.neck_flexion_deg > 15
    assert told.forward_head_deg == pytest.approx(lower_deg - 0.2 * told.neck_flexion_deg)
    up = faceless(Sitter(flexion_deg=-10))
    assert deviation(up, baseline()).forward_head_deg == pytest.approx(
        120.0 * (baseline().ear_height_ratio - ear_height_ratio(up))
    )


def test_with_the_face_lost_the_turn_and_the_nod_come_from_the_pose():
    level = Camera(tilt_deg=0)
    assert deviation(faceless(Sitter(turn_deg=30), level), baseline(camera=level)).turn_deg == pytest.approx(30, abs=1)
    away = deviation(faceless(Sitter(turn_deg=-42), level), baseline(camera=level))
    assert (away.reason, away.forward_head_deg, away.turn_deg) == ("turned away", None, pytest.approx(-42, abs=1))
    assert deviation(faceless(Sitter(flexion_deg=20)), baseline()).neck_flexion_deg > 10
    assert deviation(faceless(Sitter(flexion_deg=-10)), baseline()).neck_flexion_deg < -5


def test_with_face_and_a_shoulder_lost_nothing_is_told():
    told = deviation(replace(faceless(Sitter()), shoulders_seen=False), baseline())
    assert (told.reason, told.told) == ("face and shoulders not seen", False)


# from the side


@pytest.mark.parametrize("turned", [90, -90])
def test_from_the_side_a_head_carried_forward_is_told_from_either_side(turned):
    person = Sitter(body_turn_deg=turned)
    told = [compare(replace(person, cva_drop_deg=d), person, Camera(tilt_deg=0)) for d in (0, 10, 20, 30)]
    assert told[0].forward_head_deg == pytest.approx(0.0, abs=1e-3)
    assert all(now.forward_head_deg > before.forward_head_deg + 5 for before, now in pairwise(told))
    assert [t.forward_head_deg for t in told] == pytest.approx([0.0, 10.0, 20.0, 30.0], abs=5.0)
    assert [t.error_deg for t in told] == pytest.approx([3.3] * 4, abs=0.1)  # nothing but the head moved
    assert told[2].head_forward_cm == pytest.approx(3.3, abs=1.0)
    assert told[2].head_drop_cm == pytest.approx(3.2, abs=0.7)
    assert told[2].sink_cm == pytest.approx(0.0, abs=0.1)
    assert told[0].ear_shoulder_deg == pytest.approx(11, abs=2)
    assert told[0].distance_cm == pytest.approx(62, abs=5)


def test_from_the_side_a_person_who_sinks_is_told_to_sink():
    told = compare(replace(FROM_THE_SIDE, chair_mm=(0, -50, 0)), FROM_THE_SIDE, Camera(tilt_deg=0))
    assert (told.sink_cm, told.head_drop_cm) == pytest.approx((5.0, 5.0), abs=1.0)
    assert abs(told.forward_head_deg) < 5.0
    assert told.error_deg > 6.0  # the shoulders are the weak landmark


def test_from_the_side_an_unsteady_baseline_widens_the_error():
    steady, now = baseline(FROM_THE_SIDE), look(FROM_THE_SIDE)
    told = deviation(now, replace(steady, noise_deg=4.0))
    assert told.error_deg == pytest.approx(np.hypot(deviation(now, steady).error_deg, 4.0))


def test_a_person_who_faces_the_other_way_is_turned_away_from_the_baseline():
    told = compare(Sitter(body_turn_deg=-90), FROM_THE_SIDE)
    assert (told.view, told.reason, told.told) == ("side", "turned away from the baseline", False)


@pytest.mark.parametrize(("turn_deg", "reason"), [(-115, None), (115, None), (125, "turned away")])
def test_in_profile_the_pose_models_turn_may_read_somewhat_beyond_90(turn_deg, reason):
    told = deviation(replace(look(FROM_THE_SIDE), pose_turn_deg=turn_deg), baseline(FROM_THE_SIDE))
    assert told.reason == reason


def test_from_the_side_a_nod_is_told():
    told = compare(replace(FROM_THE_SIDE, flexion_deg=20), FROM_THE_SIDE, Camera(tilt_deg=0))
    assert told.neck_flexion_deg > 10


def test_a_person_who_turns_to_a_camera_at_their_side_is_turned_away_from_the_baseline():
    told = compare(Sitter(), FROM_THE_SIDE)
    assert (told.reason, told.told) == ("turned away from the baseline", False)


def test_a_person_who_turns_their_side_to_a_camera_in_front_is_turned_away():
    told = compare(FROM_THE_SIDE, Sitter())
    assert (told.reason, told.forward_head_deg) == ("turned away", None)
