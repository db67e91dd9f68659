"""Fits the constants of `posturewatch/estimate/profile.py` to labelled side views, and says how exact they are.

python -m calibration.fit_side [DATA_FOLDER ...]

Every person is estimated with constants fitted to the others; those whose lines say split "test" are in no fit. A part
of the fit's weight is of the same pictures with the whole person lower or higher by chance: real sitters sink.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.people import DATA, Line, baseline, grouped, read
from calibration.tables import markdown, number, percent
from posturewatch.config import Camera
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.profile import NECK, Neck, drop_deg, measure, moves, sigma_deg
from posturewatch.features import describe

Array = npt.NDArray[np.float64]

HFOV_DEG = Camera().hfov_deg  # the side view doesn't use it
# what is fitted, and how far from where it starts it may go (1 sigma): wide, only to keep few data from running away
SPREAD = {
    "up": 0.5,
    "up_per_height": 0.4,
    "forward": 0.4,
    "seen_forward": 0.4,
    "follow": 0.2,  # narrower: the shoulders follow by a third to a half of it
    "world_forward": 0.03,
    "tip": 0.3,
}
START = replace(NECK, up=1.2, up_per_height=0.5, forward=0.7, seen_forward=0.5, follow=0.5, world_forward=0.04, tip=0.4)
SIGMAS = ("sigma_deg", "sigma_per_shift_deg", "sigma_per_sink_deg", "sigma_per_nod")
ERROR_DEG = 4.0  # chosen: a usual error; larger ones count for less (pseudo-Huber)
SWEEP_WEIGHT, RANDOM_WEIGHT, OTHER_WEIGHT = 1.7, 1.0, 0.5  # chosen: what the estimate is for counts most
SUNK_WEIGHT = 0.5  # chosen: of the sunk pictures, against the same as they are
SINK_HEADS = 0.25  # chosen: SD of the sink, 2.6 cm
SINKS, SEED = 2, 1
STEPS, SLOPE_STEP = 40, 1e-4  # of Gauss–Newton; chosen


@dataclass(frozen=True, slots=True)
class Pictures:
    """Side pictures of several people against their own neutral one: kind, person and whether held out (n,) each, true
    change of CVA (n,) in degrees, and `profile.moves` (n, 7)."""

    kind: npt.NDArray[np.str_]
    person: npt.NDArray[np.str_]
    held_out: npt.NDArray[np.bool_]
    true_deg: Array
    moved: Array

    def only(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Pictures":
        """The chosen ones, copied."""
        return Pictures(
            self.kind[chosen], self.person[chosen], self.held_out[chosen], self.true_deg[chosen], self.moved[chosen]
        )


def pictures(lines: Sequence[Line]) -> Pictures:
    """What can be told from the side; PosturewatchError when there is nothing."""
    found = [row for group in grouped(lines).values() for row in _of_group(group)]
    if not found:
        raise PosturewatchError("No pictures from the side. Give a folder whose lines say view side.")
    return Pictures(
        np.array([kind for kind, *_ in found], np.str_),
        np.array([person for _, person, *_ in found], np.str_),
        np.array([held for _, _, held, *_ in found], np.bool_),
        np.array([true for *_, true, _ in found], np.float64),
        np.array([moved for *_, moved in found], np.float64),
    )


def _of_group(group: Sequence[Line]) -> Iterator[tuple[str, str, bool, float, Array]]:
    try:
        side = baseline(group, HFOV_DEG).side
    except PosturewatchError:  # the neutral picture shows nobody
        return
    for line in group:
        look = describe(line.landmarks, HFOV_DEG)
        if side is None or line.neutral or look.view in (None, "front"):
            continue
        now = measure(look)
        if now.facing == side.upright.facing:
            yield line.kind, line.person, line.split == "test", line.true_deg, moves(now, side.upright)


def sunk(data: Pictures, times: int = SINKS, seed: int = SEED) -> Pictures:
    """The same pictures with the whole person lower or higher by chance, several times each."""
    again = data.only(np.tile(np.arange(len(data.kind)), times))
    again.moved[:, [2, 4]] += np.random.default_rng(seed).normal(0.0, SINK_HEADS, (len(again.kind), 1))
    return again


def fit(data: Pictures, start: Neck = START) -> Neck:
    """The constants of the angle, by Gauss–Newton on errors of which large ones count less."""
    down = sunk(data)
    moved, true = np.vstack([data.moved, down.moved]), np.append(data.true_deg, down.true_deg)
    weight = np.append(_weights(data), SUNK_WEIGHT / SINKS * _weights(down))
    names, wide = list(SPREAD), np.array(list(SPREAD.values()))
    anchor = np.array([getattr(START, name) for name in names])
    x = np.array([getattr(start, name) for name in names])

    def errors(values: Array) -> Array:
        return (drop_deg(moved, _with(values)) - true) / ERROR_DEG

    for _ in range(STEPS):
        off = errors(x)
        slope = np.array([errors(x + step) - off for step in np.diag(wide * SLOPE_STEP)]).T / (wide * SLOPE_STEP)
        told = (weight / np.sqrt(1 + off**2))[:, None] * slope
        step = np.linalg.solve(slope.T @ told + np.diag(wide**-2.0), told.T @ off + (x - anchor) / wide**2)
        x = x - np.clip(step, -0.3 * wide, 0.3 * wide)
    return _with(x)


def fit_sigma(off: Array, moved: Array, neck: Neck) -> Neck:
    """The constants of the error: regression of squared errors (n,) on what they grow with, each by its size."""
    parts = np.column_stack([np.ones(len(off)), moved[:, 3:6] ** 2])
    squares = np.array([off.var(), 1.0, 1.0, 0.0])
    for _ in range(STEPS):
        weight = 1 / (parts @ squares)
        told = parts * weight[:, None]
        squares = np.maximum(np.linalg.lstsq(told, off**2 * weight, rcond=None)[0], [1.0, 0.0, 0.0, 0.0])
    return replace(neck, **dict(zip(SIGMAS, map(float, np.sqrt(squares)), strict=True)))


def _with(values: Array) -> Neck:
    return replace(NECK, **dict(zip(SPREAD, map(float, values), strict=True)))


def _weights(data: Pictures) -> Array:
    return np.where(
        data.kind == "fh", SWEEP_WEIGHT, np.where(data.kind == "random", RANDOM_WEIGHT, OTHER_WEIGHT)
    ).astype(np.float64)


def by_others(data: Pictures, asked: Pictures, neck: Neck) -> Array:
    """The drop (n,) of each person's pictures in `asked` by constants fitted to the others' in `data`."""
    seen = np.empty(len(asked.true_deg))
    for person in np.unique(asked.person):
        their = asked.person == person
        seen[their] = drop_deg(asked.moved[their], fit(data.only(data.person != person), neck))
    return seen


def table(data: Pictures, seen: Array, neck: Neck) -> str:
    """How exact `seen` (n,) is, for each kind of picture."""
    off, sigma = seen - data.true_deg, sigma_deg(data.moved, neck)
    groups = [("every picture", np.ones(len(off), np.bool_))]
    groups += [(str(kind), np.asarray(data.kind == kind)) for kind in np.unique(data.kind)]
    lines = []
    for name, chosen in groups:
        part, ratio = off[chosen], np.abs(off[chosen]) / sigma[chosen]
        values = [np.abs(part).mean(), part.mean(), part.std(), sigma[chosen].mean()]
        shares = [percent(float((ratio <= times).mean())) for times in (1, 2)]
        lines.append([name, str(len(part)), *(number(float(v), sign=i == 1) for i, v in enumerate(values)), *shares])
    return markdown(["kind", "n", "MAE", "bias", "SD", "said", "≤ 1σ", "≤ 2σ"], lines)


def main(folders: Sequence[str]) -> None:
    """Fit, print the constants and the tables."""
    data = pictures([line for f in folders or [str(DATA)] for line in read(Path(f)) if line.view == "side"])
    learnt = data.only(~data.held_out)
    neck = fit(learnt)
    seen = by_others(learnt, learnt, neck)
    neck = fit_sigma(seen - learnt.true_deg, learnt.moved, neck)
    for name in (*SPREAD, *SIGMAS):
        print(f"{name} = {getattr(neck, name):.3f}")
    people = len(np.unique(learnt.person))
    print(f"\n{people} people, each by constants fitted to the others\n\n{table(learnt, seen, neck)}")
    low = sunk(learnt, 1, SEED + 1)
    seen = by_others(learnt, low, neck)
    print(f"\nThe same, lower or higher by chance (SD {SINK_HEADS:g} heads)\n\n{table(low, seen, neck)}")
    if data.held_out.any():
        new = data.only(data.held_out)
        for text, constants in (("fitted above", neck), ("in profile.py", NECK)):
            print(f"\n{len(np.unique(new.person))} people who are in no fit, by the constants {text}\n")
            print(table(new, drop_deg(new.moved, constants), constants))


if __name__ == "__main__":
    main(sys.argv[1:])
