"""Runs commands as a person types them, without a process of their own."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from typer.testing import CliRunner, Result

from posturewatch import cli

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
