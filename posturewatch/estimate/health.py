"""Whether the baseline still fits camera and seat. A doubt asks the person; nothing here ever changes the baseline."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posturewatch.baseline import Baseline
from posturewatch.chain import Deviation
from posturewatch.features import Features
from posturewatch.looking.persons import Place
from posturewatch.posture import step_s

CAMERA_MOVED, SEAT_CHANGED = "the camera moved", "the seat or camera changed"
QUESTIONS = {
    CAMERA_MOVED: "It looks as if the camera moved. Sit as you want to sit and recalibrate, or put it back as it was.",
    SEAT_CHANGED: "You seem to sit elsewhere than at the baseline (another chair, desk or person?). Recalibrate?",
}
ASK_AGAIN_S = 1800.0  # chosen: a doubt that comes and goes is not asked about each time
GAP_S = 10.0  # chosen: a still person is looked at so seldom; nothing is counted beyond it

# the camera, by the background (share of the picture's width, share of what can be compared): rendered rooms
MOVED = 0.02  # 3° of turn shift it by .029-.052, lamps and people by 0, 5 cm aside by .012-.027
OTHER, SAME = 0.75, 0.5  # changed: other rooms from .76 on; lamps below .1, someone close behind up to .74
MOVED_S, BACK_S = 12.0, 5.0  # of looks that say so: a passer-by is gone, an alert not yet due; chosen
RESTLESS_WIDTHS, RESTLESS_S = 0.15, 2.0  # of the shoulders, between two looks: the person moves about; chosen

# the seat, after a return: medians over so long
SEAT_S, SETTLED_S = 60.0, 10.0  # chosen
RETURN_S, UNSEEN_S = 3.0, 60.0  # nobody (config's away) or nothing told for so long, then somebody: a return
LOWER_CM = 4.5  # slumping sinks the shoulders by at most 3, a chair 6 cm lower by 5-7 (rendered people)
WITH_HEAD_CM, NO_FORWARD_DEG, SAME_DISTANCE = 1.5, 7.0, 0.1  # head and shoulders as one, neck as before, as near: ln
ASIDE_WIDTHS, FARTHER, NEARER = 0.7, -0.45, 0.6  # ln of the size; leaning, reclining, chair by 15 cm: .53, -.28, .39
STEADY_CM, STEADY_WIDTHS = 2.0, 0.2  # from the 10th to the 90th percentile; chosen
HOME_CM, HOME_WIDTHS, HOME_SIZE = 2.5, 0.35, 0.25  # within these one sits as at the baseline: sitting down again


@dataclass(slots=True)
class Verdict:
    """Something that is so once enough told seconds in a row say it is, and no longer once enough say it isn't."""

    after_s: float
    until_s: float
    so: bool = False
    against_s: float = 0.0

    def update(self, step: float, vote: bool | None) -> None:
        """Take a vote that stands for so many seconds; those for the present verdict count double against others."""
        if vote is None:
            return
        if vote == self.so:
            self.against_s = max(0.0, self.against_s - 2 * step)
            return
        self.against_s += step
        if self.against_s >= (self.until_s if self.so else self.after_s):
            self.so, self.against_s = vote, 0.0


class Health:
    """Doubts about one baseline. Feed it every look in order; `doubt` is what the last one left behind.

    While there is a doubt no alert is due. A person who sits down otherwise may be doubted, but one who sat as at the
    baseline since they came and then sinks or drifts is not: that is posture, and stays one.
    """

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._camera = Verdict(MOVED_S, BACK_S)
        self._seat = Seat(baseline)
        self._before_s: float | None = None
        self._place: Place | None = None
        self._restless_s = -RESTLESS_S
        self._asked_s: dict[str, float] = {}

    @property
    def doubt(self) -> str | None:
        """Why the baseline may not fit any more, None while nothing speaks against it."""
        return CAMERA_MOVED if self._camera.so else SEAT_CHANGED if self._seat.changed.so else None

    def update(
        self, t_s: float, look: Features, seen: Deviation, background: tuple[float, float, float] | None
    ) -> str | None:
        """Take one look; background as in `background.Background.numbers`. The question to ask, when there is one."""
        step = step_s(self._before_s, t_s, GAP_S)
        self._before_s = t_s
        self._restless(t_s, look)
        if t_s - self._restless_s >= RESTLESS_S and (look.view is not None or look.nobody):
            self._camera.update(step, _moved(background))
        self._seat.update(t_s, step, look, seen)
        return self._question(t_s)

    def _restless(self, t_s: float, look: Features) -> None:
        if look.place is None:
            return
        if self._place is not None and _widths(look.place, self._place) > RESTLESS_WIDTHS:
            self._restless_s = t_s
        self._place = look.place

    def _question(self, t_s: float) -> str | None:
        doubt = self.doubt
        if doubt is None:
            return None
        last_s = self._asked_s.get(doubt)
        if last_s is not None and t_s - last_s < ASK_AGAIN_S:
            self._asked_s[doubt] = t_s  # it lasts: the time runs from when it was last there
            return None
        self._asked_s[doubt] = t_s
        return QUESTIONS[doubt]


class Seat:
    """Whether the person came back to another seat than the baseline's; `changed` is the verdict."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self.changed = Verdict(SEAT_S, SETTLED_S)
        self._home = Verdict(SETTLED_S, np.inf)
        self._rows: deque[tuple[float, ...]] = deque()
        self._told_s = 0.0
        self._nobody_s = 0.0
        self._seen_s: float | None = None

    def update(self, t_s: float, step: float, look: Features, seen: Deviation) -> None:
        """Take one look."""
        self._nobody_s = self._nobody_s + step if look.nobody else 0.0
        unseen = self._seen_s is not None and t_s - self._seen_s >= UNSEEN_S
        if self._nobody_s >= RETURN_S or unseen:
            self._home, self._told_s = Verdict(SETTLED_S, np.inf), 0.0
            self._rows.clear()
        row = self._row(look, seen)
        if row is None:
            return
        self._seen_s, self._told_s = t_s, self._told_s + step
        home = _at_home(row)
        self._home.update(step, home)
        self.changed.update(step if home else 0.0, False if home else None)
        if self._home.so:
            return
        self._rows.append((self._told_s, *row))
        while self._told_s - self._rows[0][0] > SEAT_S:
            self._rows.popleft()
        if self._told_s >= SEAT_S and not self.changed.so and _another_seat(np.array(self._rows)[:, 1:]):
            self.changed.so, self.changed.against_s = True, 0.0

    def _row(self, look: Features, seen: Deviation) -> tuple[float, ...] | None:
        """sink and drop of the head (cm), forward head (degrees), how far aside (widths) and ln of the size; NaN what
        isn't told."""
        if look.view != self._baseline.view or look.place is None or look.size_px != self._baseline.size_px:
            return None
        x, _, size = self._baseline.place
        told = (seen.sink_cm, seen.head_drop_cm, seen.forward_head_deg)
        numbers = (np.nan if value is None else value for value in told)
        return (*numbers, (look.place[0] - x) / size, float(np.log(look.place[2] / size)))


def _moved(background: tuple[float, float, float] | None) -> bool | None:
    """What the background says of the camera: moved, as before, or nothing."""
    if background is None:
        return None
    right, down, changed = background
    if np.hypot(right, down) >= MOVED or changed >= OTHER:
        return True
    return False if changed <= SAME else None


def _widths(here: Place, there: Place) -> float:
    return float(np.hypot(here[0] - there[0], here[1] - there[1])) / max(there[2], 1.0)


def _at_home(row: tuple[float, ...]) -> bool:
    sink_cm, _, _, aside, ln_size = row
    return not abs(sink_cm) > HOME_CM and abs(aside) <= HOME_WIDTHS and abs(ln_size) <= HOME_SIZE


def _another_seat(rows: npt.NDArray[np.float64]) -> bool:
    """Whether looks (n, 5) show a steady place that posture can't explain."""
    told = rows[np.isfinite(rows).all(axis=1)]
    if 2 * len(told) > len(rows) and _lifted(told):
        return True
    aside, ln_size = np.median(rows[:, 3:], axis=0)
    elsewhere = abs(aside) >= ASIDE_WIDTHS or ln_size <= FARTHER or ln_size >= NEARER
    return bool(elsewhere and _spread(rows[:, 3:]).max() <= STEADY_WIDTHS)


def _lifted(rows: npt.NDArray[np.float64]) -> bool:
    """Head and shoulders lower or higher as one, with the neck as before, at the same distance, all the time."""
    sink_cm, _, forward_deg, _, ln_size = np.median(rows, axis=0)
    with_head_cm = float(np.median(rows[:, 1] - rows[:, 0]))
    rigid = abs(with_head_cm) <= WITH_HEAD_CM and abs(forward_deg) <= NO_FORWARD_DEG and abs(ln_size) <= SAME_DISTANCE
    return bool(abs(sink_cm) >= LOWER_CM and rigid and _spread(rows[:, :1]).max() <= STEADY_CM)


def _spread(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    low, high = np.percentile(rows, (10, 90), axis=0)
    return np.asarray(high - low)
