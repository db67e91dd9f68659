"""What one picture says: who is there, from which side, and why it can't be trusted."""

from dataclasses import replace

import numpy as np
import pytest
from figures import HFOV_DEG, Camera, Sitter, landmarks, look, mirrored, scaled, shifted, with_pose
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch.features import (
    describe,
    ear_height_ratio,
    ear_shoulder,
    pitch_ratio,
    place_of,
    pose_of,
    px_per_cm,
)
from posturewatch.landmarks import Landmarks

NOSE, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 11, 12
SHOULDERS = [11, 12]
FAR = Camera(distance_mm=5000, tilt_deg=0, hfov_deg=12)  # a focal length of 3045 px, next to no perspective

quick = settings(deadline=None, max_examples=40)


def judged(found, place=None):
    return describe(found, HFOV_DEG, place)


def moved(found, index, dx, dy):
    return with_pose(found, index, found.pose[index] + [dx, dy, 0, 0])


def seen_with(found, index, visibility):
    pose = found.pose.copy()
    pose[index, 3] = visibility
    return replace(found, pose=pose)


def without_face(found):
    return replace(found, face=None)


# what is trusted


def test_a_sitter_in_front_of_the_camera_is_trusted():
    found = judged(landmarks(t_s=4.2))
    assert (found.t_s, found.size_px, found.view, found.reason, found.nobody) == (4.2, (640, 480), "front", None, False)
    assert found.focal_px == pytest.approx(457.01, abs=0.01)
    assert found.shoulders_seen
    assert found.head is not None


def test_the_place_of_the_person_is_the_nose_and_the_width_of_the_shoulders():
    found = landmarks()
    assert judged(found).place == pytest.approx((*found.pose[NOSE, :2], found.pose[11, 0] - found.pose[12, 0]))


def test_in_profile_the_size_of_the_person_is_the_distance_from_ears_to_shoulders():
    pose = landmarks(Sitter(body_turn_deg=90)).pose
    assert place_of(pose)[2] == pytest.approx(np.linalg.norm(pose[7:9, :2].mean(0) - pose[11:13, :2].mean(0)))


def test_the_head_is_told_with_the_projects_signs():
    head = look(Sitter(turn_deg=20, flexion_deg=10, bend_deg=5), Camera(tilt_deg=0)).head
    assert (head.turn_deg, head.flexion_deg, head.bend_deg) == pytest.approx((20.0, 10.0, 5.0), abs=0.01)


# why it is not


def test_a_reason_of_the_picture_itself_is_passed_on():
    found = judged(Landmarks(1.0, (640, 480), reason="too dark"))
    assert (found.reason, found.view, found.nobody, found.pose) == ("too dark", None, False, None)


def test_a_lost_camera_without_a_picture_is_no_error():
    assert judged(Landmarks(1.0, (0, 0), reason="camera lost")).reason == "camera lost"


def test_a_clear_picture_without_anybody_says_nobody():
    found = judged(Landmarks(1.0, (640, 480)))
    assert (found.reason, found.nobody, found.view) == ("nobody in view", True, None)


def test_an_invented_tiny_person_is_nobody():
    found = judged(scaled_about_the_middle(without_face(landmarks()), 38 / 227))  # shoulders 38 px < .08 · 480
    assert (found.reason, found.nobody) == ("nobody in view", True)


def test_a_small_person_far_away_is_somebody():
    found = judged(scaled_about_the_middle(without_face(landmarks()), 40 / 227))
    assert (found.reason, found.nobody, found.view) == (None, False, "front")


def scaled_about_the_middle(found, factor):
    small = scaled(found, factor)
    return replace(shifted(small, 320 * (1 - factor), 240 * (1 - factor)), size_px=found.size_px)


def test_a_face_without_a_body_lacks_its_shoulders_and_is_somebody():
    found = judged(replace(landmarks(), pose=None, world=None))
    assert (found.reason, found.nobody) == ("shoulders out of view", False)


def test_a_person_who_sits_elsewhere_than_the_baselines_is_someone_else():
    x, y, width = judged(landmarks()).place
    for aside, down in ((1.25, 0.0), (-1.25, 0.0), (0.0, 1.25), (0.9, 0.9)):  # in widths of the shoulders
        place = (x + aside * width, y + down * width, width)
        assert judged(landmarks(), place).reason == "someone else in the picture"
    for aside, down in ((1.15, 0.0), (-1.15, 0.0), (0.0, 1.15), (0.8, 0.8)):
        assert judged(landmarks(), (x + aside * width, y + down * width, width)).reason is None


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (0.39, "nobody in view"),
        (0.41, "someone else in the picture"),
        (0.49, "someone else in the picture"),
        (0.51, None),
        (2.4, None),
        (2.6, "someone else in the picture"),
    ],
)
def test_a_person_much_smaller_than_the_baselines_is_not_there_and_a_larger_one_is_someone_else(size, reason):
    here = judged(landmarks()).place
    assert judged(landmarks(), (here[0], here[1], here[2] / size)).reason == reason


def test_a_small_person_behind_the_baselines_place_is_not_the_sitter():
    """Somebody .6 m behind an empty chair, whose face isn't found, is half as large."""
    found = scaled_about_the_middle(without_face(landmarks()), 0.5)
    here = judged(found).place
    behind = judged(found, (here[0], here[1], here[2] / 0.5))
    assert (behind.reason, behind.nobody) == ("nobody in view", True)
    assert judged(found, (here[0], here[1], here[2] / 0.7)).reason is None


def test_a_face_far_off_without_a_body_is_a_poster():
    x, y, width = judged(landmarks()).place
    poster = replace(scaled_about_the_middle(landmarks(), 0.3), pose=None, world=None)
    assert judged(poster, (x, y, width)).nobody
    face_alone = replace(landmarks(), pose=None, world=None)
    assert judged(face_alone, (x, y, width)).reason == "shoulders out of view"


def test_a_person_in_the_furniture_is_nobody():
    """As in a rendered empty room: eyes at the shoulders, the mouth above them, room for a head."""
    pose = without_face(landmarks()).pose
    shoulders_y = pose[[11, 12], 1].mean()
    pose[[2, 5], 1], pose[[9, 10], 1] = shoulders_y, shoulders_y - 5
    pose[[9, 10], 0] = pose[[2, 5], 0].mean()
    found = replace(without_face(landmarks()), pose=pose)
    assert judged(found).nobody
    assert not judged(replace(found, face=landmarks().face)).nobody


def test_without_a_baseline_nobody_is_someone_else():
    assert judged(landmarks(Sitter(chair_mm=(200, 0, -200)))).reason is None


@pytest.mark.parametrize(("face_seen", "margin"), [(True, 0.5), (False, 1.0)])  # in eye–mouth distances
def test_eyes_at_the_upper_edge_mean_a_head_out_of_the_picture(face_seen, margin):
    found = landmarks() if face_seen else without_face(landmarks())
    eyes_y = found.pose[[2, 5], 1].mean()
    room = margin * (found.pose[[9, 10], 1].mean() - eyes_y)
    for by_px, reason in ((2, None), (-2, "head out of the picture")):
        moved = replace(shifted(without_face(found), 0, room - eyes_y + by_px), face=found.face)  # its face not cut off
        assert judged(moved).reason == reason


@pytest.mark.parametrize(
    "invented",
    [
        {"eyes": (320, 200), "mouth": (320, 150)},  # the mouth above the eyes
        {"eyes": (320, 400), "mouth": (320, 420)},  # the head below the shoulders
        {"eyes": (320, 100), "mouth": (320, 112)},  # a tiny head on a long neck
    ],
)
def test_a_head_that_no_shoulders_carry_is_out_of_the_picture_unless_a_face_is_found(invented):
    found = landmarks()
    moved = with_pose(found, [2, 5], np.array([[*invented["eyes"], -50.0, 1.0]] * 2))
    moved = with_pose(moved, [9, 10], np.array([[*invented["mouth"], -50.0, 1.0]] * 2))
    assert judged(without_face(moved)).reason == "head out of the picture"
    assert judged(moved).reason is None


@pytest.mark.parametrize(("visibility", "nobody"), [(0.81, False), (0.79, True)])
def test_a_pose_without_a_face_on_fading_shoulders_is_a_chair(visibility, nobody):
    found = landmarks()
    shoulders = found.pose[[11, 12]].copy()
    shoulders[0, 3] = visibility
    assert judged(without_face(with_pose(found, [11, 12], shoulders))).nobody is nobody
    assert judged(with_pose(found, [11, 12], shoulders)).nobody is False


@pytest.mark.parametrize("to_px", [(-5, 200), (645, 200), (320, 485)])
def test_a_nose_outside_the_picture_is_not_trusted_whatever_its_visibility_says(to_px):
    found = with_pose(landmarks(), NOSE, [*to_px, -100.0, 1.0])
    assert judged(found).reason == "head out of the picture"


@pytest.mark.parametrize(("part_outside", "reason"), [(0.1, None), (0.2, "head out of the picture")])
def test_a_face_of_which_a_sixth_is_cut_off_is_not_trusted(part_outside, reason):
    found = landmarks()
    sides = np.sort(found.face.points[:468, 0])
    points = found.face.points - [sides[int(part_outside * 468)], 0, 0]  # so many points are left of the edge
    pose = found.pose - [sides[int(part_outside * 468)], 0, 0, 0]
    assert judged(replace(found, pose=pose, face=replace(found.face, points=points))).reason == reason


def test_a_head_of_low_visibility_is_hidden():
    head = [0, 2, 5, 7, 8, 9, 10]
    assert judged(seen_with(landmarks(), head, 0.84)).reason == "head hidden"
    assert judged(seen_with(landmarks(), head, 0.86)).reason is None


def test_shoulders_far_below_the_picture_are_out_of_view():
    found = landmarks()
    below_ears = 480 - found.pose[[7, 8], 1].mean()  # the picture's edge
    down = 480 - found.pose[11, 1]
    assert judged(moved(found, SHOULDERS, 0, down + 0.30 * below_ears)).reason is None
    # a third of it below the edge is a quarter of the distance from ears to shoulders
    assert judged(moved(found, SHOULDERS, 0, down + 0.36 * below_ears)).reason == "shoulders out of view"


def test_shoulders_a_little_below_the_edge_are_used_and_marked_as_not_seen():
    found = landmarks()
    below = judged(moved(found, SHOULDERS, 0, 485 - found.pose[11, 1]))
    assert (below.reason, below.shoulders_seen) == (None, False)


def test_one_shoulder_in_view_is_enough_and_marked():
    found = judged(moved(landmarks(), LEFT_SHOULDER, 400, 0))
    assert (found.reason, found.shoulders_seen) == (None, False)


@quick
@given(
    index=st.sampled_from([0, *SHOULDERS, 7, 9]),
    x=st.floats(-2000, 3000),
    y=st.floats(-2000, 3000),
    visibility=st.floats(0, 1),
)
def test_wherever_a_landmark_lies_the_look_has_a_view_or_a_reason(index, x, y, visibility):
    found = judged(with_pose(landmarks(), index, [x, y, 0.0, visibility]), (320.0, 175.0, 226.0))
    assert (found.view is None) != (found.reason is None)
    assert found.view is None or 0 <= found.pose[NOSE, 0] <= 640


# whose face


def test_the_face_of_someone_behind_is_not_taken_for_the_persons():
    found = landmarks()
    width = np.ptp(found.face.points[:468, 0])
    behind = replace(found, face=replace(found.face, points=found.face.points + np.array([width, 0, 0])))
    assert judged(behind).head is None
    assert judged(behind).view == "front"  # the pose still is the person's
    beside = replace(found, face=replace(found.face, points=found.face.points + np.array([0.7 * width, 0, 0])))
    assert judged(beside).head is not None


def test_without_a_face_the_pose_alone_is_trusted():
    found = judged(without_face(landmarks()))
    assert (found.view, found.head, found.reason) == ("front", None, None)


# the view


@pytest.mark.parametrize(
    ("ratio", "view"), [(0.3, "side"), (0.79, "side"), (0.82, "oblique"), (1.18, "oblique"), (1.22, "front")]
)
def test_the_view_is_told_by_the_shoulders_width_over_their_distance_from_the_ears(ratio, view):
    found = landmarks()
    middle = found.pose[SHOULDERS, :2].mean(0)
    height = np.linalg.norm(middle - found.pose[[7, 8], :2].mean(0))
    pose = found.pose.copy()
    pose[SHOULDERS, 0] = middle[0] + np.array([0.5, -0.5]) * ratio * height
    assert judged(replace(found, pose=pose)).view == view


@pytest.mark.parametrize(
    ("turned", "view"), [(0, "front"), (20, "front"), (60, "oblique"), (90, "side"), (-90, "side")]
)
def test_a_turned_body_is_seen_obliquely_and_then_from_the_side(turned, view):
    assert look(Sitter(body_turn_deg=turned)).view == view


@pytest.mark.parametrize("turned", [-90, -45, 0, 30, 90, 150])
def test_the_pose_tells_the_turn_of_the_head_to_the_persons_right_also_without_a_face(turned):
    level = Camera(tilt_deg=0)
    assert look(Sitter(turn_deg=turned), level).pose_turn_deg == pytest.approx(turned, abs=0.1)
    assert look(Sitter(body_turn_deg=turned), level).pose_turn_deg == pytest.approx(turned, abs=0.1)


# measures of the pose


@pytest.mark.parametrize("turned", [90, -90])
def test_an_ear_in_front_of_the_shoulder_is_positive_from_either_side(turned):
    angle, forward_px = ear_shoulder(look(Sitter(body_turn_deg=turned), FAR))
    # 145 mm at 51°: the tragus is 91 mm before and 113 mm above C7, the shoulder 55 mm before and 72 mm below it,
    # the ear's landmark 5 mm above the tragus
    assert angle == pytest.approx(10.8, abs=0.3)  # atan(36.3 / 189.7)
    assert forward_px == pytest.approx(36.3 * 3045 / 4900, abs=1)  # the near side is 7–17 cm nearer


@pytest.mark.parametrize("turned", [90, -90])
def test_an_ear_behind_the_shoulder_is_negative_from_either_side(turned):
    angle, forward_px = ear_shoulder(look(Sitter(body_turn_deg=turned, cva=75), FAR))
    assert angle == pytest.approx(-4.6, abs=0.3)  # atan(−17.5 / 217)
    assert forward_px < 0


def test_the_near_side_is_measured_whatever_visibility_says():
    found = landmarks(Sitter(body_turn_deg=90), Camera(tilt_deg=0))  # faces its right: the left side is near
    far_side_elsewhere = moved(moved(found, 8, 40, 30), RIGHT_SHOULDER, -30, 0)
    near_side_unseen = seen_with(far_side_elsewhere, [7, 11], 0.9)
    assert ear_shoulder(judged(near_side_unseen)) == pytest.approx(ear_shoulder(judged(found)))


def test_the_ears_height_falls_and_the_nose_sinks_with_the_nod_and_the_head():
    upright, forward, nodding = look(), look(Sitter(cva_drop_deg=20)), look(Sitter(flexion_deg=20))
    assert ear_height_ratio(forward) < ear_height_ratio(upright) - 0.05
    assert pitch_ratio(nodding) > pitch_ratio(upright) + 0.3
    assert pitch_ratio(forward) == pytest.approx(pitch_ratio(upright), abs=0.1)


def test_the_ears_height_over_the_shoulders_width_is_190_by_345_mm_seen_level():
    assert ear_height_ratio(look(camera=FAR)) == pytest.approx(190 / 345, abs=0.01)


def test_the_scale_of_a_person_at_65_cm_is_7_pixels_a_centimetre():
    assert px_per_cm(look()) == pytest.approx(4.57 / 0.65, rel=0.05)
    assert px_per_cm(look(Sitter(body_turn_deg=90))) == pytest.approx(4.57 / 0.65, rel=0.1)


def test_a_look_without_a_view_has_no_landmarks_to_ask_for():
    with pytest.raises(ValueError, match="no landmarks"):
        pose_of(judged(Landmarks(0.0, (640, 480))))


# the picture's size and direction


@quick
@given(n=st.integers(4, 60))
def test_the_size_of_the_picture_changes_no_ratio_and_no_reason(n):
    small, large = look(), judged(scaled(landmarks(), n / 16))
    assert (large.view, large.reason) == (small.view, small.reason)
    assert ear_height_ratio(large) == pytest.approx(ear_height_ratio(small))
    assert pitch_ratio(large) == pytest.approx(pitch_ratio(small))
    assert ear_shoulder(large)[0] == pytest.approx(ear_shoulder(small)[0])
    assert px_per_cm(large) == pytest.approx(px_per_cm(small) * n / 16)


@quick
@given(turn=st.floats(-50, 50), bend=st.floats(-30, 30), flexion=st.floats(-30, 30))
def test_a_mirrored_picture_flips_turn_and_bend_and_keeps_the_flexion(turn, bend, flexion):
    found = landmarks(Sitter(turn_deg=turn, bend_deg=bend, flexion_deg=flexion))
    straight, flipped = judged(found).head, judged(mirrored(found)).head
    assert flipped.turn_deg == pytest.approx(-straight.turn_deg)
    assert flipped.bend_deg == pytest.approx(-straight.bend_deg)
    assert flipped.flexion_deg == pytest.approx(straight.flexion_deg)
