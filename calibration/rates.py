"""What a stream of looks would have been at another rate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from posturewatch.landmarks import Face, Landmarks


def resampled(found: Sequence[Landmarks], rate_hz: float) -> list[Landmarks]:
    """The looks at another rate, made up between two of them; what only one of them has is the nearer one's."""
    times = np.array([each.t_s for each in found])
    out = []
    for t_s in np.arange(0, times[-1] + 1e-6, 1 / rate_hz):
        after = int(np.clip(np.searchsorted(times, t_s - 1e-6), 1, len(found) - 1))
        share = float((t_s - times[after - 1]) / (times[after] - times[after - 1]))
        out.append(between(found[after - 1], found[after], min(max(share, 0.0), 1.0), round(float(t_s), 3)))
    return out


def between(before: Landmarks, after: Landmarks, share: float, t_s: float) -> Landmarks:
    """The landmarks a share of the way from one look to the next."""
    near = replace(before if share < 0.5 else after, t_s=t_s)
    if share < 1e-6 or share > 1 - 1e-6:
        return near
    if before.pose is not None and after.pose is not None and before.world is not None and after.world is not None:
        pose = (1 - share) * before.pose + share * after.pose
        near = replace(near, pose=pose, world=(1 - share) * before.world + share * after.world)
    if before.face is not None and after.face is not None:
        near = replace(near, face=_face(before.face, after.face, share))
    return near


def _face(before: Face, after: Face, share: float) -> Face:
    scales = [float(np.cbrt(np.linalg.det(each.matrix[:3, :3]))) for each in (before, after)]
    turns = [each.matrix[:3, :3] / scale for each, scale in zip((before, after), scales, strict=True)]
    matrix = (1 - share) * before.matrix + share * after.matrix
    turn = Slerp([0.0, 1.0], Rotation.from_matrix(np.array(turns)))(share).as_matrix()
    matrix[:3, :3] = turn * ((1 - share) * scales[0] + share * scales[1])
    return Face(matrix, (1 - share) * before.points + share * after.points)
