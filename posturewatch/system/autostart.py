"""Watching from the login on: a systemd user unit or an XDG autostart entry, a launchd agent, a Windows Run value."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from posturewatch.errors import PosturewatchError
from posturewatch.files import whole
from posturewatch.system import startfiles
from posturewatch.system.startfiles import MARK, NAME, TARGET

UNIT = f"{NAME}.service"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
RUN_MOST = 260  # characters; learn.microsoft.com, "Run and RunOnce Registry Keys"
RUN_OURS = "-m posturewatch watch"  # a value can hold no comment
ANSWER_S = 10.0  # chosen: systemctl waits up to 90 s for a manager that hangs


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that starts the program at login, and what this installation writes into it."""

    path: Path
    text: Callable[[], str]


def on() -> str:
    """Have `watch` started at each login; what was done, in a sentence. PosturewatchError when that can't be."""
    if sys.platform == "win32":
        place = _set_value()
    elif sys.platform == "darwin":
        place = _write(_agent())
    else:
        place = _on_linux()
    return f"Watching begins with your next login ({place})."


def off() -> str:
    """Take away what `on` wrote, and nothing else; what was done, in a sentence."""
    if sys.platform == "win32":
        removed = _delete_value()
    elif sys.platform == "darwin":
        removed = _remove(_agent())
    else:
        removed = _off_linux()
    return "Watching no longer begins by itself." if removed else "Watching did not begin by itself."


def state() -> str:
    """Whether `watch` is started at login and by what: a text that begins with "on" or "off"."""
    entries = [_agent()] if sys.platform == "darwin" else [_unit(), _desktop()]
    try:
        told = [_value_state()] if sys.platform == "win32" else [_file_state(entry) for entry in entries]
    except PosturewatchError as error:
        return f"off: {error}"
    return max(told)  # "on" before "off: why" before "off"


# Files


def _file_state(entry: Entry) -> str:
    there = _read(entry.path)
    if there is None:
        return "off"
    if not _ours(there):
        return f"off: {entry.path} was not written by `posturewatch autostart on`"
    if entry.path.name == UNIT and not _link(entry.path).is_symlink():
        return f"off: {entry.path} is disabled"
    if there != entry.text():
        return f"on, but {entry.path} was changed or is of another installation: `posturewatch autostart on` renews it"
    return f"on: {entry.path}"


def _read(path: Path) -> str | None:
    """The file's text, None without a file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PosturewatchError(f"Cannot read {path}: {error.strerror}. Check its permissions.") from error


def _ours(text: str) -> bool:
    return any(MARK in line for line in text.splitlines()[:4])  # a plist's first lines are its head


def _refuse_other(path: Path) -> bool:
    """Whether our file is there; PosturewatchError when it is somebody else's."""
    text = _read(path)
    if text is not None and not _ours(text):
        raise PosturewatchError(f"{path} was not written by `posturewatch autostart on`. Move it away, then try again.")
    return text is not None


def _write(entry: Entry) -> Path:
    _refuse_other(entry.path)
    try:
        entry.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole.writing(entry.path) as file:
            file.write(entry.text())
    except OSError as error:
        raise PosturewatchError(f"Cannot write {entry.path}: {error.strerror}. Check the permissions.") from error
    return entry.path


def _remove(entry: Entry) -> bool:
    """Whether there was a file of ours to remove."""
    if not _refuse_other(entry.path):
        return False
    _unlink(entry.path)
    return True


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PosturewatchError(f"Cannot remove {path}: {error.strerror}. Check the permissions.") from error


# Linux


def _on_linux() -> Path:
    """By systemd where this desktop starts its graphical session with it; else by what every desktop reads."""
    unit, desktop = _unit(), _desktop()
    for entry in (unit, desktop):
        _refuse_other(entry.path)
    if _systemctl("is-active", "--quiet", TARGET):
        _write(unit)
        if _systemctl("daemon-reload") and _systemctl("enable", UNIT):
            _remove(desktop)
            return unit.path
    _remove_unit(unit)
    return _write(desktop)


def _off_linux() -> bool:
    unit, desktop = _unit(), _desktop()
    _refuse_other(desktop.path)
    had_unit = _remove_unit(unit)
    return _remove(desktop) or had_unit


def _remove_unit(unit: Entry) -> bool:
    """Whether it was there; its link goes too where no systemd answers."""
    if not _refuse_other(unit.path):
        return False
    _systemctl("disable", UNIT)
    if _link(unit.path).is_symlink():
        _unlink(_link(unit.path))
    _unlink(unit.path)
    _systemctl("daemon-reload")
    return True


def _link(unit: Path) -> Path:
    """What `systemctl enable` makes."""
    return unit.parent / f"{TARGET}.wants" / unit.name


def _systemctl(*words: str) -> bool:
    """Whether the user's systemd is there and did it."""
    command = ["systemctl", "--user", *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=ANSWER_S, check=False)  # noqa: S603 (no shell)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _unit() -> Entry:
    return Entry(platformdirs.user_config_path() / "systemd" / "user" / UNIT, startfiles.unit)


def _desktop() -> Entry:
    return Entry(platformdirs.user_config_path() / "autostart" / f"{NAME}.desktop", startfiles.desktop)


# macOS


def _agent() -> Entry:
    return Entry(Path.home() / "Library" / "LaunchAgents" / f"{NAME}.plist", startfiles.agent)


# Windows


def _set_value() -> str:
    if sys.platform != "win32":
        raise ValueError("only on Windows")
    import winreg

    command = subprocess.list2cmdline(startfiles.words())
    if len(command) > RUN_MOST:
        raise PosturewatchError(f"Python's path is too long for autostart: {command}. Install it at a shorter path.")
    _value()
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
        winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, command)
    return rf"HKCU\{RUN_KEY}"


def _delete_value() -> bool:
    if sys.platform != "win32":
        raise ValueError("only on Windows")
    import winreg

    if _value() is None:
        return False
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY, 0, winreg.KEY_SET_VALUE) as key:
        winreg.DeleteValue(key, NAME)
    return True


def _value() -> str | None:
    """Our value of the Run key, None without one; PosturewatchError when it is somebody else's."""
    if sys.platform != "win32":
        raise ValueError("only on Windows")
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            value = str(winreg.QueryValueEx(key, NAME)[0])
    except FileNotFoundError:
        return None
    if RUN_OURS not in value:
        raise PosturewatchError(
            rf"{NAME} in HKCU\{RUN_KEY} is not of `posturewatch autostart on`: {value}. Remove it, then try again."
        )
    return value


def _value_state() -> str:
    value = _value()
    if value is None:
        return "off"
    if value != subprocess.list2cmdline(startfiles.words()):
        return f"on, but by another installation ({value}): `posturewatch autostart on` renews it"
    return rf"on: HKCU\{RUN_KEY}"
