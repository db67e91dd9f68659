"""A file that one process at a time holds, so that there is one watch and one coach, even after a kill -9."""

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from posturewatch.errors import PosturewatchError

TRIES, TRY_S = 6, 0.02  # chosen: whoever asks `held_by` has a free lock for microseconds
NO_BLOCK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a symlink is refused, a fifo doesn't wait

Sleep = Callable[[float], None]
Warn = Callable[[str], None]

if sys.platform == "win32":
    import msvcrt

    BEYOND = 1 << 30  # a locked byte can't be read by others there: one far behind the pid

    def _take(file: int, alone: bool) -> bool:  # noqa: ARG001  nothing is shared there
        """Lock the file until it is closed; False when another has it."""
        os.lseek(file, BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _take(file: int, alone: bool) -> bool:
        """Lock the file until it is closed, alone or together with others who share it; False when another has it."""
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Lock:
    """A file that one process at a time holds; the system frees it however that process ends. Never delete it."""

    path: Path
    what: str  # who holds it: "watch"
    hint: str = "End that one first."

    @contextlib.contextmanager
    def hold(self, warn: Warn, sleep: Sleep) -> Iterator[None]:
        """Hold it for the block; PosturewatchError when another does, a warning where nothing can be locked."""
        file = self._taken(warn, sleep)
        try:
            yield
        finally:
            if file is not None:
                os.close(file)

    def _taken(self, warn: Warn, sleep: Sleep) -> int | None:
        file = None
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | NO_BLOCK, 0o600)
            for _ in range(TRIES):
                if _take(file, alone=True):
                    _write_pid(file)
                    return file
                sleep(TRY_S)
            pid = _pid(file)
        except OSError as error:
            if file is not None:
                os.close(file)
            warn(f"Cannot lock {self.path} ({error.strerror}): a second {self.what} would not be noticed.")
            return None
        os.close(file)
        raise PosturewatchError(f"A {self.what} is already running (pid {pid or 'unknown'}). {self.hint}")


def held_by(path: Path) -> int | None:
    """The pid of the process that holds this lock, 0 where it can't be told (a full disk); None when nobody does."""
    try:
        file = os.open(path, os.O_RDONLY | NO_BLOCK)
    except OSError:
        return None
    try:
        return None if _take(file, alone=False) else _pid(file)
    except OSError:  # a file system without locks
        return None
    finally:
        os.close(file)


def _write_pid(file: int) -> None:
    os.ftruncate(file, 0)  # first: no pid is better than an earlier one's
    with contextlib.suppress(OSError):
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, f"{os.getpid()}\n".encode())


def _pid(file: int) -> int:
    os.lseek(file, 0, os.SEEK_SET)
    found = re.fullmatch(rb"([1-9][0-9]{0,9})\n", os.read(file, 20))
    return int(found[1]) if found else 0
