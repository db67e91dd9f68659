"""The one error type for mistakes a person can mend, and the way a running program is asked to end."""

import contextlib
import signal
import sys
from collections.abc import Iterator


class PosturewatchError(Exception):
    """What happened, to which thing, and what to try: one line on stderr, exit code 1."""


class Ended(KeyboardInterrupt):
    """Ctrl-C or SIGTERM.

    A type of its own, because Python kills itself at its end by the signal (and not with our exit code) when a plain
    KeyboardInterrupt has passed through an exec, as each dataclass that is being defined runs one (CPython's
    `unhandled_keyboard_interrupt`).
    """


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is through."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
