"""A recording read back, to be replayed: its first line, its looks and its wishes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posturewatch.errors import PosturewatchError
from posturewatch.files.record import VERSION, Warn
from posturewatch.landmarks import Array, Face, Held, Landmarks
from posturewatch.session import WISHES, Wish

LONGEST_S, WIDEST_PX, FARTHEST = 1e9, 100_000, 1e6  # chosen: beyond these a recording's numbers are damaged


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
