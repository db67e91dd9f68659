"""MediaPipe's pose and face models, opened from bundles whose hash is checked; the only place that knows mediapipe."""

import contextlib
import hashlib
import os
import struct
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from posturewatch.errors import PosturewatchError
from posturewatch.frames import Picture

MODEL_SHA256 = {  # unmodified Google bundles, models/NOTICE
    "pose_landmarker_full.task": "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
    "face_landmarker.task": "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
}
# Output tensors of the pose bundle's second model: points, presence, mask, heat map, points in metres. The mask takes
# two fifths of the model's time and nobody asks for it; it isn't computed where the heat map is named in its place.
POSE_OUTPUTS = struct.pack("<5i", 337, 342, 297, 298, 339)
MASKLESS = struct.pack("<5i", 337, 342, 298, 298, 339)
# mediapipe loads its audio half too; that looks for a sound library with a compiler run and files in /tmp
sys.modules.setdefault("sounddevice", None)  # type: ignore[arg-type]


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


def open_pose(stream: bool) -> Any:
    """The pose model, for a stream of pictures or for single ones."""
    maskless = _model_bytes("pose_landmarker_full.task").replace(POSE_OUTPUTS, MASKLESS)
    with quiet(), _base_options(maskless) as base:
        from mediapipe.tasks.python import vision

        mode = vision.RunningMode.VIDEO if stream else vision.RunningMode.IMAGE
        return vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(base_options=base, running_mode=mode)
        )


def open_face(stream: bool, most: int) -> Any:
    """The face model, which finds as many faces at most."""
    with quiet(), _base_options(_model_bytes("face_landmarker.task")) as base:
        from mediapipe.tasks.python import vision

        mode = vision.RunningMode.VIDEO if stream else vision.RunningMode.IMAGE
        return vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=base, running_mode=mode, num_faces=most, output_facial_transformation_matrixes=True
            )
        )


@contextlib.contextmanager
def _base_options(model: bytes) -> Iterator[Any]:
    """These bytes as MediaPipe takes them: a file in memory, which it maps; of a buffer copies stay, 50 MB for both
    models."""
    from mediapipe.tasks.python import BaseOptions

    handle = _nameless_file()
    if handle is None:
        yield BaseOptions(model_asset_buffer=model)
        return
    with os.fdopen(handle, "wb") as file:
        file.write(model)
        file.flush()
        yield BaseOptions(model_asset_path=f"/proc/self/fd/{handle}")


def _nameless_file() -> int | None:
    """A file in memory that /proc can name; None where there is no such thing."""
    if sys.platform != "linux" or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.memfd_create("model")
    except OSError:  # forbidden on this system
        return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
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


def as_mediapipe(picture: Picture) -> Any:
    """The picture as the models take it."""
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
