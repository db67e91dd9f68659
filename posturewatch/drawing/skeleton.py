"""The drawn person: joints from joint angles, in mm: x to the person's left, y up from the floor, z to the front."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from posturewatch.errors import PosturewatchError

Array = npt.NDArray[np.float64]

SIDES = {"left": 1.0, "right": -1.0}  # the sign of x
STANCES = ("seated", "standing", "stride")
ARMS = ("lap", "down", "back_of_head", "nape", "shoulders", "pat", "shake", "swing")

# What a word may be: the widest that a person can do, and that the drawing bears (chosen)
LIMITS: dict[str, tuple[float, float]] = {
    "turn_deg": (-80.0, 80.0),
    "tilt_deg": (-45.0, 45.0),
    "nod_deg": (-40.0, 60.0),
    "chin_forward_mm": (-40.0, 80.0),
    "grow_mm": (-20.0, 40.0),
    "shoulders_up_mm": (-30.0, 70.0),
    "shoulders_forward_mm": (-50.0, 50.0),
    "hands_aside_mm": (-60.0, 60.0),
    "trunk_lean_deg": (-30.0, 45.0),
    "risen": (0.0, 1.0),
}

# Lengths of an average adult (ANSUR II, mean of men and women, rounded); the head's own points are chosen
HIP_SEATED = 520.0
HIP_STANDING = 925.0
STAND_AHEAD = 425.0  # who gets up from a chair stands before it; chosen
HIP_HALF = 85.0
C7 = np.array([0.0, 520.0, -50.0])  # from the hips' middle
SHOULDER = np.array([165.0, 447.0, 5.0])  # the left one
NECK_BASE = np.array([0.0, 478.0, -16.0])
PIVOT = np.array([0.0, 108.0, 76.0])  # from C7: where the skull sits on the neck
TRAGUS = np.array([0.0, 13.0, 9.0])  # from there, between both ears: CVA 55°, upright
EAR_ABOVE_SHOULDER = float((C7 + PIVOT + TRAGUS - SHOULDER)[1])
UPPER_ARM, FOREARM, HAND = 290.0, 250.0, 130.0
THIGH, SHANK, ANKLE = 440.0, 405.0, 80.0
NECK_SHARE = 0.5  # of a nod or tilt happens below the skull (chosen: about half, as in cervical motion studies)

HEAD_POINTS = {  # from the tragi's middle
    "nose": (0.0, -22.0, 116.0),
    "nose_bridge": (0.0, 14.0, 94.0),
    "nose_base": (0.0, -34.0, 94.0),
    "left_eye": (31.0, 14.0, 77.0),
    "right_eye": (-31.0, 14.0, 77.0),
    "left_ear": (79.0, -2.0, -6.0),
    "right_ear": (-79.0, -2.0, -6.0),
    "left_mouth": (21.0, -50.0, 86.0),
    "right_mouth": (-21.0, -50.0, 86.0),
    "mouth": (0.0, -54.0, 94.0),
    "chin": (0.0, -88.0, 72.0),
    "crown": (0.0, 127.0, -5.0),
    "occiput": (0.0, 25.0, -104.0),
}


@dataclass(frozen=True, slots=True)
class Pose:
    """Joint angles (signs of DESIGN part 2: + to the person's right, + looking down), and what legs and arms do.

    risen: who is seated is so far on the way to standing, 0 to 1.
    """

    turn_deg: float = 0.0
    tilt_deg: float = 0.0
    nod_deg: float = 0.0
    chin_forward_mm: float = 0.0
    grow_mm: float = 0.0
    shoulders_up_mm: float = 0.0
    shoulders_forward_mm: float = 0.0
    hands_aside_mm: float = 0.0
    trunk_lean_deg: float = 0.0
    risen: float = 0.0
    stance: str = "seated"
    arms: str = "lap"


def posed(words: Mapping[str, float | str]) -> Pose:
    """The pose that a step's words describe: those of `Pose`, and `standing = 1`; arms hang when it stands.

    Raises PosturewatchError for a word, an arm or a number that can't be drawn.
    """
    given = dict(words)
    upright = "standing" if given.pop("standing", 0) else "seated"
    stance = given.setdefault("stance", upright)
    given.setdefault("arms", "lap" if stance == "seated" else "down")
    known = [each.name for each in fields(Pose)]
    for word, value in given.items():
        _one_of(word, known, "pose word")
        if word in LIMITS:
            _within(word, value)
    _one_of(str(given["arms"]), ARMS, "arms")
    _one_of(str(given["stance"]), STANCES, "stance")
    return Pose(**given)  # type: ignore[arg-type]  # checked just above


def _one_of(word: str, known: Sequence[str], what: str) -> None:
    if word not in known:
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.0)[0]
        raise PosturewatchError(f"unknown {what} {word!r}. Did you mean {near!r}?")


def _within(word: str, value: float | str) -> None:
    least, most = LIMITS[word]
    if isinstance(value, (bool, str)) or not least <= value <= most:
        raise PosturewatchError(f"`{word}` must be a number from {least:g} to {most:g}, got {value!r}.")


def head_rotation(pose: Pose) -> Array:
    """The head's rotation (3, 3): tilt, then nod, then turn, which `geometry.head_angles_deg` takes apart again."""
    return _about("y", -pose.turn_deg) @ _about("x", pose.nod_deg) @ _about("z", pose.tilt_deg)


def joints(pose: Pose) -> dict[str, Array]:
    """Every joint and mark (3,) by name."""
    up = pose.risen if pose.stance == "seated" else 1.0
    hip = np.array([0.0, HIP_SEATED + up * (HIP_STANDING - HIP_SEATED), up * STAND_AHEAD])
    trunk = _about("x", pose.trunk_lean_deg)
    placed = {"hip": hip, "c7": hip + trunk @ C7, "neck_base": hip + trunk @ NECK_BASE}
    for side, sign in SIDES.items():
        lifted = SHOULDER + np.array([0.0, pose.shoulders_up_mm, pose.shoulders_forward_mm])
        placed[f"{side}_shoulder"] = hip + trunk @ (lifted * [sign, 1, 1])
    placed |= _head(pose, placed["c7"], trunk)
    for side in SIDES:
        placed |= _arm(pose, side, placed, trunk)
        placed |= _leg(pose, side, hip)
    return placed


def _head(pose: Pose, c7: Array, trunk: Array) -> dict[str, Array]:
    bend = _about("x", NECK_SHARE * pose.nod_deg) @ _about("z", NECK_SHARE * pose.tilt_deg)
    moved = np.array([0.0, pose.grow_mm, pose.chin_forward_mm])
    pivot = c7 + trunk @ (bend @ PIVOT + moved)
    rotation = trunk @ head_rotation(pose)
    tragus = pivot + rotation @ TRAGUS
    points = {name: tragus + rotation @ np.array(point) for name, point in HEAD_POINTS.items()}
    return {"pivot": pivot, "tragus": tragus, **points}


def _arm(pose: Pose, side: str, placed: Mapping[str, Array], trunk: Array) -> dict[str, Array]:
    sign = SIDES[side]
    mirror = np.array([sign, 1.0, 1.0])
    shoulder = placed[f"{side}_shoulder"]
    base, wrist, hand, elbow = _hold(pose.arms, sign)
    rotation = {"occiput": trunk @ head_rotation(pose), "hip": np.eye(3)}.get(base, trunk)
    start = shoulder if base == "shoulder" else placed[base]
    aside = np.array([pose.hands_aside_mm, 0.0, 0.0])
    target = start + rotation @ (np.array(wrist) * mirror) + aside
    bent, reached = _reach(shoulder, target, trunk @ (np.array(elbow) * mirror), (UPPER_ARM, FOREARM))
    pointing = rotation @ (np.array(hand) * mirror)
    tip = reached + HAND * pointing / np.linalg.norm(pointing)
    return {f"{side}_elbow": bent, f"{side}_wrist": reached, f"{side}_hand": tip}


Vector = tuple[float, float, float]


def _hold(arms: str, sign: float) -> tuple[str, Vector, Vector, Vector]:
    """What the left arm does (mirrored for the right): wrist from which joint, where the fingers and the elbow point
    (all chosen by eye)."""
    swing = 260.0 * sign  # opposite to the leg of the same side
    return {
        "lap": ("hip", (95.0, 92.0, 215.0), (-0.45, -0.1, 1.0), (0.45, -0.4, -1.0)),
        "down": ("shoulder", (42.0, -531.0, 12.0), (0.0, -1.0, 0.12), (0.5, 0.0, -1.0)),
        "back_of_head": ("occiput", (92.0, -12.0, -6.0), (-1.0, 0.25, -0.1), (1.0, 0.2, -0.75)),
        "nape": ("c7", (112.0, 40.0, -38.0), (-1.0, 0.1, -0.12), (1.0, -0.1, 0.5)),
        "pat": ("c7", (150.0, 66.0, -70.0), (-1.0, 0.05, -0.12), (1.0, -0.1, 0.5)),
        "shoulders": ("shoulder", (-34.0, 120.0, 40.0), (-0.2, -0.8, -0.75), (0.8, -0.2, 1.0)),
        "shake": ("shoulder", (70.0, -370.0, 250.0), (0.2, -1.0, 0.45), (0.6, -0.4, -1.0)),
        "swing": ("shoulder", (35.0, -455.0, -swing), (0.0, -1.0, 0.3), (0.2, 0.0, -1.0)),
    }[arms]


def _reach(start: Array, target: Array, pole: Array, bones: tuple[float, float]) -> tuple[Array, Array]:
    """The joint between two bones and their end at the target, the joint toward `pole`; as near as they reach."""
    first, second = bones
    way = target - start
    length = float(np.linalg.norm(way))
    ahead = way / length if length > 1e-6 else np.array([0.0, -1.0, 0.0])
    length = min(max(length, abs(first - second) + 1.0), first + second - 1.0)
    along = (first**2 - second**2 + length**2) / (2 * length)
    out = pole - ahead * float(pole @ ahead)
    out = out / max(float(np.linalg.norm(out)), 1e-6)
    return start + ahead * along + out * np.sqrt(max(first**2 - along**2, 0.0)), start + ahead * length


def _leg(pose: Pose, side: str, hip: Array) -> dict[str, Array]:
    sign = SIDES[side]
    top = hip + np.array([sign * HIP_HALF, 0.0, 0.0])
    bent = {  # knee and ankle from the hip; seated and standing feet are flat on the floor; chosen by eye
        "seated": ((sign * 12.0, 8.0, THIGH), (sign * 12.0, ANKLE - HIP_SEATED, THIGH - 15.0)),
        "standing": ((0.0, -THIGH, 8.0), (0.0, ANKLE - HIP_STANDING, -10.0)),
        "stride": ((0.0, -410.0, 160.0), (0.0, ANKLE + 5.0 - HIP_STANDING, 245.0)),
    }[pose.stance]
    if pose.stance == "stride" and side == "right":  # left behind, on its toes
        bent = ((0.0, -435.0, 10.0), (0.0, ANKLE + 50.0 - HIP_STANDING, -215.0))
    knee, ankle = (top + np.array(each) for each in bent)
    if pose.stance == "seated" and pose.risen:
        place = np.array([sign * HIP_HALF, ANKLE, THIGH - 15.0])  # the feet stay where they are
        knee, ankle = _reach(top, place, np.array([0.0, 0.0, 1.0]), (THIGH, SHANK))
    heel_up_deg = 35.0 if ankle[1] > ANKLE + 40 else 0.0
    toe = ankle + _about("x", heel_up_deg) @ np.array([0.0, 20.0 - ANKLE, 150.0])
    return {f"{side}_hip": top, f"{side}_knee": knee, f"{side}_ankle": ankle, f"{side}_toe": toe}


def _about(axis: str, degrees: float) -> Array:
    """A rotation (3, 3) that brings y toward z (x), x toward −z (y: to the left), or y toward −x (z), by degrees."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == "x":
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == "y":
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
