"""Whether the memory of `posturewatch watch` stays flat: the real command for some minutes, and, faster than real time,
the real models, governor, session and history on a recording that is repeated on a clock of its own.

    python tests/benchmarks/day_memory.py [--video F.avi] [--minutes 5] [--looks 2000]

Without a file, the demo recording is played. Prints resident memory in MB, at the start and while it goes on.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import resources
from itertools import takewhile
from pathlib import Path

from posturewatch.commands.running import Session
from posturewatch.config import Settings
from posturewatch.estimate.capture import Startup
from posturewatch.files.record import Outputs
from posturewatch.frames import Frame, Pace, play
from posturewatch.history import History
from posturewatch.landmarks import Finder, Held, Landmarks
from posturewatch.looking.governor import Governor
from posturewatch.monitor import Happening, Moment

DEMO = str(resources.files("posturewatch").joinpath("demo.mp4"))
SETTLED_S = 25.0  # models loaded, baseline captured
MORNING = datetime(2026, 3, 2, 9, 0).astimezone()


def rss_mb(pid: int | str) -> float:
    """Resident memory of a process now, from /proc."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def watched(video: str, minutes: float, environment: dict[str, str]) -> None:
    """The command itself, at normal speed; its children are none."""
    command = [sys.executable, "-m", "posturewatch", "watch", "--camera", video, "--loop", "--quiet"]
    process = subprocess.Popen(command, env=environment)
    try:
        time.sleep(SETTLED_S)
        for minute in range(round(minutes) + 1):
            print(f"watch, minute {minute:3d}: {rss_mb(process.pid):6.1f} MB", flush=True)
            time.sleep(60 if minute < round(minutes) else 0)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.s = 0.0

    def now(self) -> float:
        """Seconds since the beginning."""
        return self.s

    def sleep(self, seconds: float) -> None:
        """Let so much pass."""
        self.s += max(0.0, seconds)


def accelerated(video: str, most: int, folder: Path) -> None:
    """So many looks with the real models, as fast as they are, and what lies around them."""
    clock, governor, looks = Clock(), Governor(2.0), [0]
    history, _ = History.open(folder / "history.sqlite")

    def show(event: Happening) -> None:
        if isinstance(event, Moment):
            history.add(event.sample, MORNING + timedelta(seconds=event.sample.t_s))

    def found(frames: Iterator[Frame], eyes: Finder) -> Iterator[Landmarks | Held]:
        for frame in frames:
            look = Held(frame.t_s) if frame.image is None else eyes.find(frame)
            yield look
            place(run.monitor.settling)
            if isinstance(look, Landmarks):
                looks[0] += 1
                if looks[0] % max(1, most // 10) == 0:
                    print(f"look {looks[0]:5d}, {clock.s / 3600:5.2f} h: {rss_mb('self'):6.1f} MB", flush=True)

    def place(settling: bool) -> None:
        governor.everything = settling
        if run.baseline is not None:
            x, y, size = (part / run.baseline.size_px[0] for part in run.baseline.place)
            governor.sit((x, y, size))

    pace: Pace = governor.pace
    with Finder(stream=True) as eyes:
        run = Session(Settings(), video, 2.0, Outputs(None, None), show, eyes, governed=True)
        stream = play(video, pace, print, loop=True, clock=clock.now, sleep=clock.sleep)
        run.run(found(takewhile(lambda _frame: looks[0] < most, stream), eyes), Startup())
    history.close()
    print(f"{looks[0]} looks in {clock.s / 3600:.2f} simulated hours: {rss_mb('self'):.1f} MB at the end")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", default=DEMO)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--looks", type=int, default=2000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if chosen.minutes:
            watched(chosen.video, chosen.minutes, {**os.environ, "XDG_DATA_HOME": name, "XDG_CONFIG_HOME": name})
        if chosen.looks:
            accelerated(chosen.video, chosen.looks, Path(name))


if __name__ == "__main__":
    main()
