"""Drills: written timelines that are true of the rendered body, idle clips without an exercise, the committed files."""

import json
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from calibration import coach, rates
from calibration.rig import body, drills, lines, make, plan, pose, shots, truth
from calibration.rig.camera import project
from calibration.rig.moves import TARGETS
from posturewatch.baseline import EVERY
from posturewatch.landmarks import Face, Landmarks

COMMITTED = Path(__file__).parent.parent / "calibration" / "drills"
SEED, MAN, WOMAN = 1, make.FIRST_DRILLED, make.FIRST_DRILLED + 1
SITTERS = {index: plan.sitter(index, SEED, "test") for index in (MAN, WOMAN)}
EVERY_DRILL = [(index, drill) for index in SITTERS for drill in drills.drills(index, SEED)]
SIDED = ("turn", "tilt", "sweep")
SWAY = {"turn": 4.0, "tilt": 2.5, "nod": 3.0, "sweep": 6.0, "grow": 1.0, "shoulders": 1.2}  # a sweep's is the turn of a
# bowed head, a little more than that of its neck

NAMES = [f"{SITTERS[index].person.name}-{each.clip.name}" for index, each in EVERY_DRILL]

each_drill = pytest.mark.parametrize(("index", "drill"), EVERY_DRILL, ids=NAMES)


@pytest.fixture(scope="module")
def bodies():
    return {index: body.build(who.person) for index, who in SITTERS.items()}


@pytest.fixture(scope="module")
def truths(bodies):
    """Every picture's truth by time, of a person's drill."""

    @cache
    def told(index, name):
        clip = next(each.clip for i, each in EVERY_DRILL if (i, each.clip.name) == (index, name))
        neutral = pose.bones(bodies[index], SITTERS[index].neutral)
        return {
            shot.t_s: truth.truth(bodies[index], pose.bones(bodies[index], shot.pose), shot.camera, neutral)
            for shot in shots.of_clip(clip, SITTERS[index], bodies[index])
        }

    return lambda index, drill: told(index, drill.clip.name)


def found(axis, way, more=""):
    return next((index, each) for index, each in EVERY_DRILL if each.clip.name == f"{axis}-{way}{more}")


# Timelines


def test_the_same_seed_gives_the_same_drills_and_another_one_others():
    assert drills.drills(MAN, SEED) == drills.drills(MAN, SEED)
    assert drills.drills(MAN, SEED) != drills.drills(MAN, SEED + 1)
    assert drills.drills(MAN, SEED)[0].repetitions != drills.drills(MAN + 2, SEED)[0].repetitions


def test_a_man_and_a_woman_do_all_movements_well_and_the_other_ways_between_them():
    assert [SITTERS[index].person.male > 0.5 for index in (MAN, WOMAN)] == [True, False]
    for index in SITTERS:
        well = {each.axis for i, each in EVERY_DRILL if i == index and each.way == "well"}
        assert well == {*TARGETS, "leave", "hands"}
    ways = {(each.axis, each.way) for _, each in EVERY_DRILL}
    assert {(axis, way) for axis in ("turn", "tilt") for way in ("half", "one_side", "fast")} <= ways
    assert {
        ("sweep", "one_side"),
        ("shoulders", "fast"),
        ("grow", "half"),
        ("leave", "half"),
        ("hands", "half"),
    } <= ways
    idle = {each.clip.name.partition("_")[0] for _, each in EVERY_DRILL if each.axis is None}
    assert idle == {"idle-talking", "idle-nodding", "idle-looking", "idle-typing"}


@each_drill
def test_segments_follow_each_other_and_each_is_reached_before_the_next_begins(index, drill):
    starts = [each.start_s for each in drill.clip.segments]
    assert starts[0] == 0
    assert all(
        later.start_s >= early.start_s + early.blend_s - 1e-6 for early, later in pairwise(drill.clip.segments[1:])
    )
    assert starts[-1] + drill.clip.segments[-1].blend_s < drill.clip.length_s
    assert drill.clip.length_s * drill.clip.fps == pytest.approx(round(drill.clip.length_s * drill.clip.fps))


@each_drill
def test_repetitions_come_one_after_the_other_after_two_seconds_of_sitting_upright(index, drill):
    for each in drill.repetitions:
        assert 2.0 <= each.start_s < each.reached_s <= each.left_s < each.end_s <= drill.clip.length_s
        assert abs(each.at_s - (each.reached_s + each.left_s) / 2) <= 0.5 / drill.clip.fps + 0.001
        assert (each.side is not None) == (drill.axis in SIDED)
        assert each.axis == drill.axis
    assert all(later.start_s >= early.left_s for early, later in pairwise(drill.repetitions))


def test_counts_are_the_repetitions_that_reach_the_target():
    assert found("turn", "well")[1].counts == {"left": 2, "right": 2}
    assert found("tilt", "fast")[1].counts == {"left": 2, "right": 2}
    assert list(found("tilt", "one_side")[1].counts.values()) == [2]
    assert found("nod", "well")[1].counts == {"both": 2}
    assert found("shoulders", "fast")[1].counts == {"both": 3}
    assert found("leave", "well")[1].counts == {"both": 1}
    assert found("turn", "half")[1].counts == found("leave", "half")[1].counts == {}


def test_what_is_done_well_is_held_two_to_four_seconds_and_what_is_fast_takes_about_one():
    for _, each in EVERY_DRILL:
        for done in each.repetitions:
            if each.way in ("well", "one_side") and each.axis in ("turn", "tilt", "nod", "grow"):
                assert 2 <= done.left_s - done.reached_s <= 4
            if each.way == "fast":
                assert 0.8 <= round(done.end_s - done.start_s, 6) <= 1.1


def test_standing_up_lasts_twenty_seconds_when_done_well():
    for index, each in EVERY_DRILL:
        if each.axis == "leave":
            (done,) = each.repetitions
            assert (done.reach >= 20) == (each.way == "well"), index


# What is written is true of the body


@pytest.mark.parametrize(("axis", "way"), [(axis, "well") for axis in TARGETS] + [("turn", "half"), ("tilt", "fast")])
def test_the_body_does_what_is_written_at_the_time_that_is_written(axis, way, truths):
    index, planned = found(axis, way)
    exact = drills.measured(planned, truths(index, planned))
    for wish, done in zip(planned.repetitions, exact.repetitions, strict=True):
        assert done.reach == pytest.approx(wish.reach, abs=SWAY[axis])
        assert (done.reach >= TARGETS[axis]) == (way != "half")


@pytest.mark.parametrize(("axis", "name"), [("turn", "d_turn_deg"), ("tilt", "d_bend_deg"), ("nod", "d_flexion_deg")])
def test_the_head_is_beyond_the_target_in_the_written_repetitions_alone(axis, name, truths):
    index, planned = found(axis, "well")
    beyond = {t_s for t_s, now in truths(index, planned).items() if abs(now[name]) >= TARGETS[axis]}
    during = {t_s for t_s in beyond for each in planned.repetitions if each.start_s <= t_s <= each.end_s}
    assert beyond == during
    assert all(any(each.reached_s <= t_s <= each.left_s for t_s in beyond) for each in planned.repetitions)


def test_the_head_is_bowed_all_through_a_sweep(truths):
    index, planned = found("sweep", "well")
    pictures = truths(index, planned)
    first, last = planned.repetitions[0], planned.repetitions[-1]
    assert min(now["d_flexion_deg"] for t_s, now in pictures.items() if first.start_s <= t_s <= last.left_s) >= 20


def test_a_half_sweep_is_neither_bowed_nor_turned_enough(truths):
    index, planned = found("sweep", "half")
    pictures = truths(index, planned).values()
    assert max(now["d_flexion_deg"] for now in pictures) < 20
    assert max(abs(now["d_turn_deg"]) for now in pictures) < TARGETS["sweep"]


def test_growing_tall_lifts_the_head_and_leaves_the_shoulders_where_they_are(bodies):
    who = SITTERS[MAN]
    neutral = pose.bones(bodies[MAN], who.neutral)
    camera = shots.camera(who.front, shots.eyes(bodies[MAN], who.neutral))
    grown = truth.truth(
        bodies[MAN], pose.bones(bodies[MAN], drills.clips.moved(who.neutral, grow_mm=12)), camera, neutral
    )
    assert grown["head_drop_cm"] == pytest.approx(-1.2, abs=0.05)
    assert abs(grown["sink_cm"]) < 0.05


@pytest.mark.parametrize("side", ["L", "R"])
def test_hands_at_the_nape_are_behind_the_ears_above_the_shoulders_with_the_elbows_out(side, bodies):
    who, row = SITTERS[WOMAN].neutral, body.INDEX
    bones = pose.bones(bodies[WOMAN], drills.clips.moved(who, nape=1))
    points = truth.points(bodies[WOMAN], bones)
    wrist, elbow, knuckle = (
        joint(bodies[WOMAN], bones, row[f"{name}.{side}"]) for name in ("wrist", "lowerarm01", "finger3-1")
    )
    shoulder, ear = points[f"shoulder_{side.lower()}"], points[f"tragus_{side.lower()}"]
    assert wrist[1] > shoulder[1] + 0.05
    assert knuckle[2] < ear[2] - 0.05
    assert abs(elbow[0]) > abs(shoulder[0]) + 0.1


def joint(who, bones, row):
    return bones.rotation[row] @ who.joints[body.BONES[row]] + bones.shift[row]


def test_hands_move_to_the_nape_without_a_jump(bodies):
    who, row = SITTERS[MAN].neutral, body.INDEX["wrist.L"]
    way = [
        joint(bodies[MAN], pose.bones(bodies[MAN], drills.clips.moved(who, nape=x)), row) for x in np.linspace(0, 1, 41)
    ]
    assert max(np.linalg.norm(late - early) for early, late in pairwise(way)) < 0.06


@pytest.mark.parametrize("more", ["", "-in_place"])
def test_who_stands_up_has_the_head_above_the_picture_or_is_gone(more, bodies):
    index, planned = found("leave", "well", more)
    (done,) = planned.repetitions
    for shot in shots.of_clip(planned.clip, SITTERS[index], bodies[index]):
        points = truth.points(bodies[index], pose.bones(bodies[index], shot.pose))
        x, y = project(shot.camera, np.array([(points["eye_l"] + points["eye_r"]) / 2]))[0, :2]
        inside = 0 <= x < shots.SIZE_PX[0] and 0 <= y < shots.SIZE_PX[1]
        if done.reached_s + 0.1 <= shot.t_s <= done.left_s - 0.1:
            assert not inside
        elif shot.t_s < done.start_s or shot.t_s > done.end_s:
            assert inside


# No exercise


@pytest.mark.parametrize("name", ["idle-looking", "idle-looking_10fps"])
def test_looks_aside_go_as_far_as_turns_and_none_lasts_three_seconds(name, truths):
    index, planned = next((i, each) for i, each in EVERY_DRILL if each.clip.name == name)
    pictures = truths(index, planned)
    beyond = [abs(now["d_turn_deg"]) >= TARGETS["turn"] for now in pictures.values()]
    assert max(abs(now["d_turn_deg"]) for now in pictures.values()) > 30
    assert longest(beyond) / planned.clip.fps < 4.0  # two looks to the same side in a row
    assert Counter(np.diff(np.array(beyond, int)))[1] >= 2


def longest(flags):
    """The longest run of true."""
    most = now = 0
    for flag in flags:
        now = now + 1 if flag else 0
        most = max(most, now)
    return most


def test_who_types_looks_at_the_keyboard_for_less_than_two_and_a_half_seconds(truths):
    index, planned = next((i, each) for i, each in EVERY_DRILL if each.clip.name == "idle-typing")
    down = [now["d_flexion_deg"] > 15 for now in truths(index, planned).values()]
    assert any(down)
    assert longest(down) / planned.clip.fps <= 2.5


# Files


def test_thinning_keeps_every_third_point_as_it_was_found_and_the_others_near_it():
    draw = np.random.default_rng(0)
    first = draw.uniform(0, 400, (478, 3))
    second = first @ np.diag([1.02, 0.97, 1.0]) + (5, -3, 1) + draw.normal(0, 0.5, (478, 3))
    before = [{"face": None}, *({"face": face(points), "n": n} for n, points in enumerate((first, second)))]
    after = lines.thinned(before, 3)
    assert after[0] == before[0]
    assert after[2]["n"] == 1
    old, new = (np.array(each[2]["face"]["points"]) for each in (before, after))
    assert np.abs(new - old)[::3].max() <= 0.051
    assert 0.3 < np.abs(new - old).max() < 3
    assert after[2]["face"]["matrix"] == before[2]["face"]["matrix"]


def face(points):
    return {"matrix": [1.0] * 16, "points": points[:, :2].tolist(), "depths": points[:, 2].tolist()}


def test_the_committed_drills_are_those_that_are_made_and_small():
    assert EVERY == 3
    files = {path.name for path in COMMITTED.glob("p[0-9]*")}
    assert files == {name + end for name in NAMES for end in (lines.SUFFIX, ".timeline.json")}
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 2_700_000


@each_drill
def test_the_committed_timelines_are_exact_on_the_body(index, drill, truths):
    told = json.loads((COMMITTED / f"{SITTERS[index].person.name}-{drill.clip.name}.timeline.json").read_text())
    planned = drills.timeline(drill)
    for key in ("fps", "length_s", "axis", "way", "counts", "events"):
        assert told[key] == planned[key]
    for written, wish in zip(told["repetitions"], planned["repetitions"], strict=True):
        assert {**written, "reach": 0} == {**wish, "reach": 0}
    if drill.axis in ("turn", "tilt"):
        exact = drills.measured(drill, truths(index, drill))
        assert [each["reach"] for each in told["repetitions"]] == pytest.approx(
            [each.reach for each in exact.repetitions], abs=0.05
        )


@pytest.mark.parametrize(("axis", "way"), [("turn", "well"), ("leave", "half")])
def test_a_committed_file_has_a_picture_for_each_moment_with_what_was_seen(axis, way):
    index, planned = found(axis, way)
    pictures = lines.read(COMMITTED / f"{SITTERS[index].person.name}-{planned.clip.name}{lines.SUFFIX}")
    assert [each["t_s"] for each in pictures] == [round(n / planned.clip.fps, 3) for n in range(len(pictures))]
    assert len(pictures) == round(planned.clip.length_s * planned.clip.fps)
    assert pictures[0]["face"] is not None
    assert pictures[0]["camera"]["hfov_deg"] == SITTERS[index].front.hfov_deg


# Scoring


def looks(turns_deg, rate_hz=5.0):
    """Looks at a head that turns about the vertical."""
    return [look(n / rate_hz, turn_deg) for n, turn_deg in enumerate(turns_deg)]


def look(t_s, turn_deg):
    sine, cosine = np.sin(np.radians(turn_deg)), np.cos(np.radians(turn_deg))
    matrix = np.eye(4)
    matrix[:3, :3] = 1.1 * np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    points = np.full((478, 3), float(turn_deg))
    return Landmarks(t_s, (640, 480), np.full((33, 4), float(turn_deg)), np.zeros((33, 3)), Face(matrix, points))


def turn_deg(found):
    return np.degrees(np.arctan2(found.face.matrix[0, 2], found.face.matrix[0, 0]))


def test_at_its_own_rate_a_clip_stays_as_it_is_and_at_others_the_head_moves_evenly_and_stays_a_head():
    clip = looks([0, 30, 60, 30])
    assert [turn_deg(each) for each in rates.resampled(clip, 5.0)] == pytest.approx([0, 30, 60, 30])
    faster = rates.resampled(clip, 10.0)
    assert [each.t_s for each in faster] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert [turn_deg(each) for each in faster] == pytest.approx([0, 15, 30, 45, 60, 45, 30])
    assert [np.linalg.det(each.face.matrix[:3, :3]) for each in faster] == pytest.approx([1.1**3] * 7)
    assert faster[1].pose[0, 0] == faster[1].face.points[0, 0] == pytest.approx(15)
    assert [each.t_s for each in rates.resampled(looks(range(7), 10.0), 5.0)] == pytest.approx([0, 0.2, 0.4, 0.6])


def test_a_face_that_only_one_of_two_looks_has_is_the_nearer_ones():
    seen, lost = look(0.0, 10), Landmarks(0.2, (640, 480))
    clip = rates.resampled([seen, lost, lost], 15.0)
    assert [each.face is not None for each in clip[:4]] == [True, True, False, False]


@pytest.mark.parametrize(
    ("axis", "way", "counted", "exact"),
    [
        ("turn", "well", {"left": 2, "right": 2}, True),
        ("turn", "well", {"left": 2, "right": 1}, False),
        ("turn", "half", {}, True),
        ("turn", "half", {"left": 1}, False),
        ("turn", "fast", {}, True),
        ("tilt", "well", {}, True),
        ("tilt", "well", {"left": 1}, False),
        (None, "idle", {"left": 1}, False),
    ],
)
def test_a_set_is_exact_when_both_sides_have_their_own_repetitions_and_no_others(axis, way, counted, exact):
    true = {"left": 2, "right": 2} if way in ("well", "fast") else {}
    drill = coach.Drill("p", 5.0, axis, way, true, 20.0, ())
    assert coach.Set(drill, "turn", 5.0, counted, Counter(), Counter()).exact == exact


def test_every_movement_of_the_catalogue_is_done_by_somebody():
    done = {each.axis for _, each in EVERY_DRILL}
    assert coach.movements().keys() == done - {None}
    assert coach.movements()["hands"].target <= 6.5
