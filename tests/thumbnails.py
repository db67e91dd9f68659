"""Thumbnails (60, 80) grey of a drawn head and shoulders before a structured wall, as a camera would give them."""

import cv2
import numpy as np

WIDTH, HEIGHT, FINER = 80, 60, 4
PLACE = (0.5, 0.4, 0.36)  # nose x, y and shoulder width, as parts of the width: what `Governor.sit` is told


def _wall():
    rng = np.random.default_rng(7)
    wall = np.full((HEIGHT * FINER, WIDTH * FINER), 150.0, np.float32)
    for _ in range(40):  # books and pictures
        x, y = rng.integers(0, WIDTH * FINER), rng.integers(0, HEIGHT * FINER)
        width, height = rng.integers(12, 60, 2).tolist()
        cv2.rectangle(wall, (int(x), int(y)), (int(x) + width, int(y) + height), float(rng.uniform(70, 220)), -1)
    return wall


def _person():
    """Head and shoulders as (grey, how much of it hides the wall)."""
    grey, there = np.zeros((2, HEIGHT * FINER, WIDTH * FINER), np.float32)
    x, y, size = (int(part * WIDTH * FINER) for part in PLACE)
    for picture, body, head, hair, eye in ((grey, 60, 180, 40, 50), (there, 1, 1, 1, 1)):
        cv2.ellipse(picture, (x, y + int(1.25 * size)), (int(0.62 * size), int(0.8 * size)), 0, 0, 360, body, -1)
        cv2.ellipse(picture, (x, y), (int(0.24 * size), int(0.34 * size)), 0, 0, 360, head, -1)
        cv2.ellipse(picture, (x, y - int(0.1 * size)), (int(0.25 * size), int(0.28 * size)), 0, 180, 360, hair, -1)
        for side in (-1, 1):
            cv2.circle(picture, (x + side * int(0.09 * size), y - int(0.02 * size)), 3, eye, -1)
        cv2.line(picture, (x - 7, y + int(0.15 * size)), (x + 7, y + int(0.15 * size)), eye, 3)
        for side in (-1, 1):  # a collar
            cv2.line(picture, (x, y + int(0.6 * size)), (x + side * 18, y + int(0.45 * size)), body and 3 * body, 4)
    return grey, np.minimum(there, 1)


WALL, (GREY, THERE) = _wall(), _person()


def thumbnail(right=0.0, down=0.0, grown=1.0, person=True, gain=1.0, offset=0.0, noise_sd=0.7, seed=0, lamp=None):
    """The person shifted by these parts of the picture's width and grown about the nose, in this light.

    noise_sd is the thumbnail's: an eighth of a 640 × 480 picture's own. lamp: column of something bright on the wall.
    """
    size = (WIDTH * FINER, HEIGHT * FINER)
    wall = WALL.copy()
    if lamp is not None:
        cv2.circle(wall, (int(lamp * size[0]), 40), 24, 250.0, -1)
    if person:
        x, y = PLACE[0] * size[0], PLACE[1] * size[0]
        move = np.array([[grown, 0, x - grown * x + right * size[0]], [0, grown, y - grown * y + down * size[0]]])
        grey, there = (cv2.warpAffine(layer, move.astype(np.float32), size) for layer in (GREY, THERE))
        wall = wall * (1 - there) + grey * there
    small = cv2.resize(wall, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) * gain + offset
    small += np.random.default_rng(seed).normal(0, noise_sd, small.shape)
    return np.clip(small.round(), 0, 255).astype(np.uint8)
