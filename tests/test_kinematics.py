"""The kinematic chain: its forward model, what it finds back of it, and how sure it is."""

from dataclasses import fields

import numpy as np
import pytest
from figures import READS_LONG, Camera, Sitter, about_x, body
from hypothesis import given, settings
from hypothesis import strategies as st

from posturewatch.chain import Fit, Sight, fit_chain, stacked
from posturewatch.estimate import kinematics
from posturewatch.estimate.kinematics import DROP, INDEX, MEANS, NAMES, SDS, SEATS, Seen, fit, moves

quick = settings(deadline=None, max_examples=25)

SEAT = slice(INDEX["seat_x"], INDEX["seat_z"] + 1)


def unknowns(**values):
    """The prior's means but for these, seated before the camera; shape (27,)."""
    x = MEANS.copy()
    x[SEAT] = 0.0, -640.0, -760.0
    for name, value in values.items():
        x[INDEX[name]] = value
    return x


def predicted(x, tilt_deg=0.0, depth_mm=1.0):
    return kinematics._predict(np.atleast_2d(x), np.full(len(np.atleast_2d(x)), tilt_deg), np.full(1, depth_mm))


def shown(xs, tilt_deg):
    """What the chain's own forward model would show at these unknowns (n, 27): both pictures."""
    seen = predicted(np.array(xs), tilt_deg)  # slopes, for a depth of 1
    before, now = (Seen(s[:, 0:2], np.exp(s[:, 2]), s[:, 3:5], s[:, 5:7]) for s in (seen[:, :7], seen[:, 7:]))
    shrink = kinematics._shoulder_shrink(before, now)
    return before, Seen(now.tragus, now.depth_mm, now.middle, now.across / shrink[:, None])


def fitted(*xs, tilt_deg=8.0, turned_deg=(0.0, 0.0, 0.0), shoulders_seen=True):
    count = len(xs)
    upright = np.tile([0.0, tilt_deg + 1.8, 0.0], (count, 1))
    return fit(*shown(xs, tilt_deg), np.tile(turned_deg, (count, 1)), upright, np.full(count, shoulders_seen))


def single(seen, row=0):
    return Sight(seen.tragus[row], float(seen.depth_mm[row]), seen.middle[row], seen.across[row])


def sd(fits, row=0):
    return float(np.sqrt(fits.variance[row]))


# what it finds back


@given(drop_deg=st.floats(-15, 45), tilt_deg=st.floats(-15, 25))
@quick
def test_the_chain_finds_back_the_drop_of_its_own_forward_model(drop_deg, tilt_deg):
    found = fitted(unknowns(cva_drop=drop_deg), tilt_deg=tilt_deg)
    # the two beliefs about the seat share what lies between: observed 1.7
    assert found["cva_drop"][0] == pytest.approx(drop_deg, abs=2.5)
    assert found.misfit[0] < 0.2
    assert 2.5 < sd(found) < 8.0


@given(drop_deg=st.floats(0, 35), sunk_mm=st.floats(0, 50), nearer_mm=st.floats(-80, 80), lean=st.floats(-8, 8))
@quick
def test_the_chain_tells_a_drop_apart_from_sinking_nearing_and_leaning(drop_deg, sunk_mm, nearer_mm, lean):
    before, now = shown([unknowns(cva_drop=drop_deg, seat_dy=-sunk_mm, seat_dz=nearer_mm, lean=lean)], 8.0)
    told = fit_chain(single(before), single(now), (0.0, 0.0, 0.0), (0.0, 9.8, 0.0))
    assert told.fits["cva_drop"][0] == pytest.approx(drop_deg, abs=LEANING_OFF_DEG)
    assert told.sink_cm == pytest.approx(sunk_mm / 10, abs=1.3)


LEANING_OFF_DEG = 7.0  # a seat that sinks by 1–3 cm lies between the two beliefs of SEATS: observed 5.9


def test_a_seat_that_keeps_its_height_is_believed_to_and_one_that_sinks_to_sink():
    kept, sunk, far = fitted(*(unknowns(cva_drop=10.0, seat_dy=-mm) for mm in (0.0, 30.0, 60.0)))["seat_dy"]
    assert kept == pytest.approx(0.0, abs=3.0)
    assert kept > sunk > far
    assert far == pytest.approx(-60.0, abs=15.0)


def test_believing_in_one_seat_alone_gives_that_beliefs_answer(monkeypatch):
    x = unknowns(cva_drop=10.0, seat_dy=-30.0)
    mixed = fitted(x)
    drops = []
    for belief in SEATS:
        monkeypatch.setattr(kinematics, "SEATS", ((1.0, *belief[1:]),))
        alone = fitted(x)
        drops.append((alone["cva_drop"][0], alone["seat_dy"][0]))
    (fixed_deg, fixed_mm), (loose_deg, loose_mm) = drops
    assert fixed_deg > loose_deg + 3.0  # whoever believes in a fixed seat takes sinking for a forward head
    assert loose_deg < mixed["cva_drop"][0] < fixed_deg
    sunk = (mixed["seat_dy"][0] - fixed_mm) / (loose_mm - fixed_mm)  # the share of the second belief, in either unknown
    assert mixed["cva_drop"][0] == pytest.approx((1 - sunk) * fixed_deg + sunk * loose_deg, abs=0.1)


def test_beliefs_that_disagree_widen_the_error():
    mixed = kinematics._combine(
        np.array([np.full((1, 27), 4.0), np.full((1, 27), 10.0)]),
        np.array([[2.0], [2.0]]),
        np.array([[1.0], [3.0]]),
        np.log([[0.25], [0.75]]) - 900.0,  # no evidence is too small to be compared
        np.zeros((1, 27)),
    )
    assert mixed["cva_drop"][0] == pytest.approx(8.5)
    assert mixed.variance[0] == pytest.approx(2.0 + 0.25 * 4.5**2 + 0.75 * 1.5**2)
    assert mixed.misfit[0] == pytest.approx(2.5)


def test_looks_fitted_together_are_those_fitted_alone():
    xs = [unknowns(cva_drop=d, seat_dz=z, lean=4.0) for d, z in ((-8.0, 50.0), (12.0, 0.0), (31.0, -60.0))]
    together = fitted(*xs)
    for row, x in enumerate(xs):
        alone = fitted(x)
        # all go on until the slowest has settled, to SETTLED_DEG
        assert together["cva_drop"][row] == pytest.approx(alone["cva_drop"][0], abs=0.03)
        assert together.variance[row] == pytest.approx(alone.variance[0], rel=0.01)


def test_one_look_through_the_chain_is_the_same_fit_in_centimetres():
    before, now = shown([unknowns(cva_drop=20.0)], 8.0)
    told = fit_chain(single(before), single(now), (0.0, 0.0, 0.0), (0.0, 9.8, 0.0))
    upright, look = stacked([single(before)]), stacked([single(now)])
    seen = np.zeros((1, 3)), np.array([[0.0, 9.8, 0.0]]), np.array([True])
    found, rest = kinematics.fit(upright, look, *seen), kinematics.fit(upright, upright, *seen)
    assert told.fits["cva_drop"] == found["cva_drop"]
    assert told.rest["cva_drop"] == rest["cva_drop"]
    moved, still = moves(found.unknowns), moves(rest.unknowns)
    tragus, shoulders = ((now_mm[:, 0] - rest_mm[:, 0]) / 10 for now_mm, rest_mm in zip(moved, still, strict=True))
    assert told.head_forward_cm == pytest.approx(tragus[2] - shoulders[2])
    assert told.head_drop_cm == pytest.approx(-tragus[1])
    assert told.sink_cm == pytest.approx(-shoulders[1])


def test_the_upright_picture_itself_has_moved_nowhere():
    before, _ = shown([unknowns()], 8.0)
    told = fit_chain(single(before), single(before), (0.0, 0.0, 0.0), (0.0, 9.8, 0.0))
    assert (told.head_forward_cm, told.head_drop_cm, told.sink_cm) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


def test_the_moves_are_those_of_the_forward_model():
    tragus, shoulders = moves(unknowns(cva_drop=0.0, shrug=0.0, protraction=0.0, lean=0.0, seat_dx=10.0)[None])
    assert tragus[:, 0] == pytest.approx([10.0, 0.0, 0.0], abs=1e-9)
    assert shoulders[:, 0] == pytest.approx([10.0, 0.0, 0.0], abs=1e-9)
    tragus, shoulders = moves(unknowns(cva_drop=20.0, shrug=0.0, protraction=0.0)[None])
    # 160 mm from 52.3° to 32.3°, 2.2 % longer: 40 mm forward and 39 mm down, the skin over C7 takes back 5.6 mm
    assert tragus[:, 0] == pytest.approx([0.0, -33.6, 40.4], abs=1.0)
    assert shoulders[:, 0] == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_the_chain_tells_the_distance_without_the_faces_size():
    before, now = shown([unknowns()], 0.0)
    told = fit_chain(single(before), single(now), (0.0, 0.0, 0.0), (0.0, 1.8, 0.0))
    assert told.distance_cm == pytest.approx(now.depth_mm[0] / np.exp(0.0907) / 10, abs=0.1)


# how sure it is


def test_the_chains_variance_covers_people_drawn_from_its_priors():
    random = np.random.default_rng(5)
    xs = MEANS + random.normal(size=(80, len(MEANS))) * SDS
    xs[:, SEAT] = 0.0, -640.0, -760.0
    xs[:, DROP] = random.uniform(0, 30, 80)
    share, mean, spread = np.array(SEATS).T
    belief = (random.random(80) > share[0]).astype(int)
    xs[:, INDEX["seat_dy"]] = random.normal(mean[belief], spread[belief])
    found = fitted(*xs)
    off = (found["cva_drop"] - xs[:, DROP]) / np.sqrt(found.variance)
    assert 0.5 < np.std(off) < 1.3
    assert abs(np.mean(off)) < 0.4


def test_the_variance_widens_with_the_angles_of_the_head_and_with_unseen_shoulders():
    plain = sd(fitted(unknowns()))
    turned, nodded, bent = (
        sd(fitted(unknowns(), turned_deg=angles)) / plain
        for angles in ((30.0, 0.0, 0.0), (0.0, 30.0, 0.0), (0.0, 0.0, 30.0))
    )
    assert turned > nodded > 1.03  # place and depth of a turned or nodded face are worse, of a bent one only the depth
    assert turned > bent > 1.01
    assert sd(fitted(unknowns(), shoulders_seen=False)) > 1.3 * plain


def test_nine_steps_are_enough(monkeypatch):
    cases = [unknowns(cva_drop=d, seat_dy=-40.0, seat_dz=60.0, lean=5.0) for d in (-10.0, 10.0, 35.0)]
    usual = fitted(*cases)["cva_drop"]
    monkeypatch.setattr(kinematics, "ITERATIONS", 60)
    monkeypatch.setattr(kinematics, "SETTLED_DEG", 0.0)
    assert usual == pytest.approx(fitted(*cases)["cva_drop"], abs=0.05)


# its forward model


@pytest.mark.parametrize(("drop_deg", "tilt_deg"), [(0.0, 0.0), (12.0, 8.0), (30.0, -15.0)])
def test_the_forward_model_sees_the_drawn_figure_where_the_camera_does(drop_deg, tilt_deg):
    person, camera = Sitter(cva_drop_deg=drop_deg, chair_mm=(30.0, 0.0, 0.0)), Camera(tilt_deg=tilt_deg)
    seat = np.array([30.0, -person.trunk, -person.neck * np.cos(np.radians(person.cva))])
    x = unknowns(
        ln_head_size=np.log(READS_LONG),
        lean0=0.0,
        trunk=person.trunk,
        neck=person.neck,
        cva0=person.cva,
        cva_drop=drop_deg,
        ln_neck=-0.0011 * drop_deg,  # the drawn neck keeps its length
        biacromial=person.biacromial,
        shoulder_below_c7=person.shoulder_below_c7,
        shoulder_before_c7=person.shoulder_before_c7,
        shrug=0.0,
        protraction=0.0,
    )
    x[SEAT] = seat - about_x(-tilt_deg) @ [0.0, 0.0, camera.distance_mm]
    now = predicted(x, tilt_deg)[0, 7:]
    _, tragus, left, right = (camera.see(point[None])[0] for point in body(person))
    slopes = [point[:2] * [1, -1] / -point[2] for point in (tragus, left, right)]
    across = slopes[1] - slopes[2]
    expected = [*slopes[0], np.log(-tragus[2] * READS_LONG), *(slopes[1] + slopes[2]) / 2, *across]
    assert now == pytest.approx(expected, abs=1e-6)


def test_the_changes_have_the_signs_of_their_names():
    def moved(**change):
        x = unknowns(**{"shrug": 0.0, "protraction": 0.0, "cva_drop": 0.0, **change})
        return np.diff(predicted(x, 0.0, 700.0)[0].reshape(2, 7), axis=0)[0]

    tragus_x, tragus_y, depth, middle_x, middle_y, across_x, across_y = range(7)
    assert moved(cva_drop=10.0)[tragus_y] > 10.0  # down in the picture
    assert moved(cva_drop=10.0)[depth] < -0.01
    assert moved(shrug=20.0)[middle_y] < -10.0
    assert moved(protraction=20.0)[across_x] > 0.0  # nearer
    assert moved(tilt_of_shoulders=20.0)[across_y] == pytest.approx(-20.0, abs=4.0)
    assert moved(lateral=10.0)[tragus_x] > 10.0
    assert moved(seat_dx=20.0)[[tragus_x, middle_x]] == pytest.approx([20.0, 20.0], abs=4.0)
    assert moved(seat_dy=-20.0)[[tragus_y, middle_y]] == pytest.approx([20.0, 20.0], abs=4.0)
    assert moved(seat_dz=50.0)[depth] == pytest.approx(-0.07, abs=0.02)
    assert moved(lean=5.0)[depth] == pytest.approx(-0.07, abs=0.02)  # 544 mm · sin 5° = 47 mm nearer
    assert moved(ln_neck=0.1)[tragus_y] < -5.0
    assert moved(roll=5.0)[[tragus_x, middle_x]].min() > 30.0


def test_the_shoulders_width_is_corrected_for_a_head_that_comes_near_and_down():
    def seen(depth_mm, low):
        return Seen(np.array([[0.0, low]]), np.array([depth_mm]), np.array([[0.0, 0.1]]), np.array([[0.5, 0.0]]))

    before = seen(800.0, -0.2)
    assert kinematics._shoulder_shrink(before, before) == 1.0
    assert kinematics._shoulder_shrink(before, seen(400.0, -0.2)) == pytest.approx(0.933, abs=0.001)
    assert kinematics._shoulder_shrink(before, seen(800.0, 0.3)) == pytest.approx(1.083, abs=0.001)


def test_the_unknowns_have_a_name_each_and_a_spread():
    assert len(NAMES) == len(MEANS) == len(SDS) == 27
    assert (SDS > 0).all()
    assert sum(share for share, _, _ in SEATS) == pytest.approx(1.0)


slope = st.floats(-0.6, 0.6)
sight = st.builds(
    Sight,
    tragus=st.tuples(slope, slope).map(np.array),
    depth_mm=st.floats(300, 1500),
    middle=st.tuples(slope, st.floats(-0.6, 1.2)).map(np.array),
    across=st.tuples(st.floats(-1, 1), slope).map(np.array),
)
angle = st.floats(-40, 40)


@given(
    before=sight, now=sight, turned_deg=st.tuples(angle, angle, angle), pitch0=st.floats(-40, 40), seen=st.booleans()
)
@settings(deadline=None, max_examples=120)
def test_whatever_is_seen_the_chains_answer_is_finite(before, now, turned_deg, pitch0, seen):
    told = fit_chain(before, now, turned_deg, (0.0, pitch0, 0.0), seen)
    assert np.isfinite([getattr(told, each.name) for each in fields(Fit) if each.name not in ("fits", "rest")]).all()
    assert told.fits.variance[0] > 0
