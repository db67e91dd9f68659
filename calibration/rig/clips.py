"""Timelines as data, and the poses between them: smooth blends of labelled segments, never quite still."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from calibration.rig.desk import PAIRED, Placement, moved
from calibration.rig.plan import Sitter
from calibration.rig.spec import Person, Pose, Scene

Solve = Callable[[Pose, float], Pose]  # the pose with its forward head such that CVA falls by that many degrees

NUMBERS = tuple(each.name for each in fields(Pose) if each.name not in ("arm", "arm_side"))
BLEND_S = 1.5  # chosen: a person takes about that long to change how they sit
LEAVE_S = 2.0  # chosen
AWAY: dict[str, Any] = {"right_mm": 1700, "up_mm": 60}  # out of the picture of any front camera
DAY_FPS = 5.0  # looks a second of a replay, DESIGN part 2
DEMO_FPS = 10.0
BREATH_S, BREATH_LEAN_DEG, BREATH_UP_DEG = 4.2, 0.12, 0.35  # period, and half of what it moves; chosen
SWAY = {  # SD and the range of its periods (s): how a person who keeps a pose wanders; chosen
    "turn_deg": (1.1, 3, 17),
    "flexion_deg": (0.75, 3, 15),
    "bend_deg": (0.5, 4, 19),
    "trunk_lean_deg": (0.22, 5, 21),
    "trunk_side_deg": (0.22, 5, 21),
    "right_mm": (2.0, 7, 25),
    "forward_mm": (2.0, 7, 25),
}
BUSY = {  # the same while doing something, times how much of it is done; chosen
    "talk": {
        "jaw_deg": (2.5, 0.22, 0.5),
        "flexion_deg": (1.8, 0.9, 3),
        "turn_deg": (2.5, 1.5, 5),
        "bend_deg": (1, 1, 4),
    },
    "nod": {"flexion_deg": (5.0, 0.8, 1.3)},
    "type": {"arm_forward_deg": (0.8, 0.4, 1.2), "arm_out_deg": (0.5, 0.5, 1.5), "flexion_deg": (1.2, 3, 9)},
}
JAW_OPEN_DEG = 3.0  # in the mean, while talking


@dataclass(frozen=True, slots=True)
class Segment:
    """From start_s the person moves into a pose (changes to the neutral one) and keeps it.

    drop_deg: fall of CVA to solve for; None: as the changes give it. busy: how much of "talk", "nod", "type".
    """

    start_s: float
    label: str
    changes: Mapping[str, Any]
    drop_deg: float | None = None
    busy: Mapping[str, float] = field(default_factory=dict)
    blend_s: float = BLEND_S


@dataclass(frozen=True, slots=True)
class Clip:
    """A timeline; the first segment's blend is not seen."""

    name: str
    length_s: float
    fps: float
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A segment as it is written down; the blend into it begins at start_s."""

    start_s: float
    end_s: float
    label: str
    drop_deg: float | None


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of a clip."""

    t_s: float
    label: str
    pose: Pose


def workday() -> Clip:
    """What a day holds, in less than three minutes; each posture lasts its dwell and two seconds, or longer."""
    again = {"right_mm": 15, "up_mm": -8, "forward_mm": -20, "trunk_lean_deg": 1.5}
    segments = (
        Segment(0, "upright", {}, 0),
        Segment(12, "forward", {}, 20),
        Segment(37, "upright", {}, 0),
        Segment(46, "down", {"flexion_deg": 30}),
        Segment(58, "upright", {}, 0, {"talk": 0.6}),
        Segment(66, "aside", {"turn_deg": 38, "trunk_turn_deg": 6}),
        Segment(80, "upright", {}, 0),
        Segment(88, "side_bend", {"bend_deg": 18, "trunk_side_deg": 6}),
        Segment(102, "upright", {}, 0, {"type": 1}),
        Segment(110, "absent", AWAY, blend_s=LEAVE_S),
        Segment(122, "upright", again, 1, blend_s=LEAVE_S),  # re-sat at a slightly other neutral
        Segment(138, "forward", again, 20),
        Segment(153, "upright", again, 1),
    )
    return Clip("workday", 160.0, DAY_FPS, segments)


def upright_day() -> Clip:
    """Everything but a forward head: talking, nodding, typing, reaching, the chair and a look at the desk."""
    reach = {"shoulders_forward_deg": (0, 10), "arm_forward_deg": 34, "trunk_turn_deg": -5}
    segments = (
        Segment(0, "upright", {}, 0),
        Segment(14, "talking", {}, 0, {"talk": 1}),
        Segment(34, "upright", {}, 0),
        Segment(40, "nodding", {}, 0, {"nod": 1}),
        Segment(48, "typing", {"flexion_deg": 3}, 0, {"type": 1}),
        Segment(66, "reaching", {**reach, "trunk_lean_deg": 5}, 0),
        Segment(71, "typing", {}, 0, {"type": 1}),
        Segment(82, "chair", {"forward_mm": -60, "right_mm": 25}, 0),
        Segment(94, "talking", {"forward_mm": -60, "right_mm": 25, "trunk_turn_deg": 6}, 0, {"talk": 1}),
        Segment(106, "glance", {"flexion_deg": 14, "turn_deg": -12}),
        Segment(109, "upright", {}, 0),
    )
    return Clip("upright_day", 120.0, DAY_FPS, segments)


def capture(activity: str) -> Clip:
    """15 s in which a baseline is captured from somebody who keeps "still", is "talking" or "leaning" about."""
    segments = {
        "still": (Segment(0, "neutral", {}, 0),),
        "talking": (Segment(0, "neutral", {}, 0, {"talk": 1}),),
        "leaning": (
            Segment(0, "neutral", {}, 0),
            Segment(3, "leaning", {"trunk_lean_deg": 7}, 0),
            Segment(7, "leaning", {"trunk_lean_deg": -4, "trunk_side_deg": 3}, 0),
            Segment(11, "neutral", {}, 0),
        ),
    }[activity]
    return Clip(f"capture_{activity}", 15.0, DAY_FPS, segments)


def demo() -> Clip:
    """The recording that the program brings along."""
    segments = (
        Segment(0, "upright", {}, 0),
        Segment(14, "forward", {}, 20),
        Segment(72, "upright", {}, 0),
        Segment(78, "down", {"flexion_deg": 30}),
        Segment(90, "upright", {}, 0),
        Segment(92, "absent", AWAY, blend_s=1.2),
        Segment(98.7, "upright", {}, 0, blend_s=1.2),
    )
    return Clip("demo", 110.0, DEMO_FPS, segments)


CAPTURES = ("still", "talking", "leaning")
DAYS = (workday, upright_day)


def demo_sitter() -> Sitter:
    """The person of the demo recording."""
    person = Person(
        name="demo",
        seed=5,
        male=0.9,
        age=0.07,
        muscle=0.47,
        weight=0.48,
        height=0.5,
        proportions=0.65,
        race={"caucasian": 0.8, "asian": 0.2},
        details={"head/head-oval": 0.3, "mouth/mouth-angles-up": 1.0},
        skin=(216.0, 168.0, 141.0),
        beard=0.1,
        eyes="brownlight",
        brows="eyebrow001",
        hair="short01",
        hair_tint=(2.3, 1.75, 1.4),
        clothes="male_casualsuit01",
        cloth_tint=(0.62, 0.72, 0.9),
    )
    neutral = Pose(trunk_lean_deg=-3, forward_head_deg=1, flexion_deg=1.5, arm_out_deg=10, arm_forward_deg=26)
    # the noise makes no two pictures alike and lets the file stay small; the clip's own coding replaces the JPEG
    scene = Scene(seed=12, light="mixed", noise=1.5, jpeg=98)
    return Sitter(0, 0, "test", person, neutral, Placement(65.0, 2.0, 0.0, 0.0, -6.6, 68.0), scene)


def events(clip: Clip) -> tuple[Event, ...]:
    """The written timeline."""
    ends = [each.start_s for each in clip.segments[1:]] + [clip.length_s]
    pairs = zip(clip.segments, ends, strict=True)
    return tuple(Event(each.start_s, end_s, each.label, each.drop_deg) for each, end_s in pairs)


def stills(clip: Clip, neutral: Pose, seed: int, solve: Solve) -> Iterator[Still]:
    """The clip's pictures in order; `solve` is asked once a segment."""
    goals = np.array([_flat(_goal(segment, neutral, solve)) for segment in clip.segments])
    wander = {name: Sway([seed, k], *SWAY[name]) for k, name in enumerate(SWAY)}
    busy = _busy(seed)
    for step in range(round(clip.length_s * clip.fps)):
        t_s = step / clip.fps
        shares = _shares(clip, t_s)
        by = {name: sway(t_s) for name, sway in wander.items()}
        _add(by, _breath(t_s), 1.0)
        for what, sways in busy.items():
            much = sum(share * each.busy.get(what, 0.0) for share, each in zip(shares, clip.segments, strict=True))
            _add(by, {name: sway(t_s) for name, sway in sways.items()}, much)
            if what == "talk":
                _add(by, {"jaw_deg": JAW_OPEN_DEG}, much)
        pose = moved(_posed(np.asarray(shares) @ goals, neutral), **by)
        pose = replace(pose, jaw_deg=max(0.0, pose.jaw_deg))
        yield Still(round(t_s, 3), label_at(clip, t_s), pose)


def label_at(clip: Clip, t_s: float) -> str:
    """The segment that has begun last."""
    return [each.label for each in clip.segments if each.start_s <= t_s][-1]


def blended(poses: list[Pose], shares: list[float]) -> Pose:
    """The mean of poses, weighted; the arm is the first one's."""
    return _posed(np.asarray(shares) @ [_flat(pose) for pose in poses], poses[0])


def ease(x: float) -> float:
    """The minimum-jerk step from 0 to 1 (Flash & Hogan 1985)."""
    x = min(max(x, 0.0), 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


class Sway:
    """Band-limited wandering around zero: five sines of fixed random periods and phases."""

    def __init__(self, seed: list[int], sd: float, shortest_s: float, longest_s: float) -> None:
        draw = np.random.default_rng(seed)
        self._phases = draw.uniform(0, 2 * np.pi, 5)
        self._rates = 2 * np.pi / draw.uniform(shortest_s, longest_s, 5)
        self._size = sd * np.sqrt(2 / 5)

    def __call__(self, t_s: float) -> float:
        """The displacement at a time."""
        return float(self._size * np.sin(self._rates * t_s + self._phases).sum())


def _flat(pose: Pose) -> list[float]:
    """The pose's numbers, two for what each shoulder does."""
    values: list[float] = []
    for name in NUMBERS:
        values += getattr(pose, name) if name in PAIRED else (getattr(pose, name),)
    return values


def _posed(values: Any, pose: Pose) -> Pose:
    """The pose with these numbers (of `_flat`) put in."""
    left = iter(np.asarray(values, float).round(4).tolist())
    new: dict[str, Any] = {name: (next(left), next(left)) if name in PAIRED else next(left) for name in NUMBERS}
    return replace(pose, **new)


def _goal(segment: Segment, neutral: Pose, solve: Solve) -> Pose:
    pose = moved(neutral, **segment.changes)
    return pose if segment.drop_deg is None else solve(pose, segment.drop_deg)


def _shares(clip: Clip, t_s: float) -> list[float]:
    """How much of each segment's pose is taken, together 1: each blend goes from whatever was, so none can jump."""
    shares = [1.0, *(ease((t_s - each.start_s) / each.blend_s) for each in clip.segments[1:])]
    kept = [*np.cumprod([1 - share for share in shares[:0:-1]])[::-1], 1.0]
    return [float(share * left) for share, left in zip(shares, kept, strict=True)]


def _busy(seed: int) -> dict[str, dict[str, Sway]]:
    return {
        what: {name: Sway([seed, 100, k, j], *sizes[name]) for j, name in enumerate(sizes)}
        for k, (what, sizes) in enumerate(BUSY.items())
    }


def _breath(t_s: float) -> dict[str, float]:
    breath = float(np.sin(2 * np.pi * t_s / BREATH_S))
    return {"shoulders_up_deg": BREATH_UP_DEG * breath, "trunk_lean_deg": BREATH_LEAN_DEG * breath}


def _add(total: dict[str, float], more: Mapping[str, float], times: float) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0.0) + times * value
