"""Whether another program fills the screen: X11's active window, by xprop (a window of X11 or Xwayland)."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

ANSWER_S = 1.0  # chosen: a local X server answers in 5 ms


def output(command: Sequence[str]) -> str | None:
    """What a desktop's own tool prints; None where it isn't there, fails, or takes longer than ANSWER_S."""
    program = shutil.which(command[0])
    if program is None:
        return None
    words, nothing = [program, *command[1:]], subprocess.DEVNULL
    try:
        done = subprocess.run(  # noqa: S603 (our own words, no shell)
            words, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, timeout=ANSWER_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def problem() -> str | None:
    """Why full screen can't be told; None where it can."""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "there is no X11 display, and Wayland doesn't say"
    if not display.startswith((":", "unix:")):
        return "the DISPLAY is on another machine"
    if shutil.which("xprop") is None:
        return "xprop is not installed (package x11-utils)"
    return None if _active() is not None else "the window manager doesn't name the active window"


def full_screen() -> bool:
    """Whether the active window is in full screen and not of this program."""
    if not os.environ.get("DISPLAY", "").startswith((":", "unix:")):
        return False
    window = _active()
    if window is None:
        return False
    # "0x0" is none or one of Wayland: xprop fails
    told = output(["xprop", "-id", window, "-notype", "_NET_WM_STATE", "_NET_WM_PID"]) or ""
    owner = re.search(r"^_NET_WM_PID = (\d+)$", told, re.MULTILINE)
    ours = owner is not None and int(owner[1]) == os.getpid()
    return not ours and re.search(r"\b_NET_WM_STATE_FULLSCREEN\b", told) is not None


def _active() -> str | None:
    """The active window's number, "0x…" (EWMH: _NET_ACTIVE_WINDOW of the root window)."""
    told = output(["xprop", "-root", "-notype", "-f", "_NET_ACTIVE_WINDOW", "32x", " $0\n", "_NET_ACTIVE_WINDOW"])
    found = re.search(r"0x[0-9a-f]{1,8}\b", told or "")
    return found[0] if found else None
