"""How long: the posture's hold and dose, the still clock, the seated clock; all in told time."""

import math
from dataclasses import dataclass, replace

from posturewatch.chain import Deviation
from posturewatch.config import DoseRules, PostureRules, SeatedRule, StillRule
from posturewatch.posture import AWAY, UPRIGHT, PostureState, reached, rule_of

ISO_FROM_DEG = 25.0  # ISO 11226: acceptable up to here
ISO_LONGEST_S = 480.0  # ISO 11226: 8 min at 25°
ISO_SLOPE_S = 7.0  # ISO 11226: 7/60 min less per degree
ISO_SHORTEST_S = 60.0  # ISO 11226: 1 min at 85°, where the line ends
CENTRE_S = 30.0  # chosen: a person settles within it, a drift of 4 cm in minutes is followed
LEFT = ("going to sleep", "lid closed", "screen locked")  # desk.Desk.off: why nobody works at the desk meanwhile


@dataclass(frozen=True, slots=True)
class Clocks:
    """hold_s and still_s and seated_s in told seconds; dose from 0, the alert at 1."""

    hold_s: float = 0.0
    dose: float = 0.0
    still_s: float = 0.0
    seated_s: float = 0.0


def limit_s(posture: str, neck_flexion_deg: float | None, rules: PostureRules) -> float:
    """Seconds until dose 1 in this posture; looking down beyond 25° by ISO 11226's line where that is shorter."""
    limit = rule_of(rules, posture).limit_s
    if posture != "neck_flexed" or neck_flexion_deg is None or neck_flexion_deg <= ISO_FROM_DEG:
        return limit
    line_s = max(ISO_SHORTEST_S, ISO_LONGEST_S - (neck_flexion_deg - ISO_FROM_DEG) * ISO_SLOPE_S)
    return min(limit, rules.iso_scale * line_s)


class Still:
    """Seconds the head has kept its pitch and place; `still_s` stands while neither is told."""

    def __init__(self, rule: StillRule) -> None:
        self.still_s = 0.0
        self._rule = rule
        self._pitch_deg: float | None = None  # the running centre
        self._place_cm: tuple[float, float, float] | None = None
        self._moved_s: float | None = None  # since the first look of a break that may be a glance only

    def update(self, dev: Deviation, step_s: float) -> None:
        """Take one told look: advance within the band, break after a lasting move, wait in between."""
        if dev.neck_flexion_deg is None and dev.head_cm is None:
            return
        turned_deg, moved_cm = self._from_centre(dev)
        if turned_deg >= self._rule.break_pitch_deg or moved_cm >= self._rule.break_place_cm:
            self._moved_s = 0.0 if self._moved_s is None else self._moved_s + step_s
            if reached(self._moved_s, self._rule.break_s):
                self.reset()
            return
        self._moved_s = None
        self._follow(dev, 1.0 - math.exp(-step_s / CENTRE_S))
        if turned_deg <= self._rule.pitch_deg and moved_cm <= self._rule.place_cm:
            self.still_s += step_s

    def soon_s(self) -> float:
        """Seconds until the limit if every look to come is as the last one; infinite while the head is elsewhere."""
        return self._rule.limit_s - self.still_s if self._moved_s is None else math.inf

    def reset(self) -> None:
        """Begin anew, wherever the head is at the next look."""
        self.still_s = 0.0
        self._pitch_deg = self._place_cm = self._moved_s = None

    def _from_centre(self, dev: Deviation) -> tuple[float, float]:
        """How far the told pitch and place are from their centre; 0 for what isn't told."""
        pitch_deg, place_cm = dev.neck_flexion_deg, dev.head_cm
        turned_deg = 0.0 if pitch_deg is None or self._pitch_deg is None else abs(pitch_deg - self._pitch_deg)
        moved_cm = 0.0 if place_cm is None or self._place_cm is None else math.dist(place_cm, self._place_cm)
        return turned_deg, moved_cm

    def _follow(self, dev: Deviation, part: float) -> None:
        """Move the centre this part of the way to the told pitch and place."""
        if dev.neck_flexion_deg is not None:
            self._pitch_deg = _between(self._pitch_deg, dev.neck_flexion_deg, part)
        if dev.head_cm is not None:
            x, y, z = self._place_cm or dev.head_cm
            to_x, to_y, to_z = dev.head_cm
            self._place_cm = (_between(x, to_x, part), _between(y, to_y, part), _between(z, to_z, part))


class Seated:
    """Seconds since the last absence that was long enough to be a break; shorter ones count in."""

    def __init__(self, rule: SeatedRule) -> None:
        self.seated_s = 0.0
        self._rule = rule
        self._here = False
        self._gone_s: float | None = None  # since the first look without anybody

    def update(self, nobody: bool, step_s: float) -> None:
        """Take one look with a person who is told, or with nobody."""
        if not nobody:
            self.seated_s += step_s if self._here else 0.0
            self._here, self._gone_s = True, None
        elif self._here:
            self.seated_s += step_s
            self.leave(0.0 if self._gone_s is None else step_s)

    def leave(self, length_s: float) -> None:
        """The desk was left for so long, locked or asleep; the clock stands, and begins anew after a break."""
        if not self._here:
            return
        self._gone_s = (self._gone_s or 0.0) + length_s
        if reached(self._gone_s, self._rule.away_s):
            self.seated_s, self._here = 0.0, False


class Holds:
    """All clocks over time. Feed it every look after `Posture` has seen it."""

    def __init__(self, posture: PostureRules, dose: DoseRules, still: StillRule, seated: SeatedRule) -> None:
        self.clocks = Clocks()
        self._limits, self._rules = posture, dose
        self._still, self._seated = Still(still), Seated(seated)
        self._dose = self._pending = 0.0  # pending: the rise during a dwell that may yet come to nothing
        self._out_s = 0.0
        self._before_s: float | None = None

    def update(self, dev: Deviation, posture: PostureState) -> Clocks:
        """The clocks after one look; without a vote of the look they stand, but for what an absence advances."""
        if posture.told:
            self._still.update(dev, posture.step_s)
        if posture.state == AWAY:
            self._still.reset()
        left_s = self._left_s(dev, posture)
        if left_s:
            self._seated.leave(left_s)
        if posture.told or dev.nobody:
            self._seated.update(dev.nobody, posture.step_s)
        dose = self._dose + self._rise(dev, posture) - self._fall(dev, posture)
        self._dose = min(self._rules.most, max(0.0, dose))
        hold_s = 0.0 if posture.held == UPRIGHT else posture.out_s
        self.clocks = Clocks(hold_s, self._dose, self._still.still_s, self._seated.seated_s)
        return self.clocks

    def still_soon_s(self) -> float:
        """Seconds until the still clock's limit if every look to come is as the last one."""
        return self._still.soon_s()

    def exercise_done(self) -> None:
        """An exercise was completed: the dose is 0."""
        self._dose = self._pending = 0.0
        self.clocks = replace(self.clocks, dose=0.0)

    def _left_s(self, dev: Deviation, posture: PostureState) -> float:
        """Seconds since the look before in which the desk was left: camera off for that, or a gap, as in a sleep."""
        before_s, self._before_s = self._before_s, dev.t_s
        if posture.step_s == 0.0 and before_s is not None:
            return max(0.0, dev.t_s - before_s)
        return posture.step_s if dev.reason in LEFT else 0.0

    def _rise(self, dev: Deviation, posture: PostureState) -> float:
        """What the time out of the band adds: kept back during the dwell, all of it once the posture is entered."""
        if posture.out_s == 0.0:
            self._pending = 0.0
        elif posture.kept is not None and posture.out_s > self._out_s:
            out_s = posture.out_s - self._out_s
            self._pending += out_s / limit_s(posture.kept, dev.neck_flexion_deg, self._limits)
        self._out_s = posture.out_s
        if posture.held == UPRIGHT:
            return 0.0
        rise, self._pending = self._pending, 0.0
        return rise

    def _fall(self, dev: Deviation, posture: PostureState) -> float:
        """What a look upright or without anybody takes away; nothing while a dwell is pending."""
        if posture.state == AWAY and dev.nobody:
            return posture.step_s / self._rules.recover_away_s
        if posture.told and posture.out_s == 0.0:
            return posture.step_s / self._rules.recover_upright_s
        return 0.0


def _between(start: float | None, end: float, part: float) -> float:
    return end if start is None else start + (end - start) * part
