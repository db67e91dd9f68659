"""The command `replay`: recordings through the same pipeline as `watch`, as fast as it can."""

import contextlib
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from posturewatch import baseline as baselines
from posturewatch import config, frames
from posturewatch.baseline import Baseline
from posturewatch.coaching.catalogue import Catalogue
from posturewatch.commands import practice, terminal
from posturewatch.commands.display import Show, outputs_for
from posturewatch.commands.options import (
    REPLAY_HZ,
    Hfov,
    KeptBaseline,
    Marks,
    Preset,
    Quietly,
    Rate,
    Samples,
    SettingsFile,
    found,
    kept_as,
    make_folder,
    option,
    read_settings,
    window_of,
)
from posturewatch.commands.running import Session
from posturewatch.commands.shell import command, complain, err, out, say, warn
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import lens
from posturewatch.estimate.capture import Startup, Window
from posturewatch.files.record import Outputs
from posturewatch.files.replay import read_landmarks, read_session
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.session import Summary

VIDEOS = {".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".gif", ".mpg", ".mpeg", ".ogv", ".wmv"}

Places = tuple[Path | None, Path | None]  # where one recording's samples and landmarks go


@command("posturewatch replay recording.mp4 --baseline-window 0-10 --samples samples.jsonl")
def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE|DIR...", help="Videos, landmark recordings, folders.")],
    window: Annotated[str | None, option("--baseline-window", "S-S", "Seconds of upright sitting. Default 0-10.")] = (
        None
    ),
    baseline: KeptBaseline = None,
    hfov: Hfov = None,
    rate: Rate = None,
    preset: Preset = None,
    samples: Samples = None,
    marks: Marks = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, metavar="N", help="Recordings at the same time.")] = 1,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Put recordings through the same pipeline as `watch`, as fast as it can.

    With several, --samples and --landmarks name folders.
    """
    if window is not None and baseline is not None:
        raise typer.BadParameter("--baseline-window and --baseline exclude each other.")
    chosen = read_settings(settings, preset, hfov)
    start = Window(*window_of(window)) if window is not None else None if baseline is None else kept_as(baseline, hfov)
    paths = _recordings(files)
    places = _places(paths, samples, marks)
    if jobs > 1 and len(paths) > 1:
        options = {"--baseline-window": window, "--baseline": baseline, "--hfov": hfov, "--rate": rate}
        return _side_by_side(paths, places, {**options, "--preset": preset, "--settings": settings}, jobs, quiet)
    return _one_by_one(paths, places, _Replay(start, chosen, hfov, rate, practice.own(), quiet))


def _one_by_one(paths: list[Path], places: list[Places], each: "_Replay") -> int:
    code = 0
    for path, place in zip(paths, places, strict=True):
        try:
            with contextlib.closing(outputs_for(*place)) as outputs:
                result = each.summary(path, outputs)
            say(terminal.summary(result, str(path)), each.quiet)
        except PosturewatchError as error:
            if len(paths) == 1:
                raise
            complain(error)
            code = 1
    return code


def _side_by_side(
    paths: list[Path], places: list[Places], options: Mapping[str, object], jobs: int, quiet: bool
) -> int:
    """Replay each recording in a process of its own, `jobs` at a time; what they say comes in the recordings' order."""

    def replay_one(path: Path, place: Places) -> "subprocess.CompletedProcess[str]":
        given = {**options, "--samples": place[0], "--landmarks": place[1]}
        words = [word for name, value in given.items() if value is not None for word in (name, str(value))]
        program = [sys.executable, "-m", "posturewatch", "replay", *words, *(["--quiet"] if quiet else [])]
        return subprocess.run(  # noqa: S603 - our own program, and words that no shell reads
            [*program, "--", str(path)], capture_output=True, text=True, check=False
        )

    code = 0
    with ThreadPoolExecutor(jobs) as pool:
        for done in pool.map(replay_one, paths, places):
            for console, said in ((out, done.stdout), (err, done.stderr)):
                if said:
                    console.print(Text(said.rstrip("\n")))
            code = max(code, done.returncode)
    return code


@dataclass(frozen=True, slots=True)
class _Replay:
    """How each recording is replayed; where start, hfov_deg or rate_hz is None, as the recording says."""

    start: Baseline | Window | None
    chosen: Settings
    hfov_deg: float | None
    rate_hz: float | None
    catalogue: Catalogue
    quiet: bool

    def summary(self, path: Path, outputs: Outputs) -> Summary:
        """What a video or a recording of landmarks came to."""
        return (self._landmarks if path.suffix == ".jsonl" else self._video)(path, outputs)

    def _landmarks(self, path: Path, outputs: Outputs) -> Summary:
        recorded = read_session(path)
        chosen = config.with_hfov(self.chosen, self.hfov_deg or recorded.hfov_deg)
        kept = None
        if recorded.baseline is not None and "front" in recorded.baseline:  # a samples file has its outline alone
            kept = baselines.checked(recorded.baseline, path)
            kept = kept if self.hfov_deg is None else lens.with_hfov(kept, self.hfov_deg)
        run = Session(
            chosen,
            recorded.source,
            self.rate_hz or recorded.rate_hz,
            outputs,
            Show(chosen, path.name, self.quiet),
            catalogue=self.catalogue,
            recent=recorded.recent,
            governed=recorded.governed,
        )
        begun = Startup(kept) if recorded.live else kept or Window()
        run.run(read_landmarks(path, warn), self.start or begun)
        return run.summary

    def _video(self, path: Path, outputs: Outputs) -> Summary:
        chosen, rate_hz = self.chosen, self.rate_hz or REPLAY_HZ
        show = Show(chosen, path.name, self.quiet)
        with Finder(stream=True) as eyes:
            run = Session(chosen, path.name, rate_hz, outputs, show, eyes, catalogue=self.catalogue)
            stream = frames.read_video(path, rate_hz, warn, chosen.camera.mirror)
            run.run(_with_progress(found(stream, eyes), path, self.quiet), self.start or Window())
        return run.summary


def _with_progress(looks: Iterable[Landmarks], path: Path, quiet: bool) -> Iterator[Landmarks]:
    """The looks, with a bar on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    length_s = frames.video_length_s(path)
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(Text(path.name).markup, total=length_s)
        for look in looks:
            bar.update(task, completed=look.t_s)
            yield look


def _recordings(files: list[Path]) -> list[Path]:
    """The files themselves, and what folders among them hold."""
    paths: list[Path] = []
    for file in files:
        if not file.is_dir():
            paths.append(file)
            continue
        inside = sorted(p for p in file.iterdir() if p.suffix.lower() in VIDEOS | {".jsonl"} and p.is_file())
        if not inside:
            raise PosturewatchError(f"The folder {file} holds no recording. Name the videos themselves.")
        paths += inside
    return paths


def _places(paths: list[Path], samples: Path | None, marks: Path | None) -> list[Places]:
    """Where each one's recordings go; of several, into folders, which are made."""
    if len(paths) == 1:
        return [(samples, marks)]
    for folder in (samples, marks):
        if folder is not None:
            make_folder(folder)
    return [(samples and samples / name, marks and marks / name) for name in _names(paths)]


def _names(paths: list[Path]) -> list[str]:
    """A name for each one's recording, the file's own where that is the only one."""
    stems = [path.stem for path in paths]
    return [
        f"{path.stem}.jsonl" if stems.count(path.stem) == 1 else f"{number}-{path.name}.jsonl"
        for number, path in enumerate(paths, 1)
    ]
