"""Drills: clips of people who do each exercise that a camera can check, in several ways, and of people who do none.

Each has a written timeline: every repetition, its side, when it begins, is kept and ends, and how far it really goes.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from calibration.rig import clips
from calibration.rig.idle import looking, nodding, talking, typing
from calibration.rig.moves import (
    FPS,
    LEFT,
    QUICK_FPS,
    Draw,
    Drill,
    Repetition,
    circles,
    hands,
    leave,
    sweep,
    there_and_back,
)

WELL: tuple[Callable[[Draw], Drill], ...] = (
    lambda draw: there_and_back("turn", "well", draw),
    lambda draw: there_and_back("tilt", "well", draw),
    lambda draw: there_and_back("nod", "well", draw),
    lambda draw: sweep("well", draw),
    lambda draw: there_and_back("grow", "well", draw),
    lambda draw: circles("well", draw),
    lambda draw: hands("well", draw),
)
OTHERS: tuple[tuple[Callable[[Draw], Drill], ...], ...] = (  # by turns, so that two people do all
    (
        lambda draw: leave("well", True, draw),
        lambda draw: there_and_back("turn", "one_side", draw),
        lambda draw: there_and_back("turn", "fast", draw),
        lambda draw: there_and_back("tilt", "half", draw),
        lambda draw: sweep("one_side", draw),
        lambda draw: circles("half", draw),
        lambda draw: hands("half", draw),
        looking(QUICK_FPS, 11.0),
    ),
    (
        lambda draw: leave("well", False, draw),
        lambda draw: there_and_back("tilt", "one_side", draw),
        lambda draw: there_and_back("tilt", "fast", draw),
        lambda draw: there_and_back("turn", "half", draw),
        lambda draw: sweep("half", draw),
        lambda draw: circles("fast", draw),
        lambda draw: there_and_back("grow", "half", draw),
        lambda draw: leave("half", True, draw),
        nodding,
        looking(FPS, 20.0),
    ),
)
IDLE: tuple[Callable[[Draw], Drill], ...] = (talking, typing)
LATER: tuple[tuple[Callable[[Draw], Drill], ...], ...] = (  # as OTHERS; drawn last, since what is there is kept
    (
        lambda draw: there_and_back("nod", "half", draw),
        lambda draw: sweep("fast", draw),
    ),
    (
        lambda draw: there_and_back("nod", "fast", draw),
        lambda draw: there_and_back("grow", "fast", draw),
    ),
)


def drills(index: int, seed: int) -> tuple[Drill, ...]:
    """The drills of the `index`th person: what is done well and not at all, and half of the other ways."""
    draw = np.random.default_rng([seed, index, 5])
    return tuple(make(draw) for make in (*WELL, *OTHERS[index % 2], *IDLE, *LATER[index % 2]))


def timeline(drill: Drill) -> dict[str, Any]:
    """What is written beside the landmarks."""
    return {
        "fps": drill.clip.fps,
        "length_s": drill.clip.length_s,
        "axis": drill.axis,
        "way": drill.way,
        "counts": drill.counts,
        "repetitions": [asdict(each) for each in drill.repetitions],
        "events": [asdict(each) for each in clips.events(drill.clip)],
    }


def measured(drill: Drill, truths: Mapping[float, Mapping[str, Any]]) -> Drill:
    """The drill with the reach of each repetition as it is true of the body (`truth.truth`, by time of its picture)."""
    first = truths[min(truths)]
    return replace(drill, repetitions=tuple(_measured(each, truths[each.at_s], first) for each in drill.repetitions))


def _measured(each: Repetition, now: Mapping[str, Any], first: Mapping[str, Any]) -> Repetition:
    names = {"turn": "d_turn_deg", "tilt": "d_bend_deg", "nod": "d_flexion_deg", "sweep": "d_turn_deg"}
    if each.axis in names:
        reach = now[names[each.axis]] * (-1 if each.side == LEFT else 1)
    elif each.axis == "shoulders":
        reach = 100 * now["shoulder_elevation_mm"] / first["shoulder_width_mm"]
    elif each.axis == "grow":
        reach = 100 * (_ear_shoulder_px(now) / _ear_shoulder_px(first) - 1)
    else:
        reach = each.reach
    return replace(each, reach=round(reach, 2))


def _ear_shoulder_px(now: Mapping[str, Any]) -> float:
    """How far the ears are above the shoulders in the picture."""
    place = now["points_px"]
    below = [place[f"shoulder_{side}"][1] - place[f"tragus_{side}"][1] for side in "lr"]
    return float(sum(below)) / 2
