"""The documented exercises: reading the catalogue, which one fits an alert, and the page for when it already hurts."""

import difflib
import re
import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from posturewatch.errors import PosturewatchError
from posturewatch.posture import POSTURES

KINDS = ("still", "seated")  # DESIGN part 4: the alerts that are about time alone
SUITS = (*POSTURES, *KINDS, "end_of_day")

MAX_POSTURE_ALERT_S = 180.0  # chosen: a posture alert interrupts work, so its exercise stays short
_WIDTH = 79  # chosen: fits the narrowest usual terminal
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # ids become file names and command-line words
_PAGE = "hurts"  # DESIGN part 2: the word takes the place of an id on the command line


@dataclass(frozen=True, slots=True)
class Dose:
    """How much: `text` for people; the numbers count one movement, on `sides` sides or in as many directions."""

    text: str
    repetitions: int
    sides: int
    hold_s: float
    rest_s: float


@dataclass(frozen=True, slots=True)
class Exercise:
    """One documented exercise; `suits` holds words of SUITS, `total_s` is the time for all of it."""

    id: str
    name: str
    reason: str
    steps: tuple[str, ...]
    dose: Dose
    total_s: float
    suits: tuple[str, ...]
    verifies: str
    safety: str
    source: str


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


Catalogue = tuple[Exercise, ...]
_Table = dict[str, object]


def load(path: Path | None = None) -> Catalogue:
    """The exercises of a TOML file, in its order; the bundled one without a path.

    Raises PosturewatchError, naming file, entry and reason, when an entry is bad, two share an id,
    or some posture or kind of alert is left without an exercise.
    """
    file, document = _read(path)
    tables = _tables(document, "exercise", file)
    catalogue = tuple(_exercise(table, f"{file}: {_entry(table, n)}") for n, table in enumerate(tables, start=1))
    _no_duplicates(catalogue, file)
    _nothing_uncovered(catalogue, file)
    return catalogue


def load_hurts(path: Path | None = None) -> HurtsPage:
    """The page for when it already hurts, from the same TOML file as the exercises; errors as `load`."""
    file, document = _read(path)
    table = _table(_get(document, _PAGE, file), file, _PAGE)
    where = f"{file}: {_PAGE}"
    _only_known(table, ("title", "source", "section"), where)
    tables = _tables(table, "section", where)
    sections = tuple(_section(each, f"{where}, section {n}") for n, each in enumerate(tables, start=1))
    return HurtsPage(_text(table, "title", where), _text(table, "source", where), sections)


def by_id(catalogue: Catalogue, wanted: str) -> Exercise:
    """The exercise of this id; PosturewatchError with the nearest id when there is none."""
    for exercise in catalogue:
        if exercise.id == wanted:
            return exercise
    hint = _nearest(wanted, [exercise.id for exercise in catalogue])
    raise PosturewatchError(f"There is no exercise {wanted!r}.{hint} `posturewatch exercises` lists them all.")


def choose(catalogue: Catalogue, posture: str | None, kind: str, recent: Sequence[str]) -> Exercise:
    """The fitting exercise that was done longest ago; the catalogue's order decides among equals.

    kind is "posture" (then `posture` names it), "still" or "seated"; recent holds ids, oldest first.
    Raises PosturewatchError when nothing fits, which a loaded catalogue allows only for an unknown word.
    """
    need = posture if kind == "posture" else kind
    fitting = [exercise for exercise in catalogue if _fits(exercise, need)]
    if not fitting:
        hint = _nearest(str(need), SUITS)
        raise PosturewatchError(f"No exercise suits {need!r}.{hint}")
    last_done = {done: place for place, done in enumerate(recent)}
    return min(fitting, key=lambda exercise: last_done.get(exercise.id, -1))


def as_dict(entry: Exercise | HurtsPage) -> dict[str, object]:
    """The entry's fields in their order, ready for JSON."""
    return asdict(entry)


def text(exercise: Exercise) -> str:
    """The exercise as plain text for a terminal, lines of at most 79 characters, no newline at the end."""
    title = f"{exercise.name} ({exercise.id}, {_duration(exercise.total_s)})"
    lines = [_wrap(title), _wrap(exercise.reason), ""]
    lines += [_wrap(step, f"  {n}. ") for n, step in enumerate(exercise.steps, start=1)]
    lines += [
        "",
        _wrap(f"{exercise.dose.text}.", "How much: "),
        _wrap(exercise.safety, "Safety:   "),
        _wrap(exercise.verifies, "Camera:   "),
        _wrap(exercise.source, "Source:   "),
    ]
    return "\n".join(lines)


def hurts_text() -> str:
    """The page for when it already hurts, as plain text like `text`."""
    page = load_hurts()
    lines = [page.title]
    for section in page.sections:
        lines += ["", section.title]
        lines += [_wrap(line, "  - ") for line in section.lines]
    return "\n".join([*lines, "", _wrap(page.source, "Source: ")])


def _fits(exercise: Exercise, need: str | None) -> bool:
    short_enough = need not in POSTURES or exercise.total_s <= MAX_POSTURE_ALERT_S
    return need in exercise.suits and short_enough


def _wrap(words: str, first: str = "") -> str:
    return textwrap.fill(words, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _duration(total_s: float) -> str:
    if total_s < 120:  # chosen: below two minutes, minutes are too coarse
        return f"about {total_s:.0f} seconds"
    return f"about {total_s / 60:.0f} minutes"


def _nearest(wanted: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.0)
    return f" Did you mean {near[0]!r}?" if near else ""


def _read(path: Path | None) -> tuple[str, _Table]:
    """The name for messages and the parsed document."""
    file = "exercises.toml" if path is None else str(path)
    try:
        raw = (path or resources.files("posturewatch") / "exercises.toml").read_bytes()
        return file, tomllib.loads(raw.decode("utf-8-sig"))  # -sig: some editors write a byte-order mark
    except OSError as error:
        raise PosturewatchError(f"Cannot read {file}: {error.strerror}. Check the file's name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PosturewatchError(f"{file} is not TOML: {error}. Mend that place in the file.") from error


def _entry(table: _Table, number: int) -> str:
    """How messages call an entry: its id once it has one, its place in the file always."""
    return f"exercise {number} ({table['id']!r})" if "id" in table else f"exercise {number}"


def _exercise(table: _Table, where: str) -> Exercise:
    _only_known(table, tuple(Exercise.__dataclass_fields__), where)
    return Exercise(
        id=_id(table, where),
        name=_text(table, "name", where),
        reason=_text(table, "reason", where),
        steps=_texts(table, "steps", where),
        dose=_dose(_table(_get(table, "dose", where), where, "dose"), f"{where}, dose"),
        total_s=_number(table, "total_s", where, 1, 900),
        suits=_suits(table, where),
        verifies=_text(table, "verifies", where),
        safety=_text(table, "safety", where),
        source=_text(table, "source", where),
    )


def _dose(table: _Table, where: str) -> Dose:
    _only_known(table, tuple(Dose.__dataclass_fields__), where)
    return Dose(
        text=_text(table, "text", where),
        repetitions=int(_number(table, "repetitions", where, 1, 100, types=int)),  # chosen: more is a typing mistake
        sides=int(_number(table, "sides", where, 1, 2, types=int)),
        hold_s=_number(table, "hold_s", where, 0, 900),  # 15 min: the longest any source allows (Jacobson)
        rest_s=_number(table, "rest_s", where, 0, 900),
    )


def _section(table: _Table, where: str) -> Section:
    _only_known(table, ("title", "lines"), where)
    return Section(_text(table, "title", where), _texts(table, "lines", where))


def _no_duplicates(catalogue: Catalogue, file: str) -> None:
    ids = [exercise.id for exercise in catalogue]
    for number, each in enumerate(ids, start=1):
        first = ids.index(each) + 1
        if first != number:
            raise PosturewatchError(f"{file}: exercises {first} and {number} share the id {each!r}. Rename one.")


def _nothing_uncovered(catalogue: Catalogue, file: str) -> None:
    """An alert without an exercise would come to light only hours into a session; so say it at the start."""
    for need in (*POSTURES, *KINDS):
        if not any(_fits(exercise, need) for exercise in catalogue):
            limit = f" of at most {MAX_POSTURE_ALERT_S:.0f} s" if need in POSTURES else ""
            raise PosturewatchError(f"{file}: no exercise{limit} suits {need!r}. Add {need!r} to the `suits` of one.")


def _only_known(table: _Table, known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise PosturewatchError(f"{where}: unknown key `{key}`.{_nearest(key, known)}")


def _get(table: _Table, key: str, where: str) -> object:
    if key not in table:
        raise PosturewatchError(f"{where}: `{key}` is missing. Add it.")
    return table[key]


def _bad(where: str, key: str, rule: str, value: object) -> PosturewatchError:
    return PosturewatchError(f"{where}: `{key}` must be {rule}, got {value!r}.")


def _table(value: object, where: str, key: str) -> _Table:
    if not isinstance(value, dict):
        raise _bad(where, key, "a table of key = value pairs", value)
    return value


def _tables(table: _Table, key: str, where: str) -> list[_Table]:
    values = _get(table, key, where)
    if not isinstance(values, list) or not values:
        raise _bad(where, key, f"a list of tables, each headed by [[{key}]]", values)
    return [_table(value, where, f"{key} {number}") for number, value in enumerate(values, start=1)]


def _text(table: _Table, key: str, where: str) -> str:
    value = _get(table, key, where)
    if not isinstance(value, str) or not value.strip():
        raise _bad(where, key, 'a text in "quotes"', value)
    return value


def _texts(table: _Table, key: str, where: str) -> tuple[str, ...]:
    values = _get(table, key, where)
    if not isinstance(values, list) or not values or not all(isinstance(v, str) and v.strip() for v in values):
        raise _bad(where, key, 'a list of texts such as ["one", "two"]', values)
    return tuple(values)


def _number(table: _Table, key: str, where: str, least: float, most: float, types: type[float] = float) -> float:
    value = _get(table, key, where)
    # A TOML true is a Python int; nan fails every comparison, inf the upper one.
    if isinstance(value, bool) or not isinstance(value, (int, types)) or not least <= value <= most:
        raise _bad(where, key, f"a {'whole ' if types is int else ''}number from {least:g} to {most:g}", value)
    return float(value)


def _id(table: _Table, where: str) -> str:
    value = _text(table, "id", where)
    if not _ID.fullmatch(value) or value == _PAGE:
        raise _bad(where, "id", f"small letters and digits joined by hyphens, and not {_PAGE!r}", value)
    return value


def _suits(table: _Table, where: str) -> tuple[str, ...]:
    words = _texts(table, "suits", where)
    for word in words:
        if word not in SUITS:
            raise PosturewatchError(f"{where}: `suits` has the unknown word {word!r}.{_nearest(word, SUITS)}")
    return words
