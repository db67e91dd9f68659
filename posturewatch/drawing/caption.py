"""What the preview says in words, and the colours that it says it in."""

from typing import NamedTuple

from posturewatch.config import AngleRule
from posturewatch.landmarks import Landmarks
from posturewatch.posture import AWAY, UNKNOWN, UPRIGHT
from posturewatch.session import Sample

Colour = tuple[int, int, int]

# Okabe and Ito's palette, brightened for a dark plate: told apart with any colour vision
GREEN, AMBER, RED, BLUE = (46, 204, 150), (245, 205, 60), (255, 112, 67), (110, 190, 245)
WHITE, GREY, BLACK = (255, 255, 255), (190, 190, 190), (0, 0, 0)
COLOURS = {UPRIGHT: GREEN, AWAY: BLUE, UNKNOWN: GREY}  # the other states are red

ANGLE_TEXT, SMALL_TEXT = 0.06, 0.033  # of the picture's shorter side, chosen by eye at 224 x 224 and 640 x 480
LEAST_TEXT_PX = 7  # chosen: capitals lower than this can't be read


class Line(NamedTuple):
    """A line of text and the height of its capitals."""

    text: str
    capital_px: float
    colour: Colour
    bold: bool = False


def words(found: Landmarks, sample: Sample | None, rule: AngleRule, side_px: int) -> list[Line]:
    """The angle or why there is none, then the state."""
    large, small = side_px * ANGLE_TEXT, max(side_px * SMALL_TEXT, LEAST_TEXT_PX)
    if sample is None:
        return [Line(f"can't tell: {found.reason}" if found.reason else "no angle yet", small, AMBER)]
    now = "" if sample.now in (sample.state, UNKNOWN) else f", now {sample.now}"
    state = Line((sample.state + now).replace("_", " "), small, COLOURS.get(sample.state, RED))
    if sample.forward_head_deg is None:
        return [Line(f"can't tell: {sample.reason or 'not seen'}", max(0.75 * large, small), AMBER, bold=True), state]
    error = "" if sample.error_deg is None else f" ± {sample.error_deg:.0f}°"
    angle = Line(
        f"{round(sample.forward_head_deg):+d}°{error}", large, _angle_colour(sample.forward_head_deg, rule), bold=True
    )
    return [angle, state, *([Line(sample.reason, small, AMBER)] if sample.reason else [])]


def _angle_colour(angle_deg: float, rule: AngleRule) -> Colour:
    return GREEN if angle_deg < rule.exit_deg else AMBER if angle_deg < rule.enter_deg else RED
