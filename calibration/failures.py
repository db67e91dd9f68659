"""Where the estimate fails: the worst kinds of pose, people and pictures, and what was missed, invented or not told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.people import Line
from calibration.rows import ALARM_DEG, POSITIVE_DEG, Row, by, distractors, forward, in_view
from calibration.score import Scored, Scores, agreement_table, scored
from calibration.tables import markdown, number, percent

LEAST = 8  # chosen: pictures for a kind to be called bad
WORST_KINDS, WORST_PEOPLE, WORST_PICTURES = 6, 8, 10  # chosen: how many are shown


@dataclass(frozen=True, slots=True)
class Person:
    """All of a person's pictures together, and one of them for the circumstances."""

    name: str
    scored: Scored
    line: Line

    @property
    def beyond(self) -> float:
        """Made error over stated error (rms); 0 when nothing is told."""
        stated = self.scored.stated
        return 0.0 if stated is None else stated.made / stated.stated


def sections(chosen: Sequence[Row], scores: Scores) -> list[str]:
    """The chapter's parts, Markdown."""
    persons = people(chosen)
    beyond = [person for person in sorted(persons, key=lambda each: -each.beyond) if person.beyond > 1]
    return [
        "Kinds of pose with the largest errors:",
        agreement_table("kind of pose", worst_kinds(scores.kinds)),
        *(_missed_and_invented(in_view(chosen, "front"))),
        "People with the largest errors:",
        _people_table(persons[:WORST_PEOPLE]),
        f"The error is larger than stated (rms) for {len(beyond)} of {len(persons)} people"
        + (", most of all for:" if beyond else "."),
        _people_table(beyond[:WORST_PEOPLE]) if beyond else "",
        "Pictures with the largest errors:",
        worst_pictures(chosen),
        untold(scores),
    ]


def worst_kinds(kinds: dict[str, Scored]) -> dict[str, Scored]:
    """The kinds of at least LEAST pictures with the largest MAE, the largest first."""
    enough = [(name, each) for name, each in kinds.items() if each.agreement.n >= LEAST]
    return dict(sorted(enough, key=lambda item: -_mae(item[1]))[:WORST_KINDS])


def people(chosen: Sequence[Row]) -> list[Person]:
    """Everybody, the largest MAE first; who is never told comes before all."""
    everybody = by(chosen, lambda row: row.line.person).items()
    found = [Person(name, scored(members), members[0].line) for name, members in everybody]
    return sorted(found, key=lambda person: (-_mae(person.scored), person.name))


def missed(chosen: Sequence[Row]) -> Counter[str]:
    """Forward heads of 15° or more told below the shipped threshold, by kind."""
    return Counter(row.line.kind for row in forward(chosen, POSITIVE_DEG["15"]) if _seen(row) < ALARM_DEG)


def invented(chosen: Sequence[Row]) -> Counter[str]:
    """Distractors told at or above the shipped threshold, by kind."""
    return Counter(row.line.kind for row in distractors(chosen) if _seen(row) >= ALARM_DEG)


def worst_pictures(chosen: Sequence[Row]) -> str:
    """The pictures with the largest errors."""
    known = [row for row in chosen if not np.isnan(row.off_deg)]
    worst = sorted(known, key=lambda row: (-abs(row.off_deg), row.line.name))[:WORST_PICTURES]
    cells = [
        [row.line.name, number(row.line.true_deg, 1), number(_seen(row), 1), number(row.seen.error_deg, 1)]
        for row in worst
    ]
    return markdown(["picture", "true", "estimated", "stated error"], cells)


def untold(scores: Scores) -> str:
    """Why pictures weren't told."""
    if not scores.reasons:
        return "Every picture was told."
    count = sum(scores.reasons.values())
    said = ", ".join(f"{reason} ({n})" for reason, n in scores.reasons.items())
    return f"Not told: {count} of {scores.pictures} pictures ({percent(count / scores.pictures)}): {said}."


def _missed_and_invented(front: Sequence[Row]) -> list[str]:
    far, near = forward(front, POSITIVE_DEG["15"]), distractors(front)
    return [
        f"Forward heads of 15° and more told below {ALARM_DEG:g}°: {_counted(missed(front), far)}. Distractors told at "
        f"{ALARM_DEG:g}° and more: {_counted(invented(front), near)}."
    ]


def _counted(found: Counter[str], of: Sequence[Row]) -> str:
    total = found.total()
    kinds = Counter(row.line.kind for row in of)
    each = ", ".join(f"{kind} {n} of {kinds[kind]}" for kind, n in sorted(found.items(), key=lambda i: (-i[1], i[0])))
    return f"{total} of {len(of)}" + (f" ({each})" if total else "")


def _people_table(persons: Sequence[Person]) -> str:
    header = ["person", "n", "told", "MAE", "bias", "made (rms)", "stated (rms)", "light", "field of view"]
    return markdown(header, [_person_cells(person) for person in persons])


def _person_cells(person: Person) -> list[str]:
    agreement, stated, line = person.scored.agreement, person.scored.stated, person.line
    made = [None, None] if stated is None else [stated.made, stated.stated]
    return [
        person.name,
        str(agreement.n),
        percent(agreement.told),
        number(agreement.mae),
        number(agreement.bias, 2, True),
        *map(number, made),
        line.light or number(None),
        number(line.camera.hfov_deg, 0),
    ]


def _mae(each: Scored) -> float:
    return float("inf") if each.agreement.mae is None else each.agreement.mae


def _seen(row: Row) -> float:
    """The estimate, NaN (in no comparison) when it isn't told."""
    return row.line.true_deg + row.off_deg
