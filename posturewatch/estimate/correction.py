"""What the kinematic chain gets wrong in the same way with everybody, as a sum of a few measures, and its error.

Everything is told as a change from what the chain makes of the upright picture itself, so that this reads 0.

Weights and the error's terms are fitted by calibration/fit.py on rendered people, and stand in calibration/fitted.json.
"""

import numpy as np
import numpy.typing as npt

from posturewatch.estimate import kinematics
from posturewatch.estimate.kinematics import Fits

Array = npt.NDArray[np.float64]


WEIGHTS: dict[str, float] = {
    "begun": 2.766,  # 0 upright, 1 once the chain's own answer has reached BEGUN_DEG
    "drop": -0.5901,  # the chain's own answer in degrees, its square / 20 and its cube / 400
    "drop squared": 0.7717,
    "drop cubed": -0.2897,
    "turn squared": -0.0773,  # degrees² / 20
    "lean": -0.8508,  # in SDs of the prior
    "roll": -0.6761,  # to either side
    "shoulders nearer": 0.00884,  # mm that the pose model takes the shoulders to be nearer than the hips
}
SIGMA: dict[str, float] = {  # degrees² of the error's variance for each of
    "chain": 0.008372,  # the chain's own variance, degrees²
    "turned": 0.0658,  # degrees that the head turned, nodded and bent, all added
    "lean squared": 0.05206,  # degrees² that the trunk is taken to have tipped
    "drop × misfit": 0.8468,  # `_doubt` by the root of the chain's chi-square: a head that didn't move is told best
}
FLEXION: dict[str, float] = {  # degrees that the face's pitch tells too little of looking down, for each of
    "squared": 0.1228,  # degrees² / 20 of looking down
    "drop": -0.0714,  # degrees of the fall of CVA: a head nearer and lower looks as if it were pitched down
}
DROPS_DEG, FAR_SD, FAR_MM = (-5.0, 40.0), 3.0, 200.0  # chosen: what the fitted people did
LEAST_ERROR_DEG = 1.3  # the noise from frame to frame (groundtruth/README: SD 1.3°)
# A few degrees may be raised shoulders, a telephone, a neck held upright in a lean; 20° are a head carried forward.
# Chosen among 5–8, 10–15, 18–25 and 0–.5 on rendered people
FLAT_DROP_DEG, SURE_FROM_DEG, SURE_DEG, SURE_LEAVES = 6.0, 12.0, 20.0, 0.2
BEGUN_DEG = 10.0  # chosen among 4, 6, 10 on rendered people


def corrected(fits: Fits, rest: Fits, turned_deg: Array, nearer_mm: Array) -> tuple[Array, Array]:
    """Fall of CVA and its standard error, degrees, (n,) each; turned_deg (n, 3): change of turn, flexion and bend;
    nearer_mm (n,): how much nearer than the hips the pose model takes the shoulders since the baseline.

    rest: the same chain fitted to the upright pictures as if they were the looks.
    """
    corrections = measures(fits, rest, turned_deg, nearer_mm) @ np.array(list(WEIGHTS.values()))
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


def measures(fits: Fits, rest: Fits, turned_deg: Array, nearer_mm: Array) -> Array:
    """The measures (n, 8) in the order of `WEIGHTS`, all 0 for the upright picture itself."""
    begun = np.clip(fits["cva_drop"] - rest["cva_drop"], 0.0, BEGUN_DEG) / BEGUN_DEG
    turn = turned_deg[:, 0] ** 2 / 20
    nearer = np.clip(nearer_mm, -FAR_MM, FAR_MM)
    drops, trunk = _drops(fits) - _drops(rest), _trunk(fits) - _trunk(rest)
    return np.column_stack([begun, drops, turn, trunk, nearer])


def _drops(fits: Fits) -> Array:
    """The chain's own answer (n, 3), kept to what was seen in the fit."""
    drop = np.clip(fits["cva_drop"], *DROPS_DEG)
    return np.column_stack([drop, drop**2 / 20, drop**3 / 400])


def _trunk(fits: Fits) -> Array:
    """How far the trunk leans and rolls (n, 2), in SDs of what was expected, kept to what was seen in the fit."""
    columns = [kinematics.INDEX["lean"], kinematics.INDEX["roll"]]
    far = (fits.unknowns[:, columns] - fits.expected[:, columns]) / kinematics.SDS[columns]
    far = np.clip(far, -FAR_SD, FAR_SD)
    return np.column_stack([far[:, 0], np.abs(far[:, 1])])
