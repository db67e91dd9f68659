"""The recording: one JSON object a line (version 1), written as it happens."""

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TypeGuard

import numpy as np

from posturewatch.errors import PosturewatchError, uninterrupted
from posturewatch.landmarks import Array, Face, Held, Landmarks
from posturewatch.posture import Transition
from posturewatch.session import Event, Notice, Sample, Wish

VERSION = 1
TYPES = {Sample: "sample", Transition: "transition", Notice: "alert"}

Warn = Callable[[str], None]


def as_line(event: Event) -> dict[str, Any]:
    """The event as the recording holds it; numbers rounded to a thousandth, the dose to a hundred-thousandth.

    A look's time and coordinates are as they were, so that a replay sees the same. What isn't finite becomes null, for
    JSON has no NaN.
    """
    if isinstance(event, Landmarks):
        return _landmarks_line(event)
    if isinstance(event, Held):
        return {"type": "held", "t_s": event.t_s}
    if isinstance(event, Wish):
        return {"type": "wish", **asdict(event)}
    line: dict[str, Any] = {"type": TYPES[type(event)], **asdict(event)}
    return {key: _rounded(key, value) for key, value in line.items()}


def _rounded(key: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 5 if key == "dose" else 3) + 0.0 if math.isfinite(value) else None  # + 0.0: no -0.0


def _landmarks_line(found: Landmarks) -> dict[str, Any]:
    return {
        "type": "landmarks",
        "t_s": found.t_s,
        "size_px": list(found.size_px),
        "reason": found.reason,
        "pose": found.pose.tolist() if _finite(found.pose) else None,
        "world": found.world.tolist() if _finite(found.world) else None,
        "face": None if found.face is None else _face_line(found.face),
        "background": None if found.background is None else list(found.background),
    }


def _face_line(face: Face) -> dict[str, Any] | None:
    if not (_finite(face.matrix) and _finite(face.points)):
        return None
    return {
        "matrix": face.matrix.ravel().tolist(),
        "points": face.points[:, :2].tolist(),
        "depths": face.points[:, 2].tolist(),
    }


def _finite(array: Array | None) -> TypeGuard[Array]:
    return array is not None and bool(np.isfinite(array).all())


class Recorder:
    """Writes a recording line by line, each handed to the system when `write` returns; its owner's alone (0600).

    What comes before `begin` waits in memory for the first line; until then an earlier recording is as it was, then it
    is replaced or, with keep, kept as NAME.bak. PosturewatchError when the file can't be written, or holds something
    that is no recording.
    """

    def __init__(self, path: Path, keep: bool = False) -> None:
        self.path = path
        self._keep = keep
        self._waiting: list[Event] | None = []
        self._new = not path.exists()
        try:
            _refuse_other(path)
            self._file = self._open()
        except OSError as error:
            raise _cannot_write(path, error) from error

    def _open(self) -> IO[bytes]:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.fchmod(handle, 0o600)
        return os.fdopen(handle, "wb", buffering=0)  # so that closing has nothing left to write, or to fail at

    def begin(self, session: dict[str, Any]) -> None:
        """Write the first line and what has waited for it; later calls change nothing."""
        if self._waiting is None:
            return
        waiting, self._waiting = self._waiting, None
        try:
            if self._keep and self.path.stat().st_size:
                self._file.close()
                self.path.replace(self.path.with_name(self.path.name + ".bak"))
                self._file = self._open()
            self._file.truncate(0)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._put({"type": "session", "version": VERSION, **session})
        for event in waiting:
            self.write(event)

    def write(self, event: Event) -> None:
        """Append one event."""
        if self._waiting is not None:
            self._waiting.append(event)
            return
        with uninterrupted():
            self._put(as_line(event))

    def close(self) -> None:
        """Close the file; one that was made and never begun goes again."""
        self._file.close()
        if self._waiting is not None and self._new:
            self.path.unlink(missing_ok=True)

    def _put(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
        left = text.encode("utf-8", "backslashreplace")  # a file name that is no UTF-8 stays JSON
        try:
            while left:  # a disk takes part of a line before it is full
                left = left[self._file.write(left) :]
        except OSError as error:
            raise _cannot_write(self.path, error) from error


class Outputs:
    """The recordings of one session. With warn, a file that can't be written on is given up with one warning; else
    that is a PosturewatchError."""

    def __init__(self, samples: Recorder | None, landmarks: Recorder | None, warn: Warn | None = None) -> None:
        self._recorders = {"samples": samples, "landmarks": landmarks}
        self._warn = warn

    def begin(self, header: dict[str, Any], baseline: dict[str, Any] | None) -> None:
        """Write the first lines; the shape of the face goes only to where the landmarks go."""
        short = None if baseline is None else {k: v for k, v in baseline.items() if k not in ("front", "side")}
        self._use("samples", lambda recorder: recorder.begin({**header, "baseline": short}))
        self._use("landmarks", lambda recorder: recorder.begin({**header, "baseline": baseline}))

    def write(self, event: Event) -> None:
        """Record one event where it belongs."""
        kind = "landmarks" if isinstance(event, Landmarks | Held | Wish) else "samples"
        self._use(kind, lambda recorder: recorder.write(event))

    def close(self) -> None:
        """Close the files."""
        for recorder in self._recorders.values():
            if recorder is not None:
                recorder.close()

    def _use(self, name: str, act: Callable[[Recorder], None]) -> None:
        recorder = self._recorders[name]
        if recorder is None:
            return
        try:
            act(recorder)
        except PosturewatchError as error:
            if self._warn is None:
                raise
            self._recorders[name] = None
            recorder.close()
            self._warn(f"{error} It goes on without this recording.")


def _refuse_other(path: Path) -> None:
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    if not path.is_file() or not _is_recording(path):
        raise PosturewatchError(f"{path} exists and is no recording. Choose another name for the recording.")


def _is_recording(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).startswith(b'{"type":"session"')


def _cannot_write(path: Path, error: OSError) -> PosturewatchError:
    return PosturewatchError(f"Cannot write {path}: {error.strerror}. Choose another place, or free some space.")
