"""The command `exercises`: the catalogue in words and pictures, and the coach before a camera or on a recording."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from posturewatch import config, exercises, frames
from posturewatch.coach import Coach
from posturewatch.coaching import catalogue as catalogues
from posturewatch.coaching import coached
from posturewatch.coaching.catalogue import HURTS, Catalogue, Exercise
from posturewatch.coaching.coached import Event, Finished
from posturewatch.commands import terminal
from posturewatch.commands.keys import Keys
from posturewatch.commands.options import (
    AsJson,
    CameraName,
    Quietly,
    SettingsFile,
    found,
    option,
    pictures,
    read_settings,
)
from posturewatch.commands.shell import command, out, say, say_json, screen, warn
from posturewatch.config import Settings
from posturewatch.drawing import figure, scene
from posturewatch.features import describe
from posturewatch.files import control
from posturewatch.files.lock import Lock, held_by
from posturewatch.frames import Frame, Pace
from posturewatch.history import History
from posturewatch.landmarks import Finder
from posturewatch.looking import camera as cameras

COACH_HZ = 5.0  # looks a second; the counts are the same at 5, 10 and 30 (calibration/coach.py)
LET_GO_S = 2.5  # chosen: a watch looks for the lock every second, at pictures once a second at least
RECENT = 20  # chosen: more than there are exercises
QUESTION = "Does your neck hurt now? [y/n] "
ASKED = "Before the first exercise of a day: no exercise with a neck that hurts.\n"
Folder = Annotated[Path | None, option("--svg", "DIR", "Write the pictures of its steps here; moving with --coach.")]


@command("posturewatch exercises alternate-head-turns --coach", name="exercises")
def practise(
    wanted: Annotated[
        str | None, typer.Argument(metavar="[ID|hurts]", help="An exercise, or the page for pain.")
    ] = None,
    coach: Annotated[bool, typer.Option("--coach", help="Count along before the camera.")] = False,
    camera: CameraName = None,
    svg: Folder = None,
    as_json: AsJson = False,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """List the documented exercises, print one with its pictures, or be coached through it.

    `hurts` prints the page for when it already hurts. While coached: p pauses, s skips a step, d is done, h stops
    because it hurts, q leaves. A video file as the camera plays in real time on a terminal, else as fast as it can.
    """
    chosen = read_settings(settings, camera=camera)
    if wanted == HURTS:
        _show(exercises.as_dict(exercises.load_hurts()), exercises.hurts_text(), as_json, quiet)
        return 0
    catalogue = own()
    if wanted is None:
        return _list(catalogue, coach, svg, as_json, quiet)
    exercise = exercises.by_id(catalogue, wanted)
    if svg is not None:
        written = figure.write(exercise, svg, moving=coach)
        say(Text(f"Pictures: {', '.join(str(path) for path in written)}"), quiet or as_json)
    if coach:
        return _coach(exercise, chosen, as_json, quiet)
    if svg is None or as_json:
        text = exercises.text(exercise)
        text += f"\nPictures: posturewatch exercises {exercise.id} --svg DIR; counted along: --coach"
        _show(exercises.as_dict(exercise), text, as_json, quiet)
    return 0


def own() -> Catalogue:
    """The catalogue as the person has it; what can't be used of their file is said."""
    loaded = catalogues.load_own(catalogues.own_path(), scene.scene)
    for complaint in loaded.complaints:
        warn(complaint)
    return loaded.catalogue


def history(tell: Callable[[str], None] = warn) -> History:
    """The person's history; tell gets what is wrong with it."""
    kept, complaints = History.open(config.data_folder() / "history.sqlite", tell)
    for complaint in complaints:
        tell(complaint)
    return kept


def coach_lock() -> Lock:
    """Held while a coach looks through the camera: a watch lets go of it meanwhile, and its clocks stand still."""
    return Lock(config.data_folder() / "coach.lock", "coach")


def offered(kept: History, today: date) -> tuple[Catalogue, list[str]]:
    """The exercises that alerts may suggest, none on a day on which the neck hurts, and those done last."""
    return () if kept.hurts(today) else own(), kept.recent_exercises(RECENT)


def _list(catalogue: Catalogue, coach: bool, svg: Path | None, as_json: bool, quiet: bool) -> int:
    if coach:
        raise typer.BadParameter("--coach needs the exercise's name, such as alternate-head-turns.")
    if svg is not None:
        for exercise in catalogue:
            figure.write(exercise, svg)
        say(Text(f"The pictures of {len(catalogue)} exercises are in {svg}."), quiet or as_json)
    width = max((len(entry.id) for entry in catalogue), default=0)
    text = "\n".join(f"{entry.id:<{width}}  {entry.reason}" for entry in catalogue)
    text += "\n\nposturewatch exercises ID prints the steps; posturewatch exercises hurts, when it already hurts."
    if svg is None or as_json:
        _show([exercises.as_dict(entry) for entry in catalogue], text, as_json, quiet)
    return 0


def _show(fields: Any, text: str, as_json: bool, quiet: bool) -> None:
    if as_json:
        say_json(fields, indent=2)
    else:
        say(Text(text), quiet)


def _coach(exercise: Exercise, chosen: Settings, as_json: bool, quiet: bool) -> int:
    """Coach before a camera, where the day's question is asked and the history kept, or on a recording."""
    if not cameras.is_camera(chosen.camera.source):
        ended = _practised(Coach(exercise), exercise, chosen, as_json, quiet)
    else:
        with coach_lock().hold(warn, time.sleep), contextlib.closing(history()) as kept:
            if not as_json and out.is_terminal and _hurting(kept):
                say(Text("\n" + exercises.hurts_text()), quiet)
                return 0
            _wait_for_the_camera()
            coach = Coach(exercise, kept.ranges())
            ended = _practised(coach, exercise, chosen, as_json, quiet)
            _keep(kept, ended, coach.learned())
    if ended.hurts:
        say(Text("\n" + exercises.hurts_text()), quiet or as_json)
    return 0


def _wait_for_the_camera() -> None:
    """A running watch sees the coach's lock and lets the camera go."""
    if held_by(control.watch_lock().path) is not None:
        time.sleep(LET_GO_S)


def _hurting(kept: History) -> bool:
    """The day's question; who said no today isn't asked again."""
    today = datetime.now().date()
    if kept.hurts(today) is False:
        return False
    answer = ""
    while answer not in ("y", "yes", "n", "no"):
        answer = out.input(Text(ASKED + QUESTION)).strip().lower()
    kept.answer(today, answer.startswith("y"))
    return answer.startswith("y")


def _keep(kept: History, ended: Finished, learned: Mapping[tuple[str, str | None], float]) -> None:
    at = datetime.now().astimezone()
    counts = {None if side == "both" else side: count for side, count in ended.repetitions.items()}
    kept.exercise_done(ended.id, ended.done, counts, at)
    if ended.hurts:
        kept.answer(at.date(), True)
        return
    for (axis, side), reached in learned.items():
        kept.range_reached(axis, side, reached, at)


def _practised(coach: Coach, exercise: Exercise, chosen: Settings, as_json: bool, quiet: bool) -> Finished:
    """Let the coach look until it is over, the person leaves or the pictures end."""
    t_s = 0.0
    with Finder(stream=True) as eyes, screen(not (quiet or as_json)) as view, Keys() as keys:
        for look in found(_frames(chosen, real_time=view is not None), eyes):
            t_s = look.t_s
            events = coach.see(describe(look, chosen.camera.hfov_deg))
            for key in keys.pressed():
                events += _pressed(coach, key, t_s)
            if view is not None:
                view.update(terminal.coaching(exercise, coach.state))
            else:
                _tell(events, as_json, quiet)
            if coach.over:
                break
        last = coach.stop(t_s)
    if coach.ended is None:
        raise ValueError("a coach that was stopped has ended")
    _tell(last if view is None else [coach.ended], as_json, quiet)
    return coach.ended


def _frames(chosen: Settings, real_time: bool) -> Iterator[Frame]:
    source = chosen.camera.source
    if cameras.is_camera(source) or real_time:
        return pictures(source, Pace(COACH_HZ), chosen)
    return frames.read_video(Path(source), COACH_HZ, warn, chosen.camera.mirror)


def _pressed(coach: Coach, key: str, t_s: float) -> list[Event]:
    if key == "p":
        return coach.resume(t_s) if coach.state.paused else coach.pause(t_s)
    actions = {"s": coach.skip, "d": coach.done, "h": coach.hurts, "q": coach.stop}
    return actions[key](t_s) if key in actions else []


def _tell(events: list[Event], as_json: bool, quiet: bool) -> None:
    for event in events:
        if as_json:
            say_json(coached.as_line(event))
        else:
            say(terminal.coached(event), quiet)
