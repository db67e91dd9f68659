"""The command `calibrate`: the baseline, its field of view, the side, and what is kept."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import (
    Replayed,
    first_line,
    keep,
    mistake,
    replayed,
    run,
    samples_of,
    sitting,
    write_video,
)
from figures import Sitter, landmarks
from typer.testing import Result

from posturewatch import config
from posturewatch.commands import calibrating, measuring, replaying, watching
from posturewatch.commands.day import Day
from posturewatch.landmarks import Landmarks


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


FRONT, SIDE = landmarks(), landmarks(Sitter(body_turn_deg=90.0))
SLUMPED = landmarks(Sitter(cva_drop_deg=20.0))


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


def test_before_a_camera_aslant_the_side_is_asked_for_and_its_angle_told(monkeypatch: pytest.MonkeyPatch) -> None:
    aslant = landmarks(Sitter(body_turn_deg=40))
    result = calibrated_on(monkeypatch, sitting((15, aslant), (5, SIDE)), "--side")
    assert "turn your chair" in result.output
    told = kept_as("desk")["upright_ear_shoulder_deg"]
    assert told == pytest.approx(11, abs=2)
    assert f"from shoulder to ear tips {told:+.0f}° ± 8° forward" in result.output


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
