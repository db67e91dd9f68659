"""The field of view: what a tape measure tells about it, what it refuses, and how it stays with the camera."""

from dataclasses import replace

import figures
import numpy as np
import pytest
from figures import Camera, Sitter, landmarks, scaled

from posturewatch.baseline import as_dict, build
from posturewatch.chain import deviation
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.lens import EYE_CORNERS, at_distance, carried, check_distance, with_hfov
from posturewatch.features import describe

ASSUMED_DEG = 68.0
ASIDE = Sitter(chair_mm=(120.0, 60.0, 0.0))


READS_LONG = np.exp(0.0907)  # chain.PRIOR: the canonical face's millimetres in the person's


def drawn(camera, sitter=None):
    """The figure's landmarks, the face matrix placed by the face's surface as MediaPipe does, not by the tragi."""
    found = landmarks(sitter, camera)
    if found.face is None:
        return found
    surface = camera.see(figures.FACE[:468] + figures.body(sitter or Sitter())[1])[:, 2]
    mediapipe_focal = camera.size_px[1] / 2 / np.tan(np.radians(63 / 2))
    matrix = found.face.matrix.copy()
    middle_cm = (matrix @ [0.0, 0.0, 3.0, 1.0])[2]  # of the canonical face
    matrix[2, 3] += np.median(surface) / 10 * READS_LONG * mediapipe_focal / camera.focal_px - middle_cm
    return replace(found, face=replace(found.face, matrix=matrix))


def captured(camera, sitter=None, hfov_deg=ASSUMED_DEG):
    """The baseline of a sitter, described as if the camera had this field of view."""
    return build([describe(drawn(camera, sitter), hfov_deg)] * 10, hfov_deg)


def tape_cm(camera, sitter=None):
    """From the camera to where the figure has the eyes' corners."""
    tragus = figures.body(sitter or Sitter())[1]
    return float(np.linalg.norm(camera.see([figures.FACE[EYE_CORNERS].mean(0) + tragus]))) / 10


# measured


@pytest.mark.parametrize("sitter", [Sitter(), ASIDE], ids=["middle", "off the axis"])
@pytest.mark.parametrize(("hfov_deg", "distance_mm"), [(50, 800), (60, 650), (70, 650), (90, 550), (110, 500)])
def test_the_distance_to_the_eyes_tells_the_field_of_view(hfov_deg, distance_mm, sitter):
    camera = Camera(hfov_deg=hfov_deg, distance_mm=distance_mm)
    told = at_distance(captured(camera, sitter), tape_cm(camera, sitter))
    assert told.hfov_deg == pytest.approx(hfov_deg, abs=0.5)


@pytest.mark.parametrize("assumed_deg", [45, 68, 100])
def test_what_was_assumed_before_does_not_matter(assumed_deg):
    camera = Camera(hfov_deg=80)
    told = at_distance(captured(camera, hfov_deg=assumed_deg), tape_cm(camera))
    assert told.hfov_deg == pytest.approx(at_distance(captured(camera), tape_cm(camera)).hfov_deg, abs=0.3)


def test_its_error_is_that_of_the_heads_size_and_of_the_tape():
    near, far = Camera(), Camera(distance_mm=1500, hfov_deg=50)
    # sin 70° · √(.07² + (2 / 55)²) and sin 50° · √(.07² + (2 / 140)²), in degrees
    assert at_distance(captured(near), tape_cm(near)).hfov_error_deg == pytest.approx(4.2, abs=0.15)
    assert at_distance(captured(far), tape_cm(far)).hfov_error_deg == pytest.approx(3.1, abs=0.15)


def test_a_measured_field_of_view_puts_the_centimetres_right():
    camera = Camera(hfov_deg=95)
    assumed, forward = captured(camera), Sitter(cva_drop_deg=20)

    def distance_off_cm(kept):
        seen = deviation(describe(drawn(camera, forward), kept.hfov_deg, kept.place), kept)
        return abs(seen.distance_cm - right.distance_cm)

    known = captured(camera, hfov_deg=95)
    right = deviation(describe(drawn(camera, forward), 95, known.place), known)
    assert distance_off_cm(assumed) > 15
    assert distance_off_cm(at_distance(assumed, tape_cm(camera))) < 1.5


# another field of view


@pytest.mark.parametrize(("before_deg", "after_deg"), [(55, 90), (90, 55), (68, 72)])
def test_a_baseline_of_another_field_of_view_is_the_one_it_would_have_been_built_with(before_deg, after_deg):
    turned = Sitter(turn_deg=8, chair_mm=(60, 0, 0))
    moved = with_hfov(captured(Camera(), turned, before_deg), after_deg)
    built = captured(Camera(), turned, after_deg)
    assert moved.hfov_deg == built.hfov_deg
    for drop_deg in (0, 10, 25):
        look = describe(drawn(Camera(), replace(turned, cva_drop_deg=drop_deg)), after_deg, built.place)
        one, other = deviation(look, moved), deviation(look, built)
        assert one.forward_head_deg == pytest.approx(other.forward_head_deg, abs=0.15)
        assert one.distance_cm == pytest.approx(other.distance_cm, rel=0.005)


def test_the_same_field_of_view_changes_nothing_but_what_is_known_about_it():
    kept = captured(Camera())
    same = with_hfov(kept, ASSUMED_DEG, 4.0)
    assert same.hfov_error_deg == 4.0
    assert same.front.tragus == pytest.approx(kept.front.tragus)
    assert same.front.face.mesh_mm == pytest.approx(kept.front.face.mesh_mm)


def test_a_field_of_view_that_is_told_is_no_longer_the_measured_one():
    assert with_hfov(with_hfov(captured(Camera()), 80, 4.0), 75).hfov_error_deg is None


def test_from_the_side_only_the_field_of_view_itself_changes():
    kept = captured(Camera(), Sitter(body_turn_deg=90))
    assert as_dict(with_hfov(kept, 80)) == {**as_dict(kept), "hfov_deg": 80}


# refused


@pytest.mark.parametrize("distance_cm", [-60, 0, 2.4, 24.9, 200.1, 600, float("nan"), float("inf")])
def test_a_distance_no_webcam_stands_at_is_refused_with_what_to_try(distance_cm):
    with pytest.raises(PosturewatchError, match=r"Measure it in centimetres, 25 to 200: --distance-cm 60\."):
        check_distance(distance_cm)
    with pytest.raises(PosturewatchError, match="can't be the distance"):
        at_distance(captured(Camera()), distance_cm)


@pytest.mark.parametrize("distance_cm", [25, 60, 200])
def test_any_distance_at_a_desk_is_taken(distance_cm):
    check_distance(distance_cm)


@pytest.mark.parametrize(("hfov_deg", "factor"), [(50, 1.4), (90, 0.5), (50, 3.0), (110, 0.5)])
def test_a_field_of_view_that_no_webcam_has_is_refused_with_what_to_try(hfov_deg, factor):
    camera = Camera(hfov_deg=hfov_deg)
    with pytest.raises(
        PosturewatchError, match=r"which no webcam has\. Measure from the camera to your eyes as you sit"
    ):
        at_distance(captured(camera), tape_cm(camera) * factor)


def test_eyes_nearer_than_they_are_off_the_axis_are_in_no_field_of_view():
    camera, sitter = Camera(distance_mm=1000, hfov_deg=90), Sitter(chair_mm=(600.0, 0.0, 0.0))
    with pytest.raises(PosturewatchError, match="would be 180°"):
        at_distance(captured(camera, sitter), 25)


def test_from_the_side_there_is_no_face_to_measure_by():
    with pytest.raises(PosturewatchError, match=r"needs your face\. Sit before the camera"):
        at_distance(captured(Camera(), Sitter(body_turn_deg=90)), 60)


# carried on


def test_a_new_baseline_in_the_same_camera_keeps_the_measured_field_of_view():
    measured = with_hfov(captured(Camera()), 80, 4.2)
    new = carried(captured(Camera(), Sitter(chair_mm=(80, 0, 0))), measured)
    assert (new.hfov_deg, new.hfov_error_deg) == (80, 4.2)
    assert new.front.depth_mm == pytest.approx(
        captured(Camera(), Sitter(chair_mm=(80, 0, 0)), 80).front.depth_mm, abs=0.1
    )


def test_what_was_only_assumed_or_is_of_another_picture_size_is_not_carried_on():
    new = captured(Camera())
    assumed = with_hfov(new, 80)
    other = build([describe(scaled(landmarks(), 2.0), 80)] * 10, 80)
    for kept in (None, assumed, replace(other, hfov_error_deg=4.2)):
        assert carried(new, kept) is new
