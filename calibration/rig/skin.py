"""A skin of our own making, painted per texel from the place on the average body; no photograph is involved."""

from dataclasses import dataclass
from functools import cache

import moderngl
import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, map_coordinates

from calibration.rig import assets, glsl
from calibration.rig.draw import context
from calibration.rig.spec import Person

Array = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
SIZE_PX = 1024
NECK_DM = 5.75  # head and neck are painted from this height up, the rest keeps its base tone
LIDS = ("orbicularis03.L", "orbicularis03.R", "orbicularis04.L", "orbicularis04.R")
NOISE_DM = (
    0.9,
    0.33,
    0.07,
    0.021,
    0.22,
    0.16,
    0.012,
)  # wavelengths: two of blotches, two of pores, red, green, stubble


@dataclass(frozen=True, slots=True)
class Texels:
    """The painted texels: their places on the average body (n, 3) dm, lids 0…1 (n,), noise (n, 7) of unit SD.

    index (size, size): which of the n each texel of the texture shows, −1 for the body below the neck.
    """

    places: Array
    lids: Array
    noise: Array
    index: npt.NDArray[np.int32]


@cache
def texels() -> Texels:
    """Where each texel lies; computed once a process (0.5 s)."""
    places, lids, covered = _bake()
    nearest = distance_transform_edt(~covered, return_distances=False, return_indices=True)
    head = covered & (places[..., 1] > NECK_DM)
    number = np.full(head.shape, -1, np.int32)
    number[head] = np.arange(head.sum())
    index = number[nearest[0], nearest[1]]  # texels beside an island take its colour, so that no seam shows
    noise = np.stack([_noise(places[head], wave, k) for k, wave in enumerate(NOISE_DM)], axis=1)
    return Texels(places[head], lids[head], noise, index)


def _bake() -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Per texel, first row at the bottom: place (s, s, 3) dm, share of the lids' bones (s, s), whether it is used."""
    base = assets.base()
    columns = [base.bones.index(name) for name in LIDS]
    lids = np.asarray(base.weights[:, columns].sum(axis=1)).ravel()
    triangles = np.concatenate([base.quads[:, [0, 1, 2]], base.quads[:, [0, 2, 3]]])
    rows = np.hstack([base.uv, base.vertices[base.corner] * 10, lids[base.corner, None]])[triangles.ravel()]
    c = context()
    program = c.program(vertex_shader=glsl.TEXEL_VS, fragment_shader=glsl.TEXEL_FS)
    maps = [c.texture((SIZE_PX, SIZE_PX), 4, dtype="f4") for _ in range(2)]
    target, buffer = c.framebuffer(maps), c.buffer(rows.astype("f4").tobytes())
    target.use()
    target.clear(0, 0, 0, 0)
    c.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
    c.vertex_array(program, [(buffer, "2f 3f 1f", "uv", "p", "m")]).render()
    places, shares = (np.frombuffer(m.read(), "f4").reshape(SIZE_PX, SIZE_PX, 4) for m in maps)
    for held in (*maps, target, buffer, program):
        held.release()
    return places[..., :3], shares[..., 0], places[..., 3] > 0.5


def _noise(places: Array, wavelength_dm: float, seed: int) -> Array:
    """Smooth noise of zero mean and unit SD (n,)."""
    lattice = np.random.default_rng([seed, 3]).normal(size=(24, 24, 24)).astype(np.float32)
    values = map_coordinates(lattice, (places / wavelength_dm % 24).T, order=1, mode="grid-wrap")
    return np.asarray((values - values.mean()) / (values.std() + 1e-9))


class _Paint:
    """The colours (n, 3) so far, sRGB 0…255, and brushes."""

    def __init__(self, places: Array, tone: Array) -> None:
        self.places, self.tone = places, tone
        self.colours = np.tile(tone, (len(places), 1))
        self._sides = np.abs(places[:, 0])

    def mix(self, mask: Array, factor: tuple[float, float, float], amount: float) -> None:
        """Blend toward the base tone times a factor where the mask (n,) is 1."""
        where = np.flatnonzero(mask > 0.004)
        share = (mask[where] * amount)[:, None]
        self.colours[where] += share * (self.tone * np.array(factor, np.float32) - self.colours[where])

    def spot(
        self,
        centre: tuple[float, float, float],
        radius: tuple[float, float, float],
        factor: tuple[float, float, float],
        amount: float,
    ) -> None:
        """Blend in a soft spot on both sides of the face; centre and radius in dm on the average body."""
        away = np.stack([self._sides, self.places[:, 1], self.places[:, 2]], 1) - np.array(centre, np.float32)
        self.mix(np.exp(-((away / np.array(radius, np.float32)) ** 2).sum(axis=1)), factor, amount)


WARM, DARK = (1.0, 0.80, 0.78), (0.72, 0.62, 0.60)
Spot = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float], float]
SPOTS: tuple[Spot, ...] = (  # centre, radius, factor of the base tone, amount; all chosen by eye
    ((0.46, 6.98, 1.30), (0.30, 0.22, 0.5), WARM, 0.42),  # cheeks
    ((0.0, 6.93, 1.68), (0.16, 0.13, 0.25), WARM, 0.55),  # tip of the nose
    ((0.19, 6.90, 1.50), (0.10, 0.10, 0.2), WARM, 0.35),  # wings of the nose
    ((0.0, 6.33, 1.45), (0.22, 0.14, 0.3), WARM, 0.25),  # chin
    ((0.78, 7.15, 0.35), (0.16, 0.45, 0.4), WARM, 0.5),  # ears
    ((0.0, 7.75, 1.35), (0.6, 0.3, 0.5), (1.03, 1.01, 0.97), 0.5),  # forehead
    ((0.33, 7.13, 1.40), (0.20, 0.07, 0.3), (0.86, 0.76, 0.78), 0.42),  # below the eye
    ((0.36, 7.38, 1.40), (0.25, 0.07, 0.3), (0.84, 0.72, 0.68), 0.40),  # crease of the upper lid
    ((0.17, 7.29, 1.40), (0.06, 0.10, 0.2), DARK, 0.35),  # inner corner of the eye
    ((0.105, 6.862, 1.50), (0.052, 0.024, 0.16), (0.30, 0.17, 0.15), 0.85),  # nostrils
    ((0.30, 6.83, 1.40), (0.05, 0.16, 0.3), (0.9, 0.78, 0.75), 0.30),  # fold from nose to mouth
    ((0.0, 6.47, 1.5), (0.22, 0.025, 0.3), DARK, 0.22),  # below the lower lip
)


def paint(person: Person) -> Picture:
    """The skin texture (size, size, 3) sRGB, first row at the bottom: tone, blush, lips, sockets, nostrils, beard."""
    t = texels()
    rng = np.random.default_rng([person.seed, 4])
    tone, blush = np.array(person.skin, np.float32), rng.uniform(0.6, 1.2)
    paint = _Paint(t.places, tone)
    for centre, radius, factor, amount in SPOTS:
        paint.spot(centre, radius, factor, amount * (blush if factor is WARM else 1.0))
    if person.beard:
        paint.mix(_stubble(t), (0.42, 0.38, 0.38), 0.85 * person.beard)
    _lips(paint)
    paint.mix(np.clip(t.lids, 0, 1) * (t.places[:, 2] > 1.30), (0.88, 0.74, 0.70), 0.35)
    own = rng.permutation(2)  # which blotches are larger on this face
    n = t.noise
    paint.colours *= (1 + 0.018 * n[:, own].mean(1) + 0.011 * (n[:, 2] + n[:, 3]))[:, None]
    paint.colours[:, :2] *= 1 + n[:, 4:6] * np.array([0.010, -0.012])
    everything = np.vstack([paint.colours, tone])  # index −1: the body
    return np.asarray(everything[t.index].clip(0, 255).astype(np.uint8))


def _rise(low: float, high: float, x: Array) -> Array:
    """Smooth step from 0 at low to 1 at high (either may be the larger)."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _stubble(t: Texels) -> Array:
    """0…1 where a beard grows: jaw, chin and upper lip."""
    x, y, z = np.abs(t.places[:, 0]), t.places[:, 1], t.places[:, 2]
    jaw = _rise(6.95, 6.62, y) * _rise(5.98, 6.22, y) * (1 - _rise(0.62, 0.75, x) * 0.4)
    moustache = _rise(0.30, 0.2, x) * _rise(6.80, 6.74, y)
    face = _rise(0.9, 1.2, z) * (y > 6.0)
    return np.asarray(face * np.clip(np.maximum(jaw, moustache) * (1 + 0.35 * t.noise[:, 6]), 0, 1.1))


def _lips(paint: _Paint) -> None:
    """The red of the lips and the line between them; the outline is drawn on the average body."""
    x, y, z = np.abs(paint.places[:, 0]), paint.places[:, 1], paint.places[:, 2]
    s = np.clip(x / 0.238, 0, 1)
    upper = np.interp(s, [0, 0.14, 0.30, 0.55, 0.8, 1], [6.680, 6.690, 6.703, 6.683, 6.645, 6.612])
    lower = np.interp(s, [0, 0.3, 0.6, 0.85, 1], [6.505, 6.511, 6.535, 6.578, 6.608])
    red = _rise(-0.008, 0.014, np.minimum(upper - y, y - lower)) * (x < 0.245) * (z > 1.25)
    paint.mix(red, (0.86, 0.56, 0.56), 0.80)
    seam = np.exp(-(((y - 6.612) / 0.010) ** 2)) * (x < 0.24) * (z > 1.2)
    paint.mix(seam * red, (0.42, 0.22, 0.22), 0.8)
