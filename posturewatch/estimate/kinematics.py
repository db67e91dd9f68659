"""A seated body as a kinematic chain, fitted to an upright picture and a later one by Gauss–Newton with priors.

Seat, trunk, C7, a neck of constant length to the tragus and shoulders hung below C7 are posed so that they explain
what both pictures show; the fall of the craniovertebral angle (CVA) is one of the unknowns, and its spread under the
fit is its error. Heights are seen 3–4 times better than depths, which is why this beats subtracting depths. All looks
of a call are fitted at once. Lengths in mm, angles in degrees; x to the person's left, y up, z toward the screen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Unknowns: mean and SD of their priors. Person and session, then changes since the upright picture. They come from
# rendered people of known geometry other than calibration/data's; * is widened toward measured people.
PRIOR: dict[str, tuple[float, float]] = {
    "ln_head_size": (0.0907, 0.07),  # the canonical face reads 9 % long
    "tilt": (0.0, 3.6),  # of the camera, beyond the rule in `_tilt_deg`
    "neck": (160.0, 18.0),  # * C7 skin to tragus; ANSUR II 135 ± 11, rendered 161 ± 13
    "biacromial": (350.0, 43.0),
    "shoulder_below_c7": (73.0, 10.0),  # * rendered 71 ± 9
    "shoulder_before_c7": (57.0, 11.0),  # * rendered 57 ± 9
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
    "seat_dy": (0.0, 40.0),  # in `SEATS`
    "seat_dz": (0.0, 80.0),
    "shrug": (4.0, 9.0),
    "protraction": (5.0, 11.0),
    "tilt_of_shoulders": (0.0, 4.0),
    "cva_drop": (8.0, 40.0),  # wide, or the estimate shrinks
    "lateral": (0.0, 6.0),
    "ln_neck": (0.0, 0.016),
}
# The seat's height changes hardly, or (real sitters slide and sink) by centimetres: share, mean, SD; chosen
SEATS = ((0.7, 0.0, 4.0), (0.3, -15.0, 20.0))
NAMES = list(PRIOR)
INDEX = {name: i for i, name in enumerate(NAMES)}
DROP = INDEX["cva_drop"]
MEANS = np.array([mean for mean, _ in PRIOR.values()])
SDS = np.array([sd for _, sd in PRIOR.values()])
STEPS = SDS * 1e-4  # of the numeric slopes; chosen

ITERATIONS = 9
SETTLED_DEG = 0.02  # chosen: a hundredth of the error
NEAREST_MM = 50.0  # chosen: nobody's head or shoulders are nearer to the camera


@dataclass(frozen=True, slots=True)
class Seen:
    """What the chain must explain in n pictures: slopes (n, 2) of the tragi's middle, its measured depth (n,), slopes
    (n, 2) of the shoulders' middle and of their difference left − right."""

    tragus: Array
    depth_mm: Array
    middle: Array
    across: Array


@dataclass(frozen=True, slots=True)
class Fits:
    """The answer for n looks: unknowns (n, 27) in the order of `NAMES`, what they were expected to be, variance of the
    fall of CVA (n,), chi-square of the 14 measurements (n,)."""

    unknowns: Array
    expected: Array
    variance: Array
    misfit: Array

    def __getitem__(self, name: str) -> Array:
        """One unknown of every look."""
        return self.unknowns[:, INDEX[name]]


def fit(
    before: Seen,
    now: Seen,
    turned_deg: Array,
    upright_deg: Array,
    shoulders_seen: Array,
    expected: Array | None = None,
) -> Fits:
    """Fit the chain to each pair of pictures.

    turned_deg (n, 3): change of turn, flexion and bend of the head; upright_deg (n, 3): the same against the camera in
    the upright picture, which tells the camera's tilt and to which side of the person it stands; where shoulders_seen
    (n,) is false their place counts little; expected: `Fits.expected` of an earlier call for these upright pictures.
    """
    tilt = _tilt_deg(upright_deg[:, 1])
    across = now.across * _shoulder_shrink(before, now)[:, None]
    depth = before.depth_mm
    wanted = np.hstack([_observed(before, before.across, depth), _observed(now, across, depth)])
    sigma = _sigmas(turned_deg, shoulders_seen)
    expected = _means(before, tilt, -upright_deg[:, 0]) if expected is None else expected
    return _solve(expected, wanted, sigma, tilt, depth)


def _solve(means: Array, wanted: Array, sigma: Array, tilt: Array, depth_mm: Array) -> Fits:
    """Every look under every belief about the seat, in one go: the rows are belief by belief."""
    count = len(SEATS)
    expected, sds = np.tile(means, (count, 1)), np.tile(SDS, (len(means) * count, 1))
    share, mean, sd = (np.repeat(column, len(means)) for column in np.transpose(SEATS))
    expected[:, INDEX["seat_dy"]], sds[:, INDEX["seat_dy"]] = mean, sd
    wanted, sigma, tilt, depth_mm = (np.concatenate([each] * count) for each in (wanted, sigma, tilt, depth_mm))
    x, diagonal, steps = expected.copy(), np.arange(len(NAMES)), np.diag(STEPS)[:, None]
    for _ in range(ITERATIONS):
        seen = _predict(np.concatenate([x[None], x[None] + steps]), tilt, depth_mm)
        slope = (seen[1:] - seen[0]).transpose(1, 2, 0) / STEPS / sigma[:, :, None]
        misfit = (seen[0] - wanted) / sigma
        information = slope.transpose(0, 2, 1) @ slope
        information[:, diagonal, diagonal] += sds**-2.0
        pull = np.einsum("nmk,nm->nk", slope, misfit) + (x - expected) / sds**2
        step = np.linalg.solve(information, pull[:, :, None])[:, :, 0]
        x = x - step
        if np.abs(step[:, DROP]).max() < SETTLED_DEG:
            break
    variance = np.linalg.inv(information)[:, DROP, DROP]
    chi = np.square(misfit).sum(1)
    surprise = chi + np.square((x - expected) / sds).sum(1)
    room = np.linalg.slogdet(information)[1] + 2 * np.log(sds).sum(1)
    evidence = np.log(share) - 0.5 * (surprise + room)
    shape = (count, len(means))
    return _combine(x.reshape(*shape, -1), variance.reshape(shape), chi.reshape(shape), evidence.reshape(shape), means)


def _combine(unknowns: Array, variance: Array, chi: Array, evidence: Array, expected: Array) -> Fits:
    """The mean over what may be with the seat (first axis), by the evidence for each."""
    weight = np.exp(evidence - evidence.max(0))
    weight /= weight.sum(0)
    mean = np.einsum("hn,hnk->nk", weight, unknowns)
    within = variance + np.square(unknowns[:, :, DROP] - mean[:, DROP])
    return Fits(mean, expected, (weight * within).sum(0), (weight * chi).sum(0))


def _tilt_deg(pitch0_deg: Array) -> Array:
    """The camera's downward tilt from the neutral head's pitch against it: ± 3.6° on rendered people."""
    return pitch0_deg - 1.8


def _shoulder_shrink(before: Seen, now: Seen) -> Array:
    """The pose model under-reports the shoulder width as the head comes near and down (rendered people)."""
    nearer = np.log(now.depth_mm / before.depth_mm)
    return np.asarray(np.exp(0.1 * nearer + 0.16 * (now.tragus[:, 1] - before.tragus[:, 1])))


def _observed(seen: Seen, across: Array, depth_mm: Array) -> Array:
    """Seven measurements (n, 7) in mm at the upright picture's depth; the depth itself as its logarithm."""
    scale = depth_mm[:, None]
    return np.hstack([seen.tragus * scale, np.log(seen.depth_mm)[:, None], seen.middle * scale, across * scale])


def _sigmas(turned_deg: Array, shoulders_seen: Array) -> Array:
    """Measurement errors (n, 14): the upright picture's (its systematic ones sit in the person's constants), then the
    look's."""
    turn, flexion, bend = turned_deg.T
    place = 4.5 * 0.7 * np.sqrt(1 + (turn / 15) ** 2 + (flexion / 20) ** 2)
    depth = 0.020 * 0.6 * np.sqrt(1 + (turn / 25) ** 2 + (bend / 25) ** 2 + (flexion / 25) ** 2)
    shoulders = np.array([5.0, 6.0, 11.0, 6.0]) * np.where(shoulders_seen, 1.0, 3.0)[:, None]
    upright = np.broadcast_to([1.0, 1.0, 0.004, 2.0, 2.0, 2.0, 2.0], (len(turn), 7))
    return np.hstack([upright, np.column_stack([place, place, depth]), shoulders])


def _means(before: Seen, tilt: Array, yaw: Array) -> Array:
    """Prior means (n, 27): the body faces where the head does, the seat is where its tragus falls on the seen one."""
    means = np.repeat(MEANS[None], len(tilt), 0)
    means[:, INDEX["yaw0"]] = yaw
    depth = before.depth_mm / np.exp(MEANS[INDEX["ln_head_size"]])
    up, forward = _turned(-before.tragus[:, 1] * depth, -depth, -tilt)
    tragus = _body(means)[0]
    seat = slice(INDEX["seat_x"], INDEX["seat_z"] + 1)
    means[:, seat] = np.column_stack(
        [before.tragus[:, 0] * depth - tragus[0][0], up - tragus[1][0], forward - tragus[2][0]]
    )
    return means


def _predict(unknowns: Array, tilt: Array, depth_mm: Array) -> Array:
    """What both pictures would show: (…, n, 14) for (…, n, 27) unknowns."""
    tilts = tilt + unknowns[..., INDEX["tilt"]]
    (tu, tv, depth), (lu, lv, _), (ru, rv, _) = (_project(point, tilts) for point in _body(unknowns))
    size = np.log(depth) + unknowns[..., INDEX["ln_head_size"]]
    mm = np.broadcast_to(depth_mm, tu.shape)
    seen = [tu * mm, tv * mm, size, (lu + ru) / 2 * mm, (lv + rv) / 2 * mm, (lu - ru) * mm, (lv - rv) * mm]
    upright, later = np.stack(seen, axis=-1)
    return np.concatenate([upright, later], axis=-1)


Point = tuple[Array, Array, Array]


def _body(unknowns: Array) -> tuple[Point, Point, Point]:
    """Tragus, left and right shoulder in world axes (from the camera): coordinates (2, …, n), upright and later."""
    p = {name: unknowns[..., i] for i, name in enumerate(NAMES)}
    since = np.array([0.0, 1.0]).reshape(2, *[1] * (unknowns.ndim - 1))
    roll, yaw, lean = p["roll0"] + since * p["roll"], p["yaw0"] + since * p["yaw"], since * p["lean"]
    cr, sr = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    cy, sy = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))

    def placed(x: Array, y: Array, z: Array) -> Point:
        x, y = x * cr + y * sr, y * cr - x * sr
        return x * cy + z * sy, y, z * cy - x * sy

    rise, forward = _turned(p["trunk"], np.zeros_like(p["trunk"]), p["lean0"] + lean)
    spine = placed(np.zeros_like(rise), rise, forward)
    top = tuple(p[f"seat_{a}"] + since * p[f"seat_d{a}"] + s for a, s in zip("xyz", spine, strict=True))
    # the pose model sees 70 % of a shrug, and some of a protraction as height (rendered people)
    below = since * (0.7 * p["shrug"] + 0.08 * p["protraction"]) - p["shoulder_below_c7"]
    below, ahead = _turned(below, p["shoulder_before_c7"] + since * p["protraction"], lean)
    half = p["biacromial"] * (1 - 0.0008 * since * p["protraction"]) / 2
    higher = since * p["tilt_of_shoulders"] / 2
    left, right = placed(half, below + higher, ahead), placed(-half, below - higher, ahead)
    # the skin over C7 rises and its distance to the tragus grows as the neck bends (rendered bodies)
    c7 = (top[0], top[1] + 0.28 * since * (p["cva_drop"] - 0.8 * p["lean"]), top[2])
    cva, lateral = np.radians(p["cva0"] - since * p["cva_drop"]), np.radians(p["lateral0"] + since * p["lateral"])
    aside, up = np.sin(cva) * np.tan(lateral), np.sin(cva)
    length = p["neck"] * np.exp(since * (p["ln_neck"] + 0.0011 * p["cva_drop"])) / np.sqrt(aside**2 + 1.0)
    aside, onward = aside * cy + np.cos(cva) * sy, np.cos(cva) * cy - aside * sy
    return (
        (c7[0] + length * aside, c7[1] + length * up, c7[2] + length * onward),
        (top[0] + left[0], top[1] + left[1], top[2] + left[2]),
        (top[0] + right[0], top[1] + right[1], top[2] + right[2]),
    )


def moves(unknowns: Array) -> tuple[Array, Array]:
    """Way of the tragus and of the shoulders' middle since the upright picture: (3, n) mm each, world axes."""
    tragus, left, right = (np.array(point) for point in _body(unknowns))
    return tragus[:, 1] - tragus[:, 0], (left[:, 1] + right[:, 1] - left[:, 0] - right[:, 0]) / 2


def _turned(a: Array, b: Array, degrees: Array) -> tuple[Array, Array]:
    """(a, b) turned from a toward b."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return a * c - b * s, a * s + b * c


def _project(point: Point, tilt: Array) -> Point:
    up, back = _turned(point[1], point[2], tilt)
    depth = np.maximum(-back, NEAREST_MM)  # a step of the fit may overshoot to behind the camera
    return point[0] / depth, -up / depth, depth
