"""How exact `forward_head_deg` is on rendered people of known geometry: one picture against one baseline picture.

python -m calibration.score [DATA_FOLDER] [--split fit|test|all] [--hfov known|assumed|DEGREES] [--json]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from calibration import metrics
from calibration.metrics import Agreement, Array, Part
from calibration.peers import Compared, compare
from calibration.people import DATA, read
from calibration.rows import (
    ALARM_DEG,
    BANDS,
    POSITIVE_DEG,
    SPLITS,
    Row,
    by,
    distractors,
    forward,
    in_view,
    numbers,
    of_split,
    rows,
    sets,
)
from calibration.tables import markdown, number, percent, span
from posturewatch.errors import PosturewatchError

THIRDS, CURVE = 3, 8  # parts by stated error; chosen


@dataclass(frozen=True, slots=True)
class Scored:
    """A set's agreement, the 95 % interval of its MAE drawing people, and what its stated errors are worth."""

    agreement: Agreement
    interval: tuple[float, float] | None
    stated: Part | None


@dataclass(frozen=True, slots=True)
class Detection:
    """Forward heads against distractors, of those that are told; balanced accuracy at the shipped threshold."""

    positives: int
    negatives: int
    roc: float | None
    balanced: float | None


@dataclass(frozen=True, slots=True)
class Scores:
    """All of it: tables by set, by kind of pose, and by circumstance and band (from the front); what the stated errors
    of all pictures told are worth, of each third of them and of more parts for a curve; the side view's own angle."""

    people: int
    pictures: int
    sets: dict[str, Scored]
    kinds: dict[str, Scored]
    bands: dict[str, dict[str, Scored]]
    detection: dict[str, Detection]
    right_side: float | None
    ear_shoulder: Agreement | None
    overall: Part | None
    thirds: list[Part]
    curve: list[Part]
    reasons: dict[str, int]


def score(chosen: Sequence[Row]) -> Scores:
    """Everything that the tables tell of these pictures."""
    front = in_view(chosen, "front")
    off, stated = _told(chosen)
    return Scores(
        people=len({row.line.person for row in chosen}),
        pictures=len(chosen),
        sets={name: scored(members) for name, members in sets(chosen).items()},
        kinds={name: scored(members) for name, members in by(chosen, _kind).items()},
        bands={
            band.name: {label: scored(members) for label, members in by(front, band.label).items()} for band in BANDS
        },
        detection={name: detection(front, from_deg) for name, from_deg in POSITIVE_DEG.items()},
        right_side=right_side([row for row in front if row.line.kind == "random"]),
        ear_shoulder=ear_shoulder(in_view(chosen, "side")),
        overall=metrics.part(off, stated) if len(off) else None,
        thirds=metrics.by_stated(off, stated, THIRDS),
        curve=metrics.by_stated(off, stated, CURVE),
        reasons=reasons(chosen),
    )


def scored(chosen: Sequence[Row]) -> Scored:
    """One set's numbers."""
    true, seen, _ = numbers(chosen)
    off, stated = _told(chosen)
    people = [row.line.person for row in chosen if row.seen.forward_head_deg is not None]
    return Scored(
        metrics.agreement(true, seen),
        metrics.mae_interval(people, off),
        metrics.part(off, stated) if len(off) else None,
    )


def detection(chosen: Sequence[Row], from_deg: float) -> Detection:
    """The protocol's forward heads from so many degrees on against its distractors."""
    positive, negative = (_seen(some) for some in (forward(chosen, from_deg), distractors(chosen)))
    return Detection(
        len(positive),
        len(negative),
        metrics.roc_area(positive, negative),
        metrics.balanced_accuracy(positive, negative, ALARM_DEG),
    )


def right_side(chosen: Sequence[Row]) -> float | None:
    """The share of the pictures told whose estimate is on the true side of the shipped threshold."""
    true, seen, _ = numbers(chosen)
    known = ~np.isnan(seen)
    return float(((seen >= ALARM_DEG) == (true >= ALARM_DEG))[known].mean()) if known.any() else None


def ear_shoulder(side: Sequence[Row]) -> Agreement | None:
    """How well the absolute angle of the side view agrees with the true one; None without pictures from the side."""
    pairs = [(row.line.truth.get("ear_shoulder_deg"), row.seen.ear_shoulder_deg) for row in side]
    known = np.array([pair for pair in pairs if pair[0] is not None], np.float64).reshape(-1, 2)
    return metrics.agreement(known[:, 0], known[:, 1]) if len(known) else None


def reasons(chosen: Sequence[Row]) -> dict[str, int]:
    """Why pictures aren't told, the most frequent first."""
    untold = [row.seen.reason or "no reason" for row in chosen if row.seen.forward_head_deg is None]
    return {reason: untold.count(reason) for reason in sorted(set(untold), key=lambda r: (-untold.count(r), r))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; the exit code."""
    asked = _arguments().parse_args(arguments)
    try:
        lines = read(asked.folder)
        chosen = list(rows(of_split(lines, asked.split), asked.hfov))
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    scores, compared = score(chosen), compare(in_view(chosen, "front"), lines)
    if asked.json:
        content = {**asdict(scores), "peers": {name: asdict(each) for name, each in compared.items()}}
        print(json.dumps({"split": asked.split, "hfov": asked.hfov, **content}, indent=1, ensure_ascii=False))
    else:
        print(f"Split: {asked.split}; field of view: {asked.hfov}.\n\n{text(scores)}\n\n{peers_table(compared)}")
    return 0


def text(scores: Scores) -> str:
    """The tables as Markdown."""
    parts = [
        f"{scores.people} people, {scores.pictures} pictures. Degrees of change of CVA.",
        agreement_table("set", scores.sets),
        ear_shoulder_text(scores.ear_shoulder),
        detection_text(scores),
        agreement_table("kind of pose", scores.kinds),
        *(agreement_table(name, scored) for name, scored in scores.bands.items() if scored),
        stated_table(scores.overall, scores.thirds),
        stated_table(None, scores.curve),
    ]
    return "\n\n".join(part for part in parts if part)


def ear_shoulder_text(agreement: Agreement | None) -> str:
    """The side view's absolute angle in one line; empty without pictures from the side."""
    if agreement is None:
        return ""
    return (
        f"Camera at the side, absolute `ear_shoulder_deg`: told {percent(agreement.told)} of {agreement.n}, "
        f"MAE {number(agreement.mae)}, bias {number(agreement.bias, 2, True)}, SD {number(agreement.sd)}, "
        f"limits {span(agreement.low, agreement.high, 1, True)}."
    )


def agreement_table(name: str, scored: dict[str, Scored]) -> str:
    """One row a set."""
    header = [name, "n", "told", "MAE", "95 % of people", "bias", "SD", "95 % limits", "R²", "stated", "within 1", "2"]
    return markdown(header, [_cells(label, each) for label, each in scored.items()])


def detection_text(scores: Scores) -> str:
    """The ROC areas and what they are about."""
    cells = [
        [f"forward head ≥ {name}°", str(d.positives), str(d.negatives), number(d.roc, 4), number(d.balanced, 3)]
        for name, d in scores.detection.items()
    ]
    table = markdown(["against distractors", "forward", "others", "ROC area", f"balanced at {ALARM_DEG:g}°"], cells)
    side = f"Random pictures on the right side of {ALARM_DEG:g}°: {percent(scores.right_side)} of those told."
    return f"{table}\n\n{side}"


def stated_table(overall: Part | None, parts: Sequence[Part]) -> str:
    """What was stated beside what was made: all together, then in order of what was stated."""
    named = [("all", overall)] if overall is not None else []
    named += [(f"{i} of {len(parts)}", part) for i, part in enumerate(parts, 1)]
    cells = [
        [name, str(p.n), number(p.stated), number(p.made), percent(p.within_1), percent(p.within_2)]
        for name, p in named
    ]
    return markdown(["by stated error", "n", "stated (rms)", "made (rms)", "within 1", "within 2"], cells)


def peers_table(compared: dict[str, Compared]) -> str:
    """This program and the others' rules."""
    names = list(next(iter(compared.values())).mae) if compared else []
    header = ["rule", "told", *(f"MAE, {name}" for name in names), "ROC ≥ 10°", "ROC ≥ 15°", "balanced"]
    return markdown(header, [_peer_cells(name, each) for name, each in compared.items()])


def _peer_cells(name: str, each: Compared) -> list[str]:
    errors = [number(mae) for mae in each.mae.values()]
    return [name, percent(each.told), *errors, number(each.roc_10, 3), number(each.roc_15, 3), number(each.balanced, 3)]


def _cells(label: str, each: Scored) -> list[str]:
    a, stated = each.agreement, each.stated
    numbers_told = [number(a.bias, 2, True), number(a.sd), span(a.low, a.high, 1, True), number(a.r2)]
    worth = [None, None, None] if stated is None else [stated.stated, stated.within_1, stated.within_2]
    return [
        label,
        str(a.n),
        percent(a.told),
        number(a.mae),
        span(*(each.interval or (None, None))),
        *numbers_told,
        number(worth[0]),
        percent(worth[1]),
        percent(worth[2]),
    ]


def _told(chosen: Sequence[Row]) -> tuple[Array, Array]:
    """Errors and stated errors of the rows that are told."""
    true, seen, stated = numbers(chosen)
    known = ~np.isnan(seen)
    return (seen - true)[known], stated[known]


def _seen(chosen: Sequence[Row]) -> Array:
    seen = numbers(chosen)[1]
    return seen[~np.isnan(seen)]


def _kind(row: Row) -> str:
    return row.line.kind if row.line.view == "front" else f"{row.line.kind}, {row.line.view}"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How exact the estimate is on the labelled pictures.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--split", choices=SPLITS, default="all")
    parser.add_argument("--hfov", default="assumed", help="known, assumed or degrees")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
