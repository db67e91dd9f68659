"""Where the eyes look, and blinks: rotations of the eyes and lids on top of a pose."""

import numpy as np
import numpy.typing as npt

from calibration.rig.body import INDEX, Body, Bones
from calibration.rig.chain import rx, ry
from calibration.rig.spec import Camera, Colour, Shot

Array = npt.NDArray[np.float64]
SIDE_MOST_DEG, UP_MOST_DEG, DOWN_MOST_DEG = 25.0, 12.0, 25.0  # beyond it people turn the head; chosen
UPPER_SHARE, LOWER_SHARE = 0.45, 0.15  # of the eye's turn down, that the lids follow; chosen by eye
OPEN_DEG, SHUT_DEG, LOWER_SHUT_DEG = 2.5, 24.0, -4.0  # lids: above the base mesh, and shut
SCREEN_BELOW_M = 0.12  # the middle of a screen below the camera on it; chosen
BLINK_EVERY_S, BLINK_S = 3.5, 0.3  # 17 a minute at rest (Bentivoglio 1997); how long the lids take, there and back
FAR_M = 100.0  # as good as parallel
ELSEWHERE = ("down", "aside", "turn", "nod", "sweep")  # labels of a clip: then the eyes look where the head points


def watching(body: Body, bones: Bones, shot: Shot) -> Bones:
    """The pose with the eyes on the screen and blinking now and then, as in a clip."""
    target = _ahead(bones) if shot.kind in ELSEWHERE else screen(shot.camera)
    return look_at(body, bones, target, blink(shot.t_s, shot.person.seed))


def screen(camera: Camera) -> Colour:
    """The middle of the screen that the camera stands on, world, metres."""
    x, y, z = camera.position_m
    return x, y - SCREEN_BELOW_M, z


def blink(t_s: float, seed: int) -> float:
    """How far the lids are shut, 0…1: one blink in every BLINK_EVERY_S, not evenly."""
    turn = int(t_s // BLINK_EVERY_S)
    start_s = BLINK_EVERY_S * turn + np.random.default_rng([seed, 200, turn]).uniform(0, BLINK_EVERY_S - BLINK_S)
    done = (t_s - start_s) / BLINK_S
    return float(np.sin(np.pi * done)) if 0 <= done <= 1 else 0.0


def look_at(body: Body, bones: Bones, target_m: Colour, blink: float = 0.0) -> Bones:
    """The pose with both eyes on a world point, as far as eyes turn, and the lids shut by blink (0…1)."""
    head = INDEX["head"]
    rotation, shift = bones.rotation.copy(), bones.shift.copy()
    for side in ("L", "R"):
        eye = bones.rotation[head] @ body.joints[f"eye.{side}"] + bones.shift[head]
        x, y, z = bones.rotation[head].T @ (np.array(target_m) - eye)
        aside = float(np.clip(np.degrees(np.arctan2(x, z)), -SIDE_MOST_DEG, SIDE_MOST_DEG))
        down = float(np.clip(np.degrees(np.arctan2(-y, np.hypot(x, z))), -UP_MOST_DEG, DOWN_MOST_DEG))
        upper = UPPER_SHARE * down - OPEN_DEG
        turns = {
            "eye": ry(aside) @ rx(down),
            "orbicularis03": rx(upper + blink * (SHUT_DEG - upper)),
            "orbicularis04": rx(LOWER_SHARE * down + blink * LOWER_SHUT_DEG),
        }
        for name, turn in turns.items():
            i, joint = INDEX[f"{name}.{side}"], body.joints[f"{name}.{side}"]
            rotation[i] = bones.rotation[i] @ turn
            shift[i] = bones.rotation[i] @ (joint - turn @ joint) + bones.shift[i]
    return Bones(rotation, shift)


def _ahead(bones: Bones) -> Colour:
    """A point far before the face."""
    head = INDEX["head"]
    x, y, z = bones.shift[head] + bones.rotation[head] @ np.array([0.0, 0.0, FAR_M])
    return float(x), float(y), float(z)
