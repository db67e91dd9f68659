"""What a minute came to, gathered sample by sample."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from posturewatch.files.store import MEASURES, STATES
from posturewatch.session import GAP_S, Sample

MINUTE_S = 60
ADDED = (*(f"{state}_s" for state in STATES), *(f"{m}_{of}" for m in MEASURES for of in ("told_s", "sum")), "looks")
HIGHEST = (*(f"{m}_max" for m in MEASURES), "hold_s_max", "dose_max")


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute from `at` on, in the local time of then; seconds by state, 60 at most in all.

    Means are over the time for which the measure was told, forward_head_deg_told_s for the angle; None when it wasn't.
    """

    at: datetime
    day: str
    seconds: Mapping[str, float]
    forward_head_deg_told_s: float
    forward_head_deg_mean: float | None
    forward_head_deg_max: float | None
    error_deg_mean: float | None
    error_deg_max: float | None
    severity_mean: float | None
    severity_max: float | None
    hold_s_max: float | None
    dose_max: float | None
    looks: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a minute has so far: sums by the names of ADDED, maxima by those of HIGHEST; at_s is its beginning, UTC."""

    at_s: int
    offset_s: int
    day: str
    added: dict[str, float] = field(default_factory=dict)
    highest: dict[str, float] = field(default_factory=dict)

    def count(self, sample: Sample, length_s: float) -> None:
        """The sample stood for so many seconds of this minute."""
        if length_s <= 0:
            return
        self.add(f"{sample.state}_s", length_s)
        self._raise("hold_s_max", sample.hold_s)
        self._raise("dose_max", sample.dose)
        for name in MEASURES:
            value = getattr(sample, name)
            if value is not None and math.isfinite(value):
                self.add(f"{name}_told_s", length_s)
                self.add(f"{name}_sum", value * length_s)
                self._raise(f"{name}_max", value)

    def add(self, name: str, amount: float) -> None:
        """Add to one of the sums."""
        self.added[name] = self.added.get(name, 0) + amount

    def _raise(self, name: str, value: float) -> None:
        self.highest[name] = max(value, self.highest.get(name, value))


class Gathering:
    """The minute that has begun. A sample stands for the time until the next one, if that comes within GAP_S."""

    def __init__(self) -> None:
        self._minute: Gathered | None = None
        self._last: Sample | None = None

    def add(self, sample: Sample, at: datetime) -> Gathered | None:
        """Count a sample that came at this local time; the minute before, when a new one begins with it."""
        at_s, offset_s, _ = when(at)
        begun_s = int(at_s // MINUTE_S * MINUTE_S)
        begun = Gathered(begun_s, offset_s, local(begun_s, offset_s).date().isoformat())
        now = self._minute or begun
        same = now.at_s == begun.at_s
        length_s = 0.0 if self._last is None else sample.t_s - self._last.t_s
        if self._last is not None and length_s <= GAP_S:
            later_s = 0.0 if same else min(length_s, at_s - begun_s)
            now.count(self._last, length_s - later_s)
            begun.count(self._last, later_s)
        self._last = sample
        self._minute = now if same else begun
        self._minute.add("looks", int(sample.age_s == 0))
        return None if same else now

    def take(self) -> Gathered | None:
        """What the minute has so far; what comes after it is gathered anew under the same minute."""
        now = self._minute
        if now is None or not now.added:
            return None
        self._minute = Gathered(now.at_s, now.offset_s, now.day)
        return now


def when(at: datetime) -> tuple[float, int, str]:
    """UTC seconds, local − UTC in seconds, local date; ValueError when `at` carries no zone."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError(f"at must carry its zone, got {at}")
    return round(at.timestamp(), 3), int(offset.total_seconds()), at.date().isoformat()


def local(at_s: float, offset_s: int) -> datetime:
    """The local time of these UTC seconds where local − UTC was so much."""
    return datetime.fromtimestamp(at_s, timezone(timedelta(seconds=offset_s)))
