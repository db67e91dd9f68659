"""Pinhole camera, head pose and angles: pure functions in pixels, millimetres and degrees."""

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MEDIAPIPE_VFOV_DEG = 63.0  # the vertical field of view MediaPipe's face transform assumes (SCIENCE part 5)
# Middle of the tragi in the canonical face (cm), set 17 mm further back than the model's ear edge so that the point
# stays put when the head turns (ground truth: yaw bias of the depth 16 mm without it, 3 mm with it).
CANONICAL_TRAGUS_CM = np.array([0.0, 0.67, -4.1, 1.0])
CANONICAL_FACE_CM = np.array([0.0, 0.0, 3.0, 1.0])  # middle of the canonical face's surface, for its depth
MESH = 468  # the face model's points without the irises


def focal_px(width_px: float, hfov_deg: float) -> float:
    """Focal length in pixels of a pinhole camera with this horizontal field of view."""
    return float(width_px / 2 / np.tan(np.radians(hfov_deg) / 2))


def hfov_deg(width_px: float, focal: float) -> float:
    """Horizontal field of view in degrees of a pinhole camera with this focal length in pixels."""
    return float(np.degrees(2 * np.arctan(width_px / 2 / focal)))


def normalised(points_px: Array, size_px: tuple[int, int], focal: float) -> Array:
    """Picture points (…, 2) as slopes from the picture's middle: x right, y down."""
    return (points_px - np.array(size_px) / 2) / focal


def inclination_deg(forward: float, up: float) -> float:
    """Angle from vertical of a vector, + = tipped forward."""
    return float(np.degrees(np.arctan2(forward, up)))


def head_angles_deg(matrix: Array) -> tuple[float, float, float]:
    """Turn (+ to the person's right), flexion (+ looking down) and side bend (+ right ear down) of the head against
    the camera's axes, from the face model's (4, 4) matrix."""
    rotation = _unscaled(matrix)
    yaw = np.degrees(np.arctan2(rotation[0, 2], rotation[2, 2]))
    pitch = np.degrees(np.arcsin(np.clip(-rotation[1, 2], -1.0, 1.0)))
    roll = np.degrees(np.arctan2(rotation[1, 0], rotation[1, 1]))
    return float(-yaw), float(pitch), float(roll)


def head_change_deg(before_deg: tuple[float, float, float], matrix: Array) -> tuple[float, float, float]:
    """Turn, flexion and bend since a head posture given by its own three angles, in the axes of that posture: so a
    turn stays a turn before a camera that looks up or down."""
    turn, flexion, bend = (np.radians(angle) for angle in before_deg)
    cy, sy, cp, sp, cr, sr = np.cos(turn), -np.sin(turn), np.cos(flexion), np.sin(flexion), np.cos(bend), np.sin(bend)
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return head_angles_deg((yaw @ pitch @ roll).T @ _unscaled(matrix))


def tragus_mm(matrix: Array, size_px: tuple[int, int], focal: float) -> Array:
    """Middle of the tragi (3,) in camera axes (x right, y down, z away) in the canonical face's millimetres."""
    return _camera_point(matrix, CANONICAL_TRAGUS_CM, size_px, focal)


def face_mesh_mm(matrix: Array, points_px: Array, size_px: tuple[int, int], focal: float) -> Array:
    """The person's own face (468, 3) in camera axes (x right, y down, z away), from the landmarks' relative depth."""
    depth = _camera_point(matrix, CANONICAL_FACE_CM, size_px, focal)[2]
    points = points_px[:MESH]
    z = depth + (points[:, 2] - np.median(points[:, 2])) * depth / focal
    xy = normalised(points[:, :2], size_px, focal)
    return np.column_stack([xy * z[:, None], z])


def rotation(matrix: Array) -> Array:
    """The head's rotation (3, 3) in camera axes (x right, y down, z away), from the face model's (4, 4) matrix."""
    flip = np.diag([1.0, -1.0, -1.0])
    return np.asarray(flip @ _unscaled(matrix) @ flip)


def move_point(
    mesh_mm: Array, point_mm: Array, points_px: Array, turn: Array, size_px: tuple[int, int], focal: float
) -> Array | None:
    """Where `point_mm` (3,), fixed to the rigid `mesh_mm` (n, 3), is now, from the mesh's points in the picture.

    turn (3, 3): first guess of the rotation. None when no pose fits.
    """
    middle = mesh_mm.mean(0)
    camera = np.array([[focal, 0, size_px[0] / 2], [0, focal, size_px[1] / 2], [0, 0, 1.0]])
    points = np.ascontiguousarray(points_px[:, :2], np.float64)
    spread_px = float(np.linalg.norm(np.std(points, axis=0)))
    if spread_px == 0:
        return None
    depth = float(np.linalg.norm(np.std(mesh_mm[:, :2], axis=0))) / spread_px * focal
    start = np.append(normalised(points.mean(0), size_px, focal), 1.0) * depth
    found, turned, shift = cv2.solvePnP(
        mesh_mm - middle, points, camera, None, cv2.Rodrigues(turn)[0], start[:, None], True, cv2.SOLVEPNP_ITERATIVE
    )
    if not found or not np.isfinite(shift).all() or shift[2, 0] <= 0:
        return None
    return np.asarray(cv2.Rodrigues(turned)[0] @ (point_mm - middle) + shift[:, 0])


def about_middle(size_px: tuple[int, int], turned_deg: float, scale: float) -> Array:
    """The affine map (2, 3) that turns a picture counter-clockwise and scales it, about its middle."""
    return np.asarray(cv2.getRotationMatrix2D((size_px[0] / 2, size_px[1] / 2), turned_deg, scale), np.float64)


def inverted(affine: Array) -> Array:
    """The affine map (2, 3) that goes back."""
    return np.asarray(cv2.invertAffineTransform(affine), np.float64)


def warped(picture: npt.NDArray[np.uint8], affine: Array) -> npt.NDArray[np.uint8]:
    """A picture under an affine map (2, 3), of the same size; its edge is drawn out where nothing is."""
    height, width = picture.shape[:2]
    moved = cv2.warpAffine(picture, affine, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _unscaled(matrix: Array) -> Array:
    """The rotation (3, 3) in a (4, 4) or (3, 3) matrix that may also scale."""
    return np.asarray(matrix[:3, :3] / np.cbrt(np.linalg.det(matrix[:3, :3])))


def _camera_point(matrix: Array, point_cm: Array, size_px: tuple[int, int], focal: float) -> Array:
    mediapipe_focal = size_px[1] / 2 / np.tan(np.radians(MEDIAPIPE_VFOV_DEG) / 2)
    x, y, z = 10 * (matrix @ point_cm)[:3]
    depth = -z * focal / mediapipe_focal
    scale = mediapipe_focal / focal * depth / -z
    return np.array([x * scale, -y * scale, depth])
