"""Whether a window can be opened here."""

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Iterator

from posturewatch.errors import PosturewatchError

PROBE_S = 20.0  # chosen: a display that is there answers in one second on a slow machine
PROBE = f"""import cv2, time
cv2.namedWindow('posturewatch', cv2.WINDOW_NORMAL)
cv2.destroyAllWindows()
print(end=".", flush=True)
time.sleep({PROBE_S})"""
NO_DISPLAY = "There is no display for --preview. Run it on a desktop, or leave --preview out."


def named() -> bool:
    """Whether a display is named at all, as X and Wayland have it."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def tried() -> Iterator[None]:
    """A display that a window can be opened on, or PosturewatchError.

    Qt aborts the whole process when it can't use the display, and no variable says whether it can: a child process
    tries it. The child stays until our window is there, because an X server that loses its last client restarts.
    """
    if not named():
        raise PosturewatchError(NO_DISPLAY)
    command = [sys.executable, "-P", "-c", PROBE]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere) as child:  # noqa: S603 (fixed)
        try:
            if not _survived(child):
                raise PosturewatchError(NO_DISPLAY)
            yield
        finally:
            child.kill()


def _survived(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child opened a window or failed with an exception: the same one comes here, and can be caught."""
    if child.stdout is None or not select.select([child.stdout], [], [], PROBE_S)[0]:
        return False
    return child.stdout.read(1) != b"" or child.wait() >= 0
