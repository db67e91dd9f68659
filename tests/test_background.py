"""A drawn room, seen by a camera that is turned, zoomed and carried away while lamps and people come and go."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from posturewatch.looking import background
from posturewatch.looking.background import compare, reference

SIZE = (60, 80)  # rows, columns
FINE = 5  # the room's points in one of the picture's pixels, across and down
SITTER = (40.0, 24.0, 20.0)
DEGREE = 1.0  # of the camera's turn: pixels of 80 at a field of view of 70°


@dataclass(frozen=True)
class Room:
    """Shelves, pictures and a door, or nothing but a wall."""

    seed: int = 1
    things: int = 60
    points: np.ndarray = field(init=False, compare=False)

    def __post_init__(self):
        random = np.random.default_rng(self.seed)
        points = np.full((120 * FINE, 160 * FINE), 120.0)
        for _ in range(self.things):
            y, x = random.integers(0, 110 * FINE), random.integers(0, 150 * FINE)
            points[y : y + random.integers(20, 120), x : x + random.integers(20, 120)] = random.uniform(30, 220)
        object.__setattr__(self, "points", points)


def seen(room=None, right=0.0, down=0.0, zoom=1.0, light=None, sitter=SITTER, noise=1.0, seed=0, put=()):
    """The picture of a camera turned so that all in it moves to the right and down by so many pixels; put: (rows,
    columns, grey) of things in the picture."""
    room = room or Room()
    rows, columns = (
        (half + (np.arange(size * FINE) - size * FINE / 2) / zoom - by * FINE).round().astype(int)
        for half, size, by in ((60 * FINE, SIZE[0], down), (80 * FINE, SIZE[1], right))
    )
    grey = room.points[rows][:, columns].reshape(SIZE[0], FINE, SIZE[1], FINE).mean((1, 3))
    for there, across, tone in put:
        grey[there, across] = tone
    if light is not None:
        grey = light(grey)
    if sitter is not None:
        grey[body(sitter)] = 70
    return np.clip(grey + np.random.default_rng(seed).normal(0, noise, SIZE), 0, 255).astype(np.uint8)


def body(sitter):
    """Head and trunk of a person of that place."""
    x, y, width = sitter
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    head = ((columns - x) / 0.28) ** 2 + ((rows - y + 0.1 * width) / 0.42) ** 2 < width**2
    return head | ((rows > y + 0.55 * width) & (abs(columns - x) < 0.62 * width))


BEFORE = reference(seen(), SITTER)


def judged(place=SITTER, **changes):
    return compare(BEFORE, seen(seed=9, sitter=place, **changes), place)


def test_the_same_room_is_as_before():
    found = judged()
    assert found.told
    assert found.numbers == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "light",
    [
        pytest.param(lambda grey: grey * 0.45, id="dusk"),
        pytest.param(lambda grey: grey * 0.5 + 90, id="haze"),
        pytest.param(lambda grey: grey * 1.5, id="exposed for a dark shirt, the brightest clipped"),
        pytest.param(lambda grey: 255 * (grey / 255) ** 1.6, id="gamma"),
        pytest.param(lambda grey: grey * np.linspace(0.6, 1.4, SIZE[1]), id="lamp at the right"),
        pytest.param(lambda grey: grey * np.linspace(1.3, 0.7, SIZE[0])[:, None], id="ceiling light"),
    ],
)
def test_light_changes_nothing(light):
    found = judged(light=light)
    assert found.told
    assert found.shift == (0.0, 0.0)
    assert found.changed <= 0.1


def test_noise_as_of_a_dark_room_changes_nothing():
    found = judged(noise=3.0)
    assert found.shift == (0.0, 0.0)
    assert found.changed <= 0.1


@pytest.mark.parametrize("place", [(34.0, 24.0, 20.0), (46.0, 26.0, 20.0), (40.0, 27.0, 25.0), (40.0, 22.0, 16.0)])
def test_a_person_who_moves_changes_nothing(place):
    found = judged(place)
    assert found.shift == (0.0, 0.0)
    assert found.changed <= 0.1


def test_an_empty_chair_changes_nothing():
    found = judged(place=None)
    assert found.shift == (0.0, 0.0)
    assert found.changed <= 0.1


@pytest.mark.parametrize(
    "thing",
    [
        pytest.param((slice(0, 60), slice(62, 76), 40), id="somebody who walks past behind"),
        pytest.param((slice(0, 55), slice(4, 18), 200), id="a door that opens"),
        pytest.param((slice(5, 20), slice(2, 22), 230), id="a screen"),
    ],
)
def test_a_part_of_the_room_that_changes_is_no_move_of_the_camera(thing):
    found = judged(put=[thing])
    assert found.shift == (0.0, 0.0)
    assert 0.05 < found.changed < 0.6


@pytest.mark.parametrize("degrees", [3.0, -3.0, 5.0, 8.0])
@pytest.mark.parametrize("way", ["right", "down"])
def test_a_camera_turned_by_3_degrees_or_more_shifts_the_room_by_as_much(degrees, way):
    moved = {"right": 0.0, "down": 0.0, way: degrees * DEGREE}
    found = judged((SITTER[0] + moved["right"], SITTER[1] + moved["down"], SITTER[2]), **moved)
    assert found.shift == pytest.approx((moved["right"] / 80, moved["down"] / 80), abs=0.5 / 80)
    assert found.changed < 0.5


@pytest.mark.parametrize("light", [lambda grey: grey * 0.5, lambda grey: grey * np.linspace(0.6, 1.4, SIZE[1])])
def test_a_turn_is_told_in_another_light_too(light):
    found = judged(down=4.0, light=light)
    assert found.shift == pytest.approx((0.0, 4 / 80), abs=0.5 / 80)


def test_a_shift_is_measured_between_pixels():
    assert judged(down=4.4).shift == pytest.approx((0.0, 4.4 / 80), abs=0.3 / 80)


@pytest.mark.parametrize("zoom", [1.1, 1.25, 0.85])
def test_a_camera_that_zooms_shows_no_longer_the_same(zoom):
    x, y, width = SITTER
    found = judged((40 + (x - 40) * zoom, 30 + (y - 30) * zoom, width * zoom), zoom=zoom)
    assert np.hypot(*found.shift) >= 0.02 or found.changed >= 0.75


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_another_room_is_changed_all_over(seed):
    assert judged(room=Room(seed)).changed >= 0.75


def test_a_plain_wall_cannot_be_told():
    wall = Room(things=0)
    found = compare(reference(seen(wall), SITTER), seen(wall, right=5.0, seed=9), SITTER)
    assert not found.told
    assert found.numbers is None


def test_what_became_too_dark_or_too_bright_is_not_compared():
    for tone in (0.02, 30.0):
        assert judged(light=lambda grey, tone=tone: grey * tone).numbers is None


def test_a_wall_where_a_room_was_is_changed():
    assert judged(room=Room(things=0)).changed == 1.0


def test_a_sitter_who_fills_the_picture_leaves_nothing_to_compare():
    near = (40.0, 25.0, 70.0)
    assert compare(reference(seen(sitter=near), near), seen(sitter=near, seed=9), near).numbers is None


def test_a_picture_of_another_size_or_kind_is_refused():
    with pytest.raises(ValueError, match=r"shape \(60, 80\), got \(45, 80\)"):
        compare(BEFORE, np.zeros((45, 80), np.uint8), None)
    with pytest.raises(ValueError, match="2 dimensions of at least 24"):
        reference(np.zeros((60, 80, 3), np.uint8), None)
    with pytest.raises(ValueError, match="2 dimensions of at least 24"):
        reference(np.zeros((20, 80), np.uint8), None)


def test_the_person_is_left_out_from_the_crown_down():
    hidden = background.person(SIZE, SITTER)
    assert hidden[body(SITTER)].all()
    assert not hidden[:8].any()
    assert hidden[59, 40 - 23 : 40 + 24].all()
    assert not hidden[24, :28].any()


@settings(max_examples=40, deadline=None)
@given(right=st.integers(-8, 8), down=st.integers(-8, 8), seed=st.integers(0, 20))
def test_a_shift_of_2_pixels_or_more_is_measured(right, down, seed):
    assume(np.hypot(right, down) >= 2)
    room = Room(seed)
    found = compare(reference(seen(room, sitter=None), None), seen(room, right, down, sitter=None, seed=5), None)
    assert found.shift == pytest.approx((right / 80, down / 80), abs=0.5 / 80)
    assert found.changed < 0.3
