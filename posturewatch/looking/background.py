"""What stands behind the person: whether a small grey picture shows the same things at the same place as before.

Only edges count, and only which way they run: a lamp, dusk or the camera's exposure change brightness, and leave them.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from posturewatch.looking.persons import Place

Grey = npt.NDArray[np.uint8]
Edges = npt.NDArray[np.complex64]
Mask = npt.NDArray[np.bool_]
Plane = npt.NDArray[np.float32]
Kind = TypeVar("Kind", bound=np.generic)

LEAST_PX = 24  # of the shorter side; chosen
CELL_PX = 6  # chosen: 3° of turn is half a cell at a field of view of 70°
NOISE = 8.0  # grey levels over two pixels: five times what a webcam leaves in 80 x 60 pixels (rendered rooms)
STRUCTURE = 0.2  # RMS strength of a cell's edges (0..1): what is alike correlates from .7 on, other rooms below .6
LEAST_CELLS = 8  # compared; fewer are a plain wall
ALIKE = 0.5  # correlation of a cell's edges from which it looks as before; between the two
CLIPPED = (12, 243)  # grey levels: nothing can be seen in what is as dark or as bright; chosen
MOST_CLIPPED = 0.5  # part of a cell; chosen
VISIBLE = 0.5  # part of a cell that nobody hides in both pictures; chosen
SETTLED = 0.1  # changed part up to which no shift is looked for; chosen
BETTER = 0.7  # of the changed part: what a shift must leave at most to be believed; chosen
FARTHEST = 0.3  # of the width: a shift beyond it is another view
# the person, in widths of the shoulders from the nose: crown, half a head, below it the shoulders, half of them and of
# the elbows at the arms' reach; generous, with the chair's back; chosen
CROWN, HALF_HEAD, NECK, HALF_SHOULDERS, HALF_ELBOWS, ELBOWS = 0.8, 0.5, 0.3, 0.8, 1.2, 1.3


@dataclass(frozen=True, slots=True)
class Background:
    """The background now against the reference.

    shift: by how much of the picture's width it moved to the right and down, (0, 0) where no shift fits better.
    changed: part 0..1 of what can be compared that doesn't look as before, even when shifted so.
    told: whether enough can be compared.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    changed: float = 0.0
    told: bool = False

    @property
    def numbers(self) -> tuple[float, float, float] | None:
        """Shift right, shift down and changed part, rounded as they are recorded; None when not told."""
        return (round(self.shift[0], 4), round(self.shift[1], 4), round(self.changed, 3)) if self.told else None


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The background as it was, in memory only: edges, where nobody hid it, and the transform that finds shifts."""

    edges: Edges
    seen: Mask
    spectrum: Edges


def reference(grey: Grey, place: Place | None) -> Reference:
    """What later pictures are compared with; place as in `landmarks.Place` but in this picture's pixels, None without a
    person."""
    if grey.ndim != 2 or min(grey.shape) < LEAST_PX:
        raise ValueError(f"a small grey picture must have 2 dimensions of at least {LEAST_PX}, got {grey.shape}")
    seen = ~person(grey.shape, place)
    edges = _edges(grey)
    return Reference(edges, seen, _spectrum(np.where(seen, edges, 0)))


def compare(before: Reference, grey: Grey, place: Place | None) -> Background:
    """The present picture, of the same size, against the reference."""
    if grey.shape != before.edges.shape:
        raise ValueError(f"the picture must have shape {before.edges.shape}, got {grey.shape}")
    edges, seen = _edges(grey), ~person(grey.shape, place)
    still = _unlike(before, edges, seen, grey, (0, 0))
    if still is None:
        return Background()
    if still <= SETTLED:
        return Background((0.0, 0.0), still, told=True)
    peak, (right, down) = _best_shift(before, np.where(seen, edges, 0))
    moved = _unlike(before, edges, seen, grey, peak)
    if moved is None or moved > BETTER * still:
        return Background((0.0, 0.0), still, told=True)
    width = grey.shape[1]
    return Background((right / width, down / width), moved, told=True)


def person(shape: tuple[int, ...], place: Place | None) -> Mask:
    """Where the person may be (h, w): head, shoulders and everything below them."""
    hidden = np.zeros(shape, bool)
    if place is None:
        return hidden
    x, y, width = place
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])
    down, aside = (rows - y) / width, np.abs(columns - x) / width
    half = np.interp(down, (-CROWN, NECK, NECK + 0.01, ELBOWS), (HALF_HEAD, HALF_HEAD, HALF_SHOULDERS, HALF_ELBOWS))
    return np.asarray((down >= -CROWN) & (aside <= half))


def _edges(grey: Grey) -> Edges:
    """Steps to the right (real part) and down (imaginary), each pixel's strength pressed into 0..1 by the noise."""
    values = grey.astype(np.float32)
    edges = np.zeros(grey.shape, np.complex64)  # 0 along the picture's edge
    edges.real[:, 1:-1], edges.imag[1:-1] = values[:, 2:] - values[:, :-2], values[2:] - values[:-2]
    squared = _squared(edges)
    edges *= np.sqrt(squared) / (squared + NOISE**2)
    return edges


def _unlike(before: Reference, edges: Edges, seen: Mask, grey: Grey, shift: tuple[int, int]) -> float | None:
    """Part of the comparable cells that look otherwise when the present picture is shifted back (columns, rows); None
    when there are too few."""
    clipped = (grey < CLIPPED[0]) | (grey > CLIPPED[1])
    now, clipped, both = _back(edges, shift), _back(clipped, shift), before.seen & _back(seen, shift)
    was, now = before.edges * both, now * both
    planes = both, both & clipped, _squared(was), _squared(now), was.real * now.real + was.imag * now.imag
    count, blind, energy, energy_now, alike = _cells(np.array(planes, np.float32))
    comparable = (count >= VISIBLE * CELL_PX**2) & (energy >= STRUCTURE**2 * count) & (blind < MOST_CLIPPED * count)
    if int(comparable.sum()) < LEAST_CELLS:
        return None
    return float(np.mean((alike < ALIKE * np.sqrt(energy * energy_now))[comparable]))


def _squared(edges: Edges) -> Plane:
    return np.asarray(edges.real**2 + edges.imag**2)


def _cells(planes: Plane) -> Plane:
    """Sums over square cells (n, rows, columns) of planes (n, h, w), those cut off at the right and below included."""
    down, across = (_belongs(size) for size in planes.shape[1:])
    return np.asarray(down @ planes @ across.T)


@cache
def _belongs(size: int) -> Plane:
    """1 where a pixel of a line of this size is in a cell, (cells, size)."""
    cells = np.arange(-(-size // CELL_PX))
    return np.asarray(np.arange(size) // CELL_PX == cells[:, None], np.float32)


def _back(values: npt.NDArray[Kind], shift: tuple[int, int]) -> npt.NDArray[Kind]:
    """The plane moved to the left and up by so many columns and rows, 0 where it says nothing."""
    (right, down), (height, width) = shift, values.shape
    moved = np.zeros_like(values)
    from_here = values[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    moved[max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)] = from_here
    return moved


def _spectrum(edges: Edges) -> Edges:
    """The transform, with room around for the farthest shift."""
    reach = _reach(edges.shape)
    return np.asarray(np.fft.fft2(edges, (edges.shape[0] + reach, edges.shape[1] + reach)), np.complex64)


def _reach(shape: tuple[int, ...]) -> int:
    return round(FARTHEST * shape[1])


def _best_shift(before: Reference, edges: Edges) -> tuple[tuple[int, int], tuple[float, float]]:
    """By how many columns and rows the present edges lie to the right of and below the reference's: whole, and between
    pixels."""
    match = np.fft.ifft2(_spectrum(edges) * before.spectrum.conj()).real
    reach = _reach(edges.shape)
    near = np.roll(match, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, column = (int(i) for i in np.unravel_index(int(np.argmax(near)), near.shape))
    fine = column + _between(near[row], column), row + _between(near[:, column], row)
    return (column - reach, row - reach), (fine[0] - reach, fine[1] - reach)


def _between(values: npt.NDArray[np.floating], peak: int) -> float:
    """Where a parabola through the peak and its neighbours has its top, from the peak."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, top, right = (float(v) for v in values[peak - 1 : peak + 2])
    return (left - right) / (2 * (left - 2 * top + right)) if left - 2 * top + right < 0 else 0.0
