"""Makes the rig's data: renders people, lets the program's models look, writes what they found beside the truth.

python -m calibration.rig.make data OUT [--people 90] [--seed 1] [--jobs 2]
python -m calibration.rig.make more OUT        more people for the fit, from the front only
python -m calibration.rig.make steady OUT      some people's pictures again, looked at as `measure` does
python -m calibration.rig.make drills OUT      exercises done well, half, on one side, too fast, and not at all
python -m calibration.rig.make idle OUT        minutes at a desk without any exercise, of one person more
python -m calibration.rig.make pictures OUT | clips OUT | demo OUT.mp4
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from calibration.rig import clips, drills, idle, lines, plan, sensor, shots
from calibration.rig.clips import Clip
from calibration.rig.lines import Line
from calibration.rig.moves import Drill
from calibration.rig.plan import Sitter
from calibration.rig.studio import Studio, told
from posturewatch.baseline import EVERY
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.steady import find_steadily
from posturewatch.frames import Frame
from posturewatch.landmarks import Finder, Landmarks

PEOPLE, CLIP_PEOPLE, DRILL_PEOPLE, PICTURE_PEOPLE = 90, 3, 2, 6  # chosen
CLIP_EVERY = 2  # chosen: the face of person 1 isn't found upright
FIRST_DRILLED = (
    95  # beyond the data's people; the first two are a man with a screen's and a woman with a laptop's camera
)
FIRST_IDLE, IDLE_S = 101, 300.0  # chosen: beyond all others; five minutes take ten to render
FIRST_MORE, MORE_PEOPLE = 200, 80  # beyond all others; chosen: twice the data's for the fit
STEADY_EVERY = 3  # chosen: six looks a picture take their time
PICTURES = {  # kind → level (None: any) of the committed pictures
    ("neutral", 0.0),
    ("fh", 20),
    ("fh_lookdown", 20),
    ("look_down", 30),
    ("yaw", 20),
    ("lean_rigid", 20),
    ("phone", 1),
}
MANIFEST = "plan.json"
TASKS_A_PROCESS = 5  # chosen: what the graphics driver may keep is then given back
DEMO_TRUTH = ("d_cva_deg", "d_flexion_deg", "d_turn_deg", "head_forward_cm", "sink_cm")


def main(words: list[str]) -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m calibration.rig.make", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=("data", "more", "steady", "pictures", "clips", "drills", "idle", "demo"))
    parser.add_argument("out", type=Path, help="a folder; for demo an MP4 file")
    parser.add_argument("--people", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args(words)
    try:
        if given.what == "data":
            data(given.out, given.people or PEOPLE, given.seed, given.jobs)
        elif given.what == "more":
            more(given.out, given.people or MORE_PEOPLE, given.seed, given.jobs)
        elif given.what == "steady":
            steady(given.out, given.people or PEOPLE, given.seed, given.jobs)
        elif given.what == "clips":
            make_clips(given.out, given.people or CLIP_PEOPLE, given.seed, given.jobs)
        elif given.what == "drills":
            make_drills(given.out, given.people or DRILL_PEOPLE, given.seed, given.jobs)
        elif given.what == "idle":
            make_idle(given.out, given.people or 1, given.seed, given.jobs)
        elif given.what == "pictures":
            pictures(given.out, given.people or PICTURE_PEOPLE, given.seed)
        else:
            demo(given.out)
    except PosturewatchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def data(out: Path, count: int, seed: int, jobs: int) -> None:
    """Every person's landmark file; those that are there already are kept."""
    _claim(out, {"people": count, "seed": seed})
    _each(partial(_person_file, out), list(plan.people(count, seed)), jobs)


def more(out: Path, count: int, seed: int, jobs: int) -> None:
    """Landmark files of people beyond the data's, all for fitting, with fewer of the face's points."""
    _claim(out, {"more people": count, "seed": seed})
    sitters = [plan.sitter(FIRST_MORE + number, seed, "fit") for number in range(count)]
    _each(partial(_front_file, out), sitters, jobs)


def steady(out: Path, count: int, seed: int, jobs: int) -> None:
    """The pictures of some of the data's people, front and side, each looked at in several ways."""
    _claim(out, {"some of people": count, "seed": seed})
    _each(partial(_person_file, out, steadily=True), list(plan.people(count, seed))[::STEADY_EVERY], jobs)


def make_clips(out: Path, count: int, seed: int, jobs: int) -> None:
    """The landmark files of every clip of some people, each with its timeline beside it."""
    _claim(out, {"clips of people": count, "seed": seed})
    every = [*(make() for make in clips.DAYS), *(clips.capture(activity) for activity in clips.CAPTURES)]
    sitters = [plan.sitter(CLIP_EVERY * number, seed, "test") for number in range(count)]
    _each(partial(_clip_file, out), [(clip, who) for who in sitters for clip in every], jobs)


def make_drills(out: Path, count: int, seed: int, jobs: int) -> None:
    """The landmark files of people's drills, each with its timeline beside it."""
    _claim(out, {"drills of people": count, "seed": seed})
    sitters = [plan.sitter(FIRST_DRILLED + number, seed, "test") for number in range(count)]
    every = [(drill, who) for who in sitters for drill in drills.drills(who.index, seed)]
    _each(partial(_drill_file, out), every, jobs)


def make_idle(out: Path, count: int, seed: int, jobs: int) -> None:
    """The landmark files of people who work and do no exercise, to be counted by `calibration.coach`."""
    _claim(out, {"idle people": count, "seed": seed})
    sitters = [plan.sitter(FIRST_IDLE + number, seed, "test") for number in range(count)]
    every = [(idle.work(np.random.default_rng([seed, who.index, 6]), IDLE_S), who) for who in sitters]
    _each(partial(_drill_file, out), every, jobs)


def pictures(out: Path, count: int, seed: int) -> None:
    """JPEGs of a few people, and what each shows, for tests with the real models."""
    _claim(out, {"pictures of people": count, "seed": seed})
    shown = []
    for who in (plan.sitter(index, seed, "test") for index in range(count)):
        with closing(Studio(who.person, who.scene)) as studio:
            sitting = plan.sittings(who)[0]
            for shot in shots.of_sitting(sitting, studio.body):
                if (shot.kind, shot.level) in PICTURES:
                    (out / f"{shot.name}.jpg").write_bytes(studio.jpeg(shot))
                    shown.append({**told(shot, sitting.placement, who.split), "truth": studio.truth(shot)})
    (out / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in shown), encoding="utf-8")


def demo(out: Path) -> None:
    """The committed recording and its exact timeline, `OUT.json`."""
    if shutil.which("ffmpeg") is None:
        raise PosturewatchError("ffmpeg is missing. Install it to make the recording.")
    clip, who = clips.demo(), clips.demo_sitter()
    width, height = shots.SIZE_PX
    command = [
        *("ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{width}x{height}", "-r", f"{clip.fps:g}", "-i", "-", "-an", "-c:v", "libx264", "-preset", "slow"),
        *("-crf", "25", "-g", "100", "-threads", "1", "-pix_fmt", "yuv420p", "-movflags", "+faststart"),
        *("-map_metadata", "-1", str(out)),
    ]
    rows: list[Line] = []
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE) as encoder,  # noqa: S603
        closing(Studio(who.person, who.scene, "demo", watching=True)) as studio,
    ):
        pipe = encoder.stdin
        if pipe is None:
            raise ValueError("no pipe to ffmpeg")
        for shot in shots.of_clip(clip, who, studio.body):
            pipe.write(sensor.decode(studio.jpeg(shot)).tobytes())
            truth = studio.truth(shot)
            rows.append({"t_s": shot.t_s, "label": shot.kind} | {key: truth[key] for key in DEMO_TRUTH})
        pipe.close()
    if encoder.returncode != 0:
        raise PosturewatchError(f"ffmpeg could not write {out}. Look at its message above.")
    timeline = {"events": [asdict(event) for event in clips.events(clip)], "pictures": rows}
    out.with_suffix(".json").write_text(json.dumps(timeline, indent=0) + "\n", encoding="utf-8")


def _person_file(out: Path, who: Sitter, steadily: bool = False) -> str:
    """Make one person's file unless it is there, steadily without the camera aslant; a line that says so."""
    path = out / f"{who.person.name}{lines.SUFFIX}"
    if path.exists():
        return f"{path.name}: kept"
    views = ("front", "side") if steadily else ("front", "side", "oblique")
    return _written(path, _pictured(who, views, find_steadily if steadily else Finder.find))


def _front_file(out: Path, who: Sitter) -> str:
    """The same from the front alone, with fewer of the face's points."""
    path = out / f"{who.person.name}{lines.SUFFIX}"
    if path.exists():
        return f"{path.name}: kept"
    return _written(path, lines.thinned(_pictured(who, ("front",), Finder.find), EVERY))


def _pictured(who: Sitter, views: Sequence[str], look: Callable[[Finder, Frame], Landmarks]) -> list[Line]:
    """Every picture of a person in these views, as `look` sees it."""
    with closing(Studio(who.person, who.scene)) as studio, Finder(stream=False) as eyes:
        return [
            studio.line(shot, sitting.placement, who.split, eyes, look)
            for sitting in plan.sittings(who)
            if sitting.view in views
            for shot in shots.of_sitting(sitting, studio.body)
        ]


def _clip_file(out: Path, what: tuple[Clip, Sitter]) -> str:
    clip, who = what
    path = out / f"{who.person.name}-{clip.name}{lines.SUFFIX}"
    if path.exists():
        return f"{path.name}: kept"
    timeline = {"fps": clip.fps, "length_s": clip.length_s, "events": [asdict(each) for each in clips.events(clip)]}
    path.with_name(f"{who.person.name}-{clip.name}.timeline.json").write_text(json.dumps(timeline, indent=1) + "\n")
    return _written(path, lines.thinned(_watched(clip, who), EVERY))


def _watched(clip: Clip, who: Sitter) -> list[Line]:
    with closing(Studio(who.person, who.scene, watching=True)) as studio, Finder(stream=True) as eyes:
        return [studio.line(shot, who.front, who.split, eyes) for shot in shots.of_clip(clip, who, studio.body)]


def _drill_file(out: Path, what: tuple[Drill, Sitter]) -> str:
    """As a clip's, but without the truth's points and with fewer of the face's; how far each repetition goes is written
    as it is on this body."""
    drill, who = what
    path = out / f"{who.person.name}-{drill.clip.name}{lines.SUFFIX}"
    if path.exists():
        return f"{path.name}: kept"
    found = _watched(drill.clip, who)
    exact = drills.measured(drill, {line["t_s"]: line["truth"] for line in found})
    for line in found:
        line["truth"] = {name: value for name, value in line["truth"].items() if not name.startswith("points")}
    timeline = path.with_name(f"{who.person.name}-{drill.clip.name}.timeline.json")
    timeline.write_text(json.dumps(drills.timeline(exact), indent=1) + "\n", encoding="utf-8")
    return _written(path, lines.thinned(found, EVERY))


def _written(path: Path, found: list[Line]) -> str:
    lines.write(path, found)
    faces = sum(line["face"] is not None for line in found)
    return f"{path.name}: {len(found)} pictures, {faces} faces, {path.stat().st_size / len(found):.0f} bytes each"


def _each(work: Callable[[Any], str], items: list[Any], jobs: int) -> None:
    """Do all, in fresh processes: neither the models nor the graphics live through a fork."""
    if jobs > 1:  # the graphics driver would start as many threads as there are cores in each of them
        os.environ.setdefault("LP_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=TASKS_A_PROCESS) as pool:
        for number, said in enumerate(pool.imap_unordered(work, items), 1):
            print(f"{number}/{len(items)} {said}", flush=True)


def _claim(out: Path, wanted: dict[str, int]) -> None:
    """Say in the folder what it holds; PosturewatchError where it holds something else, which would be mixed."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = out / MANIFEST
    if manifest.exists() and json.loads(manifest.read_text()) != wanted:
        raise PosturewatchError(f"{out} holds another plan ({manifest.read_text().strip()}). Name another folder.")
    manifest.write_text(json.dumps(wanted) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
