"""Camera, head pose and rigid motion: values worked out by hand, signs as in DESIGN part 2."""

import numpy as np
import pytest
from figures import FACE, HALF_FACE, about_x, about_y, about_z
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch import geometry

SIZE = (640, 480)
MEDIAPIPE_FOCAL = 391.6444  # 240 / tan 31.5°
C10, S10, C20, S20, C30, S30 = 0.98481, 0.17365, 0.93969, 0.34202, 0.86603, 0.5

quick = settings(deadline=None, max_examples=60)


def transform(rotation=None, place_cm=(0.0, 0.0, -60.0), scale=1.0):
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.eye(3) if rotation is None else scale * np.array(rotation)
    matrix[:3, 3] = place_cm
    return matrix


# the camera


def test_a_field_of_90_degrees_has_a_focal_length_of_half_the_width():
    assert geometry.focal_px(640, 90.0) == pytest.approx(320.0)


def test_a_field_of_70_degrees_over_640_pixels_has_a_focal_length_of_457():
    assert geometry.focal_px(640, 70.0) == pytest.approx(457.01, abs=0.01)  # 320 / tan 35°


def test_the_field_of_view_is_found_back_from_the_focal_length():
    assert geometry.hfov_deg(640, 320.0) == pytest.approx(90.0)
    assert geometry.hfov_deg(1280, geometry.focal_px(1280, 68.0)) == pytest.approx(68.0)


def test_slopes_count_from_the_middle_of_the_picture_right_and_down():
    slopes = geometry.normalised(np.array([[480.0, 120.0], [320.0, 240.0], [0.0, 480.0]]), SIZE, 320.0)
    assert slopes == pytest.approx(np.array([[0.5, -0.375], [0.0, 0.0], [-1.0, 0.75]]))


@pytest.mark.parametrize(
    ("forward", "up", "angle_deg"),
    [(0, 5, 0), (1, 1, 45), (-1, 1, -45), (3, 0, 90), (1.763, 10, 10), (-5.774, 10, -30)],
)
def test_inclination_is_told_from_vertical_and_forward_is_positive(forward, up, angle_deg):
    assert geometry.inclination_deg(forward, up) == pytest.approx(angle_deg, abs=0.01)


# the head's angles: the rotations' columns are the head's left, up and out of the face, seen right, up, to the viewer


def test_a_head_that_faces_the_camera_has_no_angles():
    assert geometry.head_angles_deg(transform()) == pytest.approx((0.0, 0.0, 0.0))


def test_a_face_turned_toward_the_pictures_left_is_turned_to_the_persons_right():
    rotation = [[C30, 0, -S30], [0, 1, 0], [S30, 0, C30]]  # the face looks left, toward (−.5, 0, .87)
    assert geometry.head_angles_deg(transform(rotation)) == pytest.approx((30.0, 0.0, 0.0), abs=0.01)


def test_looking_down_is_positive_flexion():
    rotation = [[1, 0, 0], [0, C20, -S20], [0, S20, C20]]  # the face looks down, toward (0, −.34, .94)
    assert geometry.head_angles_deg(transform(rotation)) == pytest.approx((0.0, 20.0, 0.0), abs=0.01)


def test_a_right_ear_that_goes_down_is_a_positive_bend():
    rotation = [[C10, -S10, 0], [S10, C10, 0], [0, 0, 1]]  # the head's left rises, toward (.98, .17, 0)
    assert geometry.head_angles_deg(transform(rotation)) == pytest.approx((0.0, 0.0, 10.0), abs=0.01)


@quick
@given(turn=st.floats(-80, 80), flexion=st.floats(-80, 80), bend=st.floats(-80, 80), scale=st.floats(0.5, 2.0))
def test_turn_flexion_and_bend_are_told_apart_at_any_size_of_the_face(turn, flexion, bend, scale):
    rotation = about_y(-turn) @ about_x(flexion) @ about_z(bend)
    assert geometry.head_angles_deg(transform(rotation, scale=scale)) == pytest.approx((turn, flexion, bend), abs=1e-6)


def test_a_face_that_looks_straight_down_has_90_degrees_and_not_nan():
    assert geometry.head_angles_deg(transform(about_x(90.0)))[1] == pytest.approx(90.0)


def test_the_rotation_is_told_in_axes_that_count_down_and_away():
    turned = geometry.rotation(transform([[C30, 0, -S30], [0, 1, 0], [S30, 0, C30]], scale=1.3))
    assert turned == pytest.approx(np.array([[C30, 0, S30], [0, 1, 0], [-S30, 0, C30]]), abs=1e-4)
    nodded = geometry.rotation(transform([[1, 0, 0], [0, C20, -S20], [0, S20, C20]]))
    assert nodded == pytest.approx(np.array([[1, 0, 0], [0, C20, -S20], [0, S20, C20]]), abs=1e-4)


# the middle of the tragi


def test_the_tragi_of_a_face_60_cm_before_mediapipes_camera_are_641_mm_away_and_7_mm_above_its_axis():
    place = geometry.tragus_mm(transform(), SIZE, MEDIAPIPE_FOCAL)
    assert place == pytest.approx([0.0, -6.7, 641.0], abs=0.01)  # .67 cm up, 4.1 cm behind the face's origin


def test_a_lens_of_twice_the_focal_length_sees_the_same_face_at_twice_the_distance():
    place = geometry.tragus_mm(transform(place_cm=(10.0, 5.0, -60.0)), SIZE, 2 * MEDIAPIPE_FOCAL)
    assert place == pytest.approx([100.0, -56.7, 1282.0], abs=0.01)


@quick
@given(x=st.floats(-30, 30), y=st.floats(-20, 20), z=st.floats(30, 150), focal=st.floats(200, 2000))
def test_the_tragi_stay_on_their_pixel_whatever_the_field_of_view(x, y, z, focal):
    place = geometry.tragus_mm(transform(place_cm=(x, y, -z)), SIZE, focal)
    assert place[0] / place[2] * focal == pytest.approx(x / (z + 4.1) * MEDIAPIPE_FOCAL, abs=1e-3)
    assert place[1] / place[2] * focal == pytest.approx(-(y + 0.67) / (z + 4.1) * MEDIAPIPE_FOCAL, abs=1e-3)


def test_a_nod_moves_the_tragi_round_the_canonical_faces_origin():
    place = geometry.tragus_mm(transform(about_x(90.0)), SIZE, MEDIAPIPE_FOCAL)
    assert place == pytest.approx([0.0, -41.0, 593.3], abs=0.01)  # looking straight down, the tragi are on top


# the person's own face


def test_the_face_is_laid_out_in_millimetres_at_the_depth_of_the_face_model():
    points = np.zeros((478, 3))
    points[:, :2] = 320, 240
    points[0] = 320 + 39.164, 240 - 78.329, 10.0  # a tenth and two tenths of the focal length, 10 px farther
    points[1] = 320, 240, -10.0
    mesh = geometry.face_mesh_mm(transform(place_cm=(0.0, 0.0, -63.0)), points, SIZE, MEDIAPIPE_FOCAL)
    assert mesh.shape == (468, 3)
    assert mesh[2] == pytest.approx([0.0, 0.0, 600.0], abs=0.01)  # 63 cm − 3 cm of the canonical face's surface
    assert mesh[0] == pytest.approx([61.53, -123.06, 615.32], abs=0.02)  # 10 px · 600 mm / 391.64 px = 15.32 mm
    assert mesh[1, 2] == pytest.approx(584.68, abs=0.02)


# rigid motion


def seen(mesh, focal):
    return np.array(SIZE) / 2 + mesh[:, :2] / mesh[:, 2:] * focal


@quick
@given(
    angles=st.tuples(st.floats(-35, 35), st.floats(-30, 30), st.floats(-30, 30)),
    guess_off=st.floats(-10, 10),
    shift=st.tuples(st.floats(-150, 150), st.floats(-100, 100), st.floats(-200, 300)),
    focal=st.floats(300, 900),
)
def test_a_point_fixed_to_the_face_is_found_again_within_half_a_millimetre(angles, guess_off, shift, focal):
    mesh = FACE[: 2 * HALF_FACE] * [1, -1, -1] + [20.0, 10.0, 600.0]
    point = np.array([20.0, 10.0, 600.0])
    turn = about_y(angles[0]) @ about_x(angles[1]) @ about_z(angles[2])
    middle = mesh.mean(0)
    moved = (mesh - middle) @ turn.T + middle + shift
    wanted = turn @ (point - middle) + middle + shift
    guess = turn @ about_y(guess_off)
    found = geometry.move_point(mesh, point, seen(moved, focal), guess, SIZE, focal)
    assert np.linalg.norm(found - wanted) < 0.5


def test_a_face_that_has_not_moved_keeps_its_point_in_place():
    mesh = FACE[: 2 * HALF_FACE] * [1, -1, -1] + [0.0, 0.0, 600.0]
    found = geometry.move_point(mesh, np.array([0.0, 0.0, 600.0]), seen(mesh, 457.0), np.eye(3), SIZE, 457.0)
    assert found == pytest.approx([0.0, 0.0, 600.0], abs=0.01)


def test_a_pixel_of_noise_on_every_point_moves_the_tragi_by_less_than_8_mm():
    mesh = FACE[: 2 * HALF_FACE] * [1, -1, -1] + [0.0, 0.0, 600.0]
    points = seen(mesh, 457.0)
    off = [
        geometry.move_point(
            mesh,
            np.array([0.0, 0.0, 600.0]),
            points + np.random.default_rng(seed).normal(0, 1.0, points.shape),
            np.eye(3),
            SIZE,
            457.0,
        )
        - [0.0, 0.0, 600.0]
        for seed in range(20)
    ]
    assert np.abs(off).max() < 8.0


def test_points_that_no_pose_explains_have_no_place():
    mesh = FACE[: 2 * HALF_FACE] * [1, -1, -1] + [0.0, 0.0, 600.0]
    everywhere_the_same = np.full((468, 2), 100.0)
    assert geometry.move_point(mesh, mesh[0], everywhere_the_same, np.eye(3), SIZE, 457.0) is None
