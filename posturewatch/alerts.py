"""Which alert, when, how strong: limits, cooldown, snooze, quiet; and its words."""

from collections.abc import Callable
from dataclasses import dataclass

from posturewatch.chain import Deviation
from posturewatch.config import AlertRules
from posturewatch.holds import Clocks
from posturewatch.posture import AWAY, UPRIGHT, PostureState, reached

ALERT_DOSE = 1.0  # DESIGN part 4
REARM_DOSE = 0.5  # DESIGN part 4
REARM_COOLDOWNS = 2.0  # DESIGN part 4: or the cooldown has passed twice
HOUR_S = 3600.0
RAISED_CM = 2.0  # chosen: twice what a shoulder moves while typing

WORDS = {
    "forward_head": "Your head has been forward",
    "slumped": "You have been sitting low",
    "neck_flexed": "You have been looking down (phone, paper, keyboard?)",
    "neck_extended": "Your head has been tilted back",
    "side_bent": "Your head has been tilted {side}",
    "turned": "Your head has been turned {side}",
}
PHONE = "Your head has been tilted {side} toward the raised shoulder (phone held at the ear?)"
STILL = "You have sat still"
SEATED = "You have been at the desk"


@dataclass(frozen=True, slots=True)
class Alert:
    """What to tell and how loudly: level 1 a quiet sign, 2 a notification, 3 a sound.

    kind is "posture", "still", "seated" or "baseline"; lasted_s the hold, the still or the seated time.
    posture, side ("left" or "right") and raised_shoulder, the one bent to, are for kind "posture".
    """

    t_s: float
    kind: str
    level: int
    lasted_s: float
    posture: str | None = None
    side: str | None = None
    raised_shoulder: bool = False


def message(alert: Alert, exercise_name: str | None) -> str:
    """The alert in words: what, for how long and, above the quiet sign, what to do."""
    what = f"{_words(alert)} for {_duration(alert.lasted_s)}."
    if alert.level == 1:
        return what
    then = "Stand up for a moment" if alert.kind == "seated" else "Change position"
    return f"{what} {then}; an idea: {exercise_name}." if exercise_name else f"{what} {then}."


class Alerts:
    """Decides after each look. `active` is the alert still to be shown, None once it is corrected or answered."""

    def __init__(self, rules: AlertRules, still_limit_s: float, seated_limit_s: float) -> None:
        self.active: Alert | None = None
        self._rules = rules
        self._limits_s = {"still": still_limit_s, "seated": seated_limit_s}
        self._last_s: float | None = None
        self._back_s = 0.0  # how far time went backwards in all; it must not lengthen a cooldown
        self._snoozed_until_s: float | None = None
        self._given_s: list[float] = []  # level 2s of the last hour
        self._latched_s: dict[str, float] = {}  # kinds that have alerted and not yet recovered
        self._signed = False
        self._ignored = 0  # notifications in a row
        self._ignored_s: float | None = None  # when the active one was given, None once it counts as ignored

    def update(
        self, dev: Deviation, posture: PostureState, clocks: Clocks, quiet: Callable[[], bool] = lambda: False
    ) -> list[Alert]:
        """The alerts of this look: at most a quiet sign and one louder alert, which quiet and snooze hold back.

        quiet is asked only when there is something to hold back; what is due stays so.
        """
        now_s = self._clock_s(dev.t_s)
        self._withdraw(posture, clocks)
        self._rearm(now_s, clocks)
        self._give_in(now_s)
        if not posture.told:
            return []
        found = self._sign(dev, posture, clocks)
        if not self._snoozed(now_s):
            found += self._sound(dev, posture, clocks, quiet) or self._notification(now_s, dev, posture, clocks, quiet)
        return found

    def snooze(self, t_s: float, for_s: float) -> None:
        """No notification and no sound until for_s seconds after t_s; then they come again by themselves."""
        self._snoozed_until_s = self._clock_s(t_s) + for_s
        self.answer()

    def answer(self) -> None:
        """The person has answered or dismissed the active alert: no sound follows it."""
        self.active = None
        self._ignored = 0

    def ask(self, t_s: float) -> None:
        """A question about the baseline takes the place of the active alert until it is answered."""
        self.active = Alert(t_s, "baseline", 2, 0.0)

    def snoozed_s(self, t_s: float) -> float:
        """Seconds until notifications come again, 0 when they do."""
        until_s = self._snoozed_until_s
        return 0.0 if until_s is None else max(0.0, until_s - t_s - self._back_s)

    def _give_in(self, now_s: float) -> None:
        """Be quiet for a while once several notifications in a row were neither followed nor answered."""
        given_s = self._ignored_s
        if self.active is None or given_s is None or not reached(now_s - given_s, self._rules.cooldown_s):
            return
        self._ignored_s = None
        self._ignored += 1
        if self._ignored >= self._rules.ignored_most > 0:
            self._snoozed_until_s, self.active, self._ignored = now_s + self._rules.ignored_quiet_s, None, 0

    def _clock_s(self, t_s: float) -> float:
        if self._last_s is not None and t_s < self._last_s:
            self._back_s += self._last_s - t_s
        self._last_s = t_s
        return t_s + self._back_s

    def _snoozed(self, now_s: float) -> bool:
        return self._snoozed_until_s is not None and not reached(now_s, self._snoozed_until_s)

    def _withdraw(self, posture: PostureState, clocks: Clocks) -> None:
        """Take the active alert back once its posture is corrected, its clock broken, or the person away."""
        if self.active is None:
            return
        if self.active.kind == "baseline":
            corrected = False
        elif self.active.kind == "posture":
            corrected = posture.held == UPRIGHT
        else:
            corrected = not self._due(self.active.kind, clocks)
        if corrected or (posture.state == AWAY and self.active.kind != "baseline"):
            self.answer()

    def _rearm(self, now_s: float, clocks: Clocks) -> None:
        """Let a kind alert again once its clock has recovered, or two cooldowns have passed; the sign likewise."""
        self._signed = self._signed and reached(clocks.dose, self._rules.sign_at_dose)
        low = {"posture": clocks.dose < REARM_DOSE}
        low |= {kind: not self._due(kind, clocks) for kind in self._limits_s}
        twice_s = REARM_COOLDOWNS * self._rules.cooldown_s
        latched = self._latched_s.items()
        self._latched_s = {kind: t for kind, t in latched if not low[kind] and not reached(now_s - t, twice_s)}

    def _due(self, kind: str, clocks: Clocks) -> bool:
        """Whether the clock of this kind has reached its limit."""
        if kind == "posture":
            return reached(clocks.dose, ALERT_DOSE)
        return reached(clocks.still_s if kind == "still" else clocks.seated_s, self._limits_s[kind])

    def _sign(self, dev: Deviation, posture: PostureState, clocks: Clocks) -> list[Alert]:
        """The quiet sign, once until the dose has been below it again."""
        if self._signed or posture.state == UPRIGHT or not reached(clocks.dose, self._rules.sign_at_dose):
            return []
        self._signed = True
        return [_posture_alert(dev, posture, clocks, 1)]

    def _sound(self, dev: Deviation, posture: PostureState, clocks: Clocks, quiet: Callable[[], bool]) -> list[Alert]:
        """The sound, once, when the notification has been kept out of the band in told time for long enough."""
        first = self.active
        if first is None or first.kind != "posture" or first.level != 2:
            return []
        if not reached(clocks.hold_s - first.lasted_s, self._rules.sound_after_s) or quiet():
            return []
        self.active = _posture_alert(dev, posture, clocks, 3)
        return [self.active]

    def _notification(
        self, now_s: float, dev: Deviation, posture: PostureState, clocks: Clocks, quiet: Callable[[], bool]
    ) -> list[Alert]:
        """The first kind that is due, unless another level 2 was given too lately."""
        kinds = ("still", "seated") if posture.state == UPRIGHT else ("posture", "still", "seated")
        due = [kind for kind in kinds if self._due(kind, clocks) and kind not in self._latched_s]
        if not due or self._too_soon(now_s) or quiet():
            return []
        kind = due[0]
        self._ignored_s = now_s
        self._given_s.append(now_s)
        self._latched_s[kind] = now_s
        if kind == "posture":
            self.active = _posture_alert(dev, posture, clocks, 2)
        else:
            self.active = Alert(dev.t_s, kind, 2, clocks.still_s if kind == "still" else clocks.seated_s)
        return [self.active]

    def _too_soon(self, now_s: float) -> bool:
        """Whether the cooldown or the hour's number forbids another level 2."""
        self._given_s = [t for t in self._given_s if not reached(now_s - t, max(HOUR_S, self._rules.cooldown_s))]
        if self._given_s and not reached(now_s - self._given_s[-1], self._rules.cooldown_s):
            return True
        hour = [t for t in self._given_s if not reached(now_s - t, HOUR_S)]
        return 0 < self._rules.max_per_hour <= len(hour)


def _posture_alert(dev: Deviation, posture: PostureState, clocks: Clocks, level: int) -> Alert:
    """An alert about the state; positive angles are to the person's right."""
    angle_deg = {"side_bent": dev.side_bend_deg, "turned": dev.turn_deg}.get(posture.state)
    side = None if angle_deg is None else "right" if angle_deg > 0.0 else "left"
    raised = posture.state == "side_bent" and dev.raised == side and (dev.shoulder_raise_cm or 0.0) >= RAISED_CM
    return Alert(dev.t_s, "posture", level, clocks.hold_s, posture.state, side, raised)


def _words(alert: Alert) -> str:
    """The sentence's beginning; without a side where none was told."""
    if alert.posture is None:
        return STILL if alert.kind == "still" else SEATED
    words = PHONE if alert.raised_shoulder else WORDS[alert.posture]
    return words.format(side=f"to the {alert.side}" if alert.side else "to one side")


def _duration(seconds: float) -> str:
    """Whole seconds below a minute, else whole minutes."""
    amount, unit = (round(seconds), "second") if round(seconds) < 60 else (round(seconds / 60), "minute")
    return f"{amount} {unit}{'' if amount == 1 else 's'}"
