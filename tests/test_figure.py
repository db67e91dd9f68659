"""The pictures of the exercises: what is drawn is what the coach counts, and everyone can see it."""

import re
import stat
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posturewatch import exercises
from posturewatch.drawing.figure import BOTTOM, COLOURS, HEIGHT, WIDTH, _fitted, _kept, animated, svg, write
from posturewatch.drawing.scene import MOTIONS, SHOWS, scene
from posturewatch.drawing.skeleton import (
    ARMS,
    FOREARM,
    HEAD_POINTS,
    LIMITS,
    TRAGUS,
    UPPER_ARM,
    head_rotation,
    joints,
    posed,
)
from posturewatch.errors import PosturewatchError
from posturewatch.exercises import Movement, Step
from posturewatch.geometry import head_angles_deg

SVG = "{http://www.w3.org/2000/svg}"
CATALOGUE = exercises.load()
PICTURES = [(each, number) for each in CATALOGUE for number in range(1, len(each.steps) + 1)]
each_picture = pytest.mark.parametrize(
    ("exercise", "number"), PICTURES, ids=[f"{each.id}-{number}" for each, number in PICTURES]
)


@lru_cache
def pictured(make, exercise_id, number):
    """The picture's text, made once."""
    return make(exercises.by_id(CATALOGUE, exercise_id), number)


def with_step(step):
    return replace(CATALOGUE[0], steps=(step,))


def step(axis=None, target=0.0, sides=(), view="front", repetitions=5, hold_s=3.0, **pose):
    movement = Movement(axis, target, 1.0, sides, repetitions, hold_s) if axis else None
    return Step("Move a little.", view, pose, movement, 20.0)


def drawn(of_step):
    return ET.fromstring(svg(with_step(of_step), 1))


def points(path):
    """The corners (n, 2) of a path of straight lines."""
    return np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", path.get("d").rstrip("Z"))[1:]])


def part(picture, name):
    """The corners of the part of the figure (not of its ghost) with this name."""
    found = [path for path in picture.iter(f"{SVG}path") if name in path.get("class").split()]
    assert len(found) == 1, name
    return points(found[0])


def parts(picture, kind):
    return [points(path) for path in picture.iter(f"{SVG}path") if kind in path.get("class").split()]


def words(picture):
    return [text.text for text in picture.iter(f"{SVG}text")]


# What is drawn is what is counted


def measured_turn_deg(picture):
    """From the eyes alone: their distance shrinks by the cosine, the nose goes aside by the sine."""
    left, right = part(picture, "left_eye").mean(0), part(picture, "right_eye").mean(0)
    aside = part(picture, "nose")[1, 0] - (left[0] + right[0]) / 2
    ahead = HEAD_POINTS["nose"][2] - HEAD_POINTS["left_eye"][2]
    apart = HEAD_POINTS["left_eye"][0] - HEAD_POINTS["right_eye"][0]
    return np.degrees(np.arctan2(aside / ahead, (left[0] - right[0]) / apart))


def measured_tilt_deg(picture):
    (x, y) = part(picture, "left_eye").mean(0) - part(picture, "right_eye").mean(0)
    return np.degrees(np.arctan2(y, x))


def measured_nod_deg(picture):
    """The way from the bridge of the nose to its tip, against that of an upright head."""
    bridge, tip = part(picture, "nose")[:2]
    before = np.array(HEAD_POINTS["nose"])[1:] - np.array(HEAD_POINTS["nose_bridge"])[1:]
    return np.degrees(np.arctan2(*(tip - bridge)[::-1]) - np.arctan2(-before[0], before[1]))


@pytest.mark.parametrize(("target", "side"), [(25, "left"), (25, "right"), (40, "left"), (10, "right")])
def test_the_head_is_turned_in_the_picture_by_just_the_angle_that_is_counted(target, side):
    wanted = target if side == "left" else -target  # the figure's left is on the picture's right
    assert measured_turn_deg(drawn(step("turn", target, (side,)))) == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize(("target", "side"), [(12, "left"), (12, "right"), (30, "left")])
def test_the_head_is_tilted_in_the_picture_by_just_the_angle_that_is_counted(target, side):
    wanted = target if side == "left" else -target
    assert measured_tilt_deg(drawn(step("tilt", target, (side,)))) == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("target", [20, 45])
def test_the_head_is_nodded_in_the_picture_by_just_the_angle_that_is_counted(target):
    assert measured_nod_deg(drawn(step("nod", target, view="side"))) == pytest.approx(target, abs=0.1)


@pytest.mark.parametrize("percent", [2, 10])
def test_the_head_rises_in_the_picture_by_the_part_of_the_ear_shoulder_distance_that_is_counted(percent):
    before, after = drawn(step(motion="rest")), drawn(step("grow", percent))

    def distance(picture):
        ear = [part(picture, f"{side}_ear").mean(0)[1] for side in ("left", "right")]
        apart = part(picture, "left_eye").mean(0)[0] - part(picture, "right_eye").mean(0)[0]
        return (part(picture, "trunk")[:, 1].min() - np.mean(ear)) / apart

    start = joints(scene(step("grow", percent)).start)
    end = joints(scene(step("grow", percent)).end)
    above = start["tragus"][1] - start["left_shoulder"][1]
    assert end["tragus"][1] - end["left_shoulder"][1] == pytest.approx(above * (1 + percent / 100))
    eyes_apart_mm = HEAD_POINTS["left_eye"][0] - HEAD_POINTS["right_eye"][0]
    assert (distance(after) - distance(before)) * eyes_apart_mm == pytest.approx(above * percent / 100, abs=0.1)


@pytest.mark.parametrize("percent", [5, 20])
@pytest.mark.parametrize("motion", SHOWS["shoulders"])
def test_both_shoulders_rise_by_the_part_of_the_shoulder_width_that_is_counted(percent, motion):
    shown = scene(step("shoulders", percent, motion=motion))
    heights = [max(joints(pose)[f"{side}_shoulder"][1] for pose in shown.keys) for side in ("left", "right")]
    start = joints(shown.start)
    width = start["left_shoulder"][0] - start["right_shoulder"][0]
    assert heights[0] == heights[1]
    assert heights[0] - start["left_shoulder"][1] == pytest.approx(width * percent / 100)


@each_picture
def test_the_picture_of_a_counted_step_ends_at_its_very_target_on_each_side(exercise, number):
    """Read back with the formula that the camera's picture goes through."""
    movement = exercise.steps[number - 1].movement
    if movement is None or movement.axis not in ("turn", "tilt", "nod", "sweep"):
        return
    shown = scene(exercise.steps[number - 1])
    ends = [shown.end, shown.other] if shown.other else [shown.end]
    flip = np.diag([-1.0, 1.0, 1.0])  # the figure's x is to its left
    reached = [head_angles_deg(flip @ head_rotation(pose) @ flip) for pose in ends]
    place = {"turn": 0, "sweep": 0, "nod": 1, "tilt": 2}[movement.axis]
    wanted = {"left": -movement.target, "right": movement.target}
    angles = [angle[place] for angle in reached]
    if movement.axis == "nod":
        assert np.abs(angles) == pytest.approx([movement.target])
    else:
        sign = np.sign(angles[0]) * np.sign(wanted[movement.sides[0]])
        assert [sign * angle for angle in angles] == pytest.approx([wanted[side] for side in movement.sides])
        assert len(angles) == len(movement.sides)


def test_a_sweep_is_drawn_with_the_chin_low():
    steps = [each for exercise in CATALOGUE for each in exercise.steps if each.movement]
    sweeps = [each for each in steps if each.movement.axis == "sweep"]
    assert sweeps
    assert all(scene(each).end.nod_deg >= 20 for each in sweeps)


def test_standing_up_is_drawn_from_a_seat_to_two_straight_legs():
    shown = scene(step("leave", 20, view="side"))
    start, end = joints(shown.start), joints(shown.end)
    assert end["crown"][1] - start["crown"][1] == pytest.approx(405)
    assert end["left_hip"][1] - end["left_knee"][1] == pytest.approx(440)


@pytest.mark.parametrize("motion", list(SHOWS["hands"]))
def test_where_hands_at_the_neck_are_counted_the_drawn_wrists_are_above_the_shoulders(motion):
    shown = scene(step("hands", 10, motion=motion))
    for pose in (shown.start, shown.end):
        placed = joints(pose)
        for side in ("left", "right"):
            assert placed[f"{side}_wrist"][1] > placed[f"{side}_shoulder"][1] + 50


@pytest.mark.parametrize("arms", ARMS)
def test_an_arm_keeps_its_two_bones_lengths_whatever_it_does(arms):
    placed = joints(posed({"arms": arms}))
    for side in ("left", "right"):
        elbow = placed[f"{side}_elbow"]
        assert np.linalg.norm(elbow - placed[f"{side}_shoulder"]) == pytest.approx(UPPER_ARM)
        assert np.linalg.norm(elbow - placed[f"{side}_wrist"]) == pytest.approx(FOREARM)


def test_the_head_turns_about_where_the_skull_sits_on_the_neck():
    for words_of in ({}, {"tilt_deg": 30.0}, {"nod_deg": 45.0}, {"turn_deg": 60.0, "nod_deg": 20.0}):
        pose = posed(words_of)
        placed = joints(pose)
        assert head_rotation(pose).T @ (placed["tragus"] - placed["pivot"]) == pytest.approx(TRAGUS)


# Left and right


@pytest.mark.parametrize("axis", ["turn", "tilt", "sweep"])
@pytest.mark.parametrize(("side", "way"), [("left", 1), ("right", -1)])
def test_the_arrow_to_the_left_goes_to_the_side_where_the_figures_left_ear_is(axis, side, way):
    picture = drawn(step(axis, 20, (side,), nod_deg=20.0 if axis == "sweep" else 0.0))
    assert part(picture, "left_upper_arm").mean(0)[0] > part(picture, "right_upper_arm").mean(0)[0]
    arrow, tip = parts(picture, "arrow")[0], parts(picture, "tip")[0]
    assert way * (tip[1, 0] - arrow[0, 0]) > 20
    assert way * (arrow[-1, 0] - WIDTH / 2) > 20
    assert f"to your {side}" in words(picture)


@pytest.mark.parametrize("axis", ["turn", "tilt", "sweep"])
def test_with_both_sides_an_arrow_has_two_heads_and_each_side_its_word(axis):
    picture = drawn(step(axis, 20, ("left", "right")))
    assert len(parts(picture, "tip")) == 2
    at = {text.text: float(text.get("x")) for text in picture.iter(f"{SVG}text")}
    assert at["your right"] < WIDTH / 2 < at["your left"]


def test_from_behind_the_figures_left_is_on_the_left():
    picture = drawn(step("hands", 10, view="back", motion="stroke"))
    assert part(picture, "left_upper_arm").mean(0)[0] < part(picture, "right_upper_arm").mean(0)[0]
    assert "from behind" in words(picture)


def test_forward_is_where_the_face_is_and_up_comes_before_forward():
    picture = drawn(step("shoulders", 5, view="side", motion="circle_forward"))
    assert part(picture, "nose")[1, 0] > part(picture, "right_ear").mean(0)[0]
    x, y = parts(picture, "arrow")[0].T
    assert np.all(np.diff(np.unwrap(np.arctan2(y - y.mean(), x - x.mean()))) > 0)  # clockwise, as y is down
    for motion, way in (("circle_forward", 1), ("circle_backward", -1)):
        shown = scene(step("shoulders", 5, view="side", motion=motion))
        top = int(np.argmax([pose.shoulders_up_mm for pose in shown.keys]))
        assert way * shown.keys[top - 1].shoulders_forward_mm < 0 < way * shown.keys[top + 1].shoulders_forward_mm


# Captions and words


@pytest.mark.parametrize(
    ("of_step", "wanted"),
    [
        (step("turn", 25, ("left",)), "5× to your left, hold 3 s"),
        (step("turn", 25, ("left", "right")), "5× each side, hold 3 s"),
        (step("sweep", 15, ("left", "right"), hold_s=0.0), "5× each way"),
        (step("grow", 2, hold_s=5.0), "5×, hold 5 s"),
        (step("nod", 20, repetitions=1, hold_s=0.0), "about 20 s"),
        (step("shoulders", 5, motion="circle_backward", hold_s=0.0), "5× backward"),
        (step("leave", 20, repetitions=1, hold_s=0.0), "stay up for 20 s or more"),
        (step("hands", 10, repetitions=1, hold_s=0.0), "about 20 s"),
        (step(motion="walk"), "about 20 s"),
    ],
)
def test_the_caption_says_how_often_and_how_long(of_step, wanted):
    assert words(drawn(of_step))[-1] == wanted


# Everyone can see it


def luminance(colour):
    """WCAG 2.2's relative luminance of #rrggbb."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("scheme", "ground"), [(0, "#ffffff"), (1, "#1e1e1e")])
def test_words_and_shapes_have_contrast_in_light_and_dark(scheme, ground):
    colour = {role: both[scheme] for role, both in COLOURS.items()}
    assert colour["paper"] == ground
    assert contrast(colour["word"], ground) >= 4.5
    for role in ("line", "ghost", "accent"):
        assert contrast(colour[role], ground) >= 3, role
    for fill in ("skin", "shirt", "wood"):  # face, arms and chair are told by their lines
        assert contrast(colour["line"], colour[fill]) >= 3, fill
    for fill in ("skin", "hair", "shirt", "cloth"):
        assert contrast(colour["accent"], colour[f"accent_{fill}"]) >= 2.3, fill
    assert contrast(colour["accent"], colour["accent_skin"]) >= 4.5  # eyes, nose and mouth


def test_the_contrast_above_is_wcags():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@each_picture
@pytest.mark.parametrize("make", [svg, animated])
def test_every_step_has_a_picture_with_a_text_alternative_and_nothing_from_outside(exercise, number, make):
    text = pictured(make, exercise.id, number)
    picture = ET.fromstring(text)
    assert picture.tag == f"{SVG}svg"
    assert picture.get("role") == "img"
    ids = {each.get("id"): each for each in picture.iter() if each.get("id")}
    named = [ids[each] for each in picture.get("aria-labelledby").split()]
    assert [each.tag for each in named] == [f"{SVG}title", f"{SVG}desc"]
    assert named[0].text == f"{exercise.name}, step {number} of {len(exercise.steps)}"
    assert exercise.steps[number - 1].text in named[1].text
    assert {each.tag.removeprefix(SVG) for each in picture.iter()} <= {
        *("svg", "title", "desc", "style", "clipPath", "rect", "g", "path", "text", "animate")
    }
    assert not re.search(r"href|script|@import|font-family|url\((?!#)", text)
    assert text.count("http") == 1  # the namespace


def test_every_picture_has_a_dark_side():
    style = next(drawn(step("turn", 25, ("left",))).iter(f"{SVG}style")).text
    light, dark = style.split("@media (prefers-color-scheme:dark)")
    for role, colours in COLOURS.items():
        assert colours[0] in light, role
        assert colours[1] in dark, role


@each_picture
def test_what_moves_in_the_text_moves_in_the_picture(exercise, number):
    shown = scene(exercise.steps[number - 1])
    picture = ET.fromstring(pictured(svg, exercise.id, number))
    assert bool(parts(picture, "on")) == (shown.motion not in ("rest", "days"))
    assert bool(parts(picture, "arrow")) == (shown.motion != "rest")


def test_no_two_steps_of_an_exercise_look_the_same():
    for exercise in CATALOGUE:
        texts = [pictured(svg, exercise.id, n + 1) for n in range(len(exercise.steps))]
        figures = [re.findall(' d="(.*?)"', text) for text in texts]
        assert all(one != other for n, one in enumerate(figures) for other in figures[:n])


def letters_inside(picture):
    for text in picture.iter(f"{SVG}text"):
        width = 15 * 0.56 * len(text.text)
        left = float(text.get("x")) - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
        assert left >= 7.9, text.text
        assert left + width <= WIDTH - 7.9, text.text
        assert 15 <= float(text.get("y")) <= HEIGHT - 5


def seen_inside(picture):
    """Head, arrows and their words are inside; trunk and limbs may run out at the lower edge of the window."""
    for path in picture.iter(f"{SVG}path"):
        kinds = set(path.get("class").split())
        if "rule" in kinds:
            continue
        at = points(path)
        assert np.isfinite(at).all()
        if kinds & {"face", "nose", "mouth", "arrow", "tip", "panel"}:
            assert at.min() >= 0, kinds
            assert at[:, 0].max() <= WIDTH
            assert at[:, 1].max() <= BOTTOM, kinds


@each_picture
def test_heads_arrows_and_words_are_inside_the_picture(exercise, number):
    picture = ET.fromstring(pictured(svg, exercise.id, number))
    seen_inside(picture)
    letters_inside(picture)


POSES = st.fixed_dictionaries(
    {},
    optional={
        **{word: st.floats(*limits) for word, limits in LIMITS.items()},
        "arms": st.sampled_from(ARMS),
        "standing": st.sampled_from([0, 1]),
    },
)
MOVEMENTS = st.one_of(
    st.tuples(st.just(None), st.sampled_from(sorted(MOTIONS))),
    st.sampled_from([(axis, motion) for axis, motions in SHOWS.items() for motion in motions]),
)
TARGETS = {"turn": 60, "tilt": 35, "nod": 45, "sweep": 45, "grow": 10, "shoulders": 30, "leave": 900, "hands": 900}
SIDES = st.sampled_from([("left",), ("right",), ("left", "right"), ("right", "left")])


@settings(max_examples=60, deadline=None)
@example({"tilt_deg": 18.0, "trunk_lean_deg": 41.0}, (None, "let_go"), 0.0, ("left",), "front")
@given(POSES, MOVEMENTS, st.floats(0, 1), SIDES, st.sampled_from(["front", "side", "back"]))
def test_any_pose_in_range_with_any_movement_is_inside_the_picture(pose, shown, part_of, sides, view):
    axis, motion = shown
    target = max(TARGETS[axis] * part_of, 1) if axis else 0
    of_step = step(axis, target, sides if axis in ("turn", "tilt", "sweep") else (), view, **pose, motion=motion)
    picture = drawn(of_step)
    seen_inside(picture)
    letters_inside(picture)


@pytest.mark.parametrize(
    ("x", "anchor", "kept"), [(390, "start", 308), (5, "end", 92), (395, "middle", 350), (200, "middle", 200)]
)
def test_a_word_that_would_run_out_of_the_picture_is_moved_inside(x, anchor, kept):
    assert _kept("abcdefghij", x, anchor) == pytest.approx(kept)  # 84 px wide, 8 px from the edge


def test_what_is_too_wide_for_the_picture_makes_the_figure_smaller():
    wide = np.array([[-900.0, -1200.0], [900.0, -1000.0]])
    at = _fitted(scene(step(motion="rest")), wide, wide).px(wide)
    assert at[:, 0] == pytest.approx([8, WIDTH - 8])


def test_text_is_escaped_and_control_characters_are_left_out():
    strange = replace(with_step(replace(step(), text='<b> & "quote" \x00\x1b ]]>')), name="<script>&")
    picture = ET.fromstring(svg(strange, 1))
    assert next(picture.iter(f"{SVG}title")).text == "<script>&, step 1 of 1"
    assert '<b> & "quote"    ]]>' in next(picture.iter(f"{SVG}desc")).text


# The moving picture


@each_picture
def test_the_moving_picture_passes_start_and_end_and_comes_back(exercise, number):
    shown = scene(exercise.steps[number - 1])
    ways = list(ET.fromstring(pictured(animated, exercise.id, number)).iter(f"{SVG}animate"))
    assert bool(ways) == any(pose != shown.keys[0] for pose in shown.keys)
    for way in ways:
        values, times = way.get("values").split(";"), [float(t) for t in way.get("keyTimes").split(";")]
        assert values[0] == values[-1]
        assert len(values) == len(times) == len(way.get("keySplines").split(";")) + 1 == len(shown.keys)
        assert times == sorted(times)
        assert times[0] == 0
        assert times[-1] == 1
        assert len({value.count("L") for value in values}) == 1  # else a viewer would jump
        assert way.get("repeatCount") == "indefinite"


def test_the_moving_picture_holds_the_end_as_long_as_the_exercise_says():
    shown = scene(step("turn", 25, ("left",), hold_s=5.0))
    assert shown.keys[1] == shown.keys[2] == shown.end
    assert shown.seconds[1] == 5.0
    period = next(ET.fromstring(animated(with_step(step("turn", 25, ("left",), hold_s=5.0)), 1)).iter(f"{SVG}animate"))
    assert float(period.get("dur").rstrip("s")) == pytest.approx(sum(shown.seconds))


def test_the_moving_picture_of_two_sides_goes_to_both():
    shown = scene(step("tilt", 12, ("left", "right")))
    assert [pose.tilt_deg for pose in shown.keys] == [0, -12, -12, 0, 12, 12, 0]
    assert shown.seconds[1] == shown.seconds[4] == 3.0


def test_who_wants_no_motion_sees_the_still_picture():
    picture = ET.fromstring(animated(with_step(step("turn", 25, ("left",))), 1))
    groups = {group.get("class"): group for group in picture.iter(f"{SVG}g") if group.get("class")}
    assert not list(groups["still"].iter(f"{SVG}animate"))
    assert list(groups["moving"].iter(f"{SVG}animate"))
    style = next(picture.iter(f"{SVG}style")).text
    shown = "{.posturewatch .still{display:inline}.posturewatch .moving{display:none}}"
    assert f".posturewatch .still{{display:none}}@media (prefers-reduced-motion:reduce){shown}" in style


# Mistakes and files


@pytest.mark.parametrize(
    ("of_step", "said"),
    [
        (step(turn_degs=3), "unknown pose word 'turn_degs'. Did you mean 'turn_deg'?"),
        (step(turn_deg=300.0), "`turn_deg` must be a number from -80 to 80, got 300.0."),
        (step(turn_deg="left"), "`turn_deg` must be a number from -80 to 80, got 'left'."),
        (step(arms="laps"), "unknown arms 'laps'. Did you mean 'lap'?"),
        (step(motion="dance"), "unknown motion 'dance'. Choose one of: rest, settle,"),
        (step("turn", 25, ("left",), motion="walk"), "unknown motion 'walk' for a turn. Choose one of: turn."),
        (step("shoulders", 5, motion="settle"), "unknown motion 'settle' for a shoulders."),
    ],
)
def test_a_word_that_cannot_be_drawn_is_named_with_its_step(of_step, said):
    with pytest.raises(PosturewatchError) as error:
        svg(with_step(of_step), 1)
    assert str(error.value).startswith(f"crown-stretch-chin-sweep, step 1: {said}")


@pytest.mark.parametrize("number", [0, 6, -1])
@pytest.mark.parametrize("make", [svg, animated])
def test_a_step_that_is_not_there_is_a_mistake(number, make):
    with pytest.raises(PosturewatchError, match=f"has no step {number}. Choose one from 1 to 5."):
        make(CATALOGUE[0], number)


def test_one_file_is_written_for_every_step_for_the_user_alone(tmp_path):
    exercise = exercises.by_id(CATALOGUE, "self-massage")
    paths = write(exercise, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [f"self-massage-{n}.svg" for n in range(1, 7)]
    assert [path.read_text(encoding="utf-8") for path in paths] == [svg(exercise, n) for n in range(1, 7)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert write(exercise, tmp_path / "new" / "folder") == paths  # again, over them


def test_a_folder_that_is_a_file_is_a_mistake(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(PosturewatchError, match=r"Cannot write into .*taken: .* Choose another folder\."):
        write(CATALOGUE[0], tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_picture_that_cannot_be_written_is_a_mistake(tmp_path):
    (tmp_path / f"{CATALOGUE[0].id}-1.svg").mkdir()
    with pytest.raises(PosturewatchError, match="Cannot write into"):
        write(CATALOGUE[0], tmp_path)
