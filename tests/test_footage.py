"""The whole program on real footage; what it shows is described where it came from (POSTUREWATCH_MEDIA/SOURCES.md)."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from posturewatch import cli
from posturewatch.commands import measuring
from posturewatch.landmarks import Finder, Landmarks

MEDIA = Path(os.environ.get("POSTUREWATCH_MEDIA", ""))
pytestmark = pytest.mark.skipif(
    not (MEDIA / "front_clips").is_dir(), reason="real footage is not in POSTUREWATCH_MEDIA"
)


def replay(tmp_path: Path, clip: str, window: str = "0-10", rate_hz: int = 5) -> list[dict[str, Any]]:
    path = tmp_path / "samples.jsonl"
    words = ["replay", str(MEDIA / clip), "--baseline-window", window, "--samples", str(path), "--quiet"]
    words += ["--rate", str(rate_hz)]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def now_in(samples: list[dict[str, Any]], start_s: float, end_s: float) -> list[str]:
    return [line["now"] for line in samples if line["type"] == "sample" and start_s <= line["t_s"] <= end_s]


def share(found: list[str], wanted: str) -> float:
    return found.count(wanted) / len(found)


def test_from_the_side_upright_and_forward_head_are_told_apart_after_two_seconds_of_baseline(tmp_path: Path) -> None:
    samples = replay(tmp_path, "side_clips/upright_to_forward_head.mp4", "2.6-4.6")
    assert {line["view"] for line in samples} == {"side"}
    assert share(now_in(samples, 0.0, 1.2), "upright") >= 0.9
    assert share(now_in(samples, 2.6, 4.6), "upright") >= 0.9
    assert share(now_in(samples, 5.3, 6.4), "forward_head") >= 0.9
    forward = [line["ear_shoulder_deg"] for line in samples if line["t_s"] > 5.4]
    assert 33 <= np.median(forward) <= 38  # measured by hand in the source


def test_a_still_sitter_is_upright_without_an_alert_and_with_little_jitter(tmp_path: Path) -> None:
    samples = replay(tmp_path, "front_clips/center_focus.mp4", "0-2")
    assert share([line["state"] for line in samples], "upright") == 1.0
    assert {line["type"] for line in samples} == {"sample"}
    assert np.std([line["forward_head_deg"] for line in samples]) <= 1.5


def test_empty_stretches_are_away_and_a_person_walking_through_has_no_angle(tmp_path: Path) -> None:
    samples = replay(tmp_path, "people/absent_and_passing.mp4", rate_hz=1)
    assert all(line.get("forward_head_deg") is None for line in samples)
    assert share(now_in(samples, 0.0, 6.0), "away") >= 0.9
    assert share(now_in(samples, 45.6, 50.0), "away") >= 0.9
    assert all(line["reason"] for line in samples if line["type"] == "sample")


def test_slouching_ranks_above_sitting_upright_whichever_upright_picture_is_the_baseline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: dict[Path, Landmarks] = {}
    look = measuring._look

    def once(image: Path, eyes: Finder) -> Landmarks:
        """Each shows one person, so that whose baseline it is makes no difference to what is found."""
        if image not in found:
            found[image] = look(image, eyes)
        return found[image]

    monkeypatch.setattr(measuring, "_look", once)
    folder = MEDIA / "front_webcam_labelled"
    upright, slouching = (sorted((folder / name).glob("*.jpg")) for name in ("upright", "slouching"))
    for baseline in upright[::5]:
        others = [picture for picture in upright if picture != baseline]
        words = ["measure", "--json", "--baseline-image", str(baseline), *map(str, [*others, *slouching])]
        lines = [json.loads(line) for line in CliRunner().invoke(cli.app, words).stdout.splitlines()]
        severity = [line["severity"] for line in lines]
        assert None not in severity
        sat, slouched = np.array(severity[: len(others)]), np.array(severity[len(others) :])
        assert (slouched[:, None] > sat[None, :]).mean() >= 0.98  # the ROC area
