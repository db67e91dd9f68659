"""Pictures that the program must not read an angle from, or whose angle is not the poster's on the wall.

python -m calibration.rig.hard OUT [--seed 7] [--index 2]      JPEGs, for tests with the real models
"""

import argparse
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from calibration.rig import body as bodies
from calibration.rig import plan as plans
from calibration.rig import pose, sensor, shots
from calibration.rig.camera import project
from calibration.rig.desk import moved
from calibration.rig.plan import Sitter
from calibration.rig.render import Stage
from calibration.rig.spec import Camera, Pose

Picture = npt.NDArray[np.uint8]

POSTER_PX, FRAME_PX, POSTER_AT = (96, 120), 5, (28, 30)  # across and down; its corner in the picture; chosen
FRAME = (40, 30, 25)
HEAD_M = (0.26, 0.325)  # what the poster shows round the eyes; chosen
AIMED_LOWER_M, AIMED_ASIDE_M = 0.45, 0.68  # a metre away; chosen: cut off at the eyes; half the face
FORWARD_DEG = 20.0


def main(words: list[str]) -> int:
    """Render them all."""
    parser = argparse.ArgumentParser(prog="python -m calibration.rig.hard", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--index", type=int, default=2, help="who sits; the next one is on the poster")
    given = parser.parse_args(words)
    given.out.mkdir(parents=True, exist_ok=True)
    who, other = (plans.sitter(given.index + more, given.seed, "test") for more in (0, 1))
    for name, picture in pictures(who, poster(other)).items():
        draw = np.random.default_rng([who.scene.seed, len(name)])
        (given.out / f"hard-{name}.jpg").write_bytes(sensor.develop(picture, who.scene, draw))
    return 0


def pictures(who: Sitter, portrait: Picture) -> dict[str, Picture]:
    """The pictures by name, before the sensor; `upright` is their baseline."""
    body = bodies.build(who.person)
    placed = shots.camera(who.front, shots.eyes(body, who.neutral))
    forward = pose.solve(body, who.neutral, who.neutral, FORWARD_DEG)
    with closing(Stage(body, who.scene, shots.SIZE_PX)) as stage:

        def shoot(posed: Pose, camera: Camera = placed) -> Picture:
            return stage.shoot(pose.bones(body, posed), camera)

        x, y, z = placed.look_m
        empty = shoot(moved(who.neutral, right_mm=6000))
        return {
            "upright": shoot(who.neutral),
            "turned-right": shoot(moved(who.neutral, turn_deg=60)),
            "turned-left": shoot(moved(who.neutral, turn_deg=-50)),
            "back": shoot(replace(moved(who.neutral, trunk_turn_deg=180), gaze_kept=0.0)),
            "cut-above": shoot(who.neutral, replace(placed, look_m=(x, y - AIMED_LOWER_M, z))),
            "cut-aside": shoot(who.neutral, replace(placed, look_m=(x + AIMED_ASIDE_M, y, z))),
            "empty-poster": hung(empty, portrait),
            "upright-poster": hung(shoot(who.neutral), portrait),
            "forward-poster": hung(shoot(forward), portrait),
        }


def poster(who: Sitter) -> Picture:
    """A portrait: head and collar of somebody, cut out of their upright picture."""
    body = bodies.build(who.person)
    middle = shots.eyes(body, who.neutral)
    camera = shots.camera(who.front, middle)
    with closing(Stage(body, who.scene, shots.SIZE_PX)) as stage:
        picture = stage.shoot(pose.bones(body, who.neutral), camera)
    across, down = HEAD_M[0] / 2, HEAD_M[1] / 2
    corners = middle + np.array([[across, down, 0], [-across, -down, 0]])
    (left, top, _), (right, bottom, _) = project(camera, corners)
    left, right = sorted((left, right))
    cut = picture[max(round(top), 0) : round(bottom), max(round(left), 0) : round(right)]
    return np.asarray(cv2.resize(cut, POSTER_PX, interpolation=cv2.INTER_AREA), np.uint8)


def hung(picture: Picture, portrait: Picture) -> Picture:
    """The picture with the portrait in a frame on the wall, in the upper left."""
    out, (x, y), (down, across) = picture.copy(), POSTER_AT, portrait.shape[:2]
    out[y : y + down + 2 * FRAME_PX, x : x + across + 2 * FRAME_PX] = FRAME
    out[y + FRAME_PX : y + FRAME_PX + down, x + FRAME_PX : x + FRAME_PX + across] = portrait
    return out


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
