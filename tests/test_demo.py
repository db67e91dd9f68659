"""The demo as a user runs it, once, under a system-call trace: transitions, alerts, exercise, and no network."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import traced

from posturewatch import cli, exercises, frames
from posturewatch.commands.day import Day
from posturewatch.commands.running import Session
from posturewatch.config import Settings, with_preset
from posturewatch.estimate.capture import Startup, Window
from posturewatch.files.record import Outputs, Recorder
from posturewatch.frames import Pace
from posturewatch.history import History
from posturewatch.landmarks import Finder, Held, Landmarks
from posturewatch.looking.governor import Governor

LINUX = sys.platform == "linux"
on_linux = pytest.mark.skipif(not LINUX, reason="system calls are traced on Linux")
GOLDEN = json.loads((Path(__file__).parent / "golden" / "demo.json").read_text())


@dataclass(frozen=True)
class Run:
    folder: Path
    output: str
    trace: traced.Trace

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "demo-out" / "samples.jsonl").read_text().splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "trace.txt"
    words = [sys.executable, "-m", "posturewatch", "demo", "--out", "demo-out"]
    environment = {**os.environ, "HOME": str(folder / "home"), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
    command = traced.command(log, *words) if LINUX else words
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=280)
    assert result.returncode == 0, result.stderr
    return Run(folder, result.stdout, traced.Trace(log.read_text() if LINUX else "", folder))


def test_the_demo_gives_a_posture_alert_with_an_exercise_and_a_summary(demo: Run) -> None:
    alerts = [alert for alert in demo.of("alert") if alert["kind"] == "posture" and alert["level"] == 2]
    assert alerts
    assert alerts[0]["exercise"] in {entry.id for entry in exercises.load()}
    assert alerts[0]["message"].startswith("Your head has been forward for 45 seconds.")
    summary = json.loads((demo.folder / "demo-out" / "summary.json").read_text())
    assert summary["alerts"]["posture, level 2"] == len(alerts)
    assert "longest hold" in demo.output


def test_the_demos_transitions_are_the_golden_ones(demo: Run) -> None:
    seen = [(t["before"], t["after"]) for t in demo.of("transition")]
    assert seen == [(t["before"], t["after"]) for t in GOLDEN["transitions"]]
    for transition, golden in zip(demo.of("transition"), GOLDEN["transitions"], strict=True):
        assert transition["t_s"] == pytest.approx(golden["t_s"], abs=0.4)  # two looks: other processors round otherwise
        assert transition["since_s"] == pytest.approx(golden["since_s"], abs=0.4)


def test_the_demos_alerts_are_the_golden_ones(demo: Run) -> None:
    seen = [{**alert, "t_s": 0, "message": 0} for alert in demo.of("alert")]
    assert seen == [{**alert, "t_s": 0, "message": 0} for alert in GOLDEN["alerts"]]
    times = [alert["t_s"] for alert in demo.of("alert")]
    assert times == pytest.approx([alert["t_s"] for alert in GOLDEN["alerts"]], abs=0.6)


def test_every_label_of_the_demos_timeline_is_recognised(demo: Run) -> None:
    samples = demo.of("sample")
    for label in GOLDEN["timeline"]:
        inside = [s["now"] for s in samples if label["from_s"] <= s["t_s"] < label["to_s"]]
        right = inside.count(label["now"]) / len(inside)
        assert right >= label["share"], f"{label}: {right:.0%}"


def test_the_upright_baseline_is_quiet_and_steady(demo: Run) -> None:
    angles = [s["forward_head_deg"] for s in demo.of("sample") if s["t_s"] < 10]
    mean = sum(angles) / len(angles)
    assert (sum((a - mean) ** 2 for a in angles) / len(angles)) ** 0.5 <= 1.5


def test_the_forward_head_is_measured_to_within_twice_its_stated_error(demo: Run) -> None:
    inside = [s for s in demo.of("sample") if 20 <= s["t_s"] < 70]
    mean = sum(s["forward_head_deg"] for s in inside) / len(inside)
    error = sum(s["error_deg"] for s in inside) / len(inside)
    assert abs(mean - GOLDEN["true_forward_head_deg"]) <= 2 * error


@on_linux
def test_the_demo_opens_no_socket_at_all(demo: Run) -> None:
    assert demo.trace.calls("openat")  # the trace really saw the program
    assert demo.trace.families() == set()


@on_linux
def test_the_demo_changes_only_its_two_files(demo: Run) -> None:
    assert demo.trace.strangers(demo.folder / "demo-out") == set()
    assert {path.name for path in (demo.folder / "demo-out").iterdir()} == {"samples.jsonl", "summary.json"}
    assert not (demo.folder / "home").exists()


@on_linux
def test_the_demo_starts_no_program(demo: Run) -> None:
    assert demo.trace.started() == {sys.executable}


def test_the_recordings_are_their_owners_alone(demo: Run) -> None:
    for name in ("samples.jsonl", "summary.json"):
        assert (demo.folder / "demo-out" / name).stat().st_mode & 0o777 == 0o600


def test_live_equals_replay(tmp_path: Path) -> None:
    """The first 26 s as a camera in real time (on a clock of our own) and as a recording: the same lines."""
    path = Path(cli.__file__).parent / "demo.mp4"
    now_s = [0.0]

    def sleep(seconds: float) -> None:
        now_s[0] += seconds

    live = frames.play(path, Pace(2.0), print, clock=lambda: now_s[0], sleep=sleep)
    replay = frames.read_video(path, 2.0, print)
    settings = with_preset(Settings(), "strict")
    recordings = []
    for name, stream in (("live", live), ("replay", replay)):
        file = tmp_path / f"{name}.jsonl"
        outputs = Outputs(Recorder(file), None)
        with Finder(stream=True) as eyes:
            run = Session(settings, "demo.mp4", 2.0, outputs, lambda _event: None, eyes)
            first = (frame for frame in stream if frame.t_s < 26.0 or stream.close())
            run.run((eyes.find(frame) for frame in first), Window(0.0, 4.0))
        outputs.close()
        recordings.append(file.read_text())
    assert recordings[0] == recordings[1]
    assert '"type":"transition"' in recordings[0]


def test_looked_at_only_where_something_moves_the_demo_gives_the_same_at_the_same_time(tmp_path: Path) -> None:
    governor, events = Governor(2.0), tmp_path / "governed.jsonl"
    outputs = Outputs(Recorder(events), None)
    desk = MagicMock(off=None, on_battery=False)
    notifier = MagicMock(**{"answers.return_value": [], "missed.return_value": []})
    path = Path(cli.__file__).parent / "demo.mp4"
    looks = 0
    with Finder(stream=True) as eyes:
        run = Session(with_preset(Settings(), "strict"), "demo", 2.0, outputs, lambda _event: None, eyes, governed=True)
        kept = History.open(tmp_path / "history.sqlite")[0]
        day = Day(run, governor.pace, governor, desk, notifier, None, kept, None, "demo", None, True)

        def counted() -> Iterator[Landmarks | Held]:
            nonlocal looks
            stream = frames.play(path, governor.pace, print, clock=lambda: 0.0, sleep=lambda _s: None)
            for look in day.looks(stream, eyes, None):
                looks += isinstance(look, Landmarks)
                yield look

        run.run(counted(), Startup())
    outputs.close()
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert looks <= 130  # of 550 at 5 Hz; 50 of them are the baseline's
    transitions = [line for line in lines if line["type"] == "transition"]
    assert [(t["before"], t["after"]) for t in transitions] == [
        (t["before"], t["after"]) for t in GOLDEN["transitions"]
    ]
    for seen, golden in zip(transitions, GOLDEN["transitions"], strict=True):
        assert seen["t_s"] == pytest.approx(golden["t_s"], abs=2.0)
    alerts = [(line["kind"], line["level"], line["t_s"]) for line in lines if line["type"] == "alert"]
    wanted = [(a["kind"], a["level"], pytest.approx(a["t_s"], abs=2.0)) for a in GOLDEN["alerts"]]
    assert alerts == wanted
