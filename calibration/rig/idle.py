"""What people do at a desk who do no exercise, but might seem to: talk, nod, look about, look at the keyboard."""

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

import numpy as np

from calibration.rig.clips import Clip, Segment
from calibration.rig.moves import END_S, FPS, START, START_S, Draw, Drill, between, to_ms, whole


def talking(draw: Draw) -> Drill:
    """Talking to somebody on the screen, with the head and the trunk never still."""
    segments = [Segment(0, START, {})]
    for t_s in np.arange(START_S, 10.0, 2.0):
        turn, bend, trunk = draw.normal(0, (7, 4, 5))
        changes = {"turn_deg": turn, "bend_deg": bend, "trunk_turn_deg": trunk}
        segments.append(Segment(to_ms(t_s), "talking", changes, busy={"talk": 1}, blend_s=0.8))
    return _idle("talking", segments, 11.0)


def nodding(draw: Draw) -> Drill:
    """Yes, yes."""
    segments = [
        Segment(0, START, {}),
        Segment(START_S, "nodding", {}, busy={"nod": 1, "talk": between(draw, 0.2, 0.6)}),
    ]
    return _idle("nodding", segments, 9.0)


def looking(fps: float, length_s: float) -> Callable[[Draw], Drill]:
    """Fast looks to either side and to a second screen, none longer than 2.5 s."""

    def make(draw: Draw) -> Drill:
        t_s, segments = START_S, [Segment(0, START, {})]
        second = float(draw.choice([-1, 1])) * between(draw, 30, 45)
        while t_s < length_s - 1.5:
            turn_deg = second if draw.random() < 0.5 else float(draw.choice([-1, 1])) * between(draw, 15, 45)
            blend_s, flexion_deg = between(draw, 0.3, 0.5), between(draw, -4, 10)
            changes = {"turn_deg": turn_deg, "trunk_turn_deg": 0.12 * turn_deg, "flexion_deg": flexion_deg}
            segments.append(Segment(to_ms(t_s), "aside", changes, blend_s=blend_s))
            t_s += blend_s + between(draw, 0.3, 2.5)
            if draw.random() < 0.7:  # else on to the next
                segments.append(Segment(to_ms(t_s), "upright", {}, blend_s=blend_s))
                t_s += blend_s + between(draw, 0.3, 2.5)
        segments.append(Segment(to_ms(t_s), "upright", {}, blend_s=0.4))
        return _idle("looking", segments, t_s + END_S, fps)

    return make


def typing(draw: Draw) -> Drill:
    """Typing, with looks at the keyboard."""
    t_s, segments = START_S, [Segment(0, START, {})]
    while t_s < 12.0:
        segments.append(Segment(to_ms(t_s), "typing", {"flexion_deg": 3}, busy={"type": 1}, blend_s=0.5))
        t_s += 0.5 + between(draw, 0.8, 2.5)
        down = {"flexion_deg": between(draw, 16, 30), "turn_deg": draw.normal(0, 4)}
        segments.append(Segment(to_ms(t_s), "down", down, busy={"type": 1}, blend_s=0.45))
        t_s += 0.45 + between(draw, 0.4, 2.0)
    segments.append(Segment(to_ms(t_s), "upright", {}, blend_s=0.5))
    return _idle("typing", segments, t_s + END_S)


def work(draw: Draw, length_s: float) -> Drill:
    """All of it by turns, for minutes."""
    t_s, segments = 0.0, [Segment(0, START, {})]
    kinds = cycle((talking, nodding, looking(FPS, 16.0), typing))
    while t_s < length_s:
        some = next(kinds)(draw).clip
        segments += [replace(each, start_s=to_ms(t_s + each.start_s)) for each in some.segments[1:]]
        t_s += some.length_s
    return _idle("work", [each for each in segments if each.start_s < length_s - END_S], length_s)


def _idle(what: str, segments: list[Segment], length_s: float, fps: float = FPS) -> Drill:
    name = f"idle-{what}" if fps == FPS else f"idle-{what}_{fps:g}fps"
    return Drill(Clip(name, whole(length_s, fps), fps, tuple(segments)), None, "idle", ())
