"""The lights of a scene, and the exposure a webcam would choose."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.rig.spec import Colour, Scene

Array = npt.NDArray[np.float64]
DAY, LAMP, NEUTRAL = (0.92, 0.97, 1.0), (1.0, 0.80, 0.60), (1.0, 0.96, 0.90)  # colours of light; chosen
SHOULDER, ROLL_OFF = 0.10, 0.42  # the tone curve; the same numbers stand in glsl.SCENE_FS


@dataclass(frozen=True, slots=True)
class Lights:
    """A key and a fill light (places in m, strength at 1 m), the light from above and below, and the camera's aim:
    the mean grey it exposes for (0…1, as shown) and its greatest gain. behind: the key is the window at the back, which
    lights people but not the wall that it is in."""

    key_m: Colour
    key: Colour
    fill_m: Colour
    fill: Colour
    sky: Colour
    ground: Colour
    aim: float
    gain_max: float
    behind: bool = False


def build(scene: Scene) -> Lights:
    """The lights of a scene: kind by name, places, colours and strength by its seed."""
    rng = np.random.default_rng([scene.seed, 2])
    side, strength = float(rng.choice([-1, 1])), float(rng.uniform(0.8, 1.25))
    jitter = rng.uniform(-1, 1, 6)
    make = {"mixed": _mixed, "window": _window, "ceiling": _ceiling, "dim": _dim, "back-lit": _back_lit}[scene.light]
    return make(side, strength, jitter)


def _mixed(side: float, strength: float, j: Array) -> Lights:
    key_m = (side * (1.2 + 0.4 * j[0]), 1.75 + 0.2 * j[1], 1.15 + 0.3 * j[2])
    fill_m = (-side * (1.2 + 0.3 * j[3]), 1.6 + 0.3 * j[4], 0.9)
    return Lights(
        key_m,
        _times(DAY, 2.0 * strength),
        fill_m,
        _times(LAMP, 0.7),
        (0.42,) * 3,
        (0.22, 0.19, 0.17),
        _aim(0.46, j),
        5.0,
    )


def _window(side: float, strength: float, j: Array) -> Lights:
    key_m = (side * (1.9 + 0.2 * j[0]), 1.6 + 0.2 * j[1], 0.5 + 0.35 * j[2])
    fill_m = (-side * 1.5, 1.6, 0.9 + 0.2 * j[3])
    return Lights(
        key_m,
        _times(DAY, 4.2 * strength),
        fill_m,
        _times(LAMP, 0.18),
        (0.23, 0.24, 0.26),
        (0.12, 0.11, 0.1),
        _aim(0.43, j),
        5.0,
    )


def _ceiling(side: float, strength: float, j: Array) -> Lights:
    key_m = (side * (0.3 + 0.3 * j[0]), 2.7, 0.75 + 0.35 * j[1])
    fill_m = (-side * 1.4, 1.5, 1.0 + 0.2 * j[2])
    return Lights(
        key_m,
        _times(NEUTRAL, 3.2 * strength),
        fill_m,
        _times(DAY, 0.35),
        (0.36, 0.35, 0.33),
        (0.22, 0.2, 0.18),
        _aim(0.45, j),
        5.0,
    )


def _dim(side: float, strength: float, j: Array) -> Lights:
    key_m = (side * (1.3 + 0.3 * j[0]), 1.7 + 0.2 * j[1], 0.2 + 0.4 * j[2])
    screen_m = (0.1 * j[3], 1.15, 0.95)  # the screen's own light on the face
    return Lights(
        key_m,
        _times(LAMP, 0.34 * strength),
        screen_m,
        _times(DAY, 0.06),
        (0.04, 0.038, 0.036),
        (0.02,) * 3,
        _aim(0.27, j),
        5.0,
    )


def _back_lit(side: float, strength: float, j: Array) -> Lights:
    key_m = (side * (0.7 + 0.3 * j[0]), 1.9 + 0.2 * j[1], -0.8)
    fill_m = (0.3 * j[2], 1.3, 1.1)
    return Lights(
        key_m,
        _times(DAY, 2.2 * strength),
        fill_m,
        _times(DAY, 0.16),
        (0.19, 0.20, 0.22),
        (0.10, 0.09, 0.08),
        _aim(0.45, j),
        gain_max=4.0,
        behind=True,
    )


def _times(colour: Colour, strength: float) -> Colour:
    return colour[0] * strength, colour[1] * strength, colour[2] * strength


def _aim(middle: float, j: Array) -> float:
    """Cameras differ in how bright they expose."""
    return middle + 0.035 * float(j[5])


def tone(linear: Array, gain: float) -> Array:
    """Shown values 0…1 of linear light, as in the shader."""
    c = linear * gain
    return np.asarray(np.clip(c * (1 + c * SHOULDER) / (1 + c * ROLL_OFF), 0, 1) ** (1 / 2.2))


def expose(linear: Array, lights: Lights) -> float:
    """The gain at which a small linear picture (h, w, 3) shows the camera's aim as its mean, weighted to the middle."""
    height, width = linear.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    weight = np.exp(-1.5 * (x**2 + y**2))  # centre-weighted; chosen
    grey = linear @ np.array([0.2126, 0.7152, 0.0722])  # Rec. 709 luma
    low, high = 0.25, lights.gain_max
    for _ in range(14):  # halving to 1/16000 of the range
        gain = (low + high) / 2
        too_dark = float((tone(grey, gain) * weight).sum() / weight.sum()) < lights.aim
        low, high = (gain, high) if too_dark else (low, gain)
    return (low + high) / 2
