"""What all commands share: the application, options, the consoles, the live screen."""

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.text import Text

from posturewatch import config, frames
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.files.settings import load as load_settings
from posturewatch.frames import Frame, Pace
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.looking import camera

WIDE = 160  # chosen: columns where the output is no terminal
INTERRUPTED = 130  # DESIGN part 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches how far your head is carried forward, for how long, and suggests a documented exercise. "
    "Everything stays on this machine.",
)
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)  # a file has no edge
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def option(name: str, metavar: str, text: str, least: float | None = None, most: float | None = None) -> Any:
    """An option as all commands declare theirs."""
    return typer.Option(name, metavar=metavar, help=text, min=least, max=most)


SettingsFile = Annotated[Path | None, option("--settings", "FILE", "Read this settings.toml instead.")]
Quietly = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Preset = Annotated[str | None, option("--preset", "P", "gentle, standard or strict.")]
Rate = Annotated[float | None, option("--rate", "HZ", "Looks per second.", 0.5, 30)]
Hfov = Annotated[
    float | None, option("--hfov", "DEG", "The camera's horizontal field of view, instead of the baseline's.", 30, 120)
]
KeptBaseline = Annotated[str | None, option("--baseline", "NAME", "A baseline kept by `calibrate`, or its file.")]
CameraName = Annotated[str | None, option("--camera", "C", "Index, device path, URL, or a video file.")]
Samples = Annotated[Path | None, option("--samples", "FILE", "Record samples, transitions, alerts (JSON lines).")]
Marks = Annotated[Path | None, option("--landmarks", "FILE", "Record landmarks, to replay without pictures.")]


def command(example: str, name: str | None = None) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Register a function that returns an exit code; its errors become one line, Ctrl-C exit code 130."""

    def register(function: Callable[..., int]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                code = function(*args, **kwargs)
            except PosturewatchError as error:
                err.print(Text(f"posturewatch: {error}"))
                code = 1
            except KeyboardInterrupt:
                code = INTERRUPTED
            except BrokenPipeError:  # `posturewatch … | head`: nobody reads on
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = 0
            raise typer.Exit(code)

        app.command(name, epilog=f"Example: {example}")(run)
        return run

    return register


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"posturewatch {metadata.version('posturewatch')}")
        raise typer.Exit()


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = (
        False
    ),
) -> None: ...


def warn(line: str) -> None:
    """One line of warning on stderr; above the live view where both are on one screen, which it would tear."""
    where = out if isinstance(sys.stderr, FileProxy) and err.is_terminal else err
    where.print(Text(f"posturewatch: {line}", style="yellow"))


def read_settings(
    path: Path | None, preset: str | None = None, hfov: float | None = None, camera: str | None = None
) -> Settings:
    """The settings file, with what the command line says put over it."""
    read = load_settings(path)
    read = config.with_preset(read, preset or read.watch.preset)
    place = replace(read.camera, hfov_deg=hfov or read.camera.hfov_deg, source=camera or read.camera.source)
    return replace(read, camera=place)


def pictures(source: str, pace: Pace, chosen: Settings, loop: bool = False) -> Iterator[Frame]:
    """A camera, or a video file played as one."""
    if camera.is_camera(source):
        return camera.read_camera(source, pace, warn, chosen.camera.mirror)
    return frames.play(source, pace, warn, loop, chosen.camera.mirror)


def found(stream: Iterable[Frame], eyes: Finder) -> Iterator[Landmarks]:
    """What the models find in each picture."""
    return (eyes.find(frame) for frame in stream)


@contextlib.contextmanager
def screen(wanted: bool) -> Iterator["Screen | None"]:
    """The live view, on a terminal."""
    if not (wanted and out.is_terminal):
        yield None
        return
    with Live(console=out, auto_refresh=False, transient=True) as view:
        yield Screen(view)


class Screen:
    """Draws at most ten times a second, however fast the samples come."""

    def __init__(self, view: Live) -> None:
        self._view = view
        self._drawn_s = 0.0

    def update(self, what: RenderableType) -> None:
        """Show this instead of what is there."""
        now_s = frames.now_s()
        if now_s - self._drawn_s >= 0.1:
            self._drawn_s = now_s
            self._view.update(what, refresh=True)

    def bell(self) -> None:
        """Sound the terminal's bell."""
        self._view.console.bell()


def make_folder(folder: Path) -> None:
    """Make the folder that the person named; PosturewatchError when that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PosturewatchError(f"Cannot make the folder {folder}: {error.strerror}. Choose another one.") from error


def say(what: RenderableType, quiet: bool) -> None:
    """Print it unless --quiet."""
    if not quiet:
        out.print(what)
