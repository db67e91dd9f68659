"""What README's part on privacy says, held against a watch under a system-call trace, what it leaves behind, and the
libraries that it loads."""

import contextlib
import importlib.metadata
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import desktop
import numpy as np
import pytest
import traced
from commands import demo_pictures, run, write_video
from notified import desktop as notified
from packaging.requirements import Requirement

from posturewatch.commands import practice
from posturewatch.config import Settings
from posturewatch.files import control
from posturewatch.files.replay import read_landmarks
from posturewatch.frames import now_s
from posturewatch.history import History
from posturewatch.landmarks import Landmarks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="system calls are traced on Linux")

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = "[posture.forward_head]\nlimit_s = 5\nenter_dwell_s = 0\n"
PROGRAMS = {  # what a watch starts besides itself, and why
    "/sbin/ldconfig": "Python's ctypes finds libpulse by it",
    "xprop": "is a window full screen",
    "gsettings": "GNOME's do-not-disturb",
}


# A watch


@dataclass(frozen=True)
class Watched:
    """What a watch did that was asked everything, and whoever asked and captured before it; its home."""

    home: Path
    files: Path  # the recordings that were asked for
    calibrated: traced.Trace
    watched: traced.Trace
    asked: traced.Trace
    sockets: dict[str, str]
    notifications: list[list[Any]]

    @property
    def traces(self) -> list[traced.Trace]:
        return [self.calibrated, self.watched, self.asked]

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "posturewatch"

    @property
    def dconf(self) -> Path:
        """What gsettings makes in the session's folder when it is asked for a setting."""
        return self.home.parent / "run" / "dconf"

    @property
    def ours(self) -> tuple[Path, Path]:
        return self.data, self.files


@contextlib.contextmanager
def whole_desktop(folder: Path) -> Iterator[tuple[dict[str, str], Any]]:
    """The sockets of a session's bus with a notification service, a system's with logind, a sound server and X."""
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(notified(folder))
        stack.enter_context(desktop.bus(folder / "system"))
        stack.enter_context(desktop.mocked("logind", folder / "system"))
        pulse, _ = stack.enter_context(desktop.sound(folder))
        display = stack.enter_context(desktop.screen())
        session.serve()
        sockets = {
            "DBUS_SESSION_BUS_ADDRESS": session.address,
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/system",
            "PULSE_SERVER": f"unix:{pulse}",
            "DISPLAY": display,
        }
        yield sockets, session


@contextlib.contextmanager
def on_a_terminal(*words: str, **more: Any) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A program on a terminal of its own whose screen is read all the time; gives the end that types."""
    master, slave = pty.openpty()

    def read() -> None:
        with contextlib.suppress(OSError):  # the terminal is gone once the program is
            while os.read(master, 65536):
                pass

    with ThreadPoolExecutor(1) as reader:
        process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, **more)
        os.close(slave)
        reading = reader.submit(read)
        try:
            yield process, master
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a traced program outlives its tracer
            process.wait()
            reading.result()
            os.close(master)


def recorded(folder: Path) -> Path:
    """Somebody upright for 6 s, with the head forward for 7, then upright; five pictures a second."""
    pictures = demo_pictures(0, 6) + demo_pictures(30, 37) + demo_pictures(0, 13)
    return write_video(folder / "camera.avi", pictures[::2], fps=5.0)


def watch_for_a_while(folder: Path) -> Watched:
    """calibrate; watch until an alert, press and ask everything, capture anew; Ctrl-C."""
    home, files = folder / "home", folder / "files"
    for each in (files, folder / "run", home / ".config" / "posturewatch", home / ".local" / "share"):
        each.mkdir(parents=True, mode=0o700)
    (home / ".config" / "posturewatch" / "settings.toml").write_text(SETTINGS)
    clip = recorded(folder)
    program = [sys.executable, "-m", "posturewatch"]
    samples = files / "samples.jsonl"
    with whole_desktop(folder / "run") as (sockets, session):
        plain = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        environ = (
            plain | sockets | {"TERM": "xterm", "XDG_CURRENT_DESKTOP": "GNOME", "XDG_RUNTIME_DIR": f"{folder}/run"}
        )
        data = home / ".local" / "share" / "posturewatch"
        logs = [folder / name for name in ("calibrated.txt", "watched.txt", "asked.txt")]

        def done(log: Path, *words: str) -> str:
            command = traced.command(log, *program, *words)
            return subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, text=True).stdout

        done(logs[0], "calibrate", "--video", str(clip), "--window", "0-5")
        old_answers(data / "history.sqlite")
        words = ("watch", "--camera", str(clip), "--loop", "--samples", str(samples))
        command = traced.command(logs[1], *program, *words, "--landmarks", str(files / "landmarks.jsonl"))
        with on_a_terminal(*command, cwd=folder, env=environ) as (process, keyboard):

            def ask(action: str, seconds: float | None = None) -> dict[str, Any]:
                return control.ask(data / "control", data / "watch.lock", action, seconds, now_s, time.sleep)

            def wait_for(true: Callable[[], object]) -> None:
                desktop.until(lambda: process.poll() is not None or true(), 60.0)
                assert process.poll() is None, "the watch has ended"

            wait_for(lambda: session.calls("Notify"))
            os.write(keyboard, b"n")
            pid = json.loads(done(logs[2], "status", "--json"))["pid"]
            ask("pause")
            wait_for(lambda: ask("status")["status"]["camera_off"] == "paused")
            ask("resume")
            ask("snooze", 1800.0)
            ask("recalibrate")
            wait_for(lambda: list((data / "baselines").glob("*.before")))
            notifications = session.calls("Notify")
            os.kill(pid, signal.SIGINT)
            assert process.wait(20) == 130
    traces = [traced.Trace(log.read_text(), folder) for log in logs]
    return Watched(home, files, *traces, sockets, notifications)


def old_answers(path: Path) -> None:
    """A history with an answer of 300 days ago and one of 400."""
    history, _ = History.open(path)
    for days in (300, 400):
        history.answer(date.today() - timedelta(days=days), True)
    history.close()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Future[Watched]"]:
    """The watch goes on while the libraries are searched."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(watch_for_a_while, tmp_path_factory.mktemp("privacy"))


# What the libraries hold

NETWORK = {"socket", "connect", "getaddrinfo", "gethostbyname", "sendto", "sendmsg", "sendmmsg", "res_query"}
CONNECTING = {  # libraries that can open a connection, and why they don't send anything of their own accord
    "libavformat": "FFmpeg, part of OpenCV: connects to a camera that the user names by its address, and to nothing "
    "that a file names (test_a_recording_that_names_an_address_is_not_followed)",
    "libcrypto": "OpenSSL for libavformat's https: has functions that connect, which FFmpeg doesn't use",
}
MARKS = {  # of an uploader (all but the last two are in mediapipe 0.10.35), with the libraries that may have them
    b"play.goo": (),  # of play.googleapis.com/log, which the compiler has cut in two
    b"ogleapis.com/log": (),
    b"logs.proto": (),  # the message that it sends
    b"curl_easy_": (),
    b"CURLOPT_": (),
    b"boringssl": (),
    b"ca-certificates": (),
    b"SSL_connect": ("libavformat", "libssl"),
    b"User-Agent": ("libavformat",),
    b"clearcut": (),
    b"firelog": (),
}


@dataclass(frozen=True)
class Library:
    """A native library: the functions it takes from others, and the marks found in it."""

    name: str
    takes: frozenset[str]
    marks: frozenset[bytes]


def closure() -> dict[str, importlib.metadata.Distribution]:
    """Every installed package that this one needs, and those need, on this system."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found: dict[str, importlib.metadata.Distribution] = {}
    while wanted:
        requirement = Requirement(wanted.pop())
        name = re.sub("[-_.]+", "-", requirement.name).lower()
        if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            found[name] = importlib.metadata.distribution(name)
            wanted += found[name].requires or []
    return found


def takes(data: bytes) -> frozenset[str]:
    """The functions that an ELF library (64 bit, little-endian) wants of others: the undefined names in .dynsym."""
    kinds = [("name", "u4"), ("type", "u4"), ("flags", "u8"), ("at", "u8"), ("start", "u8"), ("size", "u8")]
    kinds += [("link", "u4"), ("info", "u4"), ("align", "u8"), ("each", "u8")]
    (table,) = np.frombuffer(data, "<u8", 1, 0x28)
    (count,) = np.frombuffer(data, "<u2", 1, 0x3C)
    sections = np.frombuffer(data, np.dtype(kinds), int(count), int(table))
    found = set()
    for each in sections[sections["type"] == 11]:  # SHT_DYNSYM
        kinds = [("name", "u4"), ("info", "u1"), ("other", "u1"), ("section", "u2"), ("value", "u8"), ("size", "u8")]
        symbols = np.frombuffer(data, np.dtype(kinds), int(each["size"]) // 24, int(each["start"]))
        names = int(sections[each["link"]]["start"])
        for at in symbols["name"][symbols["section"] == 0]:
            start = names + int(at)
            found.add(data[start : data.index(b"\0", start)].decode())
    return frozenset(found)


def library(path: Path) -> Library | None:
    """The library in a file; None where there is none."""
    with path.open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return None
        file.seek(0)
        data = file.read()
    return Library(path.name, takes(data), frozenset(mark for mark in MARKS if mark in data))


def searched(paths: Iterator[Path]) -> list[Library]:
    suffixes = (".py", ".pyi", ".pyc", ".txt", ".toml")
    found = (library(path) for path in paths if path.suffix not in suffixes and path.is_file())
    return [each for each in found if each is not None]


def unexplained(libraries: list[Library]) -> set[tuple[str, str]]:
    """(library, what it has) where no list above says why."""
    found = set()
    for each in libraries:
        stem = re.split(r"[-.]", each.name)[0]
        if each.takes & NETWORK and stem not in CONNECTING:
            found.add((each.name, "connects"))
        found |= {(each.name, mark.decode()) for mark in each.marks if stem not in MARKS[mark]}
    return found


@pytest.fixture(scope="module")
def libraries(begun: "Future[Watched]") -> list[Library]:
    files = (Path(str(each.locate_file(path))) for each in closure().values() for path in each.files or [])
    return searched(files)


def test_the_native_libraries_hold_no_uploader(libraries: list[Library]) -> None:
    names = {each.name for each in libraries}
    assert {"libmediapipe.so", "cv2.abi3.so"} <= names
    assert len(names) > 20
    assert unexplained(libraries) == set()


def test_the_search_finds_a_connection_and_each_exception_is_still_needed(libraries: list[Library]) -> None:
    stems = {re.split(r"[-.]", each.name)[0]: each for each in libraries}
    assert {name for name, each in stems.items() if each.takes & NETWORK} == CONNECTING.keys()
    for mark, allowed in MARKS.items():
        assert {name for name, each in stems.items() if mark in each.marks} == set(allowed)


def test_mediapipe_can_neither_connect_nor_look_up_a_name(libraries: list[Library]) -> None:
    (mediapipe,) = [each for each in libraries if each.name == "libmediapipe.so"]
    assert {"dlopen", "open"} <= mediapipe.takes  # its names are read
    assert not mediapipe.takes & (NETWORK | {"bind", "listen", "accept", "send", "recv", "inet_pton"})


def test_no_package_that_is_needed_speaks_http_or_brings_certificates() -> None:
    speaking = {"certifi", "requests", "urllib3", "httpx", "aiohttp", "grpcio", "sentry-sdk", "google-auth"}
    found = closure()
    assert {"mediapipe", "numpy", "opencv-python", "jeepney", "pulsectl", "typer", "sounddevice"} <= found.keys()
    assert not found.keys() & speaking
    assert found["mediapipe"].version == "0.10.31"


def test_every_dependency_tells_its_reason() -> None:
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)
    assert listed
    lines = listed[1].splitlines()
    assert len(lines) == len(tomllib.loads("x = [" + listed[1] + "]")["x"])
    assert [line for line in lines if not re.search(r"#\s*\S.{10}", line)] == []


# Recordings and pictures

LURES = {
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "a.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "a.ffconcat": "ffconcat version 1.0\nfile http://127.0.0.1:9/a.mp4\n",
    "http:127.0.0.1:9": "no picture",
}


def test_a_recording_that_names_an_address_is_not_followed(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom posturewatch import errors, frames\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n        next(frames.read_video(name, 2.0, print))\n"
        "    except errors.PosturewatchError:\n        print('refused')\n"
    )
    for name, text in LURES.items():
        (tmp_path / name).write_text(text)
    words = traced.command(tmp_path / "log", sys.executable, "-c", code, *LURES)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True).stdout
    assert told == "refused\n" * len(LURES)
    trace = traced.Trace((tmp_path / "log").read_text(), tmp_path)
    assert trace.calls("openat")
    assert trace.families() == set()


def test_the_trace_sees_sockets_changed_files_and_programs(tmp_path: Path) -> None:
    code = (
        "import os, socket, subprocess\n"
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect_ex(('127.0.0.1', 9))\n"
        "socket.socket(socket.AF_UNIX).connect_ex('\\0nobody')\n"
        "os.mkdir('made'); open('made/new', 'w').close(); os.rename('made/new', 'there'); os.chmod('kept', 0o600)\n"
        "open('read').close(); os.open('/dev/null', os.O_RDWR); os.unlink('gone'); os.truncate('cut', 0)\n"
        "subprocess.run(['/bin/true'])\n"
    )
    for name in ("kept", "read", "gone", "cut"):
        (tmp_path / name).touch()
    subprocess.run(traced.command(tmp_path / "log", sys.executable, "-c", code), cwd=tmp_path, check=True)
    trace = traced.Trace((tmp_path / "log").read_text(), tmp_path)
    assert trace.families() == {"AF_INET", "AF_UNIX"}
    assert trace.reached() == {"@nobody"}
    changed = {"made", "made/new", "there", "kept", "gone", "cut"}
    assert trace.strangers() == {tmp_path / name for name in changed}
    assert trace.strangers(tmp_path / "made") == {tmp_path / name for name in changed - {"made", "made/new"}}
    assert trace.started() == {sys.executable, "/bin/true"}


OWN_SAVES = {"save", "baselines.save", "self.save", "self.history.save"}  # of JSON and SQLite


def test_no_module_writes_a_picture() -> None:
    writing = r"([\w.]*\b(?:imwrite\w*|imencode\w*|VideoWriter|tofile|save\w*))\("
    for path in (ROOT / "posturewatch").glob("*.py"):
        assert set(re.findall(writing, path.read_text(encoding="utf-8"))) <= OWN_SAVES, path.name


# What the watch did


@pytest.fixture(scope="module")
def watched(begun: "Future[Watched]") -> Watched:
    return begun.result()


def test_the_watch_opens_no_socket_but_the_desktops_own(watched: Watched) -> None:
    for trace in watched.traces:
        assert trace.calls("openat")
        assert trace.families() <= {"AF_UNIX"}
        assert trace.listened() == []
    assert watched.calibrated.families() == watched.asked.families() == set()
    display = f"@/tmp/.X11-unix/X{watched.sockets['DISPLAY'].lstrip(':')}"
    others = {re.sub("^unix:(path=)?", "", where) for name, where in watched.sockets.items() if name != "DISPLAY"}
    assert watched.watched.reached() == {display, *others}


def test_the_watch_changes_nothing_outside_its_folder_and_the_recordings_named(watched: Watched) -> None:
    for trace in watched.traces:
        assert trace.strangers(*watched.ours, watched.dconf) == set()
    assert {path.name for path in watched.watched.changed()} >= {"history.sqlite", "samples.jsonl", "watch.lock"}


def test_the_watch_starts_only_programs_with_a_reason(watched: Watched) -> None:
    assert watched.calibrated.started() == watched.asked.started() == {sys.executable}
    allowed = {shutil.which(name) for name in PROGRAMS}
    assert watched.watched.started() <= {sys.executable, *(name for name in allowed if name)}
    assert shutil.which("xprop") in watched.watched.started()
    assert [name for name in watched.watched.sought() if not name.startswith("/")] == []
    for trace in watched.traces:
        assert trace.calls(*traced.HIDING) == []


def test_the_watch_was_a_full_one(watched: Watched) -> None:
    """Else what the tests above found says little."""
    lines = [json.loads(line) for line in (watched.files / "samples.jsonl").read_text().splitlines()]
    assert {"session", "sample", "transition", "alert"} == {line["type"] for line in lines}
    assert (watched.files / "landmarks.jsonl").stat().st_size > 100_000
    assert len(watched.notifications) >= 1


def left(watched: Watched) -> list[Path]:
    return sorted(path for folder in watched.ours for path in folder.rglob("*") if path.is_file())


def test_every_file_is_its_owners_alone(watched: Watched) -> None:
    assert {path.name: path.stat().st_mode & 0o777 for path in left(watched)} == dict.fromkeys(
        (path.name for path in left(watched)), 0o600
    )
    folders = [watched.data, *(path for path in watched.data.rglob("*") if path.is_dir())]
    assert {path.name: path.stat().st_mode & 0o777 for path in folders} == {
        "posturewatch": 0o700,
        "baselines": 0o700,
        "control": 0o700,
    }


PICTURES = (
    *(b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"ftyp", b"II*\0", b"MM\0*", b"\x1aE\xdf\xa3", b"WEBP"),
    *(b"/9j/", b"iVBORw0KGgo"),  # JPEG and PNG in base64
)
LONGEST = 478  # points of a face; the smallest thumbnail has 80 x 60
LONGEST_TEXT = 300


def parts(value: object) -> Iterator[str | list[Any]]:
    """Every text and list in a JSON value."""
    if isinstance(value, dict):
        yield from (part for key, each in value.items() for one in (key, each) for part in parts(one))
    elif isinstance(value, list):
        yield value
        yield from (part for each in value for part in parts(each))
    elif isinstance(value, str):
        yield value


def test_no_file_holds_a_picture(watched: Watched) -> None:
    for path in left(watched):
        data = path.read_bytes()
        assert [magic for magic in PICTURES if magic in data] == [], path.name
        assert not data.startswith(b"BM"), path.name


def test_what_is_kept_is_too_short_to_be_a_thumbnail(watched: Watched) -> None:
    checked = set()
    for path in left(watched):
        if ".json" in path.name:
            text = path.read_text(encoding="utf-8")
            for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
                for part in parts(json.loads(line)):
                    assert len(part) <= (LONGEST if isinstance(part, list) else LONGEST_TEXT), path.name
        elif path.name == "history.sqlite":
            for value in kept(path):
                assert value is None or isinstance(value, int | float | str)
                assert not isinstance(value, str) or len(value) <= LONGEST_TEXT
        else:
            assert re.fullmatch(r"\d+\n", path.read_text())  # a lock's pid
        checked.add(path.name)
    assert {"history.sqlite", "watch.lock", "samples.jsonl", "landmarks.jsonl"} < checked


def kept(path: Path) -> Iterator[Any]:
    """Every value in the history."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM {name}"):
                yield from row


def test_history_is_kept_for_as_long_as_readme_says(watched: Watched) -> None:
    days = Settings().history.keep_days
    assert f"for `history.keep_days` ({days}) days" in README
    assert days == 365
    with contextlib.closing(sqlite3.connect(watched.data / "history.sqlite")) as db:
        assert db.execute("SELECT day FROM answers").fetchall() == [(str(date.today() - timedelta(days=300)),)]


# README's table of files


def listed() -> dict[str, list[str]]:
    """For each row of README's table the patterns that it names, below home; the recordings' row is left out."""
    table = re.search(r"^\| file \| what \|\n\|---\|---\|\n(.*?)\n\n", README, re.DOTALL | re.MULTILINE)
    assert table
    rows = {}
    for line in table[1].splitlines():
        first, what = (cell.strip() for cell in line.strip("|").split(" | "))
        names = re.findall(r"`([^`]+)`", first)
        if names[0].startswith("~"):
            folder = str(Path(names[0]).parent)
            names = [name if name.startswith("~") else f"{folder}/{name}" for name in names]
            names += [f"{name}.before" for name in names if "`*.before`" in what]
            rows[first] = [name.removeprefix("~/") for name in names]
    return rows


@pytest.fixture(scope="module")
def lived_in(watched: Watched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home after the watch, and then an own exercise, a coach before the camera, and autostart."""
    home = tmp_path_factory.mktemp("lived") / "home"
    shutil.copytree(watched.home, home)
    (home / ".config" / "posturewatch" / "exercises.toml").write_text('off = ["self-massage"]\n')
    found = read_landmarks(watched.files / "landmarks.jsonl", print)
    looks = [each for each in found if isinstance(each, Landmarks)][:20]
    with pytest.MonkeyPatch.context() as changes:
        at_home(home, changes)
        changes.setattr(practice, "pictures", lambda *_: iter(()))
        changes.setattr(practice, "found", lambda *_: iter(looks))
        for words in (("exercises", "alternate-head-turns", "--coach", "--camera", "0"), ("autostart", "on")):
            result = run(*words)
            assert result.exit_code == 0, result.output
    return home


def at_home(home: Path, changes: pytest.MonkeyPatch) -> None:
    changes.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        changes.delenv(name, raising=False)


def test_readme_lists_exactly_the_files_that_are_left_behind(lived_in: Path) -> None:
    rows = listed()
    assert len(rows) == 7
    places = {path for path in lived_in.rglob("*") if path.is_file() or not any(path.iterdir())}
    explained = {row: {each for name in names for each in lived_in.glob(name)} for row, names in rows.items()}
    assert places - set().union(*explained.values()) == set()  # nothing that README doesn't name
    assert [row for row, found in explained.items() if not found] == []  # nothing named that isn't there


def test_autostart_writes_its_file_for_its_owner_alone(lived_in: Path) -> None:
    (entry,) = [each for each in (lived_in / ".config").rglob("posturewatch.*") if each.is_file()]
    assert entry.stat().st_mode & 0o777 == 0o600


def test_forget_leaves_nothing_of_what_was_seen(
    lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(lived_in, tmp_path / "copy")
    at_home(tmp_path / "copy", monkeypatch)
    data = tmp_path / "copy" / ".local" / "share" / "posturewatch"
    assert list(kept(data / "history.sqlite"))
    assert run("forget", "--all", "--yes").exit_code == 0
    left_over = {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()}
    assert left_over <= {"watch.lock", "coach.lock", "history.sqlite"}
    for path in data.glob("*.sqlite"):
        assert list(kept(path)) == []
