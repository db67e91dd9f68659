"""The report's plots."""

from collections.abc import Sequence

import numpy as np

from calibration import metrics, plots
from calibration.metrics import Array
from calibration.peers import everybody, shared
from calibration.people import Line
from calibration.plots import Axes, Bar, Series
from calibration.rows import POSITIVE_DEG, Row, distractors, forward, in_view, numbers, sets
from calibration.score import Scores

SHOWN = ("every factor at random", "sweep of forward head", "distractors", "camera aslant", "camera at the side")
DEGREES = (-30.0, 60.0)  # of the scatter: DESIGN's sweep reaches 35°
STATED_DEG = 12.0  # chosen: beyond what is stated but for single pictures


def all_of(chosen: Sequence[Row], lines: Sequence[Line], scores: Scores) -> dict[str, str]:
    """Every plot by its file's name."""
    return {
        "scatter": scatter(chosen),
        "roc": roc(in_view(chosen, "front"), lines),
        "stated": stated(scores),
        "kinds": kinds(scores),
    }


def scatter(chosen: Sequence[Row]) -> str:
    """Estimated against true change."""
    axes = Axes("Change of CVA since the baseline", "true, degrees", "estimated, degrees", DEGREES, DEGREES, 10, 10)
    found = sets(chosen)
    series = [Series(name, _told(found[name])) for name in SHOWN if name in found]
    return plots.chart(axes, series, [np.array([(DEGREES[0],) * 2, (DEGREES[1],) * 2])])


def roc(front: Sequence[Row], lines: Sequence[Line]) -> str:
    """ROC of this program and of the others' rules, ≥ 15° forward against distractors, pictures that all tell."""
    axes = Axes("Forward heads ≥ 15° against distractors", "false alarms", "found", (0, 1), (0, 1), 0.2, 0.2)
    told = everybody(front, lines) if front else {}
    common = shared(told) if told else np.array([], bool)
    kept = [row for row, known in zip(front, common, strict=True) if known]
    curves = [(name, _curve(kept, each.rank[common])) for name, each in told.items()]
    series = [Series(name, curve, dots=False, line=True) for name, curve in curves if curve is not None]
    return plots.chart(axes, series, [np.array([(0.0, 0.0), (1.0, 1.0)])], legend="low right")


def stated(scores: Scores) -> str:
    """Made against stated error, pictures of similar stated error together."""
    axes = Axes("Stated and made error", "stated, degrees (rms)", "made (rms)", (0, STATED_DEG), (0, STATED_DEG), 2, 2)
    points = np.array([(part.stated, part.made) for part in scores.curve]).reshape(-1, 2)
    series = [Series("an eighth of the pictures each", points, line=True)]
    return plots.chart(axes, series, [np.array([(0.0, 0.0), (STATED_DEG, STATED_DEG)])])


def kinds(scores: Scores) -> str:
    """MAE of every kind of pose, the largest first."""
    told = [(name, each) for name, each in scores.kinds.items() if each.agreement.mae is not None]
    told.sort(key=lambda item: -(item[1].agreement.mae or 0.0))
    rows = [
        Bar(f"{name} ({each.agreement.n})", each.agreement.mae or 0.0, each.interval, abs(each.agreement.bias or 0.0))
        for name, each in told
    ]
    return plots.bars("Error by kind of pose (number of pictures)", "MAE, degrees", rows, "size of the bias")


def _told(chosen: Sequence[Row]) -> Array:
    true, seen, _ = numbers(chosen)
    return np.column_stack([true, seen])[~np.isnan(seen)]


def _curve(kept: Sequence[Row], rank: Array) -> Array | None:
    by_row = dict(zip(map(id, kept), rank, strict=True))
    positive, negative = (
        np.array([by_row[id(row)] for row in some]) for some in (forward(kept, POSITIVE_DEG["15"]), distractors(kept))
    )
    if not len(positive) or not len(negative) or np.isnan(rank).any():
        return None
    return metrics.roc_curve(positive, negative)
