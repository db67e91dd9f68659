"""Poses of a seated body: from angles to the place of every bone, down to a hand at the chin."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.rig.arm import place_arms
from calibration.rig.body import Body, Bones
from calibration.rig.chain import Chain, rx, ry, rz
from calibration.rig.spec import Pose
from calibration.rig.truth import cva_deg

Array = npt.NDArray[Any]
SEAT_M = 0.55  # chosen: height of the hip joints, on a chair with its seat at .44
LUMBAR = {"spine05": 0.6, "spine04": 0.4}  # chosen: shares of the trunk's lean and side bend
THORACIC = {"spine03": 0.35, "spine02": 0.40, "spine01": 0.25}  # chosen: shares of a slump
# Shares of the neck's bones, chosen: half of a turn happens at the top, as between atlas and axis.
TURN = {"neck01": 0.10, "neck02": 0.20, "neck03": 0.20, "head": 0.50}
FLEXION = {"neck01": 0.05, "neck02": 0.10, "neck03": 0.20, "head": 0.65}
BEND = {"neck01": 0.15, "neck02": 0.20, "neck03": 0.20, "head": 0.45}
FORWARD_HEAD = {
    "neck01": 0.60,
    "neck02": 0.40,
    "neck03": -0.30,
    "head": -0.70,
}  # flexion below, as much extension above
SIDE_TAKEN_BACK = 0.5  # chosen: of a sideways lean the head takes back half
PHONE_UP_DEG = 16.0  # chosen: the shoulder that holds a phone
PHONE_BEND_DEG = 14.0  # chosen: the head that holds it from above
REACH_FORWARD_DEG = 14.0  # chosen: a reaching arm pulls its shoulder along
SOLVER_BELOW_DEG, SOLVER_ABOVE_DEG = 40.0, 75.0  # of the neutral driver; ±40 mm and far beyond any living neck
SOLVER_STEPS = 24  # 115° / 2^24 is exact


def bones(body: Body, pose: Pose) -> Bones:
    """The place of every bone in the pose."""
    chain = upper_body(body, pose)
    place_legs(chain, pose.standing)
    place_arms(chain, pose)
    return chain.bones()


def solve(body: Body, pose: Pose, neutral_pose: Pose, cva_drop_deg: float) -> Pose:
    """The pose with forward_head set so that its CVA lies cva_drop_deg below that of the neutral pose (to .02°).

    ValueError when no neck can do it.
    """
    goal_deg = cva_deg(body, upper_body(body, neutral_pose).bones()) - cva_drop_deg
    low = neutral_pose.forward_head_deg - SOLVER_BELOW_DEG
    high = neutral_pose.forward_head_deg + SOLVER_ABOVE_DEG

    def excess_deg(driver_deg: float) -> float:
        return cva_deg(body, upper_body(body, replace(pose, forward_head_deg=driver_deg)).bones()) - goal_deg

    if excess_deg(low) < 0 or excess_deg(high) > 0:
        raise ValueError(f"a CVA drop of {cva_drop_deg}° is out of reach in this pose")
    for _ in range(SOLVER_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess_deg(middle) > 0 else (low, middle)
    return replace(pose, forward_head_deg=round((low + high) / 2, 3))


def upper_body(body: Body, pose: Pose) -> Chain:
    """Trunk, neck, head and shoulders: all that the labels rest on."""
    hip = (body.joints["upperleg01.L"] + body.joints["upperleg01.R"]) / 2
    seat = np.array([-pose.right_mm, pose.up_mm, pose.forward_mm]) / 1000 + (0.0, SEAT_M, 0.0)
    chain = Chain(body, seat - hip)
    _turn_trunk(chain, pose)
    _turn_neck(chain, pose)
    _turn_shoulders(chain, pose)
    return chain


def _turn_trunk(chain: Chain, pose: Pose) -> None:
    for bone, share in LUMBAR.items():
        tip = rx(share * pose.trunk_lean_deg) @ rz(share * pose.trunk_side_deg)
        chain.turn(bone, ry(-pose.trunk_turn_deg) @ tip if bone == "spine05" else tip)
    for bone, share in THORACIC.items():
        chain.turn(bone, rx(share * pose.slump_deg))


def _turn_neck(chain: Chain, pose: Pose) -> None:
    phone = 0.0 if pose.arm != "phone" else PHONE_BEND_DEG if pose.arm_side == "right" else -PHONE_BEND_DEG
    flexion = pose.flexion_deg - pose.gaze_kept * (pose.trunk_lean_deg + pose.slump_deg)
    bend = pose.bend_deg + phone - pose.gaze_kept * SIDE_TAKEN_BACK * pose.trunk_side_deg
    turn = pose.turn_deg - pose.gaze_kept * pose.trunk_turn_deg
    for bone, forward in FORWARD_HEAD.items():
        tip = rx(forward * pose.forward_head_deg + FLEXION[bone] * flexion)
        chain.turn(bone, ry(-TURN[bone] * turn) @ tip @ rz(BEND[bone] * bend))
        chain.lift(bone, pose.grow_mm / 1000 / len(FORWARD_HEAD))
    chain.turn("jaw", rx(pose.jaw_deg))


def _turn_shoulders(chain: Chain, pose: Pose) -> None:
    for bone, side, sign, up, forward in (
        ("clavicle.L", "left", 1, pose.shoulders_up_deg[0], pose.shoulders_forward_deg[0]),
        ("clavicle.R", "right", -1, pose.shoulders_up_deg[1], pose.shoulders_forward_deg[1]),
    ):
        held = pose.arm if pose.arm_side == side else None
        up += PHONE_UP_DEG if held == "phone" else 0.0
        forward += REACH_FORWARD_DEG if held == "reach" else 0.0
        chain.turn(bone, ry(-sign * forward) @ rz(sign * up))


def place_legs(chain: Chain, standing: float = 0.0) -> None:
    """Thighs a little apart, level on a chair and down as far as the person stands (0…1), shins down."""
    for side, sign in (("L", 1), ("R", -1)):
        thigh = (1 - standing) * np.array([0.12, -0.05, 1.0]) + standing * np.array([0.05, -1.0, 0.02])
        chain.aim(f"upperleg01.{side}", f"lowerleg01.{side}", thigh * (sign, 1, 1))
        chain.aim(f"lowerleg01.{side}", f"foot.{side}", np.array([sign * 0.02, -1.0, 0.05]))
