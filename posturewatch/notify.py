"""The desktop's notifications: one at a time, replaced, taken away, answered with buttons; nothing here ever waits."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from posturewatch.system.notices import APP, DISMISSED, REPLY_S, SHOWN_FROM, Card, Fallback, card, plain

if TYPE_CHECKING:  # imported when first used: whoever only prints a report needs no message bus
    from jeepney import Message

    from posturewatch.session import Notice
    from posturewatch.system.courier import Courier
    from posturewatch.system.notify_elsewhere import ElsewhereNotifier

BUS = "org.freedesktop.DBus"  # the bus's own name
SERVICE = "org.freedesktop.Notifications"
PLACE = "/org/freedesktop/Notifications"
BY_THE_USER = 2  # Desktop Notifications Specification 1.3: the reason of NotificationClosed
NORMAL = 1  # the same: urgency; critical would stay over everything until it is clicked
AS_THE_DESKTOP_DOES = -1  # chosen: how long is the user's own setting; 0, for ever, would outlive a killed program
SIGNATURES = {"ActionInvoked": "us", "NotificationClosed": "uu"}
MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
ABSENT = ("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner")
AVAILABLE_WAITS, AVAILABLE_WAIT_S = 20, 0.1  # chosen: doctor gives a service that has to be started first 2 s


def here(warn: Callable[[str], None]) -> "Notifier | ElsewhereNotifier":
    """The notifier of this system; warn gets one line, the first time that a notice can't be shown."""
    if sys.platform == "linux":
        return Notifier(warn)
    from posturewatch.system.notify_elsewhere import ElsewhereNotifier

    return ElsewhereNotifier(warn)


class Notifier:
    """Notifications over the session's bus.

    At most one call to the service is under way; what the notification should be by then is sent when its reply has
    come. So a hundred notices in a row stay one, and a service that hangs has one call to wake up to.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        import posturewatch.system.courier  # noqa: F401 now, at the start, and not while an alert is due

        self._fallback = Fallback(warn)
        self._bus: Courier | None = None
        self._wanted: Notice | None = None  # what should be to be seen
        self._answers: list[str] = []
        self._forget()

    def _forget(self) -> None:
        self._abilities: frozenset[str] | None = None
        self._owner = ""  # who showed it: a number means something only to them
        self._id = 0
        self._shown: Notice | None = None  # what is to be seen as number _id
        self._waiting = 0  # the serial of the call under way, 0 when there is none
        self._sent: Notice | None = None  # what that call shows; None when it asks for the abilities
        self._since_s: float | None = None
        self._late = False
        self._given_up: set[int] = set()  # calls not waited for any more: what they bring is closed

    @property
    def sounds(self) -> bool:
        """Whether the service plays the sound of level 3; else the terminal's bell has to."""
        return self._abilities is not None and "sound" in self._abilities

    def show(self, notice: "Notice") -> None:
        """Show it in place of the one before; nothing below level 2."""
        if notice.level < SHOWN_FROM:
            return
        self._go()  # a bus that has ended meanwhile is found out first, and the next one tried
        self._wanted = notice
        self._go()

    def withdraw(self) -> None:
        """Take the notification away."""
        self._wanted = None
        self._go()

    def answers(self, t_s: float) -> list[str]:
        """What was pressed since the last call ("exercise", "snooze", "later", "recalibrate", "dismissed").

        To be called at least once a second while a notice is shown: this also reads what the service replies.
        """
        self._go()
        self._watch_the_time(t_s)
        found, self._answers = self._answers, []
        return found

    def missed(self) -> "list[Notice]":
        """The notices that could not be shown, since the last call: for the terminal and its bell."""
        return self._fallback.taken()

    def available(self) -> tuple[bool, str]:
        """For doctor, which may wait (2 s at most): whether notifications are shown, and by whom or why not."""
        try:
            return _asked_who()
        except OSError as error:
            return False, f"{error}; alerts appear in the terminal, with its bell"

    def close(self) -> None:
        """Take the notification away and hang up; waits 0.05 s at most for the number of one just sent."""
        self._wanted = None
        for _ in range(5):
            if self._bus is not None and self._sent is not None:
                self._go(wait_s=0.01)
        self._go()
        if self._bus is not None:
            self._bus.close()
            self._bus = None
            self._forget()

    def _go(self, wait_s: float = 0.0) -> None:
        """Read what has come, then send what is due."""
        try:
            if self._bus is None and self._wanted is not None:
                self._bus = _connected()
            if self._bus is not None:
                for message in self._bus.received(wait_s):
                    self._take(self._bus, message)
                self._settle(self._bus)
        except OSError as error:
            self._lost(str(error))

    def _settle(self, bus: "Courier") -> None:
        if self._late and self._wanted is not None:
            self._give_up(bus)
        if self._waiting:
            return
        if self._wanted is None:
            self._take_away(bus)
        elif self._abilities is None:
            self._ask(bus, _call("GetCapabilities"))
        elif self._wanted is not self._shown:
            self._sent = self._wanted
            self._ask(bus, _notify(card(self._wanted), self._id, self._abilities))

    def _give_up(self, bus: "Courier") -> None:
        """Wait for that call no more; should it come to something after all, it is closed under its own number."""
        if self._sent is not None:
            self._given_up.add(self._waiting)
            self._take_away(bus)
        self._waiting, self._sent, self._late = 0, None, False

    def _take_away(self, bus: "Courier") -> None:
        if self._id:
            bus.tell(_close(self._owner, self._id))
        self._id, self._shown = 0, None

    def _ask(self, bus: "Courier", call: "Message") -> None:
        self._waiting = bus.ask(call)
        self._since_s = None

    def _take(self, bus: "Courier", message: "Message") -> None:
        from jeepney import HeaderFields, MessageType

        fields = message.header.fields
        sender, signature = fields.get(HeaderFields.sender), fields.get(HeaderFields.signature)
        if message.header.message_type is MessageType.signal:
            self._heard(sender, fields.get(HeaderFields.member), signature, message.body)
            return
        serial = fields.get(HeaderFields.reply_serial, 0)
        error = fields.get(HeaderFields.error_name)
        if serial in self._given_up and signature == "u" and error is None:
            bus.tell(_close(sender, message.body[0]))
        self._given_up.discard(serial)
        if serial and serial == self._waiting:
            self._replied(sender, error, signature, message)

    def _replied(self, sender: str, error: str | None, signature: str | None, message: "Message") -> None:
        sent, self._sent = self._sent, None
        self._waiting, self._late = 0, False
        if error is not None:
            self._abilities = None
            self._failed("no program shows notifications here" if error in ABSENT else f"it answered {error}")
        elif sent is None and signature == "as":
            self._abilities = frozenset(message.body[0])
        elif sent is not None and signature == "u":
            self._owner, self._id, self._shown = sender, message.body[0], sent
        else:
            self._failed("its answer can't be understood")

    def _heard(self, sender: str, member: str, signature: str | None, body: tuple[object, ...]) -> None:
        if sender == BUS:
            if member == "NameOwnerChanged" and body[0] == SERVICE:
                self._service_changed()
        elif sender == self._owner and signature == SIGNATURES.get(member) and self._id and body[0] == self._id:
            if member == "ActionInvoked":
                self._pressed(str(body[1]))
            else:
                self._closed(body[1] == BY_THE_USER)

    def _pressed(self, answer: str) -> None:
        if self._shown is not None and answer in dict(card(self._shown).buttons):
            self._answers.append(answer)
            self._wanted = None  # some services leave an answered notification where it is

    def _closed(self, by_the_user: bool) -> None:
        if self._wanted is not None and self._wanted is self._shown:
            self._wanted = None
            if by_the_user:
                self._answers.append(DISMISSED)
        self._id, self._shown = 0, None

    def _service_changed(self) -> None:
        """Its notifications are gone with it, and another one's abilities and numbers are others."""
        self._abilities = None
        if self._wanted is self._shown:
            self._wanted = None  # it has been seen
        self._id, self._shown = 0, None

    def _watch_the_time(self, t_s: float) -> None:
        if not self._waiting or self._late:
            return
        if self._since_s is None:
            self._since_s = t_s
        elif t_s - self._since_s > REPLY_S:
            self._late = True
            self._failed("it doesn't answer")

    def _failed(self, why: str) -> None:
        if self._wanted is not None and self._wanted is not self._shown:
            self._fallback.miss(self._wanted, why)
        self._wanted = None

    def _lost(self, why: str) -> None:
        self._failed(why)
        if self._bus is not None:
            self._bus.close()
        self._bus = None
        self._forget()


def _connected() -> "Courier":
    from jeepney import MatchRule

    from posturewatch.system.courier import Courier

    found = Courier()
    found.follow(MatchRule(type="signal", sender=SERVICE, interface=SERVICE, path=PLACE))
    owners = MatchRule(type="signal", sender=BUS, interface=BUS, member="NameOwnerChanged")
    owners.add_arg_condition(0, SERVICE)
    found.follow(owners)
    return found


def _asked_who() -> tuple[bool, str]:
    from jeepney import HeaderFields

    bus = _connected()
    try:
        serial = bus.ask(_call("GetServerInformation"))
        for _ in range(AVAILABLE_WAITS):
            for message in bus.received(AVAILABLE_WAIT_S):
                fields = message.header.fields
                if fields.get(HeaderFields.reply_serial) == serial:
                    if fields.get(HeaderFields.signature) != "ssss" or HeaderFields.error_name in fields:
                        raise ConnectionError("no program shows notifications here")
                    name, _vendor, version, _specification = message.body
                    return True, f"notifications go to {plain(name)} {plain(version)}"
    finally:
        bus.close()
    raise ConnectionError("the notification service doesn't answer")


def _call(method: str, signature: str | None = None, body: tuple[object, ...] = (), to: str = SERVICE) -> "Message":
    from jeepney import DBusAddress, new_method_call

    return new_method_call(DBusAddress(PLACE, to, SERVICE), method, signature, body)


def _close(owner: str, number: int) -> "Message":
    return _call("CloseNotification", "u", (number,), to=owner)


def _notify(what: Card, replaces: int, abilities: frozenset[str]) -> "Message":
    body = what.body.translate(MARKUP) if "body-markup" in abilities else what.body
    title, body = (what.title, body) if "body" in abilities else (what.body, "")
    buttons = [text for button in what.buttons for text in button] if "actions" in abilities else []
    hints: dict[str, tuple[str, object]] = {
        "urgency": ("y", NORMAL),
        "category": ("s", f"x-{APP}.position"),
        "desktop-entry": ("s", APP),
    }
    hints |= {"sound-name": ("s", "message-new-instant")} if what.sound else {"suppress-sound": ("b", True)}
    return _call("Notify", "susssasa{sv}i", (APP, replaces, "", title, body, buttons, hints, AS_THE_DESKTOP_DOES))
