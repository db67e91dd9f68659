"""Whether something has moved between two thumbnails (grey, as `frames.Frame.small`); pure functions, .2 ms each."""

from typing import Any

import numpy as np
import numpy.typing as npt

from posturewatch.frames import Picture

Array = npt.NDArray[np.floating[Any]]

CELL_PX = 8
CHANGED_PX = 0.8  # chosen: change in brightness over the step from pixel to pixel, where something else is to be seen
LEAST_EDGES = 4.0  # chosen: mean step from pixel to pixel; below it there is nothing whose move could be seen


def shift(before: Picture, now: Picture) -> float:
    """How far a picture (h, w) has shifted and grown, in pixels: one step of Lucas and Kanade's (1981) least squares,
    with a scale about the middle, and a gain and offset of the light as two more unknowns."""
    first, second = (picture.astype(np.float32) - np.float32(picture.mean()) for picture in (before, now))
    mean = (first + second) / 2
    down, across = np.gradient(mean)
    rows, columns = (np.arange(size, dtype=np.float32) - size / 2 for size in mean.shape)
    grown = columns * across + rows[:, None] * down
    unknowns = np.stack([across, down, grown, mean]).reshape(4, -1)
    squares = unknowns @ unknowns.T
    damped = squares + (1e-3 * np.trace(squares) + 1.0) * np.eye(4)
    right, below, bigger, _ = np.linalg.solve(damped, unknowns @ (first - second).ravel())
    return float(np.hypot(right, below) + abs(bigger) * min(mean.shape) / 2)


def changed(before: Picture, now: Picture) -> bool:
    """Whether a cell shows something else than before; not for more or less light on all of it."""
    first, second = np.maximum(before.astype(np.float32), 1), np.maximum(now.astype(np.float32), 1)
    first *= np.median(second / first)  # of a dark shirt before a light wall the ratio of the medians jumps
    change, edges = np.abs(second - first), (_steps(first) + _steps(second)) / 2
    return bool((_cells(change) / np.maximum(_cells(edges), LEAST_EDGES)).max(initial=0) > CHANGED_PX)


def _steps(grey: Array) -> Array:
    """The larger of the steps to the right and down, at each pixel."""
    across = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    down: Array = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    return np.maximum(across, down)


def _cells(values: Array) -> Array:
    """Means of 8 × 8 pixels; what is left over at the right and below belongs to none."""
    rows, columns = values.shape[0] // CELL_PX, values.shape[1] // CELL_PX
    whole = values[: rows * CELL_PX, : columns * CELL_PX]
    means: Array = whole.reshape(rows, CELL_PX, columns, CELL_PX).mean(axis=(1, 3))
    return means
