"""What commands are told: their options' types, and the settings, pictures and baselines that a person's words name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from posturewatch import baseline as baselines
from posturewatch import config, frames
from posturewatch.baseline import Baseline
from posturewatch.commands.shell import warn
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import lens
from posturewatch.files.settings import load as load_settings
from posturewatch.frames import Frame, Pace
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.looking import camera

REPLAY_HZ = 5.0  # DESIGN part 2


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


def make_folder(folder: Path) -> None:
    """Make the folder that the person named; PosturewatchError when that can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PosturewatchError(f"Cannot make the folder {folder}: {error.strerror}. Choose another one.") from error


def window_of(text: str) -> tuple[float, float]:
    """`0-10` in seconds."""
    wrong = typer.BadParameter(f"{text!r} is not a window of {baselines.LEAST_WINDOW_S:.0f} s or more, such as 0-10.")
    try:
        start_s, end_s = (float(part) for part in text.split("-"))
    except ValueError:
        raise wrong from None
    if not (0 <= start_s < 1e6 and baselines.LEAST_WINDOW_S - 1e-6 <= end_s - start_s < 1e6):
        raise wrong
    return start_s, end_s


def kept_as(name: str, hfov_deg: float | None) -> Baseline:
    """A kept baseline by name or file, with another field of view if that is told."""
    kept = baselines.load(Path(name) if name.endswith(".json") else place_of(name))[0]
    return kept if hfov_deg is None else lens.with_hfov(kept, hfov_deg)


def place_of(name: str) -> Path:
    """The file of the baseline of this name; PosturewatchError when it can't be one's name."""
    if not re.fullmatch(r"[\w][\w .-]{0,60}", name):
        raise PosturewatchError(f"{name!r} can't name a baseline. Use letters, digits, spaces, dots and dashes.")
    return baselines.folder() / f"{name}.json"
