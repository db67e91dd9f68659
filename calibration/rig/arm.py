"""Arms and hands: at the keyboard, hanging, stretched out, at the chin, at the ear, at the nape."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.rig.chain import Chain, unit
from calibration.rig.spec import Pose
from calibration.rig.truth import SKIN

Array = npt.NDArray[Any]
FINGERS = [f"finger{finger}-{joint}" for finger in (2, 3, 4, 5) for joint in (1, 2, 3)]
FOREARM = (-np.sin(np.radians(12)), -0.10, 0.95)  # chosen: to the keyboard, a little inward; x for the left arm
HANGING = (-0.05, -1.0, 0.12)  # chosen: the same of somebody who stands
STRETCH = 0.96  # chosen: of the arm's length


def place_arms(chain: Chain, pose: Pose) -> None:
    """Both arms: resting at the keyboard, but for the one that does something else."""
    for side, sign, name in (("L", 1, "left"), ("R", -1, "right")):
        doing = pose.arm if pose.arm_side == name else None
        if doing == "reach":
            _stretch_out(chain, side, sign)
        elif doing == "chin":
            _to_chin(chain, side, sign)
        elif doing == "phone":
            _to_ear(chain, side, sign)
        elif pose.nape > 0:
            resting = chain.copy()
            _rest(resting, side, sign, pose)
            _to_nape(chain, resting, side, sign, pose.nape)
        else:
            _rest(chain, side, sign, pose)


def _rest(chain: Chain, side: str, sign: int, pose: Pose) -> None:
    seated = 1 - pose.standing
    out, forward = np.radians(pose.arm_out_deg), np.radians(seated * pose.arm_forward_deg)
    upper = np.array([sign * np.sin(out), -np.cos(out) * np.cos(forward), np.sin(forward)])
    chain.aim(f"upperarm01.{side}", f"lowerarm01.{side}", upper)
    forearm = seated * np.array(FOREARM) + pose.standing * np.array(HANGING)
    chain.aim(f"lowerarm01.{side}", f"wrist.{side}", forearm * (sign, 1, 1))


def _stretch_out(chain: Chain, side: str, sign: int) -> None:
    shoulder = chain.joint(f"upperarm01.{side}")
    upper = np.linalg.norm(chain.rest(f"upperarm01.{side}", f"lowerarm01.{side}"))
    lower = np.linalg.norm(chain.rest(f"lowerarm01.{side}", f"wrist.{side}"))
    direction = unit(np.array([sign * 0.35, -0.18, 0.92]))
    _reach(chain, side, shoulder + STRETCH * (upper + lower) * direction, np.array([sign * 0.5, -1.0, 0.0]))


def _to_chin(chain: Chain, side: str, sign: int) -> None:
    """The loose fist under the chin, the elbow in front and low, as on a desk."""
    head, _ = chain.frame("head")
    contact = chain.vertex("jaw", SKIN["chin"]) + head @ np.array([sign * 0.012, -0.018, 0.008])
    along = unit(head @ np.array([-sign * 0.30, 0.90, -0.15]))
    _hold(
        chain, side, sign, contact, 1.0, along, head @ np.array([0.0, 0.15, -1.0]), np.array([sign * 0.45, -1.0, 0.7])
    )
    _curl(chain, side, 55.0)


def _to_ear(chain: Chain, side: str, sign: int) -> None:
    """The palm beside the ear, fingers up and a little back, as around a phone."""
    head, _ = chain.frame("head")
    ear = chain.vertex("head", SKIN[f"tragus_{side.lower()}"])
    contact = ear + head @ np.array([sign * 0.038, -0.015, 0.012])
    along = unit(head @ np.array([-sign * 0.05, 0.93, -0.36]))
    _hold(chain, side, sign, contact, 0.8, along, head @ np.array([-sign * 1.0, 0.0, 0.0]), np.array([sign, -0.9, 0.5]))
    _curl(chain, side, 18.0)


def _to_nape(chain: Chain, resting: Chain, side: str, sign: int, share: float) -> None:
    """From where the hand rests to the back of the neck, past the shoulder's outside; the palm on the neck, the elbow
    out to the side and a little forward."""
    head, _ = chain.frame("head")
    ear = chain.vertex("head", SKIN[f"tragus_{side.lower()}"])
    hand, _ = resting.frame(f"wrist.{side}")
    fingers = hand @ chain.rest(f"wrist.{side}", f"finger3-1.{side}")
    facing = sign * np.cross(fingers, hand @ chain.rest(f"finger5-1.{side}", f"finger2-1.{side}"))
    shoulder, elbow = (resting.joint(f"{bone}.{side}") for bone in ("upperarm01", "lowerarm01"))
    past = np.array([sign * 0.16, 0.0, 0.06]) * np.sin(np.pi * share)
    contact = _mix(resting.joint(f"wrist.{side}") + fingers, ear + head @ (-sign * 0.045, -0.055, -0.095), share) + past
    along = _mix(unit(fingers), head @ (-sign * 0.85, 0.25, -0.45), share)
    palm = _mix(unit(facing), head @ (-sign * 0.3, 0.1, 1.0), share)
    way = _mix(unit(elbow - shoulder), np.array([sign, 0.1, 0.6]), share)
    _hold(chain, side, sign, contact, 1.0, unit(along), palm, way)
    _curl(chain, side, 12.0 * share)


def _mix(start: Array, end: Array, share: float) -> Array:
    mixed: Array = (1 - share) * start + share * end
    return mixed


def _hold(
    chain: Chain, side: str, sign: int, contact: Array, part: float, along: Array, palm: Array, elbow: Array
) -> None:
    """Bring a part of the hand (0 wrist … 1 middle knuckle) to a point, fingers along, the palm facing palm."""
    knuckle = chain.rest(f"wrist.{side}", f"finger3-1.{side}")
    _reach(chain, side, contact - part * float(np.linalg.norm(knuckle)) * along, elbow)
    across = chain.rest(f"finger5-1.{side}", f"finger2-1.{side}")
    at_rest = _axes(knuckle, sign * np.cross(knuckle, across))
    wanted = _axes(along, palm) @ at_rest.T
    _twist_forearm(chain, side, wanted)
    chain.orient(f"wrist.{side}", wanted)


def _axes(along: Array, facing: Array) -> Array:
    """A rotation (3, 3) whose columns are along, facing made square to it, and their cross."""
    first = unit(along)
    second = unit(facing - (facing @ first) * first)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def _twist_forearm(chain: Chain, side: str, wanted: Array) -> None:
    """Half of the hand's twist is taken up within the forearm, so that the wrist's skin doesn't wring."""
    axis = unit(chain.rest(f"lowerarm01.{side}", f"wrist.{side}"))
    local = chain.frame(f"lowerarm01.{side}")[0].T @ wanted
    sine = axis @ np.array([local[2, 1] - local[1, 2], local[0, 2] - local[2, 0], local[1, 0] - local[0, 1]])
    cosine = np.trace(local) + 1
    angle = float(np.arctan2(sine, cosine))  # half of the twist about the axis
    chain.turn(f"lowerarm02.{side}", _about(axis, angle))


def _about(axis: Array, angle_rad: float) -> Array:
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: Array = np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    return turned


def _curl(chain: Chain, side: str, angle_deg: float) -> None:
    """Bend every joint of the four fingers toward the palm."""
    sign = 1 if side == "L" else -1
    axis = unit(chain.rest(f"finger5-1.{side}", f"finger2-1.{side}"))
    for finger in FINGERS:
        chain.turn(f"{finger}.{side}", _about(axis, -sign * float(np.radians(angle_deg))))


def _reach(chain: Chain, side: str, wrist: Array, elbow_way: Array) -> None:
    """Bend shoulder and elbow so that the wrist is at a world point, the elbow toward elbow_way; as near as it can."""
    shoulder = chain.joint(f"upperarm01.{side}")
    upper = float(np.linalg.norm(chain.rest(f"upperarm01.{side}", f"lowerarm01.{side}")))
    lower = float(np.linalg.norm(chain.rest(f"lowerarm01.{side}", f"wrist.{side}")))
    line = unit(wrist - shoulder)
    far = min(float(np.linalg.norm(wrist - shoulder)), 0.999 * (upper + lower))
    cosine = np.clip((upper**2 + far**2 - lower**2) / (2 * upper * far), -1, 1)
    aside = unit(elbow_way - (elbow_way @ line) * line)
    elbow = shoulder + upper * (cosine * line + np.sqrt(1 - cosine**2) * aside)
    chain.aim(f"upperarm01.{side}", f"lowerarm01.{side}", elbow - shoulder)
    chain.aim(f"lowerarm01.{side}", f"wrist.{side}", shoulder + far * line - elbow)
