"""How the coach does on drills: are repetitions counted exactly, are any invented, is the wrong exercise noticed.

python -m calibration.coach DRILLS_FOLDER [--hfov known|assumed|DEGREES] [--failures]

A set is one clip coached for one movement of the catalogue; it is exact when the counts of both sides are. What is
done half-way or too fast must not be counted. Other rates than the clip's are made by leaving looks out or in between.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

from calibration.events import TIMELINE
from calibration.people import Line, read_file
from calibration.rates import resampled
from calibration.rig.lines import SUFFIX
from calibration.rig.moves import NO_SIDE
from calibration.rows import hfov_deg
from calibration.tables import markdown, percent
from posturewatch import exercises
from posturewatch.coach import Coach, Hint, Repetition, WrongAxis
from posturewatch.errors import PosturewatchError
from posturewatch.exercises import Exercise, Movement
from posturewatch.features import Features, describe

RATES_HZ = (5.0, 10.0, 30.0)  # issue: the same counts at each
UNCOUNTED = ("half", "fast", "idle")  # ways whose movements are no repetitions
MISTAKEN = {  # wanted → seen; a sweep is bowed too, so that a nod is no mistake
    "turn": ("tilt", "nod"),
    "tilt": ("turn", "nod"),
    "nod": ("turn", "tilt"),
    "sweep": ("turn", "tilt"),
}
# wanted → exercises that really hold the movement, so that counting it is no mistake
SAME = {"turn": ("sweep",), "tilt": ("sweep",), "nod": ("sweep",), "shoulders": ("hands",), "hands": (), "leave": ()}
IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Drill:
    """A clip of one exercise (axis None: of none) and its true counts by side."""

    name: str
    fps: float
    axis: str | None
    way: str
    counts: dict[str, int]
    length_s: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """A drill coached for one axis at one rate: repetitions by side, remarks by kind, wrong axes by name."""

    drill: Drill
    wanted: str
    rate_hz: float
    counts: dict[str, int]
    remarks: Counter[str]
    wrong: Counter[str]

    @property
    def expected(self) -> dict[str, int]:
        """What should have been counted."""
        return self.drill.counts if self.wanted == self.drill.axis and self.drill.way not in UNCOUNTED else {}

    @property
    def exact(self) -> bool:
        """Whether every side's count is right."""
        return self.counts == self.expected


def read(folder: Path) -> list[Drill]:
    """Every drill of a folder by name; PosturewatchError when there is none."""
    found = [_drill(path) for path in sorted(folder.glob(f"*{TIMELINE}"))]
    if not found:
        raise PosturewatchError(f"{folder} holds no drills (*{TIMELINE}). Make them with calibration.rig.make drills.")
    return found


def movements() -> dict[str, Movement]:
    """The catalogue's movement of each axis, of several the one that asks for the least."""
    steps = [step.movement for entry in exercises.load() for step in entry.steps if step.movement is not None]
    least = sorted(steps, key=lambda each: (each.axis, each.hold_s, each.target))
    return {axis: replace(next(some), repetitions=99) for axis, some in groupby(least, key=lambda each: each.axis)}


def sets(drill: Drill, hfov: str = "assumed") -> Iterator[Set]:
    """The drill coached for every axis at every rate."""
    degrees = hfov_deg(drill.lines[0], hfov)
    found = [line.landmarks for line in drill.lines]
    for rate_hz in RATES_HZ:
        looks = [describe(each, degrees) for each in resampled(found, rate_hz)]
        for movement in movements().values():
            yield coached(drill, movement, looks, rate_hz)


def coached(drill: Drill, movement: Movement, looks: Iterable[Features], rate_hz: float) -> Set:
    """One set."""
    coach = Coach(_only(movement))
    counts: Counter[str] = Counter()
    remarks: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for look in looks:
        for event in coach.see(look):
            if isinstance(event, Repetition):
                counts[event.side or NO_SIDE] += 1
            elif isinstance(event, Hint):
                remarks[event.kind] += 1
            elif isinstance(event, WrongAxis):
                wrong[event.seen] += 1
    return Set(drill, movement.axis, rate_hz, dict(sorted(counts.items())), remarks, wrong)


@cache
def _only(movement: Movement) -> Exercise:
    """An exercise of nothing but this movement, that takes as long as anybody likes."""
    entry = next(each for each in exercises.load() if any(_about(step.movement, movement.axis) for step in each.steps))
    step = next(step for step in entry.steps if _about(step.movement, movement.axis))
    return replace(entry, steps=(replace(step, movement=movement, total_s=3600.0),))


def _about(movement: Movement | None, axis: str) -> bool:
    return movement is not None and movement.axis == axis


# Tables


def text(found: Sequence[Set]) -> str:
    """The tables and what they come to."""
    return "\n\n".join(
        [
            "Sets of an exercise, counted exactly (half-way and too fast: counted not at all)",
            _exact_table([each for each in found if each.wanted == each.drill.axis]),
            "Repetitions counted while no exercise was done",
            _idle_table([each for each in found if each.drill.way == IDLE]),
            "Another exercise than the wanted one: named, and not counted",
            _wrong_table([each for each in found if mistaken(each)]),
            *_verdict(found),
        ]
    )


def mistaken(each: Set) -> bool:
    """Whether the set is of a person who does a clear movement about another axis, as if it were the wanted one."""
    whole = each.drill.way not in UNCOUNTED
    return whole and each.drill.axis in MISTAKEN.get(each.wanted, ())


def invented(each: Set) -> bool:
    """Whether repetitions were counted in an exercise that has none of the wanted ones."""
    apart = each.drill.axis not in (None, each.wanted, *SAME.get(each.wanted, ()))
    return apart and bool(each.counts)


def _exact_table(found: Sequence[Set]) -> str:
    rows = []
    for key in sorted({(str(each.drill.axis), each.drill.way) for each in found}):
        these = [each for each in found if (each.drill.axis, each.drill.way) == key]
        rows.append([f"{key[0]}: {key[1]}", *_per_rate(these, lambda each: each.exact)])
    rows.append(["all", *_per_rate(found, lambda each: each.exact)])
    return markdown(["exercise: way", *_rates()], rows)


def _idle_table(found: Sequence[Set]) -> str:
    rows = []
    for wanted in dict.fromkeys(each.wanted for each in found):
        these = [each for each in found if each.wanted == wanted]
        counted = [sum(sum(s.counts.values()) for s in these if s.rate_hz == rate_hz) for rate_hz in RATES_HZ]
        minutes = sum(each.drill.length_s for each in these if each.rate_hz == RATES_HZ[0]) / 60
        rows.append([wanted, f"{minutes:.1f}", *map(str, counted)])
    return markdown(["wanted", "minutes", *_rates()], rows)


def _wrong_table(found: Sequence[Set]) -> str:
    rows = []
    for wanted, seen in ((wanted, seen) for wanted, others in MISTAKEN.items() for seen in others):
        these = [each for each in found if each.wanted == wanted and each.drill.axis == seen]
        rows.append([f"{wanted} wanted, {seen} done", *_per_rate(these, _named)])
    rows.append(["all", *_per_rate(found, _named)])
    return markdown(["", *_rates()], rows)


def _named(each: Set) -> bool:
    return set(each.wrong) == {each.drill.axis} and each.exact


def _per_rate(found: Sequence[Set], good: Callable[[Set], bool]) -> list[str]:
    cells = []
    for rate_hz in RATES_HZ:
        these = [good(each) for each in found if each.rate_hz == rate_hz]
        cells.append(f"{sum(these)} of {len(these)}")
    return cells


def _rates() -> list[str]:
    return [f"{rate_hz:g} Hz" for rate_hz in RATES_HZ]


def _verdict(found: Sequence[Set]) -> list[str]:
    own = [each for each in found if each.wanted == each.drill.axis]
    wrong = [each for each in found if mistaken(each)]
    idle = sum(sum(each.counts.values()) for each in found if each.drill.way == IDLE)
    fast = [each for each in own if each.drill.way == "fast"]
    strange = sum(invented(each) for each in found)
    return [
        f"Exact: {percent(_share(own, lambda each: each.exact))} of {len(own)} sets. Invented while idle: {idle}. "
        f"Wrong exercise named: {percent(_share(wrong, _named))} of {len(wrong)} sets; counted in any other exercise's "
        f"clip: {strange} sets. Too fast: told to be slower in {percent(_share(fast, _slowed))}. "
        f"Same counts at every rate: {percent(_same(own))} of the clips.",
    ]


def _slowed(each: Set) -> bool:
    return each.remarks["slower"] > 0


def _same(found: Sequence[Set]) -> float:
    by_clip: dict[tuple[str, str], list[dict[str, int]]] = {}
    for each in found:
        by_clip.setdefault((each.drill.name, each.wanted), []).append(each.counts)
    return float(np.mean([all(each == counts[0] for each in counts) for counts in by_clip.values()]))


def _share(found: Sequence[Set], good: Callable[[Set], bool]) -> float | None:
    return float(np.mean([good(each) for each in found])) if found else None


def failures(found: Iterable[Set]) -> Iterator[str]:
    """A line for each set that isn't as it should be."""
    for each in found:
        bad = not each.exact if each.wanted == each.drill.axis or each.drill.way == IDLE else invented(each)
        if bad or (mistaken(each) and not _named(each)):
            yield (
                f"{each.drill.name}, {each.wanted} wanted, {each.rate_hz:g} Hz: counted {each.counts}, "
                f"expected {each.expected}; remarks {dict(each.remarks)}; wrong axes {dict(each.wrong)}"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; the exit code."""
    given = _arguments().parse_args(arguments)
    try:
        found = [each for drill in read(given.folder) for each in sets(drill, given.hfov)]
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    print(text(found))
    if given.failures:
        print("\n".join(["", *failures(found)]))
    return 0


def _drill(path: Path) -> Drill:
    name = path.name.removesuffix(TIMELINE)
    told = json.loads(path.read_text(encoding="utf-8"))
    lines = tuple(read_file(path.with_name(name + SUFFIX)))
    return Drill(name, float(told["fps"]), told["axis"], told["way"], told["counts"], float(told["length_s"]), lines)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How the coach does on drills.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hfov", default="assumed", help="known, assumed or degrees")
    parser.add_argument("--failures", action="store_true", help="also tell which sets went wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main())
