"""This person's upright posture in this camera: built from a few seconds of sitting, kept in a file of their own."""

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.errors import PosturewatchError
from posturewatch.features import (
    EARS,
    SHOULDERS,
    Features,
    ear_height_ratio,
    ear_shoulder,
    pitch_ratio,
    pose_of,
    px_per_cm,
)
from posturewatch.landmarks import Place

Array = npt.NDArray[np.float64]

VERSION = 1
LEAST_WINDOW_S = 2.0  # DESIGN part 6 / issue: any window of 2 s or more
LEAST_TRUSTED = 0.5  # part of the window's looks that must be trusted
MOST_NOISE_DEG = 4.0  # SD of the head's height during the window, in degrees of CVA; a still sitter has ≤ 1.5 (chosen)
MOST_TURN_DEG = 8.0  # SD of the head's turn and flexion during the window (chosen)
EAR_HEIGHT_GAIN_DEG = 64.3  # degrees of CVA per (ear height / shoulder width), fitted on rendered people
PITCH_GAIN_DEG = 46.0  # degrees of flexion per `pitch_ratio`, regressed on rendered people (r = .65–.69)


@dataclass(frozen=True, slots=True)
class FaceModel:
    """The person's own rigid face: mesh (468, 3) and middle of the tragi (3,) in mm and camera axes (x right, y down,
    z away) as they were in one picture; rotation (3, 3) of the head in that picture."""

    mesh_mm: Array
    tragus_mm: Array
    rotation: Array


@dataclass(frozen=True, slots=True)
class Front:
    """Baseline of a front or oblique view. tragus (x, y slopes), depth_mm, shoulders' middle and difference left −
    right (slopes), angles of the head against the camera."""

    tragus: tuple[float, float]
    depth_mm: float
    middle: tuple[float, float]
    across: tuple[float, float]
    turn_deg: float
    flexion_deg: float
    bend_deg: float
    face: FaceModel


@dataclass(frozen=True, slots=True)
class Side:
    """Baseline of a side view: absolute ear–shoulder angle, head and shoulder height (pixels), scale."""

    ear_shoulder_deg: float
    head_forward_px: float
    head_y_px: float
    shoulder_y_px: float
    px_per_cm: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """A person's upright posture in one camera and mode. `front` or `side` is set by the view.

    place: x, y of the nose and size in pixels. noise_deg: SD of the forward-head signal while it was captured.
    ear_height_ratio, pitch_ratio, pose_turn_deg: the pose model's measures, for looks at which the face is lost.
    """

    size_px: tuple[int, int]
    hfov_deg: float
    view: str
    place: Place
    noise_deg: float
    looks: int
    ear_height_ratio: float
    pitch_ratio: float
    pose_turn_deg: float
    front: Front | None
    side: Side | None


def build(looks: Sequence[Features], hfov_deg: float) -> Baseline:
    """The baseline of a window of looks.

    Raises PosturewatchError with what to change when less than half can be trusted or the person moved too much.
    """
    if not looks:
        raise PosturewatchError("No baseline: the window holds no picture. Choose a longer window.")
    trusted = [f for f in looks if f.view is not None and (f.head is not None or f.view == "side")]
    if len(trusted) < LEAST_TRUSTED * len(looks):
        reasons = Counter(_why_not(f) for f in looks if f not in trusted)
        raise PosturewatchError(f"No baseline: {reasons.most_common(1)[0][0]}. {_advice(reasons.most_common(1)[0][0])}")
    view = Counter(f.view for f in trusted).most_common(1)[0][0]
    same = [f for f in trusted if f.view == view]
    baseline = _assemble(same, str(view), hfov_deg)
    _refuse_movement(same, baseline.noise_deg)
    return baseline


def _why_not(look: Features) -> str:
    return look.reason or "the face is not seen"


def _advice(reason: str) -> str:
    advice = {
        "nobody in view": "Sit where the camera sees your head and both shoulders",
        "shoulders out of view": "Move back or tilt the camera until both shoulders are in the picture",
        "head out of the picture": "Tilt the camera until your whole head is in the picture",
        "the face is not seen": "Look at the screen, with light on your face",
        "too dark": "Switch on a light or uncover the camera",
    }
    return advice.get(reason, "Sit as you want to sit, facing the screen, and try again") + "."


def _refuse_movement(looks: list[Features], noise_deg: float) -> None:
    heads = [f.head for f in looks if f.head is not None]
    swing = (
        max((float(np.std([getattr(h, a) for h in heads])) for a in ("turn_deg", "flexion_deg")), default=0.0)
        if heads
        else 0.0
    )
    if noise_deg > MOST_NOISE_DEG or swing > MOST_TURN_DEG:
        raise PosturewatchError(
            f"No baseline: the head moved too much (by {max(noise_deg, swing):.0f}°). "
            "Sit still as you want to sit for a few seconds, looking at the screen."
        )


def _assemble(looks: list[Features], view: str, hfov_deg: float) -> Baseline:
    front = _front(looks) if view != "side" else None
    side = _side(looks) if view == "side" else None
    if side is not None:
        noise = float(np.std([ear_shoulder(f)[0] for f in looks]))
    else:
        noise = EAR_HEIGHT_GAIN_DEG * float(np.std([ear_height_ratio(f) for f in looks]))
    return Baseline(
        size_px=looks[0].size_px,
        hfov_deg=hfov_deg,
        view=view,
        place=_median3([f.place for f in looks if f.place is not None]),
        noise_deg=round(noise, 3),
        looks=len(looks),
        ear_height_ratio=_median([ear_height_ratio(f) for f in looks]),
        pitch_ratio=_median([pitch_ratio(f) for f in looks]),
        pose_turn_deg=_median([f.pose_turn_deg for f in looks]),
        front=front,
        side=side,
    )


def _front(looks: list[Features]) -> Front:
    heads = [f.head for f in looks if f.head is not None]
    turn, flexion, bend = (_median([getattr(h, a) for h in heads]) for a in ("turn_deg", "flexion_deg", "bend_deg"))
    middle_look = min(looks, key=lambda f: _distance(f, turn, flexion, _median([ear_height_ratio(g) for g in looks])))
    face = _face_model(middle_look)
    located = [locate(face, f) for f in looks]
    tragus = np.median([t for t in located if t is not None] or [face.tragus_mm], axis=0)
    shoulders = np.median(
        [geometry.normalised(pose_of(f)[SHOULDERS, :2], f.size_px, f.focal_px) for f in looks], axis=0
    )
    return Front(
        tragus=_pair(tragus[:2] / tragus[2]),
        depth_mm=round(float(tragus[2]), 3),
        middle=_pair(shoulders.mean(0)),
        across=_pair(shoulders[0] - shoulders[1]),
        turn_deg=turn,
        flexion_deg=flexion,
        bend_deg=bend,
        face=face,
    )


def _distance(look: Features, turn_deg: float, flexion_deg: float, ear_height: float) -> float:
    head = look.head
    assert head is not None  # `build` trusts no front look without a face
    height = EAR_HEIGHT_GAIN_DEG * abs(ear_height_ratio(look) - ear_height)
    return abs(head.turn_deg - turn_deg) + abs(head.flexion_deg - flexion_deg) + height


def _face_model(look: Features) -> FaceModel:
    head = look.head
    assert head is not None
    return FaceModel(
        geometry.face_mesh_mm(head.matrix, head.points, look.size_px, look.focal_px).round(2),
        geometry.tragus_mm(head.matrix, look.size_px, look.focal_px).round(3),
        geometry.rotation(head.matrix).round(7),
    )


def locate(face: FaceModel, look: Features) -> Array | None:
    """Middle of the tragi (3,) in mm and camera axes at this look, by the rigid motion of the person's own face."""
    head = look.head
    if head is None:
        return None
    return geometry.move_point(
        face.mesh_mm,
        face.tragus_mm,
        head.points[: geometry.MESH],
        geometry.rotation(head.matrix) @ face.rotation.T,
        look.size_px,
        look.focal_px,
    )


def _side(looks: list[Features]) -> Side:
    angles = [ear_shoulder(f) for f in looks]
    poses = [pose_of(f) for f in looks]
    return Side(
        ear_shoulder_deg=_median([a for a, _ in angles]),
        head_forward_px=_median([x for _, x in angles]),
        head_y_px=_median([float(p[EARS, 1].mean()) for p in poses]),
        shoulder_y_px=_median([float(p[SHOULDERS, 1].mean()) for p in poses]),
        px_per_cm=_median([px_per_cm(f) for f in looks]),
    )


def _median(values: Sequence[float]) -> float:
    return round(float(np.median(values)), 5)


def _median3(places: Sequence[Place]) -> Place:
    x, y, size = np.median(places, axis=0).round(2)
    return float(x), float(y), float(size)


def _pair(values: Array) -> tuple[float, float]:
    return round(float(values[0]), 7), round(float(values[1]), 7)
