"""A pinhole camera in the room."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.rig.spec import Camera

Array = npt.NDArray[Any]
UP = (0.0, 1.0, 0.0)


def axes(camera: Camera) -> Array:
    """Camera-to-world rotation (3, 3): its columns are the picture's right, its up and the way back out of the lens."""
    back = np.subtract(camera.position_m, camera.look_m)
    back = back / np.linalg.norm(back)
    right = np.cross(UP, back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back], axis=1)


def focal_px(camera: Camera) -> float:
    """Focal length in pixels, the same across and down."""
    return camera.size_px[0] / 2 / math.tan(math.radians(camera.hfov_deg) / 2)


def project(camera: Camera, points_m: Array) -> Array:
    """World points (n, 3) in metres to (n, 3): x and y in pixels from the picture's top left, and depth in metres."""
    seen = (np.asarray(points_m) - camera.position_m) @ axes(camera)
    depth_m = -seen[:, 2]
    width, height = camera.size_px
    scale = focal_px(camera) / depth_m
    return np.stack([width / 2 + scale * seen[:, 0], height / 2 - scale * seen[:, 1], depth_m], axis=1)
