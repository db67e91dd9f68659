"""The commands: plain values in, exit code out; all printing happens here."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from posturewatch import baseline as baselines
from posturewatch import chain, config, exercises, features, frames, posture
from posturewatch import session as sessions
from posturewatch.baseline import Baseline
from posturewatch.coaching.catalogue import Catalogue
from posturewatch.commands import doctor as checks
from posturewatch.commands import practice, terminal
from posturewatch.commands.controls import status as status
from posturewatch.commands.display import Show, outputs_for
from posturewatch.commands.running import Session
from posturewatch.commands.shell import (
    AsJson,
    CameraName,
    Hfov,
    KeptBaseline,
    Marks,
    Preset,
    Quietly,
    Rate,
    Samples,
    SettingsFile,
    command,
    err,
    found,
    make_folder,
    option,
    out,
    pictures,
    read_settings,
    say,
    screen,
    warn,
)
from posturewatch.commands.shell import app as app
from posturewatch.commands.upkeep import forget as forget
from posturewatch.commands.watching import watch as watch
from posturewatch.config import Settings
from posturewatch.errors import PosturewatchError
from posturewatch.estimate import lens, steady
from posturewatch.estimate.sideways import SIDE_WAIT_S, upright_from_the_side
from posturewatch.files import whole
from posturewatch.frames import Frame, Pace
from posturewatch.landmarks import Finder, Landmarks
from posturewatch.monitor import (
    Calibrating,
    Failed,
    Monitor,
    Started,
    Startup,
    Window,
)
from posturewatch.session import Outputs, Summary

REPLAY_HZ = 5.0  # DESIGN part 2
VIDEOS = {".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".gif", ".mpg", ".mpeg", ".ogv", ".wmv"}
COUNTDOWN_S = 3  # chosen: time to sit up

# What demo, calibrate, watch and replay share


def _window(text: str) -> tuple[float, float]:
    """`0-10` in seconds."""
    wrong = typer.BadParameter(f"{text!r} is not a window of {baselines.LEAST_WINDOW_S:.0f} s or more, such as 0-10.")
    try:
        start_s, end_s = (float(part) for part in text.split("-"))
    except ValueError:
        raise wrong from None
    if not (0 <= start_s < 1e6 and baselines.LEAST_WINDOW_S - 1e-6 <= end_s - start_s < 1e6):
        raise wrong
    return start_s, end_s


# Commands


@command("posturewatch demo --out demo-out")
def demo(
    folder: Annotated[Path | None, option("--out", "DIR", "Write samples.jsonl and summary.json here.")] = None,
    speed: Annotated[float | None, option("--speed", "N", "Times real time.", 0.1, 1000)] = None,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Play the bundled recording through the whole pipeline: alerts, exercise, summary. Needs no camera.

    Plays in real time on a terminal, elsewhere as fast as it can.
    """
    chosen = read_settings(settings, preset="strict")
    if folder is not None:
        make_folder(folder)
    outputs = outputs_for(folder / "samples.jsonl" if folder else None, None)
    shown = out.is_terminal and not quiet
    with (
        resources.as_file(resources.files("posturewatch").joinpath("demo.mp4")) as path,
        contextlib.closing(outputs),
        Finder(stream=True) as eyes,
        screen(shown) as view,
    ):
        run = Session(chosen, path.name, REPLAY_HZ, outputs, Show(chosen, "demo", quiet, view), eyes)
        run.run(found(_paced(path, speed or (1.0 if shown else None)), eyes), Window())
    if folder is not None:
        _write_json(folder / "summary.json", run.summary.as_dict())
    say(terminal.summary(run.summary, "Demo: a rendered person at a desk, preset strict"), quiet)
    for wanted in dict.fromkeys(run.summary.exercises):
        say(Text("\n" + exercises.text(exercises.by_id(exercises.load(), wanted))), quiet)
    return 0


def _paced(path: Path, speed: float | None) -> Iterator[Frame]:
    if speed is None:
        return frames.read_video(path, REPLAY_HZ, warn)
    return frames.play(
        path,
        Pace(REPLAY_HZ),
        warn,
        clock=lambda: time.monotonic() * speed,
        sleep=lambda wait_s: time.sleep(wait_s / speed),
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    try:
        whole.write(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise PosturewatchError(f"Cannot write {path}: {error.strerror}. Choose another place.") from error


@command("posturewatch calibrate --distance-cm 60 --side")
def calibrate(
    camera: CameraName = None,
    name: Annotated[str | None, option("--name", "N", "Keep it under this name, for `replay --baseline N`.")] = None,
    side: Annotated[
        bool, typer.Option("--side", help="Then turn your chair once by 90°: tells the absolute angle too.")
    ] = False,
    distance_cm: Annotated[
        float | None,
        option(
            "--distance-cm",
            "D",
            "Camera to eyes by tape measure, 25 to 200: tells the camera's field of view, kept too.",
        ),
    ] = None,
    video: Annotated[Path | None, option("--video", "FILE", "Take the baseline from a recording.")] = None,
    window: Annotated[str, option("--window", "S-S", "The seconds to take.")] = "0-10",
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Capture your upright posture, guided; `watch` does this by itself when it has to."""
    chosen = read_settings(settings, camera=camera)
    source = chosen.camera.source if video is None else str(video)
    camera_name = config.shown_source(source)
    path = None if name is None else _named(name)
    start_s, end_s = _window(window)
    if distance_cm is not None:
        _check_distance(distance_cm)
    shown = out.is_terminal and not quiet and video is None
    if shown:
        _count_down()
    start = Startup(length_s=end_s - start_s) if video is None else Window(start_s, end_s)
    with Finder(stream=True) as eyes, screen(shown) as view:
        stream = (
            pictures(source, Pace(REPLAY_HZ), chosen) if video is None else frames.read_video(video, REPLAY_HZ, warn)
        )
        looks, show = found(stream, eyes), Show(chosen, camera_name, quiet, view)
        captured = _capture(looks, start, chosen, show)
        if distance_cm is not None:
            captured = lens.at_distance(captured, distance_cm)
        else:
            captured = lens.carried(captured, baselines.newest(baselines.folder(), camera_name, warn))
        path = path or baselines.folder() / baselines.file_name(camera_name, captured)
        baselines.save(path, captured, camera_name)
        if side and captured.side is None:
            captured = _with_side(looks, captured, show)
            baselines.save(path, captured, camera_name)
    say(Text(f"{terminal.captured(captured)}\nKept in {path}."), quiet)
    return 0


def _check_distance(distance_cm: float) -> None:
    try:
        lens.check_distance(distance_cm)
    except PosturewatchError as error:
        raise typer.BadParameter(str(error)) from None


def _with_side(looks: Iterable[Landmarks], captured: Baseline, show: Show) -> Baseline:
    """The same baseline with its absolute angle, once the person has turned; without it when nobody turns in time."""
    angle = upright_from_the_side(looks, captured, show)
    if show.view is not None:
        show.view.bell()  # who sits sideways sees no screen
    if angle is None:
        warn(
            f"Your side was not seen for long enough within {SIDE_WAIT_S:.0f} s, so the absolute angle is left out; "
            "the baseline from the front is kept. Try --side again with head and shoulders in the picture all the way."
        )
    return replace(captured, upright_ear_shoulder_deg=angle)


def _count_down() -> None:
    out.print("Sit as you want to sit, look at the screen and keep still.")
    for left in range(COUNTDOWN_S, 0, -1):
        out.print(f"{left} …")
        time.sleep(1)


def _capture(looks: Iterable[Landmarks], start: Window | Startup, chosen: Settings, show: Show) -> Baseline:
    """The baseline of the first window that will do; the looks after it are left to be taken."""
    for event in Monitor(chosen, (), REPLAY_HZ).run(looks, start):
        if isinstance(event, Started):
            return event.baseline
        if isinstance(event, Failed) and isinstance(start, Window):
            raise PosturewatchError(event.message)
        if isinstance(event, (Calibrating, Failed)):
            show(event)
    raise PosturewatchError("No baseline: the pictures ended too soon. Try again, with the camera on for longer.")


def _named(name: str) -> Path:
    if not re.fullmatch(r"[\w][\w .-]{0,60}", name):
        raise PosturewatchError(f"{name!r} can't name a baseline. Use letters, digits, spaces, dots and dashes.")
    return baselines.folder() / f"{name}.json"


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
    start = Window(*_window(window)) if window is not None else None if baseline is None else _stored(baseline, hfov)
    paths = _recordings(files)
    many = len(paths) > 1
    for folder in (samples, marks) if many else ():
        if folder is not None:
            make_folder(folder)
    places = [(_inside(samples, name, many), _inside(marks, name, many)) for name in _names(paths)]
    if many and jobs > 1:
        options: dict[str, object] = {
            "--baseline-window": window,
            "--baseline": baseline,
            "--hfov": hfov,
            "--rate": rate,
        }
        options |= {"--preset": preset, "--settings": settings}
        return _side_by_side(paths, places, options, jobs, quiet)
    code, catalogue = 0, practice.own()
    for path, place in zip(paths, places, strict=True):
        try:
            outputs = outputs_for(*place)
            with contextlib.closing(outputs):
                result = _replay(path, start, chosen, hfov, rate, outputs, catalogue, quiet)
            say(terminal.summary(result, str(path)), quiet)
        except PosturewatchError as error:
            if not many:
                raise
            err.print(Text(f"posturewatch: {error}"))
            code = 1
    return code


def _side_by_side(
    paths: list[Path],
    places: list[tuple[Path | None, Path | None]],
    options: dict[str, object],
    jobs: int,
    quiet: bool,
) -> int:
    """Replay each recording in a process of its own, `jobs` at a time; what they say comes in the recordings' order."""

    def replay_one(path: Path, place: tuple[Path | None, Path | None]) -> "subprocess.CompletedProcess[str]":
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


def _replay(
    path: Path,
    start: Baseline | Window | None,
    chosen: Settings,
    hfov: float | None,
    rate: float | None,
    outputs: Outputs,
    catalogue: Catalogue,
    quiet: bool,
) -> Summary:
    if path.suffix == ".jsonl":
        recorded = sessions.read_session(path)
        hfov_deg, rate_hz = hfov or recorded.hfov_deg, rate or recorded.rate_hz
        chosen = config.with_hfov(chosen, hfov_deg)
        whole = recorded.baseline is not None and "front" in recorded.baseline  # a samples file has its outline alone
        kept = baselines.checked(recorded.baseline or {}, path) if whole else None
        kept = kept if kept is None or hfov is None else lens.with_hfov(kept, hfov)
        begun = Startup(kept) if recorded.live else kept or Window()
        show = Show(chosen, path.name, quiet)
        run = Session(
            chosen,
            recorded.source,
            rate_hz,
            outputs,
            show,
            catalogue=catalogue,
            recent=recorded.recent,
            governed=recorded.governed,
        )
        run.run(sessions.read_landmarks(path, warn), start or begun)
        return run.summary
    rate_hz = rate or REPLAY_HZ
    with Finder(stream=True) as eyes:
        show = Show(chosen, path.name, quiet)
        run = Session(chosen, path.name, rate_hz, outputs, show, eyes, catalogue=catalogue)
        stream = frames.read_video(path, rate_hz, warn, chosen.camera.mirror)
        run.run(_with_progress(found(stream, eyes), path, quiet), start or Window())
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


def _inside(place: Path | None, name: str, many: bool) -> Path | None:
    return place / name if place is not None and many else place


def _names(paths: list[Path]) -> list[str]:
    """A name for each one's recording, the file's own where that is the only one."""
    stems = [path.stem for path in paths]
    return [
        f"{path.stem}.jsonl" if stems.count(path.stem) == 1 else f"{number}-{path.name}.jsonl"
        for number, path in enumerate(paths, 1)
    ]


def _stored(name: str, hfov_deg: float | None) -> Baseline:
    """A kept baseline by name or file, with another field of view if that is told."""
    kept = baselines.load(Path(name) if name.endswith(".json") else _named(name))[0]
    return kept if hfov_deg is None else lens.with_hfov(kept, hfov_deg)


MEASURED = (  # the sample's fields that one picture can have
    *("view", "state", "now", "reason", "forward_head_deg", "error_deg", "ear_shoulder_deg", "neck_flexion_deg"),
    *("side_bend_deg", "turn_deg", "shoulder_raise_cm", "head_forward_cm", "head_drop_cm", "sink_cm", "distance_cm"),
    "severity",
)


@command("posturewatch measure --baseline-image upright.jpg now.jpg")
def measure(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures.")],
    baseline_image: Annotated[Path | None, option("--baseline-image", "IMAGE", "The same person upright.")] = None,
    baseline: KeptBaseline = None,
    hfov: Hfov = None,
    as_json: AsJson = False,
    settings: SettingsFile = None,
    quiet: Quietly = False,
) -> int:
    """Measure single pictures, one line each; without a baseline the side view's absolute angle."""
    if baseline_image is not None and baseline is not None:
        raise typer.BadParameter("--baseline-image and --baseline exclude each other.")
    chosen = read_settings(settings, hfov=hfov)
    code = 0
    lines: list[dict[str, Any]] = []
    with Finder(stream=False) as eyes:
        kept = None if baseline is None else _stored(baseline, hfov)
        kept = kept if baseline_image is None else _picture_baseline(baseline_image, eyes, chosen)
        eyes.place = None if kept is None else kept.place
        for image in images:
            try:
                line = _measured(_look(image, eyes), chosen, kept)
            except PosturewatchError as error:
                code = 1
                line = {**dict.fromkeys(MEASURED), "state": "unknown", "now": "unknown", "reason": str(error)}
                err.print(Text(f"posturewatch: {error}"))
            lines.append({"image": str(image), **line})
            if as_json:
                out.print(json.dumps(lines[-1], ensure_ascii=False), soft_wrap=True, markup=False)
    if not as_json:
        say(terminal.measured(lines), quiet)
    return code


def _look(image: Path, eyes: Finder) -> Landmarks:
    picture = frames.read_picture(image)
    return steady.find_steadily(eyes, Frame(0.0, picture, frames.picture_reason(picture)))


def _picture_baseline(image: Path, eyes: Finder, chosen: Settings) -> Baseline:
    hfov_deg = chosen.camera.hfov_deg
    return baselines.build([features.describe(_look(image, eyes), hfov_deg)], hfov_deg)


def _measured(look: Landmarks, chosen: Settings, kept: Baseline | None) -> dict[str, Any]:
    hfov_deg, place = (chosen.camera.hfov_deg, None) if kept is None else (kept.hfov_deg, kept.place)
    described = features.describe(look, hfov_deg, place)
    seen = chain.deviation(described, kept)
    now = posture.now(seen, chosen.posture)
    told = {name: getattr(seen, name, None) for name in MEASURED}
    told |= {"state": now, "now": now, "severity": posture.severity(seen, chosen.posture)}
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in told.items()}


@command("posturewatch doctor")
def doctor(as_json: AsJson = False, settings: SettingsFile = None, quiet: Quietly = False) -> int:
    """Check camera, models, settings and folders: each line ok, warning, or what to do."""
    found = checks.examine(settings)
    if as_json:
        out.print(json.dumps([check.as_dict() for check in found], ensure_ascii=False), soft_wrap=True, markup=False)
    else:
        say(terminal.checks((check.name, check.level, check.text) for check in found), quiet)
    return 1 if any(check.level == "error" for check in found) else 0


FIRST = ("demo", "doctor", "calibrate", "watch", "status", "pause", "resume", "snooze", "recalibrate", "exercises")
NAMES = {each.name or getattr(each.callback, "__name__", ""): each for each in app.registered_commands}
app.registered_commands[:] = [NAMES[name] for name in (*FIRST, *(name for name in NAMES if name not in FIRST))]
