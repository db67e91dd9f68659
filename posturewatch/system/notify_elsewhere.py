"""Notifications on macOS and Windows, through desktop-notifier: the same interface as notify's.

desktop-notifier waits for the system (on a Mac for the user's leave, the first time), so a thread of its own does.
"""

import logging
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from posturewatch.system.notices import APP, DISMISSED, REPLY_S, SHOWN_FROM, Card, Fallback, card

if TYPE_CHECKING:
    from desktop_notifier.sync import DesktopNotifierSync

    from posturewatch.session import Notice

LOOK_S = 0.3  # chosen: how often it is asked what was pressed, while a notification is shown
CLOSE_S = 0.05  # chosen: how long closing waits for the notification to be taken away
# A Mac tells of presses only to a program whose main thread runs Cocoa's loop: there are no buttons without effect.
BUTTONS = sys.platform != "darwin"
SHOWN, FAILED = "shown", "failed"
# What desktop-notifier's parts raise: the system's own errors, no such service, a notification that has gone already.
ERRORS = (OSError, RuntimeError, ValueError, LookupError, AttributeError, ImportError, EOFError)

Order = tuple[int, Card | None]  # the number of the notice, and what is to be seen from now on
News = queue.SimpleQueue[tuple[str, int]]  # what happened to the notice with this number


class ElsewhereNotifier:
    """Notifications through desktop-notifier."""

    sounds = True  # both systems play the sound themselves

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._fallback = Fallback(warn)
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._news: News = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._notice: Notice | None = None
        self._number = 0
        self._confirmed = False
        self._since_s: float | None = None

    def show(self, notice: "Notice") -> None:
        """Show it in place of the one before; nothing below level 2."""
        if notice.level < SHOWN_FROM:
            return
        self._notice, self._confirmed, self._since_s = notice, False, None
        self._number += 1
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=_serve, args=(self._orders, self._news), daemon=True)
            self._thread.start()
        self._orders.put((self._number, card(notice)))

    def withdraw(self) -> None:
        """Take the notification away."""
        if self._notice is not None:
            self._notice = None
            self._orders.put((self._number, None))

    def answers(self, t_s: float) -> list[str]:
        """As notify.Notifier.answers."""
        found: list[str] = []
        while not self._news.empty():
            what, number = self._news.get()
            if number == self._number and self._notice is not None:
                found += self._happened(what)
        self._watch_the_time(t_s)
        return found

    def missed(self) -> "list[Notice]":
        """As notify.Notifier.missed."""
        return self._fallback.taken()

    def available(self) -> tuple[bool, str]:
        """As notify.Notifier.available; what the user allows is known only once a notice is shown."""
        try:
            found = _works(_service())
        except ERRORS as error:
            return False, f"{error}; alerts appear in the terminal, with its bell"
        if not found:
            return False, "this Python may not show notifications; alerts appear in the terminal, with its bell"
        return True, "notifications go to the system's notification centre"

    def close(self) -> None:
        """Take the notification away and end the thread."""
        self.withdraw()
        self._orders.put(None)
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def _happened(self, what: str) -> list[str]:
        if what == SHOWN:
            self._confirmed = True
            return []
        if what == FAILED:
            self._miss("the system shows none of this program's")
            return []
        self.withdraw()
        return [what]

    def _watch_the_time(self, t_s: float) -> None:
        if self._notice is None or self._confirmed:
            return
        if self._since_s is None:
            self._since_s = t_s
        elif t_s - self._since_s > REPLY_S:
            self._miss("it doesn't answer")

    def _miss(self, why: str) -> None:
        if self._notice is not None:
            self._fallback.miss(self._notice, why)
        self.withdraw()


def _service() -> "DesktopNotifierSync":
    logging.getLogger("desktop_notifier").setLevel(logging.CRITICAL)  # what fails is told once, not as a traceback
    from desktop_notifier.sync import DesktopNotifierSync

    return DesktopNotifierSync(APP, None)


def _works(service: "DesktopNotifierSync") -> bool:
    """False for the stand-in that desktop-notifier takes where the system has nothing, or nothing for this Python."""
    from desktop_notifier import Capability

    return Capability.TITLE in service.get_capabilities()


def _serve(orders: "queue.SimpleQueue[Order | None]", news: News) -> None:
    """The thread: one order after the other, only the newest counts; in between it lets the presses come in."""
    service: DesktopNotifierSync | None = None
    shown = ""
    while True:
        try:
            order = orders.get(timeout=LOOK_S if shown else None)
        except queue.Empty:
            shown = _let_presses_in(service, shown)
            continue
        while order is not None and not orders.empty():
            order = orders.get()
        if shown and service is not None:
            _clear(service, shown)
            shown = ""
        if order is None:
            return
        number, what = order
        if what is None:
            continue
        with suppress(*ERRORS):
            service = service or _service()
            shown = _send(service, number, what, news)
        if not shown:
            news.put((FAILED, number))


def _let_presses_in(service: "DesktopNotifierSync | None", shown: str) -> str:
    """Any question makes the library's loop go round; the name of what is shown, "" when the service has gone."""
    try:
        if service is not None:
            service.get_current_notifications()
    except ERRORS:
        return ""
    return shown


def _send(service: "DesktopNotifierSync", number: int, what: Card, news: News) -> str:
    """The name of the notification, "" when it wasn't shown: the library only logs why."""
    from desktop_notifier import DEFAULT_SOUND, Button

    if not service.request_authorisation():
        return ""
    sent: list[bool] = []
    name = service.send(
        title=what.title,
        message=what.body,
        buttons=[Button(label, partial(news.put, (key, number)), key) for key, label in what.buttons if BUTTONS],
        on_dispatched=partial(sent.append, True),
        on_dismissed=partial(news.put, (DISMISSED, number)),
        sound=DEFAULT_SOUND if what.sound else None,
    )
    if not sent or not _works(service):
        return ""
    news.put((SHOWN, number))
    return str(name)


def _clear(service: "DesktopNotifierSync", name: str) -> None:
    with suppress(*ERRORS):
        service.clear(name)
