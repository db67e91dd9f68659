"""The room: plain shapes without pictures from anywhere, different for each seed. Metres, world axes of spec.py."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.rig.spec import Colour, Scene

Array = npt.NDArray[np.float64]
SHINES = -1.0  # a grain that means: this part gives light itself
_CUBE = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
_SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
BOOKS = np.array(
    [
        (0.40, 0.10, 0.08),
        (0.08, 0.17, 0.28),
        (0.55, 0.42, 0.20),
        (0.12, 0.26, 0.18),
        (0.60, 0.57, 0.50),
        (0.30, 0.30, 0.32),
        (0.55, 0.25, 0.10),
        (0.20, 0.32, 0.42),
        (0.68, 0.62, 0.48),
        (0.16, 0.12, 0.16),
    ]
)
SEAT_HEIGHT_M = 0.55  # of the hip joints, where pose.py puts them


@dataclass(frozen=True, slots=True)
class Part:
    """Triangles (m, 3) of vertices (n, 3) in one colour; grain 0…1 is wood-like streaks, SHINES a light."""

    vertices: Array
    triangles: npt.NDArray[np.int64]
    colour: Colour
    grain: float = 0.0


@dataclass(frozen=True, slots=True)
class Solid:
    """Parts joined for drawing: vertices, normals and colours (n, 3), grain (n,), triangles (m, 3)."""

    vertices: Array
    normals: Array
    colours: Array
    grain: Array
    triangles: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Room:
    """What stands still behind the person, the desk before it, and the chair, which moves with it (None: a stool)."""

    fixed: Solid
    desk: Solid
    chair: Solid | None


def normals(vertices: Array, triangles: npt.NDArray[np.int64]) -> Array:
    """Unit normals (n, 3) of the vertices, mean of their triangles weighted by area."""
    edges = vertices[triangles]
    face = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
    out = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(out, triangles[:, corner], face)
    return np.asarray(out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-12))


def join(parts: list[Part]) -> Solid:
    """One solid of all parts."""
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    triangles = np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)])
    vertices = np.concatenate([part.vertices for part in parts])
    colours = np.concatenate([np.tile(part.colour, (len(part.vertices), 1)) for part in parts])
    grain = np.concatenate([np.full(len(part.vertices), part.grain) for part in parts])
    return Solid(vertices, normals(vertices, triangles), colours, grain, triangles)


def box(centre: Colour, size: Colour, colour: Colour, grain: float = 0.0) -> Part:
    """A box with sides along the axes."""
    vertices = np.concatenate([_CUBE[list(side)] * size + centre for side in _SIDES])
    quads = 4 * np.arange(6)[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])
    return Part(vertices, quads.reshape(-1, 3), colour, grain)


def grid(columns: int, rows: int) -> npt.NDArray[np.int64]:
    """Triangles of a patch of columns × rows vertices, row after row."""
    i, j = np.meshgrid(np.arange(columns - 1), np.arange(rows - 1))
    a = (j * columns + i).ravel()
    return np.concatenate(
        [np.stack([a, a + 1, a + columns + 1], 1), np.stack([a, a + columns + 1, a + columns], 1)],
    )


def surface(
    place: Callable[[Array, Array], Array], columns: int, rows: int, colour: Colour, grain: float = 0.0
) -> Part:
    """A patch of the points place(u, v) (k, 3), u and v in 0…1."""
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    return Part(place(u.ravel(), v.ravel()), grid(columns, rows), colour, grain)


def cushion(centre: Colour, size: Colour, colour: Colour, power: float, bend_m: float = 0.0) -> Part:
    """A rounded box; its sides bend toward the screen by bend_m."""

    def place(u: Array, v: Array) -> Array:
        a, b = (u - 0.5) * 2 * np.pi, (v - 0.5) * np.pi
        around = np.stack(
            [_root(np.cos(b)) * _root(np.sin(a)), _root(np.sin(b)), _root(np.cos(b)) * _root(np.cos(a))], 1
        )
        bent = np.zeros_like(around)
        bent[:, 2] = bend_m * around[:, 0] ** 2
        return np.asarray(np.array(centre) + around * np.array(size) / 2 + bent)

    def _root(x: Array) -> Array:
        return np.asarray(np.sign(x) * np.abs(x) ** power)

    return surface(place, 33, 21, colour)


def turned(base: Colour, profile: list[tuple[float, float]], colour: Colour) -> Part:
    """A pot or vase: profile of (radius, height) from the bottom, metres."""
    radius, height = np.array(profile).T
    steps = np.linspace(0, 1, len(radius))

    def place(u: Array, v: Array) -> Array:
        r = np.interp(v, steps, radius)
        ring = np.stack([r * np.cos(2 * np.pi * u), np.interp(v, steps, height), -r * np.sin(2 * np.pi * u)], 1)
        return np.asarray(ring + np.array(base))

    return surface(place, 25, 3 * len(radius), colour)


def leaf(root: Colour, azimuth_deg: float, rise_m: float, reach_m: float, width_m: float, colour: Colour) -> Part:
    """One leaf that rises from its root and bends outward."""
    angle = np.radians(azimuth_deg)
    out, side = np.array([np.cos(angle), 0, np.sin(angle)]), np.array([-np.sin(angle), 0, np.cos(angle)])

    def place(u: Array, v: Array) -> Array:
        across = width_m * np.sin(np.pi * np.minimum(1, 0.06 + 0.94 * v)) ** 0.8 * (u - 0.5)
        up = rise_m * (1.9 * v - 0.95 * v * v) + 0.3 * np.abs(across)
        return np.asarray(
            np.array(root) + np.outer(reach_m * v, out) + np.outer(across, side) + np.outer(up, [0, 1, 0])
        )

    return surface(place, 5, 10, colour)


def shelf(x: float, z: float, rng: np.random.Generator, width: float, wood: Colour) -> Iterator[Part]:
    """An open bookcase with books, z the middle of its depth."""
    for side in (-1, 1):
        yield box((x + side * width / 2, 1.0, z), (0.025, 2.0, 0.28), wood, 0.5)
    yield box((x, 1.0, z - 0.135), (width, 2.0, 0.01), _dim(wood, 0.8), 0.4)
    for y in np.arange(0.12, 2.05, 0.375):
        yield box((x, float(y), z), (width, 0.025, 0.28), wood, 0.5)
        if y < 1.9:
            yield from _books(x - width / 2 + 0.03, x + width / 2 - rng.uniform(0.05, 0.4), float(y), z, rng)


def _books(at: float, end: float, y: float, z: float, rng: np.random.Generator) -> Iterator[Part]:
    while at < end:
        thick, high, deep = rng.uniform(0.018, 0.045), rng.uniform(0.19, 0.30), rng.uniform(0.15, 0.2)
        colour = _dim(tuple(BOOKS[rng.integers(len(BOOKS))]), rng.uniform(0.8, 1.15))
        yield box((at + thick / 2, y + 0.0125 + high / 2, z + 0.02), (thick * 0.94, high, deep), colour, 0.1)
        at += thick


def plant(x: float, z: float, rng: np.random.Generator) -> Iterator[Part]:
    """A pot plant on the floor."""
    pot = [(0.0, 0.0), (0.12, 0.001), (0.17, 0.36), (0.165, 0.37), (0.15, 0.34), (0.0, 0.33)]
    yield turned((x, 0.0, z), pot, _random(rng, 0.2, 0.7))
    high = rng.uniform(0.7, 1.1)
    for k in range(24):
        green = _dim((0.085, 0.24, 0.075), 0.8 + 0.1 * (k % 5))
        yield leaf((x, 0.34, z), k * 137.5, high - 0.13 * (k % 5), 0.16 + 0.11 * (k % 4), 0.10, green)


def picture(x: float, y: float, z: float, width: float, height: float, rng: np.random.Generator) -> Iterator[Part]:
    """A framed abstract: dunes of flat colour."""
    yield box((x, y, z + 0.012), (width + 0.05, height + 0.05, 0.024), _random(rng, 0.03, 0.4), 0.3)
    yield box((x, y, z + 0.022), (width, height, 0.012), (0.80, 0.78, 0.72))
    inner_w, inner_h = width * 0.76, height * 0.78
    for k in range(5):
        top, phase, swing = inner_h * (0.5 - 0.21 * k), rng.uniform(0, 6), 0.06 * inner_h * min(k, 1)
        low = -inner_h / 2

        def place(
            u: Array,
            v: Array,
            k: int = k,
            top: float = top,
            phase: float = phase,
            swing: float = swing,
            low: float = low,
        ) -> Array:
            edge = np.clip(top + swing * np.sin(4 * u + phase), low, -low)
            return np.stack(
                [x + (u - 0.5) * inner_w, y + low + v * (edge - low), np.full_like(u, z + 0.03 + 0.002 * k)], 1
            )

        yield surface(place, 21, 2, _random(rng, 0.1, 0.8))


def window(x: float, z: float, glow: float) -> Iterator[Part]:
    """A bright window with a frame on the wall at z."""
    yield box((x, 1.55, z + 0.01), (1.2, 1.3, 0.02), (0.92 * glow, 0.97 * glow, glow), SHINES)
    for dx in (-0.6, 0.0, 0.6):
        yield box((x + dx, 1.55, z + 0.03), (0.05, 1.35, 0.05), (0.75, 0.74, 0.72))
    for dy in (-0.65, 0.65):
        yield box((x, 1.55 + dy, z + 0.03), (1.25, 0.05, 0.05), (0.75, 0.74, 0.72))


def chair(rng: np.random.Generator) -> list[Part]:
    """An office chair round a person whose hips are at x = z = 0."""
    cloth, high = _random(rng, 0.02, 0.35), rng.uniform(0.45, 0.72)
    top = SEAT_HEIGHT_M + 0.02 + high
    return [
        cushion((0, top - high / 2, -0.245), (rng.uniform(0.42, 0.52), high, 0.075), cloth, 0.42, 0.05),
        cushion((0, 0.44, 0.04), (0.50, 0.09, 0.48), cloth, 0.45),
        box((0, 0.70, -0.30), (0.06, 0.4, 0.02), (0.05, 0.05, 0.055)),
    ]


def build(scene: Scene) -> Room:
    """The room of a scene's seed."""
    rng = np.random.default_rng([scene.seed, 1])
    back, side = -float(rng.uniform(0.95, 1.9)), int(rng.choice([-1, 1]))
    parts = list(_shell(rng, back, side))
    if scene.light == "back-lit":
        parts += window(float(rng.uniform(-0.6, 0.6)), back, 1.6)  # 1.6: brighter than a white wall; chosen
    parts += _furniture(rng, back, side, bare=scene.light == "back-lit")
    desk = join([box((0, 0.70, 0.78), (1.6, 0.03, 0.75), _random(rng, 0.15, 0.6))])
    return Room(join(parts), desk, join(chair(rng)) if rng.random() < 0.85 else None)


def _shell(rng: np.random.Generator, back: float, side: int) -> Iterator[Part]:
    wall = _random(rng, 0.28, 0.75, spread=0.08)
    yield box((0, 1.35, back - 0.05), (8, 2.9, 0.1), wall)
    near = float(rng.uniform(2.0, 2.8))
    for x in (side * near, -side * (near + 0.5)):  # a camera beside or aslant of the person sees the other wall
        yield box((x, 1.35, 0), (0.1, 2.9, 7), _dim(wall, 0.9))
    yield box((0, -0.02, 0), (8, 0.04, 8), _dim((0.42, 0.29, 0.18), rng.uniform(0.4, 1.2)), 0.5)
    yield box((0, 2.85, 0), (8, 0.1, 8), (0.8, 0.79, 0.76))
    yield box((0, 0.05, back + 0.01), (8, 0.10, 0.02), (0.72, 0.70, 0.66))


def _furniture(rng: np.random.Generator, back: float, side: int, bare: bool) -> Iterator[Part]:
    at = -side * float(rng.uniform(0.5, 1.15))
    if rng.random() < 0.7 and not bare:
        wood = _dim((0.36, 0.23, 0.13), rng.uniform(0.4, 1.8))
        yield from shelf(at, back + 0.145, rng, float(rng.uniform(0.7, 1.2)), wood)
    if rng.random() < 0.6:
        yield from plant(side * float(rng.uniform(0.7, 1.5)), back + 0.42, rng)
    for k in range(0 if bare else int(rng.integers(0, 3))):
        size = rng.uniform(0.25, 0.6, 2)
        x, y = side * (0.35 + 0.75 * k + float(rng.uniform(-0.1, 0.1))), float(rng.uniform(1.35, 1.7))
        yield from picture(x, y, back, float(size[0]), float(size[1]), rng)


def _random(rng: np.random.Generator, low: float, high: float, spread: float = 1.0) -> Colour:
    """A colour; spread: how far the three parts differ, as a share of high − low."""
    middle = rng.uniform(low, high)
    r, g, b = np.clip(middle + spread * (rng.uniform(low, high, 3) - middle), low, high)
    return float(r), float(g), float(b)


def _dim(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor
