"""The loop that joins the stages: landmarks in; samples, transitions and alerts out. Live and replay are this one."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from posturewatch import alerts as alerting
from posturewatch import exercises, frames
from posturewatch.alerts import Alert, Alerts
from posturewatch.baseline import Baseline, agrees
from posturewatch.chain import Deviation, deviation
from posturewatch.config import Settings
from posturewatch.estimate.capture import Calibrating, Capture, Failed, Started, Startup, Window, built
from posturewatch.estimate.health import Health
from posturewatch.estimate.sideways import Turning
from posturewatch.exercises import Catalogue, Exercise
from posturewatch.features import Features, describe
from posturewatch.frames import SLACK_S
from posturewatch.holds import Clocks, Holds, limit_s
from posturewatch.landmarks import Held, Landmarks
from posturewatch.posture import UNKNOWN, Posture, PostureState, Transition
from posturewatch.session import Notice, Sample
from posturewatch.smoothing import Smoother

SMOOTHED = (
    *("forward_head_deg", "ear_shoulder_deg", "neck_flexion_deg", "side_bend_deg", "turn_deg", "shoulder_raise_cm"),
    *("head_forward_cm", "head_drop_cm", "sink_cm", "distance_cm"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A sample with what the live view shows besides it."""

    sample: Sample
    clocks: Clocks
    alert: Alert | None


Happening = Calibrating | Turning | Started | Failed | Moment | Transition | Notice


class Monitor:
    """One session. `run` it once over the looks of a stream.

    governed: every look counts, also a second one within a tick; else only a tick's first. recent: ids of exercises
    done before, oldest first; others are suggested first. quiet says whether alerts are to wait at this time, asked
    only when there is one.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        rate_hz: float,
        recent: Sequence[str] = (),
        governed: bool = False,
        quiet: Callable[[float], bool] = lambda _t_s: False,
    ) -> None:
        self._settings, self._catalogue, self._rate_hz = settings, catalogue, rate_hz
        self._governed, self._quiet = governed, quiet
        self._baseline: Baseline | None = None
        self._smoother = Smoother()
        self._posture = Posture(settings.posture, settings.hold, begins=UNKNOWN)
        self._holds = Holds(settings.posture, settings.dose, settings.still, settings.seated)
        self._alerts = Alerts(settings.alerts, settings.still.limit_s, settings.seated.limit_s)
        self._suggested = list(recent)
        self._idea: Exercise | None = None  # of the last level 2
        self._health: Health | None = None
        self._question: str | None = None  # asked as soon as it isn't quiet
        self._look: Features | None = None  # the last one
        self._background: tuple[float, float, float] | None = None
        self._seen: Deviation | None = None  # at the last look, as it was, without filter
        self._last: Sample | None = None
        self._last_s = -math.inf
        self._state: str | None = None  # as it was told last, since the first baseline
        self._tick = -1
        self.settling = True  # no baseline yet, or whether the stored one fits isn't known
        self._again = False  # a new baseline is wanted

    def run(self, looks: Iterable[Landmarks | Held], source: Baseline | Window | Startup) -> Iterator[Happening]:
        """Everything that happens, in order; each look is taken from `looks` only when the one before is done."""
        looks = iter(looks)
        if isinstance(source, Baseline):
            yield self._start(source, captured=False)
        elif isinstance(source, Window):
            yield from self._look_ahead(looks, source)
        else:
            yield from self._settle(looks, source)
        self.settling = self._again
        for look in looks:
            yield from self._step(look)
            if self._again:
                self._again = False
                yield from self._settle(looks, Startup())
                self._holds.exercise_done()  # the dose belonged to a baseline that was given up
                self.settling = self._again

    def recalibrate(self) -> None:
        """Capture a new baseline from the next looks."""
        self._again = self.settling = True
        self._drop_baseline()

    def soon_s(self) -> float:
        """Seconds until something happens if every look to come is as the last one; infinite if nothing does."""
        rules, state, clocks = self._settings, self._posture.current, self._holds.clocks
        left_s = [self._posture.soon_s()]
        if state.told:  # else the clocks stand
            left_s += [self._holds.still_soon_s(), rules.seated.limit_s - clocks.seated_s]
        if state.told and state.kept is not None:
            flexion_deg = None if self._seen is None else self._seen.neck_flexion_deg
            whole_s = limit_s(state.kept, flexion_deg, rules.posture)
            left_s += [(dose - clocks.dose) * whole_s for dose in (rules.alerts.sign_at_dose, alerting.ALERT_DOSE)]
        return min((each for each in left_s if each > 0), default=math.inf)

    def _start(self, baseline: Baseline, captured: bool) -> Started:
        self._baseline, self._health, self._question = baseline, Health(baseline), None
        self._posture = Posture(self._settings.posture, self._settings.hold)
        self._state = self._state or self._posture.current.state
        return Started(baseline, captured)

    def _look_ahead(self, looks: Iterator[Landmarks | Held], window: Window) -> Iterator[Happening]:
        """Make the baseline of the window, then catch up with the looks kept for it."""
        kept: list[Landmarks | Held] = []
        for look in looks:
            kept.append(look)
            if look.t_s >= window.end_s - SLACK_S:
                break
        looked = [look for look in kept if isinstance(look, Landmarks)]
        inside = [self._describe(look) for look in looked if look.t_s >= window.start_s - SLACK_S]
        result = built(inside, self._settings.camera.hfov_deg, self._rate_hz)
        yield result if isinstance(result, Failed) else self._start(result, captured=True)
        for look in kept:
            yield from self._step(look)

    def _settle(self, looks: Iterator[Landmarks | Held], start: Startup) -> Iterator[Happening]:
        """Judge by the stored baseline at once; capture one where there is none or it doesn't fit."""
        capture, told = Capture(start.stored, start.length_s), ""
        if start.stored is not None:
            yield self._start(start.stored, captured=False)
        for look in looks:
            if self._again:  # wished for meanwhile
                self._again = False
                capture.begin_anew()
            if isinstance(look, Held):
                yield from self._step(look)
                continue
            features = self._describe(look)
            capture.add(features)
            if capture.stored is None:
                yield Calibrating(look.t_s, capture.done_s, start.length_s, features.reason)
            yield from self._step(look)
            if not capture.enough:
                continue
            if capture.stored is not None:
                if agrees(capture.stored, capture.looks):
                    return
                yield self._lose_baseline()
            else:
                result = built(capture.looks, self._settings.camera.hfov_deg, self._rate_hz)
                if isinstance(result, Baseline):
                    yield self._start(result, captured=True)
                    return
                if result.message != told:
                    yield result
                told = result.message
            capture.begin_anew()

    def _drop_baseline(self) -> None:
        self._baseline = self._health = self._question = None
        self._seen = None if self._look is None else deviation(self._look, None)  # what a held look repeats
        self._posture = Posture(self._settings.posture, self._settings.hold, begins=UNKNOWN)

    def _lose_baseline(self) -> Failed:
        self._drop_baseline()
        return Failed("The kept baseline doesn't fit any more. Sit as you want to sit: a new one is captured.")

    def _describe(self, look: Landmarks) -> Features:
        return describe(look, self._settings.camera.hfov_deg)

    def _step(self, look: Landmarks | Held) -> Iterator[Happening]:
        tick = frames.tick(look.t_s, self._rate_hz)
        if tick < self._tick or (tick == self._tick and not (self._governed and look.t_s > self._last_s)):
            return
        if isinstance(look, Landmarks):
            if self._another_mode(look):
                self.recalibrate()  # another mode of the camera
            self._seen = self._deviation(look)
            self._background = look.background
        if self._seen is None:
            return
        yield from self._repeats(tick)
        new, self._tick, self._last_s = tick > self._tick, tick, look.t_s
        seen = self._smoothed(self._trusted(replace(self._seen, t_s=look.t_s)))
        transitions = self._posture.update(seen) or self._jump(look.t_s)
        self._state = None if self._state is None else self._posture.current.state
        clocks = self._holds.update(seen, self._posture.current)
        alerts = self._alerts.update(seen, self._posture.current, clocks, lambda: self._quiet(look.t_s))
        self._last = _sample(seen, self._posture.current, clocks, look.t_s - self._seen.t_s)
        if new:
            yield Moment(self._last, clocks, self._alerts.active)
        yield from transitions
        for alert in alerts:
            yield self._notice(alert)
        yield from self._asked(look.t_s)

    def _jump(self, t_s: float) -> list[Transition]:
        """A baseline that is given up, and the next one, change the state at once."""
        before, after = self._state, self._posture.current.state
        return [] if before is None or before == after else [Transition(t_s, t_s, before, after)]

    def _another_mode(self, look: Landmarks) -> bool:
        if self._baseline is None or self.settling or look.reason is not None:
            return False
        return look.size_px != self._baseline.size_px

    def _trusted(self, seen: Deviation) -> Deviation:
        """The deviation, or why there is none while the baseline is in doubt; nothing is told by a wrong measure."""
        if self._health is None or self._look is None:
            return seen
        self._question = self._health.update(seen.t_s, self._look, seen, self._background) or self._question
        doubt = self._health.doubt
        if doubt is None:
            self._question = None
            return seen
        return seen if seen.nobody or self._look.view is None else Deviation(seen.t_s, seen.view, doubt)

    def _asked(self, t_s: float) -> Iterator[Notice]:
        """The question whether the baseline still fits, as soon as it isn't quiet."""
        doubted = self._health is not None and self._health.doubt is not None
        if self._alerts.active is not None and (self._alerts.active.kind == "baseline") != doubted:
            self._alerts.answer()
        if self._question is not None and not self.snoozed_s(t_s) and not self._quiet(t_s):
            question, self._question = self._question, None
            self._alerts.ask(t_s)
            yield Notice(t_s, "baseline", 2, question, None)

    def _repeats(self, tick: int) -> Iterator[Moment]:
        """A tick without a look repeats the last estimate with its age, as long as the clocks would run on."""
        last = self._last
        if last is None:
            return
        for missed in range(self._tick + 1, tick):
            t_s = missed / self._rate_hz
            if t_s - last.t_s > self._settings.hold.gap_s:
                return
            older = replace(last, t_s=t_s, age_s=last.age_s + t_s - last.t_s)
            yield Moment(older, self._holds.clocks, self._alerts.active)

    def _deviation(self, look: Landmarks) -> Deviation:
        baseline = self._baseline
        hfov_deg = self._settings.camera.hfov_deg if baseline is None else baseline.hfov_deg
        self._look = describe(look, hfov_deg, None if baseline is None else baseline.place)
        return deviation(self._look, baseline)

    def _smoothed(self, seen: Deviation) -> Deviation:
        values = {name: getattr(seen, name) for name in SMOOTHED}
        if seen.head_cm is not None:
            values |= dict(zip("xyz", seen.head_cm, strict=True))
        smooth = self._smoother.update(seen.t_s, values)
        place = (smooth.pop("x", None), smooth.pop("y", None), smooth.pop("z", None))
        return replace(seen, head_cm=None if seen.head_cm is None else place, **smooth)  # type: ignore[arg-type]

    def exercise_done(self) -> None:
        """An exercise was completed elsewhere, by the coach: the dose is 0."""
        self._holds.exercise_done()

    def snooze(self, t_s: float, for_s: float) -> None:
        """No notification and no sound until for_s seconds after t_s."""
        self._alerts.snooze(t_s, for_s)

    def snoozed_s(self, t_s: float) -> float:
        """Seconds until they come again."""
        return self._alerts.snoozed_s(t_s)

    def answer(self) -> None:
        """The person has answered or dismissed the alert."""
        self._alerts.answer()

    def _notice(self, alert: Alert) -> Notice:
        if alert.level == 2:
            self._idea = exercises.choose(self._catalogue, alert.posture, alert.kind, self._suggested)
            self._suggested += [] if self._idea is None else [self._idea.id]
        idea = None if alert.level == 1 else self._idea  # None too when the person switched off all that would fit
        name, wanted = (None, None) if idea is None else (idea.name, idea.id)
        return Notice(alert.t_s, alert.kind, alert.level, alerting.message(alert, name), wanted)


def _sample(seen: Deviation, posture: PostureState, clocks: Clocks, age_s: float) -> Sample:
    return Sample(
        **{name: getattr(seen, name) for name in ("t_s", "view", *SMOOTHED, "error_deg")},
        age_s=age_s,
        state=posture.state,
        now=posture.now,
        reason=posture.reason,
        severity=posture.severity,
        hold_s=clocks.hold_s,
        still_s=clocks.still_s,
        dose=clocks.dose,
    )
