"""What others do with the same pictures (PEERS in the design): their rules on the very landmarks that ours sees.

A signal is made degrees by one factor (for rules without a baseline: a line) fitted to pictures of the fit split; the
ROC area needs no fit. Signals grow as the head comes forward.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration import metrics
from calibration.people import Line
from calibration.rows import ALARM_DEG, POSITIVE_DEG, Row, distractors, forward, numbers, sets
from posturewatch.features import EARS, NOSE, SHOULDERS
from posturewatch.landmarks import Landmarks

Array = npt.NDArray[np.float64]

FACE_SIDES = (234, 454)  # of the face model's points: right and left edge of the face
OURS = "posturewatch"
LEAST_TOLD = 0.5  # chosen: a rule that tells less is no part of the comparison (the face's width from the side)
LIMIT_DEG = 40.0  # the copied rule: "neck inclination below 40° is good posture"


@dataclass(frozen=True, slots=True)
class Peer:
    """A rule: its signal of a picture and the baseline's one, NaN where it has none; absolute ones have a limit of
    their own in place of a baseline."""

    name: str
    signal: Callable[[Landmarks, Landmarks], float]
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one rule makes of some pictures (n,): its signal as it ranks them, in degrees, and whether it alarms."""

    rank: Array
    degrees: Array
    alarm: Array


@dataclass(frozen=True, slots=True)
class Compared:
    """A rule on the n pictures of `shared`: `told` is its share of all pictures, the rest is None where that is too
    small. MAE by set; ROC area for ≥ 10° and ≥ 15° forward; balanced accuracy for ≥ 10° at 10° or at its own limit."""

    n: int
    told: float
    mae: dict[str, float | None]
    roc_10: float | None
    roc_15: float | None
    balanced: float | None


@dataclass(frozen=True, slots=True)
class Gain:
    """degrees = factor · signal + offset; the offset is 0 for a change from a baseline."""

    factor: float
    offset_deg: float = 0.0


def nose_height(now: Landmarks, before: Landmarks) -> float:
    """The nose's sinking in the picture over the baseline's shoulder width.

    dorso (and dorso-linux): nose y below the calibrated one by more than a dead zone.
    """
    if now.pose is None or before.pose is None:
        return np.nan
    return float(now.pose[NOSE, 1] - before.pose[NOSE, 1]) / _shoulder_width(before.pose)


def face_width(now: Landmarks, before: Landmarks) -> float:
    """The face's width over its width at the baseline, less 1: nearer is taken for further forward.

    dorso's second rule (after its issue 47): face width above the calibrated one by more than a dead zone.
    """
    if now.face is None or before.face is None:
        return np.nan
    return _face_width(now.face.points) / _face_width(before.face.points) - 1


def ear_height(now: Landmarks, before: Landmarks) -> float:
    """The fall of (height of the ears above the shoulders / shoulder width) since the baseline.

    The neck's shortening in the picture, the best of the simple ratios (DESIGN part 3).
    """
    if now.pose is None or before.pose is None:
        return np.nan
    return _ear_height(before.pose) - _ear_height(now.pose)


def world_change(now: Landmarks, before: Landmarks) -> float:
    """The change of the angle from vertical of shoulders → ears in MediaPipe's world landmarks, degrees."""
    return world_angle(now, now) - world_angle(before, before)


def world_angle(now: Landmarks, _before: Landmarks) -> float:
    """The 40° rule on the world landmarks: angle from vertical of shoulders → ears, degrees, without a baseline."""
    if now.world is None:
        return np.nan
    up, forward = -(now.world[EARS] - now.world[SHOULDERS]).mean(0)[1:]
    return float(np.degrees(np.arctan2(forward, up)))


def picture_angle(now: Landmarks, _before: Landmarks) -> float:
    """The 40° rule as it is copied from page to page (made for a side view): angle from vertical of shoulder → ear in
    the picture, whichever way it tips, of the side nearer to the camera, degrees, without a baseline."""
    if now.pose is None:
        return np.nan
    near = 0 if now.pose[EARS[0], 2] < now.pose[EARS[1], 2] else 1
    across, down = now.pose[EARS[near], :2] - now.pose[SHOULDERS[near], :2]
    return float(np.degrees(np.arctan2(abs(across), -down)))


def picture_change(now: Landmarks, before: Landmarks) -> float:
    """The change of `picture_angle` since the baseline, degrees."""
    return picture_angle(now, now) - picture_angle(before, before)


PEERS = (
    Peer("nose height (dorso)", nose_height),
    Peer("face width (dorso)", face_width),
    Peer("ear height / shoulder width", ear_height),
    Peer("world landmarks, change", world_change),
    Peer("ear–shoulder in the picture, change", picture_change),
    Peer("40° rule, world landmarks", world_angle, LIMIT_DEG),
    Peer("40° rule, in the picture", picture_angle, LIMIT_DEG),
)


def signals(peer: Peer, pairs: Sequence[tuple[Line, Line]]) -> Array:
    """The rule's signal of each picture, given the neutral one of its group; NaN where it has none."""
    return np.array([peer.signal(now.landmarks, before.landmarks) for now, before in pairs], np.float64)


def fit(peer: Peer, signal: Array, true_deg: Array) -> Gain:
    """The least-squares factor of a change, or line of an absolute signal, to degrees; NaN where there is nothing."""
    known = ~np.isnan(signal)
    x, y = signal[known], true_deg[known]
    if peer.limit is None:
        return Gain(float(x @ y / (x @ x)) if x.any() else np.nan)
    if len(x) < 2 or np.ptp(x) == 0:
        return Gain(np.nan, np.nan)
    factor, offset = np.polyfit(x, y, 1)
    return Gain(float(factor), float(offset))


def compare(chosen: Sequence[Row], lines: Sequence[Line]) -> dict[str, Compared]:
    """This program and the others' rules on pictures from one side; `lines` are all data, to fit the gains on."""
    if not chosen:
        return {}
    told = everybody(chosen, lines)
    common = shared(told)
    return {name: _compared(chosen, each, common) for name, each in told.items()}


def shared(told: Mapping[str, Told]) -> npt.NDArray[np.bool_]:
    """Which pictures (n,) every rule tells, but for the rules that tell less than LEAST_TOLD of them."""
    known = np.array([~np.isnan(each.rank) for each in told.values()])
    return np.asarray(known[known.mean(axis=1) >= LEAST_TOLD].all(axis=0))


def everybody(chosen: Sequence[Row], lines: Sequence[Line]) -> dict[str, Told]:
    """What this program and each of the others make of the pictures, which are from one side."""
    ours = numbers(chosen)[1]
    fitting = _fitting(lines, chosen[0].line.view)
    true_deg = np.array([now.true_deg for now, _ in fitting])
    here = [(row.line, row.neutral) for row in chosen]
    told = {OURS: Told(ours, ours, np.where(ours >= ALARM_DEG, 1.0, 0.0))}
    for peer in PEERS:
        gain = fit(peer, signals(peer, fitting), true_deg)
        told[peer.name] = _told(peer, signals(peer, here), gain)
    return told


def _fitting(lines: Sequence[Line], view: str) -> list[tuple[Line, Line]]:
    """The fit split's pictures from one side with their neutral ones; all of that side where nothing is split."""
    side = [line for line in lines if line.view == view]
    neutral = {line.group: line for line in reversed(side) if line.neutral}
    pairs = [(line, neutral[line.group]) for line in side if not line.neutral and line.group in neutral]
    return [pair for pair in pairs if pair[0].split == "fit"] or pairs


def _told(peer: Peer, signal: Array, gain: Gain) -> Told:
    degrees = gain.factor * signal + gain.offset_deg
    alarms = degrees >= ALARM_DEG if peer.limit is None else signal >= peer.limit
    return Told(signal, degrees, np.where(alarms, 1.0, 0.0))


def _compared(chosen: Sequence[Row], told: Told, common: npt.NDArray[np.bool_]) -> Compared:
    share = float((~np.isnan(told.rank)).mean())
    if share < LEAST_TOLD:
        return Compared(int(common.sum()), share, dict.fromkeys(sets(chosen)), None, None, None)
    at = {id(row): i for i, row in enumerate(chosen)}
    true = numbers(chosen)[0]

    def of(rows: Sequence[Row], values: Array) -> Array:
        places = [at[id(row)] for row in rows]
        return values[[place for place in places if common[place]]]

    negative = distractors(chosen)
    ten, fifteen = (forward(chosen, from_deg) for from_deg in POSITIVE_DEG.values())
    return Compared(
        n=int(common.sum()),
        told=share,
        mae={
            name: metrics.agreement(of(members, true), of(members, told.degrees)).mae
            for name, members in sets(chosen).items()
        },
        roc_10=metrics.roc_area(of(ten, told.rank), of(negative, told.rank)),
        roc_15=metrics.roc_area(of(fifteen, told.rank), of(negative, told.rank)),
        balanced=metrics.balanced_accuracy(of(ten, told.alarm), of(negative, told.alarm), 1.0),
    )


def _shoulder_width(pose: Array) -> float:
    return float(np.linalg.norm(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2]))


def _face_width(points: Array) -> float:
    return float(np.linalg.norm(points[FACE_SIDES[0], :2] - points[FACE_SIDES[1], :2]))


def _ear_height(pose: Array) -> float:
    return float(pose[SHOULDERS, 1].mean() - pose[EARS, 1].mean()) / _shoulder_width(pose)
