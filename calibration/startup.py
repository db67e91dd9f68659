"""How good a baseline is after how many seconds, sitting still, talking or leaning about meanwhile.

python -m calibration.startup CLIPS_FOLDER [--data FOLDER] [--hfov known|assumed|DEGREES]

A baseline is built of windows of the capture clips, and then asked about pictures of the same person whose true change
of CVA is known: looks at which they sit neutrally (in any of their clips, outside the window), and their forward heads
in the data, where those show the same person before the same camera. Its error is the mean of what it makes.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration import plots
from calibration.events import Clip, clips
from calibration.metrics import Agreement, agreement
from calibration.people import DATA, Line, read_file
from calibration.plots import Axes, Series
from calibration.rig.lines import SUFFIX
from calibration.rows import FORWARD, hfov_deg
from calibration.tables import markdown, number, percent
from posturewatch.baseline import Baseline, build
from posturewatch.chain import deviation
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.capture import Startup
from posturewatch.features import Features, describe

LENGTHS_S = (0.2, 1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 15.0)  # the first is one look of five a second
SHIPPED_S = Startup().length_s
STARTS = 4  # chosen: windows of a length in each clip, evenly spread
CAPTURE = "capture_"  # in a clip's name, before the activity
NEUTRAL = ("neutral", "upright")  # labels of a clip's events
SETTLED_S = 2.0  # chosen: a person has then arrived in a posture
LOOKS = 24  # chosen: neutral looks of a person that a baseline is asked about, evenly spread
FIELDS = ("neutral_deg", "forward_deg")
SAME_DEG = 0.01  # the truth is rounded to .001°
NEAR_BEST_DEG = 0.25  # chosen: less than a tenth of the estimate's own error


@dataclass(frozen=True, slots=True)
class Attempt:
    """One window: the mean error of its baseline at neutral looks and at forward heads, degrees, None where nothing is
    told or known; or why there was no baseline."""

    person: str
    activity: str
    length_s: float
    refused: str | None = None
    neutral_deg: float | None = None
    forward_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person's baselines are asked about; unfit says why the data's pictures of them are none."""

    looks: tuple[Line, ...]
    pictures: tuple[Line, ...]
    unfit: str | None = None


def attempts(found: Sequence[Clip], asked: Mapping[str, Asked], hfov: str = "assumed") -> list[Attempt]:
    """Every window of every capture clip."""
    return [
        attempt(clip, activity, length_s, start, asked[clip.person], hfov)
        for clip in found
        for activity in [clip.name.rpartition(CAPTURE)[2]]
        if CAPTURE in clip.name
        for length_s in LENGTHS_S
        for start in starts(len(clip.lines), count(length_s, clip.fps))
    ]


def attempt(clip: Clip, activity: str, length_s: float, start: int, asked: Asked, hfov: str) -> Attempt:
    """The window of a length that begins with the clip's `start`th look."""
    inside = clip.lines[start : start + count(length_s, clip.fps)]
    degrees = hfov_deg(inside[0], hfov)
    try:
        upright = build([describe(line.landmarks, degrees) for line in inside], degrees)
    except PosturewatchError as error:
        return Attempt(clip.person, activity, length_s, refused=reason(str(error)))
    seen = {line.name for line in inside}
    looks = [line for line in asked.looks if line.name not in seen]
    errors = (mean_error_deg(lines, upright) for lines in (looks, asked.pictures))
    return Attempt(clip.person, activity, length_s, None, *errors)


def count(length_s: float, fps: float) -> int:
    """Looks in a window."""
    return max(1, round(length_s * fps))


def starts(looks: int, wanted: int) -> list[int]:
    """Where windows of so many wanted looks begin in a clip, evenly spread; none when they don't fit."""
    if wanted > looks:
        return []
    return sorted({round(start) for start in np.linspace(0, looks - wanted, STARTS)})


def reason(message: str) -> str:
    """What a refusal's message says, without its numbers and advice."""
    return message.removeprefix("No baseline: ").partition(".")[0].partition(" (by")[0]


def mean_error_deg(lines: Sequence[Line], upright: Baseline) -> float | None:
    """Mean of estimated less true change over the pictures told; None for none."""
    told = [(line, deviation(_features(line, upright), upright).forward_head_deg) for line in lines]
    errors = [seen - line.true_deg for line, seen in told if seen is not None]
    return float(np.mean(errors)) if errors else None


def ask(found: Sequence[Clip], data: Mapping[str, Sequence[Line]]) -> dict[str, Asked]:
    """What each person's baselines are asked about; data holds lines of people by name."""
    asked = {}
    for person in sorted({clip.person for clip in found if CAPTURE in clip.name}):
        own = [clip for clip in found if clip.person == person]
        looks = _spread([line for clip in own for line in neutral(clip)], LOOKS)
        front = [line for line in data.get(person, ()) if line.view == "front"]
        unfit = differs(own[0].lines[0], front)
        pictures = () if unfit else tuple(line for line in front if line.kind in FORWARD)
        asked[person] = Asked(tuple(looks), pictures, unfit)
    return asked


def neutral(clip: Clip) -> Iterator[Line]:
    """The looks of a clip at which the person sits neutrally and has arrived there."""
    for event in clip.events:
        settled_s = event.start_s + (SETTLED_S if event.start_s > 0 else 0.0)
        if event.label in NEUTRAL:
            yield from (line for line in clip.lines if settled_s <= line.landmarks.t_s < event.end_s)


def differs(look: Line, front: Sequence[Line]) -> str | None:
    """Why the data's pictures from the front can't be held against this look of a clip; None when they can."""
    if not front:
        return "no pictures in the data"
    picture = front[0]
    if picture.camera != look.camera:
        return "another camera in the data"
    if abs(_neutral_cva_deg(picture) - _neutral_cva_deg(look)) > SAME_DEG:
        return "another neutral posture in the data"
    if not any(line.kind in FORWARD for line in front):
        return "no forward heads in the data"
    return None


# What is told of it


def text(tried: Sequence[Attempt], asked: Mapping[str, Asked]) -> str:
    """The table, why windows were refused, and why the shipped window is as long as it is."""
    header = ["meanwhile, captured", "windows", "refused", "MAE", "bias", "SD", "worst"]
    header += ["forward: MAE", "bias", "SD"]
    cells = [_cells(activity, length_s, some) for (activity, length_s), some in groups(tried).items()]
    refused = Counter((each.activity, each.refused) for each in tried if each.refused)
    reasons = [f"- {activity}: {why} ({n} times)" for (activity, why), n in sorted(refused.items(), key=str)]
    unfit = [f"- {person}: {each.unfit}" for person, each in asked.items() if each.unfit]
    parts = [markdown(header, cells), why_shipped(tried)]
    parts += ["Refused:\n\n" + "\n".join(reasons)] if reasons else []
    parts += ["Without forward heads to be asked about:\n\n" + "\n".join(unfit)] if unfit else []
    return "\n\n".join(parts)


def groups(tried: Sequence[Attempt]) -> dict[tuple[str, float], list[Attempt]]:
    """The windows of each activity and length, in order of their coming."""
    found: dict[tuple[str, float], list[Attempt]] = {}
    for each in sorted(tried, key=lambda each: each.length_s):
        found.setdefault((each.activity, each.length_s), []).append(each)
    order = list(dict.fromkeys(each.activity for each in tried))
    return dict(sorted(found.items(), key=lambda item: order.index(item[0][0])))


def spread_deg(some: Sequence[Attempt], field: str = "neutral_deg") -> float | None:
    """What the luck of the window is worth: SD between windows of the same person; None without two of anybody's."""
    errors: dict[str, list[float]] = {}
    for each in some:
        if getattr(each, field) is not None:
            errors.setdefault(each.person, []).append(getattr(each, field))
    free = sum(len(own) - 1 for own in errors.values())
    return float(np.sqrt(sum(np.var(own) * len(own) for own in errors.values()) / free)) if free else None


def curve(tried: Sequence[Attempt]) -> dict[str, list[tuple[float, float]]]:
    """Seconds and SD between windows at neutral looks, by activity."""
    found: dict[str, list[tuple[float, float]]] = {}
    for (activity, length_s), some in groups(tried).items():
        spread = spread_deg(some)
        if spread is not None:
            found.setdefault(activity, []).append((length_s, spread))
    return found


def why_shipped(tried: Sequence[Attempt]) -> str:
    """The shipped window's place on the curve of the activity that suits it least."""
    worst: dict[float, float] = {}
    for points in curve(tried).values():
        for length_s, spread in points:
            worst[length_s] = max(worst.get(length_s, 0.0), spread)
    if SHIPPED_S not in worst:
        return ""
    near = [length_s for length_s in sorted(worst) if worst[length_s] <= min(worst.values()) + NEAR_BEST_DEG]
    told = ", ".join(f"{number(spread)}° after {length_s:g} s" for length_s, spread in sorted(worst.items()))
    return (
        f"SD between windows, of the activity with the largest: {told}. The shortest window within "
        f"{NEAR_BEST_DEG:g}° of the least is that of {near[0]:g} s; {_judged(near)}"
    )


def plot(tried: Sequence[Attempt]) -> str:
    """The SD between windows over the seconds captured, by activity; the dashed line is the shipped window."""
    found = curve(tried)
    top = max([1.0, *(spread for points in found.values() for _, spread in points)])
    axes = Axes(
        "Luck of the window", "seconds captured", "SD between windows, degrees", (0, 16), (0, np.ceil(top)), 2, 0.5
    )
    series = [Series(activity, np.array(points), line=True) for activity, points in found.items()]
    return plots.chart(axes, series, [np.array([(SHIPPED_S, 0.0), (SHIPPED_S, axes.y_range[1])])])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code."""
    given = _arguments().parse_args(arguments)
    try:
        found = clips(given.folder)
        asked = ask(found, {clip.person: _of_person(given.data, clip.person) for clip in found})
        tried = attempts(found, asked, given.hfov)
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    print(text(tried, asked))
    return 0


def _of_person(folder: Path, person: str) -> list[Line]:
    path = folder / f"{person}{SUFFIX}"
    return list(read_file(path)) if path.exists() else []


def _features(line: Line, upright: Baseline) -> Features:
    return describe(line.landmarks, upright.hfov_deg, upright.place)


def _neutral_cva_deg(line: Line) -> float:
    """CVA of the neutral posture that the line's change is told from."""
    return line.truth["cva_deg"] + line.true_deg


def _spread(lines: Sequence[Line], most: int) -> list[Line]:
    places = np.linspace(0, len(lines) - 1, min(most, len(lines))).round()
    return [lines[int(place)] for place in places]


def _judged(near: Sequence[float]) -> str:
    """The shipped window against the lengths that are near the best."""
    if SHIPPED_S not in near:
        return f"here it would be better than the shipped {SHIPPED_S:g} s."
    if near[0] == SHIPPED_S:
        return f"that is why {SHIPPED_S:g} s are shipped."
    return f"the shipped {SHIPPED_S:g} s leave room for people who sit less quietly than these."


def _agreement(errors: Sequence[float | None]) -> Agreement:
    seen = np.array(errors, np.float64)
    return agreement(np.zeros(len(seen)), seen)


def _cells(activity: str, length_s: float, some: Sequence[Attempt]) -> list[str]:
    label = f"{activity}, {length_s:g} s"
    still, ahead = (_agreement([getattr(each, field) for each in some]) for field in FIELDS)
    off = [abs(each.neutral_deg) for each in some if each.neutral_deg is not None]
    return [
        f"**{label}** (shipped)" if length_s == SHIPPED_S else label,
        str(len(some)),
        percent(sum(each.refused is not None for each in some) / len(some)),
        number(still.mae),
        number(still.bias, sign=True),
        number(spread_deg(some)),
        number(max(off, default=None)),
        number(ahead.mae),
        number(ahead.bias, sign=True),
        number(spread_deg(some, "forward_deg")),
    ]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How good a baseline is after how many seconds.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--hfov", default="assumed", help="known, assumed or degrees")
    return parser


if __name__ == "__main__":
    sys.exit(main())
