"""The coach on the committed drills at 5 looks a second: what was done is counted exactly, and nothing else is."""

import json
from functools import cache
from pathlib import Path

import pytest

from calibration import coach
from calibration.rates import resampled
from calibration.rows import hfov_deg
from posturewatch.features import describe

COMMITTED = Path(__file__).parent.parent / "calibration" / "drills"
OTHERS_ERRED = COMMITTED / "others"  # clips of other people, in which the models err most
TOLD = {  # what the timelines tell; the pictures' landmarks are read when the first test runs
    path.name.removesuffix(coach.TIMELINE): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted([*COMMITTED.glob(f"*{coach.TIMELINE}"), *OTHERS_ERRED.glob(f"*{coach.TIMELINE}")])
}
MOVEMENTS = coach.movements()
RATE_HZ = 5.0
DONE = [name for name, told in TOLD.items() if told["axis"] is not None]
IDLE = [name for name, told in TOLD.items() if told["way"] == coach.IDLE]
WHOLE = [(name, TOLD[name]["axis"]) for name in DONE if TOLD[name]["way"] in ("well", "one_side")]
# The likeliest mistakes: a neck that seems longer with the head tilted or turned, shoulders with the head bowed
OTHERS = [(name, "grow") for name, axis in WHOLE if axis in ("tilt", "turn")]
OTHERS += [(name, "shoulders") for name, axis in WHOLE if axis in ("nod", "sweep")]


@cache
def drills():
    return {each.name: each for folder in (COMMITTED, OTHERS_ERRED) for each in coach.read(folder)}


@cache
def looks(name):
    drill = drills()[name]
    degrees = hfov_deg(drill.lines[0], "assumed")
    return [describe(each, degrees) for each in resampled([line.landmarks for line in drill.lines], RATE_HZ)]


def coached(name, axis):
    return coach.coached(drills()[name], MOVEMENTS[axis], looks(name), RATE_HZ)


def test_there_are_clips_of_models_that_err():
    assert sorted(path.name for path in OTHERS_ERRED.glob(f"*{coach.TIMELINE}")) == [
        f"{name}{coach.TIMELINE}"
        for name in (
            "p097-hands-well",
            "p097-shoulders-well",
            "p102-grow-well",
            "p102-nod-well",
            "p103-grow-well",
            "p103-shoulders-well",
            "p105-nod-well",
            "p108-sweep-one_side",
        )
    ]
    assert sum(path.stat().st_size for path in OTHERS_ERRED.iterdir()) < 500_000


@pytest.mark.parametrize("name", DONE)
def test_an_exercise_is_counted_as_it_was_written(name):
    found = coached(name, TOLD[name]["axis"])
    assert found.counts == found.expected
    if TOLD[name]["way"] == "fast":
        assert found.remarks["slower"] > 0


@pytest.mark.parametrize("name", IDLE)
def test_who_does_no_exercise_gets_no_count(name):
    assert {axis: counts for axis in MOVEMENTS if (counts := coached(name, axis).counts)} == {}


@pytest.mark.parametrize(("name", "wanted"), OTHERS)
def test_another_exercise_isnt_counted(name, wanted):
    assert coached(name, wanted).counts == {}
