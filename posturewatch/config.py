"""Every number a person may set: frozen settings with their ranges, read once from one TOML file.

A field's range and meaning stand in its metadata; the reader, `keys()` and the README's table take them from there.
The ranges are chosen throughout: wide enough for any desk, too narrow for a slip of the keyboard.
"""

import dataclasses
import difflib
import json
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import platformdirs

from posturewatch.errors import PosturewatchError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Where = tuple[str, ...]
Ranges = Mapping[str, tuple[float, float]]
V = TypeVar("V")
Section = TypeVar("Section", bound="DataclassInstance")

PRESETS = ("gentle", "standard", "strict")  # DESIGN part 4
MOST_BYTES = 65_536  # chosen: every key with a long comment fits in a tenth of it
MOST_STATEMENT_LINES = 200  # chosen: bounds the search for a line number in a file that is one endless array
HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24(?=:00)):([0-5][0-9])")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BACKWARD = {"enter_deg": (-60, -2), "exit_deg": (-60, -1)}  # chosen: AngleRule's own ranges, mirrored


def _meta(low: float, high: float, meaning: str, inside: str | None = None) -> dict[str, object]:
    """A number's metadata; inside names the field that has to stay further from zero than this one."""
    return {"range": (low, high), "meaning": meaning, "inside": inside}


def _number(default: V, low: float, high: float, meaning: str, inside: str | None = None) -> V:
    return field(default=default, metadata=_meta(low, high, meaning, inside))


def _other(default: V, allowed: str, meaning: str) -> V:
    return field(default=default, metadata={"allowed": allowed, "meaning": meaning})


ENTER_DWELL = _meta(0, 120, "seconds beyond the entering threshold before the posture counts")
EXIT_DWELL = _meta(0, 120, "seconds within the leaving threshold before the posture has ended")
LIMIT = _meta(5, 14_400, "seconds in this posture until dose 1, the alert")


@dataclass(frozen=True, slots=True)
class AngleRule:
    """When an angle becomes a posture; negative angles for neck_extended, either side for side_bent and turned."""

    enter_deg: float = field(metadata=_meta(2, 60, "degrees from the baseline at which the posture is entered"))
    exit_deg: float = field(metadata=_meta(1, 60, "degrees at which it is left, nearer to zero", inside="enter_deg"))
    enter_dwell_s: float = field(metadata=ENTER_DWELL)
    exit_dwell_s: float = field(metadata=EXIT_DWELL)
    limit_s: float = field(metadata=LIMIT)


@dataclass(frozen=True, slots=True)
class SlumpRule:
    """When a lower head or a lower shoulder line is `slumped`: either enters, both below exit_ratio of it leave."""

    enter_drop_cm: float = _number(4.0, 1, 30, "centimetres the head is lower than at the baseline")  # DESIGN part 4
    enter_sink_cm: float = _number(2.0, 0.5, 30, "centimetres the shoulder line is lower")  # DESIGN part 4
    exit_ratio: float = _number(0.6, 0.1, 0.95, "share of the entering values at which it is left")  # DESIGN part 4
    enter_dwell_s: float = field(default=10.0, metadata=ENTER_DWELL)  # DESIGN part 4
    exit_dwell_s: float = field(default=5.0, metadata=EXIT_DWELL)  # DESIGN part 4
    limit_s: float = field(default=600.0, metadata=LIMIT)  # chosen (DESIGN part 4)


@dataclass(frozen=True, slots=True)
class PostureRules:
    """The six postures, and when nothing told or nobody seen becomes a state.

    Holding time T of neck_flexed at θ above 25°: min(limit_s, iso_scale x ISO 11226's 8 min - (θ - 25)·7/60 min),
    the latter at least 1 min x iso_scale, its value at 85°. Under `strict` limit_s is 45 s, so this minimum is 45 s at
    every θ: no second switch is needed.
    """

    forward_head: AngleRule = AngleRule(10.0, 6.0, 10.0, 5.0, 600.0)  # DESIGN part 4; limit after RULA: static > 10 min
    slumped: SlumpRule = SlumpRule()  # DESIGN part 4
    neck_flexed: AngleRule = AngleRule(20.0, 15.0, 10.0, 5.0, 600.0)  # DESIGN part 4; RULA: beyond 20°, > 10 min
    neck_extended: AngleRule = field(
        default=AngleRule(-10.0, -6.0, 10.0, 5.0, 300.0),  # DESIGN part 4; limit chosen: RULA scores extension worst
        metadata={"ranges": BACKWARD},
    )
    side_bent: AngleRule = AngleRule(12.0, 8.0, 10.0, 5.0, 480.0)  # DESIGN part 4; ISO 11226: beyond ±10° not neutral
    turned: AngleRule = AngleRule(30.0, 22.0, 10.0, 5.0, 600.0)  # DESIGN part 4; limit chosen
    iso_scale: float = _number(
        1.0, 0.5, 3, "multiple of ISO 11226's holding time, looking down beyond 25°"
    )  # ISO 11226
    unknown_after_s: float = _number(10.0, 1, 600, "seconds not told until the state is unknown")  # DESIGN part 4
    away_after_s: float = _number(3.0, 1, 60, "seconds of nobody until the state is away")  # DESIGN part 4


@dataclass(frozen=True, slots=True)
class StillRule:
    """Any posture held without moving: what counts as still, and what breaks it."""

    pitch_deg: float = _number(4.0, 1, 30, "degrees of pitch, ±, within which is still", "break_pitch_deg")  # DESIGN 4
    place_cm: float = _number(2.0, 0.5, 20, "centimetres, ±, within which is still", "break_place_cm")  # DESIGN part 4
    break_pitch_deg: float = _number(8.0, 2, 60, "degrees of pitch that break it")  # DESIGN part 4
    break_place_cm: float = _number(4.0, 1, 50, "centimetres of the head's move that break it")  # DESIGN part 4
    break_s: float = _number(5.0, 0, 60, "seconds that move has to last")  # DESIGN part 4
    limit_s: float = _number(1200.0, 30, 14_400, "seconds still until the alert")  # DESIGN part 4


@dataclass(frozen=True, slots=True)
class SeatedRule:
    """How long at the desk without a break."""

    away_s: float = _number(120.0, 10, 3600, "seconds away, locked or asleep that count as a break")  # DESIGN part 4
    limit_s: float = _number(3300.0, 60, 28_800, "seconds since the last break until the alert")  # HSE: per 50-60 min


@dataclass(frozen=True, slots=True)
class AlertRules:
    """How often and how strongly to tell."""

    cooldown_s: float = _number(600.0, 10, 7200, "seconds between two notifications")  # DESIGN part 4
    max_per_hour: int = _number(4, 0, 60, "notifications an hour at most; 0 is no limit")  # DESIGN part 4
    sound_after_s: float = _number(120.0, 5, 3600, "seconds from an unanswered notification to the sound")  # DESIGN 4
    ignored_most: int = _number(3, 0, 20, "notifications in a row, ignored, that lead to quiet; 0 is never")  # chosen
    ignored_quiet_s: float = _number(1800.0, 60, 14_400, "seconds of quiet after them")  # chosen
    sign_at_dose: float = _number(0.5, 0.1, 0.95, "dose at which the quiet sign appears")  # DESIGN part 4


@dataclass(frozen=True, slots=True)
class DoseRules:
    """How the dose falls again, and how high it can get."""

    recover_upright_s: float = _number(600.0, 10, 7200, "seconds upright that take away a dose of 1")  # DESIGN part 4
    recover_away_s: float = _number(300.0, 10, 7200, "seconds away that take away a dose of 1")  # DESIGN part 4
    most: float = _number(1.5, 1, 5, "the highest dose")  # DESIGN part 4


@dataclass(frozen=True, slots=True)
class HoldRules:
    """What ends a hold, and which gap between two looks stops the clocks."""

    end_away_s: float = _number(10.0, 1, 600, "seconds away that end a hold")  # DESIGN part 4
    end_unknown_s: float = _number(60.0, 1, 3600, "seconds unknown that end a hold")  # DESIGN part 4
    gap_s: float = _number(5.0, 3, 60, "seconds without a look beyond which the clocks pause")  # DESIGN part 6


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the pictures come from."""

    source: str = _other("0", "text", "camera index, device path, URL or video file")  # chosen: the first camera
    hfov_deg: float = _number(68.0, 30, 120, "horizontal field of view")  # calibration: 68° assumed costs 0.1°
    mirror: bool = _other(False, "true or false", "true where the camera mirrors the picture")  # DESIGN part 2


@dataclass(frozen=True, slots=True)
class Watch:
    """How often to look, and how strict to be."""

    rate_hz: float = _number(2.0, 0.5, 30, "looks per second")  # DESIGN part 2
    preset: str = _other("standard", ", ".join(PRESETS), "how strict the limits are")  # DESIGN part 4


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without alerts: (start, end) in minutes since midnight; a start after its end runs over midnight."""

    hours: tuple[tuple[int, int], ...] = _other((), 'a list of "HH:MM-HH:MM"', "hours without alerts")  # chosen: none


@dataclass(frozen=True, slots=True)
class History:
    """How long the history is kept."""

    keep_days: int = _number(365, 1, 3650, "days of history kept")  # chosen


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it; the field names are the TOML sections."""

    camera: Camera = Camera()
    watch: Watch = Watch()
    posture: PostureRules = PostureRules()
    dose: DoseRules = DoseRules()
    hold: HoldRules = HoldRules()
    still: StillRule = StillRule()
    seated: SeatedRule = SeatedRule()
    alerts: AlertRules = AlertRules()
    quiet: Quiet = Quiet()
    history: History = History()


class Key(NamedTuple):
    """One line of the README's table: `alerts.cooldown_s`, its default as TOML writes it, the range, the meaning."""

    key: str
    default: str
    allowed: str
    meaning: str


def default_path() -> Path:
    """Where `settings.toml` is looked for."""
    return platformdirs.user_config_path("posturewatch", appauthor=False) / "settings.toml"


def data_folder() -> Path:
    """Where baselines and history belong; whoever writes creates it, 0700."""
    return platformdirs.user_data_path("posturewatch", appauthor=False)


def load(path: Path | None = None) -> Settings:
    """The settings in this file, or in the default one, which may be missing; watch.preset is read, not yet applied."""
    place = default_path() if path is None else path
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


def with_preset(settings: Settings, preset: str) -> Settings:
    """The settings with a preset's limits (DESIGN part 4) and its name; apply it once, it multiplies."""
    if preset not in PRESETS:
        raise PosturewatchError(f"There is no preset {_shown(preset)}. Try {', '.join(PRESETS)}.")
    settings = replace(settings, watch=replace(settings.watch, preset=preset))
    if preset == "gentle":
        return _with_limits(settings, 1.5, None)  # DESIGN part 4
    if preset == "strict":
        alerts = replace(settings.alerts, cooldown_s=120.0, max_per_hour=0)  # DESIGN part 4
        return replace(_with_limits(settings, 0.5, 45.0), alerts=alerts)  # DESIGN part 4
    return settings


def with_hfov(settings: Settings, hfov_deg: float) -> Settings:
    """The settings with this field of view."""
    return replace(settings, camera=replace(settings.camera, hfov_deg=hfov_deg))


def as_dict(settings: Settings) -> dict[str, object]:
    """The settings as their TOML would be, for JSON; a camera's address loses its password."""
    result = dataclasses.asdict(settings)
    result["camera"]["source"] = shown_source(settings.camera.source)
    result["quiet"]["hours"] = [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in settings.quiet.hours]
    return result


def shown_source(source: str) -> str:
    """A camera's source fit to be shown or recorded: a URL without its user, password and query."""
    if "://" not in source:
        return source
    return re.sub(r"://.*@", "://", source).partition("?")[0]


def keys() -> list[Key]:
    """Every key there is, in the order of the sections."""
    return list(_keys(Settings(), (), {}))


def _keys(section: "DataclassInstance", where: Where, ranges: Ranges) -> Iterator[Key]:
    for each in fields(section):
        default, path = getattr(section, each.name), (*where, each.name)
        if is_dataclass(default):
            yield from _keys(default, path, each.metadata.get("ranges", {}))  # type: ignore[arg-type]
        else:
            yield Key(".".join(path), _shown(default), _allowed(each, ranges), each.metadata["meaning"])


def _with_limits(settings: Settings, factor: float, posture_limit_s: float | None) -> Settings:
    """Still and seated limits times factor; the postures' and ISO's line too, or all at posture_limit_s."""
    posture, still, seated = settings.posture, settings.still, settings.seated
    changes: dict[str, object] = {"iso_scale": posture.iso_scale * factor if posture_limit_s is None else 1.0}
    for each in fields(posture):
        rule = getattr(posture, each.name)
        if isinstance(rule, AngleRule | SlumpRule):
            changes[each.name] = replace(rule, limit_s=posture_limit_s or rule.limit_s * factor)
    return replace(
        settings,
        posture=_replaced(posture, changes),
        still=replace(still, limit_s=still.limit_s * factor),
        seated=replace(seated, limit_s=seated.limit_s * factor),
    )


def _replaced(section: Section, changes: Mapping[str, object]) -> Section:
    return replace(section, **changes)


def read_text(path: Path) -> str:
    """The file's text without a byte order mark; only an ordinary file of a sensible size is opened at all."""
    info = path.stat()
    if not stat.S_ISREG(info.st_mode):
        raise PosturewatchError(f"{path} is not a file. Name a TOML file, such as settings.toml.")
    if info.st_size > MOST_BYTES:
        raise PosturewatchError(f"{path} is above {MOST_BYTES // 1024} KB, too large to be read. Name another file.")
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PosturewatchError(f"{path.name}, line {line}: not UTF-8 text. Save the file as UTF-8.") from None


def parse(name: str, text: str) -> dict[str, object]:
    """The TOML document; PosturewatchError with this file name and the line where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why, _, place = str(error).partition(" (at ")
        found = re.match(r"line ([0-9]+)", place)
        line = found[1] if found else text.rstrip("\n").count("\n") + 1  # else "end of document"
        raise PosturewatchError(f"{name}, line {line}: not TOML: {_one_line(why)}.") from None
    except (ValueError, RecursionError):  # a number of over 4300 digits; brackets nested by the thousand
        raise PosturewatchError(f"{name}: a number or a nesting in it is too long to be read. Shorten it.") from None


@dataclass(frozen=True, slots=True)
class _Spot:
    """The section that is being read: its file, its path, and ranges that differ from its fields' own."""

    name: str
    text: str
    where: Where
    ranges: Ranges

    def error(self, sentence: str, *candidates: str) -> PosturewatchError:
        """The complaint, at the line of the first of these keys that the file writes."""
        lines = (_line_of(self.text, (*self.where, key)) for key in candidates)
        line = next((line for line in lines if line), None)
        return PosturewatchError(f"{self.name}{f', line {line}' if line else ''}: {sentence}")

    def label(self, key: str) -> str:
        return f"{_section(self.where)} {_name(key)}" if self.where else _name(key)


def _line_of(text: str, target: Where) -> int | None:
    """The line of the statement that first writes this key or opens this section; None if it can't be found."""
    section: Where = ()
    for statement in statements(text):
        if statement.bracket:
            section = header(statement.piece)
            found = section[: len(target)] == target
        else:
            found = section == target[: len(section)] and _holds(statement.piece, target[len(section) :])
        if found:
            return statement.line
    return None


class Statement(NamedTuple):
    """One statement of a TOML text, parsed alone; bracket is "[" or "[[" before a section's name, else empty."""

    line: int
    bracket: str
    piece: dict[str, object]


def statements(text: str) -> Iterator[Statement]:
    """The statements of a valid TOML text with their lines, up to one that is longer than MOST_STATEMENT_LINES.

    tomllib tells no lines, but it can be asked: a statement starts at a line's start and no cut-off piece of one is
    valid, so the shortest run of lines that parses is one statement, whatever its quotes, dots and brackets.
    """
    lines, start = text.split("\n"), 0
    for end in range(1, len(lines) + 1):
        if end - start > MOST_STATEMENT_LINES:
            return
        try:
            piece = tomllib.loads("\n".join(lines[start:end]))
        except (ValueError, RecursionError):
            continue
        brackets = re.match(r"[ \t]*(\[{0,2})", lines[start])
        yield Statement(start + 1, brackets[1] if brackets else "", piece)
        start = end


def header(piece: object) -> Where:
    """The path of `[a.b]` or `[[a.b]]`, parsed alone."""
    path: Where = ()
    while isinstance(piece, dict | list) and piece:
        if isinstance(piece, dict):
            path += (next(iter(piece)),)
            piece = piece[path[-1]]
        else:
            piece = piece[0]
    return path


def _holds(piece: object, path: Where) -> bool:
    for key in path:
        if not isinstance(piece, dict) or key not in piece:
            return False
        piece = piece[key]
    return True


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
    result = _replaced(default, changes)
    _check_order(result, changes, spot)
    return result


def _value(each: "dataclasses.Field[object]", default: object, value: object, spot: _Spot) -> object:
    """The value in its field's type, or a complaint that says what is allowed."""
    said, allowed = f"{spot.label(each.name)} = {_shown(value)}", _allowed(each, spot.ranges)
    if "range" not in each.metadata:
        accepted = _accepted(each.name, default, value)
        if accepted is None:
            raise spot.error(f"{said} is not allowed. Allowed: {allowed}.", each.name)
        return accepted
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise spot.error(f"{said} is not a {'whole ' if whole else ''}number. Allowed: {allowed}.", each.name)
    low, high = spot.ranges.get(each.name, each.metadata["range"])
    if not low <= value <= high:  # nan and inf fail here too
        raise spot.error(f"{said} is out of range: {allowed}.", each.name)
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
        values = {name: _shown(getattr(section, name)) for name in (each.name, outer)}
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


def _allowed(each: "dataclasses.Field[object]", ranges: Ranges) -> str:
    if "allowed" in each.metadata:
        return str(each.metadata["allowed"])
    low, high = ranges.get(each.name, each.metadata["range"])
    return f"{low:g} to {high:g}"


def _section(where: Where) -> str:
    return f"[{'.'.join(_name(part) for part in where)}]"


def _name(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else _shown(key)


def _shown(value: object) -> str:
    """A value as TOML writes it, short enough for one line of a message."""
    if isinstance(value, bool | str):
        return _one_line(json.dumps(value, ensure_ascii=False))
    if isinstance(value, int | float):
        return "a huge number" if 1e15 <= abs(value) < float("inf") else f"{value:.15g}"
    if isinstance(value, list | tuple):
        return "[…]" if value else "[]"
    return "{…}" if isinstance(value, dict) else _one_line(str(value))


def _one_line(text: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= 80 else shown[:79] + "…"
