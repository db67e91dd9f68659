"""What the kinematic chain gets wrong in the same way with everybody, as a sum of a few measures, and its error.

Weights and the error's terms are fitted by calibration/fit.py on rendered people, and stand in calibration/fitted.json.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posturewatch import kinematics
from posturewatch.kinematics import Fits

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
    "one": 1.244,  # degrees whatever the look
    "drop": -0.2255,  # the chain's own answer in degrees, its square / 20 and its cube / 400
    "drop squared": 0.3515,
    "drop cubed": -0.1476,
    "turn squared": -0.02548,  # degrees² / 20
    "bend": 0.008588,  # degrees, to either side
    "drop × flexion": 0.05075,  # degrees² / 20
    "drop × low": 0.4875,  # how far down in the picture the head was: the camera's height
    "drop × neck": 1.306,  # the person's own measures, in SDs of the prior / 10
    "drop × shoulder_before_c7": -1.047,
    "drop × trunk": -5.854,
    "lean": -1.849,  # in SDs of the prior
    "protraction": -4.52,
    "roll": -0.9864,  # to either side
    "lateral": -0.1081,
    "yaw": -0.5333,
    "sunk": -0.1424,  # chance
    "shoulders nearer": 0.01851,  # mm
    "eyes grown": 0.1161,  # %
}
SIGMA: dict[str, float] = {  # degrees² of the error's variance for each of
    "one": 0.0003355,
    "chain": 0.01151,  # the chain's own variance, degrees²
    "drop squared": 0.2749,  # degrees², no more than FLAT_DROP_DEG²: a head that didn't move is told best
    "misfit": 0.9503,  # the chain's chi-square
    "lean squared": 0.1209,  # degrees² that the trunk is taken to have tipped
    "turn squared": 0.02416,  # degrees²
}
DROPS_DEG, FAR_SD, FAR_MM, FAR_PERCENT = (-10.0, 40.0), 3.0, 200.0, 30.0  # chosen: what the fitted people did
LEAST_ERROR_DEG = 1.0  # chosen: two looks at someone sitting still differ by about 1°
FLAT_DROP_DEG = 8.0  # chosen: beyond it the error grows no more


def corrected(fits: Fits, turned_deg: Array, hints: Hints | None) -> tuple[Array, Array]:
    """Fall of CVA and its standard error, degrees, (n,) each; turned_deg (n, 3): change of turn, flexion and bend.

    Without hints the chain's own answer, for cameras that the correction was not fitted on.
    """
    drop = fits["cva_drop"]
    if hints is not None:
        drop = drop + measures(fits, turned_deg, hints) @ np.array(list(WEIGHTS.values()))
    variance = spreads(fits, turned_deg, drop) @ np.array(list(SIGMA.values()))
    return drop, np.maximum(np.sqrt(variance), LEAST_ERROR_DEG)


def spreads(fits: Fits, turned_deg: Array, drop_deg: Array) -> Array:
    """What the error's variance is a sum of (n, 6), in the order of `SIGMA`."""
    flat = np.minimum(np.abs(drop_deg), FLAT_DROP_DEG)
    return np.column_stack(
        [np.ones_like(flat), fits.variance, flat**2, fits.misfit, fits["lean"] ** 2, turned_deg[:, 0] ** 2]
    )


def measures(fits: Fits, turned_deg: Array, hints: Hints) -> Array:
    """The measures (n, 19) in the order of `WEIGHTS`, kept to what was seen in the fit."""
    turn, flexion, bend = turned_deg.T
    drop = np.clip(fits["cva_drop"], *DROPS_DEG)

    def beyond(name: str) -> Array:
        column = kinematics.INDEX[name]
        far = (fits.unknowns[:, column] - fits.expected[:, column]) / kinematics.SDS[column]
        return np.asarray(np.clip(far, -FAR_SD, FAR_SD))

    return np.column_stack(
        [
            np.ones_like(drop),
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
