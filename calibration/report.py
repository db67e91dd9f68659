"""Writes REPORT.md and its plots: what the estimate is worth on the labelled pictures, its failures first.

python -m calibration.report [DATA_FOLDER] [--split fit|test|all] [--clips FOLDER] [--out FOLDER]
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calibration import drawings, events, failures, startup, stream
from calibration.peers import Compared, compare
from calibration.people import DATA, Line, read
from calibration.rows import ALARM_DEG, ASSUMED_HFOV_DEG, POSITIVE_DEG, SPLITS, Row, in_view, of_split, rows
from calibration.score import (
    Scores,
    agreement_table,
    detection_text,
    ear_shoulder_text,
    peers_table,
    score,
    stated_table,
)
from calibration.tables import markdown, number
from posturewatch.baseline import LEAST_WINDOW_S
from posturewatch.config import Settings, with_preset
from posturewatch.errors import PosturewatchError

HERE = Path(__file__).parent
CLIPS, FITTED = HERE / "clips", HERE / "fitted.json"
VIEWS = {"front": "From the front", "oblique": "Camera aslant", "side": "Camera at the side"}

WHAT = (
    "Made by `python -m calibration.report`; change nothing here by hand. Rendered people of exactly known posture: "
    "this says nothing yet about real ones. Each picture is compared with one neutral picture of the same person; the "
    "numbers are degrees of *change* of the craniovertebral angle (CVA), estimate less truth. MAE: mean absolute "
    "error, beside it the interval that holds 95 % of the MAEs when people (not pictures) are drawn anew. 95 % limits: "
    "bias ± 1.96 SD. R²: 1 − squared errors over squared deviations of the truth; a dash where the truth hardly "
    "varies. Stated: `error_deg` (rms); within 1 and 2: errors within once and twice that."
)
DETECTION = (
    "Positives are the protocol's forward heads (with slump, chair moved, looking down, sunk) of at least 10° or 15° "
    f"of true change ({POSITIVE_DEG['10']:g}° and {POSITIVE_DEG['15']:g}° count). Negatives are its distractors: "
    "everything else in the protocol with a true change below 9°, but for leaning with the neck in line, which lowers "
    "the angle by itself. ROC area: the chance that a positive is estimated above a negative. Balanced: the mean of "
    f"the share of positives at or above the shipped {ALARM_DEG:g}° and of negatives below it. What isn't told counts "
    "in neither; the tables above say how much that is."
)
STATED = (
    "`error_deg` is meant as one standard deviation: 68 % of the errors should be within it and 95 % within twice it, "
    "in every third. The thirds are of all pictures told, in order of what was stated."
)
PEERS = (
    "Only the pictures that every rule tells (but for rules that tell less than half); `told` is each rule's share. A "
    "change from the baseline becomes degrees by one factor, a rule without a baseline by a line, both by least "
    "squares on {fitting}; the ROC areas need no fit. Balanced: for ≥ 10°, at 10° after the fit or at the rule's own "
    "40°. The rules are in `peers.py`."
)


BASELINE = (
    "Windows of 15 s of a person who sits still, talks or leans about, with the neck as when they sit upright. "
    f"The baseline of each is asked about up to {startup.LOOKS} looks at which the same person sits neutrally, in any "
    "of their clips but not in the window, and about their forward heads in the data (single pictures, no stream). A "
    "baseline's error is the mean over them of estimated less true change; MAE and bias are over the windows, SD is "
    "between windows of the same person, which overlap where they are long. The first row of each is a single look. "
    "Only windows of at least "
    f"{LEAST_WINDOW_S:g} s are taken by the program, whatever they hold."
)
STREAM = (
    "Working days with a known timeline, from the end of the shipped window on. Jitter: root mean square of the change "
    "of the error from one look to the next, over √2; as large as the SD where looks are independent. "
    "The stream's value is the smoothed one that postures are judged by."
)


@dataclass(frozen=True, slots=True)
class Filmed:
    """What the clips say: chapters with their headings, and plots by name."""

    chapters: tuple[str, ...] = ()
    plots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Material:
    """All data, the pictures chosen and their scores: with the field of view assumed and, where it is known, told."""

    split: str
    lines: list[Line]
    rows: list[Row]
    scores: Scores
    known: Scores | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; the exit code."""
    asked = _arguments().parse_args(arguments)
    try:
        material = gather(read(asked.folder), asked.split)
        clips = filmed(asked.clips, material.lines) if asked.clips.exists() else Filmed()
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    fitted = json.loads(FITTED.read_text(encoding="utf-8")) if FITTED.exists() else None
    drawn = drawings.all_of(material.rows, material.lines, material.scores)
    write(asked.out, report(material, clips, fitted), {**drawn, **clips.plots})
    return 0


def gather(lines: list[Line], split: str | None) -> Material:
    """Score the pictures of a split; None: those for testing, or all where nothing is split."""
    if split is None:
        split = "test" if any(line.split == "test" for line in lines) else "all"
    chosen = of_split(lines, split)
    found = list(rows(chosen))
    told = all(line.camera.hfov_deg is not None for line in chosen)
    return Material(split, lines, found, score(found), score(list(rows(chosen, "known"))) if told else None)


def report(material: Material, clips: Filmed, fitted: dict[str, Any] | None) -> str:
    """REPORT.md."""
    scores = material.scores
    parts = [
        "# How exact the estimate is",
        WHAT,
        head(material),
        "## Where it fails",
        "![Error by kind of pose](report/kinds.svg)",
        *failures.sections(material.rows, scores),
        "## How exact it is",
        "![Estimated against true change](report/scatter.svg)",
        f"With a field of view of {ASSUMED_HFOV_DEG:g}° assumed, as for a person who tells none:",
        agreement_table("set", scores.sets),
        *_told_hfov(material.known),
        ear_shoulder_text(scores.ear_shoulder),
        "## Forward head or not",
        DETECTION,
        detection_text(scores),
        "## Does it know its error?",
        STATED,
        "![Stated and made error](report/stated.svg)",
        stated_table(scores.overall, scores.thirds),
        "## By kind of pose",
        agreement_table("kind of pose", scores.kinds),
        "## By circumstance, from the front",
        *(agreement_table(name, found) for name, found in scores.bands.items() if len(found) > 1),
        "## What others' rules make of the same pictures",
        *_peers(material),
        *clips.chapters,
        *(["## The fit", fitted_table(fitted)] if fitted else []),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def head(material: Material) -> str:
    """What the report is about."""
    scores, everybody = material.scores, len({line.person for line in material.lines})
    whom = {
        "test": f"those of {everybody} kept for testing; nothing was fitted on them",
        "fit": f"those of {everybody} that the constants were fitted on",
        "all": f"all of {everybody}, those used for fitting among them"
        if _split(material.lines)
        else "nothing is split",
    }
    return f"**{scores.people} people ({whom[material.split]}), {scores.pictures} pictures.**"


def filmed(folder: Path, lines: Sequence[Line]) -> Filmed:
    """The clips' chapters, as far as there are clips for them; lines are the data's."""
    found = events.clips(folder)
    of_person = {clip.person: [line for line in lines if line.person == clip.person] for clip in found}
    asked = startup.ask(found, of_person)
    tried = startup.attempts(found, asked)
    days = stream.read(folder)
    chapters = ["## Clips with a known timeline", clips_text(folder)]
    if days:
        chapters = ["## What a stream tells beyond single pictures", STREAM, stream.text(days), *chapters]
    if tried:
        told = [BASELINE, "![Luck of the window](report/startup.svg)", startup.text(tried, asked)]
        chapters = ["## How long a baseline takes", *told, *chapters]
    return Filmed(tuple(chapters), {"startup": startup.plot(tried)} if tried else {})


def clips_text(folder: Path) -> str:
    """The clips, played with the shipped settings and with the strict preset, whose alerts come after 45 s."""
    parts = []
    for preset in ("standard", "strict"):
        settings = with_preset(Settings(), preset)
        told = events.tally(events.read_folder(folder, settings, "assumed"), settings.posture)
        parts += [f"Preset {preset}:", events.text(told)]
    return "\n\n".join([EVENTS, *parts])


EVENTS = (
    "Landmarks replayed through the whole monitor, the first ten seconds being the baseline. An event is recognised "
    f"when what leads to its posture began within {events.WITHIN_S:g} s of its start and the posture was entered "
    "before its end; events shorter than the dwell and two seconds aren't asked for. A posture entered outside of an "
    "event of its own is invented; a notification is false when it comes more than "
    f"{events.ENDING_S:g} s after the end of any posture."
)


def fitted_table(fitted: dict[str, Any]) -> str:
    """What the fit found, as fitted.json holds it."""
    return markdown(["value", "fitted"], [[name, said] for name, said in _flat(fitted)])


def write(folder: Path, text: str, drawn: dict[str, str]) -> None:
    """REPORT.md, and the plots in report/; plots that there are no more go."""
    plots = folder / "report"
    plots.mkdir(parents=True, exist_ok=True)
    for old in plots.glob("*.svg"):
        old.unlink()
    for name, content in drawn.items():
        (plots / f"{name}.svg").write_text(content, encoding="utf-8")
    (folder / "REPORT.md").write_text(text, encoding="utf-8")


def _told_hfov(known: Scores | None) -> list[str]:
    if known is None:
        return []
    return ["With the camera's true field of view told:", agreement_table("set", known.sets)]


def _peers(material: Material) -> list[str]:
    split = _split(material.lines)
    fitting = "the pictures for fitting" if split else "all pictures, these among them, which favours the others"
    parts = [PEERS.format(fitting=fitting), "![ROC](report/roc.svg)"]
    for view, title in VIEWS.items():
        compared = compare(in_view(material.rows, view), material.lines)
        if compared:
            parts += [f"{title} ({_shared(compared)} pictures):", peers_table(compared)]
    return parts


def _shared(compared: dict[str, Compared]) -> int:
    return next(iter(compared.values())).n


def _split(lines: Sequence[Line]) -> bool:
    return any(line.split == "fit" for line in lines)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested values under dotted names, a list of numbers in one cell."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        yield name, ", ".join(_cell(each) for each in value)
    else:
        yield name, _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return number(value, 4)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Write REPORT.md and its plots.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--split", choices=SPLITS, help="default: test, or all where nothing is split")
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--out", type=Path, default=HERE)
    return parser


if __name__ == "__main__":
    sys.exit(main())
