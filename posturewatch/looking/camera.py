"""A camera's life: found by number, device, address or name, opened, lost, let go and opened again."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from posturewatch import frames
from posturewatch.errors import PosturewatchError
from posturewatch.frames import SLACK_S, Capture, Clock, Frame, Frozen, Pace, Picture, Sleep, Warn

REOPEN_S = 2.0  # DESIGN part 6
REOPEN_MOST_S = 15.0  # chosen: a camera that was taken home overnight isn't asked for every 2 s
PATIENT_S = 60.0  # chosen: so long it is asked for every 2 s, then more and more seldom
FROZEN_TRY_S = 20.0  # chosen: a frozen camera is opened anew, which may cure it
AT_ONCE_S = 0.001  # chosen: a grab that takes less had its picture waiting
STALE_PICTURES = 10  # chosen: more never wait in a driver's buffer
DEVICES = Path("/sys/class/video4linux")

Source = int | str
Open = Callable[[Source], Capture]


def is_camera(source: str) -> bool:
    """Whether a source as the user types it is a camera (number, device path, URL, name); else it is a video file."""
    if source.isdecimal() or source.startswith(("/dev/video", "/dev/v4l/")) or "://" in source:
        return True
    return not Path(source).exists() and _named(source) is not None


def list_cameras(devices: Path | None = None) -> list[tuple[str, str]]:
    """(device path, name) of the cameras Linux knows; empty elsewhere."""
    found = []
    for device in sorted((devices or DEVICES).glob("video*"), key=lambda device: (len(device.name), device.name)):
        # A webcam has a second device for metadata, which gives no pictures.
        if (device / "name").exists() and _first_line(device / "index") in ("", "0"):
            found.append((f"/dev/{device.name}", _first_line(device / "name")))
    return found


def _first_line(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:  # not there, or unplugged at this moment
        return ""


def _named(source: str) -> str | None:
    """The device of the first camera whose name holds this text; after a replug it may be another one."""
    wanted = source.strip().casefold()
    return next((path for path, name in list_cameras() if wanted and wanted in name.casefold()), None)


def _device(source: str) -> Source:
    """What OpenCV opens."""
    if source.isdecimal():
        return int(source)
    return source if source.startswith("/dev/") or "://" in source else _named(source) or source


def why_no_picture(source: str) -> str:
    """What can be known about a camera that can't be opened, and what to try."""
    if "://" in source:
        scheme, _, rest = source.partition("://")  # a password before the @ is not for the screen
        return f"No picture from {scheme}://{rest.rpartition('@')[2]}. Check the address, and that the camera is on."
    device = _device(source)
    path = Path(f"/dev/video{device}" if isinstance(device, int) else device)
    other = f"Try --camera {1 if source in ('0', '/dev/video0') else 0}"
    if sys.platform == "linux" and not path.exists():
        found = ", ".join(f"{path} ({name})" for path, name in list_cameras()) or "none"
        return f"There is no camera {source} ({path} is missing; found: {found}). Plug it in, or name another one."
    if sys.platform == "linux" and not os.access(path, os.R_OK | os.W_OK):
        return f"No permission to use camera {source} ({path}). Add yourself to the group video and log in again."
    return (
        f"Camera {source} gives no picture: it may be used by another program or not be allowed to this one. "
        f"{other}, or close the program that uses it; `posturewatch doctor` lists cameras."
    )


def read_camera(
    source: str,
    pace: Pace,
    warn: Warn,
    mirror: bool = False,
    clock: Clock = frames.now_s,
    sleep: Sleep = time.sleep,
    open_camera: Open = frames.open_camera,
) -> Iterator[Frame]:
    """A camera's pictures at the pace, for ever; while it is lost or let go, frames that say so.

    A lost one is tried again every 2 s, after a minute more seldom. PosturewatchError, with the first frame, when there
    is no picture at the start.
    """
    held = Held(lambda: open_camera(_device(source)), clock, warn)
    if not pace.off and not held.open():
        raise PosturewatchError(why_no_picture(source))
    frozen, started_s, due_s = Frozen(), clock(), 0.0
    try:
        while True:
            held.keep(pace.off)
            raw = _latest(held.capture, started_s + due_s, clock, sleep) if held.capture else None
            if raw is None:
                held.lose()
                sleep(max(0.0, started_s + due_s - clock()))
            started_s = started_s if due_s else clock()  # the first picture is at 0
            t_s = clock() - started_s if due_s else 0.0
            frame = None if raw is None else frames.judged(t_s, raw, frozen, pace, mirror)
            yield frame or Frame(t_s, None, pace.off or "camera lost")
            held.judge(None if frame is None else frame.reason)
            due_s = frames.next_tick_s(t_s, pace.rate_hz)
    finally:
        held.let_go()


class Held:
    """The camera as it is held: open, let go on purpose, or lost and tried again."""

    def __init__(self, open_it: Callable[[], Capture], clock: Clock, warn: Warn) -> None:
        self.capture: Capture | None = None
        self._open_it, self._clock, self._warn = open_it, clock, warn
        self._lost_s: float | None = None  # since when
        self._retry_s = 0.0
        self._frozen_s: float | None = None

    def open(self) -> bool:
        """Open it if it gives pictures; one that another program uses can often be opened, and then gives none."""
        capture = self._open_it()
        if capture.isOpened() and capture.grab():
            self.capture, self._lost_s = capture, None
            return True
        capture.release()
        return False

    def keep(self, off: str | None) -> None:
        """Let it go where it is to be off; open it where it isn't and it is time to try."""
        if off:
            self.let_go()
            self._lost_s, self._retry_s = None, 0.0  # tried at once when it is wanted again
        elif self.capture is None and self._clock() >= self._retry_s and not self.open():
            self._later()

    def lose(self) -> None:
        """It gave no picture."""
        if self.capture is not None:
            self.let_go()
            self._later()

    def judge(self, reason: str | None) -> None:
        """Open a camera anew whose picture is frozen."""
        if reason != "picture frozen":
            self._frozen_s = None
            return
        now_s = self._clock()
        self._frozen_s = now_s if self._frozen_s is None else self._frozen_s
        if now_s - self._frozen_s >= FROZEN_TRY_S:
            self.let_go()
            self._frozen_s, self._retry_s = None, 0.0

    def let_go(self) -> None:
        """Close it, its light off."""
        if self.capture is not None:
            self.capture.release()
            self.capture = None

    def _later(self) -> None:
        now_s = self._clock()
        if self._lost_s is None:
            self._lost_s = now_s
            self._warn("The camera was lost. Trying to reopen it every 2 s.")
        lost_s = now_s - self._lost_s
        self._retry_s = now_s + (REOPEN_S if lost_s < PATIENT_S else min(REOPEN_MOST_S, lost_s / 10))


def _latest(capture: Capture, due_s: float, clock: Clock, sleep: Sleep) -> Picture | None:
    """The camera's first picture at or after due_s, None when it gives none.

    All before are taken too, else they would wait in a buffer and be served when they are old.
    """
    tries = 0
    while tries < 2 * STALE_PICTURES:
        asked_s = clock()
        if not capture.grab():
            return None
        taken_s = clock()
        waiting = taken_s - asked_s < AT_ONCE_S
        if taken_s + SLACK_S < due_s:
            if waiting:
                sleep(min(0.01, due_s - taken_s))  # chosen: faster than any camera, and no busy loop
            continue
        tries += 1
        if waiting and tries <= STALE_PICTURES:
            continue
        readable, image = capture.retrieve()  # a single broken JPEG is no lost camera
        if readable:
            return np.asarray(image, np.uint8)
    return None
