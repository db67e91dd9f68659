"""Fits what the front estimate corrects and how it states its error, on the people of the split "fit".

python -m calibration.fit [DATA_FOLDER]     writes calibration/fitted.json and prints what it left out

Fitted are the people of the data and of its folder `more`; the error is fitted on those of `steady`.

The chain's own constants are not searched: that gained nothing on other people. Fitted are the weights of the linear
correction (ridge) and the terms of the error's variance (likelihood), both leaving every person out in turn for the
error that is printed. Shipped numbers are those of fitted.json; a test compares them.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from calibration.people import DATA, Line, baseline, grouped, read
from posturewatch import chain
from posturewatch.chain import MOST_MISFIT, MOST_YAW_DEG
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import correction, kinematics
from posturewatch.estimate.kinematics import Fits
from posturewatch.features import describe

Array = npt.NDArray[np.float64]

FITTED = Path(__file__).parent / "fitted.json"
RIDGE = 10.0  # penalty on standardised weights; chosen: 3 to 30 differ by .05°
SWEEP_COUNTS = 3.0  # chosen: the forward head alone is what people ask for
RANDOM_COUNTS = 2.0  # chosen: everything at once is what a day is made of, and is hardest
RARE_COUNTS = 0.6  # chosen: hands at the head hide what is seen
RARE = {"phone", "chin", "reach", "sh_up"}
TAILS = 6.0  # degrees of freedom: a few errors are larger than a normal distribution has; chosen among 4–25
FOLDS = 10
BINS_DEG = np.arange(-10.0, 45.0, 5.0)  # true angles count nearly alike, or large ones are drawn to the mean


@dataclass(frozen=True, slots=True)
class Looks:
    """n pictures beside their baselines: what the chain made of them and of the baselines themselves, true fall of CVA
    and true flexion of the head, person and kind."""

    fits: Fits
    rest: Fits
    turned_deg: Array
    nearer_mm: Array
    true_deg: Array
    flexed_deg: Array
    person: npt.NDArray[np.str_]
    kind: npt.NDArray[np.str_]

    def measures(self) -> Array:
        """The correction's measures (n, 8)."""
        return correction.measures(self.fits, self.rest, self.turned_deg, self.nearer_mm)

    def chain_deg(self) -> Array:
        """The chain's own fall of CVA (n,), 0 for the upright picture."""
        return self.fits["cva_drop"] - self.rest["cva_drop"]


def looks(lines: Sequence[Line]) -> Looks:
    """The front pictures in which the face is found, each against its group's neutral picture, field of view known."""
    found: list[tuple[chain.Compared, tuple[float, float, float], tuple[float, float, float], bool, Line]] = []
    for group in grouped(line for line in lines if line.view == "front").values():
        hfov_deg = group[0].camera.hfov_deg
        if hfov_deg is None:
            continue
        try:
            front = baseline(group, hfov_deg).front
        except PosturewatchError:
            continue  # no face in the neutral picture
        for line in group:
            look = describe(line.landmarks, hfov_deg)
            if line.neutral or front is None or look.view is None or look.head is None:
                continue
            turned = chain.head_turned(look.head, front)
            seen = chain.compare(look, turned, front)
            if seen is not None:
                found.append((seen, turned, chain.head_upright(front), look.shoulders_seen, line))
    return _kept(_stacked(found))


def _stacked(found: list[Any]) -> Looks:
    compared, turned, upright, shoulders, lines = zip(*found, strict=True)
    groups, first, group = np.unique([line.group for line in lines], return_index=True, return_inverse=True)
    before = chain.stacked([each.before for each in compared])
    now = chain.stacked([each.now for each in compared])
    fits = kinematics.fit(before, now, np.array(turned), np.array(upright), np.array(shoulders))
    upright_only = _part(before, first)
    still, seen = np.zeros((len(groups), 3)), np.ones(len(groups), bool)
    rest = kinematics.fit(upright_only, upright_only, still, np.array(upright)[first], seen)
    return Looks(
        fits,
        _part(rest, group),
        np.array(turned),
        np.array([each.nearer_mm for each in compared]),
        np.array([line.true_deg for line in lines]),
        np.array([line.truth["d_flexion_deg"] for line in lines]),
        np.array([line.person for line in lines]),
        np.array([line.kind for line in lines]),
    )


def _kept(all_looks: Looks) -> Looks:
    """Those that the program would tell."""
    keep = (all_looks.fits.misfit < MOST_MISFIT) & (np.abs(all_looks.turned_deg[:, 0]) <= MOST_YAW_DEG)
    return part(all_looks, keep)


def part(of: Looks, keep: npt.NDArray[np.bool_]) -> Looks:
    """Some of the looks."""
    some: Looks = _part(of, keep)
    return some


def _part(of: Any, keep: npt.NDArray[Any]) -> Any:
    """Some rows (a mask or their numbers) of an array, or of all arrays of a dataclass."""
    if not is_dataclass(of):
        return of[keep]
    return replace(of, **{each.name: _part(getattr(of, each.name), keep) for each in fields(of)})  # type: ignore[type-var]


def importance(of: Looks) -> Array:
    """How much each picture counts."""
    weight = evenly(of.true_deg)
    for kinds, counts in (({"fh"}, SWEEP_COUNTS), ({"random"}, RANDOM_COUNTS), (RARE, RARE_COUNTS)):
        weight *= np.where(np.isin(of.kind, list(kinds)), counts, 1.0)
    return np.asarray(weight / weight.mean())


def evenly(angles_deg: Array) -> Array:
    """Weights (n,) that let rare angles count nearly as much as frequent ones."""
    place = np.digitize(angles_deg, BINS_DEG)
    return np.asarray(np.bincount(place, minlength=len(BINS_DEG) + 1)[place] ** -0.5)


def weights(of: Looks) -> Array:
    """The correction's weights (8,): ridge on measures of unit spread, through the upright picture's zero."""
    x, count = of.measures(), importance(of)
    y = of.true_deg - of.chain_deg()
    spread = x.std(0)
    z = x / spread
    normal = (z * count[:, None]).T @ z + RIDGE * np.eye(z.shape[1])
    return np.asarray(np.linalg.solve(normal, (z * count[:, None]).T @ y) / spread)


def flexion(of: Looks, drop_deg: Array) -> Array:
    """The terms of what the face's pitch tells too little by (2,)."""
    seen = of.turned_deg[:, 1]
    x, count = correction.nods(seen, drop_deg), evenly(of.flexed_deg)
    return np.asarray(np.linalg.solve((x * count[:, None]).T @ x, (x * count[:, None]).T @ (of.flexed_deg - seen)))


def sigma(of: Looks, drop_deg: Array) -> Array:
    """The terms of the error's variance (4,), none negative, by the likelihood of the errors made (Student's t)."""
    terms = correction.spreads(of.fits, of.turned_deg, drop_deg)
    scale = terms.mean(0)
    squared = np.square(drop_deg - of.true_deg)

    def surprise(logs: Array) -> float:
        variance = terms / scale @ np.exp(logs)
        return float((np.log(variance) + (TAILS + 1) * np.log1p(squared / variance / TAILS)).sum())

    start = np.log(np.full(terms.shape[1], squared.mean() / terms.shape[1]))
    found = minimize(surprise, start, method="L-BFGS-B", bounds=[(-8.0, 6.0)] * len(start))
    return np.asarray(np.exp(found.x) / scale)


def left_out(of: Looks, asked: Looks | None = None) -> Array:
    """The corrected fall of CVA of every picture (of `asked`, where given) by weights fitted on other people."""
    asked = asked or of
    people = np.unique(of.person)
    drop = corrected(asked, weights(of))  # of people who are in no fold
    for fold in range(FOLDS):
        others = people[fold::FOLDS]
        tested = np.isin(asked.person, others)
        drop[tested] = corrected(asked, weights(part(of, ~np.isin(of.person, others))))[tested]
    return drop


def corrected(of: Looks, by: Array) -> Array:
    """The fall of CVA corrected by these weights."""
    return of.chain_deg() + of.measures() @ by


def rounded(values: Array, names: Sequence[str]) -> dict[str, float]:
    """Numbers by name, to four significant digits."""
    return {name: float(f"{value:.4g}") for name, value in zip(names, values, strict=True)}


def fitted(of: Looks, steady: Looks) -> dict[str, Any]:
    """What fitted.json holds: the weights of single looks, and the error left when the noise of a look is averaged out,
    in a stream by time, in `measure` by several ways to look."""
    spread = sigma(steady, left_out(of, steady))
    return {
        "people": len(np.unique(of.person)),
        "pictures": len(of.true_deg),
        "people looked at steadily": len(np.unique(steady.person)),
        "pictures looked at steadily": len(steady.true_deg),
        "weights": rounded(weights(of), list(correction.WEIGHTS)),
        "flexion": rounded(flexion(of, left_out(of)), list(correction.FLEXION)),
        "sigma": rounded(spread, list(correction.SIGMA)),
    }


def learnt(folder: Path = DATA) -> tuple[Looks, Looks]:
    """What is fitted: single looks at the people of the data and of `more`, several looks at those of `steady`."""
    single = [*read(folder), *read(folder / "more")]
    return _of_fit(single), _of_fit(read(folder / "steady"))


def _of_fit(lines: Sequence[Line]) -> Looks:
    return looks([line for line in lines if line.split == "fit"])


def table(of: Looks, drop_deg: Array) -> str:
    """Errors by set, of pictures whose person is not in the fit."""
    off = drop_deg - of.true_deg
    sets = {"sweep": of.kind == "fh", "random": of.kind == "random", "all": np.ones(len(off), bool)}
    rows = [
        f"{name:<8} {keep.sum():>5}  MAE {np.abs(off[keep]).mean():.2f}  bias {off[keep].mean():+.2f}"
        for name, keep in sets.items()
    ]
    return "\n".join(rows)


def main(words: list[str]) -> int:
    """Fit, write and print."""
    of, steady = learnt(Path(words[0]) if words else DATA)
    print("the chain alone\n" + table(of, of.chain_deg()))
    print("corrected, each person left out\n" + table(of, left_out(of)))
    print("the same, looked at in several ways\n" + table(steady, left_out(of, steady)))
    answer = fitted(of, steady)
    FITTED.write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(answer, indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
