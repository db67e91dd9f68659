"""Every number a person may set: frozen settings with their ranges.

A field's range and meaning stand in its metadata; the reader, `keys()` and the README's table take them from there.
The ranges are chosen throughout: wide enough for any desk, too narrow for a slip of the keyboard.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import platformdirs

from posturewatch.errors import PosturewatchError
from posturewatch.files.toml import shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Where = tuple[str, ...]
Ranges = Mapping[str, tuple[float, float]]
V = TypeVar("V")

PRESETS = ("gentle", "standard", "strict")  # DESIGN part 4
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


def with_preset(settings: Settings, preset: str) -> Settings:
    """The settings with a preset's limits (DESIGN part 4) and its name; apply it once, it multiplies."""
    if preset not in PRESETS:
        raise PosturewatchError(f"There is no preset {shown(preset)}. Try {', '.join(PRESETS)}.")
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
            yield Key(".".join(path), shown(default), allowed(each, ranges), each.metadata["meaning"])


def allowed(each: "dataclasses.Field[object]", ranges: Ranges) -> str:
    """What a setting may be, in words; ranges are those that differ from the fields' own."""
    if "allowed" in each.metadata:
        return str(each.metadata["allowed"])
    low, high = ranges.get(each.name, each.metadata["range"])
    return f"{low:g} to {high:g}"


def _with_limits(settings: Settings, factor: float, posture_limit_s: float | None) -> Settings:
    """Still and seated limits times factor; the postures' and ISO's line too, or all at posture_limit_s."""
    posture, still, seated = settings.posture, settings.still, settings.seated
    changes: dict[str, Any] = {"iso_scale": posture.iso_scale * factor if posture_limit_s is None else 1.0}
    for each in fields(posture):
        rule = getattr(posture, each.name)
        if isinstance(rule, AngleRule | SlumpRule):
            changes[each.name] = replace(rule, limit_s=posture_limit_s or rule.limit_s * factor)
    return replace(
        settings,
        posture=replace(posture, **changes),
        still=replace(still, limit_s=still.limit_s * factor),
        seated=replace(seated, limit_s=seated.limit_s * factor),
    )
