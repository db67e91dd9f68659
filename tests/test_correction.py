"""The fitted correction: what its numbers are multiplied with, and what any numbers like them must keep to.

The numbers themselves are compared with their file in test_fit.py; here they are put in by hand.
"""

import numpy as np
import pytest

from posturewatch.estimate import correction
from posturewatch.estimate.correction import SIGMA, WEIGHTS, corrected, flexion, measures, spreads
from posturewatch.estimate.kinematics import INDEX, MEANS, SDS, Fits

DROPS_DEG = np.arange(-30.0, 46.0, 1.0)


def made(drops_deg, misfit=2.0, variance=12.0, **beyond_sd):
    """Fits (n,) of these falls of CVA, every other unknown as expected but for so many SDs."""
    drops_deg = np.atleast_1d(np.asarray(drops_deg, float))
    count = len(drops_deg)
    x = np.tile(MEANS, (count, 1))
    for name, far in beyond_sd.items():
        x[:, INDEX[name]] += far * SDS[INDEX[name]]
    x[:, INDEX["cva_drop"]] = drops_deg
    full = [np.full(count, value) for value in (variance, misfit)]
    return Fits(x, np.tile(MEANS, (count, 1)), *full)


def angles(count, turn=0.0, flexion=0.0, bend=0.0):
    return np.tile([turn, flexion, bend], (count, 1))


def rest(count, drop=0.0, **beyond_sd):
    """The same fitted to the upright pictures themselves."""
    return made([drop] * count, **beyond_sd)


def column(name, fits=None, turned=None, nearer_mm=0.0):
    """The values of one measure."""
    fits = made(20.0) if fits is None else fits
    count = len(fits.misfit)
    turned = angles(count) if turned is None else turned
    return measures(fits, rest(count), turned, np.full(count, nearer_mm))[:, list(WEIGHTS).index(name)].tolist()


def only(monkeypatch, weights=None, sigma=None):
    """Every number 0 but these."""
    monkeypatch.setattr(correction, "WEIGHTS", {**dict.fromkeys(WEIGHTS, 0.0), **(weights or {})})
    monkeypatch.setattr(correction, "SIGMA", {**dict.fromkeys(SIGMA, 0.0), **(sigma or {})})


# what the numbers are multiplied with


def test_there_is_one_column_for_every_name_and_every_one_is_finite():
    count = len(DROPS_DEG)
    table = measures(made(DROPS_DEG), rest(count), angles(count, 5, 6, 7), np.full(count, 8.0))
    assert table.shape == (len(DROPS_DEG), len(WEIGHTS))
    assert np.isfinite(table).all()
    parts = spreads(made(DROPS_DEG), angles(len(DROPS_DEG)), DROPS_DEG)
    assert parts.shape == (len(DROPS_DEG), len(SIGMA))
    assert (parts >= 0).all()


def test_each_name_stands_for_its_measure():
    assert column("begun", made([-5.0, 0.0, 4.0, 10.0, 30.0])) == [0.0, 0.0, 0.4, 1.0, 1.0]
    assert column("drop") == [20.0]
    assert column("drop squared", made(10.0)) == [5.0]  # 10² / 20
    assert column("drop cubed", made(10.0)) == [2.5]  # 10³ / 400
    assert column("turn squared", turned=angles(1, turn=-20)) == [20.0]
    assert column("lean", made(20.0, lean=-1.5)) == pytest.approx([-1.5])
    assert column("roll", made(20.0, roll=-1.5)) == pytest.approx([1.5])
    assert column("shoulders nearer", nearer_mm=30) == [30.0]


def test_what_is_the_same_to_either_side_is_measured_without_its_sign():
    fits = made(20.0)
    sides = ((15, -8), (-15, 8))
    one, other = (measures(fits, rest(1), angles(1, turn=turn, bend=bend), np.zeros(1)) for turn, bend in sides)
    assert (one == other).all()
    assert column("roll", made(20.0, roll=1.2)) == pytest.approx(column("roll", made(20.0, roll=-1.2)))


@pytest.mark.parametrize(("name", "most"), [("drop", (-5.0, 40.0)), ("drop squared", None)])
def test_a_drop_beyond_what_was_fitted_is_corrected_like_the_last_that_was(name, most):
    assert column(name, made([-35.0, 60.0])) == column(name, made([-5.0, 40.0]))
    if most:
        assert tuple(column(name, made([-35.0, 60.0]))) == most


def test_measures_far_from_what_was_fitted_are_cut_off():
    for far in (9.0, -9.0):
        assert column("lean", made(20.0, lean=far)) == pytest.approx([np.sign(far) * 3.0])
        assert column("roll", made(20.0, roll=far)) == pytest.approx([3.0])
    assert column("shoulders nearer", nearer_mm=5000) == [200.0]
    assert column("shoulders nearer", nearer_mm=-5000) == [-200.0]


# what comes of them


def test_the_corrected_drop_is_the_chains_and_the_weighted_measures(monkeypatch):
    only(monkeypatch, {"begun": 1.5, "drop": -0.1, "shoulders nearer": 0.5}, {"turned": 1.0})
    drop, sigma = corrected(made([0.0, 20.0]), rest(2), angles(2, bend=-4), np.full(2, 4.0))
    assert drop == pytest.approx([2.0, 21.5])  # 0 + 0 + 2 and 20 + 1.5 − 2 + 2
    assert sigma == pytest.approx([2.0, 2.0])


def test_the_upright_picture_itself_reads_nothing_whatever_the_chain_makes_of_it():
    upright = rest(1, drop=-0.7, lean=0.4, roll=-1.2)
    drop, _ = corrected(upright, upright, angles(1), np.zeros(1))
    assert drop == [0.0]


@pytest.mark.parametrize(
    ("name", "fits", "turned", "expected"),
    [
        ("chain", {"variance": 9.0}, (0.0, 0.0, 0.0), 3.0),
        ("turned", {}, (-15.0, 6.0, -4.0), 5.0),  # 15 + 6 + 4, to whatever side
        ("lean squared", {"lean": 1.0}, (0.0, 0.0, 0.0), 8.0),  # 1 SD of the prior is 8°
        ("drop × misfit", {"misfit": 16.0}, (0.0, 0.0, 0.0), 10.0),  # 5² × √16
    ],
)
def test_each_part_of_the_error_is_a_variance(monkeypatch, name, fits, turned, expected):
    only(monkeypatch, sigma={name: 1.0})
    _, sigma = corrected(made(5.0, **fits), rest(1), angles(1, *turned), np.zeros(1))
    assert sigma == pytest.approx([expected])


def test_a_few_degrees_are_doubted_by_what_they_are_and_a_large_fall_by_less(monkeypatch):
    only(monkeypatch, {"shoulders nearer": 2.0}, {"drop × misfit": 1.0})
    drops = [-22.0, -8.0, 0.0, 3.0, 4.0, 10.0, 14.0, 18.0, 40.0]
    _, sigma = corrected(made(drops, misfit=1.0), rest(9), angles(9), np.ones(9))  # each told 2° further
    least = 6 * np.sqrt(0.2)
    assert sigma == pytest.approx([least, 6.0, 2.0, 5.0, 6.0, 6.0, 6 * np.sqrt(0.6), least, least])


def test_no_error_is_stated_smaller_than_two_looks_at_the_same_differ_by(monkeypatch):
    only(monkeypatch)
    _, sigma = corrected(made(0.0), rest(1), angles(1), np.zeros(1))
    assert sigma == [correction.LEAST_ERROR_DEG]
    assert correction.LEAST_ERROR_DEG == 1.3


def test_looking_down_is_told_further_than_the_pitch_seen_and_less_where_the_head_came_forward(monkeypatch):
    monkeypatch.setattr(correction, "FLEXION", {"squared": 0.1, "drop": -0.05})
    assert flexion(20.0, 0.0) == pytest.approx(22.0)  # 20 + 0.1 × 20²/20
    assert flexion(20.0, 10.0) == pytest.approx(21.5)
    assert flexion(-10.0, 0.0) == -10.0  # looking up is seen as it is
    assert flexion(0.0, 90.0) == flexion(0.0, 40.0)  # beyond what was fitted


# what the shipped numbers must keep to


def test_the_upright_head_is_not_flexed_and_a_larger_pitch_reads_larger():
    assert flexion(0.0, 0.0) == 0.0
    assert np.diff([flexion(seen, 8.0) for seen in np.arange(-30.0, 50.0)]).min() > 0.99


def test_a_larger_drop_of_the_chain_reads_larger():
    count = len(DROPS_DEG)
    drop, _ = corrected(made(DROPS_DEG), rest(count), angles(count), np.zeros(count))
    assert np.diff(drop).min() > 0


def test_the_error_is_finite_and_positive_and_some_degrees_at_most():
    count = len(DROPS_DEG)
    for misfit, turn in ((0.0, 0.0), (2.0, 10.0), (30.0, 40.0)):
        _, sigma = corrected(made(DROPS_DEG, misfit), rest(count), angles(count, turn=turn), np.zeros(count))
        assert np.isfinite(sigma).all()
        assert (sigma >= 0.5).all()
        assert (sigma < 15).all()


def test_what_fits_a_body_worse_is_told_with_a_larger_error():
    fits = made([15.0] * 3)
    worse = Fits(fits.unknowns, fits.expected, fits.variance, np.array([1.0, 8.0, 30.0]))
    _, sigma = corrected(worse, rest(3), angles(3), np.zeros(3))
    assert np.diff(sigma).min() > 0.1


def test_a_head_turned_further_is_told_with_a_larger_error():
    sigma = [corrected(made(15.0), rest(1), angles(1, turn=turn), np.zeros(1))[1][0] for turn in (0.0, 15.0, 30.0)]
    assert np.diff(sigma).min() > 0
