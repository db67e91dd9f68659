"""When to look: at once where the picture moves or something is about to happen, seldom where nothing does.

A look at both models costs 30-60 ms, a thumbnail a fortieth of it. What isn't looked at is as it was at the last look.
"""

import math
from collections.abc import Iterator

from posturewatch.frames import Pace, Picture, tick
from posturewatch.looking import motion

Region = tuple[slice, slice]
Place = tuple[float, float, float]  # nose x, y and shoulder width, as parts of the picture's width

FINE_HZ = 5.0  # chosen: pictures a second where something is about to happen
SLOW_HZ = 1.0  # chosen: of nobody, on battery; and the fewest, as a camera is to be off within 2 s of being told
LOOKS_HZ, BATTERY_HZ = 0.6, 0.3  # chosen: looks a second in the long run, of 60 ms at most: 3.6 % of one core
MOST_SAVED = 10.0  # chosen: what is saved while nothing moves is enough for 5 s of movement at 2 looks a second
MOST_DEBT, SPARE = -5.0, 3.0  # chosen: a movement is looked at on credit too, what is about to happen only with savings
MOVING_S, LONGEST_S = 0.5, 10.0  # chosen: between two looks where it moves; where nothing does
FIRST_AGAIN_S = 1.0  # chosen: after a look that left something open
SOON_S = 0.6  # chosen: so long before something happens it is looked at finely
# of the picture's width: 3 mm at arm's length; a rendered still sitter drifts so far in 6 s, 7° forward are .009
SHIFTED = 0.004
QUICK, SETTLE_S = 0.003, 1.0  # chosen: from one picture to the next, a still sitter has .002; then look again
HEAD = (-0.75, 0.35, 0.5)  # the head's region, in widths of the person: above and below the nose, to either side
BODY = (0.35, 1.0, 0.8)


class Fixed:
    """Looks at a fixed rate."""

    def __init__(self, rate_hz: float) -> None:
        self.pace = Pace(max(rate_hz, SLOW_HZ), wants=self._wants)
        self._rate_hz = rate_hz
        self._tick = -1

    def _wants(self, t_s: float, _small: Picture) -> bool:
        before, self._tick = self._tick, tick(t_s, self._rate_hz)
        return self._tick > before


class Governor:
    """Says of each picture whether to look at it. `pace` is for whoever takes the pictures."""

    def __init__(self, rate_hz: float) -> None:
        self.pace = Pace(FINE_HZ, wants=self._wants)
        self.on_battery = False
        self.everything = True  # look at all of them: while a baseline is captured
        self._rate_hz = rate_hz
        self._before: Picture | None = None  # the last thumbnail
        self._seen: Picture | None = None  # that of the last look
        self._looked_s = self._saved_s = -math.inf
        self._saved = MOST_SAVED
        self._soon_s = math.inf  # when something happens if all stays as it is
        self._settled_s = math.inf  # when a quick movement will be over
        self._again_s = math.inf  # how old a look may be that left something open
        self._away = False
        self._place: Place | None = None

    def sit(self, place: Place) -> None:
        """Where the person of the baseline sits."""
        self._place = place

    def heed(self, t_s: float, soon_s: float, away: bool, sure: bool) -> None:
        """What the last look came to: in how many seconds something happens if all stays, whether nobody is there, and
        whether it told all that can be told; what it didn't tell is looked for again, ever more seldom."""
        self._soon_s, self._away = t_s + soon_s, away
        if sure:
            self._again_s = math.inf
        elif t_s == self._looked_s:
            self._again_s = FIRST_AGAIN_S if self._again_s == math.inf else min(2 * self._again_s, LONGEST_S)
        usual_hz = SLOW_HZ if away or self.on_battery else max(SLOW_HZ, self._rate_hz)
        self.pace.rate_hz = FINE_HZ if self._fine(t_s) else usual_hz

    def forget(self) -> None:
        """The last picture could not be judged: look at the next one that can."""
        self._seen = None

    def _fine(self, t_s: float) -> bool:
        return self.everything or (self._soon_s - t_s <= SOON_S and self._saved >= SPARE)

    def _wants(self, t_s: float, small: Picture) -> bool:
        gained = (t_s - self._saved_s) * (BATTERY_HZ if self.on_battery else LOOKS_HZ)
        self._saved, self._saved_s = min(MOST_SAVED, self._saved + max(0.0, gained)), t_s
        before, self._before = self._before, small
        if not self._due(t_s, small):
            return False
        self._settled_s = t_s + SETTLE_S if self._moved(before, small, QUICK) else math.inf
        self._seen, self._looked_s = small, t_s
        spent = 0.0 if self.everything else 1.0
        self._saved = max(MOST_DEBT - 1.0, self._saved - spent)  # looks that must be leave no debt for hours
        return True

    def _due(self, t_s: float, small: Picture) -> bool:
        age_s = t_s - self._looked_s
        if self._seen is None or self._fine(t_s) or not 0 <= age_s < LONGEST_S:
            return True
        if self._saved <= MOST_DEBT or age_s < max(MOVING_S, 1 / self._rate_hz) - 0.01:
            return False
        if self._saved >= 1 and min(self._looked_s + self._again_s, self._settled_s) <= t_s + 0.01:
            return True
        return self._moved(self._seen, small, SHIFTED)

    def _moved(self, before: Picture | None, now: Picture, most: float) -> bool:
        """Whether the person has moved by more than this part of the width; of nobody, whether anything has."""
        if before is None or before.shape != now.shape:
            return True
        if self._away or self._place is None:
            return motion.changed(before, now)
        parts = [(before[region], now[region]) for region in _regions(self._place, *now.shape)]
        return any(motion.shift(*each) > most * now.shape[1] or motion.changed(*each) for each in parts)


def _regions(place: Place, height: int, width: int) -> Iterator[Region]:
    """The head's part and the shoulders' part of a thumbnail, as far as they are within it."""
    x, y, size = (part * width for part in place)
    for above, below, aside in (HEAD, BODY):
        rows = _span(y + above * size, y + below * size, height)
        columns = _span(x - aside * size, x + aside * size, width)
        if min(rows.stop - rows.start, columns.stop - columns.start) >= motion.CELL_PX:
            yield rows, columns


def _span(start: float, stop: float, most: int) -> slice:
    return slice(int(min(max(start, 0), most)), int(min(max(stop, 0), most)))
