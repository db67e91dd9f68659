"""One movement from the start and back, found in the readings of one axis, whatever their rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GAP_S = 1.0  # chosen: a longer gap between two readings is time that isn't told
LOST_S = 3.0  # chosen: after so long out of sight the movement isn't followed any more
MOST_BLUR_S = 0.4  # chosen: two looks at 5 Hz
NEAR = 0.8  # chosen: of the range: there the way out ends and the way back begins; who arrives wavers about the rest
KEEP = 0.9  # chosen: of the target: once it is reached, a hold that wavers by so much goes on
STILL = 0.25  # chosen: of the target: a reading that changes less stands still
SETTLED_S = 8.0  # chosen: longer than any hold on the way (leaflets: 5 s): this is how the person sits now
LOW = 0.3  # chosen: of a lift: so near to where it began it is over
REST_S = 1.5  # chosen: who stays lowered so long rests, wherever that is
LONGEST_S = 20.0  # chosen: nobody holds an exercise of 5 s so long; then it was something else


@dataclass(frozen=True, slots=True)
class Swing:
    """A movement out of the start and back into it.

    side: -1 left, +1 right (or the one side there is); reach and most: range held and largest reading, signless, in the
    axis's unit; held_s: told time beyond the target; out_s and back_s: the ways between the start and NEAR of the
    range, which are `part` of it; blur_s: by how much missing looks make both together seem slower.
    """

    began_s: float
    ended_s: float
    side: int
    reach: float
    most: float
    held_s: float
    out_s: float
    back_s: float
    part: float
    blur_s: float

    @property
    def whole_s(self) -> float:
        """Seconds there and back in all."""
        return self.ended_s - self.began_s

    @property
    def far_s(self) -> float:
        """Seconds between the way out and the way back."""
        return self.whole_s - self.out_s - self.back_s

    @property
    def parts_hz(self) -> float:
        """Ranges per second, the mean of both ways."""
        return 2 * self.part / max(self.out_s + self.back_s - self.blur_s, 1e-6)

    @property
    def quicker_hz(self) -> float:
        """The same of the quicker way."""
        return self.part / max(min(self.out_s, self.back_s), 1e-6)

    @property
    def speed(self) -> float:
        """Mean speed of both ways, units per second."""
        return self.parts_hz * self.reach


class Swings:
    """Follows one axis by hysteresis: out of the start beyond `back`, and again within it.

    targets: for the left (-1) and the right (+1); an axis with one direction has only +1.
    """

    def __init__(self, back: float, targets: dict[int, float]) -> None:
        self._back = back
        self._targets = targets
        self._open: list[tuple[float, float]] = []  # the reading before the start was left, and all since
        self._last: tuple[float, float] | None = None
        self._ignored = True  # until the start is seen
        self._stood: tuple[float, float] = (0.0, 0.0)  # since when at which reading

    @property
    def at_start(self) -> bool:
        """Whether the last reading is within the start."""
        return self._last is not None and abs(self._last[1]) <= self._back

    @property
    def side(self) -> int | None:
        """To which side the movement now is; None at the start."""
        return None if not self._open else _sign(self._open[-1][1])

    @property
    def reached(self) -> float:
        """The largest range of the movement now, signless."""
        return max((abs(value) for _, value in self._open[1:]), default=0.0)

    @property
    def held_s(self) -> float:
        """For how long the movement now has been beyond its target."""
        side = self.side
        return 0.0 if side is None or side not in self._targets else self._held_s(side)

    def settled(self, t_s: float) -> bool:
        """Whether the person stands still outside the start, for longer than a hold takes."""
        if self._last is None or self.at_start:
            return False
        value = self._last[1]
        beyond = abs(value) >= KEEP * self._targets.get(_sign(value), np.inf)
        return t_s - self._stood[0] > (LONGEST_S if beyond else SETTLED_S)

    def reset(self) -> None:
        """Forget the movement now; the next begins when the start is seen."""
        self._open, self._last, self._ignored = [], None, True

    def see(self, t_s: float, value: float | None) -> Swing | None:
        """Take the next reading; the swing it ends."""
        if value is None:
            return None
        if len(self._targets) == 1:
            value = max(value, 0.0)
        last, self._last = self._last, (t_s, value)
        if last is None or t_s - last[0] > LOST_S:
            self._open, self._ignored, last = [], True, None
        if last is None or abs(value - self._stood[1]) > STILL * min(self._targets.values()):
            self._stood = (t_s, value)
        if self._ignored or last is None:
            self._ignored = abs(value) > self._back
            return None
        return self._follow(last, (t_s, value))

    def _follow(self, last: tuple[float, float], now: tuple[float, float]) -> Swing | None:
        if last[1] * now[1] < 0:  # through the start between two looks
            middle = (last[0] + (now[0] - last[0]) * last[1] / (last[1] - now[1]), 0.0)
            ended = self._follow(last, middle)
            self._follow(middle, now)
            return ended
        if not self._open:
            if abs(now[1]) > self._back:
                self._open = [last, now]
            return None
        self._open.append(now)
        if now[0] - self._open[0][0] > 2 * LONGEST_S:
            self._open, self._ignored = [], True
            return None
        if abs(now[1]) > self._back:
            return None
        ended = self._ended()
        self._open = []
        return ended

    def _ended(self) -> Swing | None:
        """The open swing, or None for one that hardly left the start."""
        times, values = np.array(self._open).T
        side = _sign(values[1])
        values = side * values
        most = float(values.max())
        reach = float(np.median(values[values >= NEAR * most]))
        if NEAR * reach <= self._back:
            return None
        far = np.flatnonzero(values >= NEAR * reach)
        began_s = crossing_s(times, values, self._back, 0)
        ended_s = crossing_s(times, values, self._back, len(times) - 2)
        out_s = crossing_s(times, values, NEAR * reach, far[0] - 1) - began_s
        back_s = ended_s - crossing_s(times, values, NEAR * reach, far[-1])
        blur_s = _blur_s(times, 0, far[0]) + _blur_s(times, far[-1], len(times) - 1)
        part = (NEAR * reach - self._back) / reach
        held_s = self._held_s(side) if side in self._targets else 0.0
        return Swing(began_s, ended_s, side, reach, most, held_s, out_s, back_s, part, blur_s)

    def _held_s(self, side: int) -> float:
        target = self._targets[side]
        if self.reached < target:
            return 0.0
        return beyond_s([(t_s, side * value) for t_s, value in self._open], KEEP * target)


class Lifts:
    """Follows the shoulders from low to high and low again; where they rest is never quite the same twice.

    A lift is the larger of its ways up and down, which each lack less than `back` to the target.
    """

    def __init__(self, back: float, target: float) -> None:
        self._turn, self._target = target - back, target
        self._open: list[tuple[float, float]] = []  # the lowest reading, and all since
        self._top = 0  # of them

    @property
    def at_start(self) -> bool:
        """Whether the shoulders are low."""
        return self._top == 0

    @property
    def side(self) -> int | None:
        """+1 while they are lifted; None else."""
        return None if self.at_start else 1

    @property
    def reached(self) -> float:
        """How far they have been lifted now."""
        return 0.0 if self.at_start else self._open[self._top][1] - self._open[0][1]

    @property
    def held_s(self) -> float:
        """For how long they have been lifted beyond the target."""
        return 0.0 if self.reached < self._target else beyond_s(self._open, self._open[0][1] + KEEP * self._target)

    def settled(self, _t_s: float) -> bool:
        """Never: they have no start to be away from."""
        return False

    def reset(self) -> None:
        """Forget the lift now."""
        self._open, self._top = [], 0

    def see(self, t_s: float, value: float | None) -> Swing | None:
        """Take the next reading; the lift it ends."""
        if value is None:
            return None
        if self._open and t_s - self._open[-1][0] > GAP_S:
            self.reset()
        self._open.append((t_s, value))
        if self.at_start:
            self._rest(t_s, value)
            return None
        return self._lifted(t_s, value)

    def _rest(self, t_s: float, value: float) -> None:
        if value <= self._open[0][1]:
            self._open = self._open[-1:]
        elif t_s - self._open[0][0] > LONGEST_S:
            self._open = _from_lowest(self._open[len(self._open) // 2 :])
        if value - self._open[0][1] >= self._turn:
            self._top = len(self._open) - 1

    def _lifted(self, t_s: float, value: float) -> Swing | None:
        if t_s - self._open[0][0] > 2 * LONGEST_S:
            self.reset()
            return None
        if value > self._open[self._top][1]:
            self._top = len(self._open) - 1
        fallen = _from_lowest(self._open[self._top :])
        low_s, low = fallen[0]
        if self._open[self._top][1] - low < self._turn or not self._down(value, low, t_s - low_s):
            return None
        ended = self._ended(low)
        self._open, self._top = fallen, 0
        return ended

    def _down(self, value: float, low: float, since_s: float) -> bool:
        """Whether the way down is over: near where it began, rising again, or at rest elsewhere."""
        back = value <= self._open[0][1] + LOW * self.reached and self.reached >= self._target
        return back or value - low >= self._turn or since_s > REST_S

    def _ended(self, low: float) -> Swing:
        times, values = np.array(self._open).T
        began_s, ended_s = float(times[0]), float(times[-1])
        up, down = self.reached, float(values[self._top] - low)
        half_up, half_down = values[0] + up / 2, values[self._top] - down / 2
        out_s = crossing_s(times, values, half_up, int(np.argmax(values >= half_up)) - 1) - began_s
        falls = self._top + int(np.argmax(values[self._top :] <= half_down))
        back_s = ended_s - crossing_s(times, values, half_down, falls - 1)
        most = max(up, down)
        return Swing(began_s, ended_s, 1, most, most, self.held_s, out_s, back_s, 0.5, 0.0)


def crossing_s(times: Array, values: Array, level: float, at: int) -> float:
    """When the straight line from reading `at` to the next one crosses the level."""
    before, after = values[at] - level, values[at + 1] - level
    if before == after:
        return float(times[at])
    share = float(np.clip(before / (before - after), 0.0, 1.0))
    return float(times[at] + share * (times[at + 1] - times[at]))


def _from_lowest(readings: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The lowest reading and what comes after it."""
    return readings[min(range(len(readings)), key=lambda at: readings[at][1]) :]


def beyond_s(readings: Sequence[tuple[float, float]], level: float) -> float:
    """For how long the straight lines between the readings are above the level, gaps left out."""
    pairs = pairwise((t_s, value - level) for t_s, value in readings)
    return sum(_positive_s(before, after) for before, after in pairs if after[0] - before[0] <= GAP_S)


def _blur_s(times: Array, first: int, last: int) -> float:
    """By how much a missing look makes the way between two readings seem slower: half of what it adds."""
    steps_s = np.diff(times)
    return min(float(steps_s[first:last].max() - np.median(steps_s)), MOST_BLUR_S) / 2


def _positive_s(before: tuple[float, float], after: tuple[float, float]) -> float:
    """For how long the straight line between two readings is above 0."""
    step_s, low, high = after[0] - before[0], min(before[1], after[1]), max(before[1], after[1])
    if low >= 0:
        return step_s
    return step_s * high / (high - low) if high > 0 else 0.0


def _sign(value: float) -> int:
    return 1 if value >= 0 else -1
