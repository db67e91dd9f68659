"""The commands as a person types them: results, exit codes, and what bad input gets (DESIGN part 6)."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from commands import DEMO, demo_pictures, mistake, run, write_video
from figures import Sitter, landmarks
from typer.testing import Result

from posturewatch import config, exercises
from posturewatch.commands import calibrating, measuring, options, replaying, watching
from posturewatch.commands.day import Day
from posturewatch.frames import Frame
from posturewatch.history import History
from posturewatch.landmarks import Finder, Landmarks

COMMANDS = ("demo", "calibrate", "watch", "replay", "measure", "exercises", "doctor")


def samples_of(path: Path) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, path.read_text().splitlines()) if line["type"] == "sample"]


@pytest.fixture(scope="module")
def upright(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / "upright.avi", demo_pictures(0, 6))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    for name, at_s in (("upright.png", 5.0), ("forward.png", 40.0)):
        cv2.imwrite(str(folder / name), demo_pictures(at_s, at_s + 0.15)[0])
    return folder / "upright.png", folder / "forward.png"


@dataclass(frozen=True)
class Replayed:
    """`replay` of the upright sitter, baseline from its first 3 s: what it printed and recorded."""

    result: Result
    samples: Path
    marks: Path


@pytest.fixture(scope="module")
def sat_upright(upright: Path) -> Replayed:
    first, marks = upright.with_name("first.jsonl"), upright.with_name("marks.jsonl")
    words = ("replay", upright, "--baseline-window", "0-3")
    return Replayed(run(*words, "--samples", first, "--landmarks", marks), first, marks)


@pytest.fixture(scope="module")
def desk(upright: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a baseline that `calibrate` has kept of the upright sitter under the name desk."""
    folder = tmp_path_factory.mktemp("calibrated")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
            patch.setenv(name, str(folder / name.lower()))
        result = run("calibrate", "--video", upright, "--window", "0-4", "--name", "desk")
        assert result.exit_code == 0, result.output
        return config.data_folder() / "baselines" / "desk.json"


def keep(baseline: Path) -> None:
    """Have this baseline kept in the test's own folder."""
    folder = config.data_folder() / "baselines"
    folder.mkdir(parents=True)
    shutil.copy(baseline, folder)


# Help and usage


def test_every_command_has_help_with_an_example() -> None:
    for name in COMMANDS:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert f"posturewatch {name}" in result.output


def test_the_version_is_printed() -> None:
    assert run("--version").output.startswith("posturewatch 0.")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["replay"],
        ["replay", "x.mp4", "--no-such-option"],
        ["replay", "x.mp4", "--rate", "0"],
        ["replay", "x.mp4", "--rate", "1000"],
        ["replay", "x.mp4", "--hfov", "5"],
        ["replay", "x.mp4", "--baseline-window", "5"],
        ["replay", "x.mp4", "--baseline-window", "10-0"],
        ["replay", "x.mp4", "--baseline-window", "0-1"],
        ["replay", "x.mp4", "--baseline-window", "nan-inf"],
        ["replay", "x.mp4", "--baseline-window", "0-4", "--baseline", "me"],
        ["measure"],
        ["watch", "--rate", "abc"],
        ["calibrate", "--distance-cm", "3"],
        ["measure", "x.jpg", "--baseline", "me", "--baseline-image", "me.jpg"],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    assert run(*words).exit_code == 2


@pytest.mark.parametrize("text", ["0-2", "2.6-4.6", "0.1-2.1", "3-13", "0-1e5"])
def test_any_window_of_two_seconds_or_more_is_accepted(text: str) -> None:
    start_s, end_s = options.window_of(text)
    assert end_s - start_s == pytest.approx(float(text.split("-")[1]) - float(text.split("-")[0]))


# Files that are missing or broken


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    assert "nowhere.mp4" in mistake(run("replay", tmp_path / "nowhere.mp4"))


def test_an_empty_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert "empty.mp4 is empty" in mistake(run("replay", tmp_path / "empty.mp4"))


def test_a_text_file_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("not a video")
    assert "notes.mp4" in mistake(run("replay", tmp_path / "notes.mp4"))


def test_a_folder_without_recordings_says_so(tmp_path: Path) -> None:
    assert "holds no recording" in mistake(run("replay", tmp_path))


def test_a_missing_camera_is_named_with_what_to_try() -> None:
    line = mistake(run("watch", "--camera", "97"))
    assert "97" in line


def test_a_missing_settings_file_is_named(tmp_path: Path) -> None:
    assert "none.toml" in mistake(run("exercises", "--settings", tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not toml at all", ["settings.toml"]),
        ("[watch]\nrate_hz = 500\n", ["line 2", "rate_hz", "0.5 to 30"]),
        ("[watch]\nrate = 5\n", ["line 2", "rate", "rate_hz"]),
        ("[posture.forward_head]\nenter_deg = 'x'\n", ["line 2", "enter_deg"]),
    ],
)
def test_bad_settings_name_file_line_key_and_range(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "settings.toml").write_text(text)
    line = mistake(run("exercises", "--settings", tmp_path / "settings.toml"))
    assert all(word in line for word in words), line


def test_an_unknown_preset_lists_the_three() -> None:
    assert "gentle, standard, strict" in mistake(run("watch", "--preset", "brutal"))


def test_a_foreign_file_is_never_overwritten_by_a_recording(tmp_path: Path, upright: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    assert "is no recording" in mistake(run("replay", upright, "--samples", precious))
    assert precious.read_text() == "years of work"


def test_samples_and_landmarks_need_different_files(tmp_path: Path, upright: Path) -> None:
    same = tmp_path / "same.jsonl"
    assert "same file" in mistake(run("replay", upright, "--samples", same, "--landmarks", same))


def test_a_second_recording_that_cannot_be_leaves_nothing_of_the_first(tmp_path: Path, upright: Path) -> None:
    words = ("--samples", tmp_path / "new.jsonl", "--landmarks", tmp_path / "no" / "where.jsonl")
    assert "Cannot write" in mistake(run("replay", upright, *words))
    assert list(tmp_path.glob("*.jsonl")) == []


def test_a_recording_in_a_missing_folder_says_so(tmp_path: Path, upright: Path) -> None:
    assert "Cannot write" in mistake(run("replay", upright, "--samples", tmp_path / "no" / "where.jsonl"))


def test_an_unknown_baseline_is_named(upright: Path) -> None:
    assert "grandma" in mistake(run("replay", upright, "--baseline", "grandma"))


# Videos that show little


def replayed(tmp_path: Path, video: Path, *words: str) -> tuple[Result, list[dict[str, Any]]]:
    result = run("replay", video, "--samples", tmp_path / "samples.jsonl", *words)
    assert result.exit_code == 0, result.output
    return result, samples_of(tmp_path / "samples.jsonl")


def test_a_covered_lens_is_unknown_and_never_an_angle(tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    dark = [noise.integers(0, 6, (240, 320, 3), np.uint8) for _ in range(150)]
    result, samples = replayed(tmp_path, write_video(tmp_path / "dark.avi", dark))
    assert {s["reason"] for s in samples} == {"too dark"}
    assert {s["now"] for s in samples} == {"unknown"}
    assert samples[-1]["state"] == "unknown"
    assert all(s["forward_head_deg"] is None for s in samples)
    assert "No baseline: too dark" in result.stderr


def test_an_empty_room_is_away_and_never_an_angle(tmp_path: Path) -> None:
    empty = demo_pictures(94, 98)
    _, samples = replayed(tmp_path, write_video(tmp_path / "empty.avi", empty))
    assert all(s["forward_head_deg"] is None for s in samples)
    assert samples[-1]["state"] == "away"
    assert samples[-1]["reason"] == "nobody in view"


def test_a_cut_off_head_is_unknown_and_never_an_angle(tmp_path: Path) -> None:
    found = demo_pictures(1, 4)
    cut = [np.ascontiguousarray(picture[230:]) for picture in found]
    _, samples = replayed(tmp_path, write_video(tmp_path / "cut.avi", cut))
    assert all(s["forward_head_deg"] is None and s["reason"] for s in samples)
    assert {s["state"] for s in samples} <= {"unknown", "away"}


@pytest.mark.parametrize("shape", [(1, 1, 3), (480, 640, 3)])
def test_a_single_frame_is_read_and_gives_a_warning_not_a_traceback(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), np.full(shape, 128, np.uint8))
    result = run("measure", path)
    assert result.exit_code == 0
    assert "unknown" in result.output


def test_a_truncated_video_is_read_as_far_as_it_goes_with_a_warning(tmp_path: Path, upright: Path) -> None:
    cut = tmp_path / "cut.avi"
    content = upright.read_bytes()
    cut.write_bytes(content[: len(content) * 6 // 10])
    result, samples = replayed(tmp_path, cut, "--baseline-window", "0-2")
    assert samples[0]["state"] == "upright"
    assert "could be read" in result.stderr


def test_a_video_too_short_for_a_baseline_still_gives_its_samples(tmp_path: Path) -> None:
    video = write_video(tmp_path / "short.avi", demo_pictures(0, 1))
    result, samples = replayed(tmp_path, video)
    assert len(samples) == 5
    assert "at least 2 s" in result.stderr


# Replay


def test_an_upright_sitter_is_upright_with_an_error_and_no_alert(sat_upright: Replayed) -> None:
    result, samples = sat_upright.result, samples_of(sat_upright.samples)
    assert result.exit_code == 0, result.output
    assert len(samples) == 30
    assert {s["state"] for s in samples} == {"upright"}
    errors = [s["error_deg"] for s in samples]  # a head that has not moved is told best: fitted.json
    assert all(abs(s["forward_head_deg"]) < 5 for s in samples)
    assert all(1 <= error < 8 for error in errors)
    assert "upright" in result.output


def test_recorded_landmarks_replay_to_the_same_lines(tmp_path: Path, sat_upright: Replayed) -> None:
    second = tmp_path / "second.jsonl"
    assert run("replay", sat_upright.marks, "--baseline-window", "0-3", "--samples", second).exit_code == 0
    assert sat_upright.samples.read_text().splitlines()[1:] == second.read_text().splitlines()[1:]


def test_a_recording_of_samples_holds_no_landmarks_to_replay(sat_upright: Replayed) -> None:
    assert "holds no landmarks" in mistake(run("replay", sat_upright.samples))


def test_several_recordings_go_into_folders_and_a_bad_one_does_not_stop_the_rest(
    tmp_path: Path, sat_upright: Replayed
) -> None:
    (tmp_path / "bad.mp4").write_text("not a video")
    result = run("replay", tmp_path / "bad.mp4", sat_upright.marks, "--samples", tmp_path / "out", "--rate", "2")
    assert result.exit_code == 1
    assert "bad.mp4" in result.stderr
    assert len(samples_of(tmp_path / "out" / "marks.jsonl")) == 12


def test_several_jobs_make_the_same_recordings_as_one_and_keep_the_order(tmp_path: Path, sat_upright: Replayed) -> None:
    (tmp_path / "a-bad.mp4").write_text("not a video")
    files = [tmp_path / "a-bad.mp4", sat_upright.marks, sat_upright.marks]
    words = ("--rate", "2", "--baseline-window", "1-4", "--preset", "gentle")
    one = run("replay", *files, *words, "--samples", tmp_path / "one")
    two = run("replay", *files, *words, "--samples", tmp_path / "two", "--jobs", "2")
    assert (one.exit_code, two.exit_code) == (1, 1)
    assert "a-bad.mp4" in two.stderr
    assert two.stdout.count("longest hold") == 2
    names = ["2-marks.jsonl.jsonl", "3-marks.jsonl.jsonl"]
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_text() == (tmp_path / "two" / name).read_text()


def test_quiet_prints_nothing(sat_upright: Replayed) -> None:
    result = run("replay", sat_upright.marks, "--quiet", "--baseline-window", "0-3")
    assert (result.exit_code, result.output) == (0, "")


# Calibrate


def test_a_baseline_from_a_recording_is_kept_for_its_owner_and_used_by_name(
    tmp_path: Path, desk: Path, sat_upright: Replayed
) -> None:
    assert desk.stat().st_mode & 0o777 == 0o600
    assert desk.parent.stat().st_mode & 0o777 == 0o700
    keep(desk)
    _, samples = replayed(tmp_path, sat_upright.marks, "--baseline", "desk")
    used, own = (first_line(path)["baseline"]["place"] for path in (tmp_path / "samples.jsonl", sat_upright.samples))
    assert used == json.loads(desk.read_text())["place"] != own
    assert {s["state"] for s in samples} == {"upright"}


def test_a_measured_distance_tells_the_field_of_view(upright: Path) -> None:
    result = run("calibrate", "--video", upright, "--window", "0-4", "--distance-cm", "65")
    assert result.exit_code == 0, result.output
    told = float(result.output.split("field of view is ")[1].split("°")[0])
    assert 60 <= told <= 76  # rendered at 68° from 65 cm; the head's size is unknown by some per cent


def kept_as(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((config.data_folder() / "baselines" / f"{name}.json").read_text())
    return content


def first_line(path: Path) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(path.read_text().splitlines()[0])
    return line


FRONT, SIDE = landmarks(), landmarks(Sitter(body_turn_deg=90.0))
SLUMPED = landmarks(Sitter(cva_drop_deg=20.0))


def sitting(*segments: tuple[float, Landmarks]) -> list[Landmarks]:
    """Looks, five a second, at what is seen for so many seconds each."""
    seen = [found for seconds, found in segments for _ in range(round(seconds * 5))]
    return [replace(found, t_s=round(number / 5, 3)) for number, found in enumerate(seen)]


def calibrated_on(monkeypatch: pytest.MonkeyPatch, looks: list[Landmarks], *words: str) -> Result:
    monkeypatch.setattr(calibrating, "pictures", lambda *_: iter(()))
    monkeypatch.setattr(calibrating, "found", lambda *_: iter(looks))
    monkeypatch.setattr(replaying, "found", lambda *_: iter(looks))
    return run("calibrate", "--name", "desk", *words)


def test_a_measured_field_of_view_is_kept_with_its_error_and_used_unless_another_is_told(
    tmp_path: Path, upright: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calibrated_on(monkeypatch, sitting((12, FRONT)), "--distance-cm", "50").exit_code == 0
    kept = kept_as("desk")
    assert kept["hfov_deg"] > 75  # the figure's 70° from 65 cm would be more from 50 cm
    assert 3 < kept["hfov_error_deg"] < 6
    samples = tmp_path / "s.jsonl"
    words = ("replay", upright, "--baseline", "desk", "--rate", "2", "--samples", samples)
    assert run(*words).exit_code == 0
    assert first_line(samples)["hfov_deg"] == first_line(samples)["baseline"]["hfov_deg"] == kept["hfov_deg"]
    near_cm = samples_of(samples)[-1]["distance_cm"]
    assert 50 < near_cm < 62  # to the ears
    assert run(*words, "--hfov", "60").exit_code == 0
    assert first_line(samples)["hfov_deg"] == first_line(samples)["baseline"]["hfov_deg"] == 60
    assert samples_of(samples)[-1]["distance_cm"] > 1.3 * near_cm
    assert samples_of(samples)[-1]["state"] == "upright"


def test_a_recording_of_landmarks_is_replayed_with_the_field_of_view_that_is_told(
    tmp_path: Path, upright: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calibrated_on(monkeypatch, sitting((12, FRONT)), "--distance-cm", "50").exit_code == 0
    marks, samples = tmp_path / "marks.jsonl", tmp_path / "s.jsonl"
    assert run("replay", upright, "--baseline", "desk", "--rate", "2", "--landmarks", marks).exit_code == 0
    assert run("replay", marks, "--samples", samples).exit_code == 0
    assert first_line(samples)["hfov_deg"] == kept_as("desk")["hfov_deg"]
    near_cm = samples_of(samples)[-1]["distance_cm"]
    assert run("replay", marks, "--hfov", "60", "--samples", samples).exit_code == 0
    assert first_line(samples)["hfov_deg"] == 60
    assert samples_of(samples)[-1]["distance_cm"] > 1.3 * near_cm


def test_a_later_baseline_of_the_camera_takes_the_measured_field_of_view_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calibrated_on(monkeypatch, sitting((12, FRONT))).exit_code == 0
    assert (kept_as("desk")["hfov_deg"], kept_as("desk")["hfov_error_deg"]) == (68.0, None)
    assert calibrated_on(monkeypatch, sitting((12, FRONT)), "--distance-cm", "50").exit_code == 0
    measured = kept_as("desk")
    result = calibrated_on(monkeypatch, sitting((12, FRONT)))
    assert f"field of view is {measured['hfov_deg']:.1f}° ±" in result.output
    again = kept_as("desk")
    assert (again["hfov_deg"], again["hfov_error_deg"]) == (measured["hfov_deg"], measured["hfov_error_deg"])
    assert again["front"]["depth_mm"] == pytest.approx(measured["front"]["depth_mm"], rel=0.001)


@pytest.mark.parametrize("words", [(), ("--calibrate",)], ids=["kept", "captured anew"])
def test_watch_uses_the_measured_field_of_view_and_keeps_it_when_it_captures_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(calibrating, "pictures", lambda *_: iter(()))
    monkeypatch.setattr(calibrating, "found", lambda *_: iter(sitting((12, FRONT))))
    monkeypatch.setattr(watching, "pictures", lambda *_: iter(()))
    monkeypatch.setattr(Day, "looks", lambda *_: iter(sitting((12, FRONT))))
    assert run("calibrate", "--distance-cm", "50").exit_code == 0
    measured = kept_as("camera-0-640x480")
    assert measured["hfov_error_deg"] is not None
    samples = tmp_path / "s.jsonl"
    assert run("watch", "--samples", samples, *words).exit_code == 0
    assert (first_line(samples)["baseline"] is None) == bool(words)  # none yet when it is captured anew
    assert first_line(samples)["hfov_deg"] == measured["hfov_deg"]
    assert samples_of(samples)[-1]["state"] == "upright"
    assert samples_of(samples)[-1]["distance_cm"] == pytest.approx(50, abs=12)
    again = kept_as("camera-0-640x480")
    assert (again["hfov_deg"], again["hfov_error_deg"]) == (measured["hfov_deg"], measured["hfov_error_deg"])


def test_a_distance_that_gives_no_webcams_field_of_view_says_what_to_try_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = mistake(calibrated_on(monkeypatch, sitting((12, FRONT)), "--distance-cm", "190"))
    assert "no webcam has" in line
    assert "try again" in line
    assert not (config.data_folder() / "baselines").exists()


@pytest.mark.parametrize("distance", ["24.9", "200.5", "nan", "inf", "-60"])
def test_a_distance_that_cannot_be_is_refused_before_the_camera_is_opened(distance: str) -> None:
    result = run("calibrate", "--distance-cm", distance)
    assert result.exit_code == 2
    assert "25 to 200" in result.output


# Calibrate from the side too


def test_the_upright_angle_from_the_side_is_asked_for_told_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    result = calibrated_on(monkeypatch, sitting((15, FRONT), (5, SIDE)), "--side")
    assert result.exit_code == 0, result.output
    assert "turn your chair by 90°, to either side" in result.output
    kept = kept_as("desk")
    assert kept["view"] == "front"
    assert kept["upright_ear_shoulder_deg"] == pytest.approx(11, abs=2)  # the figure's own: atan(36 mm / 190 mm)
    assert f"from shoulder to ear tips {kept['upright_ear_shoulder_deg']:+.0f}° ± 8° forward" in result.output


def test_without_being_asked_nothing_waits_for_a_side(monkeypatch: pytest.MonkeyPatch) -> None:
    result = calibrated_on(monkeypatch, sitting((15, FRONT), (5, SIDE)))
    assert "turn your chair" not in result.output
    assert kept_as("desk")["upright_ear_shoulder_deg"] is None


def test_who_does_not_turn_is_told_so_kindly_and_keeps_the_baseline_from_the_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = calibrated_on(monkeypatch, sitting((60, FRONT)), "--side")
    assert result.exit_code == 0
    assert "not seen for long enough within 30 s" in result.stderr
    assert "the baseline from the front is kept" in result.stderr
    assert (kept_as("desk")["view"], kept_as("desk")["upright_ear_shoulder_deg"]) == ("front", None)


def test_the_baseline_from_the_front_is_kept_already_while_the_side_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(calibrating, "upright_from_the_side", ended)
    assert calibrated_on(monkeypatch, sitting((15, FRONT)), "--side").exit_code == 130
    assert kept_as("desk")["view"] == "front"


def test_a_camera_at_the_side_needs_no_second_step(monkeypatch: pytest.MonkeyPatch) -> None:
    result = calibrated_on(monkeypatch, sitting((15, SIDE)), "--side")
    assert result.exit_code == 0
    assert "turn your chair" not in result.output
    assert "° forward" in result.output


def test_distance_and_side_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    result = calibrated_on(monkeypatch, sitting((12, FRONT), (5, SIDE)), "--side", "--distance-cm", "60")
    assert result.exit_code == 0, result.output
    assert kept_as("desk")["hfov_error_deg"] is not None
    assert kept_as("desk")["upright_ear_shoulder_deg"] is not None


def test_measure_tells_the_absolute_angle_of_a_kept_baseline(
    monkeypatch: pytest.MonkeyPatch, pictures: tuple[Path, Path]
) -> None:
    assert calibrated_on(monkeypatch, sitting((12, FRONT), (5, SIDE)), "--side").exit_code == 0
    monkeypatch.setattr(measuring, "_look", lambda *_: SLUMPED)
    line = json.loads(run("measure", "--baseline", "desk", pictures[1], "--json").stdout)
    assert line["forward_head_deg"] == pytest.approx(20, abs=3)
    upright = kept_as("desk")["upright_ear_shoulder_deg"]
    assert line["ear_shoulder_deg"] == pytest.approx(upright + line["forward_head_deg"] / 1.45, abs=0.01)
    other = json.loads(run("measure", "--baseline", "desk", "--hfov", "100", pictures[1], "--json").stdout)
    assert other["distance_cm"] < 0.7 * line["distance_cm"]


def test_a_cameras_password_is_in_no_file_and_no_file_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "pictures", lambda *_: iter(()))
    monkeypatch.setattr(calibrating, "found", lambda *_: iter(sitting((12, FRONT))))
    assert run("calibrate", "--camera", "rtsp://me:secret@desk.example/1", "--window", "0-4").exit_code == 0
    (kept,) = (config.data_folder() / "baselines").glob("*.json")
    assert kept.name == "camera-rtsp-desk-example-1-640x480.json"
    assert "secret" not in kept.read_text()


def test_a_name_that_leaves_the_folder_is_refused(upright: Path) -> None:
    assert "can't name a baseline" in mistake(run("calibrate", "--video", upright, "--name", "../../evil"))


def test_a_recording_without_anybody_gives_no_baseline_but_what_to_change(tmp_path: Path) -> None:
    noise = np.random.default_rng(2)
    dark = [noise.integers(0, 6, (240, 320, 3), np.uint8) for _ in range(50)]
    line = mistake(run("calibrate", "--video", write_video(tmp_path / "dark.avi", dark), "--window", "0-4"))
    assert "too dark" in line
    assert "Switch on a light" in line


# Measure


def test_measure_prints_a_line_for_each_picture_in_order(pictures: tuple[Path, Path]) -> None:
    upright, forward = pictures
    result = run("measure", "--baseline-image", upright, forward, upright, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["image"] for line in lines] == [str(forward), str(upright)]
    assert lines[0]["state"] == lines[0]["now"] == "forward_head"
    assert 12 < lines[0]["forward_head_deg"] < 30
    assert lines[1]["state"] == "upright"
    assert lines[1]["severity"] < 0.3
    assert set(lines[0]) == {"image", *measuring.MEASURED}


def test_an_unreadable_picture_gets_its_line_and_exit_code_1(tmp_path: Path, pictures: tuple[Path, Path]) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    result = run("measure", pictures[0], tmp_path / "bad.jpg", pictures[1], "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert len(lines) == 3
    assert "bad.jpg" in lines[1]["reason"]
    assert lines[1]["forward_head_deg"] is None


def test_without_a_baseline_a_front_picture_has_no_angle(pictures: tuple[Path, Path]) -> None:
    line = json.loads(run("measure", pictures[1], "--json").stdout)
    assert (line["forward_head_deg"], line["state"], line["reason"]) == (None, "unknown", "no baseline")


def test_a_baseline_picture_of_nobody_is_a_mistake(tmp_path: Path, pictures: tuple[Path, Path]) -> None:
    grey = np.random.default_rng(3).integers(90, 160, (480, 640, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "wall.png"), grey)
    assert "No baseline" in mistake(run("measure", "--baseline-image", tmp_path / "wall.png", pictures[0]))


# Exercises and doctor


def test_the_catalogue_is_listed_and_each_exercise_printed() -> None:
    listed = run("exercises").output
    for entry in exercises.load():
        assert entry.id in listed
        text = run("exercises", entry.id).output
        assert all(step.text.split()[0] in text for step in entry.steps)


def test_an_unknown_exercise_suggests_the_nearest() -> None:
    assert "alternate-head-turns" in mistake(run("exercises", "alternate-head-turn"))


def test_the_page_for_pain_is_printed_and_json_holds_all_fields() -> None:
    assert "doctor" in run("exercises", "hurts").output
    entry = json.loads(run("exercises", "self-massage", "--json").stdout)
    assert {"id", "name", "steps", "dose", "safety", "source"} <= set(entry)


def test_doctor_says_what_works_and_what_to_do() -> None:
    lines = json.loads(run("doctor", "--json").stdout)
    by_name = {line["name"]: line for line in lines}
    assert by_name["models"]["level"] == "ok"
    assert str(config.default_path()) in by_name["settings"]["text"]
    assert {line["level"] for line in lines} <= {"ok", "warning", "error"}


def test_doctor_ends_with_1_on_settings_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[watch]\nrate_hz = 500\n")
    result = run("doctor", "--settings", tmp_path / "s.toml")
    assert result.exit_code == 1
    assert "rate_hz" in result.output


# Watch, interrupted


def started(tmp_path: Path, video: Path, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "posturewatch", "watch", "--camera", str(video), "--loop", "--rate", "5"]
    recording = ["--samples", str(tmp_path / "watch.jsonl"), "--landmarks", str(tmp_path / "marks.jsonl")]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [*command, *recording, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def wait_for_samples(path: Path, number: int) -> None:
    wait_for(lambda: path.exists() and path.read_text().count('"type":"sample"') >= number)


ENDINGS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(scope="module")
def ended(upright: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[signal.Signals, tuple[Path, int, str, str]]:
    """Of two that watched at the same time, as that is real time: folder, exit code, output and errors."""
    folders = {ending: tmp_path_factory.mktemp(ending.name) for ending in ENDINGS}
    begun = {}
    for ending, folder in folders.items():
        with pytest.MonkeyPatch.context() as patch:
            for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
                patch.setenv(name, str(folder / name.lower()))
            begun[ending] = started(folder, upright)
    found = {}
    for ending, process in begun.items():
        wait_for_samples(folders[ending] / "watch.jsonl", 52)
        process.send_signal(ending)
        out, err = process.communicate(timeout=30)
        found[ending] = (folders[ending], process.returncode, out, err)
    return found


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_watch_that_is_ended_has_saved_everything(
    ended: dict[signal.Signals, tuple[Path, int, str, str]], ending: signal.Signals
) -> None:
    folder, code, out, err = ended[ending]
    assert code == 130, err
    assert "longest hold" in out
    assert "Traceback" not in err
    assert all(json.loads(line) for line in (folder / "watch.jsonl").read_text().splitlines())
    kept = list((folder / "xdg_data_home" / "posturewatch" / "baselines").glob("*.json"))
    assert len(kept) == 1  # the baseline it captured at its start
    again = folder / "again.jsonl"
    assert run("replay", folder / "marks.jsonl", "--samples", again).exit_code == 0
    live, replayed = ((path.read_text().splitlines())[1:] for path in (folder / "watch.jsonl", again))
    assert live == replayed[: len(live)]  # the look under way at the end is in the landmarks alone


@pytest.mark.parametrize("after_s", [0.1, 0.3, 0.8, 3.0])
def test_ctrl_c_at_any_moment_ends_with_130_and_without_a_traceback(tmp_path: Path, after_s: float) -> None:
    said = tmp_path / "err.txt"
    command = [sys.executable, "-X", "importtime", "-m", "posturewatch", "replay", str(DEMO), "--rate", "30"]
    with said.open("w") as err:
        process = subprocess.Popen([*command, "--samples", str(tmp_path / "s.jsonl")], stdout=err, stderr=err)
    wait_for(lambda: "posturewatch.errors" in said.read_text())  # before that, Python itself is still starting
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert "Traceback" not in said.read_text()


def test_ctrl_c_while_a_dataclass_is_being_defined_still_ends_with_our_exit_code(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(
        "import os, signal, sys\n"
        "from posturewatch import __main__ as start\n"
        "signal.signal(signal.SIGINT, start._end)\n"
        "try:\n"
        "    exec('os.kill(os.getpid(), signal.SIGINT); sum(range(9))')\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    assert subprocess.run([sys.executable, "-m", "late"], cwd=tmp_path).returncode == 130  # a plain one: -2


def test_watch_keeps_a_history_and_an_exercise_done_elsewhere_meanwhile_takes_the_dose_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = {look.t_s: look for look in sitting((12, FRONT), (58, SLUMPED))}

    def pictures() -> Iterator[Frame]:
        for t_s in looks:
            if t_s == 50.0:  # 38 s forward; the coach, another process, writes into the history
                kept_history().exercise_done("alternate-head-turns", True, {"left": 5, "right": 5}, NOON)
            yield Frame(t_s, np.zeros((480, 640, 3), np.uint8), None)

    monkeypatch.setattr(watching, "pictures", lambda *_: pictures())
    monkeypatch.setattr(Finder, "find", lambda _self, frame: looks[frame.t_s])
    assert (
        run("watch", "--calibrate", "--preset", "strict", "--rate", "5", "--samples", tmp_path / "s.jsonl").exit_code
        == 0
    )
    dose = {sample["t_s"]: sample["dose"] for sample in samples_of(tmp_path / "s.jsonl")}
    assert dose[49.8] == pytest.approx(37.8 / 45, abs=0.02)  # strict: 45 s
    assert dose[56.0] < 0.15
    history = kept_history()
    assert sum(sum(minute.seconds.values()) for minute in history.minutes()) == pytest.approx(69.8, abs=0.3)
    assert [row["after"] for row in history.rows("transitions")] == ["forward_head"]
    assert [row["level"] for row in history.rows("alerts")] == [1]


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def kept_history() -> History:
    return History.open(config.data_folder() / "history.sqlite")[0]


def test_a_second_watch_takes_the_kept_baseline_at_once_and_keeps_the_earlier_recording(
    tmp_path: Path, upright: Path, desk: Path
) -> None:
    keep(desk)
    (tmp_path / "watch.jsonl").write_text('{"type":"session","version":1}\n')
    process = started(tmp_path, upright)
    started_s = time.monotonic()
    wait_for(lambda: (tmp_path / "watch.jsonl.bak").exists())
    wait_for_samples(tmp_path / "watch.jsonl", 3)
    assert time.monotonic() - started_s < 30  # a benchmark tells the seconds; here only that it doesn't calibrate
    process.kill()
    process.communicate(timeout=30)
    lines = (tmp_path / "watch.jsonl").read_text().splitlines()
    whole = [json.loads(line) for line in lines[:-1]]  # killed without warning: every whole line can be read
    assert whole[0]["baseline"]["view"] == "front"
    assert whole[1]["state"] == "upright"
    assert whole[1]["forward_head_deg"] is not None
