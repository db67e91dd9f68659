"""The command `measure`: single pictures, one line each."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from posturewatch import baseline as baselines
from posturewatch import chain, features, frames, posture
from posturewatch.baseline import Baseline
from posturewatch.commands import terminal
from posturewatch.commands.options import (
    AsJson,
    Hfov,
    KeptBaseline,
    Quietly,
    SettingsFile,
    kept_as,
    option,
    read_settings,
)
from posturewatch.commands.shell import command, complain, say, say_json
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import steady
from posturewatch.frames import Frame
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.session import Sample

LASTING = ("t_s", "age_s", "hold_s", "still_s", "dose")
MEASURED = tuple(each.name for each in fields(Sample) if each.name not in LASTING)  # what one picture can have


@command("posturewatch measure --baseline-image upright.jpg now.jpg")
def measure(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures.")],
    baseline_image: Annotated[Path | None, option("--baseline-image", "IMAGE", "The same person upright.")] = None,
    baseline: KeptBaseline = None,
    hfov: Hfov = None,
    as_json: AsJson = False,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Measure single pictures, one line each; without a baseline the side view's absolute angle."""
    if baseline_image is not None and baseline is not None:
        raise typer.BadParameter("--baseline-image and --baseline exclude each other.")
    chosen = read_settings(settings, hfov=hfov)
    code = 0
    lines: list[dict[str, Any]] = []
    with Finder(stream=False) as eyes:
        kept = None if baseline is None else kept_as(baseline, hfov)
        kept = kept if baseline_image is None else _picture_baseline(baseline_image, eyes, chosen)
        eyes.place = None if kept is None else kept.place
        for image in images:
            try:
                line = _measured(_look(image, eyes), chosen, kept)
            except PosturewatchError as error:
                code = 1
                line = {**dict.fromkeys(MEASURED), "state": "unknown", "now": "unknown", "reason": str(error)}
                complain(error)
            lines.append({"image": str(image), **line})
            if as_json:
                say_json(lines[-1])
    if not as_json:
        say(terminal.measured(lines), quiet)
    return code


def _look(image: Path, eyes: Finder) -> Landmarks:
    picture = frames.read_picture(image)
    return steady.find_steadily(eyes, Frame(0.0, picture, frames.picture_reason(picture)))


def _picture_baseline(image: Path, eyes: Finder, chosen: Settings) -> Baseline:
    hfov_deg = chosen.camera.hfov_deg
    return baselines.build([features.describe(_look(image, eyes), hfov_deg)], hfov_deg)


def _measured(look: Landmarks, chosen: Settings, kept: Baseline | None) -> dict[str, Any]:
    hfov_deg, place = (chosen.camera.hfov_deg, None) if kept is None else (kept.hfov_deg, kept.place)
    described = features.describe(look, hfov_deg, place)
    seen = chain.deviation(described, kept)
    now = posture.now(seen, chosen.posture)
    told = {name: getattr(seen, name, None) for name in MEASURED}
    told |= {"state": now, "now": now, "severity": posture.severity(seen, chosen.posture)}
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in told.items()}
