"""The rig's plans: seeded people, every kind of picture, timelines without jumps, files that are read as written."""

import os
from collections import Counter
from dataclasses import asdict, fields, replace
from itertools import pairwise

import numpy as np
import pytest

from calibration.rig import assets, clips, lines, make, plan
from calibration.rig.desk import moved
from calibration.rig.spec import Pose

COUNT, SEED = 90, 1
PEOPLE = plan.people(COUNT, SEED)
SITTINGS = {who.person.name: {each.view: each for each in plan.sittings(who)} for who in PEOPLE}

SWEEP = {("fh", level): level for level in (5, 10, 15, 20, 25, 30, 35)}
VARIANTS = {("fh_slump", 18): 18} | {(f"fh_{name}", 20): 20 for name in ("chair_back", "chair_fwd", "lookdown", "sink")}
KEPT_UPRIGHT = {
    *(("lean_neck_upright", 10), ("lean_neck_upright", 20), ("chair", -150), ("chair", 150)),
    *(("torso_yaw", -20), ("torso_yaw", 20), ("sh_up", 13), ("sh_fwd", 16), ("reach", 1)),
}
AS_IT_COMES = {
    *(("lean_rigid", 10), ("lean_rigid", 20), ("lean_side", -10), ("lean_side", 10)),
    *(("look_down", level) for level in (15, 30, 40, -12)),
    *(("yaw", level) for level in (-40, -20, 20, 40)),
    *(("roll", level) for level in (-20, 20)),
    *(("chin", 1), ("phone", 1)),
}


def wanted(sitting):
    return {(take.kind, take.level): take.drop_deg for take in sitting.takes}


def numbers(pose):
    return np.array([value for name in clips.NUMBERS for value in np.ravel(getattr(pose, name))])


# People


def test_the_same_seed_gives_the_same_people_and_pictures():
    again = plan.people(COUNT, SEED)
    assert again == PEOPLE
    assert {who.person.name: {each.view: each for each in plan.sittings(who)} for who in again[:6]} == {
        name: SITTINGS[name] for name in list(SITTINGS)[:6]
    }


def test_a_person_depends_on_the_seed_and_their_index_alone():
    fewer = plan.people(12, SEED)
    for few, many in zip(fewer, PEOPLE, strict=False):
        assert replace(few, split=many.split) == many
    assert plan.people(1, SEED + 1)[0].person != PEOPLE[0].person


def test_the_first_two_thirds_are_for_fitting_and_nobody_is_for_both():
    fit, test = ({who.person.name for who in PEOPLE if who.split == split} for split in ("fit", "test"))
    assert (len(fit), len(test)) == (60, 30)
    assert not fit & test
    assert max(fit) < min(test)
    assert all(each.split == who.split for who in PEOPLE for each in SITTINGS[who.person.name].values())
    assert len({repr(replace(who.person, name="")) for who in PEOPLE}) == COUNT


def test_people_are_of_both_sexes_in_each_part_and_in_the_protocol():
    for split in ("fit", "test"):
        part = [who for who in PEOPLE if who.split == split]
        assert 0.4 < np.mean([who.person.male > 0.5 for who in part]) < 0.6
        with_protocol = [who for who in part if "fh" in kinds(who)]
        assert 0.4 < np.mean([who.person.male > 0.5 for who in with_protocol]) < 0.6


def test_people_wear_glasses_head_sets_and_loose_clothes_in_about_the_wanted_shares():
    many = [plan.cast.person(SEED, index) for index in range(600)]
    assert np.mean([each.glasses for each in many]) == pytest.approx(0.25, abs=0.05)
    assert np.mean([each.headset for each in many]) == pytest.approx(0.12, abs=0.04)
    assert np.mean([each.loose_mm > 0 for each in many]) == pytest.approx(0.25, abs=0.05)
    assert {each.hair is None for each in many} == {True, False}
    assert not [each for each in many if each.beard > 0 and each.male < 0.5]
    assert max(each.age for each in many) <= 0.65
    darkest, lightest = min(each.skin for each in many), max(each.skin for each in many)
    assert darkest[0] < 90
    assert lightest[0] > 220


def test_what_people_wear_and_how_they_are_shaped_is_in_the_packed_assets():
    for who in PEOPLE:
        person = who.person
        worn = {person.clothes: "clothes", person.brows: "brows", person.hair or "short01": "hair"}
        assert not [name for name, kind in worn.items() if name not in assets.proxies(kind)]
        assert person.details.keys() <= set(assets.targets())
        assert person.eyes in assets.textures()


def kinds(who):
    return {take.kind for take in SITTINGS[who.person.name]["front"].takes}


# Cameras and neutral poses


def test_cameras_stand_where_laptops_and_screens_have_them():
    for who in PEOPLE:
        camera = who.front
        assert 45 <= camera.distance_cm <= 90
        assert -15 <= camera.height_cm <= 25
        assert -20 <= camera.pitch_deg <= 10
        assert abs(camera.lateral_cm) <= 6
        assert 55 <= camera.hfov_deg <= 95
    low = np.mean([who.front.height_cm < 0 and who.front.distance_cm <= 65 for who in PEOPLE])
    assert low == pytest.approx(0.35, abs=0.12)
    assert np.mean([60 <= who.front.hfov_deg <= 80 for who in PEOPLE]) > 0.65


def test_every_camera_has_head_and_shoulders_in_its_picture_with_the_eyes_above_the_middle():
    for group in SITTINGS.values():
        for sitting in group.values():
            camera = sitting.placement
            half_height = np.tan(np.radians(camera.hfov_deg / 2)) * 3 / 4
            for above_cm, lowest, highest in ((13, -1, 1), (0, -0.05, 1), (-24, -1, 1)):
                elevation_deg = np.degrees(np.arctan2(above_cm - camera.height_cm, camera.distance_cm))
                place = np.tan(np.radians(elevation_deg - camera.pitch_deg)) / half_height  # −1 bottom … 1 top
                assert lowest < place < highest, sitting.group


def test_cameras_beside_and_aslant_of_the_person_stand_on_both_sides():
    for view, low, high in (("side", 75, 105), ("oblique", 25, 60)):
        angles = [group[view].placement.azimuth_deg for group in SITTINGS.values() if view in group]
        assert len(angles) == COUNT // 3
        assert {np.sign(angle) for angle in angles} == {-1, 1}
        assert all(low <= abs(angle) <= high for angle in angles)
    assert not [name for name, group in SITTINGS.items() if {"side", "oblique"} <= group.keys()]


def test_people_sit_upright_in_their_own_ways():
    for who in PEOPLE:
        pose = who.neutral
        assert -8 <= pose.trunk_lean_deg <= 4
        assert -5 <= pose.forward_head_deg <= 12
        assert -2 <= pose.flexion_deg <= 6
        assert 0 <= pose.slump_deg <= 8
        assert all(0 <= side <= 6 for side in pose.shoulders_forward_deg)
    assert len({who.neutral for who in PEOPLE}) == COUNT


def test_scenes_cover_every_light_and_the_sensors_range():
    assert {who.scene.light for who in PEOPLE} == {"mixed", "window", "ceiling", "dim", "back-lit"}
    for who in PEOPLE:
        assert 2 <= who.scene.noise <= 7
        assert 60 <= who.scene.jpeg <= 92
        assert 0 <= who.scene.blur_px <= 1.2


# Pictures


def test_everybody_has_one_neutral_first_twelve_random_and_four_resit_pictures():
    for group in SITTINGS.values():
        takes = group["front"].takes
        assert [take.neutral for take in takes] == [True] + [False] * (len(takes) - 1)
        count = Counter(take.kind for take in takes)
        assert (count["neutral"], count["random"], count["resit"]) == (1, 12, 4)


def test_all_people_for_testing_and_every_second_for_fitting_have_the_protocol():
    having = {who.index for who in PEOPLE if "fh" in kinds(who)}
    assert having == {*range(0, 60, 2), *range(60, 90)}


def test_the_protocol_has_every_kind_of_pose_with_the_change_of_cva_it_stands_for():
    takes = wanted(SITTINGS["p000"]["front"])
    for key, drop_deg in {**SWEEP, **VARIANTS, **dict.fromkeys(KEPT_UPRIGHT, 0), **dict.fromkeys(AS_IT_COMES)}.items():
        assert takes[key] == drop_deg, key
    count = Counter(kind for kind, _ in takes)
    assert count["roll"] == 3
    jitters = [take for take in SITTINGS["p000"]["front"].takes if take.kind == "neutral_jitter"]
    assert [take.drop_deg for take in jitters] == [0, 0, 0]
    for kind, low, high in (("sink", 20, 50), ("slump", 10, 18), ("chair_side", -80, 80)):
        [(level, drop_deg)] = [(level, drop) for (each, level), drop in takes.items() if each == kind]
        assert low <= level <= high
        assert drop_deg == 0


def test_each_kind_changes_what_its_name_says():
    who = PEOPLE[0]
    takes = {(take.kind, take.level): take.pose for take in SITTINGS["p000"]["front"].takes}
    still = who.neutral
    assert takes["look_down", 30].flexion_deg == pytest.approx(still.flexion_deg + 30, abs=8)
    assert takes["yaw", 40].turn_deg == pytest.approx(still.turn_deg + 40, abs=8)
    assert takes["roll", -20].bend_deg == pytest.approx(still.bend_deg - 20, abs=6)
    assert takes["fh_sink", 20].up_mm == still.up_mm - 30
    assert takes["chair", 150].forward_mm == pytest.approx(still.forward_mm + 150, abs=48)
    assert takes["lean_rigid", 20].trunk_lean_deg == pytest.approx(still.trunk_lean_deg + 20, abs=4)
    assert takes["lean_side", 10].trunk_side_deg == pytest.approx(still.trunk_side_deg + 10, abs=3.2)
    assert takes["sh_up", 13].shoulders_up_deg == (13, 13)
    turned = takes["torso_yaw", 20]
    assert turned.trunk_turn_deg == pytest.approx(still.trunk_turn_deg + 20)
    assert (turned.turn_deg, turned.gaze_kept) == (pytest.approx(still.turn_deg, abs=8), 1)
    assert {takes[kind, 1].arm for kind in ("reach", "chin", "phone")} == {"reach", "chin", "phone"}


def test_random_pictures_are_forward_often_and_nobody_is_lifted_off_the_seat():
    takes = [take for group in SITTINGS.values() for take in group["front"].takes if take.kind == "random"]
    drops = np.array([take.drop_deg for take in takes])
    assert np.mean(drops > 10) == pytest.approx(0.6 * 25 / 40, abs=0.06)
    assert -20 < drops.min() < 0
    assert all(take.pose.up_mm <= 0 for take in takes)
    sinks = -np.array([take.pose.up_mm for take in takes])
    assert np.sqrt(np.mean(sinks**2)) == pytest.approx(15, abs=1.5)
    assert np.mean([take.pose.arm is not None for take in takes]) == pytest.approx(0.08, abs=0.03)


def test_sitting_down_again_is_nearly_neutral():
    for who in PEOPLE:
        for take in SITTINGS[who.person.name]["front"].takes:
            if take.kind == "resit":
                assert abs(take.drop_deg) <= 2
                assert abs(take.pose.trunk_lean_deg - who.neutral.trunk_lean_deg) <= 2.001
                for way in ("right_mm", "up_mm", "forward_mm"):
                    assert abs(getattr(take.pose, way) - getattr(who.neutral, way)) <= 25.001


def test_from_the_side_and_aslant_there_are_fewer_kinds():
    beside = wanted(SITTINGS["p000"]["side"])
    assert SWEEP.items() <= beside.items()
    assert {kind for kind, _ in beside} == {
        *("neutral", "fh", "lean_rigid", "look_down", "fh_slump", "sh_fwd", "reclining"),
    }
    [back] = [take.pose for take in SITTINGS["p000"]["side"].takes if take.kind == "reclining"]
    assert -24 < back.trunk_lean_deg - PEOPLE[0].neutral.trunk_lean_deg < -11
    aslant = Counter(take.kind for take in SITTINGS["p001"]["oblique"].takes)
    assert aslant == {"neutral": 1, "fh": 3, "random": 4}


def test_moving_a_pose_adds_to_both_shoulders():
    pose = moved(Pose(shoulders_up_deg=(1, 2)), shoulders_up_deg=3, right_mm=5, arm="chin")
    assert (pose.shoulders_up_deg, pose.right_mm, pose.arm) == ((4, 5), 5, "chin")
    assert moved(Pose(), shoulders_up_deg=(1, -1)).shoulders_up_deg == (1, -1)


# Clips

CLIPS = [clips.workday(), clips.upright_day(), clips.demo(), *map(clips.capture, clips.CAPTURES)]
each_clip = pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
NEUTRAL = PEOPLE[3].neutral
DRIVER_PER_DEG = 1.8  # about what a degree of CVA takes


def solved(pose, drop_deg):
    return replace(pose, forward_head_deg=round(NEUTRAL.forward_head_deg + DRIVER_PER_DEG * drop_deg, 3))


def fresh(clip, seed=7):
    return list(clips.stills(clip, NEUTRAL, seed, solved))


KEPT = {clip.name: fresh(clip) for clip in CLIPS}


def stills(clip):
    return KEPT[clip.name]


# The most that may change in a second, beside the minimum-jerk blends' own speed (1.9 times the mean)
FASTEST = {
    **dict.fromkeys(("turn_deg", "flexion_deg", "bend_deg"), 75),
    **{"right_mm": 2700, "up_mm": 150, "forward_mm": 150, "jaw_deg": 200, "arm_forward_deg": 60},
}


@each_clip
def test_a_timeline_has_no_jumps(clip):
    poses = [each.pose for each in fresh(replace(clip, fps=10))]
    for name in clips.NUMBERS:
        steps = np.abs(np.diff([np.ravel(getattr(pose, name)) for pose in poses], axis=0)) * 10
        assert steps.max() <= FASTEST.get(name, 60), name
    assert {pose.arm for pose in poses} == {None}


@each_clip
def test_each_segment_ends_after_its_blend_and_its_pose_is_then_reached(clip):
    for a, b in pairwise(clip.segments):
        assert a.start_s + a.blend_s <= b.start_s, a.label
    at = {each.t_s: each.pose for each in stills(clip)}
    ends = [*(each.start_s for each in clip.segments[1:]), clip.length_s]
    for segment, end_s in zip(clip.segments, ends, strict=True):
        goal = moved(NEUTRAL, **segment.changes)
        if segment.drop_deg is not None:
            goal = solved(goal, segment.drop_deg)
        last = at[round(end_s - 1 / clip.fps, 3)]
        assert last.forward_head_deg == pytest.approx(goal.forward_head_deg, abs=0.01)
        assert last.flexion_deg == pytest.approx(goal.flexion_deg, abs=4 + 12 * len(segment.busy))
        assert last.turn_deg == pytest.approx(goal.turn_deg, abs=4 + 6 * len(segment.busy))
        assert last.right_mm == pytest.approx(goal.right_mm, abs=8)


@each_clip
def test_the_written_timeline_covers_the_clip_without_gaps(clip):
    told = clips.events(clip)
    assert (told[0].start_s, told[-1].end_s) == (0, clip.length_s)
    assert all(a.end_s == b.start_s for a, b in pairwise(told))
    for still in stills(clip):
        [label] = [each.label for each in told if each.start_s <= still.t_s < each.end_s]
        assert still.label == label
    assert set(asdict(told[0])) == {"start_s", "end_s", "label", "drop_deg"}


@each_clip
def test_nobody_is_ever_quite_still_and_the_same_seed_moves_the_same(clip):
    poses = np.array([numbers(each.pose) for each in stills(clip)])
    assert (np.abs(np.diff(poses, axis=0)).max(axis=1) > 0).all()
    start = replace(clip, length_s=5.0)
    count = round(5 * clip.fps)
    assert np.array_equal(poses[:count], [numbers(each.pose) for each in fresh(start)])
    assert not np.array_equal(poses[:count], [numbers(each.pose) for each in fresh(start, seed=8)])


def test_the_working_day_has_the_transitions_that_are_to_be_found():
    told = [(each.label, each.end_s - each.start_s) for each in clips.events(clips.workday())]
    assert ("forward", 25) in told
    assert ("forward", 15) in told
    assert ("down", 12) in told
    assert ("aside", 14) in told
    assert ("side_bend", 14) in told
    assert {"absent", "upright"} <= {label for label, _ in told}


def test_the_upright_day_is_never_forward():
    assert not [each for each in clips.upright_day().segments if each.drop_deg]
    labels = {each.label for each in clips.upright_day().segments}
    assert {"talking", "nodding", "reaching", "typing"} <= labels


def test_a_capture_is_15_seconds_at_5_looks_a_second():
    assert [len(stills(clips.capture(activity))) for activity in ("still", "talking", "leaning")] == [75, 75, 75]
    jaws = {a: max(each.pose.jaw_deg for each in stills(clips.capture(a))) for a in ("still", "talking")}
    assert jaws["still"] == 0
    assert jaws["talking"] > 4


def test_the_demo_is_110_seconds_of_ten_pictures():
    assert len(stills(clips.demo())) == 1100
    told = {each.label: (each.start_s, each.end_s) for each in clips.events(clips.demo()) if each.label != "upright"}
    assert told == {"forward": (14, 72), "down": (78, 90), "absent": (92, 98.7)}


# Files


def line(face):
    return {"name": "a", "kind": "neutral", "face": face}


def face(turn_deg, seed=0):
    draw = np.random.default_rng(5)
    angle = np.radians(turn_deg)
    cloud = draw.normal(0, 60, (478, 3)) @ [
        [np.cos(angle), 0, np.sin(angle)],
        [0, 1, 0],
        [-np.sin(angle), 0, np.cos(angle)],
    ]
    noise = np.random.default_rng(seed).normal(0, 0.4, cloud.shape)
    cloud = np.round(cloud + np.array((320, 200, 0)) + noise, 1)
    return {"matrix": [1.0] * 16, "points": cloud[:, :2].tolist(), "depths": cloud[:, 2].tolist()}


def listed(line):
    """The line with the face's arrays as lists."""
    found = line["face"]
    if found is None:
        return line
    return {**line, "face": {**found, "points": found["points"].tolist(), "depths": found["depths"].tolist()}}


def test_a_file_is_read_as_it_was_written_and_its_bytes_are_the_same_each_time(tmp_path):
    written = [line(None), line(face(0)), line(face(25, 1)), line(None), line(face(-40, 2))]
    for name in ("a", "b"):
        lines.write(tmp_path / name, written)
    assert [listed(each) for each in lines.read(tmp_path / "a")] == written
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_later_faces_take_less_place_than_the_first(tmp_path):
    lines.write(tmp_path / "one", [line(face(0))])
    lines.write(tmp_path / "three", [line(face(0)), line(face(10, 1)), line(face(20, 2))])
    one, three = ((tmp_path / name).stat().st_size for name in ("one", "three"))
    assert three - one < 2 * 0.6 * one


def test_every_field_of_a_pose_that_is_a_number_is_blended():
    assert {each.name for each in fields(Pose)} - set(clips.NUMBERS) == {"arm", "arm_side"}
    middle = clips.blended([Pose(shoulders_up_deg=(0, 4)), Pose(right_mm=10, shoulders_up_deg=(2, 4))], [0.5, 0.5])
    assert (middle.right_mm, middle.shoulders_up_deg) == (5, (1, 4))


@pytest.mark.parametrize(("jobs", "threads"), [(2, "1"), (1, "None")])
def test_of_several_workers_each_draws_with_one_thread(jobs, threads, monkeypatch, capfd):
    monkeypatch.setenv("LP_NUM_THREADS", "any")
    monkeypatch.delenv("LP_NUM_THREADS")
    make._each(os.getenv, ["LP_NUM_THREADS"], jobs)
    assert capfd.readouterr().out == f"1/1 {threads}\n"
