"""Who in the picture is the baseline's person: of hand-drawn people at hand-chosen places."""

import numpy as np
import pytest
from figures import Sitter, landmarks, scaled, shifted

from posturewatch.looking import persons

FOUND = landmarks(Sitter())
POSE, FACE = FOUND.pose, FOUND.face.points
PLACE = persons.place_of(POSE)


def another(size=1.0, aside=0.0, down=0.0):
    """Pose and face of somebody `size` times as large, `aside` and `down` of the sitter by so many of their widths."""
    x, y, width = PLACE
    moved = shifted(scaled(FOUND, size), x * (1 - size) + aside * width, y * (1 - size) + down * width)
    return moved.pose, moved.face.points


def test_the_place_is_the_nose_and_the_width_of_the_shoulders():
    x, y, width = PLACE
    assert (x, y) == tuple(POSE[0, :2])
    assert width == np.linalg.norm(POSE[11, :2] - POSE[12, :2])
    profile = POSE.copy()
    profile[[11, 12], 0] = profile[[11, 12], 0].mean()
    assert persons.place_of(profile)[2] == persons.head_shoulder_px(profile) < width


def test_a_face_tells_the_place_of_its_person():
    x, y, width = persons.face_place(FACE)
    assert (x, y) == pytest.approx(PLACE[:2], abs=0.1 * PLACE[2])
    assert width == pytest.approx(PLACE[2], rel=0.25)


@pytest.mark.parametrize(
    ("size", "aside", "same"), [(1, 1.15, True), (1, 1.25, False), (0.41, 0, True), (0.39, 0, False)]
)
def test_the_baselines_place_ends_at_1_2_widths_and_two_fifths_of_the_size(size, aside, same):
    assert persons.same_place(persons.place_of(another(size, aside)[0]), PLACE) is same


def test_somebody_small_without_a_face_is_behind():
    assert persons.behind(another(0.61)[0], None, PLACE)
    assert not persons.behind(another(0.63)[0], None, PLACE)
    assert not persons.behind(another(0.61)[0], FACE, PLACE)


def test_a_sitter_in_profile_is_not_behind_though_the_shoulders_look_narrow():
    pose = POSE.copy()
    pose[[11, 12], 0] = pose[[11, 12], 0].mean() + np.array([5, -5])
    assert persons.place_of(pose)[2] < 0.62 * PLACE[2]
    assert not persons.behind(pose, None, PLACE)


def test_small_people_and_posters_elsewhere_are_nobody():
    pose, face = another(0.4, aside=1.5, down=-0.5)
    assert persons.nobody_there(pose, None, PLACE)
    assert persons.nobody_there(pose, face, PLACE)
    assert persons.nobody_there(None, face, PLACE)
    assert persons.nobody_there(None, None, PLACE)


def test_a_face_at_the_place_or_a_large_person_elsewhere_is_somebody():
    pose, _ = another(0.4, aside=1.5)
    assert not persons.nobody_there(pose, FACE, PLACE)
    large, large_face = another(0.8, aside=1.5)
    assert not persons.nobody_there(large, None, PLACE)
    assert not persons.nobody_there(pose, large_face, PLACE)


def test_a_pose_elsewhere_beside_a_face_at_the_place_was_taken_over():
    pose, face = another(0.6, aside=1.5)
    assert persons.taken_over(pose, [face, FACE], PLACE)
    assert not persons.taken_over(pose, [face], PLACE)
    assert not persons.taken_over(POSE, [face, FACE], PLACE)
    assert not persons.taken_over(None, [FACE], PLACE)


def furnished(eyes_y, mouth_y, shoulders_y=200.0):
    """A pose as the models invent it in an empty room: a person 100 px wide with eyes and mouth at these heights."""
    pose = POSE.copy()
    pose[[11, 12], :2] = (240.0, shoulders_y), (140.0, shoulders_y)
    pose[[7, 8], :2] = 190.0, shoulders_y - 3
    pose[[2, 5], :2], pose[[9, 10], :2] = (190.0, eyes_y), (190.0, mouth_y)
    return pose


@pytest.mark.parametrize(
    ("eyes_y", "mouth_y", "shoulders_y", "invented"),
    [
        (198, 188, 200, True),  # rendered, an empty room, as are the next
        (185, 182, 200, True),
        (188, 198, 200, False),  # a head bowed to the shoulders: the mouth is below
        (198, 180, 200, False),  # large enough for a real face
        (98, 90, 100, False),  # the head may be out of the picture
        (198, 190, 119, False),
        (198, 190, 121, True),
    ],
)
def test_a_tiny_face_upside_down_on_shoulders_with_room_for_a_head_is_furniture(eyes_y, mouth_y, shoulders_y, invented):
    assert persons.in_furniture(furnished(eyes_y, mouth_y, shoulders_y)) is invented


def test_alone_leaves_the_surroundings_of_the_place_and_greys_the_rest():
    picture = np.full((480, 640, 3), 7, np.uint8)
    left = persons.alone(picture, (320.0, 200.0, 100.0))
    assert left.shape == picture.shape
    assert (left[90:, 220:420] == 7).all()
    assert (left == 7).sum() == 390 * 200 * 3
    assert (left[left != 7] == 128).all()
    assert (persons.alone(picture, (20.0, 50.0, 100.0))[:, :120] == 7).all()
    assert (picture == 7).all()
