"""The landmark files: JSON lines, compressed, the face's points written as what differs from the file's first face.

478 points in tenths of a pixel are most of a line. An affine map of the first face predicts them to some tenths, so
the differences take half the place. All in whole numbers: what is read is what was written, on any machine.
"""

import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Line = dict[str, Any]

SUFFIX = ".jsonl.xz"  # a seventh smaller than gzip
TENTHS = 10  # a pixel
ONE = 1000  # the constant of the affine map, as large as the points
SHIFT = 16  # bits after the point of the map's numbers


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write a file that appears only when it is whole; its bytes depend on the lines alone."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in packed(lines))
    part = path.with_name(path.name + ".part")
    part.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    part.replace(path)


def read(path: Path) -> list[Line]:
    """The lines of a file, with `face.points` (478, 2) and `face.depths` (478,) in pixels."""
    return unpacked(json.loads(text) for text in lzma.decompress(path.read_bytes()).decode().splitlines())


def packed(lines: Iterable[Line]) -> list[Line]:
    """The lines as they are written."""
    first: Whole | None = None
    out = []
    for line in lines:
        face = line["face"]
        if face is not None:
            points = _whole(face)
            if first is None:
                first = points
                fit, off = None, points
            else:
                fit = _fit(first, points)
                off = points - _predicted(first, fit)
            face = {
                "matrix": face["matrix"],
                "fit": None if fit is None else fit.ravel().tolist(),
                "off": off.T.ravel().tolist(),
            }
        out.append({**line, "face": face})
    return out


def unpacked(lines: Iterable[Line]) -> list[Line]:
    """What `packed` was given, to a tenth of a pixel."""
    first: Whole | None = None
    out = []
    for line in lines:
        face = line["face"]
        if face is not None:
            points: Whole = np.array(face["off"], np.int64).reshape(3, -1).T
            if first is None:
                first = points
            else:
                points = points + _predicted(first, np.reshape(face["fit"], (4, 3)))
            pixels = points / TENTHS
            face = {"matrix": face["matrix"], "points": pixels[:, :2], "depths": pixels[:, 2]}
        out.append({**line, "face": face})
    return out


def thinned(lines: Iterable[Line], every: int) -> list[Line]:
    """The lines with only every nth point of each face as it was found, the others where the affine map of the file's
    first face has them, which takes half the place."""
    first: Whole | None = None
    out = []
    for line in lines:
        face = line["face"]
        if face is not None:
            points = _whole(face)
            first = points if first is None else first
            kept = np.arange(len(points)) % every == 0
            thin = np.where(kept[:, None], points, _predicted(first, _fit(first[kept], points[kept]))) / TENTHS
            face = {**face, "points": thin[:, :2].tolist(), "depths": thin[:, 2].tolist()}
        out.append({**line, "face": face})
    return out


def _whole(face: dict[str, Any]) -> Whole:
    """The face's points and depths (478, 3) in tenths of a pixel."""
    return np.asarray(np.rint(np.column_stack([face["points"], face["depths"]]) * TENTHS), np.int64)


def _fit(first: Whole, points: Whole) -> Whole:
    """The affine map (4, 3) from the first face to this one, times 2**SHIFT."""
    solution = np.linalg.lstsq(_homogeneous(first).astype(float), points.astype(float), rcond=None)[0]
    return np.asarray(np.rint(solution * 2**SHIFT), np.int64)


def _predicted(first: Whole, fit: Whole) -> Whole:
    return np.asarray((_homogeneous(first) @ fit + 2 ** (SHIFT - 1)) >> SHIFT, np.int64)


def _homogeneous(points: Whole) -> Whole:
    return np.column_stack([points, np.full(len(points), ONE, np.int64)])
