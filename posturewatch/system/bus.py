"""A D-Bus over a unix socket: questions that never wait for long, signals kept until they are asked for, no errors."""

import math
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    MessageFlag,
    MessageType,
    message_bus,
    new_method_call,
)
from jeepney.bus import get_connectable_addresses
from jeepney.io.blocking import DBusConnection, prep_socket

ANSWER_S = 0.1  # chosen: a desktop's service answers in 1 ms; longer than this nobody waits in the watch loop
AGAIN_S = 30.0  # chosen: until a bus that was lost, or a service that didn't answer, is asked again
AT_ONCE = 200  # chosen: messages read in one go (25 ms); what is left waits in the socket for the next
BROKEN = (  # what jeepney raises on a lost connection and on bytes that are no message
    *(OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RuntimeError, MemoryError),
    *(struct.error, DBusErrorResponse),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A method call: to whom, on which object, and its arguments."""

    name: str
    path: str
    interface: str
    member: str
    signature: str = ""
    body: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """What a service told of itself."""

    path: str
    interface: str
    member: str
    body: tuple[Any, ...]


def property_of(name: str, path: str, interface: str, wanted: str) -> Question:
    """The question for one property."""
    return Question(name, path, "org.freedesktop.DBus.Properties", "Get", "ss", (interface, wanted))


def rule(**parts: str) -> str:
    """A match rule for signals; `arg0` is the first argument."""
    first = parts.pop("arg0", None)
    made = MatchRule(type="signal", **parts)
    if first is not None:
        made.add_arg_condition(0, first)
    return str(made.serialise())


def owner_rule(name: str) -> str:
    """A match rule for the start and the end of a service."""
    return rule(sender="org.freedesktop.DBus", member="NameOwnerChanged", arg0=name)


def plain(body: tuple[Any, ...] | None) -> Any:
    """The first value of a reply or signal, out of its variants; None where there is none."""
    value = body[0] if body else None
    while isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        value = value[1]
    return value


def flag(body: tuple[Any, ...] | None) -> bool | None:
    """`plain` where it is a truth value; None for anything else."""
    value = plain(body)
    return value if isinstance(value, bool) else None


class _Connection(DBusConnection):  # type: ignore[misc]  # jeepney has no types
    """One whose greeting doesn't wait for ever either."""

    def receive(self, *, timeout: float | None = None) -> Any:
        return super().receive(timeout=ANSWER_S if timeout is None else timeout)


def address(kind: str, environ: Mapping[str, str]) -> str:
    """Where the "system" or "session" bus listens: the first unix socket of its address, else ValueError."""
    runtime = environ.get("XDG_RUNTIME_DIR")
    usual = "unix:path=/run/dbus/system_bus_socket" if kind == "system" else f"unix:path={runtime}/bus"
    told = environ.get(f"DBUS_{kind.upper()}_BUS_ADDRESS") or usual
    if kind == "session" and told == usual and not runtime:
        raise ValueError("it has no address")
    found = [each for each in told.split(";") if each.startswith("unix:")]
    if not found:  # tcp, nonce-tcp, unixexec, autolaunch
        raise ValueError("its address is no unix socket")
    return str(next(get_connectable_addresses(found[0])))


class Bus:
    """A connection that comes back by itself; `epoch` counts how often it came or went, `problem` says why it isn't."""

    def __init__(self, kind: str, rules: Sequence[str], fds: bool = False) -> None:
        self.problem: str | None = None
        self.epoch = 0
        self._kind, self._rules, self._fds = kind, rules, fds
        self._connection: _Connection | None = None
        self._signals: list[Signal] = []
        self._t_s = self._open_t_s = -math.inf
        self._silent: dict[str, float] = {}  # services that didn't answer, until when they aren't asked

    @property
    def there(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def poll(self, t_s: float) -> list[Signal]:
        """The signals that came since the last poll; reconnects where that is due."""
        self._t_s = t_s
        if self._connection is None and t_s >= self._open_t_s:
            self._open()
        self._read()
        signals, self._signals = self._signals, []
        return signals

    def ask(self, questions: Sequence[Question]) -> list[tuple[Any, ...] | None]:
        """The body of each reply; None for an error and for no answer. All are asked at once, so one wait is enough."""
        answers: list[tuple[Any, ...] | None] = [None] * len(questions)
        waiting: dict[int, int] = {}  # serial of the question: its place
        try:
            for place, question in enumerate(questions):
                if self._connection is not None and self._t_s >= self._silent.get(question.name, -math.inf):
                    waiting[_send(self._connection, question)] = place
        except BROKEN as error:
            self._lose(error)
            return answers
        self._collect(waiting, answers)
        for place in waiting.values():
            self._silent[questions[place].name] = self._t_s + AGAIN_S
        return answers

    def close(self) -> None:
        """Let go of the socket."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        self._open_t_s = self._t_s + AGAIN_S
        if os.name != "posix":
            self.problem = "this system has none"
            return
        try:
            sock = prep_socket(address(self._kind, os.environ), self._fds, timeout=ANSWER_S)
        except BROKEN as error:
            self.problem = _reason(error)
            return
        try:
            sock.settimeout(ANSWER_S)  # a bus that takes nothing is as good as lost
            self._connection = _Connection(sock, self._fds)
            for each in self._rules:
                self._connection.send(message_bus.AddMatch(each))
        except BROKEN as error:
            sock.close()
            self._lose(error)
            return
        self.problem = None
        self._silent.clear()
        self.epoch += 1

    def _collect(self, waiting: dict[int, int], answers: list[tuple[Any, ...] | None]) -> None:
        """Fill in the answers that come in time; whoever didn't answer stays in `waiting`."""
        try:
            for _ in range(AT_ONCE):
                if self._connection is None or not waiting:
                    return
                message = self._connection.receive(timeout=ANSWER_S)
                place = waiting.pop(message.header.fields.get(HeaderFields.reply_serial), None)
                if place is None:
                    self._keep(message)
                elif message.header.message_type is MessageType.method_return:
                    answers[place] = message.body
        except TimeoutError:
            return
        except BROKEN as error:
            waiting.clear()
            self._lose(error)

    def _read(self) -> None:
        try:
            for _ in range(AT_ONCE):
                if self._connection is None:
                    return
                self._keep(self._connection.receive(timeout=0.0))
        except TimeoutError:
            return
        except BROKEN as error:
            self._lose(error)

    def _keep(self, message: Message) -> None:
        if message.header.message_type is MessageType.signal:
            fields = message.header.fields
            path, interface = fields.get(HeaderFields.path, ""), fields.get(HeaderFields.interface, "")
            self._signals.append(Signal(path, interface, fields.get(HeaderFields.member, ""), message.body))

    def _lose(self, error: BaseException) -> None:
        self.close()
        self.problem = _reason(error)
        self._open_t_s = self._t_s + AGAIN_S
        self.epoch += 1


def _send(connection: _Connection, question: Question) -> int:
    """Send it, and return the serial its answer will name."""
    place = DBusAddress(question.path, question.name, question.interface)
    message = new_method_call(place, question.member, question.signature or None, question.body)
    message.header.flags |= MessageFlag.no_auto_start  # a watcher starts no services
    serial = int(next(connection.outgoing_serial))
    connection.send(message, serial=serial)
    return serial


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) if isinstance(error, (ValueError, TimeoutError)) and str(error) else "it sent what is no message"
