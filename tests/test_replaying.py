"""The command `replay`: what a recording comes to, whatever little it shows, and the same each time."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from commands import Replayed, demo_pictures, mistake, replayed, run, samples_of, write_video


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
