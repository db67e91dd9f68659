"""What a webcam does to a picture, in its order: focus and motion blur, sensor noise, colour smoothing, JPEG."""

import cv2
import numpy as np
import numpy.typing as npt

from calibration.rig.spec import Scene

Picture = npt.NDArray[np.uint8]
SHADOW_NOISE = 0.35  # more of the noise in black than in white, as gain and gamma leave it; chosen
COLOUR_SHARE, COLOUR_BLUR_PX = 1.6, 1.2  # of the luminance noise, before the smoothing that a camera does; chosen


def develop(picture: Picture, scene: Scene, rng: np.random.Generator) -> bytes:
    """The JPEG file a webcam would send of a clean picture (h, w, 3) RGB; the same generator state, the same bytes."""
    seen = picture.astype(np.float32)
    if scene.blur_px > 0:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), scene.blur_px), np.float32)
    if scene.noise > 0:
        seen += _noise(seen, scene.noise, rng)
    return encode(np.clip(np.rint(seen), 0, 255).astype(np.uint8), scene.jpeg)


def _noise(seen: npt.NDArray[np.float32], sd: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Luminance noise of this SD (grey levels), stronger in the dark, and coarser colour noise of no brightness."""
    height, width = seen.shape[:2]
    grey = seen @ np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601 luma, as JPEG's
    fine = rng.standard_normal((height, width), dtype=np.float32)
    colour = rng.standard_normal((height, width, 3), dtype=np.float32)
    colour = np.asarray(cv2.GaussianBlur(colour, (0, 0), COLOUR_BLUR_PX), np.float32) * (
        2 * COLOUR_BLUR_PX * np.sqrt(np.pi)
    )
    colour -= (colour @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    strength = sd * (1 + SHADOW_NOISE * (0.5 - grey / 255))
    return np.asarray(strength[..., None] * (fine[..., None] + 0.5 * COLOUR_SHARE * colour), np.float32)


def encode(picture: Picture, quality: int) -> bytes:
    """A JPEG file of a picture (h, w, 3) RGB."""
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} can't be encoded")
    return data.tobytes()


def decode(data: bytes) -> Picture:
    """The picture (h, w, 3) RGB of a JPEG file."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("not a JPEG file")
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)
