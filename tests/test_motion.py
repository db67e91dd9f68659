"""What moves between two thumbnails and what only looks otherwise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from thumbnails import HEIGHT, WIDTH, thumbnail

from posturewatch.looking import motion

BEFORE = thumbnail(seed=1)


def head(picture):
    return picture[10:42, 25:54]


def shifted(**change):
    """How far the head's part of the picture has moved, in parts of the picture's width."""
    return motion.shift(head(BEFORE), head(thumbnail(seed=2, **change))) / WIDTH


@pytest.mark.parametrize("part", [0.002, 0.004, 0.006, 0.01, -0.006, -0.01])
@pytest.mark.parametrize("way", ["right", "down"])
def test_a_shift_is_measured_to_a_fraction_of_a_pixel(part, way):
    assert shifted(**{way: part}) == pytest.approx(abs(part), rel=0.4)


def test_right_and_down_add_up_as_the_sides_of_a_triangle():
    assert shifted(right=0.006, down=0.008) == pytest.approx(0.010, rel=0.35)


@pytest.mark.parametrize("grown", [0.96, 0.98, 1.02, 1.04])
def test_growing_counts_as_what_it_moves_at_half_the_height(grown):
    assert shifted(grown=grown) * WIDTH == pytest.approx(abs(grown - 1) * 32 / 2, rel=0.45)


@pytest.mark.parametrize("noise_sd", [0.0, 0.7, 1.5, 3.0])
def test_noise_moves_nothing(noise_sd):
    assert shifted(noise_sd=noise_sd) < 0.0008


@pytest.mark.parametrize("light", [{"gain": 0.5}, {"gain": 0.8}, {"gain": 1.2}, {"offset": 20.0}, {"offset": -20.0}])
def test_light_moves_nothing_and_hides_no_move(light):
    assert shifted(**light) < 0.0008
    assert shifted(right=0.006, **light) == pytest.approx(0.006, rel=0.35)


def test_where_there_is_nothing_to_be_seen_nothing_moves():
    flat = np.full((32, 29), 120, np.uint8)
    assert motion.shift(flat, flat) == 0.0
    assert motion.shift(flat, flat + 60) < 0.01
    assert not motion.changed(flat, flat)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"noise_sd": 1.5}, False),
        ({"gain": 0.5}, False),
        ({"gain": 0.8}, False),
        ({"gain": 1.3}, False),
        ({"lamp": 0.1}, True),
        ({"lamp": 0.5}, True),
        ({"person": False}, True),
        ({"right": 0.1}, True),
    ],
)
def test_something_else_in_a_place_is_a_change_and_more_or_less_light_on_all_is_none(change, expected):
    assert motion.changed(BEFORE, thumbnail(seed=2, **change)) is expected
    assert motion.changed(thumbnail(seed=2, **change), BEFORE) is expected


@pytest.mark.parametrize("dark", range(30, 37))
def test_a_dark_shirt_before_a_light_wall_is_no_change_whichever_has_more_of_the_picture(dark):
    before, now = np.full((2, 16, 64), 150, np.uint8)
    before[:, :dark] = now[:, :dark] = 50
    now[:, dark] = 125  # the edge went on by a quarter of a pixel
    assert not motion.changed(before, now)


def test_a_change_by_less_than_what_a_still_picture_steps_from_pixel_to_pixel_is_none():
    flat = np.full((16, 16), 100, np.uint8)  # below 4 steps a pixel there is nothing to compare with but 4
    for change, expected in ((3, False), (4, True)):
        other = flat.copy()
        other[:8, :8] += change
        assert motion.changed(flat, other) is expected, change


def test_a_picture_without_one_whole_cell_never_changes():
    assert not motion.changed(np.zeros((7, 80), np.uint8), np.full((7, 80), 255, np.uint8))


def test_what_is_left_over_beside_the_cells_does_not_count():
    flat = np.full((20, 20), 100, np.uint8)
    other = flat.copy()
    other[17:, :] = 250
    assert not motion.changed(flat, other)
    other[8, :] = 250
    assert motion.changed(flat, other)


pictures = arrays.arrays(np.uint8, st.tuples(st.integers(8, HEIGHT), st.integers(8, WIDTH)))


@settings(max_examples=60, deadline=None)
@given(st.data(), pictures)
def test_whatever_the_pictures_a_shift_is_a_finite_number_and_a_picture_is_as_itself(data, picture):
    other = data.draw(arrays.arrays(np.uint8, picture.shape))
    found = motion.shift(picture, other)
    assert math.isfinite(found)
    assert found >= 0
    assert isinstance(motion.changed(picture, other), bool)
    assert motion.shift(picture, picture) < 1e-3
    assert not motion.changed(picture, picture)


def test_neither_changes_the_pictures():
    one, other = thumbnail(seed=1), thumbnail(seed=2, right=0.1)
    copies = one.copy(), other.copy()
    motion.shift(one, other)
    motion.changed(one, other)
    assert (one == copies[0]).all()
    assert (other == copies[1]).all()
