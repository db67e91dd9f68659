"""What the desktop tells: when the camera is to be off, when alerts are to wait, whether the power is a battery's.

All of it is asked over unix sockets and files. What a system doesn't tell is taken as "no", and `told` says so.
"""

import math
import os
from pathlib import Path

from posturewatch.system import fullscreen
from posturewatch.system.bus import Bus, Question, Signal, flag, owner_rule, property_of, rule
from posturewatch.system.logind import ALL_S, Logind
from posturewatch.system.microphone import Microphone

BUSY_S = 5.0  # chosen: so long an answer of `busy` holds
POWER = Path("/sys/class/power_supply")
SAVERS = {  # interface, which is also the service's name: object
    "org.freedesktop.ScreenSaver": "/org/freedesktop/ScreenSaver",  # KDE and others
    "org.gnome.ScreenSaver": "/org/gnome/ScreenSaver",
    "org.cinnamon.ScreenSaver": "/org/cinnamon/ScreenSaver",
    "org.mate.ScreenSaver": "/org/mate/ScreenSaver",
    "org.xfce.ScreenSaver": "/org/xfce/ScreenSaver",
}
RULES = [rule(interface=each, member="ActiveChanged") for each in SAVERS] + [owner_rule(each) for each in SAVERS]

GNOME_SESSION = "org.gnome.SessionManager"
INHIBIT = "org.freedesktop.PowerManagement.Inhibit"
INHIBIT_PATH = "/org/freedesktop/PowerManagement/Inhibit"
PRESENTING = [
    Question(GNOME_SESSION, "/org/gnome/SessionManager", GNOME_SESSION, "IsInhibited", "u", (8,)),  # 8: going idle
    Question(INHIBIT, INHIBIT_PATH, INHIBIT, "HasInhibit"),  # KDE
    Question("org.freedesktop.PowerManagement", INHIBIT_PATH, INHIBIT, "HasInhibit"),  # Xfce
]
NOTIFICATIONS = "org.freedesktop.Notifications"
PORTAL, PORTAL_PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
BANNERS = ("org.gnome.desktop.notifications", "show-banners")  # off: do not disturb
XFCE = "org.xfce.Xfconf"
DISTURBING = [
    (Question(PORTAL, PORTAL_PATH, "org.freedesktop.portal.Settings", "Read", "ss", BANNERS), False),
    (property_of(NOTIFICATIONS, "/org/freedesktop/Notifications", NOTIFICATIONS, "Inhibited"), True),  # KDE
    (Question(XFCE, "/org/xfce/Xfconf", XFCE, "GetProperty", "ss", ("xfce4-notifyd", "/do-not-disturb")), True),
]


class Desk:
    """One for a watch. `poll` often; `off`, `on_battery` are as of the last poll."""

    def __init__(self) -> None:
        self._logind = Logind()
        self._session = Bus("session", RULES)
        self._microphone = Microphone()
        self._savers: dict[str, bool] = {}  # those that answered: is it active
        self._epoch = 0
        self._savers_t_s = self._power_t_s = self._busy_t_s = -math.inf
        self._t_s = -math.inf
        self._busy: str | None = None
        self._battery: bool | None = None
        self.poll(-math.inf)

    def poll(self, t_s: float) -> None:
        """Hear what came since the last poll (15 µs when nothing did), and ask once a second for what isn't told."""
        self._t_s = t_s
        self._logind.poll(t_s)
        signals = self._session.poll(t_s)
        if self._session.epoch != self._epoch:
            self._epoch = self._session.epoch
            self._savers, self._savers_t_s = {}, -math.inf
        for signal in signals:
            self._hear(signal)
        if self._session.there and t_s >= self._savers_t_s:
            self._savers_t_s = t_s + ALL_S
            self._ask_savers()
        if t_s >= self._power_t_s:
            self._power_t_s = t_s + ALL_S
            self._battery = battery(POWER)

    @property
    def off(self) -> str | None:
        """Why the camera is to be off now; None when it may look."""
        if self._logind.sleeping:
            return "going to sleep"
        if self._logind.lid_closed:
            return "lid closed"
        if self._logind.locked or any(self._savers.values()):
            return "screen locked"
        return None

    def released(self) -> None:
        """The camera is off: lets a sleep go on that waits for it. To be called on every round without a camera."""
        self._logind.released()

    def busy(self, t_s: float) -> str | None:
        """Why an alert is to wait: the person talks, shows or watches something, or asked for silence."""
        if t_s - self._busy_t_s >= BUSY_S:
            self._busy, self._busy_t_s = self._why_busy(t_s), t_s
        return self._busy

    @property
    def on_battery(self) -> bool:
        """Whether no mains power is there; False where nothing tells."""
        if self._logind.external_power is not None:
            return not self._logind.external_power
        return bool(self._battery)

    def told(self) -> list[tuple[str, bool, str]]:
        """Of each thing, whether this system can tell it, and by what, or why not."""
        logind, session = self._told_by_logind(), self._told_by_session()
        microphone = self._microphone.told(self._t_s)
        screen = fullscreen.problem()
        part = ", windows of X11 only" if os.environ.get("WAYLAND_DISPLAY") else ""
        return [
            *logind,
            ("microphone", *microphone),
            session[0],
            ("full screen", screen is None, f"by the X server{part}" if screen is None else screen),
            session[1],
            self._told_of_power(),
        ]

    def close(self) -> None:
        """Let go of everything, a delayed sleep included."""
        self._logind.close()
        self._session.close()
        self._microphone.close()

    def _hear(self, signal: Signal) -> None:
        if signal.member == "NameOwnerChanged" and signal.body:
            self._savers.pop(str(signal.body[0]), None)
            self._savers_t_s = -math.inf
        elif signal.member == "ActiveChanged":
            active = flag(signal.body)
            if active is not None:
                self._savers[signal.interface] = active

    def _ask_savers(self) -> None:
        answers = self._session.ask([Question(each, path, each, "GetActive") for each, path in SAVERS.items()])
        for each, answer in zip(SAVERS, answers, strict=True):
            active = flag(answer)
            if active is not None:
                self._savers[each] = active

    def _why_busy(self, t_s: float) -> str | None:
        if self._microphone.in_use(t_s):
            return "microphone in use"
        if fullscreen.full_screen():
            return "full screen"
        if any(flag(each) for each in self._session.ask(PRESENTING)) or self._logind.idle_blocked():
            return "presentation"
        return "do not disturb" if self._silenced() else None

    def _silenced(self) -> bool:
        answers = self._session.ask([question for question, _ in DISTURBING])
        said = zip(answers, DISTURBING, strict=True)
        return any(flag(answer) is silent for answer, (_, silent) in said) or _banners() is False

    def _told_by_logind(self) -> list[tuple[str, bool, str]]:
        logind = self._logind
        why = logind.bus.problem
        why = f"the system bus can't be used: {why}" if why else "logind doesn't answer"
        there = logind.external_power is not None or logind.lid_closed is not None or logind.delays_sleep
        savers = ", ".join(self._savers)
        lockers = " and ".join(each for each in ("logind" if logind.session else "", savers) if each)
        return [
            ("lock", bool(lockers), f"by {lockers}" if lockers else f"{why}, and no screen saver does"),
            ("lid", logind.lid_closed is not None, "by logind" if logind.lid_closed is not None else why),
            (
                "sleep",
                there,
                f"by logind{', which waits for the camera' if logind.delays_sleep else ''}" if there else why,
            ),
        ]

    def _told_by_session(self) -> tuple[tuple[str, bool, str], tuple[str, bool, str]]:
        why = self._session.problem
        why = f"the session bus can't be used: {why}" if why else "no service of this desktop says it"
        shows = [each.name for each, got in zip(PRESENTING, self._session.ask(PRESENTING), strict=True) if got]
        shows += ["logind"] if self._logind.lid_closed is not None else []
        questions = [question for question, _ in DISTURBING]
        answers = zip(questions, self._session.ask(questions), strict=True)
        quiet = [each.name for each, got in answers if flag(got) is not None]
        quiet += ["gsettings"] if _banners() is not None else []
        return (
            ("presentation", bool(shows), f"by {', '.join(shows)}" if shows else why),
            ("do not disturb", bool(quiet), f"by {', '.join(quiet)}" if quiet else why),
        )

    def _told_of_power(self) -> tuple[str, bool, str]:
        if self._logind.external_power is not None:
            return "battery", True, "by logind"
        known = self._battery is not None
        return "battery", known, f"by {POWER}" if known else "nothing tells; taken as mains"


def battery(folder: Path) -> bool | None:
    """Whether the power is a battery's, by the kernel's list of supplies; None where it lists none that tells."""
    found: bool | None = None
    for supply in sorted(folder.glob("*")):
        kind, scope = _word(supply / "type"), _word(supply / "scope")
        if kind in ("Mains", "USB") and scope != "Device":
            if _word(supply / "online") == "1":
                return False
            found = found or False
        elif kind == "Battery" and scope != "Device":  # that of a mouse is of a device
            found = found or _word(supply / "status") == "Discharging"
    return found


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _banners() -> bool | None:
    """GNOME's own setting, which its portal doesn't hand out (flatpak/xdg-desktop-portal, issue 1320)."""
    if "GNOME" not in os.environ.get("XDG_CURRENT_DESKTOP", "").split(":"):
        return None
    return {"true": True, "false": False}.get((fullscreen.output(["gsettings", "get", *BANNERS]) or "").strip())
