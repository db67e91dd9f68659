"""Glasses and a head-set: simple shapes fitted to the head at rest, which move with the head bone."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from calibration.rig.assets import SKIN_VERTICES
from calibration.rig.body import BONES, INDEX, Body, Mesh
from calibration.rig.room import grid

Array = npt.NDArray[np.float64]
TRAGI = (12076, 5477)  # left, right: vertices of the base mesh, as in truth.py
MOUTH = 467  # vertex of the base mesh on the middle of the lips
AROUND = 8  # corners of a tube's section
EYES = ((1, "eye.L"), (-1, "eye.R"))  # side along x, joint
FRAME_M, RIM_M = np.array([0.026, 0.020]), 0.0016  # half width and height of a lens; radius of its rim; chosen
BEFORE_EYE_M = 0.025  # the lens before the eye's centre: its radius 12 mm and 13 mm to the lens; chosen
CLEARANCE_M, MOST_PUSH_M = 0.0015, 0.012


def meshes(body: Body) -> tuple[Mesh, ...]:
    """What the person wears on the head."""
    out = []
    if body.person.glasses:
        out.append(glasses(body))
    if body.person.headset:
        out.append(headset(body))
    return tuple(out)


def glasses(body: Body) -> Mesh:
    """Two rims before the eyes, a bridge, and temples that bend down behind the ears; size and shape by the seed."""
    rng = np.random.default_rng([body.person.seed, 5])
    scale, square, tube_m = rng.uniform(0.9, 1.12), rng.uniform(0.55, 1.0), RIM_M * rng.uniform(0.7, 1.5)
    half = FRAME_M * scale * np.array([1.0, rng.uniform(0.75, 1.05)])
    middles = {side: body.joints[name] + np.array([side * 0.002, -0.003, BEFORE_EYE_M]) for side, name in EYES}
    rims = {side: _rim(middles[side], side, half, square) for side, _ in EYES}
    forward = np.array([0, 0, max(_inside(body, rim) for rim in rims.values())])
    tubes = [_tube(rim + forward, tube_m, closed=True) for rim in rims.values()]
    for (side, _), ear in zip(EYES, TRAGI, strict=True):
        hinge = middles[side] + forward + np.array([side * half[0], 0.4 * half[1], -0.003])
        tubes.append(_tube(_temple(hinge, body.vertices[ear], side), tube_m))
    ends = [middles[side] + forward + np.array([side * (0.001 - half[0]), 0.25 * half[1], 0]) for side, _ in EYES]
    tubes.append(_tube(_bridge(*ends), tube_m))
    return _mesh("glasses", tubes)


def _temple(hinge: Array, ear: Array, side: int) -> Array:
    """From the rim's outer end round the temple, over the ear and down behind it (4, 3)."""
    corner = np.array([max(abs(ear[0]) + 0.004, abs(hinge[0])) * side, hinge[1], hinge[2] - 0.014])
    over = ear + np.array([side * 0.004, 0.016, -0.012])
    return np.stack([hinge, corner, over, over + np.array([-side * 0.004, -0.022, -0.018])])


def _inside(body: Body, rim: Array) -> float:
    """How far a rim (n, 3) must move forward so that nose, cheek and brow don't cover it, 0…MOST_PUSH_M."""
    skin = body.vertices[:SKIN_VERTICES]
    skin = skin[np.abs(skin - rim.mean(axis=0)).max(axis=1) < 0.045]
    near = ((rim[:, None, :2] - skin[None, :, :2]) ** 2).sum(axis=2) < 0.006**2
    depth = np.where(near, skin[None, :, 2] - rim[:, None, 2], -1.0) + CLEARANCE_M
    return float(np.clip(depth.max(), 0, MOST_PUSH_M))


def _rim(middle: Array, side: int, half: Array, square: float) -> Array:
    """The outline (40, 3) of one lens: an ellipse, or squarer for square < 1, its outer end bent back, its foot in."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** square * half[0]
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** square * half[1]
    back = 0.003 * np.clip(side * x / half[0], 0, 1) ** 2
    return np.asarray(middle + np.stack([x, y, 0.14 * y - back], axis=1))


def _bridge(left: Array, right: Array) -> Array:
    """An arc (9, 3) between the inner ends of the rims."""
    share = np.linspace(0, 1, 9)[:, None]
    return np.asarray(left + share * (right - left) + np.sin(np.pi * share) * np.array([0, 0.003, 0.003]))


def headset(body: Body) -> Mesh:
    """A band over the hair, a cup on each ear and a microphone before the mouth's left corner."""
    left, right = (body.vertices[i] for i in TRAGI)
    middle, half = (left + right) / 2, abs(left[0] - right[0]) / 2 + 0.012
    high = _top(body, middle) - middle[1] + 0.010
    angle = np.linspace(-0.05, np.pi + 0.05, 25)
    arc = np.stack([half * np.cos(angle), high * np.sin(angle), -0.012 + 0 * angle], axis=1)
    tubes = [_tube(middle + arc, 0.007)]
    for side in (1, -1):
        ear = middle + np.array([side * (half - 0.008), 0.004, -0.010])
        tubes.append(_cup(ear, side))
    mouth = np.array([0.035, body.vertices[MOUTH][1] - 0.012, body.vertices[MOUTH][2] + 0.004])
    start = middle + np.array([half + 0.004, -0.012, 0.0])
    share = np.linspace(0, 1, 12)[:, None]
    bow = np.sin(np.pi * share) * np.array([0.022, -0.020, 0.010])
    boom = start + share * (mouth - start) + bow
    tubes += [_tube(boom, 0.0022), _tube(np.stack([boom[-1], boom[-1] + [-0.012, 0, 0.001]]), 0.006)]
    return _mesh("headset", tubes)


def _top(body: Body, middle: Array) -> float:
    """Height of skin or hair above the ears, m."""
    high = float(middle[1])
    for mesh in body.meshes:
        if mesh.kind in ("skin", "hair"):
            near = (np.abs(mesh.vertices[:, 0]) < 0.03) & (np.abs(mesh.vertices[:, 2] - middle[2]) < 0.03)
            high = max(high, float(mesh.vertices[near, 1].max(initial=high)))
    return high


def _cup(ear: Array, side: int) -> tuple[Array, npt.NDArray[np.int64]]:
    """A round ear cup: a short fat tube out from the ear, closed by rings that shrink."""
    across = np.array([0.0, 0.010, 0.020, 0.024, 0.024]) * side
    radius = np.array([0.030, 0.034, 0.031, 0.024, 0.0005])
    angle = np.linspace(0, 2 * np.pi, 17)
    ring = np.stack([np.zeros(17), 1.15 * np.cos(angle), np.sin(angle)], axis=1)
    points = ear + across[:, None, None] * np.array([1.0, 0, 0]) + radius[:, None, None] * ring
    return points.reshape(-1, 3), grid(17, 5)


def _tube(path: Array, radius_m: float, closed: bool = False) -> tuple[Array, npt.NDArray[np.int64]]:
    """A tube along points (n, 3)."""
    path = np.vstack([path, path[:1]]) if closed else path
    ahead = np.gradient(path, axis=0)
    if closed:
        ahead[0] = ahead[-1] = path[1] - path[-2]
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.cross(ahead, np.where(np.abs(ahead[:, 2:]) > 0.9, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    angle = np.linspace(0, 2 * np.pi, AROUND + 1)
    ring = np.cos(angle)[:, None] * side[:, None] + np.sin(angle)[:, None] * np.cross(ahead, side)[:, None]
    return (path[:, None] + radius_m * ring).reshape(-1, 3), grid(AROUND + 1, len(path))


def _mesh(kind: str, pieces: list[tuple[Array, npt.NDArray[np.int64]]]) -> Mesh:
    """One untextured mesh of all pieces, held by the head bone alone."""
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in pieces])
    triangles = np.concatenate([t + start for (_, t), start in zip(pieces, starts, strict=False)])
    vertices = np.concatenate([v for v, _ in pieces])
    n = len(vertices)
    weights = csr_array((np.ones(n), (np.arange(n), np.full(n, INDEX["head"]))), shape=(n, len(BONES)))
    return Mesh(kind, vertices, weights, triangles, np.arange(n), np.zeros((n, 2)), None)
