"""MediaPipe's pose and face models behind one type, in pixels; the only place that knows mediapipe."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from posturewatch.errors import PosturewatchError
from posturewatch.frames import Frame

Array = npt.NDArray[np.float64]

MODEL_SHA256 = {  # unmodified Google bundles, models/NOTICE
    "pose_landmarker_full.task": "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
    "face_landmarker.task": "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
}
MOST_FACES = 2  # the pose model misses a second person, the face model finds them; costs 4 ms a look more than 1


@dataclass(frozen=True, slots=True)
class Face:
    """matrix (4, 4): canonical face (cm) to MediaPipe's camera (x right, y up, z to the viewer; 63° vertical field
    of view); points (478, 3): x, y and relative depth in pixels."""

    matrix: Array
    points: Array


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What the models found in one picture, rounded as it is recorded, so that a replay sees the very same numbers.

    pose (33, 4): x, y, relative depth in pixels, visibility. world (33, 3): metres from the hips' middle.
    reason: why the picture itself can't be judged (too dark, camera lost, …), with nothing found.
    """

    t_s: float
    size_px: tuple[int, int]
    pose: Array | None = None
    world: Array | None = None
    face: Face | None = None
    reason: str | None = None


Place = tuple[float, float, float]  # x, y of the head and width of the shoulders, in pixels


class Finder:
    """Finds the person in a stream of pictures (`stream=True`) or in single ones.

    `place` is where the person sat at the baseline; with it, the nearest of several faces is taken, else the largest.
    """

    def __init__(self, stream: bool) -> None:
        self.place: Place | None = None
        self._stream = stream
        self._last_ms = -1
        with _quiet():
            self._vision, self._image, self._pose, self._face = _open_models(stream)

    def find(self, frame: Frame) -> Landmarks:
        """Run both models on one frame; frames of a stream must come in order of time."""
        if frame.image is None or frame.reason is not None:
            height, width = frame.image.shape[:2] if frame.image is not None else (0, 0)
            return Landmarks(frame.t_s, (width, height), reason=frame.reason)
        height, width = frame.image.shape[:2]
        image = self._image.Image(image_format=self._image.ImageFormat.SRGB, data=frame.image)
        with _quiet() if self._last_ms < 0 else contextlib.nullcontext():
            poses, faces = self._run(image, frame.t_s)
        pose, world = _pose_arrays(poses, width, height)
        found = [_face_arrays(p, m, width, height) for p, m in zip(*_face_lists(faces), strict=True)]
        return Landmarks(frame.t_s, (width, height), pose, world, _choose(found, self.place))

    def close(self) -> None:
        """Free both models."""
        self._pose.close()
        self._face.close()

    def __enter__(self) -> "Finder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, image: Any, t_s: float) -> tuple[Any, Any]:
        if not self._stream:
            self._last_ms = 0
            return self._pose.detect(image), self._face.detect(image)
        self._last_ms = max(round(t_s * 1000), self._last_ms + 1)  # the models refuse a time that stands still
        return (
            self._pose.detect_for_video(image, self._last_ms),
            self._face.detect_for_video(image, self._last_ms),
        )


def check_models() -> None:
    """Compare every bundle with its hash; PosturewatchError names the one that differs or is missing."""
    for name in MODEL_SHA256:
        _model_bytes(name)


def _model_bytes(name: str) -> bytes:
    try:
        data = resources.files("posturewatch.models").joinpath(name).read_bytes()
    except OSError as error:
        raise PosturewatchError(f"The model {name} is missing. Install posturewatch again.") from error
    if hashlib.sha256(data).hexdigest() != MODEL_SHA256[name]:
        raise PosturewatchError(f"The model {name} is not the file posturewatch was tested with. Install it again.")
    return data


def _open_models(stream: bool) -> tuple[Any, Any, Any, Any]:
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    mode = vision.RunningMode.VIDEO if stream else vision.RunningMode.IMAGE
    pose = vision.PoseLandmarker.create_from_options(
        vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=_model_bytes("pose_landmarker_full.task")), running_mode=mode
        )
    )
    face = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=_model_bytes("face_landmarker.task")),
            running_mode=mode,
            num_faces=MOST_FACES,
            output_facial_transformation_matrixes=True,
        )
    )
    return vision, mediapipe, pose, face


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the models' start-up chatter (C++ code writing to file descriptor 2) off the terminal."""
    saved = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _pose_arrays(result: Any, width: int, height: int) -> tuple[Array | None, Array | None]:
    if not result.pose_landmarks:
        return None, None
    pose = np.array([(p.x * width, p.y * height, p.z * width, p.visibility) for p in result.pose_landmarks[0]])
    world = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks[0]])
    _check("pose landmarks", pose, (33, 4))
    _check("pose world landmarks", world, (33, 3))
    if not (np.isfinite(pose).all() and np.isfinite(world).all()):
        return None, None
    return pose.round(3), world.round(5)


def _face_lists(result: Any) -> tuple[list[Any], list[Any]]:
    return result.face_landmarks, result.facial_transformation_matrixes


def _face_arrays(points: Any, matrix: Any, width: int, height: int) -> Face:
    xyz = np.array([(p.x * width, p.y * height, p.z * width) for p in points])
    _check("face landmarks", xyz, (478, 3))
    transform = np.asarray(matrix, float)
    _check("face matrix", transform, (4, 4))
    return Face(transform.round(6), xyz.round(2))


def _check(name: str, array: Array, shape: tuple[int, int]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def _choose(faces: list[Face], place: Place | None) -> Face | None:
    faces = [face for face in faces if np.isfinite(face.points).all() and np.isfinite(face.matrix).all()]
    if not faces:
        return None
    if place is None:
        return max(faces, key=lambda face: float(np.ptp(face.points[:, 0])))
    here = np.array(place[:2])
    return min(faces, key=lambda face: float(np.linalg.norm(face.points[:, :2].mean(0) - here)))
