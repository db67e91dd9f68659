"""The command `doctor`: what a person can check before they ask: camera, models, settings, folders, display."""

import contextlib
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from posturewatch import baseline, config, notify
from posturewatch.coaching import catalogue
from posturewatch.commands import terminal
from posturewatch.commands.options import AsJson, Quietly, SettingsFile
from posturewatch.commands.shell import command, say, say_json
from posturewatch.config import Settings
from posturewatch.drawing import scene
from posturewatch.errors import PosturewatchError
from posturewatch.files.settings import load as load_settings
from posturewatch.frames import Pace
from posturewatch.looking import camera, models
from posturewatch.system import autostart, screen
from posturewatch.system.desk import Desk


@dataclass(frozen=True, slots=True)
class Check:
    """One line: level "ok", "warning" (works, with less) or "error" (watching can't work)."""

    name: str
    level: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


@command("posturewatch doctor")
def doctor(as_json: AsJson = False, settings: SettingsFile = None, quiet: Quietly = False) -> int:
    """Check camera, models, settings and folders: each line ok, warning, or what to do."""
    found = examine(settings)
    if as_json:
        say_json([check.as_dict() for check in found])
    else:
        say(terminal.checks((check.name, check.level, check.text) for check in found), quiet)
    return 1 if any(check.level == "error" for check in found) else 0


def examine(settings_path: Path | None) -> list[Check]:
    """All checks, in the order in which a person would mend things."""
    settings, first = _settings(settings_path)
    return [
        Check("python", "ok", f"{sys.version.split()[0]} on {sys.platform}"),
        _models(),
        first,
        _camera(settings),
        _cameras(),
        _data(),
        _baselines(settings),
        _exercises(),
        _history(settings),
        _display(),
        _notifications(),
        *_desk(),
        _autostart(),
    ]


def _settings(path: Path | None) -> tuple[Settings, Check]:
    place = path or config.default_path()
    try:
        settings = load_settings(path)
    except PosturewatchError as error:
        return Settings(), Check("settings", "error", str(error))
    there = "" if place.exists() else " (not there: the defaults are used)"
    return settings, Check("settings", "ok", f"{place}{there}")


def _models() -> Check:
    try:
        models.check_models()
    except PosturewatchError as error:
        return Check("models", "error", str(error))
    return Check("models", "ok", "pose and face bundles have the hashes they were tested with")


def _camera(settings: Settings) -> Check:
    source = settings.camera.source
    shown = config.shown_source(source)
    if not camera.is_camera(source):
        there = Path(source).is_file()
        return Check(
            "camera", "ok" if there else "error", f"{shown}: a video file{'' if there else ' that is missing'}"
        )
    if "://" in source:
        return Check("camera", "warning", f"{shown}: a network camera; it is not contacted by this check")
    stream = camera.read_camera(source, Pace(30.0), lambda _line: None)
    try:
        frame = next(stream)
    except PosturewatchError as error:
        return Check("camera", "warning", str(error))
    finally:
        stream.close()  # type: ignore[attr-defined]
    if frame.image is None or frame.reason is not None:
        return Check("camera", "warning", f"{shown}: {frame.reason}")
    height, width = frame.image.shape[:2]
    return Check("camera", "ok", f"{shown}: a picture of {width}×{height}")


def _cameras() -> Check:
    found = [f"{path} ({name})" for path, name in camera.list_cameras()]
    if found:
        return Check("cameras", "ok", ", ".join(found))
    return Check("cameras", "warning", "none found; plug one in, or use --camera with a video file")


def _data() -> Check:
    folder = config.data_folder()
    above = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not os.access(above, os.W_OK):
        return Check("data", "warning", f"{folder} can't be written: each start calibrates anew")
    if folder.exists() and folder.stat().st_mode & 0o077 and os.name == "posix":
        return Check("data", "warning", f"{folder} can be read by others. Try: chmod 700 '{folder}'")
    return Check("data", "ok", f"{folder}{'' if folder.exists() else ' (made at the first calibration)'}")


def _baselines(settings: Settings) -> Check:
    folder = baseline.folder()
    kept = baseline.stored(folder)
    damaged = sorted(path.name for path in folder.glob("*.damaged"))
    if damaged:
        return Check("baselines", "warning", f"set aside as damaged: {', '.join(damaged)}")
    ours = sum(camera == config.shown_source(settings.camera.source) for camera in kept)
    return Check("baselines", "ok", f"{len(kept)} kept in {folder}, {ours} of this camera")


def _exercises() -> Check:
    path = catalogue.own_path()
    loaded = catalogue.load_own(path, scene.scene)
    if loaded.complaints:
        return Check("exercises", "warning", " ".join(loaded.complaints))
    own = f", with your own from {path}" if path.exists() else f"; your own would stand in {path}"
    return Check("exercises", "ok", f"{len(loaded.catalogue)}{own}")


def _history(settings: Settings) -> Check:
    path = config.data_folder() / "history.sqlite"
    damaged = sorted(each.name for each in path.parent.glob(f"{path.name}.damaged*"))
    if damaged:
        return Check("history", "warning", f"set aside as damaged: {', '.join(damaged)}")
    begun = "" if path.exists() else ", begun by the first watch"
    return Check("history", "ok", f"{path}, kept for {settings.history.keep_days} days{begun}")


def _notifications() -> Check:
    shown, text = notify.here(lambda _line: None).available()
    return Check("notifications", "ok" if shown else "warning", text)


def _desk() -> list[Check]:
    with contextlib.closing(Desk()) as desk:
        return [Check(name, "ok" if told else "warning", text) for name, told, text in desk.told()]


def _autostart() -> Check:
    told = autostart.state()
    return Check("autostart", "warning" if told.startswith(("on, but", "off:")) else "ok", told)


def _display() -> Check:
    if sys.platform == "linux" and not screen.named():
        return Check("display", "warning", "none: --preview can't open a window, the terminal works")
    return Check("display", "ok", "--preview can open a window")
