"""People who move before a camera: timelines of head, shoulders and hands as looks at any rate, with noise and gaps."""

from dataclasses import dataclass, replace
from functools import cache

import figures
import numpy as np
import pytest

from posturewatch.baseline import PITCH_GAIN_DEG
from posturewatch.coach import Coach
from posturewatch.coaching.catalogue import Dose, Exercise, Movement, Step
from posturewatch.features import Features, Head
from posturewatch.geometry import CANONICAL_TRAGUS_CM, MEDIAPIPE_VFOV_DEG, head_angles_deg

RATES_HZ = (5, 10, 30)
at_every_rate = pytest.mark.parametrize("rate_hz", RATES_HZ)
at_two_rates = pytest.mark.parametrize("rate_hz", RATES_HZ[:2])  # where 30 Hz tells no more and takes long
FACE_LOST_DEG = 50.0  # of turn, then only the pose model goes on
POSE_GAIN, POSE_NOISE = 0.9, -2.0  # it reads a turn short, and wavers by so much of the face model's noise
AHEAD, BELOW = 0.9, 0.25  # the nose before the ears by so much of their distance, and below them by so much of that
EARS_ASIDE = 0.29  # of the shoulder width: so far before the neck's axis a bowed head carries the ears
NOISE_DEG = 1.0
SHOULDERS_WIDEN = 0.44  # lifted, they seem so much wider for each part that they seem higher (rendered people: .1–2)
SHOULDERS_RISE = 0.8  # of the ears' rise when sitting up (the rig's slumps and seats: .4-1.1)
TILT_GAIN = 1.76  # a tilt over what the ears' line shows of it
EARS_SINK = 0.3  # percent of the ear-shoulder distance per degree of looking down (rendered people: .2-1.2)

TURN = Movement("turn", 25.0, 8.0, ("left", "right"), 5, 3.0)
TILT = Movement("tilt", 12.0, 4.0, ("left", "right"), 5, 3.0)
NOD = Movement("nod", 20.0, 8.0, (), 5, 0.0)
SWEEP = Movement("sweep", 15.0, 9.0, ("left", "right"), 5, 0.0)
GROW = Movement("grow", 2.0, 1.0, (), 5, 5.0)
SHOULDERS = Movement("shoulders", 5.0, 1.5, (), 5, 0.0)
LEAVE = Movement("leave", 20.0, 0.0, (), 1, 0.0)
HANDS = Movement("hands", 5.0, 0.0, (), 1, 0.0)


def exercise(*movements, total_s=30.0):
    """An exercise with one step for each movement; None is a timed step."""
    steps = tuple(Step(f"Do number {n}.", "front", {}, each, total_s) for n, each in enumerate(movements, start=1))
    dose = Dose("as often", 5, 2, 3.0, 0.0)
    return Exercise("drill", "A drill", "Why.", steps, dose, 60.0, ("still",), "All.", "Gently.", "A test.")


def smooth(share):
    """Minimum jerk: how people move from one place to another, 0 … 1."""
    share = np.clip(share, 0.0, 1.0)
    return 10 * share**3 - 15 * share**4 + 6 * share**5


class Way:
    """A value over time: `to` goes there smoothly in so many seconds, `stay` waits."""

    def __init__(self, value=0.0):
        self.t_s, self.knots = 0.0, [(0.0, 0.0, value)]  # begins, seconds, reaches

    def stay(self, seconds):
        self.t_s += seconds
        return self

    def to(self, value, seconds):
        self.knots.append((self.t_s, seconds, value))
        return self.stay(seconds)

    def there_and_back(self, value, move_s, hold_s, rest_s=1.0):
        return self.to(value, move_s).stay(hold_s).to(0.0, move_s).stay(rest_s)

    def at(self, times):
        values = np.full(len(times), self.knots[0][2])
        for (_, _, before), (begins, seconds, value) in zip(self.knots, self.knots[1:], strict=False):
            values += (value - before) * smooth((times - begins) / max(seconds, 1e-9))
        return values


def set_of(values, move_s=1.0, hold_s=3.0, rest_s=1.0, wait_s=3.0):
    """One movement there and back for each value, after a quiet beginning."""
    way = Way().stay(wait_s)
    for value in values:
        way.there_and_back(value, move_s, hold_s, rest_s)
    return way.stay(1.0)


@cache
def upright():
    """An upright look, its shoulder width and its ear-shoulder distance, pixels; where the face model has its tragi,
    centimetres."""
    base = figures.look()
    heights = [base.pose[points, 1].mean() for points in ([11, 12], [7, 8])]
    tragi = (base.head.matrix @ CANONICAL_TRAGUS_CM)[:3]
    return base, np.linalg.norm(base.pose[11, :2] - base.pose[12, :2]), heights[0] - heights[1], tragi


def look(
    t_s,
    turn=0.0,
    nod=0.0,
    tilt=0.0,
    grow=0.0,
    lift=0.0,
    rise=0.0,
    hands=0.0,
    face=1.0,
    noise=None,
    widen=SHOULDERS_WIDEN,
):
    """Features of an upright person who turns (+ right), looks down, tilts (+ right), grows, sits up by `rise` and
    lifts the shoulders (percent of ear-shoulder distance and shoulder width, as the pose model shows them, and wider by
    `widen` of that), wrists up from .5 of hands, the face found from .5 of face."""
    base, width, neck, tragi = upright()
    pose = base.pose.copy()
    up = (grow + rise - EARS_SINK * nod) / 100 * neck
    pose[:11, 1] -= up
    pose[11:13, 1] -= lift / 100 * width + SHOULDERS_RISE * rise / 100 * neck
    pose[11:13, 0] += widen * lift / 100 * (pose[11:13, 0] - pose[11:13, 0].mean())
    pose[[15, 16], 1] = pose[11, 1] + (-50 if hands > 0.5 else 150)
    read = noise or {}
    heads_points(pose, POSE_GAIN * turn + POSE_NOISE * read.get("turn", 0.0), nod, tilt)
    if abs(turn) >= FACE_LOST_DEG or face < 0.5:
        return replace(base, t_s=float(t_s), pose=pose, head=None)
    turn, nod, tilt = (angle + read.get(name, 0.0) for name, angle in (("turn", turn), ("nod", nod), ("tilt", tilt)))
    matrix = np.eye(4)
    matrix[:3, :3] = figures.about_x(8.0) @ figures.about_y(-turn) @ figures.about_x(nod) @ figures.about_z(tilt)
    raised = [0.0, -up * tragi[2] / (base.size_px[1] / 2 / np.tan(np.radians(MEDIAPIPE_VFOV_DEG) / 2)), 0.0]
    matrix[:3, 3] = tragi + raised - matrix[:3, :3] @ CANONICAL_TRAGUS_CM[:3]
    head = Head(*head_angles_deg(matrix), matrix, base.head.points)
    return replace(base, t_s=float(t_s), pose=pose, head=head)


def heads_points(pose, turn_deg, nod_deg, tilt_deg):
    """Moves nose and ears of an upright pose in place to where the turned, bowed and tilted head has them."""
    turn, nod, roll = np.radians([turn_deg, nod_deg, tilt_deg / TILT_GAIN])
    pose[:11, 0] -= EARS_ASIDE * np.linalg.norm(pose[11, :2] - pose[12, :2]) * np.sin(max(nod, 0.0)) * np.sin(turn)
    middle, across = pose[[7, 8], :2].mean(axis=0), np.linalg.norm(pose[7, :2] - pose[8, :2])
    half = across / 2 * np.cos(turn) * np.array([np.cos(roll), -np.sin(roll)])
    pose[7, :2], pose[8, :2] = middle + half, middle - half
    size = np.linalg.norm(pose[[9, 10], :2].mean(axis=0) - pose[[2, 5], :2].mean(axis=0))
    pose[0, 1] += nod_deg / PITCH_GAIN_DEG * size
    pose[0, 0] = middle[0] - AHEAD * across * (np.cos(nod) - BELOW * np.sin(nod)) * np.sin(turn)


def looks(rate_hz, seed=0, noise_deg=NOISE_DEG, dropped=0.0, end_s=None, widen=SHOULDERS_WIDEN, **ways):
    """Looks of several ways at once; noise on every angle, and a part of the looks that tell nothing."""
    random = np.random.default_rng(seed)
    end_s = max(way.t_s for way in ways.values()) if end_s is None else end_s
    times = np.arange(0, end_s, 1 / rate_hz)
    values = {name: way.at(times) for name, way in ways.items()}
    noise = {name: random.normal(0, noise_deg, len(times)) for name in ("turn", "nod", "tilt")}
    gone = random.random(len(times)) < dropped
    for i, t_s in enumerate(times):
        now = {name: each[i] for name, each in values.items()}
        off = {name: each[i] for name, each in noise.items()}
        yield hidden(t_s) if gone[i] else look(t_s, **now, noise=off, widen=widen)


def hidden(t_s, reason="head hidden", nobody=False):
    """A look that tells nothing."""
    base, *_ = upright()
    return Features(float(t_s), base.size_px, base.focal_px, reason=reason, nobody=nobody)


@dataclass(frozen=True)
class Played:
    coach: Coach
    events: list

    def of(self, kind):
        return [event for event in self.events if type(event).__name__ == kind]

    @property
    def counts(self):
        found = [event.side for event in self.of("Repetition")]
        return {side: found.count(side) for side in ("left", "right", None) if side in found}

    @property
    def hints(self):
        return [event.kind for event in self.of("Hint")]

    @property
    def wrong(self):
        return [(event.seen, event.wanted) for event in self.of("WrongAxis")]


def play(seen, *movements, ranges=None, total_s=30.0):
    """What a coach for these movements makes of the looks."""
    seen = list(seen)
    coach = Coach(exercise(*movements, total_s=total_s), ranges)
    events = [event for each in seen for event in coach.see(each)]
    last = coach.stop(seen[-1].t_s)  # a set that is complete is done, though the coach still waits for more of it
    return Played(coach, events + [event for event in last if event.done])
