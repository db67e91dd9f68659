"""One picture looked at several times, mirrored, smaller and turned a little: what the models find each time differs
by some pixels, and the mean errs less (`calibration/REPORT.md`). For single pictures; a stream has its other frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.features import EARS, EYES, MOUTH, NOSE, SHOULDERS
from posturewatch.frames import Frame
from posturewatch.landmarks import Face, Finder, Landmarks
from posturewatch.looking.persons import Place

Array = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to look at a picture: mirrored or not, then scaled and turned about its middle."""

    mirrored: bool
    scale: float
    turned_deg: float


WAYS = [
    Way(mirrored, scale, turned)
    for scale, turned in ((1.0, 0.0), (0.85, 0.0), (0.95, 5.0))
    for mirrored in (False, True)
]  # chosen

POSE_MIRROR = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(i + (1 if i % 2 else -1) for i in range(11, 33))]  # MediaPipe's pose
# the face mesh: points on the middle line; the others of the right half stand in the order of their partners, 248…467
MIDDLE = {*range(3), *range(4, 7), *range(8, 20), 94, 151, 152, 164, 168, 175, 195, 197, 199, 200}
LEFT_FROM = 248
IRIS_MIRROR = [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]
# nose, ears or shoulders farther off than this part of eye–mouth: another person was found that way, or none; chosen:
# on rendered people in profile the sweep errs by 3.0° instead of 3.9°, with 197 of 210 told instead of 203
SAME_FACES = 1.0


def _face_mirror() -> list[int]:
    mirror = list(range(LEFT_FROM + 220)) + IRIS_MIRROR
    for left, right in enumerate((i for i in range(LEFT_FROM) if i not in MIDDLE), LEFT_FROM):
        mirror[left], mirror[right] = right, left
    return mirror


FACE_MIRROR = _face_mirror()


def find_steadily(finder: Finder, frame: Frame) -> Landmarks:
    """The mean of what is found in every way; `finder` must be one for single pictures."""
    found = finder.find(frame)
    if frame.image is None or found.reason is not None:
        return found
    place, others = finder.place, []
    for way in WAYS[1:]:
        finder.place = None if place is None else _place_seen(place, found.size_px, way)
        others.append(undone(finder.find(replace(frame, image=seen(frame.image, way))), way))
    finder.place = place
    return merged([found, *others])


def seen(picture: Picture, way: Way) -> Picture:
    """The picture in another way, of the same size."""
    if way.mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if (way.scale, way.turned_deg) == (1.0, 0.0):
        return picture
    height, width = picture.shape[:2]
    return geometry.warped(picture, _map((width, height), way))


def undone(found: Landmarks, way: Way) -> Landmarks:
    """What was found in one way, as it is in the picture itself."""
    back = geometry.inverted(_map(found.size_px, way))
    pose, world, face = found.pose, found.world, found.face
    if pose is not None and world is not None:
        pose = _moved(pose, back, way)
        pose, world = _mirrored(pose, world, found.size_px[0]) if way.mirrored else (pose, world)
    if face is not None:
        face = Face(_turned(face.matrix, way), _moved(face.points, back, way))
        face = _mirrored_face(face, found.size_px[0]) if way.mirrored else face
    return replace(found, pose=pose, world=world, face=face)


def merged(found: Sequence[Landmarks]) -> Landmarks:
    """The mean of all that found the same person; a person counts when at least half found it, and is trusted when they
    agree; a face counts also when the first found it, the picture itself: a small face is lost when made smaller."""
    people = [each for each in found if each.pose is not None and each.world is not None]
    nobody = replace(found[0], pose=None, world=None, face=None)
    if 2 * len(people) < len(found):
        return nobody
    same = [each for each, near in zip(people, _agreeing(people), strict=True) if near]
    if 2 * len(same) < len(found):
        return replace(nobody, reason="landmarks not trusted")
    faces = [each.face for each in same if each.face is not None]
    counts = 2 * len(faces) >= len(same) or (same[0] is found[0] and found[0].face is not None)
    return replace(
        found[0],
        pose=np.mean([each.pose for each in same if each.pose is not None], axis=0).round(3),
        world=np.mean([each.world for each in same if each.world is not None], axis=0).round(5),
        face=_mean_face(faces) if counts else None,
    )


def _agreeing(people: Sequence[Landmarks]) -> npt.NDArray[np.bool_]:
    """Which of them (n,) are near the one that most agree with."""
    poses = np.array([each.pose for each in people])
    places = np.stack([poses[:, points, :2].mean(1) for points in ([NOSE], EARS, SHOULDERS)], axis=1)
    apart = np.linalg.norm(places[:, None] - places[None], axis=3).max(2)
    faces_px = np.linalg.norm(poses[:, EYES, :2].mean(1) - poses[:, MOUTH, :2].mean(1), axis=1)
    near: npt.NDArray[np.bool_] = apart[np.median(apart, axis=1).argmin()] <= SAME_FACES * np.median(faces_px)
    return near


def _map(size: tuple[int, int], way: Way) -> Array:
    return geometry.about_middle(size, way.turned_deg, way.scale)


def _place_seen(place: Place, size: tuple[int, int], way: Way) -> Place:
    x = size[0] - place[0] if way.mirrored else place[0]
    there = _map(size, way) @ np.array([x, place[1], 1.0])
    return float(there[0]), float(there[1]), place[2] * way.scale


def _moved(points: Array, back: Array, way: Way) -> Array:
    """Points (n, 3 or 4) of the other way: x, y through the map, relative depth by its scale."""
    out = points.copy()
    out[:, :2] = points[:, :2] @ back[:, :2].T + back[:, 2]
    out[:, 2] = points[:, 2] / way.scale
    return out


def _turned(matrix: Array, way: Way) -> Array:
    """The head's matrix turned back about the camera's axis; what was made smaller was made farther."""
    c, s = np.cos(np.radians(way.turned_deg)), np.sin(np.radians(way.turned_deg))
    out = matrix.copy()
    out[:3] = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ matrix[:3]
    out[:3, 3] *= way.scale
    return out


def _mirrored(pose: Array, world: Array, width: int) -> tuple[Array, Array]:
    pose, world = pose[POSE_MIRROR].copy(), world[POSE_MIRROR].copy()
    pose[:, 0] = width - pose[:, 0]
    world[:, 0] = -world[:, 0]
    return pose, world


def _mirrored_face(face: Face, width: int) -> Face:
    points = face.points[FACE_MIRROR].copy()
    points[:, 0] = width - points[:, 0]
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    return Face(flip @ face.matrix @ flip, points)


def _mean_face(faces: Sequence[Face]) -> Face:
    matrix = np.mean([face.matrix for face in faces], axis=0)
    left, scale, right = np.linalg.svd(matrix[:3, :3])
    matrix[:3, :3] = left @ right * scale.mean()  # a mean of rotations is none
    return Face(matrix.round(6), np.mean([face.points for face in faces], axis=0).round(2))
