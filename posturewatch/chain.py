"""How the person sits now against their own baseline: a kinematic chain fitted to both pictures.

Seat, trunk, C7, a neck of constant length to the tragus and shoulders hung below C7 are posed so that they explain
what both pictures show; the change of the craniovertebral angle (CVA) is one of the unknowns, and its spread under
the fit is its error. Heights are seen 3–4 times better than depths, which is why this beats subtracting depths.
Lengths in mm, angles in degrees; x to the person's left, y up, z toward the screen.
"""

from dataclasses import dataclass, replace

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
from posturewatch.features import (
    EARS,
    SHOULDERS,
    Features,
    Head,
    ear_height_ratio,
    ear_shoulder,
    pitch_ratio,
    pose_of,
    px_per_cm,
)

Array = npt.NDArray[np.float64]

# Unknowns: mean and SD of their priors. Person and session, then changes since the baseline. From rendered people of
# known geometry whose data are not these of calibration/data; those marked * are widened toward measured people.
PRIOR: dict[str, tuple[float, float]] = {
    "ln_head_size": (0.0907, 0.07),  # the canonical face reads 9 % long
    "tilt": (0.0, 3.6),  # of the camera, beyond the rule in `_tilt_deg`
    "neck": (150.0, 25.0),  # * C7 skin to tragus; ANSUR II 135 ± 11, rendered 164 ± 11
    "biacromial": (350.0, 43.0),
    "shoulder_below_c7": (73.0, 12.0),  # *
    "shoulder_before_c7": (57.0, 12.0),  # *
    "trunk": (544.0, 37.0),  # seat to C7
    "lean0": (-3.3, 4.0),
    "cva0": (52.3, 5.5),
    "seat_x": (0.0, 1000.0),
    "seat_y": (0.0, 1000.0),
    "seat_z": (0.0, 1000.0),
    "roll0": (0.0, 1.0),
    "yaw0": (0.0, 6.0),  # beyond where the head looked at the baseline
    "lateral0": (0.0, 1.5),
    "lean": (0.0, 8.0),
    "roll": (0.0, 4.0),
    "yaw": (0.0, 3.0),
    "seat_dx": (0.0, 60.0),
    "seat_dy": (0.0, 40.0),  # * real sitters slide and sink by centimetres
    "seat_dz": (0.0, 80.0),
    "shrug": (4.0, 9.0),
    "protraction": (5.0, 11.0),
    "tilt_of_shoulders": (0.0, 4.0),
    "cva_drop": (8.0, 40.0),  # wide, or the estimate shrinks
    "lateral": (0.0, 6.0),
    "ln_neck": (0.0, 0.016),
}
NAMES = list(PRIOR)
MEANS = np.array([mean for mean, _ in PRIOR.values()])
SDS = np.array([sd for _, sd in PRIOR.values()])
SEAT = slice(NAMES.index("seat_x"), NAMES.index("seat_z") + 1)
YAW0, TILT, CVA_DROP = (NAMES.index(name) for name in ("yaw0", "tilt", "cva_drop"))
STEPS = SDS * 1e-4  # of the numeric slopes; chosen

SIGMA_SCALE = 0.87  # the raw posterior is slightly too wide (63 fresh rendered users: 68 % within 1 sigma)
PITCH_LIFT_MM = 0.47  # per degree of flexion: the tracked tragus sinks with the nod (rendered people)
ITERATIONS = 9
SETTLED_DEG = 0.02  # chosen: a hundredth of the error
NEAREST_MM = 50.0  # chosen: nobody's head or shoulders are nearer to the camera
MOST_YAW_DEG = 40.0  # DESIGN part 2: beyond it the angle isn't told
WIDER_FROM_YAW_DEG = 20.0
MOST_MISFIT = 80.0  # chi-square of 14 measurements; rendered people and footage stay below 32 (99 % below 6)
LEAST_DROP_DEG, MOST_DROP_DEG = -35.0, 55.0  # from a neutral CVA of 52°, beyond what a neck does; chosen
FACING_AWAY_DEG = 100.0  # the pose model sees the back of a head; chosen
HEIGHTS_ERROR_DEG = 7.0  # MAE 5.4 of ear height alone on rendered people with every factor at random
SIDE_GAIN = 1.6  # degrees of CVA per degree of ear–shoulder angle: ANSUR II 1.45, rendered people in profile 1.6–1.8
SIDE_ERROR_DEG = 7.0  # MAE 6.5 on rendered people in profile: the pose model's shoulder follows the head
OBLIQUE_WIDER = 1.5  # chosen until oblique cameras are measured


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
    """The chain's answer: change of CVA and its sigma (degrees), and changes of place (cm, DESIGN's signs)."""

    cva_drop_deg: float
    sigma_deg: float
    head_forward_cm: float
    head_drop_cm: float
    sink_cm: float
    distance_cm: float
    misfit: float


def deviation(look: Features, baseline: Baseline | None) -> Deviation:
    """Compare one look with the baseline; without one only the side view's absolute angle is told."""
    if look.view is None:
        return Deviation(look.t_s, reason=look.reason, nobody=look.nobody)
    if look.head is None and abs(look.pose_turn_deg) > FACING_AWAY_DEG:
        return Deviation(look.t_s, reason="turned away")
    if baseline is None:
        return _absolute(look)
    if look.size_px != baseline.size_px:
        return Deviation(look.t_s, reason="another picture size than at the baseline")
    if baseline.side is not None:
        return _from_side(look, baseline, baseline.side)
    if baseline.front is None or look.head is None:
        return _from_heights(look, baseline)
    return _from_front(look, look.head, baseline, baseline.front)


def _absolute(look: Features) -> Deviation:
    angle = round(ear_shoulder(look)[0], 2) if look.view == "side" else None
    return Deviation(look.t_s, look.view, reason="no baseline", ear_shoulder_deg=angle)


def _from_side(look: Features, baseline: Baseline, side: Side) -> Deviation:
    if look.view == "front":
        return Deviation(look.t_s, look.view, reason="turned away from the baseline")
    angle, forward_px = ear_shoulder(look)
    pose = pose_of(look)
    head_y, shoulder_y = float(pose[EARS, 1].mean()), float(pose[SHOULDERS, 1].mean())
    scale = side.px_per_cm
    return Deviation(
        look.t_s,
        look.view,
        forward_head_deg=SIDE_GAIN * (angle - side.ear_shoulder_deg),
        error_deg=SIDE_ERROR_DEG,
        ear_shoulder_deg=angle,
        neck_flexion_deg=PITCH_GAIN_DEG * (pitch_ratio(look) - baseline.pitch_ratio),
        head_forward_cm=(forward_px - side.head_forward_px) / scale,
        head_drop_cm=(head_y - side.head_y_px) / scale,
        sink_cm=(shoulder_y - side.shoulder_y_px) / scale,
        distance_cm=look.focal_px / px_per_cm(look),
        head_cm=(float(pose[EARS, 0].mean()) / scale, head_y / scale, 0.0),
    )


def _from_heights(look: Features, baseline: Baseline) -> Deviation:
    """The face is lost: the pose model's heights carry on with a wider error, or its turn alone."""
    turn = _wrap_deg(look.pose_turn_deg - baseline.pose_turn_deg)
    if abs(turn) > MOST_YAW_DEG or look.view == "side":
        return Deviation(look.t_s, look.view, reason="turned away", turn_deg=turn)
    if not look.shoulders_seen:
        return Deviation(look.t_s, look.view, reason="face and shoulders not seen")
    return Deviation(
        look.t_s,
        look.view,
        forward_head_deg=EAR_HEIGHT_GAIN_DEG * (baseline.ear_height_ratio - ear_height_ratio(look)),
        error_deg=HEIGHTS_ERROR_DEG,
        neck_flexion_deg=PITCH_GAIN_DEG * (pitch_ratio(look) - baseline.pitch_ratio),
        turn_deg=turn,
    )


def _from_front(look: Features, head: Head, baseline: Baseline, front: Front) -> Deviation:
    upright = (front.turn_deg, front.flexion_deg, front.bend_deg)
    turn, flexion, bend = geometry.head_change_deg(upright, head.matrix)
    head_alone = Deviation(look.t_s, look.view, neck_flexion_deg=flexion, side_bend_deg=bend, turn_deg=turn)
    tragus = locate(front.face, look)
    if tragus is None:
        return replace(head_alone, reason="the face can't be followed")
    tragus = tragus - np.array([0.0, PITCH_LIFT_MM * flexion, 0.0])
    shoulders = geometry.normalised(pose_of(look)[SHOULDERS, :2], look.size_px, look.focal_px)
    before = Sight(np.array(front.tragus), front.depth_mm, np.array(front.middle), np.array(front.across))
    now = Sight(tragus[:2] / tragus[2], float(tragus[2]), shoulders.mean(0), shoulders[0] - shoulders[1])
    fit = fit_chain(before, now, (turn, flexion, bend), upright, look.shoulders_seen)
    if fit.misfit > MOST_MISFIT or not LEAST_DROP_DEG <= fit.cva_drop_deg <= MOST_DROP_DEG:
        return replace(head_alone, reason="what is seen fits no body")
    told = abs(turn) <= MOST_YAW_DEG
    raise_cm = _raise_cm(before, now, front.depth_mm)
    return replace(
        head_alone,
        reason=None if told else "turned away",
        forward_head_deg=fit.cva_drop_deg if told else None,
        error_deg=_error_deg(fit.sigma_deg, turn, look.view, baseline.noise_deg) if told else None,
        shoulder_raise_cm=abs(raise_cm),
        raised="right" if raise_cm > 0 else "left",
        head_forward_cm=fit.head_forward_cm if told else None,
        head_drop_cm=fit.head_drop_cm,
        sink_cm=fit.sink_cm,
        distance_cm=fit.distance_cm,
        head_cm=(float(tragus[0]) / 10, float(tragus[1]) / 10, float(tragus[2]) / 10),
    )


def _error_deg(sigma_deg: float, turn_deg: float, view: str | None, noise_deg: float) -> float:
    beyond = max(0.0, abs(turn_deg) - WIDER_FROM_YAW_DEG) / WIDER_FROM_YAW_DEG
    wider = (OBLIQUE_WIDER if view != "front" else 1.0) * (1 + beyond)
    return float(np.hypot(sigma_deg * wider, noise_deg))


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
    """Fit the chain to the baseline's and the current sight by Gauss–Newton with priors.

    turned_deg: change of turn, flexion and bend of the head; upright_deg: the same against the camera at the baseline,
    which tells the camera's tilt and to which side of the person it stands; without shoulders_seen their place counts
    little.
    """
    tilt = _tilt_deg(upright_deg[1])
    now = Sight(now.tragus, now.depth_mm, now.middle, now.across * _shoulder_shrink(before, now))
    wanted = np.concatenate([_observed(before, before.depth_mm), _observed(now, before.depth_mm)])
    sigma = _sigmas(turned_deg, shoulders_seen)
    means = _means(before, tilt, -upright_deg[0])
    x = means.copy()
    steps = np.diag(STEPS)
    for _ in range(ITERATIONS):
        seen = _predict(np.vstack([x, x + steps]), tilt, before.depth_mm)
        slope = ((seen[1:] - seen[0]) / STEPS[:, None]).T / sigma[:, None]
        misfit = (seen[0] - wanted) / sigma
        information = slope.T @ slope + np.diag(SDS**-2.0)
        step = np.linalg.solve(information, slope.T @ misfit + (x - means) / SDS**2)
        x = x - step
        if abs(step[CVA_DROP]) < SETTLED_DEG:
            break
    spread = np.linalg.inv(information)
    return _answer(x, float(spread[CVA_DROP, CVA_DROP]), now.depth_mm, float(misfit @ misfit))


def _tilt_deg(pitch0_deg: float) -> float:
    """The camera's downward tilt from the neutral head's pitch against it: ± 3.6° on rendered people."""
    return pitch0_deg - 1.8


def _shoulder_shrink(before: Sight, now: Sight) -> float:
    """The pose model under-reports the shoulder width as the head comes near and down (rendered people)."""
    return float(np.exp(0.1 * np.log(now.depth_mm / before.depth_mm) + 0.16 * (now.tragus[1] - before.tragus[1])))


def _observed(sight: Sight, depth_mm: float) -> Array:
    """Seven measurements in mm at the baseline's depth; the depth itself as its logarithm."""
    return np.concatenate(
        [sight.tragus * depth_mm, [np.log(sight.depth_mm)], sight.middle * depth_mm, sight.across * depth_mm]
    )


def _sigmas(turned_deg: tuple[float, float, float], shoulders_seen: bool) -> Array:
    """Measurement errors: the baseline's (its systematic ones sit in the person's constants), then the look's."""
    turn, flexion, bend = turned_deg
    place = 4.5 * 0.7 * np.sqrt(1 + (turn / 15) ** 2 + (flexion / 20) ** 2)
    depth = 0.020 * 0.6 * np.sqrt(1 + (turn / 25) ** 2 + (bend / 25) ** 2 + (flexion / 25) ** 2)
    shoulders = np.array([5.0, 6.0, 11.0, 6.0]) * (1.0 if shoulders_seen else 3.0)
    return np.concatenate([[1.0, 1.0, 0.004, 2.0, 2.0, 2.0, 2.0, place, place, depth], shoulders])


def _means(before: Sight, tilt: float, yaw: float) -> Array:
    """Prior means: the body faces where the head does, the seat is where its tragus falls on the seen one."""
    means = MEANS.copy()
    means[YAW0] = yaw
    depth = before.depth_mm / np.exp(means[0])
    x, y, z = before.tragus[0] * depth, -before.tragus[1] * depth, -depth
    up, forward = _turned(np.array(y), np.array(z), -tilt)
    tragus = _body(means[None])[0]
    means[SEAT] = np.array([x, float(up), float(forward)]) - np.array([float(c[0, 0]) for c in tragus])
    return means


def _predict(params: Array, tilt: float, depth_mm: float) -> Array:
    """What both pictures would show: (n, 14) for n sets of unknowns."""
    tilts = tilt + params[:, TILT]
    (tu, tv, depth), (lu, lv, _), (ru, rv, _) = (_project(point, tilts) for point in _body(params))
    size = np.log(depth) + params[:, 0]
    columns = [tu, tv, size, (lu + ru) / 2, (lv + rv) / 2, lu - ru, lv - rv]
    seen = np.stack(columns, axis=1)  # (2, 7, n)
    seen[:, [0, 1, 3, 4, 5, 6]] *= depth_mm
    return seen.reshape(14, -1).T


Point = tuple[Array, Array, Array]
SINCE = np.array([[0.0], [1.0]])  # at the baseline, now


def _body(params: Array) -> tuple[Point, Point, Point]:
    """Tragus, left and right shoulder in world axes (from the camera): coordinates (2, n), at the baseline and now."""
    p = dict(zip(NAMES, params.T, strict=True))
    roll, yaw, lean = p["roll0"] + SINCE * p["roll"], p["yaw0"] + SINCE * p["yaw"], SINCE * p["lean"]
    cr, sr = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    cy, sy = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))

    def placed(x: Array, y: Array, z: Array) -> Point:
        x, y = x * cr + y * sr, y * cr - x * sr
        return x * cy + z * sy, y, z * cy - x * sy

    rise, forward = _turned(p["trunk"], np.zeros(len(params)), p["lean0"] + lean)
    spine = placed(np.zeros_like(rise), rise, forward)
    top = tuple(p[f"seat_{a}"] + SINCE * p[f"seat_d{a}"] + s for a, s in zip("xyz", spine, strict=True))
    # the pose model sees 70 % of a shrug, and some of a protraction as height (rendered people)
    below = SINCE * (0.7 * p["shrug"] + 0.08 * p["protraction"]) - p["shoulder_below_c7"]
    below, before = _turned(below, p["shoulder_before_c7"] + SINCE * p["protraction"], lean)
    half = p["biacromial"] * (1 - 0.0008 * SINCE * p["protraction"]) / 2
    higher = SINCE * p["tilt_of_shoulders"] / 2
    left, right = placed(half, below + higher, before), placed(-half, below - higher, before)
    # the skin over C7 rises and its distance to the tragus grows as the neck bends (rendered bodies)
    c7 = (top[0], top[1] + 0.28 * SINCE * (p["cva_drop"] - 0.8 * p["lean"]), top[2])
    cva, lateral = np.radians(p["cva0"] - SINCE * p["cva_drop"]), np.radians(p["lateral0"] + SINCE * p["lateral"])
    sine = np.sin(cva)
    aside = sine * np.tan(lateral)
    ahead = np.cos(cva)
    length = p["neck"] * np.exp(SINCE * (p["ln_neck"] + 0.0011 * p["cva_drop"])) / np.sqrt(aside**2 + 1.0)
    aside, ahead = aside * cy + ahead * sy, ahead * cy - aside * sy
    return (
        (c7[0] + length * aside, c7[1] + length * sine, c7[2] + length * ahead),
        (top[0] + left[0], top[1] + left[1], top[2] + left[2]),
        (top[0] + right[0], top[1] + right[1], top[2] + right[2]),
    )


def _turned(a: Array, b: Array, degrees: Array | float) -> tuple[Array, Array]:
    """(a, b) turned from a toward b."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return a * c - b * s, a * s + b * c


def _project(point: Point, tilt: Array) -> Point:
    up, back = _turned(point[1], point[2], tilt)
    depth = np.maximum(-back, NEAREST_MM)  # a step of the fit may overshoot to behind the camera
    return point[0] / depth, -up / depth, depth


def _answer(x: Array, variance: float, depth_mm: float, misfit: float) -> Fit:
    tragus, left, right = (np.array(point)[:, :, 0] for point in _body(x[None]))  # (3, 2): axis, before and now
    moved = (tragus[:, 1] - tragus[:, 0]) / 10
    shoulders = (left[:, 1] + right[:, 1] - left[:, 0] - right[:, 0]) / 20
    return Fit(
        cva_drop_deg=float(x[CVA_DROP]),
        sigma_deg=SIGMA_SCALE * float(np.sqrt(variance)),
        head_forward_cm=float(moved[2] - shoulders[2]),
        head_drop_cm=float(-moved[1]),
        sink_cm=float(-shoulders[1]),
        distance_cm=depth_mm / float(np.exp(x[0])) / 10,
        misfit=misfit,
    )
