"""What tests start from: no settings or data of the person who runs them, and what was once recorded of the demo."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands import Replayed


# Longest first: begun last, one of them would keep a single process busy while the others have nothing left to do
LONGEST = ("demo", "day", "fit", "footage", "privacy", "watching", "held", "coach", "rendered")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with the longest tests come first (and `--no-loadscope-reorder` leaves them there)."""
    first = [f"test_{name}.py" for name in LONGEST]
    items.sort(key=lambda item: first.index(item.path.name) if item.path.name in first else len(first))


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data live in the test's own folder."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


# Imported where they are used: `commands` loads the whole program, and most tests need a part of it


@pytest.fixture(scope="session")
def upright(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of the demo's person, upright, as a video."""
    from commands import demo_pictures, write_video

    return write_video(tmp_path_factory.mktemp("videos") / "upright.avi", demo_pictures(0, 6))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Pictures of the demo's person, upright and with the head forward."""
    import cv2
    from commands import demo_pictures

    folder = tmp_path_factory.mktemp("pictures")
    for name, at_s in (("upright.png", 5.0), ("forward.png", 40.0)):
        cv2.imwrite(str(folder / name), demo_pictures(at_s, at_s + 0.15)[0])
    return folder / "upright.png", folder / "forward.png"


@pytest.fixture(scope="session")
def sat_upright(upright: Path) -> "Replayed":
    """`replay` of the upright sitter, baseline from its first 3 s."""
    from commands import Replayed, run

    first, marks = upright.with_name("first.jsonl"), upright.with_name("marks.jsonl")
    words = ("replay", upright, "--baseline-window", "0-3")
    return Replayed(run(*words, "--samples", first, "--landmarks", marks), first, marks)


@pytest.fixture(scope="session")
def desk(upright: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a baseline that `calibrate` has kept of the upright sitter under the name desk."""
    from commands import run

    from posturewatch import config

    folder = tmp_path_factory.mktemp("calibrated")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
            patch.setenv(name, str(folder / name.lower()))
        result = run("calibrate", "--video", upright, "--window", "0-4", "--name", "desk")
        assert result.exit_code == 0, result.output
        return config.data_folder() / "baselines" / "desk.json"
