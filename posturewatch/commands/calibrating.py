"""The command `calibrate`: a person's baseline, captured with a few words of guidance."""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from posturewatch import baseline as baselines
from posturewatch import config, frames
from posturewatch.baseline import Baseline
from posturewatch.commands import terminal
from posturewatch.commands.display import Show
from posturewatch.commands.options import (
    REPLAY_HZ,
    CameraName,
    Quietly,
    SettingsFile,
    found,
    option,
    pictures,
    place_of,
    read_settings,
    window_of,
)
from posturewatch.commands.shell import command, out, say, screen, warn
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import lens
from posturewatch.estimate.capture import Calibrating, Failed, Started, Startup, Window
from posturewatch.estimate.sideways import SIDE_WAIT_S, upright_from_the_side
from posturewatch.frames import Pace
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.monitor import Monitor

COUNTDOWN_S = 3  # chosen: time to sit up


@command("posturewatch calibrate --distance-cm 60 --side")
def calibrate(
    camera: CameraName = None,
    name: Annotated[str | None, option("--name", "N", "Keep it under this name, for `replay --baseline N`.")] = None,
    side: Annotated[
        bool, typer.Option("--side", help="Then turn your chair once by 90°: tells the absolute angle too.")
    ] = False,
    distance_cm: Annotated[
        float | None,
        option(
            "--distance-cm",
            "D",
            "Camera to eyes by tape measure, 25 to 200: tells the camera's field of view, kept too.",
        ),
    ] = None,
    video: Annotated[Path | None, option("--video", "FILE", "Take the baseline from a recording.")] = None,
    window: Annotated[str, option("--window", "S-S", "The seconds to take.")] = "0-10",
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Capture your upright posture, guided; `watch` does this by itself when it has to."""
    chosen = read_settings(settings, camera=camera)
    source = chosen.camera.source if video is None else str(video)
    camera_name = config.shown_source(source)
    path = None if name is None else place_of(name)
    start_s, end_s = window_of(window)
    if distance_cm is not None:
        _check_distance(distance_cm)
    shown = out.is_terminal and not quiet and video is None
    if shown:
        _count_down()
    start = Startup(length_s=end_s - start_s) if video is None else Window(start_s, end_s)
    with Finder(stream=True) as eyes, screen(shown) as view:
        stream = (
            pictures(source, Pace(REPLAY_HZ), chosen) if video is None else frames.read_video(video, REPLAY_HZ, warn)
        )
        looks, show = found(stream, eyes), Show(chosen, camera_name, quiet, view)
        captured = _capture(looks, start, chosen, show)
        if distance_cm is not None:
            captured = lens.at_distance(captured, distance_cm)
        else:
            captured = lens.carried(captured, baselines.newest(baselines.folder(), camera_name, warn))
        path = path or baselines.folder() / baselines.file_name(camera_name, captured)
        baselines.save(path, captured, camera_name)
        if side and captured.view != "side":
            captured = _with_side(looks, captured, show)
            baselines.save(path, captured, camera_name)
    say(Text(f"{terminal.captured(captured)}\nKept in {path}."), quiet)
    return 0


def _check_distance(distance_cm: float) -> None:
    try:
        lens.check_distance(distance_cm)
    except PosturewatchError as error:
        raise typer.BadParameter(str(error)) from None


def _with_side(looks: Iterable[Landmarks], captured: Baseline, show: Show) -> Baseline:
    """The same baseline with its absolute angle, once the person has turned; without it when nobody turns in time."""
    angle = upright_from_the_side(looks, captured, show)
    if show.view is not None:
        show.view.bell()  # who sits sideways sees no screen
    if angle is None:
        warn(
            f"Your side was not seen for long enough within {SIDE_WAIT_S:.0f} s, so the absolute angle is left out; "
            "the baseline from the front is kept. Try --side again with head and shoulders in the picture all the way."
        )
    return replace(captured, upright_ear_shoulder_deg=angle)


def _count_down() -> None:
    out.print("Sit as you want to sit, look at the screen and keep still.")
    for left in range(COUNTDOWN_S, 0, -1):
        out.print(f"{left} …")
        time.sleep(1)


def _capture(looks: Iterable[Landmarks], start: Window | Startup, chosen: Settings, show: Show) -> Baseline:
    """The baseline of the first window that will do; the looks after it are left to be taken."""
    for event in Monitor(chosen, (), REPLAY_HZ).run(looks, start):
        if isinstance(event, Started):
            return event.baseline
        if isinstance(event, Failed) and isinstance(start, Window):
            raise PosturewatchError(event.message)
        if isinstance(event, (Calibrating, Failed)):
            show(event)
    raise PosturewatchError("No baseline: the pictures ended too soon. Try again, with the camera on for longer.")
