"""`settings.toml` read strictly: every complaint names file, line and key, and what is allowed or the nearest key."""

import dataclasses
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from posturewatch import config
from posturewatch.config import PRESETS, Ranges, Settings, Where, allowed, keys
from posturewatch.errors import PosturewatchError
from posturewatch.files.toml import line_of, parse, read_text, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Section = TypeVar("Section", bound="DataclassInstance")

HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24(?=:00)):([0-5][0-9])")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def load(path: Path | None = None) -> Settings:
    """The settings in this file, or in the default one, which may be missing; watch.preset is read, not yet applied."""
    place = config.default_path() if path is None else path
    try:
        text = read_text(place)
    except FileNotFoundError:
        if path is None:
            return Settings()
        raise PosturewatchError(f"There is no settings file {place}. Check the path after --settings.") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        why = getattr(error, "strerror", None) or error
        raise PosturewatchError(f"Cannot read the settings {place}: {why}. Check the file's permissions.") from None
    return _read(Settings(), parse(place.name, text), _Spot(place.name, text, (), {}))


@dataclass(frozen=True, slots=True)
class _Spot:
    """The section that is being read: its file, its path, and ranges that differ from its fields' own."""

    name: str
    text: str
    where: Where
    ranges: Ranges

    def error(self, sentence: str, *candidates: str) -> PosturewatchError:
        """The complaint, at the line of the first of these keys that the file writes."""
        lines = (line_of(self.text, (*self.where, key)) for key in candidates)
        line = next((line for line in lines if line), None)
        return PosturewatchError(f"{self.name}{f', line {line}' if line else ''}: {sentence}")

    def label(self, key: str) -> str:
        return f"{_section(self.where)} {_name(key)}" if self.where else _name(key)


def _read(default: Section, table: Mapping[str, object], spot: _Spot) -> Section:
    """The section with what the table writes; every complaint names file, line and key."""
    known = {each.name: each for each in fields(default)}
    changes: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            raise spot.error(_unknown(key, value, spot, default), key)
        old, path = getattr(default, key), (*spot.where, key)
        if not is_dataclass(old):
            changes[key] = _value(known[key], old, value, spot)
        elif isinstance(value, dict):
            inner = replace(spot, where=path, ranges=known[key].metadata.get("ranges", {}))
            changes[key] = _read(old, value, inner)  # type: ignore[type-var]
        else:
            raise spot.error(f"{key} is a section. Write {_section(path)} and its keys on lines of their own.", key)
    result = replace(default, **changes)
    _check_order(result, changes, spot)
    return result


def _value(each: "dataclasses.Field[object]", default: object, value: object, spot: _Spot) -> object:
    """The value in its field's type, or a complaint that says what is allowed."""
    said, may_be = f"{spot.label(each.name)} = {shown(value)}", allowed(each, spot.ranges)
    if "range" not in each.metadata:
        accepted = _accepted(each.name, default, value)
        if accepted is None:
            raise spot.error(f"{said} is not allowed. Allowed: {may_be}.", each.name)
        return accepted
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise spot.error(f"{said} is not a {'whole ' if whole else ''}number. Allowed: {may_be}.", each.name)
    low, high = spot.ranges.get(each.name, each.metadata["range"])
    if not low <= value <= high:  # nan and inf fail here too
        raise spot.error(f"{said} is out of range: {may_be}.", each.name)
    return value if whole else float(value)


def _accepted(name: str, default: object, value: object) -> object:
    """A value that isn't a number, in its field's type; None if it is none of the allowed."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else None
    if isinstance(default, tuple):
        return _hours(value)
    if name == "preset":
        return value if value in PRESETS else None
    if type(value) is int and 0 <= value < 100:  # `source = 0` is plain enough
        return str(value)
    return value if isinstance(value, str) and re.search(r"\S", value) and not CONTROL.search(value) else None


def _hours(value: object) -> tuple[tuple[int, int], ...] | None:
    """Minutes since midnight of `["22:00-07:00"]`; None if an item is no span of time, or has no length."""
    spans = []
    for each in value if isinstance(value, list) else [value]:
        match = HOURS.fullmatch(each) if isinstance(each, str) else None
        if not match:
            return None
        start, end = (int(match[n]) * 60 + int(match[n + 1]) for n in (1, 3))
        if start == end % 1440:  # never, or all day: nobody can tell which is meant
            return None
        spans.append((start, end))
    return tuple(spans)


def _check_order(section: "DataclassInstance", written: Mapping[str, object], spot: _Spot) -> None:
    """What has to be nearer to zero than something else, is."""
    for each in fields(section):
        outer = each.metadata.get("inside")
        if outer is None or abs(getattr(section, each.name)) < abs(getattr(section, outer)):
            continue
        values = {name: shown(getattr(section, name)) for name in (each.name, outer)}
        said = [f"{k} = {v}{'' if k in written else ' (the default)'}" for k, v in values.items()]
        sentence = f"{_section(spot.where)} {said[0]} has to be nearer to zero than {said[1]}."
        raise spot.error(sentence, each.name, outer)


def _unknown(key: str, value: object, spot: _Spot, section: "DataclassInstance") -> str:
    """The sentence for a key or section there isn't, with the nearest one there is."""
    names = [each.name for each in fields(section)]
    said = _section((*spot.where, key)) if isinstance(value, dict) else spot.label(key)
    if near := difflib.get_close_matches(key[:60], names, n=1):
        is_section = is_dataclass(getattr(section, near[0]))
        return f"{said} is not known. Did you mean {_section((*spot.where, near[0])) if is_section else near[0]}?"
    homes = [f"[{each.key.removesuffix('.' + key)}]" for each in keys() if each.key.endswith("." + key)]
    if homes:
        return f"{said} is not known here. It belongs under {' or '.join(homes)}."
    return f"{said} is not known. Known {'there' if spot.where else 'sections'}: {', '.join(names)}."


def _section(where: Where) -> str:
    return f"[{'.'.join(_name(part) for part in where)}]"


def _name(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)
