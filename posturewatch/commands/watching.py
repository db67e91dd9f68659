"""The command `watch`: what it opens at its start, and how it ends."""

import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from posturewatch import baseline as baselines
from posturewatch import config, notify, preview
from posturewatch.baseline import Baseline
from posturewatch.commands import practice, terminal
from posturewatch.commands.day import Day
from posturewatch.commands.display import Show, outputs_for
from posturewatch.commands.keys import Keys
from posturewatch.commands.options import (
    CameraName,
    Marks,
    Preset,
    Quietly,
    Rate,
    Samples,
    SettingsFile,
    pictures,
    read_settings,
)
from posturewatch.commands.running import Session
from posturewatch.commands.shell import INTERRUPTED, command, say, screen, warn
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.capture import Startup
from posturewatch.files import control, whole
from posturewatch.files.control import Mailbox
from posturewatch.files.record import Outputs
from posturewatch.landmarks import Finder
from posturewatch.looking.governor import Fixed, Governor
from posturewatch.system.desk import Desk

KEYS = "p pause · s snooze · r new baseline · n not now · Ctrl-C ends and saves"


@command("posturewatch watch --preset gentle --samples today.jsonl")
def watch(
    camera: CameraName = None,
    loop: Annotated[bool, typer.Option("--loop", help="Repeat a video file.")] = False,
    rate: Rate = None,
    preset: Preset = None,
    window: Annotated[bool, typer.Option("--preview", help="Show picture, angle and limits in a window.")] = False,
    fresh: Annotated[bool, typer.Option("--calibrate", help="Capture a new baseline first.")] = False,
    samples: Samples = None,
    marks: Marks = None,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Watch until Ctrl-C; calibrates itself at the start where the kept baseline doesn't fit.

    Looks often while you move and seldom while you sit still; with --rate or --preview at a fixed rate. On a terminal:
    p pauses and goes on, s snoozes for 30 minutes, r captures a new baseline, n answers an alert with "not now".
    """
    chosen = read_settings(settings, preset, camera=camera)
    shown, code = config.shown_source(chosen.camera.source), 0
    with contextlib.ExitStack() as stack:
        tell = _complaints()
        stack.enter_context(control.watch_lock().hold(tell, time.sleep))
        kept = baselines.newest(baselines.folder(), shown, warn)
        if kept is not None and kept.hfov_error_deg is not None:
            chosen = config.with_hfov(chosen, kept.hfov_deg)  # measured once: a new baseline is captured with it too
        outputs = stack.enter_context(contextlib.closing(outputs_for(samples, marks, live=True)))
        eyes = stack.enter_context(Finder(stream=True))
        rate_hz = rate or chosen.watch.rate_hz
        governor = None if rate or window else Governor(rate_hz)
        day = _day(stack, chosen, rate_hz, governor, kept, outputs, eyes, quiet, tell)
        shows = stack.enter_context(contextlib.closing(preview.Window())) if window else None
        looks = day.looks(pictures(chosen.camera.source, day.pace, chosen, loop), eyes, shows)
        try:
            day.run.run(looks, Startup(None if fresh else kept))
        except KeyboardInterrupt:
            code = INTERRUPTED
    say(terminal.summary(day.run.summary, f"Watched {shown}"), quiet)
    return code


def _day(
    stack: contextlib.ExitStack,
    chosen: Settings,
    rate_hz: float,
    governor: Governor | None,
    kept: Baseline | None,
    outputs: Outputs,
    eyes: Finder,
    quiet: bool,
    tell: Callable[[str], None],
) -> Day:
    """The session and all that is around it, open until the stack closes it."""
    source = chosen.camera.source
    shown = config.shown_source(source)  # without a password, also where the baseline is kept
    history = stack.enter_context(contextlib.closing(practice.history(tell)))
    desk = stack.enter_context(contextlib.closing(Desk()))
    notifier = stack.enter_context(contextlib.closing(notify.here(warn)))
    view = stack.enter_context(screen(not quiet))
    keys = stack.enter_context(Keys()) if view is not None else None
    now = datetime.now()
    history.prune(chosen.history.keep_days, now.astimezone())
    display = Show(chosen, shown, quiet, view, keys=KEYS)
    run = Session(
        chosen,
        source,
        rate_hz,
        outputs,
        display,
        eyes,
        now,
        *practice.offered(history, now.date()),
        governed=governor is not None,
        busy=lambda t_s: desk.busy(t_s) is not None,
    )
    pace = (governor or Fixed(rate_hz)).pace
    day = Day(run, pace, governor, desk, notifier, _mailbox(tell), history, keys, shown, kept, quiet, tell)
    display.note = day.note
    return day


def _complaints() -> Callable[[str], None]:
    """Where it goes what can't be kept: nowhere when nothing can be, as that is said at once, in one line."""
    folder = config.data_folder()
    why = whole.refused(folder)
    if why is None:
        return warn
    warn(f"Nothing can be kept in {folder}: {why}. Watching goes on, without history, and `status` won't reach it.")
    return lambda _line: None


def _mailbox(tell: Callable[[str], None]) -> Mailbox | None:
    try:
        return Mailbox(control.folder())
    except PosturewatchError as error:
        tell(f"{error} `posturewatch status` and its like won't reach this watch.")
        return None
