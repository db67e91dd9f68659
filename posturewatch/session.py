"""The recording: one JSON object a line (version 1), written as it happens, read back for replay; and its summary."""

import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, TypeGuard

import numpy as np

from posturewatch.errors import PosturewatchError
from posturewatch.landmarks import Array, Face, Held, Landmarks
from posturewatch.posture import Transition

VERSION = 1
GAP_S = 5.0  # DESIGN part 6: longer gaps between two samples count for no state
LONGEST_S, WIDEST_PX, FARTHEST = 1e9, 100_000, 1e6  # chosen: beyond these a recording's numbers are damaged
Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sample:
    """The state at one tick of the rate; fields, units and signs as in the README's table. age_s: how old the look."""

    t_s: float
    age_s: float
    view: str | None
    state: str
    now: str
    reason: str | None
    forward_head_deg: float | None
    error_deg: float | None
    ear_shoulder_deg: float | None
    neck_flexion_deg: float | None
    side_bend_deg: float | None
    turn_deg: float | None
    shoulder_raise_cm: float | None
    head_forward_cm: float | None
    head_drop_cm: float | None
    sink_cm: float | None
    distance_cm: float | None
    severity: float | None
    hold_s: float
    still_s: float
    dose: float


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert as it is told: kind "posture", "still", "seated" or "baseline", level 1–3; the exercise's id or None."""

    t_s: float
    kind: str
    level: int
    message: str
    exercise: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked of the running session between two looks.

    wish: "recalibrate"; "snooze", for for_s seconds; "answer", to the alert; "exercised", one was completed; "quiet"
    and "aloud": from here on alerts wait, or don't, for the desktop's or the hours' sake.
    """

    t_s: float
    wish: str
    for_s: float | None = None


WISHES = ("recalibrate", "snooze", "answer", "exercised", "quiet", "aloud")
Event = Sample | Transition | Notice | Landmarks | Held | Wish
TYPES = {Sample: "sample", Transition: "transition", Notice: "alert"}


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
        else:
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


@dataclass(frozen=True, slots=True)
class Recorded:
    """The first line of a recording: where it came from, and what is needed to make the same of it again."""

    source: str
    rate_hz: float
    hfov_deg: float
    live: bool
    governed: bool
    recent: tuple[str, ...]  # ids of exercises done before
    baseline: dict[str, Any] | None


def read_session(path: Path) -> Recorded:
    """The first line of a landmark recording; PosturewatchError when there is none that can be used."""
    first = next(_lines(path, lambda _line: None), (0, {}))[1]
    if first.get("type") != "session" or first.get("version") != VERSION:
        raise PosturewatchError(f"{path} is no recording of version {VERSION}. Record with --landmarks FILE.jsonl.")
    try:
        recorded = Recorded(
            source=str(first["source"]),
            rate_hz=float(first["rate_hz"]),
            hfov_deg=float(first["hfov_deg"]),
            live=first.get("live") is True,
            governed=first.get("governed") is True,
            recent=tuple(str(each) for each in first.get("recent", ())),
            baseline=first["baseline"],
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise PosturewatchError(f"{path}, line 1: {error} is missing or wrong. Record it again.") from error
    if not (0.1 <= recorded.rate_hz <= 100 and 10 <= recorded.hfov_deg <= 170):
        raise PosturewatchError(f"{path}, line 1: the rate or the field of view can't be. Record it again.")
    return recorded


def read_landmarks(path: Path, warn: Warn) -> Iterator[Landmarks | Held | Wish]:
    """The recorded looks and wishes in order; warn gets a line when the recording was cut off while it was written."""
    count = 0
    last_s = -np.inf
    for number, line in _lines(path, warn):
        kind = str(line.get("type"))
        read = READERS.get(kind)
        if read is None:
            continue
        try:
            found = read(line)
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise PosturewatchError(f"{path}, line {number}: not a {kind} line ({error}). Record it again.") from error
        if found.t_s < last_s:
            raise PosturewatchError(f"{path}, line {number}: the time goes backwards. Record it again.")
        last_s = found.t_s
        count += not isinstance(found, Wish)
        yield found
    if not count:
        raise PosturewatchError(f"{path} holds no landmarks. Record them with --landmarks FILE.jsonl.")


def _lines(path: Path, warn: Warn) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                line = _parsed(text)
                if line is not None:
                    yield number, line
                elif not text.endswith(b"\n"):
                    warn(f"{path} was cut off in line {number}; everything before it is used.")
                else:
                    raise PosturewatchError(f"{path}, line {number} is no JSON object. Record it again.")
    except OSError as error:
        raise PosturewatchError(f"Cannot read {path}: {error.strerror}. Check the name.") from error


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _landmarks(line: dict[str, Any]) -> Landmarks:
    face, size = line["face"], line["size_px"]
    width, height = int(size[0]), int(size[1])
    if not (0 <= width <= WIDEST_PX and 0 <= height <= WIDEST_PX):
        raise ValueError(f"the size {width:g} x {height:g} can't be")
    return Landmarks(
        t_s=_time_s(line),
        size_px=(width, height),
        pose=_array(line["pose"], (33, 4)),
        world=_array(line["world"], (33, 3)),
        face=None if face is None else _face(face),
        reason=None if line.get("reason") is None else str(line["reason"]),
        background=_background(line.get("background")),
    )


def _held(line: dict[str, Any]) -> Held:
    return Held(_time_s(line))


def _wish(line: dict[str, Any]) -> Wish:
    wish, for_s = str(line["wish"]), line.get("for_s")
    if wish not in WISHES or (wish == "snooze") != (for_s is not None):
        raise ValueError(f"the wish {wish:.20} can't be")
    if for_s is not None and not 0 <= float(for_s) < LONGEST_S:
        raise ValueError(f"{for_s!s:.20} s can't be")
    return Wish(_time_s(line), wish, None if for_s is None else float(for_s))


READERS: dict[str, Callable[[dict[str, Any]], Landmarks | Held | Wish]] = {
    "landmarks": _landmarks,
    "held": _held,
    "wish": _wish,
}


def _background(values: Any) -> tuple[float, float, float] | None:
    array = _array(values, (3,))
    return None if array is None else (float(array[0]), float(array[1]), float(array[2]))


def _time_s(line: dict[str, Any]) -> float:
    t_s = float(line["t_s"])
    if not 0 <= t_s < LONGEST_S:
        raise ValueError(f"the time {t_s:g} s can't be")
    return t_s


def _face(face: dict[str, Any]) -> Face:
    matrix, points = _array(face["matrix"], (16,)), _array(face["points"], (478, 2))
    depths = _array(face["depths"], (478,))
    if matrix is None or points is None or depths is None:
        raise ValueError("a face without matrix, points or depths")
    return Face(matrix.reshape(4, 4), np.column_stack([points, depths]))


def _array(values: Any, shape: tuple[int, ...]) -> Array | None:
    if values is None:
        return None
    array = np.asarray(values, np.float64)
    if array.shape != shape or not (np.abs(array) <= FARTHEST).all():  # false for NaN too
        raise ValueError(f"expected {shape} numbers up to {FARTHEST:g}, got {array.shape}")
    return array


@dataclass(slots=True)
class Summary:
    """What a session came to. Feed it every event; a sample counts until the next one."""

    seconds: dict[str, float] = field(default_factory=dict)
    longest_hold_s: float = 0.0
    alerts: Counter[str] = field(default_factory=Counter)
    exercises: list[str] = field(default_factory=list)
    samples: int = 0
    told: int = 0
    angles: Counter[int] = field(default_factory=Counter)  # of the forward-head angle, in tenths of a degree
    _last: Sample | None = None

    def add(self, event: Event) -> None:
        """Count one event."""
        if isinstance(event, Notice):
            self.alerts[f"{event.kind}, level {event.level}"] += 1
            if event.exercise is not None and event.level == 2:
                self.exercises.append(event.exercise)
        if isinstance(event, Sample):
            self._count(event)

    def _count(self, sample: Sample) -> None:
        if self._last is not None and 0 < sample.t_s - self._last.t_s <= GAP_S:
            self.seconds[self._last.state] = self.seconds.get(self._last.state, 0.0) + sample.t_s - self._last.t_s
        self._last = sample
        self.samples += 1
        self.told += sample.state not in ("unknown", "away") and sample.reason is None
        self.longest_hold_s = max(self.longest_hold_s, sample.hold_s)
        if sample.forward_head_deg is not None and sample.age_s == 0:
            self.angles[round(10 * sample.forward_head_deg)] += 1

    def percentiles_deg(self) -> tuple[float, float, float] | None:
        """P10, P50 and P90 of the forward-head angle (APDF, Jonsson); None when it was never told."""
        if not self.angles:
            return None
        p10, p50, p90 = np.percentile(np.repeat(list(self.angles), list(self.angles.values())), [10, 50, 90]) / 10
        return float(p10), float(p50), float(p90)

    def as_dict(self) -> dict[str, Any]:
        """For summary.json."""
        spread = self.percentiles_deg()
        return {
            "seconds": {state: round(seconds, 3) for state, seconds in self.seconds.items()},
            "longest_hold_s": round(self.longest_hold_s, 3),
            "forward_head_deg": None
            if spread is None
            else dict(zip(("p10", "p50", "p90"), (round(value, 2) for value in spread), strict=True)),
            "alerts": dict(self.alerts),
            "exercises": self.exercises,
            "samples": self.samples,
            "samples_told": self.told,
        }
