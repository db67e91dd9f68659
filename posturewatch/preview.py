"""What `watch --preview` shows: the person, the angle with its error, the baseline and the limits over the picture."""

import contextlib
import os
import sys
from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from posturewatch.baseline import Baseline
from posturewatch.config import AngleRule, PostureRules
from posturewatch.drawing.caption import (
    AMBER,
    BLACK,
    COLOURS,
    GREEN,
    GREY,
    LEAST_TEXT_PX,
    RED,
    WHITE,
    Colour,
    Line,
    words,
)
from posturewatch.drawing.outline import closed, of_baseline, of_person
from posturewatch.errors import PosturewatchError
from posturewatch.frames import Picture
from posturewatch.landmarks import Landmarks
from posturewatch.session import Sample
from posturewatch.system import screen

Array = npt.NDArray[np.float64]
SCALE_DEG = (-5.0, 35.0)  # the gauge; as the ruler of the terminal
# Sizes as parts of the picture's shorter side, chosen by eye at 224 x 224 and 640 x 480
LABEL_TEXT, BAR, GAP, LINE = 0.026, 0.034, 0.022, 0.006
CAPITAL_PX = 21.0  # height of a capital of FONT_HERSHEY_SIMPLEX at scale 1, OpenCV 4 and 5
LEAST_LINE_PX = 2.0  # chosen: thinner ones are lost in a face
PLATE, GHOST, GHOST_FILL, BAND = 0.62, 0.6, 0.14, 0.6  # opacities: chosen
SHIFT = 3  # OpenCV draws at eighths of a pixel, so that lines don't jump from look to look
FARTHEST_PX = 1e4  # chosen: far outside any picture, and inside OpenCV's integers

NAME = "posturewatch"
KEYS = (ord("q"), ord("Q"), 27)  # 27 is Esc


def draw(
    image: Picture, found: Landmarks, sample: Sample | None, baseline: Baseline | None, rules: PostureRules
) -> Picture:
    """A copy of the RGB picture with everything drawn on it; `sample` is None as long as nothing is measured."""
    canvas = image.copy()
    if baseline is not None and baseline.size_px == (image.shape[1], image.shape[0]):
        _draw_ghost(canvas, found, baseline)
    _draw_person(canvas, found, GREY if sample is None else COLOURS.get(sample.now, RED))
    _draw_gauge(canvas, sample, rules.forward_head)
    _draw_words(canvas, words(found, sample, rules.forward_head, min(canvas.shape[:2])))
    return canvas


class Window:
    """The window of the preview; it opens with the first picture, and once."""

    def __init__(self) -> None:
        self._open = False
        self._closed = False

    def show(self, image: Picture) -> bool:
        """Show an RGB picture; False once the person closed the window or pressed q or Esc, and ever after.

        Raises PosturewatchError when no window can be opened.
        """
        if self._closed:
            return False
        if not self._open:
            _open_window(image.shape[1], image.shape[0])
            self._open = True
        elif not _visible():  # asked first, as imshow would open the window again
            self.close()
            return False
        cv2.imshow(NAME, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if cv2.waitKey(1) & 0xFF in KEYS or not _visible():
            self.close()
        return not self._closed

    def close(self) -> None:
        """Close the window; nothing happens when there is none."""
        if self._open:
            cv2.destroyAllWindows()
            cv2.waitKey(1)  # or it stays on the screen until the next one
        self._open, self._closed = False, True


def _open_window(width: int, height: int) -> None:
    os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")  # Qt has a warning for every Wayland desktop
    with screen.tried() if sys.platform == "linux" else contextlib.nullcontext():
        try:
            cv2.namedWindow(NAME, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(NAME, width, height)
        except cv2.error as error:
            raise PosturewatchError(
                "This OpenCV can't open windows. "
                "Replace opencv-python-headless with opencv-python, or leave --preview out."
            ) from error


def _visible() -> bool:
    try:
        return bool(cv2.getWindowProperty(NAME, cv2.WND_PROP_VISIBLE) > 0)
    except cv2.error:  # how some window systems say that it is closed
        return False


# The caption


def _draw_words(canvas: Picture, lines: list[Line]) -> None:
    """Text on its plate in the upper left corner."""
    gap = min(canvas.shape[:2]) * GAP
    room = canvas.shape[1] - 4 * gap
    rows = [line._replace(text=part) for line in lines for part in _wrapped(line, room)]
    width = max(_width(row) for row in rows)
    height = sum(row.capital_px for row in rows) + gap * (len(rows) - 1)
    _blend_box(canvas, (gap, gap), (3 * gap + width, 3 * gap + height), BLACK, PLATE)
    y = gap
    for row in rows:
        y += gap + row.capital_px
        _put(canvas, row, 2 * gap, y)


def _wrapped(line: Line, room_px: float) -> list[str]:
    rows: list[str] = []
    for word in line.text.split():
        if rows and _width(line._replace(text=f"{rows[-1]} {word}")) <= room_px:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


# Person and baseline


def _draw_person(canvas: Picture, found: Landmarks, colour: Colour) -> None:
    """Shoulder line, shoulders to ears, eyes and nose, outline of the face; each line on a dark one to be seen."""
    line = _line_px(canvas)
    paths, dots = of_person(found)
    for edge, tone in ((1.0, BLACK), (0.0, colour)):
        for path in paths:
            _polyline(canvas, path, tone, line + 2 * edge)
        for dot in dots:
            _dot(canvas, dot, tone, 1.5 * line + edge)


def _draw_ghost(canvas: Picture, found: Landmarks, baseline: Baseline) -> None:
    """Where head and shoulders were at the baseline, see-through."""
    ghost = of_baseline(baseline, found)
    if ghost is None:
        return
    head, bust = ghost
    layer = canvas.copy()
    cv2.fillPoly(layer, [_fixed(head)], WHITE, cv2.LINE_AA, SHIFT)
    _mix(canvas, layer, GHOST_FILL)
    layer = canvas.copy()
    for path in (closed(head), bust):
        _polyline(layer, path, WHITE, _line_px(canvas))
    _mix(canvas, layer, GHOST)


# Limits


def _draw_gauge(canvas: Picture, sample: Sample | None, rule: AngleRule) -> None:
    """A bar along the lower edge: coloured by the thresholds, which are written under it, the angle as a needle."""
    height, width = canvas.shape[:2]
    side = min(height, width)
    gap, bar, small = side * GAP, side * BAR, max(side * LABEL_TEXT, LEAST_TEXT_PX)
    top = height - 2.8 * gap - small - bar
    left, right = 2 * gap, width - 2 * gap
    _blend_box(canvas, (gap, top - gap), (width - gap, height - gap), BLACK, PLATE)
    told = sample is not None and sample.forward_head_deg is not None
    leave, enter = (_across(angle, left, right) for angle in (rule.exit_deg, rule.enter_deg))
    for x0, x1, colour in ((left, leave, GREEN), (leave, enter, AMBER), (enter, right, RED)):
        _blend_box(canvas, (x0, top), (x1, top + bar), colour, 0.85 if told else 0.4)
    for x, reach in ((_across(0.0, left, right), 0.0), (leave, 0.35 * gap), (enter, 0.35 * gap)):
        _polyline(canvas, np.array([(x, top - reach), (x, top + bar + reach)]), BLACK if reach == 0 else WHITE, 1.0)
    _draw_labels(canvas, rule, (leave, enter, left, right), top + bar + 0.8 * gap + small)
    if sample is not None and sample.forward_head_deg is not None:
        _draw_needle(canvas, sample.forward_head_deg, sample.error_deg, (left, right, top, bar))


def _draw_needle(
    canvas: Picture, angle_deg: float, error_deg: float | None, place: tuple[float, float, float, float]
) -> None:
    """place: left, right, top and height of the bar. Beyond the bar's ends the needle stays at the end."""
    left, right, top, bar = place
    if error_deg is not None:
        low, high = (_across(angle_deg + sign * error_deg, left, right) for sign in (-1, 1))
        _blend_box(canvas, (low, top + bar * 0.3), (high, top + bar * 0.7), WHITE, BAND)
    x = _across(angle_deg, left, right)
    half = max(bar * 0.4, 2.0)
    shape = np.array([(x - half, top - half), (x + half, top - half), (x, top + half * 0.7)])
    stem = np.array([(x, top), (x, top + bar)])
    for tone, thick in ((BLACK, 2.5), (WHITE, 1.0)):
        _polyline(canvas, stem, tone, bar * 0.14 * thick)
        _polyline(canvas, closed(shape), tone, bar * 0.1 * thick)
    cv2.fillPoly(canvas, [_fixed(shape)], WHITE, cv2.LINE_AA, SHIFT)


def _across(angle_deg: float, left: float, right: float) -> float:
    """Where an angle is on the bar, pixels."""
    low, high = SCALE_DEG
    return left + (right - left) * (min(max(angle_deg, low), high) - low) / (high - low)


def _draw_labels(canvas: Picture, rule: AngleRule, places: tuple[float, float, float, float], foot: float) -> None:
    """places: x of both thresholds and of the bar's ends. What the bar is about is left out where there is no room."""
    leave, enter, left, right = places
    side = min(canvas.shape[:2])
    small = max(side * LABEL_TEXT, LEAST_TEXT_PX)
    first, second, third = (
        Line(text, small, colour)
        for text, colour in (
            (f"leave {rule.exit_deg:g}°", WHITE),
            (f"enter {rule.enter_deg:g}°", WHITE),
            ("forward head", GREY),
        )
    )
    space = small  # between two labels
    enter = max(min(enter, right - _width(second)), left + _width(first) + space)
    _put(canvas, first, max(left, min(leave, enter - space) - _width(first)), foot)
    _put(canvas, second, enter, foot)
    if enter + _width(second) + space <= right - _width(third):
        _put(canvas, third, right - _width(third), foot)


# Drawing


def _put(canvas: Picture, line: Line, x: float, foot: float) -> None:
    scale, thickness = _font(line)
    at = (round(x), round(foot))
    cv2.putText(canvas, _plain(line.text), at, cv2.FONT_HERSHEY_SIMPLEX, scale, line.colour, thickness, cv2.LINE_AA)


def _width(line: Line) -> float:
    scale, thickness = _font(line)
    return float(cv2.getTextSize(_plain(line.text), cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)[0][0])


def _font(line: Line) -> tuple[float, int]:
    """Scale and thickness for OpenCV; a thickness of 2 is bold at any size in OpenCV 5."""
    scale = line.capital_px / CAPITAL_PX
    return scale, max(2 if line.bold else 1, round(scale))


def _line_px(canvas: Picture) -> float:
    return float(max(min(canvas.shape[:2]) * LINE, LEAST_LINE_PX))


def _plain(text: str) -> str:
    """OpenCV 4 writes nothing but ASCII."""
    return text if hasattr(cv2, "FontFace") else text.replace("°", "").replace("±", "+-")


def _blend_box(
    canvas: Picture, low: tuple[float, float], high: tuple[float, float], colour: Colour, opacity: float
) -> None:
    (x0, y0), (x1, y1) = ((round(max(x, 0)), round(max(y, 0))) for x, y in (low, high))
    part = canvas[y0:y1, x0:x1]
    part[:] = np.round(part * (1 - opacity) + np.array(colour) * opacity)


def _mix(canvas: Picture, layer: Picture, opacity: float) -> None:
    cv2.addWeighted(layer, opacity, canvas, 1 - opacity, 0, canvas)


def _polyline(canvas: Picture, path: Array, colour: Colour, thickness: float) -> None:
    cv2.polylines(canvas, [_fixed(path)], False, colour, max(1, round(thickness)), cv2.LINE_AA, SHIFT)


def _dot(canvas: Picture, at: Array, colour: Colour, radius: float) -> None:
    x, y = _fixed(at[None])[0]
    cv2.circle(canvas, (int(x), int(y)), round(radius * 2**SHIFT), colour, -1, cv2.LINE_AA, SHIFT)


def _fixed(points: Iterable[Iterable[float]] | Array) -> npt.NDArray[np.int32]:
    """Points (n, 2) as OpenCV's fixed-point numbers."""
    clipped = np.clip(np.asarray(points, np.float64), -FARTHEST_PX, FARTHEST_PX)
    return np.asarray(np.round(clipped * 2**SHIFT), np.int32)
