"""Which posture it is: hysteresis around each threshold, then dwell in seconds; missing data never moves a state."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from posturewatch.chain import Deviation
from posturewatch.config import AngleRule, HoldRules, PostureRules, SlumpRule

UPRIGHT, AWAY, UNKNOWN = "upright", "away", "unknown"
POSTURES = ("forward_head", "slumped", "neck_flexed", "neck_extended", "side_bent", "turned")
ROUNDING = 1e-6  # chosen: a sum of 100,000 short steps misses the whole second by less; seconds, or parts of a dose


@dataclass(frozen=True, slots=True)
class Transition:
    """The state changed at t_s; since_s is when that which led to it began."""

    t_s: float
    since_s: float
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PostureState:
    """What the last look left behind.

    now is the posture by thresholds alone, state the one after hysteresis and dwell, since_s its beginning.
    held is the posture a hold is about: the state or, under `away` and `unknown`, the state before until its hold ends.
    told is whether this look had a vote; step_s the seconds since the look before (0 after a gap).
    out_s is the told time out of the band, the dwell included; kept the posture it is about, None while upright.
    severity is the largest over the told deviations, None when neither forward head nor drop is told.
    """

    state: str = UPRIGHT
    now: str = UNKNOWN
    since_s: float = 0.0
    severity: float | None = None
    reason: str | None = None
    held: str = UPRIGHT
    told: bool = False
    step_s: float = 0.0
    out_s: float = 0.0
    kept: str | None = None


class Signal(NamedTuple):
    """One deviation on the way to a posture, positive toward it; enter and leave are positive, in its unit."""

    posture: str
    field: str
    value: float
    enter: float
    leave: float


class Run(NamedTuple):
    """Looks of one kind in a row: when the first came, and the seconds since that count."""

    since_s: float
    length_s: float = 0.0


def reached(value: float, limit: float) -> bool:
    """Whether value has reached limit, but for the rounding of many short steps."""
    return value >= limit - ROUNDING


def rule_of(rules: PostureRules, posture: str) -> AngleRule | SlumpRule:
    """The rule of one of POSTURES."""
    rule: AngleRule | SlumpRule = getattr(rules, posture)
    return rule


def signals(dev: Deviation, rules: PostureRules) -> list[Signal]:
    """The signals that are told; `slumped` has two, each with its own hysteresis."""
    ahead, down, bend, turn = dev.forward_head_deg, dev.neck_flexion_deg, dev.side_bend_deg, dev.turn_deg
    drop, sink, slump = dev.head_drop_cm, dev.sink_cm, rules.slumped
    told: list[Signal] = []
    if ahead is not None:
        told.append(_angle("forward_head", rules.forward_head, "forward_head_deg", ahead))
    if drop is not None:
        told.append(
            Signal("slumped", "head_drop_cm", drop, slump.enter_drop_cm, slump.enter_drop_cm * slump.exit_ratio)
        )
    if sink is not None:
        told.append(Signal("slumped", "sink_cm", sink, slump.enter_sink_cm, slump.enter_sink_cm * slump.exit_ratio))
    if down is not None:
        told.append(_angle("neck_flexed", rules.neck_flexed, "neck_flexion_deg", down))
        told.append(_angle("neck_extended", rules.neck_extended, "neck_flexion_deg", -down))
    if bend is not None:
        told.append(_angle("side_bent", rules.side_bent, "side_bend_deg", abs(bend)))
    if turn is not None:
        told.append(_angle("turned", rules.turned, "turn_deg", abs(turn)))
    return told


def severities(dev: Deviation, rules: PostureRules) -> dict[str, float]:
    """For each posture that is told, its deviation over its entering threshold: 0 at the baseline, from 1 on out."""
    return _severities(signals(dev, rules))


def severity(dev: Deviation, rules: PostureRules) -> float | None:
    """The largest severity told; None when neither forward head nor drop of the head is."""
    return _severity(dev, severities(dev, rules))


def now(dev: Deviation, rules: PostureRules) -> str:
    """The posture of this one look by its entering thresholds alone."""
    return _now(dev, severities(dev, rules))


def step_s(before_s: float | None, t_s: float, gap_s: float) -> float:
    """Seconds since the look before; 0 for the first look, after more than gap_s, or when time went backwards."""
    if before_s is None or not 0.0 <= t_s - before_s <= gap_s:
        return 0.0
    return t_s - before_s


class Posture:
    """The state over time. Feed it every look in order; `current` is what the last one left behind."""

    def __init__(self, rules: PostureRules, hold: HoldRules, begins: str = UPRIGHT) -> None:
        self.current = PostureState()
        self._rules, self._hold = rules, hold
        self._before_s: float | None = None
        self._state, self._held = begins, UPRIGHT  # without a baseline it begins unknown
        self._since_s: float | None = None
        self._out_s = 0.0
        self._out_of_band: set[tuple[str, str]] = set()  # posture and field of each signal beyond its threshold
        self._goal: str | None = None  # where the run leads; "out" while upright, whichever posture it will be
        self._run: Run | None = None
        self._missing: Run | None = None  # looks without a vote; nobody and unseen are the two kinds of them
        self._nobody: Run | None = None
        self._unseen: Run | None = None

    def update(self, dev: Deviation) -> list[Transition]:
        """Take one look; the transitions it completes, at most a return from away or unknown and one more."""
        step = step_s(self._before_s, dev.t_s, self._hold.gap_s)
        self._before_s = dev.t_s
        if self._since_s is None:
            self._since_s = dev.t_s
        told = signals(dev, self._rules)
        vote = self._vote(told) if told and not dev.nobody else None
        found = self._absent(dev, step) if vote is None else self._present(dev.t_s, step, vote)
        kept = vote if self._goal == "out" else self._held
        severe = _severities(told)
        self.current = PostureState(
            state=self._state,
            now=_now(dev, severe),
            since_s=self._since_s,
            severity=_severity(dev, severe),
            reason=self._reason(dev, vote),
            held=self._held,
            told=vote is not None,
            step_s=step,
            out_s=self._out_s,
            kept=None if kept == UPRIGHT else kept,
        )
        return found

    def soon_s(self) -> float:
        """Seconds until the state changes if every look to come is as the last one; infinite if it stays then."""
        left_s = [math.inf]
        goal = self.current.kept if self._goal == "out" else self._goal
        if self._run and goal and self.current.told:
            left_s.append(self._dwell_s(goal) - self._run.length_s)
        if self._nobody and self._state != AWAY:
            left_s.append(self._rules.away_after_s - self._nobody.length_s)
        unseen = self._unseen if self._state == AWAY else self._missing
        if self._unseen and unseen and self._state != UNKNOWN:
            left_s.append(self._rules.unknown_after_s - unseen.length_s)
        return min(left_s)

    def _vote(self, told: list[Signal]) -> str | None:
        """The worst posture in band; None if only a signal that isn't told at this look was, as it may still be."""
        for signal in told:
            if signal.value >= signal.enter:
                self._out_of_band.add((signal.posture, signal.field))
            elif signal.value < signal.leave:
                self._out_of_band.discard((signal.posture, signal.field))
        if not self._out_of_band:
            return UPRIGHT
        out = [signal for signal in told if (signal.posture, signal.field) in self._out_of_band]
        return max(out, key=lambda signal: signal.value / signal.enter).posture if out else None

    def _reason(self, dev: Deviation, vote: str | None) -> str | None:
        if dev.reason is None and vote is None and dev.told and not dev.nobody:
            return " and ".join(sorted({posture.replace("_", " ") for posture, _ in self._out_of_band})) + " not told"
        return dev.reason

    def _absent(self, dev: Deviation, step: float) -> list[Transition]:
        """A look without a vote: the state is held until nobody or nothing has been seen for long enough."""
        self._missing = _grown(self._missing, dev.t_s, step)
        if dev.nobody:
            self._nobody, self._unseen = _grown(self._nobody, dev.t_s, step), None
        else:
            self._unseen = _grown(self._unseen, dev.t_s, step)
            if self._state != AWAY:  # one blurred picture of an empty chair doesn't begin the absence anew
                self._nobody = None
        found = self._gone(dev.t_s)
        if self._state in (AWAY, UNKNOWN) and self._over():
            self._forget()
        return found

    def _gone(self, t_s: float) -> list[Transition]:
        """To away on a look without anybody, to unknown on one that shows nothing: a young absence gets its time."""
        if self._nobody and self._unseen is None and reached(self._nobody.length_s, self._rules.away_after_s):
            return self._move(t_s, self._nobody.since_s, AWAY)
        run = self._unseen if self._state == AWAY else self._missing
        if self._unseen and run and reached(run.length_s, self._rules.unknown_after_s):
            self._nobody = None
            return self._move(t_s, run.since_s, UNKNOWN)
        return []

    def _over(self) -> bool:
        """Whether the hold from before has ended."""
        nobody_s = self._nobody.length_s if self._nobody else 0.0
        missing_s = self._missing.length_s if self._missing else 0.0
        return reached(nobody_s, self._hold.end_away_s) or reached(missing_s, self._hold.end_unknown_s)

    def _forget(self) -> None:
        """Begin as after a baseline."""
        self._held, self._out_s = UPRIGHT, 0.0
        self._goal = self._run = None
        self._out_of_band.clear()

    def _present(self, t_s: float, step: float, vote: str) -> list[Transition]:
        """A look with a vote: back to the held state at once, then the dwell goes on."""
        found = self._move(t_s, t_s, self._held)
        self._missing = self._nobody = self._unseen = None
        self._follow(t_s, step, vote)
        if self._run is None or not reached(self._run.length_s, self._dwell_s(vote)):
            return found
        found += self._move(t_s, self._run.since_s, vote)
        self._held, self._goal, self._run = vote, None, None
        if vote == UPRIGHT:
            self._out_s = 0.0
        return found

    def _follow(self, t_s: float, step: float, vote: str) -> None:
        """Let the run that the vote belongs to grow, or begin another, and count the time out of the band."""
        goal = None if vote == self._state else "out" if self._state == UPRIGHT else vote
        self._run = None if goal is None else _grown(self._run if goal == self._goal else None, t_s, step)
        self._goal = goal
        if self._state == UPRIGHT:
            self._out_s = self._run.length_s if self._run else 0.0
        else:
            self._out_s += step

    def _dwell_s(self, vote: str) -> float:
        """Seconds the vote must last: in the band to leave the state's posture, out of it to enter the vote's."""
        if vote == UPRIGHT:
            return rule_of(self._rules, self._state).exit_dwell_s
        return rule_of(self._rules, vote).enter_dwell_s

    def _move(self, t_s: float, since_s: float, after: str) -> list[Transition]:
        if after == self._state:
            return []
        before, self._state, self._since_s = self._state, after, since_s
        return [Transition(t_s, since_s, before, after)]


def _grown(run: Run | None, t_s: float, step: float) -> Run:
    return Run(t_s) if run is None else Run(run.since_s, run.length_s + step)


def _angle(posture: str, rule: AngleRule, field: str, value: float) -> Signal:
    return Signal(posture, field, value, abs(rule.enter_deg), abs(rule.exit_deg))


def _severities(told: list[Signal]) -> dict[str, float]:
    severe: dict[str, float] = {}
    for signal in told:
        severe[signal.posture] = max(severe.get(signal.posture, 0.0), signal.value / signal.enter)
    return severe


def _severity(dev: Deviation, severe: dict[str, float]) -> float | None:
    if dev.forward_head_deg is None and dev.head_drop_cm is None:
        return None
    return max(severe.values())


def _now(dev: Deviation, severe: dict[str, float]) -> str:
    if dev.nobody:
        return AWAY
    if not severe:
        return UNKNOWN
    worst = max(severe, key=lambda posture: severe[posture])
    return worst if severe[worst] >= 1.0 else UPRIGHT
