"""Both ends of asking the watch: every client gets its own answer, and nothing in the folder breaks the watch."""

import contextlib
import json
import os
import secrets
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posturewatch import frames
from posturewatch.errors import PosturewatchError
from posturewatch.files import control
from posturewatch.files.control import Mailbox, Request
from posturewatch.files.lock import held_by

FINE = {"text": "upright", "status": {"state": "upright"}}
ID = "0123456789abcdef" * 2


@pytest.fixture
def folder() -> Path:
    return control.folder()


@contextlib.contextmanager
def held() -> Iterator[None]:
    """This process is the watch."""
    with control.watch_lock().hold(lambda _: None, lambda _: None):
        yield


class Time:
    """A clock that goes on while a client sleeps, and calls what the watch does meanwhile."""

    def __init__(self, meanwhile: Callable[[float], object] = lambda now_s: None) -> None:
        self.now_s = 1000.0
        self.meanwhile = meanwhile

    def clock(self) -> float:
        return self.now_s

    def sleep(self, wait_s: float) -> None:
        self.now_s += wait_s
        self.meanwhile(self.now_s)

    def ask(self, action: str, seconds: float | None = None) -> dict[str, Any]:
        return control.ask(control.folder(), control.watch_lock().path, action, seconds, self.clock, self.sleep)


def answering(box: Mailbox, fields: dict[str, Any], seen: list[tuple[str, float | None]]) -> Callable[[float], None]:
    def poll(now_s: float) -> None:
        for request in box.requests(now_s):
            seen.append((request.action, request.seconds))
            box.answer(request, fields)

    return poll


def put(folder: Path, content: object, name: str | None = None) -> str:
    """An ask as a client leaves it; its id."""
    name = name or secrets.token_hex(16)
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / f"{name}.ask").write_bytes(text)
    return name


def asking(action: object = "status", seconds: object = None, at_s: object = 0.0) -> dict[str, object]:
    return {"action": action, "seconds": seconds, "at_s": at_s}


def answer(folder: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / f"{name}.answer").read_text())
    return read


# Asking and answering


@pytest.mark.parametrize(
    ("action", "seconds"),
    [("status", None), ("pause", None), ("resume", None), ("snooze", 1800.0), ("recalibrate", None)],
)
def test_what_is_asked_reaches_the_watch_once_and_its_answer_the_client(
    folder: Path, action: str, seconds: float | None
) -> None:
    seen: list[tuple[str, float | None]] = []
    with held():
        assert Time(answering(Mailbox(folder), FINE, seen)).ask(action, seconds) == FINE
    assert seen == [(action, seconds)]
    assert list(folder.iterdir()) == []


def test_a_request_is_handed_out_once_however_long_the_answer_takes(folder: Path) -> None:
    box = Mailbox(folder)
    name = put(folder, asking("pause"))
    assert box.requests(0.0) == [Request(name, "pause", None)]
    assert box.requests(0.5) == []
    box.answer(Request(name, "pause", None), FINE)
    assert answer(folder, name) == FINE
    assert not (folder / f"{name}.ask").exists()
    assert box.requests(1.0) == []


def test_without_a_watch_the_client_says_so_and_leaves_nothing(folder: Path) -> None:
    with pytest.raises(PosturewatchError, match=r"^No watch is running\. Start one with `posturewatch watch`\.$"):
        Time().ask("status")
    assert not folder.exists()


def test_a_watch_that_does_not_answer_is_named_after_10_s_and_the_ask_is_taken_back(folder: Path) -> None:
    now = Time()
    with held():
        box = Mailbox(folder)
        with pytest.raises(PosturewatchError, match=rf"\(pid {os.getpid()}\) does not answer"):
            now.ask("pause")
        assert 1010.0 < now.now_s < 1010.2
        assert list(folder.iterdir()) == []
        assert box.requests(now.now_s) == []


def test_a_watch_that_is_only_starting_is_waited_for(folder: Path) -> None:
    seen: list[tuple[str, float | None]] = []
    now = Time()

    def start(now_s: float) -> None:
        if now_s > 1003.0:
            now.meanwhile = answering(Mailbox(folder), FINE, seen)

    now.meanwhile = start
    with held():
        assert now.ask("resume") == FINE
    assert seen == [("resume", None)]


def test_the_files_are_the_users_alone_and_whole_when_they_have_their_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes, replace = {}, Path.replace

    def renamed(self: Path, target: Path) -> Path:
        modes[target.suffix] = stat.S_IMODE(self.stat().st_mode)
        assert json.loads(self.read_text())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", renamed)
    with held():
        Time(answering(Mailbox(folder), FINE, [])).ask("status")
    assert modes == {".ask": 0o600, ".answer": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_twenty_clients_at_once_each_get_their_own_answer(folder: Path) -> None:
    def client(minutes: int) -> str:
        path = control.watch_lock().path
        text = control.ask(folder, path, "snooze", 60.0 * minutes, frames.now_s, time.sleep)["text"]
        assert isinstance(text, str)
        return text

    with held(), ThreadPoolExecutor(20) as clients:
        box = Mailbox(folder)
        asked = [clients.submit(client, minutes) for minutes in range(1, 21)]
        seen = []
        until_s = frames.now_s() + 9.0
        while not all(each.done() for each in asked) and frames.now_s() < until_s:
            for request in box.requests(frames.now_s()):
                seen.append(request.seconds)
                box.answer(request, {"text": f"{request.seconds}", "status": {}})
            time.sleep(0.01)
    assert [each.result() for each in asked] == [f"{60.0 * minutes}" for minutes in range(1, 21)]
    assert sorted(filter(None, seen)) == [60.0 * minutes for minutes in range(1, 21)]
    assert list(folder.iterdir()) == []


# What the client makes of an answer


def test_a_refusal_is_the_clients_error(folder: Path) -> None:
    with held(), pytest.raises(PosturewatchError, match=r"^Not while paused\. Resume first\.$"):
        Time(answering(Mailbox(folder), {"error": "Not while paused. Resume first."}, [])).ask("recalibrate")


@given(text=st.text(max_size=700), refusal=st.booleans())
@example(text="on" * 300, refusal=False)
@example(text="\x1b]0;title\x07\x1b[2J\u202e\n\x9b31m", refusal=False)
@settings(deadline=None, max_examples=30)
def test_the_answers_line_is_printable_whatever_it_holds(text: str, refusal: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / f"{ID}.answer"
        file.write_text(json.dumps({"error" if refusal else "text": text, "status": {}}))
        if refusal:
            with pytest.raises(PosturewatchError) as raised:
                control._answer(file)
            shown = str(raised.value)
        else:
            shown = (control._answer(file) or {})["text"]
        assert shown.isprintable()
        assert len(shown) == min(len(text), 500)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"text": 1}', b"\xff", b"[" * 60000, b"9" * 5000])
def test_an_answer_that_is_none_is_an_error_and_not_a_crash(folder: Path, content: bytes) -> None:
    def meanwhile(_: float) -> None:
        for ask in folder.glob("*.ask"):
            ask.with_suffix(".answer").write_bytes(content)

    with held():
        Mailbox(folder)
        with pytest.raises(PosturewatchError, match="can't be read"):
            Time(meanwhile).ask("status")
    assert list(folder.iterdir()) == []


# Who dies in between


def test_a_client_killed_in_between_costs_the_watch_nothing(folder: Path) -> None:
    client = "from posturewatch import frames\nfrom posturewatch.files import control\nimport time\n"
    client += "control.ask(control.folder(), control.watch_lock().path, 'pause', None, frames.now_s, time.sleep)"
    with held():
        box = Mailbox(folder)
        with subprocess.Popen([sys.executable, "-c", client]) as process:
            try:
                until_s = frames.now_s() + 9.0
                while not list(folder.glob("*.ask")) and frames.now_s() < until_s:
                    time.sleep(0.01)
            finally:
                process.kill()
        now_s = frames.now_s()
        (request,) = box.requests(now_s)
        assert request.action == "pause"  # it was meant
        box.answer(request, FINE)
        for minutes in (1, 2):
            assert box.requests(now_s + 61.0 * minutes) == []
        assert list(folder.iterdir()) == []


WATCH = """
import sys, time
from posturewatch import frames
from posturewatch.files import control
with control.watch_lock().hold(print, time.sleep):
    box = control.Mailbox(control.folder())
    print("ready", flush=True)
    while not box.requests(frames.now_s()):
        time.sleep(0.01)
    print("asked", flush=True)
    sys.stdin.read()
"""


def test_a_watch_killed_9_while_asked_is_no_watch_and_the_next_one_is_not_paused_by_it(folder: Path) -> None:
    command = [sys.executable, "-c", WATCH]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout
        assert watch.stdout.readline() == "ready\n"

        def sleep(_: float) -> None:
            assert watch.stdout
            assert watch.stdout.readline() == "asked\n"
            put(folder, asking("pause", at_s=frames.now_s()))  # of a client that was killed too
            watch.kill()
            watch.wait()

        with pytest.raises(PosturewatchError, match="No watch is running"):
            control.ask(folder, control.watch_lock().path, "pause", None, frames.now_s, sleep)
    assert len(list(folder.iterdir())) == 1
    with held():
        assert Mailbox(folder).requests(frames.now_s()) == []
    assert list(folder.iterdir()) == []


def test_a_watch_that_begins_while_a_client_waits_answers_it(folder: Path) -> None:
    seen: list[tuple[str, float | None]] = []
    now = Time()

    def begin(now_s: float) -> None:
        if now_s > 1002.0:
            now.meanwhile = answering(Mailbox(folder), FINE, seen)

    now.meanwhile = begin
    with held():
        Mailbox(folder)  # of the watch that dies
        assert now.ask("recalibrate") == FINE
    assert seen == [("recalibrate", None)]


def test_the_last_answer_of_a_watch_that_ends_is_still_told(folder: Path) -> None:
    with contextlib.ExitStack() as running:
        running.enter_context(held())
        answers = answering(Mailbox(folder), FINE, [])

        def end(now_s: float) -> None:
            answers(now_s)
            running.close()

        assert Time(end).ask("status") == FINE
    assert held_by(control.watch_lock().path) is None


def test_a_client_that_gave_up_gets_no_answer_and_its_late_ask_is_not_done(folder: Path) -> None:
    box = Mailbox(folder)
    name = put(folder, asking("pause", at_s=50.0))
    (request,) = box.requests(55.0)
    (folder / f"{name}.ask").unlink()
    box.answer(request, FINE)
    assert list(folder.iterdir()) == []
    for at_s in (39.9, 60.1, float("nan"), 10**400):  # written before a suspend; by no clock of this boot
        put(folder, asking("pause", at_s=at_s))
        assert box.requests(50.0) == []
        assert list(folder.iterdir()) == []


# What lies in the folder


def test_what_has_lain_for_a_minute_is_removed_and_what_is_new_or_not_its_own_is_kept(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    for name in (f"{ID}.ask", f"{ID}.answer.new"):
        (folder / name).write_text("{}")
    for name in ("notes.txt", "short.ask"):
        (folder / name).write_text("{}")
    box = Mailbox(folder)
    assert {each.name for each in folder.iterdir()} == {"notes.txt", "short.ask"}
    (folder / f"{ID}.answer").write_text("{}")
    os.mkfifo(folder / f"{'e' * 32}.ask")
    assert box.requests(100.0) == []
    (folder / f"{'f' * 32}.answer").write_text("{}")
    assert box.requests(159.0) == []
    assert len(list(folder.iterdir())) == 5
    assert box.requests(161.0) == []
    assert {each.name for each in folder.iterdir()} == {"notes.txt", "short.ask", f"{'f' * 32}.answer"}
    assert box.requests(222.0) == []
    assert {each.name for each in folder.iterdir()} == {"notes.txt", "short.ask"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (asking("reboot"), "doesn't know what was asked"),
        (asking(None), "doesn't know what was asked"),
        (asking(["status"]), "doesn't know what was asked"),
        (asking("snooze"), "from 1 minute to 12 hours"),
        (asking("snooze", 59.9), "from 1 minute to 12 hours"),
        (asking("snooze", 43200.1), "from 1 minute to 12 hours"),
        (asking("snooze", float("nan")), "from 1 minute to 12 hours"),
        (asking("snooze", float("inf")), "from 1 minute to 12 hours"),
        (asking("snooze", 10**400), "from 1 minute to 12 hours"),
        (asking("snooze", "1800"), "from 1 minute to 12 hours"),
        (asking("snooze", True), "from 1 minute to 12 hours"),
        (asking("pause", 1800), "from 1 minute to 12 hours"),
    ],
)
def test_what_cannot_be_meant_is_answered_without_the_watch(folder: Path, content: object, why: str) -> None:
    box = Mailbox(folder)
    name = put(folder, content)
    assert box.requests(0.0) == []
    assert why in answer(folder, name)["error"]
    assert [each.name for each in folder.iterdir()] == [f"{name}.answer"]


@pytest.mark.parametrize("seconds", [60, 60.0, 43200])
def test_a_snooze_may_last_from_a_minute_to_twelve_hours(folder: Path, seconds: float) -> None:
    box = Mailbox(folder)
    name = put(folder, asking("snooze", seconds))
    assert box.requests(0.0) == [Request(name, "snooze", float(seconds))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
ASKS = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(control.ACTIONS) | JSON,
        "seconds": st.floats(0, 50000) | JSON,
        "at_s": st.floats(-20, 20) | JSON,
    },
)
CONTENTS = st.binary(max_size=200) | JSON.map(lambda each: json.dumps(each).encode())
CONTENTS |= ASKS.map(lambda each: json.dumps(each).encode())
CONTENTS |= st.sampled_from([b"[" * 60000, b"9" * 5000, b'{"at_s":' + b"9" * 4000 + b"}", b"{" * 70000, b"\0" * 65536])
KINDS = st.sampled_from(["file", "file", "file", "link", "dangling", "fifo", "folder", "unreadable"])
ENDS = st.sampled_from(["ask", "ask", "answer", "ask.new"])


def litter(folder: Path, kind: str, end: str, content: bytes, target: Path) -> None:
    path = folder / f"{secrets.token_hex(16)}.{end}"
    if kind in ("link", "dangling"):
        path.symlink_to(target if kind == "link" else folder / "nowhere")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(content)
        if kind == "unreadable":
            path.chmod(0)


@given(thrown=st.lists(st.tuples(KINDS, ENDS, CONTENTS), max_size=8))
@settings(deadline=None, max_examples=40)
def test_nothing_that_lies_in_the_folder_breaks_the_watch_or_keeps_a_client_from_its_answer(
    thrown: list[tuple[str, str, bytes]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        target, folder = Path(place) / "target", Path(place) / "control"
        target.write_text(json.dumps(asking("pause")))
        box = Mailbox(folder)
        for kind, end, content in thrown:
            litter(folder, kind, end, content, target)
        mine = put(folder, asking("snooze", 1800.0))
        requests = box.requests(0.0)
        assert Request(mine, "snooze", 1800.0) in requests
        for request in requests:
            assert request.action in control.ACTIONS
            assert (request.seconds is not None) == (request.action == "snooze")
            assert 60 <= (request.seconds or 60) <= 43200
            box.answer(request, FINE)
        assert answer(folder, mine) == FINE
        assert box.requests(61.0) == box.requests(122.0) == []
        assert all(each.is_dir() for each in folder.iterdir())
        assert target.exists()


def test_what_is_not_the_users_own_file_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Mailbox(folder)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.write_text(json.dumps(asking("pause")))
    (folder / f"{ID}.ask").symlink_to(elsewhere)
    put(folder, json.dumps(asking("pause")).encode().ljust(65537))
    assert box.requests(0.0) == []
    put(folder, asking("pause"))
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert box.requests(0.0) == []
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert len(box.requests(0.0)) == 1


def test_an_answers_name_taken_by_a_folder_or_a_full_disk_does_not_break_the_watch(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Mailbox(folder)
    name = put(folder, asking())
    (folder / f"{name}.answer").mkdir()
    (request,) = box.requests(0.0)
    box.answer(request, FINE)
    (folder / f"{name}.answer").rmdir()

    def full(_fields: object, file: TextIO, allow_nan: bool) -> None:
        file.write('{"te')
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(control.json, "dump", full)
    box.answer(request, FINE)
    assert [each.name for each in folder.iterdir()] == [f"{name}.ask"]  # to be given up by its client
    with held(), pytest.raises(PosturewatchError, match="No space left on device"):
        Time().ask("status")


def test_a_folder_that_vanishes_is_no_request(folder: Path) -> None:
    box = Mailbox(folder)
    folder.rmdir()
    assert box.requests(0.0) == []
    box.answer(Request(ID, "status", None), FINE)


def foreign(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)


def open_to(mode: int) -> Callable[[Path, pytest.MonkeyPatch], None]:
    def make(folder: Path, _: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        folder.chmod(mode)

    return make


def linked(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder.parent / "else").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "else")


@pytest.mark.parametrize(
    "make", [foreign, open_to(0o720), open_to(0o702), open_to(0o1777), linked], ids=["foreign", "g", "o", "tmp", "link"]
)
def test_a_folder_that_is_not_the_users_alone_is_refused_by_both_ends(
    folder: Path, make: Callable[[Path, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.parent.mkdir(parents=True)
    with held():
        make(folder, monkeypatch)
        with pytest.raises(PosturewatchError, match="no folder of your own, or others may write in it"):
            Mailbox(folder)
        with pytest.raises(PosturewatchError, match="no folder of your own, or others may write in it"):
            Time().ask("status")
        assert list(folder.iterdir()) == []


def test_a_place_where_no_folder_can_be_is_an_error_with_its_reason(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file")
    with pytest.raises(PosturewatchError, match=r"Cannot use .*control"):
        Mailbox(folder)


def test_an_empty_folder_costs_one_look_and_opens_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box, looks, scandir = Mailbox(folder), [], os.scandir

    def look(path: Path) -> object:
        looks.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", look)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("opened"))
    monkeypatch.setattr(os, "stat", lambda *_: pytest.fail("asked"))
    for t in range(100):
        assert box.requests(t / 2) == []
    assert len(looks) == 100
