"""Asking the running watch, through files in a folder that is the user's alone.

A client writes `<id>.ask`; the watch acts, writes `<id>.answer` and takes the ask away. Each file is written under
another name and renamed, so what is read is whole.
"""

import contextlib
import json
import math
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posturewatch import config
from posturewatch.errors import PosturewatchError
from posturewatch.files.lock import NO_BLOCK, Lock, Sleep, held_by

ACTIONS = ("status", "pause", "resume", "snooze", "recalibrate")
LEAST_SNOOZE_S, MOST_SNOOZE_S = 60.0, 12 * 3600.0  # chosen: a working day and its lunch
WAIT_S = 10.0  # chosen: how long a client waits, and so how old an ask may be; a watch polls twice a second
POLL_S = 0.03  # chosen: a client's pause between two looks for its answer
KEEP_S = 60.0  # chosen: what lies there for longer is nobody's any more
MOST_BYTES = 65536  # chosen: an answer has some hundred
MOST_AT_ONCE = 100  # chosen: asks that one poll takes up
MOST_SHOWN = 500  # chosen: characters of an answer's line
NO_WATCH = "No watch is running. Start one with `posturewatch watch`."
UNREADABLE = "The watch's answer can't be read. Is it of another version? End it and start it anew."
NAME = re.compile(r"([0-9a-f]{32})\.(ask|answer)(\.new)?")

Clock = Callable[[], float]


def folder() -> Path:
    """Where the running watch is asked."""
    return config.data_folder() / "control"


def watch_lock() -> Lock:
    """The lock of the one watch."""
    hint = "`posturewatch status` asks it, `posturewatch pause` makes it release the camera."
    return Lock(config.data_folder() / "watch.lock", "watch", hint)


# The watch's end


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks: one of ACTIONS, with seconds for a snooze and for nothing else."""

    id: str
    action: str
    seconds: float | None


class Mailbox:
    """The watch's end; opened only by who holds the watch's lock, as all that lies there is taken for a dead watch's.

    PosturewatchError when the folder can't be made, isn't the user's, or others may write in it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            _check(folder)
            old = _names(folder)
        except OSError as error:
            raise PosturewatchError(f"Cannot use {folder} ({error.strerror}). Free that place.") from error
        self._folder = folder
        self._taken: set[str] = set()  # ids of the asks that were handed out and not answered
        self._left: set[str] = set()  # names at the last sweep
        self._swept_s = -math.inf
        self._remove(old)

    def requests(self, now_s: float) -> list[Request]:
        """What is newly asked, each once and due an `answer`; now_s by the clients' clock, `frames.now_s`.

        Never fails and never waits, whatever lies in the folder; what can't be meant is answered here.
        """
        try:
            names = _names(self._folder)
        except OSError:
            return []
        if now_s - self._swept_s >= KEEP_S:
            self._remove(self._left & names)
            self._left, self._swept_s = names, now_s
        asks = {name.removesuffix(".ask") for name in names if name.endswith(".ask")}
        self._taken &= asks
        new = [self._take_up(each, now_s) for each in list(asks - self._taken)[:MOST_AT_ONCE]]
        return [each for each in new if each is not None]

    def answer(self, request: Request, fields: Mapping[str, Any]) -> None:
        """Answer {"text": a line, "status": {…}}, or {"error": a line} to refuse; a client that is gone gets none."""
        self._reply(request.id, fields)

    def _reply(self, name: str, fields: Mapping[str, Any]) -> None:
        ask = self._folder / f"{name}.ask"
        with contextlib.suppress(OSError):  # a full disk: the client will say that there was no answer
            if ask.exists():
                _write(ask.with_suffix(".answer"), fields)
                ask.unlink()

    def _take_up(self, name: str, now_s: float) -> Request | None:
        try:
            asked = _read(self._folder / f"{name}.ask")
        except OSError:
            return None  # taken back meanwhile, or no file of a client: left to the sweep
        except ValueError:
            asked = None
        if not isinstance(asked, dict) or not _within(asked.get("at_s"), now_s - WAIT_S, now_s + WAIT_S):
            self._remove({f"{name}.ask"})  # nobody waits for that answer
            return None
        self._taken.add(name)
        try:
            return _request(name, asked)
        except PosturewatchError as error:
            self._reply(name, {"error": str(error)})
            return None

    def _remove(self, names: set[str]) -> None:
        for name in names:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()


def _request(name: str, asked: Mapping[str, Any]) -> Request:
    """The request if it is one; PosturewatchError with the reason for its sender."""
    action, seconds = asked.get("action"), asked.get("seconds")
    if action not in ACTIONS:
        raise PosturewatchError("The watch doesn't know what was asked. Is it of another version? Start it anew.")
    if action == "snooze" and _within(seconds, LEAST_SNOOZE_S, MOST_SNOOZE_S):
        return Request(name, action, float(asked["seconds"]))
    if action == "snooze" or seconds is not None:
        raise PosturewatchError("Only a snooze has a length, from 1 minute to 12 hours. Ask again with such a one.")
    return Request(name, action, None)


def _within(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and least <= value <= most


# The client's end


def ask(
    folder: Path, lock_path: Path, action: str, seconds: float | None, clock: Clock, sleep: Sleep
) -> dict[str, Any]:
    """The running watch's answer, with a printable "text".

    PosturewatchError when none runs, it doesn't answer within WAIT_S, refuses, or the folder isn't the user's.
    """
    file = folder / f"{secrets.token_hex(16)}.ask"
    answer_file, until_s = file.with_suffix(".answer"), clock() + WAIT_S
    try:
        while (pid := held_by(lock_path)) is not None:
            unasked = not os.path.lexists(file)  # first: the watch answers before it takes the ask away
            if (answer := _answer(answer_file)) is not None:
                return answer
            if clock() > until_s:
                raise PosturewatchError(
                    f"The watch (pid {pid or 'unknown'}) does not answer. Try again; if it still doesn't, end it."
                )
            if unasked:
                _ask(file, {"action": action, "seconds": seconds, "at_s": clock()})
            sleep(POLL_S)
        answer = _answer(answer_file)
    finally:
        for each in (file, answer_file):
            with contextlib.suppress(OSError):
                each.unlink()
    if answer is None:
        raise PosturewatchError(NO_WATCH)
    return answer


def _ask(file: Path, fields: Mapping[str, Any]) -> None:
    """Ask, or ask again when a watch that began meanwhile threw it away; not yet while it has made no folder."""
    try:
        _check(file.parent)
        _write(file, fields)
    except FileNotFoundError:
        return
    except OSError as error:
        raise PosturewatchError(f"Cannot write in {file.parent}: {error.strerror}. Free some space there.") from error


def _answer(file: Path) -> dict[str, Any] | None:
    try:
        answer = _read(file)
    except OSError:
        return None
    except ValueError:
        raise PosturewatchError(UNREADABLE) from None
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        raise PosturewatchError(_printable(answer["error"]))
    if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
        raise PosturewatchError(UNREADABLE)
    return {**answer, "text": _printable(answer["text"])}


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:MOST_SHOWN])


# Both ends


def _foreign(info: os.stat_result) -> bool:
    return sys.platform != "win32" and info.st_uid != os.geteuid()


def _check(folder: Path) -> None:
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or _foreign(info) or (sys.platform != "win32" and info.st_mode & 0o022):
        raise PosturewatchError(
            f"{folder} is no folder of your own, or others may write in it, so the watch can't be asked through it. "
            "Remove it and start the watch anew."
        )


def _names(folder: Path) -> set[str]:
    """What lies there under such names as both ends give."""
    with os.scandir(folder) as entries:
        return {each.name for each in entries if NAME.fullmatch(each.name)}


def _read(path: Path) -> object:
    """The JSON in a file; OSError when it isn't there or no small file of the user's, ValueError when it isn't JSON."""
    file = os.open(path, os.O_RDONLY | NO_BLOCK)
    try:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode) or _foreign(info) or info.st_size > MOST_BYTES:
            raise PermissionError(f"{path} is no small file of one's own")
        data = os.read(file, MOST_BYTES)
    finally:
        os.close(file)
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested by the thousand") from None


def _write(path: Path, fields: Mapping[str, Any]) -> None:
    """Write it whole or not at all; OSError when that can't be."""
    new = path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(fields, file, allow_nan=False)
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
