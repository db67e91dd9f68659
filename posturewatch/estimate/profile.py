"""How far the head is carried forward, seen from the side: one look against the upright one, without a face model.

In profile the pose model's head is good to half a centimetre, its shoulders only to two, and they follow the head; so
the vector C7 → tragus is moved mainly by the head, and the shoulders are believed the more the farther they moved.
Lengths in sizes of the head (`Profile.head_px`, about 10 cm), forward in the direction faced.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posturewatch.features import EARS, EYES, HEAD, MOUTH, NOSE, SHOULDERS, Features, pose_of

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Profile:
    """A look's measures from the side. facing: + 1 to the picture's right, − 1 to its left; middle of the ears, middle
    of the shoulders' x, both shoulders' y and the head's size in pixels; face_deg: how far ears → face points below the
    horizontal; world_forward_cm: the ears before the shoulders by the pose model's own depths."""

    facing: float
    ear_x_px: float
    ear_y_px: float
    shoulder_x_px: float
    left_shoulder_y_px: float
    right_shoulder_y_px: float
    head_px: float
    face_deg: float
    world_forward_cm: float

    @property
    def shoulder_y_px(self) -> float:
        """Height of the shoulders' middle in the picture."""
        return (self.left_shoulder_y_px + self.right_shoulder_y_px) / 2


@dataclass(frozen=True, slots=True)
class Neck:
    """The upright vector C7 → tragus, what moves it, and the error left; each fitted by calibration/fit_side.py."""

    up: float = 1.28  # of the tragus above C7, for a person of USUAL_HEIGHT
    up_per_height: float = 0.84  # … for each head's size that the ears are higher above the shoulders
    forward: float = 0.90  # of the tragus before C7
    seen_forward: float = 0.61  # part of the ears' way before the shoulders that is believed
    follow: float = 0.88  # way forward of the seen shoulders for each way down of the head: not theirs
    world_forward: float = 0.055  # for each cm by the pose model's own depths
    tip: float = 0.87  # most that C7 sinks as the trunk tips forward or back
    sigma_deg: float = 3.3  # of a look with the shoulders where they were
    sigma_per_shift_deg: float = 4.4  # for each head's size that the shoulders moved forward or back
    sigma_per_sink_deg: float = 18.4  # … and that they moved down or up
    sigma_per_nod: float = 0.31  # for each degree that the face looks further down or up


NECK = Neck()
USUAL_HEIGHT = 1.9  # ears above the shoulders, upright; rendered people 1.9 ± .2
SHIFT = 1.5  # of the shoulders at which a tipped trunk's C7 has sunk by half of `tip`; chosen: a lean of 20°
SHOULDER_NOISE = 0.25  # chosen: the pose model's shoulders err by 2–3 cm; a sink of that size is half believed
SCALE_NOISE = 0.2  # chosen: ln of the head's size in the picture varies by .04 within a person, .1 as the head turns
LEAST_FORWARD = 0.05  # chosen: C7 is behind the tragus
FACE = [NOSE, *EYES, *MOUTH]


def measure(look: Features) -> Profile:
    """The side measures of a look that has a view."""
    pose = pose_of(look)
    head, ears, shoulders, face = (pose[i, :2] for i in (HEAD, EARS, SHOULDERS, FACE))
    ear_x, ear_y = ears.mean(0)
    facing = 1.0 if pose[NOSE, 0] >= ear_x else -1.0
    ahead, below = (face.mean(0) - ears.mean(0)) * [facing, 1.0]
    return Profile(
        facing,
        float(ear_x),
        float(ear_y),
        float(shoulders[:, 0].mean()),
        float(shoulders[0, 1]),
        float(shoulders[1, 1]),
        float(np.sqrt(np.square(head - head.mean(0)).sum())),
        float(np.degrees(np.arctan2(below, ahead))),
        _world_forward_cm(look),
    )


def cva_drop_deg(now: Profile, upright: Profile) -> tuple[float, float]:
    """Decrease of the craniovertebral angle since `upright`, and its 1-sigma error."""
    moved = moves(now, upright)
    return float(drop_deg(moved)), float(sigma_deg(moved))


def moves(now: Profile, upright: Profile) -> Array:
    """What the neck is told from, (7,): upright height of the ears above the shoulders; ways of the ears, forward
    against the shoulders and down; of the shoulders, forward and down; in heads; nod in degrees; world way in cm."""
    size = upright.head_px
    ln_scale = np.log(now.head_px / size)
    scale = size * np.exp(ln_scale * _believed(ln_scale, SCALE_NOISE))
    above, above_now = (p.shoulder_y_px - p.ear_y_px for p in (upright, now))
    before, before_now = (p.facing * (p.ear_x_px - p.shoulder_x_px) for p in (upright, now))
    return np.array(
        [
            above / size,
            before_now / scale - before / size,
            above / size - above_now / scale + (now.shoulder_y_px - upright.shoulder_y_px) / size,
            upright.facing * (now.shoulder_x_px - upright.shoulder_x_px) / size,
            _sink_px(now, upright) / size,
            now.face_deg - upright.face_deg,
            now.world_forward_cm - upright.world_forward_cm,
        ]
    )


def drop_deg(moved: Array, neck: Neck = NECK) -> Array:
    """Decrease of the craniovertebral angle (…) from `moves` (…, 7): C7 is where the trunk's tipping and a sink larger
    than the shoulders' noise have brought it, the tragus where it is seen."""
    height, ear_forward, ear_down, shift, shoulder_down, _, world = np.moveaxis(moved, -1, 0)
    tip = neck.tip * _believed(shift, SHIFT)
    beyond = shoulder_down - tip
    sunk = tip + beyond * _believed(beyond, SHOULDER_NOISE)
    neck_down = ear_down - sunk
    up = neck.up + neck.up_per_height * (height - USUAL_HEIGHT)
    ahead = neck.seen_forward * (ear_forward + neck.follow * neck_down) + neck.world_forward * world
    before = np.arctan2(up, neck.forward)
    now = np.arctan2(up - neck_down, np.maximum(neck.forward + ahead, LEAST_FORWARD))
    return np.asarray(np.degrees(before - now))


def sigma_deg(moved: Array, neck: Neck = NECK) -> Array:
    """The 1-sigma error (…) of `drop_deg`'s answers."""
    grows = np.array([neck.sigma_per_shift_deg, neck.sigma_per_sink_deg, neck.sigma_per_nod])
    return np.asarray(np.sqrt(neck.sigma_deg**2 + np.square(grows * moved[..., 3:6]).sum(-1)))


def _sink_px(now: Profile, upright: Profile) -> float:
    """How far both shoulders are lower: the harmonic mean, none where one rose, as mostly one of them is misplaced."""
    left = now.left_shoulder_y_px - upright.left_shoulder_y_px
    right = now.right_shoulder_y_px - upright.right_shoulder_y_px
    return 2 * left * right / (left + right) if left * right > 0 else 0.0


def _believed(value: Array, noise: float) -> Array:
    """Part of a measured change that is no noise: none of a small one, all of a large one."""
    return np.asarray(value**4 / (value**4 + noise**4))


def _world_forward_cm(look: Features) -> float:
    if look.world is None:
        raise ValueError("a look without a view has no landmarks")
    ears, shoulders = look.world[EARS].mean(0), look.world[SHOULDERS].mean(0)
    ahead = (look.world[NOSE] - ears) * [1.0, 0.0, 1.0]
    return float((ears - shoulders) @ ahead / max(float(np.linalg.norm(ahead)), 1e-6)) * 100
