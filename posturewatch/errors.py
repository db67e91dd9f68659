"""The one error type for mistakes a person can mend, and the way a running program is asked to end."""

import contextlib
from collections.abc import Iterator
from types import FrameType


class PosturewatchError(Exception):
    """What happened, to which thing, and what to try: one line on stderr, exit code 1."""


class Ended(KeyboardInterrupt):
    """Ctrl-C or SIGTERM.

    A type of its own, because Python kills itself at its end by the signal (and not with our exit code) when a plain
    KeyboardInterrupt has passed through an exec, as each dataclass that is being defined runs one (CPython's
    `unhandled_keyboard_interrupt`).
    """


class _Asked:
    """Whether to end was asked for while it has to wait. A mask of signals wouldn't do: other threads take them."""

    blocks = 0
    to_end = False


def end(_number: int, _frame: FrameType | None) -> None:
    """The signals' handler: Ended, at once or as soon as what must not be interrupted is through."""
    if _Asked.blocks:
        _Asked.to_end = True
        return
    raise Ended


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is through."""
    _Asked.blocks += 1
    try:
        yield
    finally:
        _Asked.blocks -= 1
        if _Asked.to_end and not _Asked.blocks:
            _Asked.to_end = False
            raise Ended
