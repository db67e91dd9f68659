"""The lines of a person over their own picture: as they are now, and as they were at the baseline; in pixels."""

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.baseline import Baseline, Front, Side
from posturewatch.features import EARS, EYES, NOSE, SHOULDERS
from posturewatch.landmarks import Landmarks

Array = npt.NDArray[np.float64]

FACE_OVAL = [  # mediapipe's FACEMESH_FACE_OVAL, in order around the face
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
]
HEAD_RADIUS_CM = 10.0  # chosen: a head is about 20 cm long


def of_person(found: Landmarks) -> tuple[list[Array], list[Array]]:
    """The lines (n, 2) and dots (2,) of who is in the picture: shoulder line, shoulders to ears, eyes, nose, face."""
    paths: list[Array] = []
    dots: list[Array] = []
    if found.face is not None:
        paths.append(closed(found.face.points[FACE_OVAL, :2]))
    if found.pose is not None:
        xy = found.pose[:, :2]
        paths += [xy[[EARS[0], SHOULDERS[0], SHOULDERS[1], EARS[1]]]]
        dots += list(xy[[NOSE, *EYES, *EARS, *SHOULDERS]])
    return paths, dots


def of_baseline(baseline: Baseline, found: Landmarks) -> tuple[Array, Array] | None:
    """Where the head was, an outline (n, 2), and the shoulders, a line (n, 2); None where that can't be told."""
    if baseline.front is not None:
        return _front(baseline, baseline.front)
    if baseline.side is not None and found.pose is not None:
        return _side(baseline, baseline.side, found.pose)
    return None


def _front(baseline: Baseline, front: Front) -> tuple[Array, Array]:
    """Outline of the face, moved to where the tragi were, and the shoulders with the beginning of the arms; pixels."""
    size = np.array(baseline.size_px)
    focal = geometry.focal_px(baseline.size_px[0], baseline.hfov_deg)
    place = np.array([*front.tragus, 1.0]) * front.depth_mm
    oval = front.face.mesh_mm[FACE_OVAL] - front.face.tragus_mm + place
    across = np.array(front.across) / 2
    left, right = np.array(front.middle) + across, np.array(front.middle) - across
    down = np.array([0.0, float(np.linalg.norm(across))])
    bust = np.array([left + 0.3 * across + down, left, right, right - 0.3 * across + down])
    return oval[:, :2] / oval[:, 2:] * focal + size / 2, bust * focal + size / 2


def _side(baseline: Baseline, side: Side, pose: Array) -> tuple[Array, Array]:
    """A round head about the ear and the line down to the shoulder. Only the nose's place across is kept, so the way
    from nose to ear is today's."""
    nose_to_ear = float(pose[EARS, 0].mean() - pose[NOSE, 0])
    facing = -1.0 if nose_to_ear > 0 else 1.0
    ear = np.array([baseline.place[0] + nose_to_ear, side.head_y_px])
    shoulder = np.array([ear[0] - facing * side.head_forward_px, side.shoulder_y_px])
    turn = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    head = ear + HEAD_RADIUS_CM * side.px_per_cm * np.column_stack([np.cos(turn), np.sin(turn)])
    return head, np.array([ear, shoulder])


def closed(path: Array) -> Array:
    """The path (n, 2), ended where it began."""
    return np.vstack([path, path[:1]])
