"""What a session tells, moment by moment, and what it came to."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from posturewatch.landmarks import Held, Landmarks
from posturewatch.posture import Transition

GAP_S = 5.0  # DESIGN part 6: longer gaps between two samples count for no state


@dataclass(frozen=True, slots=True)
class Sample:
    """The state at one tick of the rate; fields, units and signs as in the README's table. age_s: how old the look."""

    t_s: float
    age_s: float
    view: str | None
    state: str
    now: str
    reason: str | None
    forward_head_deg: float | None
    error_deg: float | None
    ear_shoulder_deg: float | None
    neck_flexion_deg: float | None
    side_bend_deg: float | None
    turn_deg: float | None
    shoulder_raise_cm: float | None
    head_forward_cm: float | None
    head_drop_cm: float | None
    sink_cm: float | None
    distance_cm: float | None
    severity: float | None
    hold_s: float
    still_s: float
    dose: float


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert as it is told: kind "posture", "still", "seated" or "baseline", level 1–3; the exercise's id or None."""

    t_s: float
    kind: str
    level: int
    message: str
    exercise: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked of the running session between two looks.

    wish: "recalibrate"; "snooze", for for_s seconds; "answer", to the alert; "exercised", one was completed; "quiet"
    and "aloud": from here on alerts wait, or don't, for the desktop's or the hours' sake.
    """

    t_s: float
    wish: str
    for_s: float | None = None


WISHES = ("recalibrate", "snooze", "answer", "exercised", "quiet", "aloud")
Event = Sample | Transition | Notice | Landmarks | Held | Wish


@dataclass(slots=True)
class Summary:
    """What a session came to. Feed it every event; a sample counts until the next one."""

    seconds: dict[str, float] = field(default_factory=dict)
    longest_hold_s: float = 0.0
    alerts: Counter[str] = field(default_factory=Counter)
    exercises: list[str] = field(default_factory=list)
    samples: int = 0
    told: int = 0
    angles: Counter[int] = field(default_factory=Counter)  # of the forward-head angle, in tenths of a degree
    _last: Sample | None = None

    def add(self, event: Event) -> None:
        """Count one event."""
        if isinstance(event, Notice):
            self.alerts[f"{event.kind}, level {event.level}"] += 1
            if event.exercise is not None and event.level == 2:
                self.exercises.append(event.exercise)
        if isinstance(event, Sample):
            self._count(event)

    def _count(self, sample: Sample) -> None:
        if self._last is not None and 0 < sample.t_s - self._last.t_s <= GAP_S:
            self.seconds[self._last.state] = self.seconds.get(self._last.state, 0.0) + sample.t_s - self._last.t_s
        self._last = sample
        self.samples += 1
        self.told += sample.state not in ("unknown", "away") and sample.reason is None
        self.longest_hold_s = max(self.longest_hold_s, sample.hold_s)
        if sample.forward_head_deg is not None and sample.age_s == 0:
            self.angles[round(10 * sample.forward_head_deg)] += 1

    def percentiles_deg(self) -> tuple[float, float, float] | None:
        """P10, P50 and P90 of the forward-head angle (APDF, Jonsson); None when it was never told."""
        if not self.angles:
            return None
        p10, p50, p90 = np.percentile(np.repeat(list(self.angles), list(self.angles.values())), [10, 50, 90]) / 10
        return float(p10), float(p50), float(p90)

    def as_dict(self) -> dict[str, Any]:
        """For summary.json."""
        spread = self.percentiles_deg()
        return {
            "seconds": {state: round(seconds, 3) for state, seconds in self.seconds.items()},
            "longest_hold_s": round(self.longest_hold_s, 3),
            "forward_head_deg": None
            if spread is None
            else dict(zip(("p10", "p50", "p90"), (round(value, 2) for value in spread), strict=True)),
            "alerts": dict(self.alerts),
            "exercises": self.exercises,
            "samples": self.samples,
            "samples_told": self.told,
        }
