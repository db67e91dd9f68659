"""What one picture says, before any baseline: who is there, from which side, where head and shoulders are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.landmarks import Landmarks
from posturewatch.looking import persons
from posturewatch.looking.persons import Place, head_shoulder_px, place_of

Array = npt.NDArray[np.float64]

NOSE, EYES, EARS, MOUTH, SHOULDERS = persons.NOSE, persons.EYES, persons.EARS, persons.MOUTH, persons.SHOULDERS
HEAD = [NOSE, *EYES, *EARS, *MOUTH]

NOBODY_RATIO = 0.08  # shoulders or head–shoulder distance below this part of the height: invented (real footage:
# ≤ .07 on a table leg, ≥ .12 a sitter seen from 2 m in profile)
HEAD_VISIBILITY = 0.85  # chosen: footage and rendered people ≥ .87, heads invented after a crop .63–.98
SHOULDER_VISIBILITY = 0.8  # without a face: a chair's back is tracked on at .84 falling to .3, sitters have ≥ .93
HEAD_MARGIN = 0.5  # eyes at least this part of eye–mouth below the edge, else the head is cut off (crops of footage)
FACELESS_MARGIN = 1.0  # the same where no face is found: half of the heads invented after a crop have less
MOST_NECK = 6.0  # ears to shoulders over eyes to mouth: people 2.8–3.4, looking down 5; invented 7 (crops)
FACE_OUTSIDE = 0.15  # part of the face's points outside the picture: forehead cut .12, brows cut .3 (crops)
SHOULDER_OUTSIDE = 0.25  # of the shoulder width: farther out the pose model guesses (mediapipe#5197); chosen
SIDE_RATIO = 0.8  # shoulder width over head–shoulder distance up to which it is a side view; footage: profile ≤ .75
BEHIND_SIZE = 0.5  # of the baseline's: a sitter rolled back 40–60 cm has .54–.64, somebody 90 cm behind .44 (rendered)
NOBODY, ELSE = "nobody in view", "someone else in the picture"
FACE_OFF = 0.9  # face middle farther than this part of the face's width from the nose: another person's face; chosen


@dataclass(frozen=True, slots=True)
class Head:
    """The face model's head: turn (+ to the person's right), flexion (+ looking down), bend (+ right ear down) in
    degrees against the camera; matrix (4, 4) and points (478, 3) as in `landmarks.Face`."""

    turn_deg: float
    flexion_deg: float
    bend_deg: float
    matrix: Array
    points: Array


@dataclass(frozen=True, slots=True)
class Features:
    """One picture's findings. With a reason nothing is trusted; with nobody there is a clear picture and no person.

    pose (33, 4) pixels, world (33, 3) metres, place (x, y, shoulder width) in pixels.
    pose_turn_deg: turn of the head against the camera by the pose model, + to the person's right, ±180.
    shoulders_seen: both inside the picture.
    """

    t_s: float
    size_px: tuple[int, int]
    focal_px: float
    view: str | None = None
    reason: str | None = None
    nobody: bool = False
    pose: Array | None = None
    world: Array | None = None
    head: Head | None = None
    place: Place | None = None
    pose_turn_deg: float = 0.0
    shoulders_seen: bool = True


def describe(landmarks: Landmarks, hfov_deg: float, place: Place | None = None) -> Features:
    """Judge what was found; `place` is where the baseline's person sat, so that nobody else is measured."""
    size = landmarks.size_px
    focal = geometry.focal_px(max(size[0], 1), hfov_deg)
    if landmarks.reason is not None:
        return Features(landmarks.t_s, size, focal, reason=landmarks.reason)
    pose, world = landmarks.pose, landmarks.world
    if pose is None or world is None or _invented(landmarks, pose):
        reason = _unseen(landmarks, place)
        return Features(landmarks.t_s, size, focal, reason=reason, nobody=reason == NOBODY)
    distrust = _distrust(landmarks, pose, place)
    if distrust is not None:
        return Features(landmarks.t_s, size, focal, reason=distrust, nobody=distrust == NOBODY)
    return Features(
        landmarks.t_s,
        size,
        focal,
        view=_view(pose),
        pose=pose,
        world=world,
        head=_head(landmarks, pose),
        place=place_of(pose),
        pose_turn_deg=_turn_deg(world),
        shoulders_seen=all(_inside(pose[i], size, 0.0) for i in SHOULDERS),
    )


def ear_shoulder(look: Features) -> tuple[float, float]:
    """Near side's shoulder → ear: inclination from vertical (degrees) and horizontal distance (pixels), both + =
    forward in the direction faced. The near side is told by depth: visibility says nothing in profile."""
    pose = pose_of(look)
    near = 0 if pose[EARS[0], 2] < pose[EARS[1], 2] else 1
    ear, shoulder = pose[EARS[near]], pose[SHOULDERS[near]]
    facing = 1.0 if pose[NOSE, 0] >= pose[EARS, 0].mean() else -1.0
    forward = facing * float(ear[0] - shoulder[0])
    return geometry.inclination_deg(forward, float(shoulder[1] - ear[1])), forward


def ear_height_ratio(look: Features) -> float:
    """Height of the ears above the shoulders over the shoulder width, no unit."""
    pose = pose_of(look)
    width = float(np.linalg.norm(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2]))
    return float(pose[SHOULDERS, 1].mean() - pose[EARS, 1].mean()) / max(width, 1e-6)


def pitch_ratio(look: Features) -> float:
    """How far the nose is below the ears, over the distance from eyes to mouth: grows when looking down."""
    pose = pose_of(look)
    size = float(np.linalg.norm(pose[MOUTH, :2].mean(0) - pose[EYES, :2].mean(0)))
    return float(pose[NOSE, 1] - pose[EARS, 1].mean()) / max(size, 1e-6)


def shoulders_back_mm(look: Features) -> float:
    """How much farther than the hips the shoulders are from the camera, by the pose model's own depths."""
    return 1000 * float(_told(look.world)[SHOULDERS, 2].mean())


def px_per_cm(look: Features) -> float:
    """Scale of the person in the picture: the pose model's metric head and shoulders fitted to the pixels."""
    points = [NOSE, *EYES, *EARS, *MOUTH, *SHOULDERS]
    picture, metres = pose_of(look)[points, :2], _told(look.world)[points, :2]
    spread = [float(np.square(a - a.mean(0)).sum()) for a in (picture, metres)]
    return float(np.sqrt(spread[0] / max(spread[1], 1e-9))) / 100


def pose_of(look: Features) -> Array:
    """The pose (33, 4) of a look that has a view."""
    return _told(look.pose)


def _told(array: Array | None) -> Array:
    if array is None:
        raise ValueError("a look without a view has no landmarks")
    return array


def _invented(landmarks: Landmarks, pose: Array) -> bool:
    """Whether the pose model sees somebody in furniture: far too small, or without a face on fading shoulders."""
    if place_of(pose)[2] < NOBODY_RATIO * landmarks.size_px[1]:
        return True
    if landmarks.face is not None:
        return False
    return float(pose[SHOULDERS, 3].min()) < SHOULDER_VISIBILITY or persons.in_furniture(pose)


def _unseen(landmarks: Landmarks, place: Place | None) -> str:
    """What is there where no body is: at most a face."""
    face = landmarks.face
    if face is None or (place is not None and persons.nobody_there(None, face.points, place)):
        return NOBODY
    return "shoulders out of view"


def _distrust(landmarks: Landmarks, pose: Array, place: Place | None) -> str | None:
    """Why this person's landmarks can't be used, or None."""
    face = None if landmarks.face is None else landmarks.face.points
    if place is not None and not persons.same_place(place_of(pose), place):
        return NOBODY if persons.nobody_there(pose, face, place) else ELSE
    if _head_cut_off(landmarks, pose) or _face_cut_off(landmarks):
        return "head out of the picture"
    if place is not None and persons.behind(pose, face, place):
        return NOBODY
    if place is not None and face is not None and place_of(pose)[2] < BEHIND_SIZE * place[2]:
        return ELSE
    if float(pose[HEAD, 3].mean()) < HEAD_VISIBILITY:
        return "head hidden"
    if not any(_inside(pose[i], landmarks.size_px, SHOULDER_OUTSIDE * place_of(pose)[2]) for i in SHOULDERS):
        return "shoulders out of view"
    return None


def _head_cut_off(landmarks: Landmarks, pose: Array) -> bool:
    """Whether part of the head is outside the picture; without a face, which the pose model then likes to invent
    farther down, also whether what it shows is no head on shoulders."""
    eyes, mouth = pose[EYES, :2].mean(0), pose[MOUTH, :2].mean(0)
    face_px = float(np.linalg.norm(mouth - eyes))
    faceless = landmarks.face is None
    if eyes[1] < face_px * (FACELESS_MARGIN if faceless else HEAD_MARGIN):
        return True
    if not all(_inside(point, landmarks.size_px, 0.0) for point in (pose[NOSE], eyes, mouth)):
        return True
    likely = eyes[1] < mouth[1] < pose[SHOULDERS, 1].mean() and head_shoulder_px(pose) < MOST_NECK * face_px
    return faceless and not likely


def _face_cut_off(landmarks: Landmarks) -> bool:
    if landmarks.face is None:
        return False
    points = landmarks.face.points[: geometry.MESH, :2]
    outside = ((points < 0) | (points > np.array(landmarks.size_px))).any(axis=1)
    return float(np.mean(outside)) > FACE_OUTSIDE


def _inside(point: Array, size: tuple[int, int], margin: float) -> bool:
    return bool(-margin <= point[0] <= size[0] + margin and -margin <= point[1] <= size[1] + margin)


def _view(pose: Array) -> str:
    ratio = float(np.linalg.norm(pose[11, :2] - pose[12, :2])) / max(head_shoulder_px(pose), 1e-6)
    return "front" if ratio >= persons.FRONT_RATIO else "side" if ratio <= SIDE_RATIO else "oblique"


def _turn_deg(world: Array) -> float:
    across = world[EARS[0]] - world[EARS[1]]
    return float(-np.degrees(np.arctan2(across[2], across[0])))


def _head(landmarks: Landmarks, pose: Array) -> Head | None:
    face = landmarks.face
    if face is None:
        return None
    points = face.points[: geometry.MESH, :2]
    if np.linalg.norm(points.mean(0) - pose[NOSE, :2]) > FACE_OFF * np.ptp(points[:, 0]):
        return None
    return Head(*geometry.head_angles_deg(face.matrix), face.matrix, face.points)
