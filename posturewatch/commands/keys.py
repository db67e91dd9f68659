"""Single keys from the terminal while something runs, without waiting for them and without Enter."""

import os
import select
import sys
from types import TracebackType
from typing import Any

if sys.platform == "win32":
    import msvcrt
else:
    import termios
    import tty


class Keys:
    """The keys pressed since the last asking; none where the input is no terminal."""

    def __init__(self) -> None:
        self._before: Any = None  # what termios wants back

    def __enter__(self) -> "Keys":
        if sys.platform != "win32" and sys.stdin.isatty():
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.platform != "win32" and self._before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def pressed(self) -> str:
        """What was typed meanwhile, in small letters."""
        typed = ""
        if sys.platform == "win32":
            while sys.stdin.isatty() and msvcrt.kbhit():
                typed += msvcrt.getwch()
        elif self._before is not None:
            # past Python's own buffer, which would keep what select then no longer sees
            while select.select([sys.stdin], [], [], 0)[0]:
                keys = os.read(sys.stdin.fileno(), 64)
                if not keys:  # the terminal has gone
                    break
                typed += keys.decode(errors="replace")
        return typed.lower()
