"""What an exercise is, and the catalogue: the bundled file, with a person's own file laid over it."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from posturewatch import config
from posturewatch.errors import PosturewatchError
from posturewatch.files import tables
from posturewatch.files.tables import Table
from posturewatch.posture import POSTURES

KINDS = ("still", "seated")  # DESIGN part 4: the alerts that are about time alone
SUITS = (*POSTURES, *KINDS, "end_of_day")
MAX_POSTURE_ALERT_S = 180.0  # chosen: a posture alert interrupts work, so its exercise stays short
MOST_S = 900.0  # the seed's Jacobson: at most 15 min
MOST_REPETITIONS = 100  # chosen: more is a typing mistake

AXES = {  # EXERCISES.md, camera verification: what the camera can follow, and its unit
    "turn": "deg",
    "tilt": "deg",
    "nod": "deg",  # looking down
    "sweep": "deg",  # turned while nodded by 20 or more
    "grow": "percent",  # of the baseline's ear-shoulder distance in the picture
    "shoulders": "percent",  # of the shoulder width, both shoulders up and down
    "leave": "s",  # the head out of the seated zone
    "hands": "s",  # the wrists above shoulder height
}
SIDED = ("turn", "tilt", "sweep")
TIMES = ("leave", "hands")
SIDES = ("left", "right")
VIEWS = ("front", "side", "back")
# Chosen: what a person's own file may ask for, inside the range that most necks have; the coach asks for less yet
# where this person's comfortable range ends before it.
MOST = {"turn": 60, "tilt": 35, "nod": 45, "sweep": 45, "grow": 10, "shoulders": 30, "leave": MOST_S, "hands": MOST_S}

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # ids become file names and command-line words
HURTS = "hurts"  # DESIGN part 2: the word takes the place of an id on the command line
_OWN: dict[str, object] = {  # what a person's own entry may leave out
    "reason": "From your own set of exercises.",
    "dose": {"text": "As the steps say"},
    "verifies": "What the steps count; the rest goes by time.",
    "safety": "Keep to the easy, pain-free range; stop at pain, burning, tingling or dizziness.",
    "source": "Your own exercises.toml.",
}
_OWN_DOSE: dict[str, object] = {"repetitions": 1, "sides": 1, "hold_s": 0, "rest_s": 0}


@dataclass(frozen=True, slots=True)
class Dose:
    """How much: `text` for people; the numbers count one movement, on `sides` sides or in as many directions."""

    text: str
    repetitions: int
    sides: int
    hold_s: float
    rest_s: float


@dataclass(frozen=True, slots=True)
class Movement:
    """What the camera counts in a step: from the start beyond `target`, and back within `back`, on each of `sides`.

    Both are signless and in the axis's unit, AXES[axis]; sides holds "left" and "right" for the axes of SIDED, else
    nothing. For "leave" and "hands" the target is itself a time, and back and hold_s are 0.
    Shoulders start where they are lowest; one of their ways up and down may lack up to `back` of the target.
    """

    axis: str
    target: float
    back: float
    sides: tuple[str, ...]
    repetitions: int
    hold_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step, one picture; without a movement the camera can't tell, and the step is timed.

    `pose` is what the figure does besides the movement, in the figure's words; {} is sitting upright.
    """

    text: str
    view: str
    pose: dict[str, float | str]
    movement: Movement | None
    total_s: float


@dataclass(frozen=True, slots=True)
class Exercise:
    """One documented exercise; `suits` holds words of SUITS, `total_s` is the time for all of it."""

    id: str
    name: str
    reason: str
    steps: tuple[Step, ...]
    dose: Dose
    total_s: float
    suits: tuple[str, ...]
    verifies: str
    safety: str
    source: str


Catalogue = tuple[Exercise, ...]
Drawn = Callable[[Step], object]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The catalogue as a person has it, and one line for each thing in their file that had to be passed over."""

    catalogue: Catalogue
    complaints: tuple[str, ...]


def own_path() -> Path:
    """Where a person's own exercises are looked for: beside settings.toml."""
    return config.default_path().with_name("exercises.toml")


def load(path: Path | None = None) -> Catalogue:
    """The exercises of a complete catalogue file, in its order; the bundled one without a path.

    Raises PosturewatchError, naming file, line, entry and reason, when an entry is bad, two share an id,
    or some posture or kind of alert is left without an exercise.
    """
    document = document_of(path)
    document.only(("exercise", HURTS))
    document.get("exercise")
    catalogue, complaints = _exercises(document, _exercise)
    if complaints:
        raise complaints[0]
    _nothing_uncovered(catalogue, document)
    return catalogue


def load_own(path: Path, drawn: Drawn | None = None) -> Loaded:
    """The bundled catalogue with a person's own file laid over it; a file that isn't there changes nothing.

    An entry with a bundled id takes its place, new ones come first, `off` lists the ids to leave out. What is bad is
    passed over with a complaint; drawn, if given, raises PosturewatchError for a step that has no picture.
    """
    bundled = load()
    try:
        if not path.exists():
            return Loaded(bundled, ())
        document = tables.read(path)
    except (PosturewatchError, OSError) as error:  # OSError: a folder on the way that can't be entered
        return Loaded(bundled, (str(error),))
    own, complaints = _exercises(document, lambda table: _own(table, drawn))
    catalogue = _laid_over(bundled, own)
    off, more = _off(document, [exercise.id for exercise in catalogue])
    said = [*_unknown(document), *complaints, *more]
    return Loaded(tuple(e for e in catalogue if e.id not in off), tuple(str(each) for each in said))


def document_of(path: Path | None) -> Table:
    """The whole of a catalogue file; the bundled one without a path."""
    if path is not None:
        return tables.read(path)
    file = "exercises.toml"
    return tables.parse(file, (resources.files("posturewatch") / file).read_text(encoding="utf-8"))


def _exercises(document: Table, build: Callable[[Table], Exercise]) -> tuple[Catalogue, list[PosturewatchError]]:
    """The good entries in their order, and what is wrong with the others; of two with one id the first is good."""
    good: list[Exercise] = []
    complaints: list[PosturewatchError] = []
    places: dict[str, int] = {}
    try:
        found = document.entries("exercise") if "exercise" in document.values else []
    except PosturewatchError as error:
        return (), [error]
    for n, entry in enumerate(found, start=1):
        try:
            exercise = build(_named(entry()))
            if exercise.id in places:
                first = places[exercise.id]
                raise document.error(
                    f"exercises {first} and {n} share the id {exercise.id!r}. Rename one.", "exercise", n - 1, "id"
                )
        except PosturewatchError as error:
            complaints.append(error)
        else:
            good.append(exercise)
            places[exercise.id] = n
    return tuple(good), complaints


def _laid_over(bundled: Catalogue, own: Catalogue) -> Catalogue:
    mine = {exercise.id: exercise for exercise in own}
    known = {exercise.id for exercise in bundled}
    return (*(e for e in own if e.id not in known), *(mine.get(e.id, e) for e in bundled))


def _off(document: Table, known: Sequence[str]) -> tuple[set[str], list[PosturewatchError]]:
    """The ids that are switched off, and a complaint about each that there isn't."""
    if document.values.get("off", []) == []:
        return set(), []
    try:
        wanted = document.all_words("off")
    except PosturewatchError as error:
        return set(), [error]
    strange = [each for each in dict.fromkeys(wanted) if each not in known]
    said = (f"`off` has {each[:60]!r}, and there is no such exercise.{tables.nearest(each, known)}" for each in strange)
    return set(wanted), [document.error(each, "off") for each in said]


def _unknown(document: Table) -> list[PosturewatchError]:
    try:
        document.only(("exercise", "off"))
    except PosturewatchError as error:
        return [error]
    return []


def _named(entry: Table) -> Table:
    """The entry, called by its id too once it has one."""
    called = entry.values.get("id")
    return replace(entry, label=f"{entry.label} ({called[:60]!r})") if isinstance(called, str) else entry


def _own(table: Table, drawn: Drawn | None) -> Exercise:
    table = replace(table, values=_OWN | dict(table.values))
    dose = table.table("dose")
    full = replace(table, values=dict(table.values) | {"dose": _OWN_DOSE | dict(dose.values)})
    exercise = _exercise(full)
    for n, step in enumerate(exercise.steps):
        try:
            if drawn is not None:
                drawn(step)
        except PosturewatchError as error:
            raise table.error(f"step {n + 1}: {error}", "step", n, "pose") from None
    return exercise


def _exercise(table: Table) -> Exercise:
    table.only((*Exercise.__dataclass_fields__, "step"))
    steps = _steps(table)
    return Exercise(
        id=_id(table),
        name=table.words("name"),
        reason=table.words("reason"),
        steps=steps,
        dose=_dose(table.table("dose")),
        total_s=_total_s(table, steps),
        suits=table.some_of("suits", SUITS),
        verifies=table.words("verifies"),
        safety=table.words("safety"),
        source=table.words("source"),
    )


def _id(table: Table) -> str:
    value = table.words("id")
    if not _ID.fullmatch(value) or value == HURTS:
        raise table.bad("id", f"small letters and digits joined by hyphens, and not {HURTS!r}")
    return value


def _steps(table: Table) -> tuple[Step, ...]:
    """The [[exercise.step]] tables, or plain texts that share the time."""
    if "steps" not in table.values:
        return tuple(_step(entry()) for entry in table.entries("step"))
    if "step" in table.values:
        raise table.error("it has both `steps` and [[exercise.step]]. Keep one of them.", "steps")
    texts = table.all_words("steps")
    each_s = table.number("total_s", 1, MOST_S) / len(texts)
    return tuple(Step(text, "front", {}, None, each_s) for text in texts)


def _total_s(table: Table, steps: Sequence[Step]) -> float:
    """The time the steps take, which the entry repeats."""
    total_s, taken_s = table.number("total_s", 1, MOST_S), sum(step.total_s for step in steps)
    if not math.isclose(total_s, taken_s, abs_tol=0.5):  # chosen: half a second is rounding
        raise table.error(f"`total_s` is {total_s:g}, but the steps take {taken_s:g} s together.", "total_s")
    return total_s


def _dose(table: Table) -> Dose:
    table.only(tuple(Dose.__dataclass_fields__))
    return Dose(
        text=table.words("text"),
        repetitions=table.whole("repetitions", 1, MOST_REPETITIONS),
        sides=table.whole("sides", 1, 2),
        hold_s=table.number("hold_s", 0, MOST_S),
        rest_s=table.number("rest_s", 0, MOST_S),
    )


def _step(table: Table) -> Step:
    table.only(tuple(Step.__dataclass_fields__))
    view = table.one_of("view", VIEWS) if "view" in table.values else "front"
    pose = _pose(table.table("pose")) if "pose" in table.values else {}
    movement = _movement(table.table("movement")) if "movement" in table.values else None
    total_s = table.number("total_s", 1, MOST_S)
    least_s = 0.0 if movement is None else _least_s(movement)
    if total_s < least_s:
        raise table.error(f"`total_s` is {total_s:g}, but its movement takes {least_s:g} s.", "total_s")
    return Step(table.words("text"), view, pose, movement, total_s)


def _pose(table: Table) -> dict[str, float | str]:
    """The figure's words as they are: the figure itself knows which there are."""
    pose: dict[str, float | str] = {}
    for word, value in table.values.items():
        pose[word] = table.words(word) if isinstance(value, str) else table.number(word, -MOST_S, MOST_S)
    return pose


def _movement(table: Table) -> Movement:
    table.only(tuple(Movement.__dataclass_fields__))
    axis = table.one_of("axis", tuple(AXES))
    timed = axis in TIMES
    target = table.number("target", 1, MOST[axis])
    if axis not in SIDED and table.values.get("sides", []) != []:
        raise table.error(f"a {axis} has no sides. Leave `sides` out.", "sides")
    return Movement(
        axis=axis,
        target=target,
        back=0.0 if timed and "back" not in table.values else table.number("back", 0, 0 if timed else 0.9 * target),
        sides=table.some_of("sides", SIDES) if axis in SIDED else (),
        repetitions=table.whole("repetitions", 1, MOST_REPETITIONS),
        hold_s=table.number("hold_s", 0, 0 if timed else MOST_S) if "hold_s" in table.values else 0.0,
    )


def _least_s(movement: Movement) -> float:
    """What the holding alone takes, or the time that is the target."""
    each_s = movement.target if movement.axis in TIMES else movement.hold_s
    return movement.repetitions * max(1, len(movement.sides)) * each_s


def suits(exercise: Exercise, need: str, time_s: float | None) -> bool:
    """Whether it fits a word of SUITS and the time; without a time, postures have at most MAX_POSTURE_ALERT_S."""
    limit_s = MAX_POSTURE_ALERT_S if time_s is None and need in POSTURES else time_s
    return need in exercise.suits and (limit_s is None or exercise.total_s <= limit_s)


def _nothing_uncovered(catalogue: Catalogue, document: Table) -> None:
    """An alert without an exercise would come to light only hours into a session; so say it at the start."""
    for need in (*POSTURES, *KINDS):
        if not any(suits(exercise, need, None) for exercise in catalogue):
            limit = f" of at most {MAX_POSTURE_ALERT_S:.0f} s" if need in POSTURES else ""
            raise document.error(f"no exercise{limit} suits {need!r}. Add {need!r} to the `suits` of one.")
