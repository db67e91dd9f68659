"""The real models on real and rendered pictures, and the border to them."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mediapipe
import numpy as np
import pytest

from posturewatch import frames, landmarks
from posturewatch.errors import PosturewatchError
from posturewatch.frames import Frame, read_picture, read_video
from posturewatch.landmarks import Face, Finder, Landmarks
from posturewatch.looking import models

MEDIA = Path(os.environ.get("POSTUREWATCH_MEDIA", ""))
needs_media = pytest.mark.skipif(
    not (MEDIA / "front_clips").is_dir(), reason="real footage is not in POSTUREWATCH_MEDIA"
)
DEMO = Path(landmarks.__file__).parent / "demo.mp4"


def demo_frame(at_s: float) -> Frame:
    return next(frame for frame in read_video(DEMO, 5.0, print) if frame.t_s >= at_s)


def test_both_bundles_have_the_hashes_they_were_tested_with() -> None:
    models.check_models()


def test_a_bundle_that_differs_by_one_byte_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.MODEL_SHA256, "face_landmarker.task", "0" * 64)
    with pytest.raises(PosturewatchError, match=r"face_landmarker\.task is not the file posturewatch was tested with"):
        Finder(stream=False)


def test_a_missing_bundle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MODEL_SHA256", {"nowhere.task": "0" * 64})
    with pytest.raises(PosturewatchError, match=r"nowhere\.task is missing"):
        models.check_models()


def test_leaving_out_the_pose_models_mask_changes_no_point(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[bytes] = []
    with_model = models._base_options
    monkeypatch.setattr(models, "_base_options", lambda model: handed.append(model) or with_model(model))
    pictures = [frame.image for frame in read_video(DEMO, 0.2, print) if frame.t_s < 60]
    maskless = models.open_pose(stream=True)
    monkeypatch.setattr(models, "MASKLESS", models.POSE_OUTPUTS)
    whole = models.open_pose(stream=True)
    for number, picture in enumerate(pictures):
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
        seen = [model.detect_for_video(image, number * 5000) for model in (maskless, whole)]
        (pose, world), (pose_whole, world_whole) = (landmarks._pose_arrays(each, (480, 640)) for each in seen)
        assert pose is not None
        assert world is not None
        assert np.array_equal(pose, pose_whole)
        assert np.array_equal(world, world_whole)
    assert [np.count_nonzero(np.frombuffer(handed[0], np.uint8) != np.frombuffer(handed[1], np.uint8))] == [1]
    maskless.close()
    whole.close()


OPENED = """
from pathlib import Path
import mediapipe
from posturewatch.landmarks import Finder
def own_mb(): return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) / 1024
before_mb = own_mb()
with Finder(stream=True):
    print(own_mb() - before_mb)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="elsewhere MediaPipe gets the models as buffers")
def test_no_copies_of_the_models_stay_in_memory_when_they_are_opened() -> None:
    done = subprocess.run([sys.executable, "-c", OPENED], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 110  # MB; measured 80, and 141 with buffers


def test_where_files_in_memory_are_forbidden_the_models_are_opened_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with Finder(stream=False) as eyes:
        usual = eyes.find(demo_frame(5.0))
    tried = []

    def forbidden(name: str) -> int:
        tried.append(name)
        raise PermissionError

    monkeypatch.setattr(os, "memfd_create", forbidden, raising=False)
    with Finder(stream=False) as eyes:
        found = eyes.find(demo_frame(5.0))
    assert tried == (["model", "model"] if sys.platform == "linux" else [])
    assert np.array_equal(found.pose, usual.pose)  # type: ignore[arg-type]


def test_the_rendered_person_is_found_with_face_and_shoulders() -> None:
    with Finder(stream=False) as eyes:
        found = eyes.find(demo_frame(5.0))
    assert found.pose is not None
    assert found.world is not None
    assert found.face is not None
    assert found.pose.shape == (33, 4)
    assert found.face.points.shape == (478, 3)
    left_shoulder, right_shoulder = found.pose[11], found.pose[12]
    assert left_shoulder[0] > right_shoulder[0] + 100  # unmirrored: the person's left is on the picture's right


def test_landmarks_are_rounded_as_they_are_recorded() -> None:
    with Finder(stream=False) as eyes:
        found = eyes.find(demo_frame(5.0))
    assert found.pose is not None
    assert found.face is not None
    assert np.array_equal(found.pose, found.pose.round(3))
    assert np.array_equal(found.face.points, found.face.points.round(2))


def test_a_frame_with_a_reason_is_not_looked_at() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    with Finder(stream=True) as eyes:
        assert eyes.find(Frame(1.0, image, "too dark")) == Landmarks(1.0, (64, 48), reason="too dark")
        assert eyes.find(Frame(2.0, None, "camera lost")) == Landmarks(2.0, (0, 0), reason="camera lost")


def test_frames_with_the_same_time_do_not_stop_a_stream() -> None:
    frame = demo_frame(5.0)
    with Finder(stream=True) as eyes:
        assert eyes.find(frame).pose is not None
        assert eyes.find(frame).pose is not None


def test_noise_and_plain_pictures_hold_nobody() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with Finder(stream=False) as eyes:
        found = eyes.find(Frame(0.0, noise, None))
    assert found.face is None


@pytest.mark.parametrize(("brightest", "reason"), [(30, "too dark"), (38, "too dark"), (60, None), (200, None)])
def test_of_a_dim_picture_without_anybody_it_is_not_told_that_nobody_is_there(
    brightest: int, reason: str | None
) -> None:
    bars = np.zeros((480, 640, 3), np.uint8)
    bars[:, (np.arange(640) // 64) % 2 == 1] = brightest
    assert frames.picture_reason(bars) is None, "it can be judged: a face lit by the screen would be found"
    with Finder(stream=False) as eyes:
        found = eyes.find(Frame(0.0, bars, None))
    assert (found.pose, found.face, found.reason) == (None, None, reason)


def test_a_person_in_dim_light_is_found_all_the_same() -> None:
    frame = demo_frame(5.0)
    assert frame.image is not None
    dim = replace(frame, image=(frame.image * 0.15).astype(np.uint8))
    assert np.quantile(dim.image.mean(axis=2), 0.95) < landmarks.DIM_LUMA
    with Finder(stream=False) as eyes:
        found = eyes.find(dim)
    assert found.reason is None
    assert found.face is not None


def face_at(x: float, width: float) -> Face:
    points = np.zeros((478, 3))
    points[:, 0] = np.linspace(x - width / 2, x + width / 2, 478)
    points[:, 1] = 100.0
    return Face(np.eye(4), points)


def test_of_several_faces_the_one_nearest_to_the_baselines_place_is_taken() -> None:
    near, far = face_at(300, 80), face_at(100, 200)
    assert landmarks._choose([far, near], (310.0, 100.0, 200.0)) is near


def test_of_several_faces_without_a_baseline_the_largest_is_taken() -> None:
    near, far = face_at(300, 80), face_at(100, 200)
    assert landmarks._choose([near, far], None) is far


def test_no_face_is_no_face() -> None:
    assert landmarks._choose([], (1.0, 1.0, 1.0)) is None


def test_an_adapter_is_loud_about_a_wrong_shape() -> None:
    with pytest.raises(ValueError, match=r"pose landmarks must have shape \(33, 4\), got \(17, 4\)"):
        landmarks._check("pose landmarks", np.zeros((17, 4)), (33, 4))


class Detector:
    """As the pose model: finds one who is no wider than the middle of the picture, at a point of the picture that is
    told, until that isn't there any more."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.there = True

    def detect(self, image: Any) -> Any:
        self.sizes.append((image.width, image.height))
        if not self.there or image.width <= 640:
            return SimpleNamespace(pose_landmarks=[], pose_world_landmarks=[])
        rows, columns = np.nonzero(image.numpy_view()[:, :, 0] == 255)
        x, y = columns[0] / image.width, rows[0] / image.height
        points = [SimpleNamespace(x=x, y=y, z=0.1, visibility=0.9) for _ in range(33)]
        return SimpleNamespace(pose_landmarks=[points], pose_world_landmarks=[points])

    def detect_for_video(self, image: Any, _t_ms: int) -> Any:
        return self.detect(image)


PLAIN, WIDE = (640, 480), (960, 720)


def spotted(x: int, y: int) -> Frame:
    image = np.full((480, 640, 3), 100, np.uint8)
    image[y, x] = 255
    return Frame(0.0, image, None)


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> Detector:
    model = Detector()
    nobody = SimpleNamespace(face_landmarks=[], facial_transformation_matrixes=[])
    faces = SimpleNamespace(detect=lambda _image: nobody, detect_for_video=lambda _image, _t_ms: nobody)
    monkeypatch.setattr(models, "open_pose", lambda _stream: model)
    monkeypatch.setattr(models, "open_face", lambda _stream, _most: faces)
    return model


@pytest.mark.parametrize(("x", "y"), [(300, 200), (0, 0), (639, 479)])
def test_in_a_single_picture_nobody_is_looked_for_with_a_margin_too(detector: Detector, x: int, y: int) -> None:
    eyes = Finder(stream=False)
    for _ in range(2):
        found = eyes.find(spotted(x, y))
        assert found.pose is not None
        assert found.size_px == PLAIN
        assert found.pose[0].tolist() == pytest.approx([x, y, 0.1 * 960, 0.9], abs=0.001)
    assert detector.sizes == [PLAIN, WIDE] * 2


def test_in_a_stream_nobody_is_looked_for_with_a_margin_at_every_other_look(detector: Detector) -> None:
    eyes, found = Finder(stream=True), []
    landmarks_at = [replace(spotted(300, 200), t_s=t_s) for t_s in np.arange(0.0, 4.0, 0.5)]
    for frame in landmarks_at[:3]:
        found.append(eyes.find(frame).pose is not None)
    assert found == [False, True, True]
    assert detector.sizes[:2] == [PLAIN, WIDE]
    assert detector.sizes[-1] == WIDE, "and from then on as long as somebody is found"
    detector.there = False
    detector.sizes.clear()
    for frame in landmarks_at[3:]:
        assert eyes.find(frame).pose is None
    assert detector.sizes == [WIDE, PLAIN, WIDE, PLAIN, WIDE]


class OnePoseTracker:
    """As the pose model in a stream: follows whom it found until a grey picture shows nobody, then finds the leftmost
    of the people in the picture, 8 px wide bars of their own grey."""

    def __init__(self) -> None:
        self.follows: int | None = None
        self.runs = 0

    def detect_for_video(self, image: Any, _t_ms: int) -> Any:
        self.runs += 1
        row = image.numpy_view()[10, :, 0]
        if self.follows is None or not (row == self.follows).any():
            people = [tone for tone in row if tone in (50, 200)]
            self.follows = people[0] if people else None
        if self.follows is None:
            return SimpleNamespace(pose_landmarks=[], pose_world_landmarks=[])
        x = float(np.flatnonzero(row == self.follows)[0] + 4) / 640
        points = [SimpleNamespace(x=x, y=0.3, z=0.0, visibility=1.0) for _ in range(33)]
        points[11], points[12] = (SimpleNamespace(x=x + by, y=0.4, z=0.0, visibility=1.0) for by in (0.1, -0.1))
        return SimpleNamespace(pose_landmarks=[points], pose_world_landmarks=[points])

    def close(self) -> None: ...


class FaceOfTheSitter:
    def detect_for_video(self, image: Any, _t_ms: int) -> Any:
        seen = (image.numpy_view()[100, :, 0] == 50).any()
        points = [SimpleNamespace(x=0.5 + 0.04 * (-1) ** i, y=0.3, z=0.0) for i in range(478)]
        return SimpleNamespace(
            face_landmarks=[points] if seen else [], facial_transformation_matrixes=[np.eye(4)] if seen else []
        )

    def close(self) -> None: ...


def test_who_walked_in_does_not_keep_the_pose_while_the_sitters_face_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = OnePoseTracker()
    monkeypatch.setattr(models, "open_pose", lambda _stream: tracker)
    monkeypatch.setattr(models, "open_face", lambda _stream, _most: FaceOfTheSitter())
    other, both = np.zeros((480, 640, 3), np.uint8), np.zeros((480, 640, 3), np.uint8)
    other[:, 60:68] = both[:, 60:68] = 200
    both[:, 316:324] = 50
    eyes = Finder(stream=True)
    eyes.place = (320.0, 144.0, 128.0)
    found = [eyes.find(Frame(0.2 * i, other, None)) for i in range(3)]
    before = tracker.runs
    found += [eyes.find(Frame(0.2 * i, both, None)) for i in range(3, 6)]
    assert [round(look.pose[0, 0]) for look in found if look.pose is not None] == [64, 64, 64, 320, 320, 320]
    assert tracker.runs - before == 3 + 2


def test_looking_again_in_vain_is_tried_every_5_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = OnePoseTracker()
    monkeypatch.setattr(models, "open_pose", lambda _stream: tracker)
    monkeypatch.setattr(models, "open_face", lambda _stream, _most: FaceOfTheSitter())
    monkeypatch.setattr(landmarks.persons, "alone", lambda picture, _place: picture)  # the other is there too
    both = np.zeros((480, 640, 3), np.uint8)
    both[:, 60:68], both[:, 316:324] = 200, 50
    eyes = Finder(stream=True)
    eyes.place = (320.0, 144.0, 128.0)
    for i in range(51):
        eyes.find(Frame(0.2 * i, both, None))
    assert tracker.runs == 51 + 2 * 3


@needs_media
def test_of_two_people_the_one_at_the_baselines_place_is_looked_at() -> None:
    for place in ((94.0, 111.0, 131.0), (341.0, 111.0, 131.0)):
        with Finder(stream=True) as eyes:
            eyes.place = place
            looks = [eyes.find(frame) for frame in read_video(MEDIA / "people" / "two_people.gif", 5.0, print)]
        assert all(look.pose is not None and abs(look.pose[0, 0] - place[0]) < 40 for look in looks)


@needs_media
def test_every_labelled_webcam_picture_shows_one_person_with_a_face() -> None:
    pictures = sorted((MEDIA / "front_webcam_labelled").glob("*/*.jpg"))
    assert len(pictures) == 29
    with Finder(stream=False) as eyes:
        found = [eyes.find(Frame(0.0, read_picture(picture), None)) for picture in pictures]
    assert all(look.pose is not None and look.face is not None for look in found)


@needs_media
def test_the_second_face_is_found_once_the_first_is_another_persons() -> None:
    with Finder(stream=True) as eyes:
        looks = [eyes.find(frame) for frame in read_video(MEDIA / "people" / "two_people.gif", 5.0, print)]
    off = []
    for look in looks:
        assert look.pose is not None
        assert look.face is not None
        off.append(abs(look.face.points[:, 0].mean() - look.pose[0, 0]) / np.ptp(look.face.points[:, 0]))
    assert np.mean(np.array(off[2:]) < 1.0) >= 0.9
