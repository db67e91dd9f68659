"""What the kinematic chain gets wrong in the same way with everybody, as a sum of a few measures, and its error.

Everything is told as a change from what the chain makes of the upright picture itself, so that this reads 0.

Weights and the error's terms are fitted by calibration/fit.py on rendered people, and stand in calibration/fitted.json.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posturewatch.estimate import kinematics
from posturewatch.estimate.kinematics import Fits

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hints:
    """What n looks show beside what the chain explains, each (n,): how much nearer than the hips the pose model takes
    the shoulders since the baseline (mm); growth of the eyes' distance (%); slope of the tragi below the picture's
    middle at the baseline."""

    shoulders_nearer_mm: Array
    eyes_grown: Array
    tragus_low: Array


WEIGHTS: dict[str, float] = {
    "begun": 1.895,  # 0 upright, 1 once the chain's own answer has reached BEGUN_DEG
    "drop": -0.3276,  # the chain's own answer in degrees, its square / 20 and its cube / 400
    "drop squared": 0.4149,
    "drop cubed": -0.16,
    "turn squared": -0.02851,  # degrees² / 20
    "bend": -0.002334,  # degrees, to either side
    "drop × flexion": 0.0307,  # degrees² / 20
    "drop × low": 0.5221,  # how far down in the picture the head was: the camera's height
    "drop × neck": 1.21,  # the person's own measures, in SDs of the prior / 10
    "drop × shoulder_before_c7": -1.361,
    "drop × trunk": -3.836,
    "lean": -1.777,  # in SDs of the prior
    "protraction": -2.672,
    "roll": -1.101,  # to either side
    "lateral": 0.2875,
    "yaw": -0.2094,
    "sunk": 0.3586,  # chance
    "shoulders nearer": 0.0153,  # mm
    "eyes grown": 0.1227,  # %
}
SIGMA: dict[str, float] = {  # degrees² of the error's variance for each of
    "chain": 0.005841,  # the chain's own variance, degrees²
    "turned": 0.113,  # degrees that the head turned, nodded and bent, all added
    "lean squared": 0.1122,  # degrees² that the trunk is taken to have tipped
    "drop × misfit": 0.8069,  # `_doubt` by the root of the chain's chi-square: a head that didn't move is told best
}
FLEXION: dict[str, float] = {  # degrees that the face's pitch tells too little of looking down, for each of
    "squared": 0.1182,  # degrees² / 20 of looking down
    "drop": -0.05514,  # degrees of the fall of CVA: a head nearer and lower looks as if it were pitched down
}
DROPS_DEG, FAR_SD, FAR_MM, FAR_PERCENT = (-8.0, 40.0), 3.0, 200.0, 30.0  # chosen: what the fitted people did
LEAST_ERROR_DEG = 1.0  # chosen: two looks at someone sitting still differ by about 1°
# A few degrees may be raised shoulders, a telephone, a neck held upright in a lean; 20° are a head carried forward.
# Chosen among 5–8, 10–15, 18–25 and 0–.5 on rendered people
FLAT_DROP_DEG, SURE_FROM_DEG, SURE_DEG, SURE_LEAVES = 6.0, 12.0, 20.0, 0.2
BEGUN_DEG = 10.0  # chosen among 4, 6, 10 on rendered people


def corrected(fits: Fits, rest: Fits, turned_deg: Array, hints: Hints) -> tuple[Array, Array]:
    """Fall of CVA and its standard error, degrees, (n,) each; turned_deg (n, 3): change of turn, flexion and bend.

    rest: the same chain fitted to the upright pictures as if they were the looks.
    """
    corrections = measures(fits, rest, turned_deg, hints) @ np.array(list(WEIGHTS.values()))
    drop = fits["cva_drop"] - rest["cva_drop"] + corrections
    variance = spreads(fits, turned_deg, drop) @ np.array(list(SIGMA.values()))
    return drop, np.maximum(np.sqrt(variance), LEAST_ERROR_DEG)


def flexion(seen_deg: float, drop_deg: float) -> float:
    """How much further the head looks down, degrees, from the change of the face's pitch and the fall of CVA."""
    return float(seen_deg + nods(np.array([seen_deg]), np.array([drop_deg]))[0] @ np.array(list(FLEXION.values())))


def nods(seen_deg: Array, drop_deg: Array) -> Array:
    """What the pitch tells too little by (n, 2), in the order of `FLEXION`."""
    return np.column_stack([np.maximum(seen_deg, 0.0) ** 2 / 20, np.clip(drop_deg, *DROPS_DEG)])


def spreads(fits: Fits, turned_deg: Array, drop_deg: Array) -> Array:
    """What the error's variance is a sum of (n, 4), in the order of `SIGMA`."""
    doubtful = _doubt(drop_deg) * np.sqrt(fits.misfit)
    return np.column_stack([fits.variance, np.abs(turned_deg).sum(1), fits["lean"] ** 2, doubtful])


def _doubt(drop_deg: Array) -> Array:
    """Degrees² (n,) by which a fall of CVA told may be another movement: the square of its first degrees, and less of
    it where it is large."""
    size = np.abs(drop_deg)
    sure = np.clip((size - SURE_FROM_DEG) / (SURE_DEG - SURE_FROM_DEG), 0.0, 1.0)
    return np.asarray(np.minimum(size, FLAT_DROP_DEG) ** 2 * (1 - (1 - SURE_LEAVES) * sure))


def measures(fits: Fits, rest: Fits, turned_deg: Array, hints: Hints) -> Array:
    """The measures (n, 19) in the order of `WEIGHTS`, all 0 for the upright picture itself."""
    nothing = np.zeros_like(hints.eyes_grown)
    upright = Hints(nothing, nothing, hints.tragus_low)
    begun = np.clip(fits["cva_drop"] - rest["cva_drop"], 0.0, BEGUN_DEG) / BEGUN_DEG
    return np.column_stack([begun, _seen(fits, turned_deg, hints) - _seen(rest, np.zeros_like(turned_deg), upright)])


def _seen(fits: Fits, turned_deg: Array, hints: Hints) -> Array:
    """The measures but the first (n, 18), kept to what was seen in the fit."""
    turn, flexion, bend = turned_deg.T
    drop = np.clip(fits["cva_drop"], *DROPS_DEG)

    def beyond(name: str) -> Array:
        column = kinematics.INDEX[name]
        far = (fits.unknowns[:, column] - fits.expected[:, column]) / kinematics.SDS[column]
        return np.asarray(np.clip(far, -FAR_SD, FAR_SD))

    return np.column_stack(
        [
            drop,
            drop**2 / 20,
            drop**3 / 400,
            turn**2 / 20,
            np.abs(bend),
            drop * flexion / 20,
            drop * hints.tragus_low,
            drop * beyond("neck") / 10,
            drop * beyond("shoulder_before_c7") / 10,
            drop * beyond("trunk") / 10,
            beyond("lean"),
            beyond("protraction"),
            np.abs(beyond("roll")),
            np.abs(beyond("lateral")),
            np.abs(beyond("yaw")),
            fits.sunk,
            np.clip(hints.shoulders_nearer_mm, -FAR_MM, FAR_MM),
            np.clip(hints.eyes_grown, -FAR_PERCENT, FAR_PERCENT),
        ]
    )
