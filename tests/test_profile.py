"""The side view: how far the head is carried forward in profile, and how exact that is.

Tolerances in degrees are what the drawn figure shows, rounded up; they are no claim about people.
"""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from figures import Camera, Sitter, landmarks, mirrored, scaled, shifted, with_pose
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch.estimate.profile import NECK, Profile, cva_drop_deg, drop_deg, measure, moves, sigma_deg
from posturewatch.features import describe

IN_PROFILE = Sitter(body_turn_deg=90)  # faces their right: the picture's left
FAR = Camera(distance_mm=1500, tilt_deg=0, hfov_deg=45)
quick = settings(deadline=None, max_examples=40)


def seen(found):
    look = describe(found, FAR.hfov_deg)
    assert look.reason is None
    return measure(look)


def profile(camera=FAR, **changes):
    return seen(landmarks(replace(IN_PROFILE, **changes), camera))


def drop(**changes):
    return cva_drop_deg(profile(**changes), profile())[0]


def moved(**heads):
    """Moves of nothing but what is named; an upright height of 1.9 heads."""
    names = ("height", "ear_forward", "ear_down", "shift", "shoulder_down", "nod_deg", "world_cm")
    return np.array([heads.get(name, 1.9 if name == "height" else 0.0) for name in names])


# what is measured


def test_a_profile_is_measured_in_the_direction_faced():
    upright = profile()
    assert upright.facing == -1.0
    # tragi 36.3 mm before the shoulders and 189.7 mm above, 1931 px · mm at 150 cm: 1.29 px a millimetre at FAR
    px = FAR.focal_px / FAR.distance_mm
    assert upright.shoulder_x_px - upright.ear_x_px == pytest.approx(36.3 * px, rel=0.06)
    assert upright.shoulder_y_px - upright.ear_y_px == pytest.approx(194.7 * px, rel=0.02)  # the ear 5 mm above
    assert upright.world_forward_cm == pytest.approx(3.63, abs=0.05)
    assert upright.face_deg == pytest.approx(14.3, abs=1.0)  # nose, eyes, mouth: 23 mm below the ears, 91 before
    assert profile(flexion_deg=20).face_deg - upright.face_deg == pytest.approx(20, abs=1.0)


def test_the_mirrored_picture_has_the_mirrored_measures():
    found = landmarks(replace(IN_PROFILE, cva_drop_deg=10), FAR)
    one, other = seen(found), seen(mirrored(found))
    assert other.facing == -one.facing
    assert (other.ear_x_px, other.shoulder_x_px) == pytest.approx((640 - one.ear_x_px, 640 - one.shoulder_x_px))
    for name in ("ear_y_px", "shoulder_y_px", "head_px", "face_deg", "world_forward_cm"):
        assert getattr(other, name) == pytest.approx(getattr(one, name)), name


# the angle


def test_the_upright_look_itself_deviates_by_nothing():
    assert cva_drop_deg(profile(), profile()) == pytest.approx((0.0, NECK.sigma_deg))


@pytest.mark.parametrize("camera", [FAR, Camera(tilt_deg=0), Camera(distance_mm=2000, tilt_deg=10, hfov_deg=40)])
def test_a_head_carried_forward_is_told_to_within_four_degrees_up_to_25(camera):
    upright = profile(camera)
    drops = [cva_drop_deg(profile(camera, cva_drop_deg=d), upright)[0] for d in range(0, 40, 5)]
    assert drops[:6] == pytest.approx([0, 5, 10, 15, 20, 25], abs=4.0)
    # beyond, the drawn shoulders, which stay where they are, are taken to have followed the head as the seen ones do
    assert drops[6:] == pytest.approx([30, 35], abs=7.0)
    assert min(after - before for before, after in pairwise(drops)) > 3.0


@given(before=st.floats(0, 30), after=st.floats(0, 30), lean=st.floats(-10, 10))
@quick
def test_from_the_left_and_from_the_right_it_is_the_same(before, after, lean):
    upright, now = (
        landmarks(replace(IN_PROFILE, cva_drop_deg=d, lean_deg=tip), FAR) for d, tip in ((before, 0), (after, lean))
    )
    one = cva_drop_deg(seen(now), seen(upright))
    other = cva_drop_deg(seen(mirrored(now)), seen(mirrored(upright)))
    assert one == pytest.approx(other, abs=1e-6)


@given(factor=st.floats(0.5, 3.0))
@quick
def test_the_pictures_resolution_changes_nothing(factor):
    upright, now = landmarks(IN_PROFILE, FAR), landmarks(replace(IN_PROFILE, cva_drop_deg=15), FAR)
    larger = cva_drop_deg(seen(scaled(now, factor)), seen(scaled(upright, factor)))
    assert larger == pytest.approx(cva_drop_deg(seen(now), seen(upright)), abs=1e-6)


# what is no head carried forward


@pytest.mark.parametrize("lean_deg", [-25, -15, -8])
def test_reclining_is_not_forward_head(lean_deg):
    assert drop(lean_deg=lean_deg) < 4.0


def test_reclining_upright_and_hunched_are_told_in_this_order():
    # a body that reclines or hunches as one: CVA follows the trunk
    ranked = [drop(lean_deg=t, cva_drop_deg=t) for t in (-20, -10, 0, 10, 20)]
    assert ranked == sorted(ranked)
    assert ranked[1] < -5.0
    assert ranked[3] > 5.0


@pytest.mark.parametrize("sunk_mm", [-50, 50, 80])
def test_sinking_in_the_seat_is_no_head_carried_forward_and_widens_the_error(sunk_mm):
    told, error = cva_drop_deg(profile(chair_mm=(0, -sunk_mm, 0)), profile())
    assert abs(told) < 4.0
    assert error > 6.0


@pytest.mark.parametrize("nearer_mm", [-80, -30, 30, 80])
def test_a_chair_moved_forward_or_back_is_no_head_carried_forward(nearer_mm):
    assert abs(drop(chair_mm=(0, 0, nearer_mm))) < 8.0  # 8 cm look like a lean: 6.7
    assert abs(drop(chair_mm=(0, 0, nearer_mm / 3))) < 2.0


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_another_distance_of_the_camera_is_no_head_carried_forward(factor):
    nearer = scaled(landmarks(IN_PROFILE, FAR), factor)
    around = shifted(nearer, 320 * (1 - factor), 240 * (1 - factor))
    told, _ = cva_drop_deg(seen(replace(around, size_px=(640, 480))), profile())
    assert abs(told) < 9.0  # below the alarm's 10; half of it is the shoulders' way in the picture


@pytest.mark.parametrize(("dx_px", "dy_px"), [(-200, 0), (200, 0), (0, -40), (0, 150), (150, 150)])
def test_a_picture_framed_otherwise_still_tells_forward_from_upright(dx_px, dy_px):
    told = [
        cva_drop_deg(seen(shifted(landmarks(replace(IN_PROFILE, cva_drop_deg=d), FAR), dx_px, dy_px)), profile())[0]
        for d in (0, 25)
    ]
    assert abs(told[0]) < 8.0
    assert told[1] > told[0] + 15.0


def test_a_shoulder_line_that_trembles_by_a_centimetre_moves_the_angle_by_less_than_two_degrees():
    px = FAR.focal_px / FAR.distance_mm * 10
    found = landmarks(IN_PROFILE, FAR)
    for down in (-px, px):
        moved_shoulders = with_pose(found, [11, 12], found.pose[[11, 12]] + [0, down, 0, 0])
        assert abs(cva_drop_deg(seen(moved_shoulders), profile())[0]) < 2.0


def test_a_sink_is_believed_the_more_the_larger_it_is():
    whole = [float(drop_deg(moved(ear_down=d, shoulder_down=d))) for d in (0.1, 0.25, 1.0)]  # ears and shoulders
    head_alone = [float(drop_deg(moved(ear_down=d))) for d in (0.1, 0.25, 1.0)]
    assert [one / other for one, other in zip(whole, head_alone, strict=True)] == pytest.approx([1, 0.5, 0], abs=0.05)


def test_one_shoulder_that_is_misplaced_is_not_believed():
    found = landmarks(replace(IN_PROFILE, cva_drop_deg=15), FAR)
    usual = cva_drop_deg(seen(found), profile())[0]
    for shoulder, down_px in ((11, 40), (12, 40), (11, -40), (12, -40)):
        odd = with_pose(found, shoulder, found.pose[shoulder] + [0, down_px, 0, 0])
        assert cva_drop_deg(seen(odd), profile())[0] == pytest.approx(usual, abs=5.0)


def test_the_neck_of_a_person_whose_ears_are_higher_is_longer():
    short, usual, long = (float(drop_deg(moved(height=h, ear_down=0.4))) for h in (1.6, 1.9, 2.2))
    assert short > usual > long


# the error


def test_the_error_grows_with_what_the_shoulders_and_the_face_do():
    plain = float(sigma_deg(moved()))
    assert plain == pytest.approx(3.3)
    assert float(sigma_deg(moved(shift=1.0))) == pytest.approx(np.hypot(plain, 4.4))
    assert float(sigma_deg(moved(shoulder_down=-0.5))) == pytest.approx(np.hypot(plain, 9.2))
    assert float(sigma_deg(moved(nod_deg=-20.0))) == pytest.approx(np.hypot(plain, 6.2))


place = st.floats(-2000, 2000)
any_profile = st.builds(
    Profile,
    facing=st.sampled_from([-1.0, 1.0]),
    ear_x_px=place,
    ear_y_px=place,
    shoulder_x_px=place,
    left_shoulder_y_px=place,
    right_shoulder_y_px=place,
    head_px=st.floats(1, 1000),
    face_deg=st.floats(-180, 180),
    world_forward_cm=st.floats(-50, 50),
)


@given(now=any_profile, upright=any_profile)
@quick
def test_whatever_is_seen_the_answer_is_finite(now, upright):
    assert np.isfinite(cva_drop_deg(now, upright)).all()
    assert len(moves(now, upright)) == 7


def test_a_profile_is_plain_numbers():
    assert all(type(getattr(profile(), f.name)) is float for f in fields(Profile))


def test_several_looks_are_told_as_each_alone():
    looks = [moves(profile(cva_drop_deg=d), profile()) for d in (5, 15, 25)]
    together = drop_deg(np.array(looks))
    assert together == pytest.approx([float(drop_deg(look)) for look in looks])
    assert sigma_deg(np.array(looks)) == pytest.approx([float(sigma_deg(look)) for look in looks])
