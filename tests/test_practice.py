"""The command `exercises`: printing, drawing, and coaching before a camera that is a recording of landmarks."""

import json
import os
import pty
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from commands import DEMO, demo_pictures, mistake, run, write_video
from typer.testing import Result

from calibration.people import landmarks
from calibration.rig import lines as packing
from posturewatch import config, exercises
from posturewatch.coaching.catalogue import Catalogue
from posturewatch.commands import practice, replaying
from posturewatch.errors import PosturewatchError
from posturewatch.history import History

DRILLS = Path(__file__).parent.parent / "calibration" / "drills"
OWN = """
off = ["self-massage"]

[[exercise]]
id = "two-turns"
name = "Two turns"
suits = ["forward_head", "still"]
total_s = 40

[[exercise.step]]
text = "Turn to the left and to the right, twice each."
view = "front"
pose = {}
movement = { axis = "turn", target = 25, back = 8, sides = ["left", "right"], repetitions = 2, hold_s = 3.0 }
total_s = 40
"""


@pytest.fixture
def own() -> Path:
    path = config.default_path().with_name("exercises.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.fixture
def someone_turning(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Before the camera is somebody of a rendered drill."""

    def sit_down(drill: str) -> None:
        looks = [landmarks(line) for line in packing.read(DRILLS / f"{drill}.jsonl.xz")]
        monkeypatch.setattr(practice, "pictures", lambda *_: iter(()))
        monkeypatch.setattr(practice, "found", lambda *_: iter(looks))

    return sit_down


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def history() -> History:
    return History.open(config.data_folder() / "history.sqlite")[0]


# Listing, printing, drawing


def test_an_own_exercise_is_listed_first_and_one_that_is_off_is_not(own: Path) -> None:
    listed = run("exercises").output
    assert listed.startswith("two-turns")
    assert "self-massage" not in listed
    assert "There is no exercise 'self-massage'" in mistake(run("exercises", "self-massage"))


def test_a_bad_own_entry_is_named_with_its_line_and_the_others_are_listed(own: Path) -> None:
    own.write_text(OWN.replace('"turn", target = 25', '"turn", target = 90'), encoding="utf-8")
    result = run("exercises")
    assert result.exit_code == 0
    assert "alternate-head-turns" in result.stdout
    assert "two-turns" not in result.stdout
    assert "exercises.toml" in result.stderr
    assert "line 14" in result.stderr
    assert "target" in result.stderr


def checks() -> dict[str, dict[str, str]]:
    return {line["name"]: line for line in json.loads(run("doctor", "--json").stdout)}


def test_doctor_names_own_exercises_and_what_is_wrong_with_them(own: Path) -> None:
    assert checks()["exercises"]["text"] == f"6, with your own from {own}"
    own.write_text(OWN.replace('"turn", target = 25', '"turn", target = 90'), encoding="utf-8")
    assert checks()["exercises"]["level"] == "warning"
    assert "line 14" in checks()["exercises"]["text"]
    own.unlink()
    assert checks()["exercises"]["text"] == f"6; your own would stand in {own}"


def test_doctor_names_the_history_and_one_that_was_set_aside() -> None:
    path = config.data_folder() / "history.sqlite"
    assert checks()["history"]["text"] == f"{path}, kept for 365 days, begun by the first watch"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    history().close()
    assert checks()["history"] == {
        "name": "history",
        "level": "warning",
        "text": "set aside as damaged: history.sqlite.damaged1",
    }


@pytest.mark.usefixtures("own")
def test_a_replay_suggests_from_ones_own_exercises_as_a_watch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def session(*_: object, catalogue: Catalogue, **__: object) -> None:
        given.extend(entry.id for entry in catalogue)
        raise PosturewatchError("Enough seen. Go on.")

    monkeypatch.setattr(replaying, "Session", session)
    assert run("replay", "recording.mp4").exit_code == 1
    assert "two-turns" in given
    assert "self-massage" not in given


def test_an_exercise_says_how_to_see_its_pictures() -> None:
    assert "posturewatch exercises self-massage --svg DIR" in run("exercises", "self-massage").output


def test_the_pictures_are_written_one_a_step(tmp_path: Path) -> None:
    result = run("exercises", "alternate-head-turns", "--svg", tmp_path / "new")
    assert result.exit_code == 0
    steps = exercises.by_id(exercises.load(), "alternate-head-turns").steps
    written = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert written == [f"alternate-head-turns-{number}.svg" for number in range(1, len(steps) + 1)]
    for path in (tmp_path / "new").iterdir():
        assert path.name in result.output
        assert ET.fromstring(path.read_text()).tag.endswith("svg")


def test_without_a_name_all_pictures_are_written_and_with_the_coach_they_move(
    tmp_path: Path, someone_turning: Callable[[str], None]
) -> None:
    assert run("exercises", "--svg", tmp_path / "all").exit_code == 0
    assert len(list((tmp_path / "all").iterdir())) == sum(len(entry.steps) for entry in exercises.load())
    someone_turning("p095-turn-half")
    assert run("exercises", "self-massage", "--coach", "--svg", tmp_path / "m").exit_code == 0
    assert "<animate" in (tmp_path / "m" / "self-massage-2.svg").read_text()
    assert "<animate" not in (tmp_path / "all" / "self-massage-2.svg").read_text()


def test_a_folder_that_cannot_be_written_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "Choose another folder" in mistake(run("exercises", "self-massage", "--svg", tmp_path / "file"))


def test_the_coach_needs_a_name() -> None:
    assert run("exercises", "--coach").exit_code == 2


# Coaching


def test_every_turn_of_a_rendered_person_is_counted_and_kept(own: Path, someone_turning: Callable[[str], None]) -> None:
    someone_turning("p095-turn-well")
    told = lines(run("exercises", "two-turns", "--coach", "--json"))
    assert [line["side"] for line in told if line["type"] == "repetition"] == ["right", "left", "right", "left"]
    assert all(25 <= line["range_deg"] <= 45 for line in told if line["type"] == "repetition")
    assert told[-1] == {"type": "exercise", "id": "two-turns", "done": True, "repetitions": {"left": 2, "right": 2}}
    assert history().recent_exercises(5) == ["two-turns"]
    kept = history().ranges()
    assert set(kept) == {("turn", "left"), ("turn", "right")}
    assert all(25 <= reached <= 45 for reached in kept.values())


def test_tilts_are_named_where_turns_are_asked_for(own: Path, someone_turning: Callable[[str], None]) -> None:
    someone_turning("p095-tilt-well")
    told = lines(run("exercises", "two-turns", "--coach", "--json"))
    wrong = [(line["seen"], line["wanted"]) for line in told if line["type"] == "wrong_axis"]
    assert set(wrong) == {("tilt", "turn")}
    assert told[-1] == {"type": "exercise", "id": "two-turns", "done": False, "repetitions": {"left": 0, "right": 0}}
    assert history().recent_exercises(5) == []  # broken off


def test_without_json_each_count_is_a_line(own: Path, someone_turning: Callable[[str], None]) -> None:
    someone_turning("p095-turn-well")
    output = run("exercises", "two-turns", "--coach").output
    assert output.count("counted to the left") == 2
    assert output.splitlines()[-1] == "Done: 2 left, 2 right."


@pytest.mark.parametrize(("key", "hurts"), [("h", True), ("q", None)])
def test_pain_is_remembered_for_the_day_and_its_range_is_not_and_who_leaves_has_done_nothing(
    own: Path,
    someone_turning: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    hurts: bool | None,
) -> None:
    someone_turning("p095-turn-well")
    looks = iter(range(1000))
    monkeypatch.setattr(
        practice.Keys, "pressed", lambda _: key if next(looks) == 65 else ""
    )  # at 13 s, after two turns
    result = run("exercises", "two-turns", "--coach")
    assert "counted to the right" in result.output
    assert ("see a doctor" in result.output.lower()) == bool(hurts)
    assert history().hurts(datetime.now().date()) is hurts
    assert (history().ranges() == {}) == bool(hurts)  # who merely leaves has reached it in comfort
    assert history().recent_exercises(5) == []


def test_a_recording_is_coached_as_fast_as_it_can_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    video = write_video(tmp_path / "sitting.avi", demo_pictures(0, 3))
    told = lines(run("exercises", "self-massage", "--coach", "--camera", video, "--json"))
    first = exercises.by_id(exercises.load(), "self-massage").steps[0].text
    none = {"left": 0, "right": 0}
    assert told == [
        {"type": "step", "t_s": 0.0, "step": 1, "text": first},
        {"type": "exercise", "id": "self-massage", "done": False, "repetitions": none},
    ]
    assert not (config.data_folder() / "history.sqlite").exists()


def test_a_day_on_which_the_neck_hurts_has_no_exercise_to_suggest() -> None:
    today = datetime.now().date()
    with_pain = history()
    with_pain.answer(today, True)
    assert practice.offered(with_pain, today) == ((), [])
    with_pain.answer(today, False)
    assert len(practice.offered(with_pain, today)[0]) == 6
    with_pain.close()


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self._master, slave = pty.openpty()
        command = [sys.executable, "-m", "posturewatch", *words]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, close_fds=True)
        os.close(slave)
        os.set_blocking(self._master, False)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        until_s = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < until_s, self.shown[-2000:]
            try:
                self.shown += os.read(self._master, 65536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:  # the other end has gone
                assert text in self.shown, self.shown[-2000:]

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())


@pytest.fixture
def coached() -> Iterator[Terminal]:
    terminal = Terminal("exercises", "alternate-head-turns", "--coach", "--camera", str(DEMO))
    yield terminal
    terminal.process.kill()
    terminal.process.wait()


def test_on_a_terminal_keys_pause_skip_and_stop_because_it_hurts(coached: Terminal) -> None:
    coached.wait_for("Step 1 of 4")
    coached.type("s")
    coached.wait_for("Step 2 of 4")
    coached.type("p")
    coached.wait_for("Paused")
    coached.type("p")
    coached.type("h")
    coached.wait_for("When to see a doctor")
    coached.wait_for("NHS pathways")
    assert coached.process.wait(timeout=30) == 0


def test_done_is_believed(coached: Terminal) -> None:
    coached.wait_for("Step 1 of 4")
    coached.type("d")
    coached.wait_for("Done.")
    assert coached.process.wait(timeout=30) == 0


@pytest.mark.parametrize("answer", ["y", "n"])
def test_the_days_question_comes_before_the_first_exercise(
    monkeypatch: pytest.MonkeyPatch, someone_turning: Callable[[str], None], own: Path, answer: str
) -> None:
    """With yes the page and no exercise; with no the coach, and no second question that day."""
    asked: list[str] = []

    def reply(question: Any) -> str:
        asked.append(str(question))
        return answer

    monkeypatch.setattr(practice.out, "input", reply)
    monkeypatch.setattr(type(practice.out), "is_terminal", property(lambda _: True))
    someone_turning("p095-turn-well")
    first = run("exercises", "two-turns", "--coach")
    assert len(asked) == 1
    assert "Does your neck hurt now?" in asked[0]
    assert ("When it already hurts" in first.output or "see a doctor" in first.output) == (answer == "y")
    assert history().hurts(datetime.now().date()) == (answer == "y")
    run("exercises", "two-turns", "--coach")
    assert len(asked) == (2 if answer == "y" else 1)  # who said yes may feel better by now
