"""Runs commands as a person types them, without a process of their own."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from typer.testing import CliRunner, Result

from posturewatch import cli, config
from posturewatch.landmarks import Landmarks

DEMO = Path(cli.__file__).parent / "demo.mp4"


def run(*words: object) -> Result:
    """The command's exit code, output and errors."""
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def mistake(result: Result) -> str:
    """The one line of a user's mistake."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("posturewatch: ")
    return lines[0]


def write_video(path: Path, pictures: list[np.ndarray[Any, Any]], fps: float = 10.0) -> Path:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


def demo_pictures(start_s: float, end_s: float) -> list[np.ndarray[Any, Any]]:
    """Frames of the demo's rendered person, ten a second, BGR."""
    capture = cv2.VideoCapture(str(DEMO))
    found = []
    for number in range(round(end_s * 10)):
        assert capture.grab()
        if number >= round(start_s * 10):
            found.append(capture.retrieve()[1])
    return found


def samples_of(path: Path) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, path.read_text().splitlines()) if line["type"] == "sample"]


@dataclass(frozen=True)
class Replayed:
    """`replay` of the upright sitter, baseline from its first 3 s: what it printed and recorded."""

    result: Result
    samples: Path
    marks: Path


def keep(baseline: Path) -> None:
    """Have this baseline kept in the test's own folder."""
    folder = config.data_folder() / "baselines"
    folder.mkdir(parents=True)
    shutil.copy(baseline, folder)


def replayed(tmp_path: Path, video: Path, *words: str) -> tuple[Result, list[dict[str, Any]]]:
    result = run("replay", video, "--samples", tmp_path / "samples.jsonl", *words)
    assert result.exit_code == 0, result.output
    return result, samples_of(tmp_path / "samples.jsonl")


def first_line(path: Path) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(path.read_text().splitlines()[0])
    return line


def sitting(*segments: tuple[float, Landmarks]) -> list[Landmarks]:
    """Looks, five a second, at what is seen for so many seconds each."""
    seen = [found for seconds, found in segments for _ in range(round(seconds * 5))]
    return [replace(found, t_s=round(number / 5, 3)) for number, found in enumerate(seen)]
