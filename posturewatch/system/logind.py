"""What logind tells: the session locked, the lid closed, the machine going to sleep, its power.

A lid counts as closed only while the machine is not docked: in a dock, or with a screen plugged in ("Docked" is both),
people work with the lid closed and the camera is another one. "LidClosed", "Docked" and "OnExternalPower" send no
signal when they change (org.freedesktop.login1(5)), so they are asked for.
"""

import math
import os
from typing import Any

from jeepney import FileDescriptor

from posturewatch.system.bus import Bus, Question, Signal, flag, owner_rule, plain, property_of, rule

NAME, PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
MANAGER, SESSION = f"{NAME}.Manager", f"{NAME}.Session"
LID_S = 1.0  # chosen: the camera has to be off 2 s after the lid is closed
ALL_S = 10.0  # chosen: mains and battery, and what a lost signal would have said
BELIEVED_S = 600.0  # chosen: a request to lock that no locker confirms; some lockers never say that they ended
RULES = (
    rule(sender=NAME, interface=MANAGER, member="PrepareForSleep"),
    rule(sender=NAME, interface=SESSION),
    *(rule(sender=NAME, interface="org.freedesktop.DBus.Properties", arg0=each) for each in (MANAGER, SESSION)),
    owner_rule(NAME),
)


def _of_manager(wanted: str) -> Question:
    return property_of(NAME, PATH, MANAGER, wanted)


class Logind:
    """Follows logind; what it doesn't tell is None, or False for `locked` and `sleeping`."""

    def __init__(self) -> None:
        self.bus = Bus("system", RULES, fds=True)
        self._inhibitor: FileDescriptor | None = None
        self._epoch = 0
        self._t_s = -math.inf
        self._forget()

    def _forget(self) -> None:
        self.sleeping = False
        self.lid_closed: bool | None = None
        self.external_power: bool | None = None
        self.session: str | None = None
        self._let_go()
        self._hint = False  # LockedHint: the locker's own word
        self._asked_t_s = -math.inf  # when the session was last told to lock, without a word from the locker yet
        self._lid_t_s = self._all_t_s = -math.inf  # when to ask next
        self._began = True

    @property
    def locked(self) -> bool:
        """The locker says so, or it was told to lock and has not been told otherwise."""
        return self._hint or self._t_s - self._asked_t_s < BELIEVED_S

    @property
    def delays_sleep(self) -> bool:
        """Whether logind waits for `released` before it lets the machine sleep."""
        return self._inhibitor is not None

    def poll(self, t_s: float) -> None:
        """Hear what came, and ask what has to be asked."""
        self._t_s = t_s
        signals = self.bus.poll(t_s)
        if self.bus.epoch != self._epoch:
            self._epoch = self.bus.epoch
            self._forget()
        for signal in signals:
            self._hear(signal)
        if self.bus.there and t_s >= self._all_t_s:
            self._all_t_s = t_s + ALL_S
            self._ask_all()
        if self.bus.there and t_s >= self._lid_t_s:
            self._lid_t_s = t_s + LID_S
            self._ask_lid()

    def released(self) -> None:
        """The camera is off: the machine may go to sleep."""
        if self.sleeping:
            self._let_go()

    def idle_blocked(self) -> bool:
        """Whether a program keeps the machine from going idle; our own inhibitor is one of delay and of sleep."""
        kept = plain(self.bus.ask([_of_manager("BlockInhibited")])[0])
        return isinstance(kept, str) and "idle" in kept.split(":")

    def close(self) -> None:
        """Let go of the inhibitor and of the bus."""
        self._let_go()
        self.bus.close()

    def _hear(self, signal: Signal) -> None:
        now = flag(signal.body)
        if signal.member == "NameOwnerChanged":
            self._forget()
        elif signal.member == "PrepareForSleep" and now is not None:
            self.sleeping = now
            self._lid_t_s = self._all_t_s = -math.inf
        elif signal.member == "PropertiesChanged":
            self._lid_t_s = self._all_t_s = -math.inf
        elif signal.path == self.session and signal.member in ("Lock", "Unlock"):
            self._asked_t_s = self._t_s if signal.member == "Lock" else -math.inf
            self._all_t_s = -math.inf

    def _ask_all(self) -> None:
        if self.session is None:
            self.session = self._own_session()
        questions = [_of_manager("OnExternalPower"), _of_manager("PreparingForSleep")]
        if self.session is not None:
            questions.append(property_of(NAME, self.session, SESSION, "LockedHint"))
        power, sleeping, *hint = self.bus.ask(questions)
        self.external_power = flag(power)
        if self._began:  # later the signal tells
            self.sleeping, self._began = flag(sleeping) or False, False
        self._learn(flag(hint[0]) if hint else None)
        if not self.sleeping and self._inhibitor is None:
            self._delay_sleep()

    def _learn(self, hint: bool | None) -> None:
        if hint is None:  # the session ended: find the next
            self.session, self._hint = None, False
            return
        if self._hint and not hint:
            self._asked_t_s = -math.inf  # unlocked
        self._hint = hint

    def _own_session(self) -> str | None:
        """The session's object; a user's service is in none and gets the one on the screen ("auto")."""
        wanted = [each for each in (os.environ.get("XDG_SESSION_ID"), "auto") if each]
        questions = [Question(NAME, PATH, MANAGER, "GetSession", "s", (each,)) for each in wanted]
        questions.append(Question(NAME, PATH, MANAGER, "GetSessionByPID", "u", (os.getpid(),)))
        found = (plain(each) for each in self.bus.ask(questions))
        return next((each for each in found if isinstance(each, str) and each.startswith(f"{PATH}/session/")), None)

    def _ask_lid(self) -> None:
        closed = flag(self.bus.ask([_of_manager("LidClosed")])[0])
        if closed:  # only then, as logind has to look at every screen for it
            closed = not flag(self.bus.ask([_of_manager("Docked")])[0])
        self.lid_closed = closed

    def _delay_sleep(self) -> None:
        words = ("sleep", "posturewatch", "The camera is switched off first", "delay")
        reply: Any = plain(self.bus.ask([Question(NAME, PATH, MANAGER, "Inhibit", "ssss", words)])[0])
        self._inhibitor = reply if isinstance(reply, FileDescriptor) else None

    def _let_go(self) -> None:
        if self._inhibitor is not None:
            self._inhibitor.close()
            self._inhibitor = None
