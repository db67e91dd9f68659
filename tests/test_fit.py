"""The shipped numbers are those of the fit, and fitting again gives them again."""

import json
from typing import Any

import pytest

from calibration import fit
from posturewatch.estimate import correction

COUNTS = ("people", "pictures", "people looked at steadily", "pictures looked at steadily")
FITTED = json.loads(fit.FITTED.read_text(encoding="utf-8"))


def test_the_shipped_numbers_are_those_of_the_file() -> None:
    assert FITTED["weights"] == correction.WEIGHTS
    assert list(correction.WEIGHTS) == list(FITTED["weights"])  # the order is the measures'
    assert FITTED["flexion"] == correction.FLEXION
    assert list(correction.FLEXION) == list(FITTED["flexion"])
    assert FITTED["sigma"] == correction.SIGMA
    assert list(correction.SIGMA) == list(FITTED["sigma"])


def test_fitting_again_gives_the_numbers_again() -> None:
    """Slow: half a minute, as the chain is fitted anew to every picture of the data."""
    again = fit.fitted(*fit.learnt())
    assert {name: again[name] for name in COUNTS} == {name: FITTED[name] for name in COUNTS}
    assert again["weights"] == nearly(FITTED["weights"])
    assert again["flexion"] == nearly(FITTED["flexion"])
    assert again["sigma"] == nearly(FITTED["sigma"])


def nearly(numbers: dict[str, float]) -> dict[str, Any]:
    """To a thousandth; a number that all but vanished to a hundred-thousandth."""
    return {name: pytest.approx(value, rel=1e-3, abs=1e-5) for name, value in numbers.items()}
