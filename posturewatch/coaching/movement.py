"""How far head, shoulders and hands are from where the exercise began: each look against a start that is learned."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.baseline import PITCH_GAIN_DEG
from posturewatch.features import EARS, NOSE, SHOULDERS, Features, Head, pitch_ratio, pose_of

Array = npt.NDArray[np.float64]

ELBOWS, WRISTS = [13, 14], [15, 16]
ELBOW_UP = 0.1  # of the shoulder width above them: hands at the nape have ≥ .2, at a telephone ≤ .02 (rendered people)
LEARN_S = 1.5  # chosen: so long the start is learned while the person is quiet
LEAST_S, LEAST_LOOKS = 0.6, 4  # chosen: from then on it serves, with so many looks that show the face; some begin soon
QUIET_DEG, LOOSER_DEG_PER_S = 2.5, 0.5  # SD of an angle; talking has 2.5 (rendered people); looser with time: chosen
WINDOW_S = 0.45  # the median's: 3 looks at 5 Hz, 14 at 30 Hz, so it lags by .2 s at any rate; chosen
DRIFT_S = 10.0  # chosen: the start follows a person who sits a little differently
LONGEST_STEP_S = 1.0  # chosen: between two looks, for anything that goes by time
FOLLOW_S = 0.3  # chosen: time constant of what the pose model's angles lack to the face's
FADE_DEG = 20.0  # chosen: of a bowed head they lack something else at another angle
MOST_LACK_DEG = 20.0  # chosen: the nose against the ears reads a turn of 25–50° with SD 4 (rendered people)
MOST_NOD_DEG = 45.0  # chosen: nobody looks farther down, and the pose model's nod is coarse
# A bowed head's turn without a face: degrees for each shoulder width that the ears are aside of the shoulders' middle
# and the nose aside of theirs. So told its slope is .7–1.2 and its SD 3–12 in 8 rendered people left out in turn, by
# nose and ears alone .4–.8 and 3–21. Between the two nods both count
BOWED_EARS, BOWED_NOSE = 240.0, 140.0
BOWED_DEG = (10.0, 20.0)
NOSE_AHEAD = 0.9  # of the ears' distance: so far the nose is before their middle (rendered people: no bias at 25–50°)
NOSE_BELOW = 0.25  # of that distance it is below them, about 3 of 12 cm; chosen
TILT_GAIN = 1.76  # degrees of tilt per degree of the line through the pose model's ears (rendered people)
# Each model reads some nods short; the face model reads .86 of them, at times half as much. The farther of both reads
# ≥ .6 of 95 of 100 nods, the face model alone ≥ .3 (166 looks down of 90 rendered people)
NOD_READ, NOD_SHORT = 0.86, 1.75
NODDED_DEG = 20.0  # EXERCISES.md
# A face that was ahead and stays lost has sunk: before a half-circle of 25° the pose model reads down to 14 then
# (rendered people seen from steeply above); of who looks at the keyboard it soon reads a turn. SUNK_S: chosen
SUNK_DEG, SUNK_S = 12.0, 0.4
NODDED_S = 4.0  # chosen: a half-circle lifts the chin at both ends and lowers it in between
# So much farther down by the pose model than by the face model, this one sees a face in the hair of who looks steeply
# down, 15–42° off where the pose model is 7–12° off (100 looks at 13 rendered people), and turned aside
NO_FACE_DEG = 18.0
AHEAD_DEG = 10.0  # chosen: the chin is low before it sweeps; of who looks at the desk the pose model reads turns of 20°
MOST_TURNED_DEG = 20.0  # chosen: of a head turned farther neither model tells how low it is (rendered people, at 30–45)
# Of lifted shoulders the pose model shows .1–.9 as a rise, and the less of it the more it takes them to widen; of both
# together it shows .35–1.0 (19 rendered people, lifts of 10–15 % of the shoulder width)
SHOULDERS_READ = 0.65
GROWN_PER_NOD = -0.3  # percent of the ear–shoulder distance per degree of looking down (9 rendered people: -.2 to -1.2)
LEVEL_DEG = {"turn": 8.0, "tilt": 4.0, "nod": 8.0}  # the catalogue's ways back: beyond, the head does something else
# of the shoulders' rise is no growing: sitting up lifts them by .4–1.1 of the head's rise (rig), and of who only grows
# the pose model lifts them by 0–.8 of it (8 rendered people); chosen
SITTING_UP = 0.5
ALONE = 4.0  # chosen: growing is at most so much of the ears' rise beyond the shoulders': a higher seat is none
LEFT_UP, LEFT_ASIDE = 0.8, 1.2  # of the shoulder width: so far from the start nobody sits any more; chosen
LEFT_REASONS = ("head out of the picture", "shoulders out of view", "someone else in the picture")

# What is kept of a look, in degrees and pixels; the head's from the face model, NaN where the face is lost
TURN, NOD, TILT, EARS_Y, DEPTH, POSE_TURN, POSE_NOD, POSE_TILT, SHOULDERS_Y, WIDTH, NOSE_X, NOSE_Y, ASIDE = range(13)
HEAD_COLUMNS, POSE_COLUMNS = [TURN, NOD, TILT], [POSE_TURN, POSE_NOD, POSE_TILT]
COLUMNS = {"turn": [TURN, POSE_TURN, ASIDE], "nod": [NOD, POSE_NOD], "tilt": [TILT, POSE_TILT]}
COLUMNS["sweep"] = [*COLUMNS["turn"], *COLUMNS["tilt"]]
COLUMNS["grow"] = [*range(13)]  # with the angles that it is told without
BODY_COLUMNS = [EARS_Y, DEPTH, SHOULDERS_Y, WIDTH, NOSE_X, NOSE_Y]


@dataclass(frozen=True, slots=True)
class Reading:
    """How far each axis of `exercises.AXES` is from the start, in its unit, smoothed; None is "can't be told".

    turn, tilt and sweep are + to the person's right, nod + looking down, grow and shoulders + upward (percent).
    hands: they are at the head or the neck. left: nobody sits where the exercise began. ears_up, shoulders_up: how far
    up the picture they are, unsmoothed, percent of the shoulder width.
    """

    t_s: float
    turn: float | None = None
    tilt: float | None = None
    nod: float | None = None
    sweep: float | None = None
    grow: float | None = None
    shoulders: float | None = None
    hands: bool | None = None
    left: bool | None = None
    ears_up: float | None = None
    shoulders_up: float | None = None


VALUES = ("turn", "tilt", "nod", "grow", "shoulders")


class Measure:
    """Remembers the start: the medians of the first LEARN_S in which the person is quiet, taken after LEAST_S and anew
    with each look until most of LEARN_S is over."""

    def __init__(self) -> None:
        self._start: Array | None = None
        self._learning = True
        self._rows: deque[tuple[float, Array]] = deque()
        self._values: deque[tuple[float, dict[str, float | None]]] = deque()
        self._lack = np.zeros(3)  # face − pose, of turn, nod and tilt
        self._faced = np.zeros(3)  # the pose's when the face was seen last
        self._since_s: float | None = None
        self._last_s: float | None = None
        self._nodded_s, self._nodded = -np.inf, False
        self._sinks_s = np.inf  # the last look that didn't have the face lost ahead

    @property
    def ready(self) -> bool:
        """Whether the start is known."""
        return self._start is not None

    def restart(self) -> None:
        """Learn the start anew: the person may sit differently now."""
        self.__init__()  # type: ignore[misc]

    def recentre(self, axis: str) -> None:
        """Take where the person has been lately as the start of this axis."""
        if self._rows:
            self._follow(axis, _medians(self._rows), 1.0)
            self._values.clear()

    def drift(self, axis: str, step_s: float) -> None:
        """Let the start of an axis at rest follow the last look a little."""
        if self._rows:
            self._follow(axis, self._rows[-1][1], min(step_s, LONGEST_STEP_S) / DRIFT_S)

    def _follow(self, axis: str, row: Array, share: float) -> None:
        if self._start is not None:
            columns = COLUMNS.get(axis, BODY_COLUMNS)
            off = row[columns] - self._start[columns]
            self._start[columns] += share * np.where(np.isfinite(off), off, 0.0)

    def see(self, look: Features) -> Reading:
        """Measure one look; before the start is known only hands and an empty picture are told."""
        step_s = 0.0 if self._last_s is None else look.t_s - self._last_s
        self._last_s = look.t_s
        if look.view is None:
            left = True if look.nobody or look.reason in LEFT_REASONS else None
            return Reading(look.t_s, left=left)
        row = _row(look)
        if look.head is not None and self._start is not None and _no_face(look.head, row, self._start):
            look = replace(look, head=None)
            row = _row(look)
        self._rows.append((look.t_s, row))
        while look.t_s - self._rows[0][0] > LEARN_S:
            self._rows.popleft()
        if self._learning:
            self._learn(look.t_s)
        if self._start is None:
            return Reading(look.t_s, hands=_hands_up(look))
        return self._reading(look, row, self._start, step_s)

    def _learn(self, t_s: float) -> None:
        if self._since_s is None:
            self._since_s = t_s
        head = np.array([row[HEAD_COLUMNS] for _, row in self._rows if np.isfinite(row[TURN])])
        span_s = t_s - self._rows[0][0]
        if len(head) < LEAST_LOOKS or span_s < LEAST_S:
            return
        limit_deg = QUIET_DEG + LOOSER_DEG_PER_S * (t_s - self._since_s)
        half = len(head) // 2
        moved_deg = np.abs(np.median(head[:half], axis=0) - np.median(head[half:], axis=0))
        if head.std(axis=0).max() <= limit_deg and moved_deg.max() <= limit_deg:
            self._start = _medians(self._rows)
        self._learning = self._start is None or span_s < 0.8 * LEARN_S

    def _reading(self, look: Features, row: Array, start: Array, step_s: float) -> Reading:
        raw = {**self._head(look, row, start, step_s), **_body(look, row, start)}
        values = self._smoothed(look.t_s, raw)
        values["grow"] = _grown(values)
        places = {name: raw[name] for name in ("ears_up", "shoulders_up")}
        sweep = self._sweep(look, values)
        return Reading(look.t_s, **values, **places, sweep=sweep, hands=_hands_up(look), left=_left(row, start))

    def _head(self, look: Features, row: Array, start: Array, step_s: float) -> dict[str, float | None]:
        """The angles by the face model; where the face is lost the pose model carries on from there."""
        posed = _posed(row, start, look.head is None and self._nodded)
        if look.head is None:
            fade = np.exp(-np.abs(posed - self._faced) / FADE_DEG) if self._nodded else 1.0
            angles = posed + self._lack * fade
        else:
            angles = _faced(look.head, start)
            angles[1] = max(angles[1] / NOD_READ, min(posed[1], NOD_SHORT * angles[1]))
            lack = np.clip(angles - posed, -MOST_LACK_DEG, MOST_LACK_DEG)
            self._lack += (1 - np.exp(-max(step_s, 0.0) / FOLLOW_S)) * (lack - self._lack)
            self._faced = posed
        return dict(zip(("turn", "nod", "tilt"), map(float, angles), strict=True))

    def _smoothed(self, t_s: float, raw: dict[str, float | None]) -> dict[str, float | None]:
        """The medians of the last looks; what this look doesn't tell stays None."""
        self._values.append((t_s, raw))
        while t_s - self._values[0][0] > WINDOW_S:
            self._values.popleft()
        lately = {name: [told for _, each in self._values if (told := each[name]) is not None] for name in VALUES}
        return {name: None if raw[name] is None else _middle(lately[name]) for name in VALUES}

    def _sweep(self, look: Features, values: Mapping[str, float | None]) -> float | None:
        """To which side the chin is, low; at the ends of a half-circle that is a tilt as much as a turn."""
        turn, tilt, nod = values["turn"], values["tilt"], values["nod"]
        if turn is None or tilt is None or nod is None:
            return None
        lost_ahead = look.head is None and nod >= SUNK_DEG and abs(turn) <= AHEAD_DEG
        if not lost_ahead:
            self._sinks_s = look.t_s
        bowed = nod >= NODDED_DEG and abs(turn) <= (MOST_TURNED_DEG if self._nodded else AHEAD_DEG)
        low = bowed or look.t_s - self._sinks_s >= SUNK_S
        if low or (look.head is None and self._nodded):
            self._nodded_s = look.t_s
        self._nodded = look.t_s - self._nodded_s <= NODDED_S
        if not self._nodded:
            return 0.0
        right, left = np.hypot(max(turn, 0.0), max(tilt, 0.0)), np.hypot(min(turn, 0.0), min(tilt, 0.0))
        return float((right - left) * (right + left) / max(np.hypot(right, left), 1e-6))  # the larger counts for most


def _middle(values: list[float]) -> float:
    """The median; of an even number the later of the two in the middle, for their mean would smear a quick move."""
    order = sorted(range(len(values)), key=values.__getitem__)
    return values[max(order[(len(order) - 1) // 2], order[len(order) // 2])]


def _row(look: Features) -> Array:
    pose = pose_of(look)
    ears, nose = pose[EARS, :2], pose[NOSE, :2]
    across, down = ears[0] - ears[1]
    turn = np.arctan2(ears[:, 0].mean() - nose[0], NOSE_AHEAD * across)
    posed = np.degrees(turn), PITCH_GAIN_DEG * pitch_ratio(look), -TILT_GAIN * np.degrees(np.arctan2(down, across))
    width = float(np.linalg.norm(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2]))
    middle = ears[:, 0].mean()
    aside = BOWED_EARS * (pose[SHOULDERS, 0].mean() - middle) + BOWED_NOSE * (middle - nose[0])
    return np.array([*_of_face(look), *posed, pose[SHOULDERS, 1].mean(), width, *nose, aside / width])


def _of_face(look: Features) -> tuple[float, ...]:
    """Turn, nod and tilt, how far down the picture the ears are and how far away."""
    head = look.head
    if head is None:
        return (np.nan,) * 5
    _, down, away = geometry.tragus_mm(head.matrix, look.size_px, look.focal_px)
    ears_px = look.size_px[1] / 2 + look.focal_px * down / away
    return head.turn_deg, head.flexion_deg, head.bend_deg, ears_px, away


def _faced(head: Head, start: Array) -> Array:
    """Turn, nod and tilt from the start by the face model."""
    return np.array(geometry.head_change_deg((start[TURN], start[NOD], start[TILT]), head.matrix))


def _no_face(head: Head, row: Array, start: Array) -> bool:
    """Whether what the face model found is none."""
    return bool(_posed(row, start)[1] - _faced(head, start)[1] > NO_FACE_DEG)


def _posed(row: Array, start: Array, bowed: bool = False) -> Array:
    """Turn, nod and tilt from the start by the pose model's points in the picture: its own depths tell half of a turn,
    and less with the chin low. A lowered nose is the less ahead of the ears; bowed says that the head is low, whatever
    its nod reads."""
    turn, nod, tilt = row[POSE_COLUMNS] - start[POSE_COLUMNS]
    read, down = np.radians(row[POSE_TURN]), np.radians(np.clip(nod, 0.0, MOST_NOD_DEG))
    ahead = np.cos(down) - NOSE_BELOW * np.sin(down)
    turn = np.degrees(np.arctan2(np.sin(read), ahead * np.cos(read))) - start[POSE_TURN]
    low = 1.0 if bowed else np.clip((nod - BOWED_DEG[0]) / (BOWED_DEG[1] - BOWED_DEG[0]), 0.0, 1.0)
    return np.array([turn + low * (row[ASIDE] - start[ASIDE] - turn), nod, tilt])


def _medians(rows: deque[tuple[float, Array]]) -> Array:
    found = np.array([row for _, row in rows])
    seen = found[np.isfinite(found[:, TURN])]
    return np.asarray(np.median(seen if len(seen) else found, axis=0))


def _body(look: Features, row: Array, start: Array) -> dict[str, float | None]:
    """Growing and lifted shoulders count only as far as they show both between ears and shoulders and in the picture:
    leaning, a head carried forward or another seat show in one of them. The ears are the face model's: the pose model's
    creep and jump."""
    if not look.shoulders_seen or np.isnan(row[EARS_Y]):
        return dict.fromkeys(("grow", "shoulders", "ears_up", "shoulders_up"))
    # by the face's distance; of a growing person the pose model takes the shoulders to widen as if they came nearer
    away = row[DEPTH] / start[DEPTH]
    neck_px, width_px = max(start[SHOULDERS_Y] - start[EARS_Y], 1e-6), max(start[WIDTH], 1e-6)
    risen_px, lifted_px = start[EARS_Y] - row[EARS_Y], start[SHOULDERS_Y] - row[SHOULDERS_Y]
    nearer_px = neck_px - (row[SHOULDERS_Y] - row[EARS_Y]) * away
    sat_up_px = SITTING_UP * max(lifted_px, 0.0)
    longer_px = (neck_px + risen_px - sat_up_px) * away - neck_px
    grown_px = min(longer_px, risen_px - sat_up_px, ALONE * (risen_px - lifted_px))
    raised_px = (min(nearer_px, lifted_px) + row[WIDTH] - start[WIDTH]) / SHOULDERS_READ
    return {
        "grow": float(100 * grown_px / neck_px),
        "shoulders": float(100 * raised_px / width_px),
        "ears_up": float(100 * risen_px / width_px),
        "shoulders_up": float(100 * lifted_px / width_px),
    }


def level(reading: Reading) -> bool:
    """Whether the head is neither turned nor tilted, bowed or lifted, as far as it is told."""
    return _level({axis: getattr(reading, axis) for axis in LEVEL_DEG})


def _level(values: Mapping[str, float | None]) -> bool:
    return all(abs(values[axis] or 0.0) <= most for axis, most in LEVEL_DEG.items())


def _grown(values: dict[str, float | None]) -> float | None:
    """Growing without what a nod adds to it; none with the head turned, tilted, bowed or lifted."""
    percent, nod = values["grow"], values["nod"]
    if percent is None or nod is None:
        return None
    return percent - GROWN_PER_NOD * nod if _level(values) else 0.0


def _hands_up(look: Features) -> bool:
    """Both wrists above the shoulders, or one whose elbow is up: behind the head hands are hardly visible, but no
    telephone lifts an elbow."""
    pose = pose_of(look)
    line_px, width_px = (
        float(pose[SHOULDERS, 1].mean()),
        np.linalg.norm(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2]),
    )
    up = pose[WRISTS, 1] < line_px
    return bool(up.all() or (up & (pose[ELBOWS, 1] < line_px - ELBOW_UP * width_px)).any())


def _left(row: Array, start: Array) -> bool:
    up, aside = start[NOSE_Y] - row[NOSE_Y], abs(row[NOSE_X] - start[NOSE_X])
    return bool(up > LEFT_UP * start[WIDTH] or aside > LEFT_ASIDE * start[WIDTH])
