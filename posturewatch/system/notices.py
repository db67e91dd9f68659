"""What a notification says and offers, and what happens to one that can't be shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the recording's module takes half a second to import
    from posturewatch.session import Notice

SHOWN_FROM = 2  # DESIGN part 4: level 1 is a quiet sign
SOUND_FROM = 3  # DESIGN part 4
REPLY_S = 5.0  # chosen: a desktop answers within 0.1 s, one whose service has to be started first within 2 s
APP = "posturewatch"
DISMISSED = "dismissed"
TITLES = {
    "posture": "Time for another position",
    "still": "Time to move a little",
    "seated": "Time to stand up for a moment",
    "baseline": "A question",
    "exercise": "An exercise",
}
LATER = ("later", "Not now")
SNOOZE = ("snooze", "Snooze 30 min")
EXERCISE = ("exercise", "Exercise")
RECALIBRATE = ("recalibrate", "Recalibrate")


@dataclass(frozen=True, slots=True)
class Card:
    """One notification: plain text, buttons as (answer, label), and whether it comes with a sound."""

    title: str
    body: str
    buttons: tuple[tuple[str, str], ...]
    sound: bool


def card(notice: "Notice") -> Card:
    """The notification for an alert."""
    if notice.kind == "baseline":
        buttons: tuple[tuple[str, str], ...] = (RECALIBRATE, LATER)
    elif notice.kind == "exercise":
        buttons = (LATER,)
    else:
        buttons = (SNOOZE, LATER) if notice.exercise is None else (EXERCISE, SNOOZE, LATER)
    title = TITLES.get(notice.kind, APP)
    return Card(title, plain(notice.message), buttons, notice.level >= SOUND_FROM)


def plain(text: str) -> str:
    """The text without anything that can't be seen: no service takes a NUL, no terminal should take an escape."""
    return "".join(each if each.isprintable() else " " for each in text)


class Fallback:
    """Keeps the notices that the desktop doesn't show, for the terminal, and says so once."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn: Callable[[str], None] | None = warn
        self._missed: list[Notice] = []

    def miss(self, notice: "Notice", why: str) -> None:
        """This one wasn't shown."""
        self._missed.append(notice)
        warn, self._warn = self._warn, None
        if warn is not None:
            warn(f"No notification service: {why}; alerts appear in the terminal, with its bell.")

    def taken(self) -> "list[Notice]":
        """The notices missed since the last call."""
        missed, self._missed = self._missed, []
        return missed
