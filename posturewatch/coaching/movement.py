"""How far head, shoulders and hands are from where the exercise began: each look against a start that is learned."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.baseline import PITCH_GAIN_DEG
from posturewatch.features import EARS, NOSE, SHOULDERS, Features, ear_height_ratio, pitch_ratio, pose_of

Array = npt.NDArray[np.float64]

WRISTS = [15, 16]
WRIST_VISIBILITY = 0.3  # hands behind the head have .38–.61, seen late (rendered people)
LEARN_S = 1.5  # chosen: so long the person is quiet before the start is known
LEAST_LOOKS = 4  # chosen: of LEARN_S, that show the face
QUIET_DEG, LOOSER_DEG_PER_S = 2.5, 0.5  # SD of an angle; talking has 2.5 (rendered people); looser with time: chosen
WINDOW_S = 0.45  # the median's: 3 looks at 5 Hz, 14 at 30 Hz, so it lags by .2 s at any rate; chosen
DRIFT_S = 10.0  # chosen: the start follows a person who sits a little differently
LONGEST_STEP_S = 1.0  # chosen: between two looks, for anything that goes by time
FOLLOW_S = 0.3  # chosen: time constant of what the pose model's angles lack to the face's
MOST_LACK_DEG = 20.0  # chosen: the nose against the ears reads a turn of 25–50° with SD 4 (rendered people)
MOST_NOD_DEG = 45.0  # chosen: nobody looks farther down, and the pose model's nod is coarse
NOSE_AHEAD = 0.9  # of the ears' distance: so far the nose is before their middle (rendered people: no bias at 25–50°)
NOSE_BELOW = 0.25  # of that distance it is below them, about 3 of 12 cm; chosen
TILT_GAIN = 1.76  # degrees of tilt per degree of the line through the pose model's ears (rendered people)
NODDED_DEG = 17.0  # EXERCISES.md: 20; the face model reads .86 of a nod (rendered people)
NODDED_S = 4.0  # chosen: a half-circle lifts the chin at both ends and lowers it in between
SHOULDERS_READ = 0.63  # the pose model's part of shoulders lifted by 10 % of their width (rendered people)
GROWN_PER_NOD = -0.8  # percent of the ear–shoulder distance per degree of looking down (rendered people)
LEVEL_DEG = {"turn": 8.0, "tilt": 4.0, "nod": 8.0}  # the catalogue's ways back: beyond, the head does something else
SITTING_UP = 0.25  # of the shoulders' rise is taken off: they sink .4–1.1 of what a slumping head does (rig); chosen
LEFT_UP, LEFT_ASIDE = 0.8, 1.2  # of the shoulder width: so far from the start nobody sits any more; chosen
LEFT_REASONS = ("head out of the picture", "shoulders out of view", "someone else in the picture")

# What is kept of a look, in degrees and pixels; the head's from the face model, NaN where the face is lost
TURN, NOD, TILT, POSE_TURN, POSE_NOD, POSE_TILT, RATIO, EARS_Y, SHOULDERS_Y, WIDTH, NOSE_X, NOSE_Y, DEPTH = range(13)
HEAD_COLUMNS, POSE_COLUMNS = [TURN, NOD, TILT], [POSE_TURN, POSE_NOD, POSE_TILT]
COLUMNS = {"turn": [TURN, POSE_TURN], "nod": [NOD, POSE_NOD], "tilt": [TILT, POSE_TILT]}
COLUMNS["sweep"] = [*COLUMNS["turn"], *COLUMNS["tilt"]]
COLUMNS["grow"] = [*range(13)]  # with the angles that it is told without
BODY_COLUMNS = [RATIO, EARS_Y, SHOULDERS_Y, WIDTH, NOSE_X, NOSE_Y, DEPTH]


@dataclass(frozen=True, slots=True)
class Reading:
    """How far each axis of `exercises.AXES` is from the start, in its unit, smoothed; None is "can't be told".

    turn, tilt and sweep are + to the person's right, nod + looking down, grow and shoulders + upward (percent).
    hands: a wrist is above the shoulders. left: nobody sits where the exercise began.
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


VALUES = ("turn", "tilt", "nod", "grow", "shoulders")


class Measure:
    """Remembers the start: the medians of the first LEARN_S in which the person is quiet."""

    def __init__(self) -> None:
        self._start: Array | None = None
        self._rows: deque[tuple[float, Array]] = deque()
        self._values: deque[tuple[float, dict[str, float | None]]] = deque()
        self._lack = np.zeros(3)  # face − pose, of turn, nod and tilt
        self._since_s: float | None = None
        self._last_s: float | None = None
        self._nodded_s = -np.inf

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
        self._rows.append((look.t_s, row))
        while look.t_s - self._rows[0][0] > LEARN_S:
            self._rows.popleft()
        if self._start is None:
            self._learn(look.t_s)
        if self._start is None:
            return Reading(look.t_s, hands=_hands_up(look))
        return self._reading(look, row, self._start, step_s)

    def _learn(self, t_s: float) -> None:
        if self._since_s is None:
            self._since_s = t_s
        head = np.array([row[HEAD_COLUMNS] for _, row in self._rows if np.isfinite(row[TURN])])
        if len(head) < LEAST_LOOKS or t_s - self._rows[0][0] < 0.8 * LEARN_S:
            return
        limit_deg = QUIET_DEG + LOOSER_DEG_PER_S * (t_s - self._since_s)
        half = len(head) // 2
        moved_deg = np.abs(np.median(head[:half], axis=0) - np.median(head[half:], axis=0))
        if head.std(axis=0).max() <= limit_deg and moved_deg.max() <= limit_deg:
            self._start = _medians(self._rows)

    def _reading(self, look: Features, row: Array, start: Array, step_s: float) -> Reading:
        raw = {**self._head(look, row, start, step_s), **_body(look, row, start)}
        values = self._smoothed(look.t_s, raw)
        values["grow"] = _grown(values)
        if (values["nod"] or 0.0) > LEVEL_DEG["nod"] and values["shoulders"] is not None:
            values["shoulders"] = 0.0  # bowing brings the ears nearer to them
        if (values["nod"] or 0.0) >= NODDED_DEG:
            self._nodded_s = look.t_s
        sweep = self._sweep(look.t_s, values["turn"], values["tilt"])
        return Reading(look.t_s, **values, sweep=sweep, hands=_hands_up(look), left=_left(row, start))

    def _head(self, look: Features, row: Array, start: Array, step_s: float) -> dict[str, float | None]:
        """The angles by the face model; where the face is lost the pose model carries on from there."""
        posed = _posed(row, start)
        if look.head is None:
            angles = posed + self._lack
        else:
            before = float(start[TURN]), float(start[NOD]), float(start[TILT])
            angles = np.array(geometry.head_change_deg(before, look.head.matrix))
            lack = np.clip(angles - posed, -MOST_LACK_DEG, MOST_LACK_DEG)
            self._lack += (1 - np.exp(-max(step_s, 0.0) / FOLLOW_S)) * (lack - self._lack)
        return dict(zip(("turn", "nod", "tilt"), map(float, angles), strict=True))

    def _smoothed(self, t_s: float, raw: dict[str, float | None]) -> dict[str, float | None]:
        """The medians of the last looks; what this look doesn't tell stays None."""
        self._values.append((t_s, raw))
        while t_s - self._values[0][0] > WINDOW_S:
            self._values.popleft()
        lately = {name: [told for _, each in self._values if (told := each[name]) is not None] for name in VALUES}
        return {name: None if raw[name] is None else _middle(lately[name]) for name in VALUES}

    def _sweep(self, t_s: float, turn: float | None, tilt: float | None) -> float | None:
        """To which side the chin is, low; at the ends of a half-circle that is a tilt as much as a turn."""
        if turn is None or t_s - self._nodded_s > NODDED_S:
            return None if turn is None else 0.0
        return turn if tilt is None or abs(turn) >= abs(tilt) else tilt


def _middle(values: list[float]) -> float:
    """The median; of an even number the later of the two in the middle, for their mean would smear a quick move."""
    order = sorted(range(len(values)), key=values.__getitem__)
    return values[max(order[(len(order) - 1) // 2], order[len(order) // 2])]


def _row(look: Features) -> Array:
    pose, head = pose_of(look), look.head
    angles = (np.nan,) * 3 if head is None else (head.turn_deg, head.flexion_deg, head.bend_deg)
    ears, nose = pose[EARS, :2], pose[NOSE, :2]
    across, down = ears[0] - ears[1]
    turn = np.arctan2(ears[:, 0].mean() - nose[0], NOSE_AHEAD * across)
    posed = np.degrees(turn), PITCH_GAIN_DEG * pitch_ratio(look), -TILT_GAIN * np.degrees(np.arctan2(down, across))
    width = float(np.linalg.norm(pose[SHOULDERS[0], :2] - pose[SHOULDERS[1], :2]))
    heights = pose[EARS, 1].mean(), pose[SHOULDERS, 1].mean()
    depth = np.nan if head is None else -head.matrix[2, 3]
    return np.array([*angles, *posed, ear_height_ratio(look), *heights, width, *nose, depth])


def _posed(row: Array, start: Array) -> Array:
    """Turn, nod and tilt from the start by the pose model's points in the picture: its own depths tell half of a turn,
    and less with the chin low. A lowered nose is the less ahead of the ears."""
    turn, nod, tilt = row[POSE_COLUMNS] - start[POSE_COLUMNS]
    read, bowed = np.radians(row[POSE_TURN]), np.radians(np.clip(nod, 0.0, MOST_NOD_DEG))
    ahead = np.cos(bowed) - NOSE_BELOW * np.sin(bowed)
    turn = np.degrees(np.arctan2(np.sin(read), ahead * np.cos(read))) - start[POSE_TURN]
    return np.array([turn, nod, tilt])


def _medians(rows: deque[tuple[float, Array]]) -> Array:
    found = np.array([row for _, row in rows])
    seen = found[np.isfinite(found[:, TURN])]
    return np.asarray(np.median(seen if len(seen) else found, axis=0))


def _body(look: Features, row: Array, start: Array) -> dict[str, float | None]:
    """Growing and lifted shoulders count only as far as they show both between ears and shoulders and in the picture:
    leaning, a head carried forward or another seat show in one of them."""
    if not look.shoulders_seen:
        return {"grow": None, "shoulders": None}
    ratio, neck_px, width_px = start[RATIO], start[SHOULDERS_Y] - start[EARS_Y], start[WIDTH]
    # by the face's distance; of a growing person the pose model takes the shoulders to widen as if they came nearer
    by_face = (row[SHOULDERS_Y] - row[EARS_Y]) * row[DEPTH] / max(neck_px * start[DEPTH], 1e-6)
    grown = 100 * ((by_face if np.isfinite(by_face) else row[RATIO] / ratio) - 1)
    risen = 100 * (start[EARS_Y] - row[EARS_Y]) / max(neck_px, 1e-6)
    nearer = 100 * (ratio - row[RATIO]) / SHOULDERS_READ
    lifted = 100 * (start[SHOULDERS_Y] - row[SHOULDERS_Y]) / max(width_px, 1e-6) / SHOULDERS_READ
    sat_up = 100 * SITTING_UP * max(start[SHOULDERS_Y] - row[SHOULDERS_Y], 0.0) / max(neck_px, 1e-6)
    return {"grow": float(min(grown, risen) - sat_up), "shoulders": float(min(nearer, lifted))}


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
    pose = pose_of(look)
    height_px = float(pose[SHOULDERS, 1].mean())
    return bool(((pose[WRISTS, 1] < height_px) & (pose[WRISTS, 3] >= WRIST_VISIBILITY)).any())


def _left(row: Array, start: Array) -> bool:
    up, aside = start[NOSE_Y] - row[NOSE_Y], abs(row[NOSE_X] - start[NOSE_X])
    return bool(up > LEFT_UP * start[WIDTH] or aside > LEFT_ASIDE * start[WIDTH])
