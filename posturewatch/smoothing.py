"""The One Euro filter: steady while a signal stands, quick when it moves (Casiez, Roussel, Vogel 2012)."""

import math
from collections.abc import Mapping

CUTOFF_HZ = 0.7  # SCIENCE part 7: 0.5–1 Hz
BETA = 0.05  # SCIENCE part 7: .005–.05; the cutoff rises by this per unit and second of speed
SPEED_CUTOFF_HZ = 1.0  # Casiez 2012
FORGET_S = 3.0  # chosen: after such a gap the next value stands for itself


class OneEuro:
    """Filters one signal; feed it (t_s, value) in order of time."""

    def __init__(self) -> None:
        self._t_s: float | None = None
        self._value = self._speed = 0.0

    def update(self, t_s: float, value: float) -> float:
        """The filtered value at t_s."""
        step_s = None if self._t_s is None else t_s - self._t_s
        if step_s is None or step_s > FORGET_S or step_s < 0:
            self._t_s, self._value, self._speed = t_s, value, 0.0
            return value
        if step_s == 0:
            return self._value
        self._speed += _weight(SPEED_CUTOFF_HZ, step_s) * ((value - self._value) / step_s - self._speed)
        self._value += _weight(CUTOFF_HZ + BETA * abs(self._speed), step_s) * (value - self._value)
        self._t_s = t_s
        return self._value


class Smoother:
    """One filter for each name; a value that isn't told stays None."""

    def __init__(self) -> None:
        self._filters: dict[str, OneEuro] = {}

    def update(self, t_s: float, values: Mapping[str, float | None]) -> dict[str, float | None]:
        """The filtered values under their names."""
        return {
            name: None if value is None else self._filters.setdefault(name, OneEuro()).update(t_s, value)
            for name, value in values.items()
        }


def _weight(cutoff_hz: float, step_s: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2 * math.pi * cutoff_hz * step_s))
