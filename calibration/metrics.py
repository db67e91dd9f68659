"""How well numbers agree with the truth: pure functions over arrays; degrees unless said otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LIMITS_SD = 1.96  # Bland & Altman 1986: 95 % of normally distributed differences
LEAST_SPREAD_DEG = 5.0  # chosen: where the truth hardly varies, R² only says so
DRAWS = 2000  # chosen: the ends of the interval are then steady to about .02°
SEED = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Estimates against the truth. told: share of the n pictures that have an estimate; all else is over those.

    bias: mean of estimate − truth, sd its SD (n − 1); low, high: bias ± 1.96 sd, the 95 % limits of agreement.
    r2: 1 − squared errors over squared deviations of the truth from its mean, against the estimates as they are and not
    a line through them, so it can be negative; None where the truth has an SD below LEAST_SPREAD_DEG.
    """

    n: int
    told: float
    mae: float | None = None
    bias: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    r2: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures of similar stated error: root mean squares of what was stated and of what was made, and the shares of
    errors within 1 and 2 times what was stated."""

    n: int
    stated: float
    made: float
    within_1: float
    within_2: float


def agreement(true: Array, seen: Array) -> Agreement:
    """Compare estimates (n,), NaN where not told, with the truth (n,)."""
    known = ~np.isnan(seen)
    told = float(known.mean()) if len(seen) else 0.0
    if not known.any():
        return Agreement(len(seen), told)
    off, truth = seen[known] - true[known], true[known]
    bias = float(off.mean())
    sd = float(off.std(ddof=1)) if len(off) > 1 else None
    return Agreement(
        n=len(seen),
        told=told,
        mae=float(np.abs(off).mean()),
        bias=bias,
        sd=sd,
        low=None if sd is None else bias - LIMITS_SD * sd,
        high=None if sd is None else bias + LIMITS_SD * sd,
        r2=_r2(truth, off),
    )


def _r2(true: Array, off: Array) -> float | None:
    if true.std() < LEAST_SPREAD_DEG:
        return None
    return float(1 - np.square(off).sum() / np.square(true - true.mean()).sum())


def roc_area(positive: Array, negative: Array) -> float | None:
    """The chance that a positive ranks above a negative, ties counting half; None without either."""
    if not len(positive) or not len(negative):
        return None
    low = np.sort(negative)
    below = np.searchsorted(low, positive, side="left")
    not_above = np.searchsorted(low, positive, side="right")
    return float((below + not_above).mean() / 2 / len(low))


def roc_curve(positive: Array, negative: Array) -> Array:
    """False and true alarm rates (k, 2) as the threshold falls, from (0, 0) to (1, 1); the corners alone."""
    cuts = np.unique(np.concatenate([positive, negative]))[::-1]
    high, low = np.sort(positive), np.sort(negative)
    true = 1 - np.searchsorted(high, cuts) / len(high)
    false = 1 - np.searchsorted(low, cuts) / len(low)
    curve = np.vstack([(0.0, 0.0), np.column_stack([false, true])])
    before, after = np.diff(curve, axis=0)[:-1], np.diff(curve, axis=0)[1:]
    straight = ((before == 0) & (after == 0)).any(axis=1)
    return np.asarray(curve[np.concatenate([[True], ~straight, [True]])])


def balanced_accuracy(positive: Array, negative: Array, threshold: float) -> float | None:
    """Mean of the share of positives at or above the threshold and of negatives below it; None without either."""
    if not len(positive) or not len(negative):
        return None
    return float(((positive >= threshold).mean() + (negative < threshold).mean()) / 2)


def by_stated(off: Array, stated: Array, parts: int) -> list[Part]:
    """The pictures in order of their stated error, in so many parts of the same size (one more in the first ones)."""
    order = np.argsort(stated, kind="stable")
    return [part(off[chosen], stated[chosen]) for chosen in np.array_split(order, parts) if len(chosen)]


def part(off: Array, stated: Array) -> Part:
    """What these pictures' stated errors are worth."""
    return Part(
        n=len(off),
        stated=_rms(stated),
        made=_rms(off),
        within_1=float((np.abs(off) <= stated).mean()),
        within_2=float((np.abs(off) <= 2 * stated).mean()),
    )


def mae_interval(people: Sequence[str], off: Array, draws: int = DRAWS, seed: int = SEED) -> tuple[float, float] | None:
    """95 % interval of the MAE, drawing people and not pictures with replacement, since one person's errors go
    together; None for fewer than two people."""
    names, who = np.unique(np.array(people, dtype=str), return_inverse=True)
    if len(names) < 2:
        return None
    total = np.bincount(who, weights=np.abs(off))
    count = np.bincount(who)
    drawn = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    low, high = np.percentile(total[drawn].sum(1) / count[drawn].sum(1), [2.5, 97.5])
    return float(low), float(high)


def _rms(values: Array) -> float:
    return float(np.sqrt(np.square(values).mean()))
