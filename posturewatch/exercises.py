"""The documented exercises: which one fits an alert, and printing one or the page for when it already hurts."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from posturewatch.coaching.catalogue import (
    AXES,
    HURTS,
    KINDS,
    MAX_POSTURE_ALERT_S,
    SUITS,
    Catalogue,
    Dose,
    Exercise,
    Loaded,
    Movement,
    Step,
    document_of,
    load,
    load_own,
    own_path,
    suits,
)
from posturewatch.errors import PosturewatchError
from posturewatch.files.tables import Table, nearest

__all__ = [
    "AXES",
    "KINDS",
    "MAX_POSTURE_ALERT_S",
    "SUITS",
    "Catalogue",
    "Dose",
    "Exercise",
    "HurtsPage",
    "Loaded",
    "Movement",
    "Section",
    "Step",
    "as_dict",
    "by_id",
    "choose",
    "hurts_text",
    "load",
    "load_hurts",
    "load_own",
    "own_path",
    "stands_up",
    "text",
]

_WIDTH = 79  # chosen: fits the narrowest usual terminal


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the page for when it already hurts."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HurtsPage:
    """The page shown in place of an exercise to someone whose neck hurts now."""

    title: str
    source: str
    sections: tuple[Section, ...]


def by_id(catalogue: Catalogue, wanted: str) -> Exercise:
    """The exercise of this id; PosturewatchError with the nearest id when there is none."""
    for exercise in catalogue:
        if exercise.id == wanted:
            return exercise
    hint = nearest(wanted, [exercise.id for exercise in catalogue])
    raise PosturewatchError(f"There is no exercise {wanted!r}.{hint} `posturewatch exercises` lists them all.")


def choose(
    catalogue: Catalogue, posture: str | None, kind: str, recent: Sequence[str], time_s: float | None = None
) -> Exercise | None:
    """The fitting exercise that was done longest ago; None when all that fit are switched off or take too long.

    kind is "posture" (then `posture` names it), "still", "seated" or "end_of_day"; recent holds ids, oldest first.
    time_s is the time there is; without it a posture gets at most MAX_POSTURE_ALERT_S, and the others any. Among those
    done equally long ago, time alone is first answered by standing up, then the catalogue's order decides.
    Raises PosturewatchError for a posture or a kind that there isn't.
    """
    need = posture if kind == "posture" else kind
    if need not in SUITS:
        raise PosturewatchError(f"No exercise suits {need!r}.{nearest(str(need), SUITS)}")
    last_done = {done: place for place, done in enumerate(recent)}

    def order(exercise: Exercise) -> tuple[int, bool]:
        return last_done.get(exercise.id, -1), need in KINDS and not stands_up(exercise)

    return min((exercise for exercise in catalogue if suits(exercise, need, time_s)), key=order, default=None)


def stands_up(exercise: Exercise) -> bool:
    """Whether the person leaves the seat in it, by what the camera is told to look for."""
    return any(step.movement is not None and step.movement.axis == "leave" for step in exercise.steps)


def as_dict(entry: Exercise | HurtsPage) -> dict[str, object]:
    """The entry's fields in their order, ready for JSON; an exercise's steps are texts, beside them their movements."""
    fields = asdict(entry)
    if isinstance(entry, HurtsPage):
        return fields
    movements = [None if step.movement is None else asdict(step.movement) for step in entry.steps]
    told: dict[str, object] = {"steps": [step.text for step in entry.steps], "movements": movements}
    return {each: value for key in fields for each, value in (told if key == "steps" else {key: fields[key]}).items()}


def text(exercise: Exercise) -> str:
    """The exercise as plain text for a terminal, lines of at most 79 characters, no newline at the end."""
    title = f"{exercise.name} ({exercise.id}, {_duration(exercise.total_s)})"
    lines = [_wrap(title), _wrap(exercise.reason), ""]
    lines += [_wrap(step.text, f"  {n}. ") for n, step in enumerate(exercise.steps, start=1)]
    lines += [
        "",
        _wrap(f"{exercise.dose.text}.", "How much: "),
        _wrap(exercise.safety, "Safety:   "),
        _wrap(exercise.verifies, "Camera:   "),
        _wrap(exercise.source, "Source:   "),
    ]
    return "\n".join(lines)


def load_hurts(path: Path | None = None) -> HurtsPage:
    """The page for when it already hurts, from the same TOML file as the exercises; errors as `load`."""
    page = document_of(path).table(HURTS)
    page.only(("title", "source", "section"))
    sections = tuple(_section(entry()) for entry in page.entries("section"))
    return HurtsPage(page.words("title"), page.words("source"), sections)


def hurts_text() -> str:
    """The page for when it already hurts, as plain text like `text`."""
    page = load_hurts()
    lines = [page.title]
    for section in page.sections:
        lines += ["", section.title]
        lines += [_wrap(line, "  - ") for line in section.lines]
    return "\n".join([*lines, "", _wrap(page.source, "Source: ")])


def _section(table: Table) -> Section:
    table.only(("title", "lines"))
    return Section(table.words("title"), table.all_words("lines"))


def _wrap(words: str, first: str = "") -> str:
    return textwrap.fill(words, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _duration(total_s: float) -> str:
    if total_s < 120:  # chosen: below two minutes, minutes are too coarse
        return f"about {total_s:.0f} seconds"
    return f"about {total_s / 60:.0f} minutes"
