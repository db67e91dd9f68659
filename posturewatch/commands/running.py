"""One stream of looks through one monitor: recorded, counted and shown. Live and replay are this one."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from posturewatch import exercises
from posturewatch.baseline import Baseline, as_dict
from posturewatch.config import Settings, shown_source
from posturewatch.config import as_dict as settings_dict
from posturewatch.estimate.capture import Failed, Started, Startup, Window
from posturewatch.exercises import Catalogue
from posturewatch.files.record import Outputs
from posturewatch.landmarks import Finder, Held, Landmarks
from posturewatch.monitor import Happening, Moment, Monitor
from posturewatch.posture import Transition
from posturewatch.session import Notice, Sample, Summary, Wish


@dataclass(slots=True)
class Session:
    """A monitor with what goes in and comes out. eyes learn the baseline's place.

    started_at is the local time at t_s = 0, for the quiet hours; None leaves them out. busy says whether the desktop
    wants alerts to wait. recent, governed: as Monitor takes them.
    """

    settings: Settings
    source: str
    rate_hz: float
    outputs: Outputs
    show: Callable[[Happening], None]
    eyes: Finder | None = None
    started_at: datetime | None = None
    catalogue: Catalogue = field(default_factory=exercises.load)
    recent: Sequence[str] = ()
    baseline: Baseline | None = None
    sample: Sample | None = None
    summary: Summary = field(default_factory=Summary)
    governed: bool = False
    busy: Callable[[float], bool] = lambda _t_s: False
    monitor: Monitor = field(init=False)
    _begun: bool = False
    _told_quiet: bool = False  # by the recording that is replayed
    _was_quiet: bool = False

    def __post_init__(self) -> None:
        self.monitor = Monitor(self.settings, self.catalogue, self.rate_hz, self.recent, self.governed, self._quiet)

    def run(self, looks: Iterable[Landmarks | Held | Wish], start: Baseline | Window | Startup) -> None:
        """Feed the looks through the pipeline until they end; wishes among them come from a recording."""
        with contextlib.closing(self._recorded(looks)) as recorded:  # ended at any moment, the look is written down
            for event in self.monitor.run(recorded, start):
                self._happened(event, start)

    def _happened(self, event: Happening, start: Baseline | Window | Startup) -> None:
        self._begin(event, start)
        if isinstance(event, Moment):
            self.sample = event.sample
        record = event.sample if isinstance(event, Moment) else event
        if isinstance(record, (Sample, Transition, Notice)):
            self.outputs.write(record)
            self.summary.add(record)
        self.show(event)

    def wish(self, wish: Wish) -> None:
        """Do what is asked, and record it, so that a replay does it too."""
        self.outputs.write(wish)
        if wish.wish == "recalibrate":
            self.monitor.recalibrate()
        elif wish.wish == "snooze":
            self.monitor.snooze(wish.t_s, wish.for_s or 0.0)
        elif wish.wish == "answer":
            self.monitor.answer()
        elif wish.wish == "exercised":
            self.monitor.exercise_done()
        else:
            self._told_quiet = self._was_quiet = wish.wish == "quiet"

    def _begin(self, event: Happening, start: Baseline | Window | Startup) -> None:
        """Write the recordings' first line as soon as the baseline is known; when live at once, with the stored one."""
        if isinstance(event, Started):
            self.baseline = event.baseline
            if self.eyes is not None:
                self.eyes.settle(event.baseline.place)
        live = isinstance(start, Startup)
        if not self._begun and (live or isinstance(event, (Started, Failed))):
            self._begun = True
            kept = start.stored if isinstance(start, Startup) else self.baseline
            self.outputs.begin(self._header(live, kept), None if kept is None else as_dict(kept))

    def _recorded(self, looks: Iterable[Landmarks | Held | Wish]) -> Generator[Landmarks | Held, None, None]:
        """The looks, each written down once it is done with: whether it was quiet then stands before it."""
        for look in looks:
            if isinstance(look, Wish):
                self.wish(look)
                continue
            try:
                yield look
            finally:
                self.outputs.write(look)

    def _quiet(self, t_s: float) -> bool:
        """Whether alerts are to wait; each change is recorded."""
        quiet = self._told_quiet or self._quiet_hour(t_s) or self.busy(t_s)
        if quiet != self._was_quiet:
            self._was_quiet = quiet
            self.outputs.write(Wish(t_s, "quiet" if quiet else "aloud"))
        return quiet

    def _quiet_hour(self, t_s: float) -> bool:
        if self.started_at is None:
            return False
        now = self.started_at + timedelta(seconds=t_s)
        minute = now.hour * 60 + now.minute
        hours = self.settings.quiet.hours
        return any(a <= minute < b if a < b else minute >= a or minute < b for a, b in hours)

    def _header(self, live: bool, kept: Baseline | None) -> dict[str, Any]:
        told_deg = self.settings.camera.hfov_deg  # what a live session captures a baseline with, if it has to
        return {
            "source": shown_source(self.source),
            "rate_hz": self.rate_hz,
            "hfov_deg": told_deg if live or kept is None else kept.hfov_deg,
            "live": live,
            "governed": self.governed,
            "recent": list(self.recent),
            "settings": settings_dict(self.settings),
        }
