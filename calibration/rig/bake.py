"""What is worked out once a stage: ambient occlusion of the person, and the picture of the room behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from calibration.rig import draw
from calibration.rig.body import Body
from calibration.rig.light import Lights
from calibration.rig.spec import Camera, Colour

Array = npt.NDArray[Any]
AROUND_M = 0.55  # radius of what can hide the sky from head, shoulders and arms
LIFT_M = 0.0015  # a vertex looks out from just above its surface
TOLERANCE = 0.0022  # of depth, so that a surface does not hide itself
SEE_THROUGH = {"hair", "lashes"}
DARK: Colour = (0.0, 0.0, 0.0)


def parallel(direction: Array, centre_m: Array, radius_m: float) -> Array:
    """World → clip space (4, 4) of parallel light from a direction (unit, (3,)) over a ball."""
    up = np.array([0.02, 1, 0.01]) if abs(direction[1]) > 0.98 else np.array([0.0, 1.0, 0.0])
    x = np.cross(up, direction)
    x /= np.linalg.norm(x)
    out = np.eye(4)
    out[:3, :3] = np.stack([x, np.cross(direction, x), direction])
    out[:3, 3] = -out[:3, :3] @ centre_m
    return np.asarray(np.diag([1 / radius_m, 1 / radius_m, -1 / radius_m, 1]) @ out)


def occlude(person: Sequence[draw.Dressed], body: Body, size_px: int, rays: int) -> None:
    """Set every vertex's share of the sky, seen in the rest pose from `rays` directions (more of them from above)."""
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(rays, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centre = body.joints["head"] - np.array([0, 0.12, 0])
    shadow = draw.ShadowMap(size_px)
    seen = [np.zeros(len(dressed.vertices)) for dressed in person]
    total = [np.full(len(dressed.vertices), 1e-6) for dressed in person]
    for direction in directions:
        lamp = parallel(direction, centre, AROUND_M)
        shadow.fill(lamp, [dressed.solid for dressed in person])
        depth = shadow.read()
        for k, dressed in enumerate(person):
            weight = _facing(dressed, direction)
            seen[k] += weight * _visible(dressed, lamp, depth)
            total[k] += weight
    shadow.release()
    for k, dressed in enumerate(person):
        dressed.occlude(np.clip(0.10 + 0.98 * seen[k] / total[k], 0, 1))


def _facing(dressed: draw.Dressed, direction: Array) -> Array:
    """How much light of a direction counts at each vertex (n,)."""
    see_through = dressed.mesh.kind in SEE_THROUGH
    facing = np.ones(len(dressed.normals)) if see_through else np.clip(dressed.normals @ direction, 0, None)
    return np.asarray(facing * (0.65 + 0.35 * direction[1]))


def _visible(dressed: draw.Dressed, lamp: Array, depth: Array) -> npt.NDArray[np.bool_]:
    size = len(depth)
    place = ((dressed.vertices + dressed.normals * LIFT_M) @ lamp[:3, :3].T + lamp[:3, 3]) * 0.5 + 0.5
    column, row = np.clip((place[:, :2] * size).astype(int), 0, size - 1).T
    return np.asarray(depth[row, column] > place[:, 2] - TOLERANCE)


class Backdrop:
    """Linear pictures (h, w, 3) of the room, empty and with the person's shadow, drawn behind everything."""

    def __init__(self, empty: Array, taken: Array) -> None:
        self._textures = [_linear(picture) for picture in (empty, taken)]
        self._corners = draw.context().buffer(np.array([-1, -1, 3, -1, -1, 3], "f4").tobytes())
        layout = [(self._corners, "2f", "p")]
        self._array = draw.context().vertex_array(draw.program("backdrop"), layout)

    def draw(self, presence: float, gain: float | None) -> None:
        """Fill what nothing has been drawn on; presence 0…1 is how much of the person's shadow falls."""
        p = draw.program("backdrop")
        p["empty"].value, p["taken"].value, p["k"].value = 0, 2, presence
        p["linearOut"].value, p["expo"].value = int(gain is None), gain or 1.0
        self._textures[0].use(0)
        self._textures[1].use(2)
        draw.context().enable(moderngl.DEPTH_TEST)
        draw.context().disable(moderngl.BLEND)
        self._array.render()

    def release(self) -> None:
        """Free the graphics memory."""
        for held in (self._array, self._corners, *self._textures):
            held.release()


def _linear(picture: Array) -> Any:
    height, width = picture.shape[:2]
    texture = draw.context().texture(
        (width, height), 3, np.ascontiguousarray(picture[::-1], "f2").tobytes(), dtype="f2"
    )
    texture.repeat_x = texture.repeat_y = False
    return texture


def plain_room(fixed: draw.Solid, lights: Lights, camera: Camera, size_px: tuple[int, int]) -> Array:
    """The room without shadows: a linear picture (h, w, 3)."""
    return _lit([fixed], [_on_walls(lights)], camera, size_px, ())


def soft_room(
    furniture: Sequence[draw.Solid],
    lights: Lights,
    camera: Camera,
    size_px: tuple[int, int],
    person: Sequence[draw.Solid],
) -> Array:
    """The room under many small shadowed lights, as a window, a lamp, walls and a ceiling give: linear (h, w, 3)."""
    return _lit(furniture, list(_small_lights(_on_walls(lights))), camera, size_px, [*furniture, *person])


def _on_walls(lights: Lights) -> Lights:
    return replace(lights, key=DARK) if lights.behind else lights


def _small_lights(lights: Lights, key: int = 16, fill: int = 6, bounce: int = 36) -> Iterator[Lights]:
    """The lights split in many, the sky's and the ground's turned to bounces off ceiling and walls."""
    rng = np.random.default_rng(5)
    none = replace(lights, key=DARK, fill=DARK, sky=_part(lights.sky, 4), ground=_part(lights.ground, 4))
    yield none
    lamps = [(lights.key_m, lights.key, key)] * key + [(lights.fill_m, lights.fill, fill)] * fill
    for place, colour, share in lamps:
        at = np.array(place) + rng.uniform(-0.5, 0.5, 3)
        yield _one(lights, at, _part(colour, share))
    for _ in range(bounce):
        walls = (
            (rng.uniform(-2.2, 2.2), 2.68, rng.uniform(-1, 1.5)),
            (rng.uniform(-2.2, 2.2), rng.uniform(0.3, 2.5), 1.9),
        )
        at = np.array(walls[rng.integers(2)])
        yield _one(lights, at, _part(lights.sky, bounce / 9))  # 9: a metre and more away, as bright as the sky was


def _part(colour: Colour, share: float) -> Colour:
    return colour[0] / share, colour[1] / share, colour[2] / share


def _one(lights: Lights, at: Array, colour: Colour) -> Lights:
    place = (float(at[0]), float(at[1]), float(at[2]))
    return replace(lights, key_m=place, key=colour, fill=DARK, sky=DARK, ground=DARK)


def _lit(
    furniture: Sequence[draw.Solid],
    parts: list[Lights],
    camera: Camera,
    size_px: tuple[int, int],
    casters: Sequence[draw.Solid],
) -> Array:
    """Sum of the linear pictures under each of the lights; casters throw shadows on the room."""
    p, target, shadow = draw.program("room"), draw.Target(size_px, "f4"), draw.ShadowMap(1024 if casters else 1)
    total, rng = np.zeros((size_px[1], size_px[0], 3), np.float32), np.random.default_rng(6)
    for lights in parts:
        lamp = draw.lamp_view(lights.key_m, np.array([0.1 * lights.key_m[0], 0.9, -1.0]), 118)
        shadow.fill(lamp, casters)
        target.clear()
        jitter = rng.uniform(-0.5, 0.5, 2) if len(parts) > 1 else np.zeros(2)  # smooths the edges of the sum
        draw.set_scene(p, lights, camera, lamp, None, 2 * jitter / size_px)
        draw.set_shadow(p, shadow)
        draw.draw(p, furniture)
        total += target.read()
    shadow.release()
    target.release()
    return total
