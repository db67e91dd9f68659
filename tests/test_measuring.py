"""The command `measure`: a line for each picture."""

import json
from pathlib import Path

import cv2
import numpy as np
from commands import mistake, run

from posturewatch.commands import measuring


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
