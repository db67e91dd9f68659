"""Each labelled picture beside what the program tells about it, and the sets that the tables are about."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.people import Line, baseline, grouped
from posturewatch.chain import Deviation, deviation
from posturewatch.config import Camera, PostureRules
from posturewatch.errors import PosturewatchError
from posturewatch.features import describe

Array = npt.NDArray[np.float64]

ASSUMED_HFOV_DEG = Camera().hfov_deg  # what a person gets who tells nothing about the camera
ALARM_DEG = PostureRules().forward_head.enter_deg
POSITIVE_DEG = {"10": 9.95, "15": 14.5}  # the rig solves its 10° to .02°; DESIGN part 3 has ≥ 14.5 for 15°
FORWARD = ("fh", "fh_slump", "fh_chair_back", "fh_chair_fwd", "fh_lookdown", "fh_sink")
UNDECIDED = "lean_rigid"  # leaning with the neck in line lowers CVA by itself: neither forward head nor without it
ANYHOW = ("random", "resit")  # kinds beside the protocol
FAR_DEG = 9.0  # DESIGN part 3: a distractor's true change of CVA is below this
SPLITS = ("fit", "test", "all")


@dataclass(frozen=True, slots=True)
class Row:
    """A picture, the neutral one of its group and the program's deviation; turn_deg is the true change of the head's
    turn, None where the data don't say."""

    line: Line
    neutral: Line
    seen: Deviation
    turn_deg: float | None

    @property
    def off_deg(self) -> float:
        """Estimated less true fall of CVA; NaN when it isn't told."""
        told = self.seen.forward_head_deg
        return np.nan if told is None else told - self.line.true_deg


@dataclass(frozen=True, slots=True)
class Band:
    """A circumstance by which pictures are sorted: its name, and a picture's label, None where the data don't say."""

    name: str
    label: Callable[[Row], str | None]


def rows(lines: Iterable[Line], hfov: str = "assumed") -> Iterator[Row]:
    """Every picture but the neutral ones of the groups that have one; hfov as in `hfov_deg`."""
    for group in grouped(lines).values():
        neutral = next((line for line in group if line.neutral), None)
        if neutral is not None:
            yield from _rows(group, neutral, hfov_deg(neutral, hfov))


def hfov_deg(line: Line, choice: str) -> float:
    """The field of view told to the program: "known" the true one, "assumed" what it takes untold, else degrees."""
    if choice == "assumed":
        return ASSUMED_HFOV_DEG
    if choice == "known":
        if line.camera.hfov_deg is None:
            raise PosturewatchError(f"The field of view of {line.group} isn't known. Use --hfov assumed.")
        return line.camera.hfov_deg
    try:
        degrees = float(choice)
    except ValueError as error:
        raise PosturewatchError(f"--hfov can't be {choice!r}. Try known, assumed or degrees.") from error
    if not 10 <= degrees <= 170:  # as a recording's
        raise PosturewatchError(f"--hfov can't be {choice}. Try 10 to 170 degrees.")
    return degrees


def of_split(lines: Sequence[Line], split: str) -> list[Line]:
    """The lines of a split; PosturewatchError when there are none."""
    chosen = [line for line in lines if split in ("all", line.split)]
    if not chosen:
        raise PosturewatchError(f"The data hold no pictures of the split {split!r}. Try --split all.")
    return chosen


def numbers(chosen: Sequence[Row]) -> tuple[Array, Array, Array]:
    """True change, estimate and its stated error of each row (n,), degrees; NaN where not told."""
    values = [(row.line.true_deg, row.seen.forward_head_deg, row.seen.error_deg) for row in chosen]
    true, seen, stated = np.array(values, np.float64).reshape(-1, 3).T
    return true, seen, stated


def sets(chosen: Sequence[Row]) -> dict[str, list[Row]]:
    """The main sets that are not empty, by the name that the tables give them."""
    front = in_view(chosen, "front")
    found = {
        "sweep of forward head": [row for row in front if row.line.kind == "fh"],
        "forward head, all variants": [row for row in front if row.line.kind in FORWARD],
        "distractors": distractors(front),
        "every factor at random": [row for row in front if row.line.kind == "random"],
        "sat down again": [row for row in front if row.line.kind == "resit"],
        "camera aslant": in_view(chosen, "oblique"),
        "camera at the side": in_view(chosen, "side"),
    }
    return {name: members for name, members in found.items() if members}


def in_view(chosen: Sequence[Row], view: str) -> list[Row]:
    """The pictures from one side."""
    return [row for row in chosen if row.line.view == view]


def forward(chosen: Sequence[Row], from_deg: float) -> list[Row]:
    """The protocol's forward heads from so many true degrees on."""
    return [row for row in chosen if row.line.kind in FORWARD and row.line.true_deg >= from_deg]


def distractors(chosen: Sequence[Row]) -> list[Row]:
    """The protocol's pictures that are no forward head."""
    others = [row for row in chosen if row.line.kind not in (*FORWARD, *ANYHOW, UNDECIDED)]
    return [row for row in others if row.line.true_deg < FAR_DEG]


def by(chosen: Sequence[Row], label: Callable[[Row], str | None]) -> dict[str, list[Row]]:
    """The rows by label, in the labels' order."""
    found: dict[str, list[Row]] = {}
    for row in chosen:
        name = label(row)
        if name is not None:
            found.setdefault(name, []).append(row)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


BANDS = (
    Band("distance", lambda row: _between(row.line.camera.distance_cm, (55, 70, 85), " cm")),
    Band("head's turn", lambda row: _between(None if row.turn_deg is None else abs(row.turn_deg), (10, 20, 30), "°")),
    Band("field of view", lambda row: _between(row.line.camera.hfov_deg, (60, 70, 80), "°")),
    Band("camera above the eyes", lambda row: _between(row.line.camera.height_cm, (-5, 5, 15), " cm")),
    Band("light", lambda row: row.line.light),
    Band("glasses", lambda row: _yes(row.line.glasses)),
    Band("head-set", lambda row: _yes(row.line.headset)),
)


def _rows(group: list[Line], neutral: Line, degrees: float) -> Iterator[Row]:
    try:
        upright, reason = baseline(group, degrees), ""
    except PosturewatchError as error:
        upright, reason = None, str(error)
    for line in group:
        if line.neutral:
            continue
        if upright is None:
            seen = Deviation(0.0, reason=reason)
        else:
            seen = deviation(describe(line.landmarks, degrees, upright.place), upright)
        yield Row(line, neutral, seen, _turned(line, neutral))


def _turned(line: Line, neutral: Line) -> float | None:
    if "d_turn_deg" in line.truth:
        return line.truth["d_turn_deg"]
    now, before = line.truth.get("turn_deg"), neutral.truth.get("turn_deg")
    return None if now is None or before is None else now - before


def _between(value: float | None, edges: tuple[int, ...], unit: str) -> str | None:
    """The band a value is in: its lower edge belongs to it."""
    if value is None:
        return None
    above = [edge for edge in edges if value >= edge]
    if not above:
        return f"below {edges[0]}{unit}"
    if len(above) == len(edges):
        return f"from {edges[-1]}{unit}"
    return f"{above[-1]} to {edges[len(above)]}{unit}"


def _yes(worn: bool | None) -> str | None:
    return None if worn is None else "with" if worn else "without"


def _order(label: str) -> tuple[float, str]:
    """Bands by their edges, other labels by the alphabet."""
    edge = re.match(r"(?:from )?(-?\d+)", label)
    return (float("-inf") if label.startswith("below ") else float(edge[1]) if edge else 0.0, label)
