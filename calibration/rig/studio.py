"""One person before a camera: a shot becomes a JPEG, what the program's models find in it, and the truth."""

import zlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calibration.rig import body as bodies
from calibration.rig import gaze, pose, sensor, shots, truth
from calibration.rig.desk import Placement
from calibration.rig.lines import Line
from calibration.rig.render import Stage
from calibration.rig.spec import Person, Scene, Shot
from posturewatch.frames import Frame, picture_reason
from posturewatch.landmarks import Finder, Landmarks

Picture = npt.NDArray[np.uint8]
Quality = Literal["fast", "demo"]
Look = Callable[[Finder, Frame], Landmarks]

MATRIX_DIGITS = 6  # significant
PLACE_DIGITS = 1  # of millimetres and pixels: 0.1


class Studio:
    """A person, the room and the sensor; pictures depend on the shot alone, not on those before.

    watching: the eyes follow the screen and blink, as in a clip; else they look where the head points.
    """

    def __init__(self, person: Person, scene: Scene, quality: Quality = "fast", watching: bool = False) -> None:
        self.body = bodies.build(person)
        self._watching = watching
        self._stage = Stage(self.body, scene, shots.SIZE_PX, quality=quality)

    def jpeg(self, shot: Shot) -> bytes:
        """What the camera sends."""
        bones = pose.bones(self.body, shot.pose)
        if self._watching:
            bones = gaze.watching(self.body, bones, shot)
        picture = self._stage.shoot(bones, shot.camera)
        draw = np.random.default_rng([shot.scene.seed, zlib.crc32(shot.name.encode())])
        return sensor.develop(picture, shot.scene, draw)

    def truth(self, shot: Shot) -> dict[str, Any]:
        """The exact labels, against the neutral pose."""
        neutral = pose.bones(self.body, shot.neutral_pose)
        told = truth.truth(self.body, pose.bones(self.body, shot.pose), shot.camera, neutral)
        for key in ("points", "points_px"):
            told[key] = {name: np.round(place, PLACE_DIGITS).tolist() for name, place in told[key].items()}
        return told

    def line(self, shot: Shot, placement: Placement, split: str, eyes: Finder, look: Look = Finder.find) -> Line:
        """A shot's line: what it is, the truth, what the models found; look is how they look at a picture."""
        picture: Picture = sensor.decode(self.jpeg(shot))
        found = look(eyes, Frame(shot.t_s, picture, picture_reason(picture)))
        return {**told(shot, placement, split), "truth": self.truth(shot), **seen(found)}

    def close(self) -> None:
        """Free the graphics memory."""
        self._stage.close()


def told(shot: Shot, placement: Placement, split: str) -> Line:
    """What a picture is, known before it is taken."""
    return {
        "name": shot.name,
        "group": shot.group,
        "split": split,
        "kind": shot.kind,
        "level": shot.level,
        "view": shot.view,
        "neutral": shot.neutral,
        "t_s": shot.t_s,
        "light": shot.scene.light,
        "glasses": shot.person.glasses,
        "headset": shot.person.headset,
        "loose_mm": shot.person.loose_mm,
        "camera": asdict(placement),
        "size_px": list(shot.camera.size_px),
    }


def seen(found: Landmarks) -> Line:
    """The models' findings, rounded to what an estimator can tell apart."""
    pose_found, world, face = found.pose, found.world, found.face
    line: Line = {"reason": found.reason, "pose": None, "visibility": None, "world": None, "face": None}
    if pose_found is not None and world is not None:
        line["pose"] = np.column_stack([pose_found[:, :2].round(2), pose_found[:, 2].round(1)]).tolist()
        line["visibility"] = pose_found[:, 3].round(3).tolist()
        line["world"] = world.round(4).tolist()
    if face is not None:
        line["face"] = {
            "matrix": [float(f"{number:.{MATRIX_DIGITS}g}") for number in face.matrix.ravel()],
            "points": face.points[:, :2].round(PLACE_DIGITS).tolist(),
            "depths": face.points[:, 2].round(PLACE_DIGITS).tolist(),
        }
    return line
