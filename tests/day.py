"""A simulated desk for whole days: a clock that jumps, a webcam, the one who sits there or doesn't, the desktop around.

What is real: `camera.read_camera`, the pictures' judgement, the governor, `Session`, `Day`, the history. What
isn't: the models (landmarks come from `figures`, with sway and noise), desktop and notifications. Pictures are 80 x 60,
the size that the governor compares; they and the landmarks are drawn once for each posture and phase of the sway, and
what is pure (`describe`, `deviation`) is computed once for each of them: a look then costs 1 ms and not 6.
"""

import bisect
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, takewhile

import cv2
import figures
import numpy as np
from figures import Sitter

from posturewatch import monitor
from posturewatch.commands import day as around
from posturewatch.commands.day import Day
from posturewatch.commands.running import Session
from posturewatch.config import Settings
from posturewatch.estimate.capture import Started, Startup
from posturewatch.files.record import Outputs
from posturewatch.frames import Pace
from posturewatch.history import History
from posturewatch.landmarks import Finder
from posturewatch.looking.camera import read_camera
from posturewatch.looking.governor import Governor
from posturewatch.monitor import Moment
from posturewatch.posture import Transition
from posturewatch.session import Notice

FPS = 5.0  # what the camera gives, if nothing else is said
LOOK_S = 0.06  # what both models take
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHASES, PHASE_S = 8, 3.0  # of the sway
SWAY_MM, NOISE_PX = 2.0, 0.4  # a sitter drifts 3 mm in 6 s (governor.SHIFTED)
UPRIGHT, NOBODY = Sitter(), None
BEHIND = Sitter(chair_mm=(450.0, 150.0, -1600.0))  # somebody 1.6 m behind the chair
WALL = np.kron(np.random.default_rng(7).integers(70, 200, (8, 10)), np.ones((30, 32))).astype(np.float32)
NOISE = np.random.default_rng(8).normal(0, 1.5, (61, 60, 80)).astype(np.float32)


@dataclass(frozen=True)
class Scene:
    """So many seconds of one thing. chair_mm: where the chair stands, so that a change breaks the still clock."""

    seconds: float
    sitter: Sitter | None = UPRIGHT
    chair_mm: float = 0.0
    behind: bool = False  # somebody walks about there
    light: tuple[float, float] = (1.0, 1.0)  # at its beginning and end
    plugged: bool = True
    off: str | None = None  # what the desktop tells
    paused: bool = False  # p is pressed at its beginning and end
    asleep: bool = False  # the machine is, without a word before


@cache
def swaying(sitter, phase):
    """The landmarks of somebody at one phase of the sway."""
    x, y, z = sitter.chair_mm
    turn = 2 * np.pi * phase / PHASES
    moved = replace(sitter, chair_mm=(x + SWAY_MM * np.sin(turn), y, z + SWAY_MM * np.cos(turn)))
    return figures.noisy(figures.landmarks(moved), phase, NOISE_PX)


@cache
def drawn(*people):
    """The picture of people (landmarks by sitter and phase) before the wall, the farthest first."""
    canvas = WALL.copy()
    for person in people:
        pose = swaying(*person).pose[:, :2] / 2
        middle, wide = pose[11:13].mean(0), float(np.linalg.norm(pose[11] - pose[12]))
        down = np.array([0.0, wide])
        _ellipse(canvas, middle + 0.95 * down, (0.62 * wide, wide), 60)
        _ellipse(canvas, pose[[7, 8]].mean(0) - 0.08 * down, (0.25 * wide, 0.33 * wide), 30)
        _ellipse(canvas, pose[[0, 7, 8]].mean(0), (0.2 * wide, 0.27 * wide), 190)
        for point in (2, 5, 9, 10):
            _ellipse(canvas, pose[point], (0.04 * wide, 0.03 * wide), 40)
    return cv2.resize(canvas, (80, 60), interpolation=cv2.INTER_AREA)


def _ellipse(canvas, centre, axes, grey):
    centre, axes = (tuple(round(16 * float(v)) for v in each) for each in (centre, axes))
    cv2.ellipse(canvas, centre, axes, 0, 0, 360, grey, -1, cv2.LINE_AA, 4)


class World:
    """The script, and its clock, which jumps over what is slept."""

    def __init__(self, scenes, fps):
        self.scenes, self.fps, self.t_s = scenes, fps, 0.0
        self.ends_s = list(accumulate(scene.seconds for scene in scenes))
        self.grabbed = bytearray(int(self.ends_s[-1]) + 60)  # 1 for each second in which the camera was in use
        self._pictures = 0

    @property
    def number(self):
        """Which scene is now."""
        return min(bisect.bisect_right(self.ends_s, self.t_s), len(self.scenes) - 1)

    @property
    def scene(self):
        """The scene of now."""
        return self.scenes[self.number]

    def clock(self):
        return 1000.0 + self.t_s

    def sleep(self, seconds):
        assert seconds >= 0
        self.go(self.t_s + seconds)

    def go(self, t_s):
        """Let time pass."""
        self.t_s = t_s
        if self.scene.asleep:
            self.t_s = self.ends_s[self.number]

    def over(self):
        return self.t_s >= self.ends_s[-1]

    def people(self):
        """(sitter, phase) of all who are there now, the farthest first."""
        scene, phase = self.scene, int(self.t_s / PHASE_S) % PHASES
        found = []
        if scene.behind:
            step = int(2 * self.t_s) % 12
            found.append((replace(BEHIND, chair_mm=(400.0 + 60.0 * abs(6 - step), 150.0, -1600.0)), 0))
        if scene.sitter is not None:
            found.append((replace(scene.sitter, chair_mm=(scene.chair_mm, 0.0, 0.0)), phase))
        return found

    def picture(self):
        """What the camera sees now."""
        scene, self._pictures = self.scene, self._pictures + 1
        left_s = self.ends_s[self.number] - self.t_s
        light = scene.light[1] + (scene.light[0] - scene.light[1]) * max(0.0, left_s) / scene.seconds
        noise = NOISE[self._pictures % len(NOISE)]
        return np.clip(light * drawn(*self.people()) + noise, 0, 255).astype(np.uint8)

    def landmarks(self):
        """What the models find: who sits there, else whoever is in the picture."""
        people = self.people()
        return swaying(*people[-1]) if people else None


class Webcam:
    """A picture whenever one is due by the world's clock, as long as it is plugged in."""

    def __init__(self, world):
        self.world, self.open = world, world.scene.plugged

    def isOpened(self):
        return self.open

    def grab(self):
        world = self.world
        world.go((math.floor(world.t_s * world.fps + 1e-6) + 1) / world.fps)
        self.open = self.open and world.scene.plugged
        if self.open:
            world.grabbed[int(world.t_s)] = 1
        return self.open

    def retrieve(self):
        return True, self.world.picture()

    def release(self):
        self.open = False


class Eyes(Finder):
    """The models' stand-in; what is said of pictures that can't be judged, and of the background, is the Finder's."""

    def __init__(self, world):
        self.place, self._behind, self._settled = None, None, False
        self.world, self.looks = world, 0

    def find(self, frame):
        if frame.image is None or frame.reason is not None:
            return super().find(frame)
        self.looks += 1
        seen = self.world.landmarks()
        found = replace(swaying(UPRIGHT, 0), pose=None, world=None, face=None) if seen is None else seen
        behind = self._background(frame.small, found.pose, figures.SIZE_PX[0])
        self.world.go(self.world.t_s + LOOK_S)
        return replace(found, t_s=frame.t_s, background=behind)


class Surroundings:
    """Desktop, notifications and keyboard in one."""

    on_battery = False

    def __init__(self, world):
        self.world, self.shown, self.released_s = world, [], []
        self._paused = False

    @property
    def off(self):
        return self.world.scene.off

    def poll(self, t_s):
        pass

    def busy(self, t_s):
        return None

    def released(self):
        self.released_s.append(self.world.t_s)

    def answers(self, t_s):
        return []

    def show(self, notice):
        self.shown.append(notice)

    def withdraw(self):
        pass

    def missed(self):
        return False

    def pressed(self):
        if self.world.scene.paused == self._paused:
            return ""
        self._paused = not self._paused
        return "p"


class Now(datetime):
    """The date and time by a world's clock."""

    world = None

    @classmethod
    def now(cls, tz=None):
        return MORNING + timedelta(seconds=cls.world.t_s)


class Diary:
    """What came of a day; moments only if asked for, for they are many."""

    def __init__(self, moments):
        self.moments = [] if moments else None
        self.transitions, self.notices, self.baselines = [], [], 0
        self.every = lambda moment: None

    def __call__(self, event):
        if isinstance(event, Moment):
            self.every(event)
            if self.moments is not None:
                self.moments.append(event)
        elif isinstance(event, Transition):
            self.transitions.append((event.t_s, event.before, event.after))
        elif isinstance(event, Notice):
            self.notices.append((event.t_s, event.kind, event.level))
        elif isinstance(event, Started):
            self.baselines += 1


@dataclass(frozen=True)
class Lived:
    """All that a day leaves behind."""

    diary: Diary
    run: Session
    history: History
    world: World
    desk: Surroundings
    eyes: Eyes


def lived(monkeypatch, tmp_path, *scenes, rate_hz=2.0, governed=True, settings=None, moments=True, every=None, fps=FPS):
    """Live the scenes; every gets each moment."""
    world = World(scenes, fps)
    once(monkeypatch)
    monkeypatch.setattr(Now, "world", world)
    monkeypatch.setattr(around, "datetime", Now)
    diary, desk, eyes = Diary(moments), Surroundings(world), Eyes(world)
    diary.every = every or diary.every
    governor = Governor(rate_hz) if governed else None
    pace = Pace(rate_hz) if governor is None else governor.pace
    chosen, outputs = settings or Settings(), Outputs(None, None)
    run = Session(chosen, "0", rate_hz, outputs, diary, eyes, governed=governed)
    history, complaints = History.open(tmp_path / f"{rate_hz}.sqlite")
    day = Day(run, pace, governor, desk, desk, None, history, desk, "0", None, quiet=True)
    warnings = []
    stream = read_camera("0", pace, warnings.append, False, world.clock, world.sleep, lambda _source: Webcam(world))
    run.run(day.looks(takewhile(lambda _frame: not world.over(), stream), eyes, None), Startup())
    history.save()
    assert complaints == []
    return Lived(diary, run, history, world, desk, eyes)


def once(monkeypatch):
    """Compute what is pure once for each of the drawn landmarks, and not at each look."""
    described, judged = {}, {}

    def describe(found, hfov_deg, place=None):
        if found.pose is None:
            return real[0](found, hfov_deg, place)
        key = id(found.pose), hfov_deg, place  # the drawn ones are never freed
        described[key] = described.get(key) or real[0](found, hfov_deg, place)
        return replace(described[key], t_s=found.t_s)

    def deviation(look, baseline):
        if look.pose is None or baseline is None:
            return real[1](look, baseline)
        key = id(look.pose), id(baseline)
        judged[key] = judged.get(key) or (real[1](look, baseline), baseline)
        return replace(judged[key][0], t_s=look.t_s)

    real = monitor.describe, monitor.deviation
    monkeypatch.setattr(monitor, "describe", describe)
    monkeypatch.setattr(monitor, "deviation", deviation)
