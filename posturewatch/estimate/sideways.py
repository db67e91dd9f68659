"""The side view that tells the absolute angle: awaited after the upright capture, and measured."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from posturewatch.baseline import Baseline, build
from posturewatch.errors import PosturewatchError
from posturewatch.features import Features, describe
from posturewatch.frames import SLACK_S
from posturewatch.landmarks import Landmarks

SIDE_HOLD_S, SIDE_WAIT_S = 3.0, 30.0  # chosen: to hold the side view; to turn the chair until then
SIDE_GAP_S = 0.6  # chosen: two looks of five a second may be lost in what is held


@dataclass(frozen=True, slots=True)
class Turning:
    """The side view is awaited: seconds it was held of those wanted, and why the last look can't be used."""

    t_s: float
    done_s: float
    wanted_s: float
    reason: str | None


def upright_from_the_side(
    looks: Iterable[Landmarks], upright: Baseline, show: Callable[[Turning], None]
) -> float | None:
    """Absolute ear–shoulder angle (degrees, + = ear in front) of the baseline's person, who turns a side to the camera
    and holds it; None when nobody does in time."""
    begun_s: float | None = None
    held: list[Features] = []
    for look in looks:
        begun_s = look.t_s if begun_s is None else begun_s
        seen = describe(look, upright.hfov_deg, upright.place)
        held = _held(held, seen)
        done_s = held[-1].t_s - held[0].t_s if held else 0.0
        show(Turning(look.t_s, min(done_s, SIDE_HOLD_S), SIDE_HOLD_S, seen.reason))
        angle = _side_angle(held, upright.hfov_deg) if done_s >= SIDE_HOLD_S - SLACK_S else None
        if angle is not None or look.t_s - begun_s >= SIDE_WAIT_S + (SIDE_HOLD_S if held else 0.0):
            return angle
    return None


def _held(held: list[Features], seen: Features) -> list[Features]:
    """The looks from the side of the last seconds, begun anew after a gap."""
    if held and seen.t_s - held[-1].t_s > SIDE_GAP_S + SLACK_S:
        held = []
    if seen.view != "side":
        return held
    return [look for look in held if seen.t_s - look.t_s <= SIDE_HOLD_S + SLACK_S] + [seen]


def _side_angle(held: list[Features], hfov_deg: float) -> float | None:
    try:
        side = build(held, hfov_deg).side
    except PosturewatchError:  # still on the move
        return None
    return None if side is None else side.ear_shoulder_deg
