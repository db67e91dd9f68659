"""From wishes to shots: cameras are put before the real eyes, and forward heads solved on the real body."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from calibration.rig import clips, pose, truth
from calibration.rig.body import Body
from calibration.rig.clips import Clip
from calibration.rig.desk import Placement
from calibration.rig.plan import Sitter, Sitting
from calibration.rig.spec import Camera, Pose, Shot

SIZE_PX = (640, 480)


def camera(placement: Placement, eyes_m: npt.NDArray[np.float64]) -> Camera:
    """The camera before these eyes (world, metres), turned toward them."""
    azimuth, pitch = np.radians((placement.azimuth_deg, placement.pitch_deg))
    outward = np.array([-np.sin(azimuth), 0.0, np.cos(azimuth)])  # x is the person's left
    rightward = np.array([-np.cos(azimuth), 0.0, -np.sin(azimuth)])
    up = np.array([0.0, 1.0, 0.0])
    away = outward * placement.distance_cm + rightward * placement.lateral_cm
    position = eyes_m + (away + up * placement.height_cm) / 100
    aim = -away / np.linalg.norm(away) * np.cos(pitch) + up * np.sin(pitch)
    return Camera(_metres(position), _metres(position + aim), placement.hfov_deg, SIZE_PX)


def eyes(body: Body, neutral: Pose) -> npt.NDArray[np.float64]:
    """The middle of the eyes in the neutral pose, world, metres."""
    bones = pose.bones(body, neutral)
    found = truth.points(body, bones)
    return np.asarray((found["eye_l"] + found["eye_r"]) / 2, np.float64)


def of_sitting(sitting: Sitting, body: Body) -> Iterator[Shot]:
    """The shots of a group, the neutral one first; a forward head beyond what this neck can do is left out."""
    placed = camera(sitting.placement, eyes(body, sitting.neutral))
    for number, take in enumerate(sitting.takes):
        posed = take.pose
        if take.drop_deg is not None:
            try:
                posed = pose.solve(body, take.pose, sitting.neutral, take.drop_deg)
            except ValueError:
                continue
        yield Shot(
            group=sitting.group,
            name=f"{sitting.group}-{number:02d}-{take.kind}-{take.level:g}",
            kind=take.kind,
            level=take.level,
            view=sitting.view,
            person=sitting.person,
            neutral_pose=sitting.neutral,
            pose=posed,
            camera=placed,
            scene=sitting.scene,
            neutral=take.neutral,
        )


def of_clip(clip: Clip, who: Sitter, body: Body) -> Iterator[Shot]:
    """The shots of a clip in order of time; their kind is the timeline's label."""
    placed = camera(who.front, eyes(body, who.neutral))
    group = f"{who.person.name}-{clip.name}"

    def solve(wanted: Pose, drop_deg: float) -> Pose:
        return pose.solve(body, wanted, who.neutral, drop_deg)

    for number, still in enumerate(clips.stills(clip, who.neutral, who.person.seed, solve)):
        yield Shot(
            group=group,
            name=f"{group}-{number:04d}",
            kind=still.label,
            level=0.0,
            view="front",
            person=who.person,
            neutral_pose=who.neutral,
            pose=still.pose,
            camera=placed,
            scene=who.scene,
            t_s=still.t_s,
        )


def _metres(place: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 5) for value in place)
    return x, y, z
