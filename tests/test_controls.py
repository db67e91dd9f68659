"""`status`, `pause`, `resume`, `snooze` and `recalibrate` as a person types them, with a small watch that answers."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from commands import mistake, run
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posturewatch import frames
from posturewatch.commands import controls
from posturewatch.commands.controls import length_s
from posturewatch.files import control
from posturewatch.files.control import Mailbox

COMMANDS = ["status", "pause", "resume", "snooze", "recalibrate"]
NONE = "posturewatch: No watch is running. Start one with `posturewatch watch`."


class Watch:
    """What of a watch there is to ask: it does nothing and says what it was asked for."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float | None]] = []
        self.answer: dict[str, Any] = {"text": "Upright for 12 min.", "status": {"state": "upright", "hold_s": 720.0}}
        self.ended = threading.Event()

    def run(self, box: Mailbox) -> None:
        while not self.ended.wait(0.005):
            for request in box.requests(frames.now_s()):
                self.seen.append((request.action, request.seconds))
                box.answer(request, self.answer)


@pytest.fixture
def watch() -> Iterator[Watch]:
    running = Watch()
    with contextlib.ExitStack() as stack:
        stack.enter_context(control.watch_lock().hold(lambda _: None, running.ended.wait))
        loop = threading.Thread(target=running.run, args=(Mailbox(control.folder()),))
        loop.start()
        stack.callback(loop.join)
        stack.callback(running.ended.set)
        yield running


@pytest.mark.parametrize("command", COMMANDS)
def test_the_watchs_line_is_printed_as_it_is(watch: Watch, command: str) -> None:
    watch.answer["text"] = "Upright [bold]12[/bold] min :cat: " + "on " * 60 + "end"
    result = run(command)
    assert result.exit_code == 0
    assert result.stdout == watch.answer["text"] + "\n"
    assert result.stderr == ""
    assert watch.seen == [(command, 1800.0 if command == "snooze" else None)]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_could_steer_a_terminal_is_not_printed(watch: Watch, command: str) -> None:
    watch.answer["text"] = "up\x1b[2J\nright\u202e\x9b"
    assert run(command).stdout == "up?[2J?right??\n"
    watch.answer = {"error": "no\x1b]0;x\x07"}
    assert mistake(run(command)) == "posturewatch: no?]0;x?"


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_watch_a_line_says_so_with_exit_code_1(command: str) -> None:
    assert mistake(run(command)) == NONE


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_quiet_prints_only_errors(watch: Watch, command: str) -> None:
    result = run(command, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    watch.answer = {"error": "Not now."}
    assert mistake(run(command, "--quiet")) == "posturewatch: Not now."


def test_status_as_json_is_one_line_that_cannot_steer_a_terminal(watch: Watch) -> None:
    watch.answer["status"]["camera"] = "é\u202e\x9b[1m :cat:" + "x" * 300
    result = run("status", "--json")
    assert result.exit_code == 0
    assert result.stdout.isascii()
    assert len(result.stdout.splitlines()) == 1
    assert json.loads(result.stdout) == {"running": True, **watch.answer["status"]}


def test_status_as_json_says_when_no_watch_runs() -> None:
    result = run("status", "--json")
    assert result.stdout == '{"running": false}\n'
    assert mistake(result) == NONE


def test_status_as_json_does_not_call_a_watch_that_refuses_gone(watch: Watch) -> None:
    watch.answer = {"error": "Not now."}
    result = run("status", "--json")
    assert result.stdout == '{"running": true}\n'
    assert mistake(result) == "posturewatch: Not now."


def test_an_answer_without_a_status_can_not_be_told_as_json(watch: Watch) -> None:
    watch.answer = {"text": "Fine."}
    assert run("status").stdout == "Fine.\n"
    assert "can't be read" in mistake(run("status", "--json"))


@pytest.mark.parametrize(("typed", "seconds"), [("45", 2700.0), ("1h30m", 5400.0)])
def test_snooze_takes_a_length(watch: Watch, typed: str, seconds: float) -> None:
    assert run("snooze", typed).exit_code == 0
    assert watch.seen == [("snooze", seconds)]


@pytest.mark.parametrize("typed", ["", "59s", "[red]x", "-5", "9" * 400])
def test_another_length_is_wrong_usage_and_never_asked(watch: Watch, typed: str) -> None:
    result = run("snooze", "--", typed)
    assert result.exit_code == 2
    words = " ".join(result.stderr.replace("│", " ").split())
    assert "is no length from 1 minute to 12 hours. Write it as 30m, 45 (minutes), 90s, 1h or 1h30m." in words
    assert watch.seen == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("1", 60.0), ("30m", 1800.0), ("30min", 1800.0), ("60s", 60.0), ("1h30m15s", 5415.0), ("720", 43200.0)),
        *(("1h90s", 3690.0), ("0h1m", 60.0), ("721", None), ("59s", None), ("m", None), ("30m1h", None)),
        *(("1m1m", None), ("1d", None), ("+5", None), ("5\n", None), ("½h", None), ("1h30", None)),
        *(("0", None), ("12h1s", None), ("12H", 43200.0), ("soon", None), ("30 m", None), ("1.5h", None), ("٣٠", None)),
    ],
)
def test_a_length_in_words_is_so_many_seconds(text: str, seconds: float | None) -> None:
    assert length_s(text) == seconds


@given(hours=st.integers(0, 20), minutes=st.integers(0, 2000), seconds=st.integers(0, 90000))
@settings(deadline=None, max_examples=50)
def test_hours_minutes_and_seconds_add_up_within_the_limits(hours: int, minutes: int, seconds: int) -> None:
    total_s = 3600.0 * hours + 60 * minutes + seconds
    wanted = total_s if 60 <= total_s <= 43200 else None
    assert length_s(f"{hours}h{minutes}m{seconds}s") == wanted
    assert length_s(f"{minutes}") == length_s(f"{minutes}M")


@given(text=st.text() | st.text(alphabet="0123456789hmsin ٣²", max_size=8))
@example(text="²")
@example(text="٣٠")
@settings(deadline=None, max_examples=50)
def test_any_other_text_is_no_length(text: str) -> None:
    found = length_s(text)
    assert found is None or 60 <= found <= 43200
    assert found is None or (text.isascii() and text[0].isdigit())


HANGING = """
import sys, time
from posturewatch.files import control
with control.watch_lock().hold(print, time.sleep):
    control.Mailbox(control.folder())
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_a_watch_that_hangs_is_named_and_one_that_was_killed_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "WAIT_S", 0.1)
    command = [sys.executable, "-c", HANGING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hanging:
        assert hanging.stdout
        assert hanging.stdout.readline() == "ready\n"
        assert f"The watch (pid {hanging.pid}) does not answer." in mistake(run("pause"))
        assert run("status", "--json").stdout == '{"running": true}\n'
        hanging.kill()
        hanging.wait()
        assert mistake(run("pause")) == NONE
    assert list(control.folder().iterdir()) == []


def test_ctrl_c_while_waiting_takes_the_ask_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        assert len(list(control.folder().iterdir())) == 1
        raise KeyboardInterrupt

    with control.watch_lock().hold(lambda _: None, lambda _: None):
        Mailbox(control.folder())
        monkeypatch.setattr(controls.time, "sleep", interrupted)
        assert run("recalibrate").exit_code == 130
    assert list(control.folder().iterdir()) == []
