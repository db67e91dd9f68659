"""The commands that ask the running watch: `status`, `pause`, `resume`, `snooze`, `recalibrate`."""

import json
import re
import time
from typing import Annotated, Any

import typer
from rich.text import Text

from posturewatch.commands.options import AsJson, Quietly
from posturewatch.commands.shell import command, out
from posturewatch.errors import PosturewatchError
from posturewatch.files import control
from posturewatch.files.control import LEAST_SNOOZE_S, MOST_SNOOZE_S
from posturewatch.files.lock import held_by
from posturewatch.frames import now_s

LENGTH = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m(?:in)?)?(?:([0-9]{1,5})s)?", re.IGNORECASE)


@command("posturewatch status --json")
def status(as_json: AsJson = False) -> int:
    """Tell in one line what the running watch sees and does; exit code 1 without one."""
    if not as_json:
        return _told(_asked("status"), quiet=False)
    try:
        found = _asked("status").get("status")
        if not isinstance(found, dict):
            raise PosturewatchError(control.UNREADABLE)
    except PosturewatchError:
        _line({"running": held_by(control.watch_lock().path) is not None})
        raise
    _line({"running": True, **found})
    return 0


@command("posturewatch pause")
def pause(quiet: Quietly = False) -> int:
    """Have the running watch release the camera and stand still, until `posturewatch resume`."""
    return _told(_asked("pause"), quiet)


@command("posturewatch resume")
def resume(quiet: Quietly = False) -> int:
    """Have the running watch go on: ends a pause or a snooze."""
    return _told(_asked("resume"), quiet)


@command("posturewatch snooze 30m")
def snooze(
    length: Annotated[
        str, typer.Argument(metavar="[LENGTH]", help="30m, 45 (minutes), 90s, 1h, 1h30m: 1 minute to 12 hours.")
    ] = "30m",
    quiet: Quietly = False,
) -> int:
    """Have the running watch give no alerts for a while; then they are on again by themselves."""
    seconds = length_s(length)
    if seconds is None:
        raise typer.BadParameter(
            f"{length[:40]!r} is no length from 1 minute to 12 hours. Write it as 30m, 45 (minutes), 90s, 1h or 1h30m."
        )
    return _told(_asked("snooze", seconds), quiet)


@command("posturewatch recalibrate")
def recalibrate(quiet: Quietly = False) -> int:
    """Have the running watch capture your upright posture anew; the old baseline is kept."""
    return _told(_asked("recalibrate"), quiet)


def length_s(text: str) -> float | None:
    """The seconds of `30m`, `45` (minutes), `90s`, `1h30m`; None for what is none or may not be snoozed for."""
    match = LENGTH.fullmatch(f"{text}m" if text.isdecimal() else text)
    if match is None:
        return None
    hours, minutes, seconds = (int(each or 0) for each in match.groups())
    total_s = 3600.0 * hours + 60.0 * minutes + seconds
    return total_s if LEAST_SNOOZE_S <= total_s <= MOST_SNOOZE_S else None


def _asked(action: str, seconds: float | None = None) -> dict[str, Any]:
    return control.ask(control.folder(), control.watch_lock().path, action, seconds, now_s, time.sleep)


def _told(answer: dict[str, Any], quiet: bool) -> int:
    if not quiet:
        out.print(Text(answer["text"]), soft_wrap=True)
    return 0


def _line(fields: dict[str, Any]) -> None:
    out.print(Text(json.dumps(fields)), soft_wrap=True)  # ASCII: nothing in it can steer a terminal
