"""A TOML table read strictly: every complaint names the file, the line, the entry and what is wrong with it."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeGuard

from posturewatch.errors import PosturewatchError
from posturewatch.files import toml
from posturewatch.files.toml import Where, nearest_line_of

MOST_CHARACTERS = 500  # chosen: the longest bundled text has half of it; more fits neither picture nor notice


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: `where` it stands, as keys and places in lists from 0; `label` says it to people."""

    file: str
    text: str
    where: Where
    label: str
    values: Mapping[str, object]

    def error(self, sentence: str, *keys: str | int) -> PosturewatchError:
        """The complaint about this table, or about what these keys lead to, at the line that comes nearest to it."""
        line = nearest_line_of(self.text, (*self.where, *keys))
        place = self.file if line is None else f"{self.file}, line {line}"
        return PosturewatchError(f"{place}: {self.label}{': ' if self.label else ''}{sentence}")

    def only(self, known: Sequence[str]) -> None:
        """Refuse every key but these."""
        for key in self.values:
            if key not in known:
                raise self.error(f"unknown key `{key[:60]}`.{nearest(key, known)}", key)

    def get(self, key: str) -> object:
        """The value; it has to be there."""
        if key not in self.values:
            raise self.error(f"`{key}` is missing. Add it.")
        return self.values[key]

    def bad(self, key: str, rule: str) -> PosturewatchError:
        """The complaint that the value is not what the rule says."""
        said = repr(self.values[key])
        said = said if len(said) <= 80 else f"{said[:79]}…"  # chosen: one line of a message
        return self.error(f"`{key}` must be {rule}, got {said}.", key)

    def words(self, key: str) -> str:
        """A text, its white space made single blanks."""
        value = self.get(key)
        if not _is_text(value):
            raise self.bad(key, f'a text of at most {MOST_CHARACTERS} characters in "quotes"')
        return _one_line(value)

    def all_words(self, key: str) -> tuple[str, ...]:
        """A list of at least one text."""
        values = self.get(key)
        if not isinstance(values, list) or not values or not all(_is_text(value) for value in values):
            raise self.bad(key, 'a list of texts such as ["one", "two"]')
        return tuple(_one_line(value) for value in values)

    def one_of(self, key: str, known: Sequence[str]) -> str:
        """One of these words."""
        value = self.words(key)
        if value not in known:
            raise self.error(f"`{key}` has the unknown word {value[:60]!r}.{nearest(value, known)}", key)
        return value

    def some_of(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        """At least one of these words, none of them twice."""
        values = self.all_words(key)
        for n, value in enumerate(values):
            if value not in known:
                raise self.error(f"`{key}` has the unknown word {value[:60]!r}.{nearest(value, known)}", key)
            if value in values[:n]:
                raise self.error(f"`{key}` has {value!r} twice. Leave one out.", key)
        return values

    def number(self, key: str, least: float, most: float, types: type[float] = float) -> float:
        """A number within these bounds; types=int for a whole one."""
        value = self.get(key)
        # A TOML true is a Python int; nan fails every comparison, inf the upper one.
        if isinstance(value, bool) or not isinstance(value, (int, types)) or not least <= value <= most:
            raise self.bad(key, f"a {'whole ' if types is int else ''}number from {least:g} to {most:g}")
        return float(value)

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number within these bounds."""
        return int(self.number(key, least, most, types=int))

    def table(self, key: str) -> "Table":
        """The table under this key."""
        value = self.get(key)
        if not isinstance(value, dict):
            raise self.bad(key, "a table of key = value pairs")
        return replace(self, where=(*self.where, key), label=f"{self.label}, {key}".lstrip(", "), values=value)

    def entries(self, key: str) -> "list[Callable[[], Table]]":
        """A list of tables, each to be asked for by itself: that complains if it is none."""
        values = self.get(key)
        if not isinstance(values, list) or not values:
            raise self.bad(key, f"a list of tables, each headed by [[{_dotted(self.where, key)}]]")
        return [partial(self._entry, key, place, value) for place, value in enumerate(values)]

    def _entry(self, key: str, place: int, value: object) -> "Table":
        label = f"{self.label}, {key} {place + 1}".lstrip(", ")
        if not isinstance(value, dict):
            head = f"[[{_dotted(self.where, key)}]]"
            raise self.error(f"{key} {place + 1} must be a table headed by {head}.", key, place)
        return replace(self, where=(*self.where, key, place), label=label, values=value)


def read(path: Path) -> Table:
    """The whole of a TOML file; PosturewatchError, one line, when it can't be read or is none."""
    try:
        text = toml.read_text(path)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        why = getattr(error, "strerror", None) or error
        raise PosturewatchError(f"Cannot read {path}: {why}. Check the file's name and permissions.") from None
    return parse(str(path), text)


def parse(file: str, text: str) -> Table:
    """The whole of a TOML text; `file` is its name in messages."""
    return Table(file, text, (), "", toml.parse(file, text))


def nearest(wanted: str, known: Sequence[str]) -> str:
    """A question after the known word that is most like this one, with a blank before it; empty without any word."""
    near = difflib.get_close_matches(wanted[:60], known, n=1, cutoff=0.0)
    return f" Did you mean {near[0]!r}?" if near else ""


def _dotted(where: Where, key: str) -> str:
    return ".".join([*(each for each in where if isinstance(each, str)), key])


def _is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text that can be shown: neither empty nor long, no control characters."""
    return isinstance(value, str) and 0 < len(_one_line(value)) <= MOST_CHARACTERS and _one_line(value).isprintable()


def _one_line(value: str) -> str:
    return " ".join(value.split())
