"""The command `demo`: the bundled recording through the whole pipeline."""

import contextlib
import json
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from rich.text import Text

from posturewatch import exercises, frames
from posturewatch.commands import terminal
from posturewatch.commands.display import Show, outputs_for
from posturewatch.commands.options import (
    REPLAY_HZ,
    Quietly,
    SettingsFile,
    found,
    make_folder,
    option,
    read_settings,
)
from posturewatch.commands.running import Session
from posturewatch.commands.shell import command, out, say, screen, warn
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.capture import Window
from posturewatch.files import whole
from posturewatch.frames import Frame, Pace
from posturewatch.landmarks import Finder


@command("posturewatch demo --out demo-out")
def demo(
    folder: Annotated[Path | None, option("--out", "DIR", "Write samples.jsonl and summary.json here.")] = None,
    speed: Annotated[float | None, option("--speed", "N", "Times real time.", 0.1, 1000)] = None,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Play the bundled recording through the whole pipeline: alerts, exercise, summary. Needs no camera.

    Plays in real time on a terminal, elsewhere as fast as it can.
    """
    chosen = read_settings(settings, preset="strict")
    if folder is not None:
        make_folder(folder)
    outputs = outputs_for(folder / "samples.jsonl" if folder else None, None)
    shown = out.is_terminal and not quiet
    with (
        resources.as_file(resources.files("posturewatch").joinpath("demo.mp4")) as path,
        contextlib.closing(outputs),
        Finder(stream=True) as eyes,
        screen(shown) as view,
    ):
        run = Session(chosen, path.name, REPLAY_HZ, outputs, Show(chosen, "demo", quiet, view), eyes)
        run.run(found(_paced(path, speed or (1.0 if shown else None)), eyes), Window())
    if folder is not None:
        _write_json(folder / "summary.json", run.summary.as_dict())
    say(terminal.summary(run.summary, "Demo: a rendered person at a desk, preset strict"), quiet)
    for wanted in dict.fromkeys(run.summary.exercises):
        say(Text("\n" + exercises.text(exercises.by_id(exercises.load(), wanted))), quiet)
    return 0


def _paced(path: Path, speed: float | None) -> Iterator[Frame]:
    if speed is None:
        return frames.read_video(path, REPLAY_HZ, warn)
    return frames.play(
        path,
        Pace(REPLAY_HZ),
        warn,
        clock=lambda: time.monotonic() * speed,
        sleep=lambda wait_s: time.sleep(wait_s / speed),
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    try:
        whole.write(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise PosturewatchError(f"Cannot write {path}: {error.strerror}. Choose another place.") from error
