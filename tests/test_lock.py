"""Who holds a lock, and what ends that."""

import contextlib
import errno
import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from posturewatch.errors import PosturewatchError
from posturewatch.files import lock
from posturewatch.files.lock import Lock, held_by

HOLDING = """
import sys
from pathlib import Path
from posturewatch.errors import PosturewatchError
from posturewatch.files.lock import Lock
sys.stdin.readline()
try:
    with Lock(Path(sys.argv[1]), "watch").hold(print, lambda wait_s: None):
        print("held", flush=True)
        sys.stdin.readline()
except PosturewatchError as error:
    print(error, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "watch.lock"


@contextlib.contextmanager
def processes(path: Path, count: int = 1) -> Iterator[list["subprocess.Popen[str]"]]:
    """That many processes that take the lock when they are told to."""
    command = [sys.executable, "-c", HOLDING, str(path)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    try:
        yield started
    finally:
        for each in started:
            each.kill()
            each.communicate()


def told(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def never(_: object) -> None:
    raise AssertionError


def test_a_lock_is_held_by_this_process_for_the_block_and_by_nobody_before_and_after(path: Path) -> None:
    assert held_by(path) is None
    assert not path.exists()
    with Lock(path, "watch").hold(never, never):
        assert held_by(path) == os.getpid()
    assert held_by(path) is None
    with Lock(path, "watch").hold(never, never):
        assert held_by(path) == os.getpid()


def test_an_error_in_the_block_passes_through_and_frees_the_lock(path: Path) -> None:
    with pytest.raises(FileNotFoundError), Lock(path, "watch").hold(never, never):
        raise FileNotFoundError
    assert held_by(path) is None


def test_the_lock_and_its_folder_are_the_users_alone(path: Path) -> None:
    with Lock(path, "watch").hold(never, never):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_one_is_refused_with_the_pid_of_the_first_and_what_to_do(path: Path) -> None:
    with processes(path) as (first,):
        told(first)
        assert said(first) == "held"
        assert held_by(path) == first.pid
        with pytest.raises(PosturewatchError) as refused, Lock(path, "watch", "Ask it.").hold(never, lambda _: None):
            never(None)
        assert str(refused.value) == f"A watch is already running (pid {first.pid}). Ask it."
        told(first)
        assert first.wait(10) == 0
    with Lock(path, "watch").hold(never, never):
        assert held_by(path) == os.getpid()


def test_kill_9_frees_the_lock(path: Path) -> None:
    with processes(path) as (first,):
        told(first)
        assert said(first) == "held"
        first.kill()
        assert first.wait(10) == -9
        assert path.read_text() == f"{first.pid}\n"  # still there, and believed by nobody
        assert held_by(path) is None
        with Lock(path, "watch").hold(never, never):
            assert held_by(path) == os.getpid()


def test_of_six_that_start_at_once_one_holds_the_lock_and_the_others_name_it(path: Path) -> None:
    with processes(path, 6) as started:
        for each in started:
            told(each)
        answers = {each.pid: said(each) for each in started}
        (holder,) = [pid for pid, answer in answers.items() if answer == "held"]
        assert held_by(path) == holder
        refused = {answer for pid, answer in answers.items() if pid != holder}
        assert len([answer for answer in answers.values() if "already running" in answer]) == 5
        assert refused <= {
            f"A watch is already running (pid {pid}). End that one first." for pid in (holder, "unknown")
        }


def test_who_asks_at_that_moment_does_not_keep_one_from_starting(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("1\n")
    asking = os.open(path, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    waits = []

    def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        if len(waits) == 2:
            os.close(asking)

    with Lock(path, "watch").hold(never, sleep):
        assert held_by(path) == os.getpid()
    assert waits == [lock.TRY_S] * 2


def test_two_who_ask_at_once_do_not_take_each_other_for_a_watch(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("1\n")
    asking = os.open(path, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    assert held_by(path) is None
    os.close(asking)


def test_where_nothing_can_be_written_it_goes_on_with_one_warning(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    warnings: list[str] = []
    with Lock(tmp_path / "data" / "watch.lock", "watch").hold(warnings.append, never):
        assert len(warnings) == 1
    assert "Cannot lock" in warnings[0]
    assert "a second watch would not be noticed" in warnings[0]
    assert held_by(tmp_path / "data" / "watch.lock") is None


def test_a_file_system_without_locks_costs_one_warning(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    warnings: list[str] = []
    with Lock(path, "watch").hold(warnings.append, never):
        assert held_by(path) is None
    assert len(warnings) == 1
    assert "No locks available" in warnings[0]


def test_on_a_full_disk_the_lock_is_held_without_a_pid(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_text("4711\n")  # of an earlier one

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with Lock(path, "watch").hold(never, never):
        assert held_by(path) == 0
        with pytest.raises(PosturewatchError, match=r"already running \(pid unknown\)"):
            Lock(path, "watch").hold(never, lambda _: None).__enter__()


@pytest.mark.parametrize("text", ["", "0\n", "-1\n", "12", "1 2\n", "99999999999\n", "\0\0\n", "x" * 9999, "é\n"])
def test_what_is_no_pid_is_told_as_0(path: Path, text: str) -> None:
    with Lock(path, "watch").hold(never, never):
        path.write_text(text)
        assert held_by(path) == 0


def test_a_symlink_is_not_followed_and_a_fifo_does_not_wait(tmp_path: Path) -> None:
    target, link, fifo = tmp_path / "target", tmp_path / "link", tmp_path / "fifo"
    target.write_text("precious")
    link.symlink_to(target)
    os.mkfifo(fifo)
    for each in (link, fifo, tmp_path):
        warnings: list[str] = []
        with Lock(each, "watch").hold(warnings.append, never):
            assert held_by(each) is None
        assert len(warnings) == 1
    assert target.read_text() == "precious"
