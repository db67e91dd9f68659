"""The drawn person's outlines: skeleton to rounded shapes to flat outlines in mm, y down, seen from front, side, back.

A shape is the hull of balls, drawn by its support in a fixed number of directions: convex and rounded whatever the
pose, and with the same number of points in every pose, so that one picture can turn into the next.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from posturewatch.drawing.skeleton import SIDES, Array, Pose, head_rotation, joints

SEEN = {  # (3, 3) each: what x, y and z become
    "front": np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, 1]]),
    "side": np.array([[0.0, 0, -1], [0, -1, 0], [1, 0, 0]]),
    "back": np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, -1]]),
}


def _ways(count: int) -> Array:
    angles = np.arange(count) * (2 * np.pi / count)
    return np.column_stack([np.cos(angles), np.sin(angles)])


WAYS = _ways(48)  # chosen: the corners of the largest head are under 0.2 px
FEW_WAYS = _ways(16)  # chosen: for an eye

Pair = tuple[float, float]
Balls = list[tuple[Array, float]]  # middle (3,) and radius in mm


@dataclass(frozen=True, slots=True)
class Outline:
    """One flat shape: `points` (n, 2) in mm, right and down in the picture; drawn in the order of `depth`."""

    name: str
    group: str  # head, neck, trunk, arms, legs, chair
    paint: str  # skin, hair, shirt, cloth, wood, dot, line
    points: Array
    depth: float
    closed: bool = True


def flat(points: Array, view: str) -> Array:
    """Points (…, 3) as seen (…, 3): right, down, toward the viewer.

    From the front the person's left is on the right, as someone who faces the viewer; from the side they look right.
    """
    return np.asarray(points @ SEEN[view])


def outlines(pose: Pose, view: str) -> list[Outline]:
    """The whole person and the chair, farthest first."""
    placed = joints(pose)
    drawn = [*_chair(view), *_trunk(placed, view), *_limbs(placed, view), *_head(pose, placed, view)]
    return sorted(drawn, key=lambda each: each.depth)


def hull(balls: Balls, view: str, ways: Array = WAYS) -> Array:
    """The outline of the balls' hull, as many points (n, 2) as there are ways (n, 2) from its middle."""
    middles = flat(np.array([middle for middle, _ in balls]), view)[:, :2]
    radii = np.array([radius for _, radius in balls])
    farthest = (ways @ middles.T + radii).argmax(1)
    return np.asarray(middles[farthest] + radii[farthest, None] * ways)


def curve(corners: Array) -> Array:
    """A smooth line (28, 2) from the first corner (n, 2) to the last, drawn toward those between (a Bézier curve)."""
    points = np.asarray(corners, dtype=float)[None].repeat(28, 0)
    t = np.linspace(0, 1, 28)[:, None, None]
    while points.shape[1] > 1:
        points = points[:, :-1] * (1 - t) + points[:, 1:] * t
    return points[:, 0]


def _shape(name: str, group: str, paint: str, balls: Balls, view: str, depth: float) -> Outline:
    return Outline(name, group, paint, hull(balls, view, FEW_WAYS if paint == "dot" else WAYS), depth)


def _near(point: Array, view: str) -> float:
    return float(flat(point, view)[2])


def _chair(view: str) -> Iterator[Outline]:
    """It stays where it is when the person stands up or walks."""
    back, wide = -215.0, 190.0
    far = -1000.0 if view != "back" else 1000.0

    def bar(name: str, low: Pair, high: Pair, radius: float, xs: Pair = (-wide, wide)) -> Outline:
        balls = [(np.array([x, y, z]), radius) for x in xs for y, z in (low, high)]
        return _shape(name, "chair", "wood", balls, view, far + low[1] / 10)

    for side, x in (("left", wide), ("right", -wide)):
        yield bar(f"chair_{side}_leg_back", (20.0, back - 25.0), (385.0, back + 20.0), 15.0, (x, x))
        yield bar(f"chair_{side}_leg_front", (20.0, back + 420.0), (385.0, back + 395.0), 15.0, (x, x))
    yield bar("chair_back", (480.0, back), (800.0, back - 30.0), 17.0)
    yield bar("chair_seat", (400.0, back), (400.0, back + 420.0), 22.0)


def _trunk(placed: Mapping[str, Array], view: str) -> Iterator[Outline]:
    hip, c7 = placed["hip"], placed["c7"]
    across = np.array([1.0, 0.0, 0.0])
    spine = c7 - hip
    belly = hip + 0.2 * spine + [0.0, 0.0, 25.0]
    chest = hip + 0.66 * spine + [0.0, 0.0, 32.0]
    balls = [(hip + side * 72.0 * across + [0, 10, 0], 92.0) for side in (-1, 1)]
    balls += [(belly + side * 60.0 * across, 100.0) for side in (-1, 1)]
    balls += [(chest + side * 78.0 * across, 100.0) for side in (-1, 1)]
    balls += [(placed[f"{side}_shoulder"], 50.0) for side in SIDES]
    balls += [(placed["neck_base"] + [side * 14.0, 12.0, -8.0], 54.0) for side in (-1, 1)]
    yield _shape("trunk", "trunk", "shirt", balls, view, -70.0 if view != "back" else -20.0)
    throat = placed["neck_base"] + [0.0, 14.0, 16.0]
    skull = placed["pivot"] + [0.0, 0.0, -22.0]
    yield _shape("neck", "neck", "skin", [(throat, 55.0), (skull, 52.0)], view, -30.0)


def _limbs(placed: Mapping[str, Array], view: str) -> Iterator[Outline]:
    """Arms and legs: each bone a tapered bar, nearer ones over the farther ones."""
    over = 80.0  # an arm beside the trunk is drawn over it
    for side in SIDES:
        points = {name: placed[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist", "hand")}
        yield _bone(f"{side}_upper_arm", "arms", "shirt", points["shoulder"], points["elbow"], (48, 38), view, over)
        yield _bone(f"{side}_forearm", "arms", "skin", points["elbow"], points["wrist"], (36, 27), view, over + 2)
        yield _hand(side, points["wrist"], points["hand"], view, over + 4)
        leg = {name: placed[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "toe")}
        yield _bone(f"{side}_thigh", "legs", "cloth", leg["hip"], leg["knee"], (84, 58), view, 0.0)
        yield _bone(f"{side}_shank", "legs", "cloth", leg["knee"], leg["ankle"], (56, 40), view, -4.0)
        yield _bone(f"{side}_foot", "legs", "hair", leg["ankle"] - [0, 30, 10], leg["toe"], (42, 26), view, -8.0)


def _bone(
    name: str, group: str, paint: str, a: Array, b: Array, radii: tuple[float, float], view: str, over: float
) -> Outline:
    depth = (_near(a, view) + _near(b, view)) / 2 + over
    return _shape(name, group, paint, [(a, radii[0]), (b, radii[1])], view, depth)


def _hand(side: str, wrist: Array, tip: Array, view: str, over: float) -> Outline:
    knuckles = wrist + 0.5 * (tip - wrist)
    balls = [(wrist, 27.0), (knuckles, 35.0), (tip - 0.14 * (tip - wrist), 20.0)]
    return _shape(f"{side}_hand", "arms", "skin", balls, view, _near(tip, view) + over)


def _head(pose: Pose, placed: Mapping[str, Array], view: str) -> Iterator[Outline]:
    """Hair and face in the order in which they are seen; nose, eyes, mouth only where the viewer sees them."""
    rotation = _trunk_rotation(placed) @ head_rotation(pose)

    def at(x: float, y: float, z: float) -> Array:
        return np.asarray(placed["tragus"] + rotation @ np.array([x, y, z]))

    def faces(x: float, y: float, z: float) -> float:
        way = np.array([x, y, z])
        return _near(rotation @ way, view) / float(np.linalg.norm(way))

    depth = 20.0 + _near(placed["tragus"], view) if view != "side" else 20.0
    away = faces(0, 0, 1) < -0.3
    hair = [(at(0, 48, -20), 80.0), (at(0, 42, 14), 80.0), (at(0, -8, -52), 46.0)]
    yield _shape("hair", "head", "hair", hair, view, depth + (2 if away else 0))
    face = [(at(x, 26, 42), 50.0) for x in (-20, 20)] + [(at(x, -34, 14), 26.0) for x in (-44, 44)]
    face += [(at(x, -2, 20), 30.0) for x in (-43, 43)] + [(at(x, -62, 64), 27.0) for x in (-13, 13)]
    yield _shape("face", "head", "skin", face, view, depth + (0 if away else 2))
    for side, sign in SIDES.items():
        toward = faces(sign, 0, 0)
        if toward > -0.6:
            balls = [(at(78 * sign, 6, -6), 17.0), (at(76 * sign, -14, -4), 11.0)]
            over = 3.0 if toward > 0.4 or away else 1.0
            yield _shape(f"{side}_ear", "head", "skin", balls, view, depth + over)
        if faces(0.3 * sign, 0, 1) > 0.1:
            eye = [(placed[f"{side}_eye"], 6.5)]
            yield _shape(f"{side}_eye", "head", "dot", eye, view, depth + 5)
    if not away:
        yield _line("nose", placed, ("nose_bridge", "nose", "nose_base"), view, depth + 4)
        seen = [side for side, sign in SIDES.items() if faces(0.3 * sign, 0, 1) > 0.1]
        names = ["mouth", f"{seen[0]}_mouth"] if len(seen) == 1 else ["left_mouth", "mouth", "right_mouth"]
        yield _line("mouth", placed, tuple(names), view, depth + 4)


def _trunk_rotation(placed: Mapping[str, Array]) -> Array:
    """The trunk's rotation from where C7 is: it leans forward and back only."""
    up = placed["c7"] - placed["hip"]
    angle = np.arctan2(up[2], up[1]) - np.arctan2(-50.0, 520.0)
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _line(name: str, placed: Mapping[str, Array], through: tuple[str, ...], view: str, depth: float) -> Outline:
    points = flat(np.array([placed[each] for each in through]), view)[:, :2]
    if name == "mouth":
        return Outline(name, "head", "line", curve(points), depth, closed=False)
    return Outline(name, "head", "skin", points, depth, closed=False)
