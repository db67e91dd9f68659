"""The session's message bus for who never waits: calls go out, what has come by then is read when asked for."""

import os

from jeepney import MatchRule, Message, MessageFlag, Parser, message_bus
from jeepney.io.blocking import prep_socket

from posturewatch.system.bus import BROKEN, address

CONNECT_S = 0.04  # chosen: a bus lets one in within 1 ms (jeepney); the watch is never held up for 0.05 s
READS = 50  # chosen: pieces of 64 KiB read at one time, so that a flood of messages can't hold the watch up


class Courier:
    """One connection. Every method raises OSError when it has broken; it is of no more use then."""

    def __init__(self) -> None:
        try:
            self._socket = prep_socket(address("session", os.environ), timeout=CONNECT_S)
        except BROKEN as error:
            raise ConnectionError(f"the session's message bus can't be reached ({error})") from error
        self._parser = Parser()
        self._serial = 0
        try:
            self._socket.settimeout(0)
            self.ask(message_bus.Hello())
        except OSError:
            self._socket.close()
            raise

    def ask(self, call: Message) -> int:
        """Send a call; the serial that its reply will name."""
        self._serial += 1
        self._socket.sendall(call.serialise(self._serial))
        return self._serial

    def tell(self, call: Message) -> None:
        """Send a call that wants no reply."""
        call.header.flags |= MessageFlag.no_reply_expected
        self.ask(call)

    def follow(self, rule: MatchRule) -> None:
        """Have these signals sent here."""
        self.tell(message_bus.AddMatch(rule))

    def received(self, wait_s: float = 0.0) -> list[Message]:
        """What has come since the last call, waiting at most wait_s for something."""
        found: list[Message] = []
        for count in range(READS):
            self._socket.settimeout(0 if count else wait_s)
            try:
                data = self._socket.recv(65536)
            except (BlockingIOError, TimeoutError):
                break
            if not data:
                raise ConnectionResetError("the session's message bus has ended")
            found += self._parsed(data)
        self._socket.settimeout(0)
        return found

    def close(self) -> None:
        """Hang up; what was sent still arrives."""
        self._socket.close()

    def _parsed(self, data: bytes) -> list[Message]:
        try:
            return list(self._parser.feed(data))
        except BROKEN as error:
            raise ConnectionError("the session's message bus sent what is no message") from error
