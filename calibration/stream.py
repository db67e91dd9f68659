"""Does a stream tell more than single pictures? What is told in a working day, by way of looking and by segment.

python -m calibration.stream CLIPS_FOLDER [--hfov known|assumed|DEGREES]

Jitter: root mean square of what the error changes by from one look to the next, over √2: errors that have nothing to
do with each other have a jitter of their SD, a steady error has none.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.events import MOVE_S, Clip, clips
from calibration.metrics import Agreement, agreement
from calibration.rows import hfov_deg
from calibration.tables import markdown, number, percent
from posturewatch import exercises
from posturewatch.baseline import Baseline, build
from posturewatch.chain import deviation
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.capture import Started, Window
from posturewatch.features import describe
from posturewatch.monitor import Moment, Monitor
from posturewatch.posture import AWAY

Array = npt.NDArray[np.float64]

DAY = "-workday"  # the end of a clip's name
SINGLE_S = (0.0, 3.0, 6.0)  # when the looks are taken that are baselines by themselves; chosen
ONE, MANY, STREAM = "one look, baseline of one look", "one look, shipped baseline", "stream, shipped baseline"
WAYS = (ONE, MANY, STREAM)
MOVING, SETTLED = f"moving (first {MOVE_S:g} s)", "all settled"


@dataclass(frozen=True, slots=True)
class Track:
    """A clip looked at in one way: error at each of its looks (n,), degrees, NaN where nothing is told."""

    clip: Clip
    way: str
    off_deg: Array


@dataclass(frozen=True, slots=True)
class Steadiness:
    """The errors in one segment, and their jitter, degrees; None without two looks in a row."""

    agreement: Agreement
    jitter_deg: float | None


def tracks(clip: Clip, hfov: str = "assumed") -> Iterator[Track]:
    """The clip in every way; in none that has no baseline."""
    degrees = hfov_deg(clip.lines[0], hfov)
    for single in singles(clip, degrees):
        yield Track(clip, ONE, errors(clip, single))
    shipped, smooth = monitored(clip, degrees)
    if shipped is not None:
        yield Track(clip, MANY, errors(clip, shipped))
        yield Track(clip, STREAM, smooth)


def singles(clip: Clip, degrees: float) -> Iterator[Baseline]:
    """The baselines of single looks at the clip's beginning, but for looks that are refused."""
    for at_s in SINGLE_S:
        line = next(line for line in clip.lines if line.landmarks.t_s >= at_s)
        try:
            yield build([describe(line.landmarks, degrees)], degrees)
        except PosturewatchError:
            continue


def errors(clip: Clip, upright: Baseline) -> Array:
    """Estimated less true change of each look by itself."""
    told = (
        deviation(describe(line.landmarks, upright.hfov_deg, upright.place), upright).forward_head_deg
        for line in clip.lines
    )
    return _off(clip, list(told))


def monitored(clip: Clip, degrees: float) -> tuple[Baseline | None, Array]:
    """The baseline of the shipped window and the errors of the smoothed values that the postures are judged by."""
    settings = Settings()
    settings = replace(settings, camera=replace(settings.camera, hfov_deg=degrees))
    upright: Baseline | None = None
    told: dict[float, float | None] = {}
    for happening in Monitor(settings, exercises.load(), clip.fps).run(
        (line.landmarks for line in clip.lines), Window()
    ):
        if isinstance(happening, Started):
            upright = happening.baseline
        elif isinstance(happening, Moment) and happening.sample.age_s == 0:
            told[happening.sample.t_s] = happening.sample.forward_head_deg
    return upright, _off(clip, [told.get(line.landmarks.t_s) for line in clip.lines])


def stretches(clip: Clip) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """The clip's segments after the shipped window, each its label and which looks (n,) are in it; the time in which
    the person moves into it apart, absences left out."""
    t_s = np.array([line.landmarks.t_s for line in clip.lines])
    for event in clip.events:
        if event.posture == AWAY:
            continue
        settled_s = event.start_s + MOVE_S if event.start_s > 0 else event.start_s
        for label, start_s, end_s in ((MOVING, event.start_s, settled_s), (event.label, settled_s, event.end_s)):
            chosen = (t_s >= max(start_s, Window().end_s)) & (t_s < end_s)
            if chosen.any():
                yield label, chosen


def scored(found: Sequence[Track]) -> dict[tuple[str, str], Steadiness]:
    """By segment and way; all that is settled together first, moving last."""
    parts: dict[tuple[str, str], list[Array]] = {}
    for track in found:
        for label, chosen in stretches(track.clip):
            for name in (label,) if label == MOVING else (SETTLED, label):
                parts.setdefault((name, track.way), []).append(track.off_deg[chosen])
    names = list(dict.fromkeys(name for name, _ in parts))
    order = sorted(names, key=lambda name: (name != SETTLED, name == MOVING))
    return {(name, way): steadiness(parts[name, way]) for name in order for way in WAYS if (name, way) in parts}


def steadiness(parts: Sequence[Array]) -> Steadiness:
    """Errors of looks in a row, in several parts."""
    off = np.concatenate(parts)
    steps = np.concatenate([np.diff(part) for part in parts])
    steps = steps[~np.isnan(steps)]
    jitter = float(np.sqrt(np.square(steps).mean() / 2)) if len(steps) else None
    return Steadiness(agreement(np.zeros(len(off)), off), jitter)


def text(found: Sequence[Track]) -> str:
    """The table, and what it comes to."""
    scores = scored(found)
    header = ["segment: way", "looks", "told", "MAE", "bias", "SD", "jitter"]
    cells = [_cells(f"{name}: {way}", each) for (name, way), each in scores.items()]
    return "\n\n".join([markdown(header, cells), *_verdict([scores.get((SETTLED, way)) for way in WAYS])])


def read(folder: Path, hfov: str = "assumed") -> list[Track]:
    """Every working day of a folder in every way; PosturewatchError when there are no clips."""
    return [track for clip in clips(folder) if clip.name.endswith(DAY) for track in tracks(clip, hfov)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code."""
    given = _arguments().parse_args(arguments)
    try:
        print(text(read(given.folder, given.hfov)))
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _off(clip: Clip, told: Sequence[float | None]) -> Array:
    true = np.array([line.true_deg for line in clip.lines])
    return np.asarray(np.array(told, np.float64) - true)


def _verdict(ways: Sequence[Steadiness | None]) -> list[str]:
    known = [each for each in ways if each is not None]
    if len(known) < len(WAYS):
        return []
    maes = " → ".join(number(each.agreement.mae) for each in known)
    sds = " → ".join(number(each.agreement.sd) for each in known)
    jitters = " → ".join(number(each.jitter_deg) for each in known)
    return [f"Settled, from the first way to the last: MAE {maes}°, SD {sds}°, jitter {jitters}°."]


def _cells(name: str, each: Steadiness) -> list[str]:
    found = each.agreement
    return [
        name,
        str(found.n),
        percent(found.told),
        number(found.mae),
        number(found.bias, sign=True),
        number(found.sd),
        number(each.jitter_deg),
    ]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Does a stream tell more than single pictures?")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hfov", default="assumed", help="known, assumed or degrees")
    return parser


if __name__ == "__main__":
    sys.exit(main())
