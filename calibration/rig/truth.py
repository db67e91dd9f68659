"""What is exactly true of a posed body: angles and places, measured on the mesh and the joints."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.rig import assets
from calibration.rig.body import C7, INDEX, Body, Bones, skin
from calibration.rig.camera import project
from calibration.rig.spec import Camera

Array = npt.NDArray[Any]
# Base vertices on the skin; "_l" is the person's left.
SKIN = {
    "c7": C7,
    "tragus_l": 12076,
    "tragus_r": 5477,
    "acromion_l": 8236,
    "acromion_r": 1558,
    "nose": 297,
    "chin": 732,
}
JOINTS = {
    "eye_l": "eye.L",
    "eye_r": "eye.R",
    "shoulder_l": "upperarm01.L",
    "shoulder_r": "upperarm01.R",
    "hip_l": "upperleg01.L",
    "hip_r": "upperleg01.R",
}
CHANGES = (
    "ear_shoulder_deg",
    "turn_deg",
    "flexion_deg",
    "bend_deg",
    "trunk_lean_deg",
    "trunk_side_deg",
    "trunk_turn_deg",
    "shoulder_width_mm",
    "shoulder_tilt_deg",
    "neck_lateral_deg",
)


def truth(body: Body, bones: Bones, camera: Camera, neutral: Bones | None = None) -> dict[str, Any]:
    """Everything known of the pose, rounded to 3 decimals; with a neutral pose also the changes from it.

    Angles in degrees. Sagittal means: in the plane that the trunk faces, so that turning the chair changes nothing.
    cva: C7 → middle of the tragi above the horizontal. ear_shoulder: middle of the shoulder joints → middle of the
    tragi from the vertical, + forward. turn, trunk_turn, trunk_side, neck_lateral: + to the person's right. flexion
    + down, bend and shoulder_tilt + right side lower. d_cva = neutral − now (+ a head further forward), every other
    d_ = now − neutral; head_drop_cm and sink_cm: how far the tragi and the shoulder joints have come down in the room,
    each by itself. protraction and elevation are the shoulder's against the ribs.
    """
    now = points(body, bones)
    values = measures(now, bones)
    if neutral is not None:
        values |= changes(values, measures(points(body, neutral), neutral))
    pixels = project(camera, np.array(list(now.values())))[:, :2]
    named = {name: _rounded(point * 1000) for name, point in now.items() if name != "neck"}
    places = {name: _rounded(pixel) for name, pixel in zip(now, pixels, strict=True) if name != "neck"}
    numbers = {name: round(value, 3) for name, value in values.items() if not name.startswith("_")}
    return {**numbers, "points": named, "points_px": places}


def _rounded(vector: Array) -> list[float]:
    return [round(float(x), 3) for x in vector]


def cva_deg(body: Body, bones: Bones) -> float:
    """The craniovertebral angle alone, for solving."""
    return _cva_deg(points(body, bones), bones)


@lru_cache(maxsize=1)
def _label_weights() -> Array:
    """Weights (labels, bones) of the skin points; dense, for they are few."""
    dense: Array = assets.base().weights[list(SKIN.values())].toarray()
    return dense


def points(body: Body, bones: Bones) -> dict[str, Array]:
    """World places (3,) in metres of the skin points, the joints and "neck", the lowest neck joint."""
    on_skin = skin(body.vertices[list(SKIN.values())], _label_weights(), bones)
    found = dict(zip(SKIN, on_skin, strict=True))
    for name, bone in {**JOINTS, "neck": "neck01"}.items():
        row = INDEX[bone]
        found[name] = bones.rotation[row] @ body.joints[bone] + bones.shift[row]
    return found


def _middle(of: dict[str, Array], name: str) -> Array:
    middle: Array = (of[f"{name}_l"] + of[f"{name}_r"]) / 2
    return middle


def _angle_deg(opposite: float, adjacent: float) -> float:
    return float(np.degrees(np.arctan2(opposite, adjacent)))


def _facing(bones: Bones) -> Array:
    """The trunk's own axes as rows (3, 3), in the floor plane but for the second: right, up, forward."""
    heading = bones.rotation[INDEX["spine05"]][:, 2] * (1.0, 0.0, 1.0)
    forward = heading / np.linalg.norm(heading)
    return np.array([[-forward[2], 0.0, forward[0]], [0.0, 1.0, 0.0], forward])


def _cva_deg(now: dict[str, Array], bones: Bones) -> float:
    _, up, forward = _facing(bones) @ (_middle(now, "tragus") - now["c7"])
    return _angle_deg(up, forward)


def measures(now: dict[str, Array], bones: Bones) -> dict[str, float]:
    """The pose's own numbers; names with an underscore in front (metres) serve the changes only."""
    facing, cage = _facing(bones), bones.rotation[INDEX["spine01"]]
    tragus, shoulder, hip = (_middle(now, name) for name in ("tragus", "shoulder", "hip"))
    ear = facing @ (tragus - shoulder)
    neck = facing @ (tragus - now["c7"])
    trunk = facing @ (now["neck"] - hip)
    across = now["shoulder_l"] - now["shoulder_r"]
    head = bones.rotation[INDEX["head"]]
    return {
        "cva_deg": _cva_deg(now, bones),
        "ear_shoulder_deg": _angle_deg(ear[2], ear[1]),
        "turn_deg": -_angle_deg(head[0, 2], head[2, 2]),
        "flexion_deg": float(np.degrees(np.arcsin(-head[1, 2]))),
        "bend_deg": _angle_deg(head[1, 0], head[1, 1]),
        "trunk_lean_deg": _angle_deg(trunk[2], trunk[1]),
        "trunk_side_deg": _angle_deg(trunk[0], trunk[1]),
        "trunk_turn_deg": -_angle_deg(facing[2, 0], facing[2, 2]),
        "shoulder_width_mm": float(np.linalg.norm(across)) * 1000,
        "shoulder_tilt_deg": _angle_deg(across[1], float(np.hypot(across[0], across[2]))),
        "neck_lateral_deg": _angle_deg(neck[0], neck[1]),
        "ipd_mm": float(np.linalg.norm(now["eye_l"] - now["eye_r"])) * 1000,
        "_elevation": float((cage.T @ (_middle(now, "acromion") - now["c7"]))[1]),
        "_protraction": float((cage.T @ (shoulder - now["c7"]))[2]),
        "_head_forward": float(ear[2]),
        "_head_up": float(tragus[1]),
        "_shoulder_up": float(shoulder[1]),
    }


def changes(now: dict[str, float], neutral: dict[str, float]) -> dict[str, float]:
    """How the pose differs from the neutral one."""
    moved = {name: now[name] - neutral[name] for name in now}
    return {
        "d_cva_deg": -moved["cva_deg"],
        **{f"d_{name}": moved[name] for name in CHANGES},
        "shoulder_elevation_mm": moved["_elevation"] * 1000,
        "protraction_mm": moved["_protraction"] * 1000,
        "head_forward_cm": moved["_head_forward"] * 100,
        "head_drop_cm": -moved["_head_up"] * 100,
        "sink_cm": -moved["_shoulder_up"] * 100,
    }
