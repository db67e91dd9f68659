"""How the person sits now against their own baseline: the kinematic chain's answer for one look, with its error; from
the side and where the face is lost, other measures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.baseline import (
    EAR_HEIGHT_GAIN_DEG,
    PITCH_GAIN_DEG,
    Baseline,
    Front,
    Side,
    locate,
)
from posturewatch.estimate import correction, kinematics
from posturewatch.estimate.profile import cva_drop_deg, measure
from posturewatch.features import (
    SHOULDERS,
    Features,
    Head,
    ear_height_ratio,
    ear_shoulder,
    pitch_ratio,
    pose_of,
    px_per_cm,
    shoulders_back_mm,
)

Array = npt.NDArray[np.float64]

PITCH_LIFT_MM = 0.47  # per degree of flexion: the tracked tragus sinks with the nod (rendered people)
MOST_YAW_DEG = 40.0  # DESIGN part 2: beyond it the angle isn't told
MOST_MISFIT = 80.0  # chi-square of 14 measurements; rendered people and footage stay below 32 (99 % below 6)
LEAST_DROP_DEG, MOST_DROP_DEG = -35.0, 55.0  # from a neutral CVA of 52°, beyond what a neck does; chosen
FACING_AWAY_DEG = 100.0  # the pose model sees the back of a head; chosen
SIDE_FACING_AWAY_DEG = 120.0  # the same in profile: of rendered people in profile 3.7 % read above 100, .4 % above 120
# degrees that heights read too much for each of looking down, fitted on rendered people whose face is lost: MAE of
# others 4.8 → 3.8
HEIGHTS_PER_FLEXION = 0.2
HEIGHTS_ERROR_DEG = 5.0  # 68 % of the fitted people from the front lie within 4.9, 95 % within 10.5 (calibration/data)
CVA_PER_EAR_SHOULDER = 1.45  # true degrees of CVA per degree of ear–shoulder: ANSUR II; rendered people 1.2–1.44
SIDE_ERROR_DEG = 8.0  # of the absolute angle: MAE 8.0, bias +5.6 on rendered people in profile
NARROW_WIDER = 1.9  # shoulders too narrow for a view from the front: the trunk is turned by about 40°; chosen
# degrees of error in profile, aslant, for each that the head has turned: 70 % of the people seen aslant lie within one
# and 93 % within two stated errors (calibration/data)
ASLANT_ERROR_PER_TURN = 0.25
UNSEEN_WIDER = 1.4  # as the chain's own spread where a shoulder is out of the picture; of the fitted people none is


@dataclass(frozen=True, slots=True)
class Deviation:
    """One look against the baseline; signs as in the README's table. `None` is "can't be told".

    reason says why `forward_head_deg` (or, with nothing told, everything) can't be told.
    nobody is true for a lit, sharp picture with nobody in it. raised is the side of the higher shoulder.
    head_cm is the place of the head in the camera's axes (x right, y down, z away), for the still clock.
    """

    t_s: float
    view: str | None = None
    reason: str | None = None
    nobody: bool = False
    forward_head_deg: float | None = None
    error_deg: float | None = None
    ear_shoulder_deg: float | None = None
    neck_flexion_deg: float | None = None
    side_bend_deg: float | None = None
    turn_deg: float | None = None
    shoulder_raise_cm: float | None = None
    raised: str | None = None
    head_forward_cm: float | None = None
    head_drop_cm: float | None = None
    sink_cm: float | None = None
    distance_cm: float | None = None
    head_cm: tuple[float, float, float] | None = None

    @property
    def told(self) -> bool:
        """Whether this look says anything about the posture."""
        values = (
            self.forward_head_deg,
            self.head_drop_cm,
            self.sink_cm,
            self.neck_flexion_deg,
            self.side_bend_deg,
            self.turn_deg,
        )
        return any(value is not None for value in values)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the chain must explain in one picture: slopes of the tragi's middle, its measured depth (mm), slopes of the
    shoulders' middle and of their difference left − right."""

    tragus: Array
    depth_mm: float
    middle: Array
    across: Array


@dataclass(frozen=True, slots=True)
class Fit:
    """The chain's answer: changes of place (cm, DESIGN's signs), and all that was fitted to the look and to the upright
    picture itself, one row each."""

    head_forward_cm: float
    head_drop_cm: float
    sink_cm: float
    distance_cm: float
    fits: kinematics.Fits
    rest: kinematics.Fits


def deviation(look: Features, baseline: Baseline | None) -> Deviation:
    """Compare one look with the baseline; without one only the side view's absolute angle is told."""
    if look.view is None:
        return Deviation(look.t_s, reason=look.reason, nobody=look.nobody)
    away_deg = SIDE_FACING_AWAY_DEG if look.view == "side" else FACING_AWAY_DEG
    if look.head is None and abs(look.pose_turn_deg) > away_deg:
        return Deviation(look.t_s, reason="turned away")
    if baseline is None:
        return _absolute(look)
    if look.size_px != baseline.size_px:
        return Deviation(look.t_s, reason="another picture size than at the baseline")
    if baseline.side is not None:
        return _with_absolute(_in_profile(look, baseline, baseline.side), baseline)
    if baseline.front is None or look.head is None:
        return _with_absolute(_from_heights(look, baseline), baseline)
    return _with_absolute(_from_front(look, look.head, baseline, baseline.front), baseline)


def _with_absolute(seen: Deviation, baseline: Baseline) -> Deviation:
    """The absolute ear–shoulder angle beside the change, where the upright one was looked at from the side."""
    upright = baseline.upright_ear_shoulder_deg
    if upright is None or seen.forward_head_deg is None:
        return seen
    return replace(seen, ear_shoulder_deg=upright + seen.forward_head_deg / CVA_PER_EAR_SHOULDER)


def _absolute(look: Features) -> Deviation:
    angle = round(ear_shoulder(look)[0], 2) if look.view == "side" else None
    return Deviation(look.t_s, look.view, reason="no baseline", ear_shoulder_deg=angle)


def _in_profile(look: Features, baseline: Baseline, side: Side) -> Deviation:
    """From the side; aslant the face tells all but the fall of CVA, as long as it is seen."""
    seen = _from_side(look, baseline, side)
    if baseline.front is None or look.head is None:
        return seen
    face = _from_front(look, look.head, baseline, baseline.front)
    if abs(head_turned(look.head, baseline.front)[0]) > MOST_YAW_DEG:
        return replace(face, reason="turned away")
    return replace(face, reason=seen.reason, forward_head_deg=seen.forward_head_deg, error_deg=seen.error_deg)


def _from_side(look: Features, baseline: Baseline, side: Side) -> Deviation:
    now, square = measure(look), baseline.view == "side"
    turn = None if square else _wrap_deg(look.pose_turn_deg - baseline.pose_turn_deg)
    away = look.view == "front" if turn is None else abs(turn) > MOST_YAW_DEG
    if away or now.facing != side.upright.facing:
        return Deviation(look.t_s, look.view, reason="turned away from the baseline", turn_deg=turn)
    drop_deg, sigma_deg = cva_drop_deg(now, side.upright)
    turned_deg = ASLANT_ERROR_PER_TURN * (turn or 0.0)
    angle, forward_px = ear_shoulder(look)
    scale = side.px_per_cm
    return Deviation(
        look.t_s,
        look.view,
        forward_head_deg=drop_deg,
        error_deg=float(np.linalg.norm([sigma_deg, turned_deg, baseline.noise_deg])),
        ear_shoulder_deg=angle if square else None,
        neck_flexion_deg=PITCH_GAIN_DEG * (pitch_ratio(look) - baseline.pitch_ratio),
        turn_deg=turn,
        head_forward_cm=(forward_px - side.head_forward_px) / scale if square else None,
        head_drop_cm=(now.ear_y_px - side.head_y_px) / scale,
        sink_cm=(now.shoulder_y_px - side.shoulder_y_px) / scale,
        distance_cm=look.focal_px / px_per_cm(look),
        head_cm=(now.ear_x_px / scale, now.ear_y_px / scale, 0.0),
    )


def _from_heights(look: Features, baseline: Baseline) -> Deviation:
    """The face is lost: the pose model's heights carry on with a wider error, or its turn alone."""
    turn = _wrap_deg(look.pose_turn_deg - baseline.pose_turn_deg)
    if abs(turn) > MOST_YAW_DEG or look.view != baseline.view:
        return Deviation(look.t_s, look.view, reason="turned away", turn_deg=turn)
    if not look.shoulders_seen:
        return Deviation(look.t_s, look.view, reason="face and shoulders not seen")
    lower_deg = EAR_HEIGHT_GAIN_DEG * (baseline.ear_height_ratio - ear_height_ratio(look))
    flexion_deg = PITCH_GAIN_DEG * (pitch_ratio(look) - baseline.pitch_ratio)
    return Deviation(
        look.t_s,
        look.view,
        forward_head_deg=lower_deg - HEIGHTS_PER_FLEXION * max(0.0, flexion_deg),
        error_deg=HEIGHTS_ERROR_DEG,
        neck_flexion_deg=flexion_deg,
        turn_deg=turn,
    )


def _from_front(look: Features, head: Head, baseline: Baseline, front: Front) -> Deviation:
    turned_deg = turn, flexion, bend = head_turned(head, front)
    seen = compare(look, turned_deg, front)
    head_alone = Deviation(look.t_s, look.view, neck_flexion_deg=flexion, side_bend_deg=bend, turn_deg=turn)
    if seen is None:
        return replace(head_alone, reason="the face can't be followed")
    fit = fit_chain(seen.before, seen.now, turned_deg, head_upright(front), look.shoulders_seen)
    drops_deg, sigmas_deg = correction.corrected(fit.fits, fit.rest, np.array([turned_deg]), np.array([seen.nearer_mm]))
    drop_deg, sigma_deg = float(drops_deg[0]), float(sigmas_deg[0])
    if fit.fits.misfit[0] > MOST_MISFIT or not LEAST_DROP_DEG <= drop_deg <= MOST_DROP_DEG:
        return replace(head_alone, reason="what is seen fits no body")
    told = abs(turn) <= MOST_YAW_DEG
    raise_cm = _raise_cm(seen.before, seen.now, front.depth_mm)
    x, y = seen.now.tragus * seen.now.depth_mm / 10
    return replace(
        head_alone,
        reason=None if told else "turned away",
        neck_flexion_deg=correction.flexion(flexion, drop_deg),
        forward_head_deg=drop_deg if told else None,
        error_deg=_error_deg(sigma_deg, look, baseline.noise_deg) if told else None,
        shoulder_raise_cm=abs(raise_cm),
        raised="right" if raise_cm > 0 else "left",
        head_forward_cm=fit.head_forward_cm if told else None,
        head_drop_cm=fit.head_drop_cm,
        sink_cm=fit.sink_cm,
        distance_cm=fit.distance_cm,
        head_cm=(float(x), float(y), seen.now.depth_mm / 10),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """One look beside the upright one: what the chain must explain in both, and how much nearer than the hips the pose
    model takes the shoulders since then."""

    before: Sight
    now: Sight
    nearer_mm: float


def compare(look: Features, turned_deg: tuple[float, float, float], front: Front) -> Compared | None:
    """What the look, its head turned so far (`head_turned`), shows against the front baseline; None when the face can't
    be followed."""
    tragus = locate(front.face, look)
    if tragus is None:
        return None
    tragus = tragus - np.array([0.0, PITCH_LIFT_MM * turned_deg[1], 0.0])
    shoulders = geometry.normalised(pose_of(look)[SHOULDERS, :2], look.size_px, look.focal_px)
    before = Sight(np.array(front.tragus), front.depth_mm, np.array(front.middle), np.array(front.across))
    now = Sight(tragus[:2] / tragus[2], float(tragus[2]), shoulders.mean(0), shoulders[0] - shoulders[1])
    return Compared(before, now, front.shoulders_back_mm - shoulders_back_mm(look))


def head_turned(head: Head, front: Front) -> tuple[float, float, float]:
    """Turn, flexion and bend of the head since the baseline, degrees."""
    return geometry.head_change_deg(head_upright(front), head.matrix)


def head_upright(front: Front) -> tuple[float, float, float]:
    """The same of the baseline's head against the camera."""
    return front.turn_deg, front.flexion_deg, front.bend_deg


def _error_deg(sigma_deg: float, look: Features, noise_deg: float) -> float:
    unseen = 1.0 if look.shoulders_seen else UNSEEN_WIDER
    narrow = 1.0 if look.view == "front" else NARROW_WIDER
    return float(np.hypot(sigma_deg * narrow * unseen, noise_deg))


def _raise_cm(before: Sight, now: Sight, depth_mm: float) -> float:
    """Change of the right shoulder's height over the left's, cm at the baseline's distance."""
    return float(now.across[1] - before.across[1]) * depth_mm / 10


def _wrap_deg(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0


def fit_chain(
    before: Sight,
    now: Sight,
    turned_deg: tuple[float, float, float],
    upright_deg: tuple[float, float, float],
    shoulders_seen: bool = True,
) -> Fit:
    """Fit the chain to the baseline's and the current sight, and to the baseline's as if it were the current one.

    turned_deg: change of turn, flexion and bend of the head; upright_deg: the same against the camera at the baseline,
    which tells the camera's tilt and to which side of the person it stands; without shoulders_seen their place counts
    little.
    """
    place = tuple(before.tragus), before.depth_mm, tuple(before.middle), tuple(before.across)
    rest, rest_mm = _rest(*place, upright_deg)
    told = np.array([turned_deg]), np.array([upright_deg]), np.array([shoulders_seen])
    fits = kinematics.fit(stacked([before]), stacked([now]), *told, rest.expected)
    now_mm = kinematics.moves(fits.unknowns)
    tragus, shoulders = ((moved[:, 0] - still[:, 0]) / 10 for moved, still in zip(now_mm, rest_mm, strict=True))
    return Fit(
        head_forward_cm=float(tragus[2] - shoulders[2]),
        head_drop_cm=float(-tragus[1]),
        sink_cm=float(-shoulders[1]),
        distance_cm=now.depth_mm / float(np.exp(fits["ln_head_size"][0])) / 10,
        fits=fits,
        rest=rest,
    )


@lru_cache(maxsize=4)  # it is the same for every look at a baseline
def _rest(
    tragus: tuple[float, ...],
    depth_mm: float,
    middle: tuple[float, ...],
    across: tuple[float, ...],
    upright_deg: tuple[float, float, float],
) -> tuple[kinematics.Fits, tuple[Array, Array]]:
    """The chain fitted to the upright picture as if it were the look, and its moves."""
    upright = stacked([Sight(np.array(tragus), depth_mm, np.array(middle), np.array(across))])
    fits = kinematics.fit(upright, upright, np.zeros((1, 3)), np.array([upright_deg]), np.array([True]))
    return fits, kinematics.moves(fits.unknowns)


def stacked(sights: Sequence[Sight]) -> kinematics.Seen:
    """Sights of n looks as `kinematics.fit` takes them."""
    return kinematics.Seen(
        np.array([sight.tragus for sight in sights]),
        np.array([sight.depth_mm for sight in sights]),
        np.array([sight.middle for sight in sights]),
        np.array([sight.across for sight in sights]),
    )
