"""Who sits how before which camera: seeded plans, plain data, made before any body is built.

A person depends on the seed and their index alone; whether they are for fitting or for testing, and which sets of
pictures they get, on their index and the number of people.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calibration.rig import cast, desk
from calibration.rig.desk import Placement, moved
from calibration.rig.spec import Person, Pose, Scene

FORWARD = ("fh", "fh_slump", "fh_chair_back", "fh_chair_fwd", "fh_lookdown", "fh_sink")  # the sweep and its variants
ARMS = ("reach", "chin", "phone")
SWEEP_DEG = (5, 10, 15, 20, 25, 30, 35)
FORWARD_DEG = 20.0  # forward head of the variants, but for the slump's
SLUMPED_FORWARD_DEG = 18.0
RANDOMS, OBLIQUE_RANDOMS, RESITS, JITTERS = 12, 4, 4, 3  # pictures a person
FORWARD_SHARE, ARM_SHARE, SHOULDER_SHARE = 0.6, 0.08, 0.3  # of the random pictures
TIMES = {"front": 1, "side": 2, "oblique": 3}  # streams of random numbers; 0 is the looks'


@dataclass(frozen=True, slots=True)
class Take:
    """One picture that is wanted; with drop_deg the forward head is solved so that CVA falls by it from neutral."""

    kind: str
    level: float
    pose: Pose
    drop_deg: float | None = None
    neutral: bool = False


@dataclass(frozen=True, slots=True)
class Sitter:
    """A person at their desk, with what is the same in all their pictures from the front."""

    seed: int
    index: int
    split: str  # "fit" or "test"
    person: Person
    neutral: Pose
    front: Placement
    scene: Scene


@dataclass(frozen=True, slots=True)
class Sitting:
    """One person before one camera: the first take is the neutral one."""

    group: str
    view: str
    split: str
    person: Person
    neutral: Pose
    placement: Placement
    scene: Scene
    takes: tuple[Take, ...]


def people(count: int, seed: int) -> tuple[Sitter, ...]:
    """The first two thirds are for fitting, the last third for testing."""
    return tuple(sitter(index, seed, "fit" if 3 * index < 2 * count else "test") for index in range(count))


def sitter(index: int, seed: int, split: str) -> Sitter:
    """The `index`th person, how they sit, their camera and light."""
    draw = np.random.default_rng([seed, index, 4])
    neutral = desk.neutral(draw)
    return Sitter(seed, index, split, cast.person(seed, index), neutral, desk.front(draw), desk.scene(draw))


def sittings(who: Sitter) -> tuple[Sitting, ...]:
    """Every picture of a person: random and re-sitting for all; the protocol for testing and every second other one;
    from the side for every third, obliquely for every other third."""
    draw = _stream(who, "front")
    takes = [neutral(who), *randoms(who, draw, RANDOMS), *resits(who, draw)]
    if who.split == "test" or who.index % 2 == 0:
        takes += protocol(who, draw)
    out = [_sitting(who, "front", who.front, takes)]
    if who.index % 3 == 0:
        draw = _stream(who, "side")
        out.append(_sitting(who, "side", desk.beside(draw), [neutral(who), *side(who, draw)]))
    if who.index % 3 == 1:
        draw = _stream(who, "oblique")
        out.append(_sitting(who, "oblique", desk.aslant(draw), [neutral(who), *oblique(who, draw)]))
    return tuple(out)


# Sets of pictures


def neutral(who: Sitter) -> Take:
    """The baseline's picture."""
    return Take("neutral", 0.0, who.neutral, neutral=True)


def protocol(who: Sitter, draw: np.random.Generator) -> Iterator[Take]:
    """The sweep of forward head, its variants, and what is not forward head, each with a little of everything else."""
    for _ in range(JITTERS):
        yield Take("neutral_jitter", 0.0, _jittered(who.neutral, draw), 0.0)
    for kind, level, drop_deg, by in [*_sweep(), *_trunk(draw), *_head(draw), *_shoulders(draw)]:
        yield Take(kind, level, moved(_jittered(who.neutral, draw), **by), drop_deg)


def randoms(who: Sitter, draw: np.random.Generator, count: int) -> Iterator[Take]:
    """Every factor at once."""
    for _ in range(count):
        drop_deg = draw.uniform(-5, 35) if draw.random() < FORWARD_SHARE else draw.normal(0, 4)
        yield Take("random", round(drop_deg, 1), _anyhow(who.neutral, draw), round(drop_deg, 3))


def resits(who: Sitter, draw: np.random.Generator) -> Iterator[Take]:
    """Neutral again after an absence: the seat, the trunk's lean and CVA are a little others."""
    for _ in range(RESITS):
        right, up, forward = draw.uniform(-25, 25, 3)
        again = moved(who.neutral, right_mm=right, up_mm=up, forward_mm=forward, trunk_lean_deg=draw.uniform(-2, 2))
        drop_deg = round(draw.uniform(-2, 2), 3)
        yield Take("resit", drop_deg, _nodded(again, draw), drop_deg)


def side(who: Sitter, draw: np.random.Generator) -> Iterator[Take]:
    """What a camera beside the person is asked to tell."""
    back_deg = draw.uniform(15, 20)
    steps: list[Step] = [
        *(("fh", level, level, {}) for level in SWEEP_DEG),
        ("lean_rigid", 10, None, {"trunk_lean_deg": 10}),
        ("lean_rigid", 20, None, {"trunk_lean_deg": 20}),
        ("look_down", 30, None, {"flexion_deg": 30}),
        ("fh_slump", SLUMPED_FORWARD_DEG, SLUMPED_FORWARD_DEG, {"slump_deg": 14}),
        ("sh_fwd", 16, 0, {"shoulders_forward_deg": 16}),
        ("reclining", round(-back_deg, 1), None, {"trunk_lean_deg": -back_deg}),
    ]
    for kind, level, drop_deg, by in steps:
        yield Take(kind, level, moved(_jittered(who.neutral, draw), **by), drop_deg)


def oblique(who: Sitter, draw: np.random.Generator) -> Iterator[Take]:
    """What a camera between front and side is asked to tell."""
    for level in (10, 20, 30):
        yield Take("fh", level, _jittered(who.neutral, draw), level)
    yield from randoms(who, draw, OBLIQUE_RANDOMS)


Step = tuple[str, float, float | None, dict[str, Any]]  # kind, level, drop_deg, changes of the pose


def _sweep() -> list[Step]:
    return [
        *(("fh", level, level, {}) for level in SWEEP_DEG),
        ("fh_slump", SLUMPED_FORWARD_DEG, SLUMPED_FORWARD_DEG, {"slump_deg": 14}),
        ("fh_chair_back", FORWARD_DEG, FORWARD_DEG, {"forward_mm": -90}),
        ("fh_chair_fwd", FORWARD_DEG, FORWARD_DEG, {"forward_mm": 70}),
        ("fh_lookdown", FORWARD_DEG, FORWARD_DEG, {"flexion_deg": 15}),
        ("fh_sink", FORWARD_DEG, FORWARD_DEG, {"up_mm": -30}),
    ]


def _trunk(draw: np.random.Generator) -> list[Step]:
    sink_mm, slump_deg, aside_mm = draw.uniform(20, 50), draw.uniform(10, 18), draw.choice([-80, 80])
    return [
        ("lean_rigid", 10, None, {"trunk_lean_deg": 10}),
        ("lean_rigid", 20, None, {"trunk_lean_deg": 20}),
        ("lean_neck_upright", 10, 0, {"trunk_lean_deg": 10}),
        ("lean_neck_upright", 20, 0, {"trunk_lean_deg": 20}),
        ("chair", -150, 0, {"forward_mm": -150}),
        ("chair", 150, 0, {"forward_mm": 150}),
        ("chair_side", float(aside_mm), 0, {"right_mm": float(aside_mm)}),
        ("lean_side", -10, None, {"trunk_side_deg": -10}),
        ("lean_side", 10, None, {"trunk_side_deg": 10}),
        ("torso_yaw", -20, 0, {"trunk_turn_deg": -20}),  # the gaze stays on the screen
        ("torso_yaw", 20, 0, {"trunk_turn_deg": 20}),
        ("sink", round(sink_mm, 1), 0, {"up_mm": -sink_mm}),
        ("slump", round(slump_deg, 1), 0, {"slump_deg": slump_deg}),
    ]


def _head(draw: np.random.Generator) -> list[Step]:
    further_deg = float(draw.choice([-25, 25]))
    return [
        *(("look_down", level, None, {"flexion_deg": level}) for level in (15, 30, 40, -12)),
        *(("yaw", level, None, {"turn_deg": level}) for level in (-40, -20, 20, 40)),
        *(("roll", level, None, {"bend_deg": level}) for level in (-20, 20, further_deg)),
    ]


def _shoulders(draw: np.random.Generator) -> list[Step]:
    reach, chin, phone = (str(draw.choice(["left", "right"])) for _ in ARMS)
    return [
        ("sh_up", 13, 0, {"shoulders_up_deg": 13}),
        ("sh_fwd", 16, 0, {"shoulders_forward_deg": 16}),
        ("reach", 1, 0, {"arm": "reach", "arm_side": reach}),
        ("chin", 1, None, {"arm": "chin", "arm_side": chin}),
        ("phone", 1, None, {"arm": "phone", "arm_side": phone}),
    ]


def _jittered(pose: Pose, draw: np.random.Generator) -> Pose:
    """Nobody comes back to the same pose."""
    right, forward = draw.normal(0, 12, 2)
    lean, sideways = draw.normal(0, (1.0, 0.8))
    return _nodded(
        moved(pose, right_mm=right, forward_mm=forward, trunk_lean_deg=lean, trunk_side_deg=sideways),
        draw,
    )


def _nodded(pose: Pose, draw: np.random.Generator) -> Pose:
    turn, flexion, bend = draw.normal(0, (2.0, 2.0, 1.5))
    return moved(pose, turn_deg=turn, flexion_deg=flexion, bend_deg=bend)


def _anyhow(pose: Pose, draw: np.random.Generator) -> Pose:
    """Trunk, head, seat, shoulders and now and then an arm, each drawn by itself."""
    lean, sideways, trunk_turn = draw.normal(0, (6, 4, 6))
    turn, flexion, bend = draw.normal((0, 3, 0), (12, 8, 6))
    right, sink, forward = draw.normal(0, (40, 15, 60))
    shrug = draw.uniform(0, 12) if draw.random() < SHOULDER_SHARE else 0.0
    protraction = draw.uniform(0, 16) if draw.random() < SHOULDER_SHARE else 0.0
    uneven = draw.normal(0, 1.5)
    pose = moved(
        pose,
        trunk_lean_deg=lean,
        trunk_side_deg=sideways,
        trunk_turn_deg=trunk_turn,
        slump_deg=abs(draw.normal(0, 5)),
        turn_deg=turn,
        flexion_deg=flexion,
        bend_deg=bend,
        right_mm=right,
        up_mm=-abs(sink),
        forward_mm=forward,
        shoulders_up_deg=(shrug + uneven, shrug - uneven),
        shoulders_forward_deg=protraction,
    )
    if draw.random() < ARM_SHARE:
        pose = replace(pose, arm=str(draw.choice(ARMS)), arm_side=str(draw.choice(["left", "right"])))
    return pose


def _stream(who: Sitter, view: str) -> np.random.Generator:
    return np.random.default_rng([who.seed, who.index, TIMES[view]])


def _sitting(who: Sitter, view: str, placement: Placement, takes: list[Take]) -> Sitting:
    group = f"{who.person.name}-{view}"
    return Sitting(group, view, who.split, who.person, who.neutral, placement, who.scene, tuple(takes))
