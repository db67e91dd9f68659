"""Where people sit and what they sit before: the upright pose, the camera's place, the light. Plain data."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calibration.rig.spec import Pose, Scene

LIGHTS = ("mixed", "window", "ceiling", "dim", "back-lit")
LAPTOPS = 0.35  # share of the people
PAIRED = ("shoulders_up_deg", "shoulders_forward_deg")  # fields of Pose with one number for each side

# Where head and shoulders must be at the neutral pose, for any camera
HEAD_TOP_CM, SHOULDERS_CM = 13.0, -24.0  # of the eyes' height; rendered people, hair not counted
MARGIN_TOP_DEG, MARGIN_BOTTOM_DEG = 1.0, 3.0  # chosen
EYES_AT = (0.28, 0.42)  # of the picture's height, from the top
PITCH_DEG = (-20.0, 10.0)
ASPECT = 4 / 3


@dataclass(frozen=True, slots=True)
class Placement:
    """A camera, seen from the middle of the eyes of the neutral pose: horizontal distance, height above them, how far
    it is to the person's right of straight ahead (azimuth 90 = beside the right ear) and moved to the right;
    pitch − = it looks down."""

    distance_cm: float
    height_cm: float
    lateral_cm: float
    azimuth_deg: float
    pitch_deg: float
    hfov_deg: float


def moved(pose: Pose, **by: Any) -> Pose:
    """The pose with numbers added to its fields (both shoulders alike for a single number) or names put in."""
    new: dict[str, Any] = {}
    for field, change in by.items():
        old = getattr(pose, field)
        if field in PAIRED:
            left, right = change if isinstance(change, tuple) else (change, change)
            new[field] = (round(old[0] + left, 3), round(old[1] + right, 3))
        else:
            new[field] = change if isinstance(change, str) else round(float(old + change), 3)
    return replace(pose, **new)


def neutral(draw: np.random.Generator) -> Pose:
    """How a person sits upright, as the reference's people do."""
    forward = draw.uniform(0, 6)
    return moved(
        Pose(arm_out_deg=0.0, arm_forward_deg=0.0),
        trunk_lean_deg=draw.uniform(-8, 4),
        slump_deg=draw.uniform(0, 8),
        forward_head_deg=draw.uniform(-5, 12),
        flexion_deg=draw.uniform(-2, 6),
        turn_deg=draw.normal(0, 2),
        trunk_turn_deg=draw.normal(0, 1.5),
        shoulders_forward_deg=forward,
        arm_out_deg=draw.uniform(8, 16),
        arm_forward_deg=draw.uniform(22, 34),
    )


def front(draw: np.random.Generator) -> Placement:
    """A laptop's camera, low and near, or one above a screen; drawn again until head and shoulders fit."""
    laptop = draw.random() < LAPTOPS
    while True:
        distance_cm = draw.uniform(45, 65) if laptop else draw.uniform(55, 90)
        height_cm = draw.uniform(-15, -4) if laptop else draw.triangular(0, 8, 25)
        lateral_cm = float(np.clip(draw.normal(0, 4), -6, 6))
        placement = _pitched(draw, distance_cm, height_cm, lateral_cm, 0.0, _hfov_deg(draw))
        if placement is not None:
            return placement


def beside(draw: np.random.Generator) -> Placement:
    """A camera on either side of the person."""
    while True:
        azimuth_deg = draw.choice([-1, 1]) * draw.uniform(75, 105)
        distance_cm, height_cm = draw.uniform(120, 150), draw.uniform(-20, 10)
        placement = _pitched(draw, distance_cm, height_cm, 0.0, azimuth_deg, draw.uniform(45, 65))
        if placement is not None:
            return placement


def aslant(draw: np.random.Generator) -> Placement:
    """A camera between front and side, as on a second screen or a laptop beside the screen."""
    while True:
        azimuth_deg = draw.choice([-1, 1]) * draw.uniform(25, 60)
        distance_cm, height_cm = draw.uniform(60, 110), draw.uniform(-12, 20)
        placement = _pitched(draw, distance_cm, height_cm, 0.0, azimuth_deg, _hfov_deg(draw))
        if placement is not None:
            return placement


def _hfov_deg(draw: np.random.Generator) -> float:
    """Most webcams see 60–80° across."""
    kind = draw.random()
    return float(draw.uniform(60, 80) if kind < 0.8 else draw.uniform(55, 60) if kind < 0.9 else draw.uniform(80, 95))


def _pitched(
    draw: np.random.Generator,
    distance_cm: float,
    height_cm: float,
    lateral_cm: float,
    azimuth_deg: float,
    hfov_deg: float,
) -> Placement | None:
    """The camera tilted so that the head is in the picture's upper middle and both shoulders are in it, more or less
    well aimed; None when it can't be."""
    half_deg = np.degrees(np.arctan(np.tan(np.radians(hfov_deg / 2)) / ASPECT))
    top, eyes, shoulders = (
        float(np.degrees(np.arctan2(above_cm - height_cm, distance_cm)))
        for above_cm in (HEAD_TOP_CM, 0.0, SHOULDERS_CM)
    )
    aimed = eyes - np.degrees(np.arctan((1 - 2 * draw.uniform(*EYES_AT)) * np.tan(np.radians(half_deg))))
    low = max(top + MARGIN_TOP_DEG - half_deg, PITCH_DEG[0])
    high = min(shoulders - MARGIN_BOTTOM_DEG + half_deg, PITCH_DEG[1])
    if low > high:
        return None
    pitch_deg = float(np.clip(aimed + draw.normal(0, 1.5), low, high))
    values = (distance_cm, height_cm, lateral_cm, azimuth_deg, pitch_deg, hfov_deg)
    return Placement(*(round(float(value), 2) for value in values))


def scene(draw: np.random.Generator) -> Scene:
    """Light, sensor and compression."""
    return Scene(
        seed=int(draw.integers(1, 2**31)),
        light=str(draw.choice(LIGHTS)),
        noise=round(draw.uniform(2, 7), 2),
        jpeg=int(draw.integers(60, 93)),
        blur_px=round(draw.uniform(0, 1.2), 2),
    )
