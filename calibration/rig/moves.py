"""Exercises as a rendered person does them: segments of a clip, and the repetitions that are really in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.rig import clips
from calibration.rig.clips import Clip, Segment

Draw = np.random.Generator

LEFT, RIGHT = "left", "right"
SIDES = (LEFT, RIGHT)
NO_SIDE = "both"  # the word in a timeline's counts
# degrees, percent of the ears above the shoulders, percent of the shoulder width; EXERCISES.md, the sweep chosen
TARGETS = {"turn": 25.0, "tilt": 12.0, "nod": 20.0, "sweep": 20.0, "grow": 2.0, "shoulders": 5.0}
REACHED = {  # how far those go who do it well; chosen
    "turn": (28, 40),
    "tilt": (14, 20),
    "nod": (25, 33),
    "sweep": (25, 33),
    "grow": (4, 6),
    "shoulders": (7.5, 10),
}
HALF = (0.42, 0.55)  # of the target, half-way
NODDED_DEG = (25, 31)  # the head while it sweeps; EXERCISES.md: ≥ 20
GROW_MM, SHOULDER_DEG = 2.2, 1.3  # pose for one percent; measured on the rig's people
CIRCLE_DOWN, CIRCLE_DEG = 0.6, 7.0  # a circle's lower half, and how far it goes forward and back; chosen
AWAY_S, SHORT_AWAY_S = 20.6, 6.0  # EXERCISES.md: standing up is ≥ 20 s
NAPE_S, SHORT_NAPE_S = 6.5, 2.0  # chosen
START_S, END_S = 2.0, 0.6  # sitting upright before and after; chosen
STAND: dict[str, Any] = {"standing": 1, "up_mm": 380, "forward_mm": 40}  # chosen: the head leaves above the picture
WALK: dict[str, Any] = {**STAND, "right_mm": 1700}
AGAIN: dict[str, Any] = {"right_mm": 12, "forward_mm": -15}  # sat down again
FPS, QUICK_FPS = clips.DAY_FPS, clips.DEMO_FPS
START = "start"


@dataclass(frozen=True, slots=True)
class Repetition:
    """From start_s the person moves, from reached_s to left_s keeps the end position, at end_s is back.

    reach: in the axis's unit (`posturewatch.exercises.AXES`), without a sign; at_s: the picture that shows it.
    """

    axis: str
    side: str | None
    start_s: float
    reached_s: float
    left_s: float
    end_s: float
    at_s: float
    reach: float


@dataclass(frozen=True, slots=True)
class Drill:
    """A clip and what is done in it; axis None: no exercise. way: "well", "half", "one_side", "fast" or "idle"."""

    clip: Clip
    axis: str | None
    way: str
    repetitions: tuple[Repetition, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many repetitions of each side reach the target."""
        if self.axis is None or self.way == "half":
            return {}
        sides = [each.side or NO_SIDE for each in self.repetitions]
        return {side: sides.count(side) for side in sorted(set(sides))}


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds there (and back), kept (least and most), and between repetitions."""

    move_s: float
    hold_s: tuple[float, float]
    rest_s: float


TEMPI = {  # chosen
    "well": Tempo(1.1, (2.0, 2.8), 0.5),
    "half": Tempo(0.9, (1.0, 1.6), 0.5),
    "one_side": Tempo(1.1, (2.4, 4.0), 0.5),
    "fast": Tempo(0.4, (0.1, 0.2), 0.1),
}
SWEEP_TEMPI = {  # there, and kept; chosen
    "well": (1.6, 0.5),
    "half": (1.4, 0.4),
    "one_side": (1.4, 0.4),
    "fast": (0.5, 0.1),
}
CIRCLE_S = {"well": 3.6, "half": 3.2, "fast": 1.0}  # chosen


def there_and_back(axis: str, way: str, draw: Draw) -> Drill:
    """Turns, tilts, nods or growing tall."""
    tempo = TEMPI[way]
    t_s, segments, done = START_S, [Segment(0, START, {})], []
    for side in _sides(axis, way, draw):
        reach, hold_s = _reach(axis, way, draw), between(draw, *tempo.hold_s)
        reached_s, left_s = t_s + tempo.move_s, t_s + tempo.move_s + hold_s
        segments += [
            Segment(to_ms(t_s), axis, _changes(axis, side, reach), blend_s=tempo.move_s),
            Segment(to_ms(left_s), START, {}, blend_s=tempo.move_s),
        ]
        done.append(_repetition(axis, side, t_s, reached_s, left_s, left_s + tempo.move_s, reach, _fps(way)))
        t_s = left_s + tempo.move_s + tempo.rest_s
    return _drill(axis, way, segments, done, t_s)


def sweep(way: str, draw: Draw) -> Drill:
    """The head goes down, sweeps from side to side without a stop in the middle, and comes up."""
    tempo, (move_s, hold_s) = TEMPI["well"], SWEEP_TEMPI[way]
    nod_deg = between(draw, *NODDED_DEG) * (0.4 if way == "half" else 1)
    down = {"flexion_deg": nod_deg}
    segments = [Segment(0, START, {}), Segment(START_S, "sweep", down, blend_s=tempo.move_s)]
    t_s, done = START_S + tempo.move_s + 0.4, []
    for side in _sides("sweep", way, draw):
        reach = _reach("sweep", way, draw)
        segments.append(Segment(to_ms(t_s), "sweep", {**down, **_changes("turn", side, reach)}, blend_s=move_s))
        reached_s, left_s = t_s + move_s, t_s + move_s + hold_s
        done.append(_repetition("sweep", side, t_s, reached_s, left_s, left_s + move_s, reach, _fps(way)))
        t_s = left_s
        if way == "one_side":  # back in the middle each time
            segments.append(Segment(to_ms(t_s), "sweep", down, blend_s=move_s))
            t_s += move_s + 0.3
    segments.append(Segment(to_ms(t_s), "sweep", down, blend_s=move_s))
    segments.append(Segment(to_ms(t_s + move_s), START, {}, blend_s=tempo.move_s))
    return _drill("sweep", way, segments, done, t_s + move_s + tempo.move_s)


def circles(way: str, draw: Draw) -> Drill:
    """Both shoulders up, back, down and forward."""
    phase_s = CIRCLE_S[way] / 4
    t_s, segments, done = START_S, [Segment(0, START, {})], []
    for _ in range(3 if way == "fast" else 2):
        reach = _reach("shoulders", way, draw)
        up_deg = reach * SHOULDER_DEG
        wide_deg = CIRCLE_DEG * (0.5 if way == "half" else 1)
        for number, (up, forward) in enumerate(((1, 0), (0, -1), (-CIRCLE_DOWN, 0), (0, 0.5))):
            changes = {"shoulders_up_deg": up * up_deg, "shoulders_forward_deg": forward * wide_deg}
            segments.append(Segment(to_ms(t_s + number * phase_s), "shoulders", changes, blend_s=phase_s))
        top_s, end_s = t_s + phase_s, t_s + 4 * phase_s
        done.append(_repetition("shoulders", None, t_s, top_s, top_s, end_s, reach, _fps(way)))
        t_s = end_s
    segments.append(Segment(to_ms(t_s), START, {}, blend_s=phase_s))
    return _drill("shoulders", way, segments, done, t_s + phase_s)


def leave(way: str, out: bool, draw: Draw) -> Drill:
    """Stand up, walk out of the picture or stay before the chair, sit down again a little elsewhere."""
    away_s = SHORT_AWAY_S if way == "half" else AWAY_S + between(draw, 0, 1)
    walk, rise_s, step_s = WALK if out else STAND, 1.4, 1.4
    up_s = START_S + rise_s
    left_s = up_s + away_s
    segments = [
        Segment(0, START, {}),
        Segment(START_S, "leave", STAND, blend_s=rise_s),
        Segment(to_ms(up_s), "leave", walk, blend_s=step_s),
        Segment(to_ms(left_s - step_s), "leave", STAND, blend_s=step_s),
        Segment(to_ms(left_s), "again", AGAIN, blend_s=rise_s),
    ]
    done = [_repetition("leave", None, START_S, up_s, left_s, left_s + rise_s, away_s, FPS)]
    return _drill("leave", way, segments, done, left_s + rise_s + 0.6, "" if out else "-in_place")


def hands(way: str, draw: Draw) -> Drill:
    """Both hands go to the back of the neck and stay."""
    move_s = 1.4
    hold_s = SHORT_NAPE_S if way == "half" else NAPE_S + between(draw, 0, 1)
    up_s, left_s = START_S + move_s, START_S + move_s + hold_s
    segments = [
        Segment(0, START, {}),
        Segment(START_S, "hands", {"nape": 1, "shoulders_up_deg": 8}, blend_s=move_s),
        Segment(to_ms(left_s), START, {}, blend_s=move_s),
    ]
    done = [_repetition("hands", None, START_S, up_s, left_s, left_s + move_s, hold_s, FPS)]
    return _drill("hands", way, segments, done, left_s + move_s)


def _drill(axis: str, way: str, segments: list[Segment], done: list[Repetition], t_s: float, more: str = "") -> Drill:
    clip = Clip(f"{axis}-{way}{more}", whole(t_s + END_S, _fps(way)), _fps(way), tuple(segments))
    return Drill(clip, axis, way, tuple(done))


def whole(length_s: float, fps: float) -> float:
    """A whole number of pictures."""
    return float(np.ceil(length_s * fps) / fps)


def _repetition(
    axis: str, side: str | None, start_s: float, reached_s: float, left_s: float, end_s: float, reach: float, fps: float
) -> Repetition:
    at_s = round(round((reached_s + left_s) / 2 * fps) / fps, 3)
    return Repetition(axis, side, to_ms(start_s), to_ms(reached_s), to_ms(left_s), to_ms(end_s), at_s, round(reach, 2))


def _changes(axis: str, side: str | None, reach: float) -> dict[str, float]:
    """The pose's changes at the end position."""
    signed = -reach if side == LEFT else reach
    return {
        "turn": {"turn_deg": signed, "trunk_turn_deg": 0.1 * signed},
        "tilt": {"bend_deg": signed},
        "nod": {"flexion_deg": reach},
        "grow": {"grow_mm": GROW_MM * reach},
    }[axis]


def _sides(axis: str, way: str, draw: Draw) -> Iterator[str | None]:
    """The side of each repetition: to and fro from either side, or first one side and then the other."""
    if axis not in ("turn", "tilt", "sweep"):
        yield from (None, None)
        return
    first = str(draw.choice(SIDES))
    other = RIGHT if first == LEFT else LEFT
    if way == "one_side":
        yield from (first, first)
    elif way == "half":
        yield from (first, other)
    elif axis == "sweep" or draw.random() < 0.5:
        yield from (first, other, first, other)
    else:
        yield from (first, first, other, other)


def _reach(axis: str, way: str, draw: Draw) -> float:
    return TARGETS[axis] * between(draw, *HALF) if way == "half" else between(draw, *REACHED[axis])


def _fps(way: str) -> float:
    return QUICK_FPS if way == "fast" else FPS


def between(draw: Draw, low: float, high: float) -> float:
    """Any number in the range, to a hundredth."""
    return round(float(draw.uniform(low, high)), 2)


def to_ms(t_s: float) -> float:
    """A time as it is written."""
    return round(float(t_s), 3)
