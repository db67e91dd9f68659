"""The camera's field of view: told by a tape measure at the baseline, and carried from one baseline to the next."""

from dataclasses import replace

import numpy as np

from posturewatch import geometry
from posturewatch.baseline import Baseline, FaceModel, Front
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.kinematics import PRIOR

EYE_CORNERS = [33, 133, 362, 263]  # MediaPipe's face mesh: outer and inner corner of the right eye, then of the left
TAPE_CM = 2.0  # chosen: 1-sigma error of a distance that one measures on oneself
NEAREST_CM, FARTHEST_CM = 25.0, 200.0  # chosen: nearer the face fills the picture, farther nobody sits at a desk
NARROWEST_DEG, WIDEST_DEG = 40.0, 120.0  # chosen: webcams have 55–90°


def check_distance(distance_cm: float) -> None:
    """Raise PosturewatchError where this can't be the way from a webcam to the eyes."""
    if not NEAREST_CM <= distance_cm <= FARTHEST_CM:
        raise PosturewatchError(
            f"{distance_cm:g} cm can't be the distance from the camera to your eyes. "
            f"Measure it in centimetres, {NEAREST_CM:g} to {FARTHEST_CM:g}: --distance-cm 60."
        )


def at_distance(captured: Baseline, distance_cm: float) -> Baseline:
    """The baseline with the field of view that puts its eyes at this distance from the camera, and its 1-sigma.

    Lengths of the face model read long by an unknown head's size; that size is most of the error. The irises, of nearly
    one size in everybody, tell it no better: 6.7 % SD against the face's 5.7 %, both 5.6 % (calibration/field_of_view).
    PosturewatchError when the face isn't told, or the field of view is none that a webcam has.
    """
    check_distance(distance_cm)
    if captured.front is None:
        raise PosturewatchError("--distance-cm needs your face. Sit before the camera, facing it.")
    width_px = captured.size_px[0]
    head_size, head_error = PRIOR["ln_head_size"]
    focal = _focal_px(captured, captured.front, distance_cm * 10 * float(np.exp(head_size)))
    hfov_deg = 180.0 if focal is None else geometry.hfov_deg(width_px, focal)
    if not NARROWEST_DEG <= hfov_deg <= WIDEST_DEG:
        raise PosturewatchError(
            f"With your eyes at {distance_cm:g} cm the camera's field of view would be {hfov_deg:.0f}°, "
            f"which no webcam has. Measure from the camera to your eyes as you sit, in centimetres, and try again."
        )
    spread = float(np.hypot(head_error, TAPE_CM / distance_cm))  # of the focal length's logarithm
    error_deg = float(np.degrees(np.sin(np.radians(hfov_deg)))) * spread
    return with_hfov(captured, round(hfov_deg, 1), round(error_deg, 1))


def _focal_px(captured: Baseline, front: Front, distance_mm: float) -> float | None:
    """The focal length at which the eyes are this far, in the face model's own millimetres; None if none does."""
    assumed = geometry.focal_px(captured.size_px[0], captured.hfov_deg)
    face = front.face
    x, y, z = face.mesh_mm[EYE_CORNERS].mean(0)
    off_axis_px = assumed * float(np.hypot(x, y) / z)
    z *= front.depth_mm / face.tragus_mm[2]  # the face is one picture's, the depth the whole window's
    square = (distance_mm * assumed / float(z)) ** 2 - off_axis_px**2
    return float(np.sqrt(square)) if square > 0 else None


def with_hfov(kept: Baseline, hfov_deg: float, error_deg: float | None = None) -> Baseline:
    """The baseline that the same pictures give with another field of view: pixels stay, depths follow the focal length.

    error_deg: 1-sigma where the field of view was measured, None where it is told or assumed.
    """
    width_px = kept.size_px[0]
    ratio = geometry.focal_px(width_px, hfov_deg) / geometry.focal_px(width_px, kept.hfov_deg)
    front = None if kept.front is None else _refocused(kept.front, ratio)
    return replace(kept, hfov_deg=hfov_deg, hfov_error_deg=error_deg, front=front)


def _refocused(front: Front, ratio: float) -> Front:
    tragus, middle, across = ((x / ratio, y / ratio) for x, y in (front.tragus, front.middle, front.across))
    mesh = front.face.mesh_mm
    z = mesh[:, 2] + np.median(mesh[:, 2]) * (ratio - 1)  # the face is moved, not stretched: geometry.face_mesh_mm
    xy = mesh[:, :2] * (z / mesh[:, 2] / ratio)[:, None]
    face = FaceModel(np.column_stack([xy, z]), front.face.tragus_mm * [1.0, 1.0, ratio], front.face.rotation)
    return replace(
        front,
        tragus=tragus,
        middle=middle,
        across=across,
        depth_mm=front.depth_mm * ratio,
        face=face,
    )


def carried(captured: Baseline, kept: Baseline | None) -> Baseline:
    """A new baseline with the field of view that was measured at the kept one, if that is of the same picture size."""
    if kept is None or kept.hfov_error_deg is None or kept.size_px != captured.size_px:
        return captured
    return with_hfov(captured, kept.hfov_deg, kept.hfov_error_deg)
