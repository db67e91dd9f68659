import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from figures import Sitter
from figures import landmarks as seen_by
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration import drawings, events, failures, metrics, peers, people, plots, report, rows, score, tables
from calibration.events import Event, Played, Tally
from calibration.people import Line
from calibration.rig import lines as packing
from calibration.rows import Row
from posturewatch.chain import Deviation
from posturewatch.config import PostureRules, Settings
from posturewatch.errors import PosturewatchError
from posturewatch.landmarks import Landmarks
from posturewatch.posture import Transition
from posturewatch.session import Notice

near = pytest.approx


def array(*values):
    return np.array(values, float)


def line(kind="fh", true=20.0, person="anna", view="front", seen=None, **fields):
    """A picture whose landmarks nobody asks for."""
    fields = {"level": 0.0, "neutral": False, "landmarks": Landmarks(0.0, (640, 480)), "view": view, **fields}
    return Line(f"{person}-{kind}-{true}", person, f"{person}-{view}", kind, truth={"d_cva_deg": true}, **fields)


def row(kind="fh", true=20.0, seen=20.0, stated=4.0, turn=None, reason=None, **fields):
    picture = line(kind, true, **fields)
    told = None if seen is None else stated
    return Row(picture, picture, Deviation(0.0, reason=reason, forward_head_deg=seen, error_deg=told), turn)


# Agreement


def test_agreement_is_over_the_pictures_told():
    seen = array(1, 4, np.nan, 7)
    found = metrics.agreement(array(0, 0, 50, 10), seen)
    assert (found.n, found.told) == (4, 0.75)
    assert found.mae == near(8 / 3)  # errors +1, +4, −3
    assert found.bias == near(2 / 3)
    assert found.sd == near(np.sqrt(37 / 3))  # squared distances from 2/3: 1/9, 100/9, 121/9; their sum over 2


def test_the_limits_of_agreement_are_1_96_sd_to_either_side_of_the_bias():
    found = metrics.agreement(array(0, 0), array(1, 3))
    assert (found.bias, found.sd) == (2.0, near(np.sqrt(2)))
    assert (found.low, found.high) == (near(2 - 1.96 * np.sqrt(2)), near(2 + 1.96 * np.sqrt(2)))


def test_r2_is_against_the_estimates_as_they_are_not_a_line_through_them():
    true = array(0, 10, 20, 30)
    assert metrics.agreement(true, true).r2 == 1.0
    assert metrics.agreement(true, true + 5).r2 == near(1 - 100 / 500)
    assert metrics.agreement(true, array(15, 15, 15, 15)).r2 == near(0.0)
    assert metrics.agreement(true, true + 20).r2 == near(1 - 1600 / 500)


def test_where_the_truth_hardly_varies_there_is_no_r2():
    assert metrics.agreement(array(0, 1, 2), array(0, 1, 2)).r2 is None


def test_nothing_told_has_no_agreement():
    found = metrics.agreement(array(1, 2), array(np.nan, np.nan))
    assert (found.n, found.told, found.mae, found.bias, found.low) == (2, 0.0, None, None, None)


def test_a_single_picture_has_no_spread():
    found = metrics.agreement(array(1), array(3))
    assert (found.mae, found.sd, found.low, found.high) == (2.0, None, None, None)


# ROC, balanced accuracy


def test_the_roc_area_is_the_share_of_pairs_in_the_right_order_and_a_tie_is_half():
    # 5 beats 1, 3 and 4; 3 beats 1 and ties with 3, loses to 4: 3 + 1.5 of 6 pairs
    assert metrics.roc_area(array(5, 3), array(1, 3, 4)) == near(4.5 / 6)


def test_the_roc_area_of_all_ties_is_a_half_and_of_none_is_none():
    assert metrics.roc_area(array(2, 2, 2), array(2, 2)) == 0.5
    assert metrics.roc_area(array(), array(1)) is None
    assert metrics.roc_area(array(1), array()) is None


few = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12).map(np.array)


@settings(deadline=None)
@given(few, few)
def test_the_roc_area_is_that_of_every_pair_compared_and_of_its_curve(positive, negative):
    pairs = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    curve = metrics.roc_curve(positive, negative)
    assert metrics.roc_area(positive, negative) == near(pairs)
    assert np.diff(curve[:, 0]) @ (curve[1:, 1] + curve[:-1, 1]) / 2 == near(pairs)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]


def test_balanced_accuracy_is_the_mean_over_both_classes_however_many_each_has():
    positive, negative = array(10, 9.9), array(0, 0, 0, 10, 0, 0, 0, 0)  # at the threshold is above it
    assert metrics.balanced_accuracy(positive, negative, 10.0) == near((1 / 2 + 7 / 8) / 2)
    assert metrics.balanced_accuracy(array(), negative, 10.0) is None


# Stated errors


def test_thirds_by_stated_error_and_the_errors_within_them():
    stated = array(3, 1, 2, 1, 3, 2)
    off = array(6.5, 0.5, -2, -2, 3, 4.1)
    low, middle, high = metrics.by_stated(off, stated, 3)
    assert (low.n, low.stated, low.made) == (2, 1.0, near(np.sqrt((0.25 + 4) / 2)))
    assert (low.within_1, low.within_2) == (0.5, 1.0)  # .5 within 1; 2 within twice 1
    assert (middle.within_1, middle.within_2) == (0.5, 0.5)  # 2 within 2; 4.1 beyond 4
    assert (high.stated, high.within_1, high.within_2) == (3.0, 0.5, 0.5)  # 3 within 3; 6.5 beyond 6


def test_the_stated_error_of_a_part_is_its_root_mean_square():
    assert metrics.part(array(0, 0), array(1, 7)).stated == 5.0


def test_parts_that_would_be_empty_are_left_out():
    assert [part.n for part in metrics.by_stated(array(1, 2), array(1, 2), 8)] == [1, 1]
    assert metrics.by_stated(array(), array(), 3) == []


# Bootstrap


def test_the_interval_of_the_mae_draws_people():
    # two people, one always 1° off, the other 3°: a draw gives 1, 2 or 3
    people, off = ["a"] * 10 + ["b"] * 10, array(*[1] * 10, *[-3] * 10)
    assert metrics.mae_interval(people, off) == (1.0, 3.0)


def test_a_person_with_more_pictures_weighs_more():
    people, off = ["a"] * 3 + ["b"], array(1, 1, 1, 5)
    drawn = np.random.default_rng(metrics.SEED).integers(2, size=(1, 2))
    assert drawn.tolist() == [[1, 1]]
    assert metrics.mae_interval(people, off, draws=1) == (5.0, 5.0)
    low, high = metrics.mae_interval(people, off, draws=400)
    assert (low, high) == (1.0, 5.0)


def test_the_interval_is_the_same_each_time_and_lies_about_the_mae():
    draw = np.random.default_rng(3)
    people, off = [f"p{i % 20}" for i in range(400)], draw.normal(0, 4, 400)
    low, high = metrics.mae_interval(people, off)
    assert (low, high) == metrics.mae_interval(people, off)
    assert low < np.abs(off).mean() < high
    assert 0.2 < high - low < 1.5


def test_one_person_has_no_interval():
    assert metrics.mae_interval(["a", "a"], array(1, 2)) is None
    assert metrics.mae_interval([], array()) is None


# Sets


def test_the_sets_are_told_by_kind_view_and_truth():
    chosen = [
        row("fh", 20),
        row("fh_slump", 18),
        row("chair", 0),
        row("look_down", 9.0),
        row("lean_rigid", 8),
        row("random", 0),
        row("resit", 0),
        row("fh", 20, view="side"),
        row("random", 20, view="oblique"),
    ]
    found = {name: [each.line.kind for each in members] for name, members in rows.sets(chosen).items()}
    assert found == {
        "sweep of forward head": ["fh"],
        "forward head, all variants": ["fh", "fh_slump"],
        "distractors": ["chair"],  # 9° of true change is no distractor any more, leaning with the neck in line none
        "every factor at random": ["random"],
        "sat down again": ["resit"],
        "camera aslant": ["random"],
        "camera at the side": ["fh"],
    }


def test_ten_degrees_count_from_9_95_and_fifteen_from_14_5():
    chosen = [row("fh", true) for true in (9.94, 9.95, 14.4, 14.5)]
    assert [len(rows.forward(chosen, from_deg)) for from_deg in rows.POSITIVE_DEG.values()] == [3, 1]


def test_detection_is_of_the_pictures_told_at_the_shipped_ten_degrees():
    chosen = [row("fh", 20, 22), row("fh", 10, 9), row("fh_sink", 20, None), row("yaw", 0, 12), row("chair", 0, 1)]
    found = score.detection(chosen, rows.POSITIVE_DEG["10"])
    assert (found.positives, found.negatives) == (2, 2)
    assert found.roc == near(3 / 4)  # 22 beats both, 9 only one
    assert found.balanced == near((1 / 2 + 1 / 2) / 2)
    assert score.detection(chosen, rows.POSITIVE_DEG["15"]).roc == 1.0


def test_random_pictures_are_right_when_estimate_and_truth_are_on_the_same_side_of_ten():
    pairs = [(10, 10), (12, 9.9), (0, 9), (0, 11), (30, 40), (30, None)]
    assert score.right_side([row("random", true, seen) for true, seen in pairs]) == near(3 / 5)
    assert score.right_side([row("random", 3, None)]) is None


def test_reasons_are_counted_the_most_frequent_first():
    chosen = [row(seen=None, reason="turned away"), row(seen=None, reason="head hidden"), row()]
    chosen = [*chosen, row(seen=None, reason="turned away"), row(seen=None, reason="turned away")]
    assert list(score.reasons(chosen).items()) == [("turned away", 3), ("head hidden", 1)]


def test_bands_go_by_their_edges_and_what_is_not_known_is_in_none():
    at = [(39.0, 30.5, "dim", True), (55.0, 9.9, "window", False), (84.9, -10.0, "dim", None), (None, None, None, None)]
    chosen = [
        row(turn=turn, camera=people.Camera(distance_cm=cm), light=light, glasses=glasses)
        for cm, turn, light, glasses in at
    ]
    found = {
        band.name: {name: len(members) for name, members in rows.by(chosen, band.label).items()} for band in rows.BANDS
    }
    assert found["distance"] == {"below 55 cm": 1, "55 to 70 cm": 1, "70 to 85 cm": 1}
    assert list(found["distance"]) == ["below 55 cm", "55 to 70 cm", "70 to 85 cm"]
    assert found["head's turn"] == {"below 10°": 1, "10 to 20°": 1, "from 30°": 1}
    assert list(found["head's turn"]) == ["below 10°", "10 to 20°", "from 30°"]
    assert found["light"] == {"dim": 2, "window": 1}
    assert found["glasses"] == {"with": 1, "without": 1}
    assert found["field of view"] == {}


@pytest.mark.parametrize(("value", "label"), [(-5, "-5 to 5 cm"), (-5.1, "below -5 cm"), (5, "5 to 15 cm")])
def test_a_band_holds_its_lower_edge(value, label):
    band = next(band for band in rows.BANDS if band.name == "camera above the eyes")
    assert band.label(row(camera=people.Camera(height_cm=value))) == label


def test_the_side_views_own_angle_is_compared_with_the_true_one():
    def side(true, seen):
        picture = line("fh", view="side")
        picture = replace(picture, truth={"d_cva_deg": 0.0} if true is None else {"ear_shoulder_deg": true})
        return Row(picture, picture, Deviation(0.0, ear_shoulder_deg=seen), None)

    found = score.ear_shoulder([side(10.0, 14.0), side(20.0, 18.0), side(30.0, None), side(None, 5.0)])
    assert (found.n, found.told, found.mae, found.bias) == (3, near(2 / 3), 3.0, 1.0)
    assert score.ear_shoulder([]) is None
    assert score.ear_shoulder_text(None) == ""
    assert "told 67 % of 3, MAE 3.00, bias +1.00" in score.ear_shoulder_text(found)


def test_scores_join_all_of_it():
    chosen = [row("fh", 20, 22, 1.0, person="anna"), row("yaw", 0, 3, 3.0, person="bert", view="front")]
    found = score.score([*chosen, row("fh", 30, None, reason="turned away", view="side")])
    assert (found.people, found.pictures, found.reasons) == (2, 3, {"turned away": 1})
    assert list(found.kinds) == ["fh", "fh, side", "yaw"]
    assert found.sets["sweep of forward head"].agreement.mae == 2.0
    assert found.sets["camera at the side"].stated is None
    assert [part.stated for part in found.thirds] == [1.0, 3.0]
    assert (found.overall.n, found.overall.within_1, found.overall.within_2) == (2, 0.5, 1.0)  # 2 in 1 and 3 in 3
    assert found.detection["15"].roc == 1.0


# From data to rows


def packed_line(kind, sitter, true, neutral=False, **fields):
    """A line as the rig writes it, of the hand-drawn figure."""
    found = seen_by(sitter)
    return {
        "name": f"anna-front-{kind}",
        "group": "anna-front",
        "split": "test",
        "kind": kind,
        "level": true,
        "view": "front",
        "neutral": neutral,
        "t_s": 1.5,
        "light": "dim",
        "glasses": True,
        "headset": False,
        "loose_mm": 0.0,
        "camera": {"distance_cm": 65.0, "height_cm": 3.0, "lateral_cm": 0.0, "azimuth_deg": 0.0, "pitch_deg": -4.0}
        | {"hfov_deg": 70.0},
        "size_px": list(found.size_px),
        "truth": {"d_cva_deg": true, "d_turn_deg": 2.0, "turn_deg": 7.0, "points": {"c7": [0, 0, 0]}},
        "reason": None,
        "pose": found.pose[:, :3].tolist(),
        "visibility": found.pose[:, 3].tolist(),
        "world": found.world.tolist(),
        "face": {
            "matrix": found.face.matrix.ravel().tolist(),
            "points": found.face.points[:, :2].tolist(),
            "depths": found.face.points[:, 2].tolist(),
        },
        **fields,
    }


@pytest.fixture
def folder(tmp_path):
    """A person of three pictures in the rig's own files."""
    pictures = [
        packed_line("neutral", Sitter(), 0.0, neutral=True),
        packed_line("fh", Sitter(cva_drop_deg=20), 20.0),
        packed_line("fh", Sitter(cva_drop_deg=30), 30.0, pose=None, visibility=None, world=None, face=None),
    ]
    packing.write(tmp_path / f"anna{packing.SUFFIX}", pictures)
    return tmp_path


def test_the_rigs_files_are_read_with_all_that_they_say(folder):
    neutral, forward, lost = people.read(folder)
    assert (neutral.person, neutral.group, neutral.neutral, neutral.split) == ("anna", "anna-front", True, "test")
    assert (forward.kind, forward.level, forward.true_deg, forward.light) == ("fh", 20.0, 20.0, "dim")
    assert (forward.glasses, forward.headset, forward.landmarks.t_s) == (True, False, 1.5)
    assert forward.camera == people.Camera(65.0, 3.0, -4.0, 0.0, 70.0)
    assert forward.truth == {"d_cva_deg": 20.0, "d_turn_deg": 2.0, "turn_deg": 7.0}
    assert forward.landmarks.pose.shape == (33, 4)
    assert forward.landmarks.face.points.shape == (478, 3)
    assert (lost.landmarks.pose, lost.landmarks.face) == (None, None)


def test_a_forward_head_is_estimated_against_the_neutral_picture_of_its_group(folder):
    forward, lost = rows.rows(people.read(folder), "known")
    assert forward.seen.forward_head_deg == near(20.0, abs=2.5)
    assert forward.off_deg == forward.seen.forward_head_deg - 20.0
    assert forward.turn_deg == 2.0
    assert (forward.neutral.neutral, lost.seen.reason) == (True, "nobody in view")
    assert np.isnan(lost.off_deg)


def test_without_a_neutral_picture_that_can_be_used_nothing_is_told(folder):
    neutral, forward, _ = people.read(folder)
    blind = replace(neutral, landmarks=Landmarks(0.0, (640, 480)))
    (found,) = rows.rows([blind, forward])
    assert found.seen.reason.startswith("No baseline: nobody in view.")
    assert list(rows.rows([forward])) == []


def test_the_committed_data_are_read_with_the_present_names_and_signs():
    first = (
        next(people.read_file(people.DATA / "s7b00.jsonl.gz")) if (people.DATA / "s7b00.jsonl.gz").exists() else None
    )
    old = {"head_yaw_deg": 2.0, "head_pitch_deg": 3.0, "head_roll_deg": 4.0, "d_cva_deg": 1.0}
    picture = packed_line("yaw", Sitter(), 1.0, truth=old, hfov_deg=75.0, camera=None)
    found = people.parsed({key: picture[key] for key in picture if key not in ("group", "split", "view")}, "bert")
    assert found.truth == {"turn_deg": -2.0, "flexion_deg": 3.0, "bend_deg": 4.0, "d_cva_deg": 1.0}
    assert (found.group, found.split, found.view, found.camera.hfov_deg) == ("bert-front", None, "front", 75.0)
    assert first is None or first.neutral


def test_the_field_of_view_is_the_assumed_the_known_or_a_number():
    known = line(camera=people.Camera(hfov_deg=75.0))
    assert rows.hfov_deg(known, "assumed") == 68.0
    assert rows.hfov_deg(known, "known") == 75.0
    assert rows.hfov_deg(known, "80") == 80.0


@pytest.mark.parametrize(("choice", "said"), [("known", "isn't known"), ("wide", "'wide'"), ("5", "10 to 170")])
def test_a_field_of_view_that_cannot_be_is_refused(choice, said):
    with pytest.raises(PosturewatchError, match=re.escape(said)):
        rows.hfov_deg(line(), choice)


def test_a_split_or_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(PosturewatchError, match="no pictures of the split 'fit'"):
        rows.of_split([line(split="test")], "fit")
    with pytest.raises(PosturewatchError, match="holds no pictures"):
        people.read(tmp_path)


def test_score_prints_tables_or_json(folder, capsys):
    assert score.main([str(folder), "--hfov", "known"]) == 0
    printed = capsys.readouterr().out
    assert "1 people, 2 pictures" in printed
    assert "| sweep of forward head " in printed
    assert score.main([str(folder), "--split", "test", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["split"], content["people"], content["reasons"]) == ("test", 1, {"nobody in view": 1})
    assert content["sets"]["sweep of forward head"]["agreement"]["told"] == 0.5
    assert content["peers"]["nose height (dorso)"]["n"] == 1
    assert score.main([str(folder), "--split", "fit"]) == 1
    assert "no pictures of the split 'fit'" in capsys.readouterr().err


# Others' rules


def pose(**points):
    """(33, 4) with named points: nose, ears and shoulders as (x, y, depth)."""
    names = {"nose": 0, "ear_l": 7, "ear_r": 8, "shoulder_l": 11, "shoulder_r": 12}
    found = np.zeros((33, 4))
    for name, place in points.items():
        found[names[name], : len(place)] = place
    return found


UPRIGHT = {"nose": (300, 200), "ear_l": (340, 190), "ear_r": (260, 190), "shoulder_l": (400, 300)} | {
    "shoulder_r": (200, 300)
}


def found_pose(**moved):
    return Landmarks(0.0, (640, 480), pose(**{**UPRIGHT, **moved}))


def test_nose_height_is_the_sinking_over_the_baselines_shoulder_width():
    wide = found_pose(nose=(300, 230), shoulder_l=(500, 300))
    assert peers.nose_height(wide, found_pose()) == near(30 / 200)


def test_ear_height_falls_as_the_neck_shortens_whatever_the_size():
    low = found_pose(ear_l=(340, 230), ear_r=(260, 230))
    assert peers.ear_height(low, found_pose()) == near((110 - 70) / 200)
    twice = Landmarks(0.0, (640, 480), found_pose().pose * 2)
    assert peers.ear_height(twice, found_pose()) == near(0.0)


def test_face_width_grows_as_the_face_comes_nearer():
    def face(width):
        points = np.zeros((478, 3))
        points[454, 0] = width
        return Landmarks(0.0, (640, 480), face=SimpleNamespace(points=points))

    assert peers.face_width(face(110), face(100)) == near(0.1)
    assert np.isnan(peers.face_width(found_pose(), face(100)))


def test_the_angle_of_the_world_landmarks_grows_as_the_ears_come_to_the_camera():
    def world(nearer):
        points = np.zeros((33, 3))
        points[[7, 8]] = (0, -0.2, -nearer)  # y down, z away from the camera
        return Landmarks(0.0, (640, 480), world=points)

    assert peers.world_angle(world(0.2), world(0.0)) == near(45.0)
    assert peers.world_change(world(0.2), world(0.2 * np.tan(np.radians(15)))) == near(30.0)
    assert np.isnan(peers.world_angle(found_pose(), found_pose()))


def test_the_copied_rule_takes_the_nearer_side_whichever_way_it_tips():
    left_near = found_pose(ear_l=(300, 200, -50), shoulder_l=(400, 300, -40))
    assert peers.picture_angle(left_near, left_near) == near(45.0)
    right_near = found_pose(ear_r=(200, 190, -50))
    assert peers.picture_angle(right_near, right_near) == near(0.0)


def test_a_change_gets_one_factor_and_an_absolute_rule_a_line():
    change, absolute = peers.PEERS[0], peers.Peer("", peers.world_angle, 40.0)
    signal, true = array(1, 2, np.nan, 3), array(10, 20, 999, 30)
    assert peers.fit(change, signal, true) == peers.Gain(near(10.0), 0.0)
    assert peers.fit(change, array(1, 2), array(5, 0)).factor == near(1.0)  # 5·1 / (1 + 4)
    gain = peers.fit(absolute, signal, true + 5)
    assert (gain.factor, gain.offset_deg) == (near(10.0), near(5.0))
    assert np.isnan(peers.fit(change, array(np.nan), array(1)).factor)
    assert np.isnan(peers.fit(absolute, array(1), array(1)).factor)


def nose_row(kind, true, sunk_px, seen, split="test", **fields):
    """Nose (and face) say one thing, this program another."""
    found = found_pose(nose=(300, 200 + sunk_px))
    face = np.zeros((478, 3))
    face[454, 0] = 100 + sunk_px
    full = Landmarks(
        0.0, (640, 480), found.pose, np.ones((33, 3)) * np.arange(33)[:, None], SimpleNamespace(points=face)
    )
    picture = row(kind, true, seen, landmarks=full, split=split, **fields)
    upright = Landmarks(
        0.0, (640, 480), found_pose().pose, full.world, SimpleNamespace(points=face * 100 / face[454, 0])
    )
    return replace(picture, neutral=replace(picture.line, landmarks=upright, neutral=True, name="neutral"))


def test_rules_are_fitted_on_the_fit_split_and_compared_where_all_tell():
    fitting = [nose_row("fh", 10.0, 20, 10.0, split="fit"), nose_row("fh", 20.0, 40, 20.0, split="fit")]
    chosen = [
        nose_row("fh", 20.0, 50, 21.0, person="bert"),
        nose_row("chair", 0.0, 30, 2.0, person="bert"),
        nose_row("fh", 30.0, 60, None, person="bert"),  # told by the others alone
    ]
    lines = [each.line for each in (*fitting, *chosen)] + [fitting[0].neutral, chosen[0].neutral]
    found = peers.compare(chosen, lines)
    ours, nose = found["posturewatch"], found["nose height (dorso)"]
    assert (ours.n, ours.told, nose.told) == (2, near(2 / 3), 1.0)
    assert (ours.mae["sweep of forward head"], ours.mae["distractors"]) == (1.0, 2.0)
    assert (nose.mae["sweep of forward head"], nose.mae["distractors"]) == (near(5.0), near(15.0))  # .1 = 10°
    assert (ours.balanced, nose.balanced) == (1.0, 0.5)  # the chair's 15° is a false alarm
    assert (ours.roc_15, nose.roc_15) == (1.0, 1.0)
    assert peers.compare([], lines) == {}


def test_a_rule_that_tells_less_than_half_of_the_pictures_takes_no_part():
    chosen = [nose_row("fh", 20.0, 50, 21.0), nose_row("fh", 30.0, 60, 28.0), nose_row("chair", 0.0, 30, 2.0)]
    faceless = [replace(each.line.landmarks, face=None) for each in chosen]
    lost = [replace(each, line=replace(each.line, landmarks=now)) for each, now in zip(chosen, faceless, strict=True)]
    some = peers.compare([chosen[0], *lost[1:]], [])
    assert (some["face width (dorso)"].told, some["face width (dorso)"].roc_15) == (near(1 / 3), None)
    assert (some["posturewatch"].n, some["posturewatch"].mae["sweep of forward head"]) == (3, 1.5)
    most = peers.compare([*chosen[:2], lost[2]], [])
    assert (most["posturewatch"].n, most["face width (dorso)"].told) == (2, near(2 / 3))


# Events


def entered(t_s, after, before="upright", dwell_s=10.0):
    return Transition(t_s, t_s - dwell_s, before, after)


def notice(t_s, level=2, kind="posture"):
    return Notice(t_s, kind, level, "", None)


def clip(*transitions, alerts=(), listed=None, length_s=120.0):
    listed = listed or (Event(0, 20, "upright"), Event(20, 60, "forward"), Event(60, length_s, "upright"))
    return Played("day", length_s, tuple(listed), transitions, tuple(alerts))


def test_a_posture_taken_up_within_ten_seconds_of_its_event_is_recognised():
    told = events.tally([clip(entered(32, "forward_head"))])
    (outcome,) = told.outcomes
    assert (outcome.recognised_s, told.recall, told.precision) == (12.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("transition", "recall", "precision"),
    [
        (entered(30, "forward_head"), 1.0, 1.0),  # began with the event
        (entered(29, "forward_head"), 1.0, 1.0),  # a second before it
        (entered(28.9, "forward_head"), 0.0, 0.0),  # began while upright
        (entered(40, "forward_head"), 1.0, 1.0),  # began ten seconds after its start
        (entered(40.1, "forward_head"), 0.0, 1.0),  # too late to be found, but not invented
        (entered(60, "forward_head", dwell_s=35), 0.0, 1.0),  # entered when it was over
        (entered(59.9, "forward_head", dwell_s=35), 1.0, 1.0),
        (entered(32, "slumped"), 0.0, 0.0),  # another posture
        (entered(95, "forward_head"), 0.0, 0.0),  # nobody did that
    ],
)
def test_when_an_event_is_found_and_when_a_posture_is_invented(transition, recall, precision):
    told = events.tally([clip(transition)])
    assert (told.recall, told.precision) == (recall, precision)


def test_a_posture_entered_again_in_its_event_is_neither_found_twice_nor_invented():
    told = events.tally([clip(entered(32, "forward_head"), entered(55, "forward_head"))])
    assert (told.recall, told.precision, told.true_entries) == (1.0, 1.0, 2)
    assert told.outcomes[0].recognised_s == 12.0


def test_back_upright_or_unknown_or_back_from_away_is_no_entry():
    quiet = [entered(70, "upright", "forward_head"), entered(80, "unknown"), entered(90, "forward_head", "away", 0)]
    told = events.tally([clip(entered(32, "forward_head"), *quiet)])
    assert (told.true_entries, told.invented) == (1, ())


def test_an_absence_is_an_event_with_its_own_short_dwell():
    listed = [Event(0, 20, "upright"), Event(20, 25, "absent"), Event(25, 60, "upright")]
    told = events.tally([clip(entered(24.5, "away", dwell_s=3), listed=listed, length_s=60.0)])
    assert (told.outcomes[0].recognised_s, told.recall, told.precision) == (4.5, 1.0, 1.0)
    assert events.tally([clip(entered(50, "away", dwell_s=3), listed=listed)]).precision == 0.0


@pytest.mark.parametrize(
    ("length_s", "label", "asked"),
    [
        (12, "forward", True),
        (11.9, "forward", False),
        (5, "absent", True),
        (4.9, "absent", False),
        (60, "talking", False),
    ],
)
def test_an_event_shorter_than_its_dwell_and_the_move_is_not_asked_for(length_s, label, asked):
    assert events.asked(Event(10, 10 + length_s, label), PostureRules()) is asked


def test_every_label_of_the_rigs_clips_is_a_posture_or_upright():
    found = {Event(0, 1, label).posture for label in ("forward", "down", "aside", "side_bend", "absent")}
    assert found == {"forward_head", "neck_flexed", "turned", "side_bent", "away"}
    assert Event(0, 1, "look_down").posture == "neck_flexed"
    assert Event(0, 1, "glance").posture is None


def test_time_to_alert_is_from_the_events_start_to_the_first_notification():
    told = events.tally([clip(alerts=[notice(30, level=1), notice(35, kind="still"), notice(45), notice(50, 3)])])
    assert told.outcomes[0].alerted_s == 25.0
    assert told.false_alerts_per_hour == 0.0


def test_a_notification_later_than_five_seconds_after_the_posture_is_false():
    told = events.tally([clip(alerts=[notice(65)]), clip(alerts=[notice(65.1), notice(5), notice(70, level=1)])])
    assert [alert.t_s for _, alert in told.false_alerts] == [65.1, 5]
    assert told.false_alerts_per_hour == near(2 / (240 / 3600))  # two clips of two minutes


def test_an_alert_during_an_absence_is_false():
    listed = [Event(0, 30, "upright"), Event(30, 60, "absent")]
    assert len(events.tally([clip(alerts=[notice(40)], listed=listed)]).false_alerts) == 1


def test_without_clips_there_are_no_rates():
    told = events.tally([])
    assert (told.recall, told.precision, told.false_alerts_per_hour) == (None, None, None)


def test_the_events_text_lists_what_was_invented():
    said = events.text(events.tally([clip(entered(32, "forward_head"), entered(95, "slumped"), alerts=[notice(5)])]))
    assert "Recall 100 %, precision 50 %" in said
    assert "30.0 false notifications an hour in 2 minutes" in said
    assert "- day: slumped at 95.0 s, while nobody did that" in said
    assert "- day: notification at 5.0 s, while there was no posture" in said
    assert re.search(r"\| forward +\| +1 \| +1 \| +12\.0 \| +12\.0 \|", said)


@pytest.fixture
def clips(tmp_path):
    """A forward head from 12 s to 40 s, as the rig writes clips."""
    sitters = {False: Sitter(), True: Sitter(cva_drop_deg=25)}
    pictures = {bad: packed_line("day", sitter, 0.0) for bad, sitter in sitters.items()}
    timeline = [(0, 12, "upright"), (12, 40, "forward"), (40, 60, "upright")]
    found = [{**pictures[12 <= t_s < 40], "t_s": t_s} for t_s in range(60)]
    packing.write(tmp_path / f"anna-day{packing.SUFFIX}", found)
    listed = [{"start_s": start, "end_s": end, "label": label, "drop_deg": None} for start, end, label in timeline]
    content = {"fps": 1.0, "length_s": 60.0, "events": listed}
    (tmp_path / "anna-day.timeline.json").write_text(json.dumps(content))
    return tmp_path


def test_a_clip_is_replayed_through_the_monitor_and_scored(clips, capsys):
    assert events.main([str(clips), "--json", "--hfov", "known"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["recall"], told["precision"], told["false_an_hour"]) == (1.0, 1.0, 0.0)
    assert 10 <= told["outcomes"][0]["recognised_s"] <= 12
    assert told["hours"] == near(1 / 60)


def test_clips_that_are_not_there_are_refused(tmp_path, capsys):
    assert events.main([str(tmp_path)]) == 1
    assert "holds no clips" in capsys.readouterr().err
    (tmp_path / "a.timeline.json").write_text("{}")
    with pytest.raises(PosturewatchError, match="no landmarks beside it"):
        events.read_folder(tmp_path, Settings(), "assumed")


# Failures, tables, plots, report


def test_the_worst_kinds_need_enough_pictures():
    few_bad = [row("phone", 0, 30)] * (failures.LEAST - 1)
    enough = [row("yaw", 0, 5)] * failures.LEAST + [row("chair", 0, 1)] * failures.LEAST
    assert list(failures.worst_kinds(score.score(few_bad + enough).kinds)) == ["yaw", "chair"]


def test_people_come_with_the_worst_first_and_who_is_never_told_before_all():
    chosen = [row(seen=21, person="anna"), row(seen=27, person="bert"), row(seen=None, person="cleo")]
    people = failures.people(chosen)
    assert [person.name for person in people] == ["cleo", "bert", "anna"]
    assert [person.beyond for person in people] == [0.0, near(7 / 4), near(1 / 4)]
    said = "\n".join(failures.sections(chosen, score.score(chosen)))
    assert "larger than stated (rms) for 1 of 3 people" in said


def test_missed_and_invented_are_those_on_the_wrong_side_of_ten():
    chosen = [row("fh", 15, 9.9), row("fh", 15, 10), row("fh", 14, 0), row("yaw", 0, 10), row("yaw", 0, 9.9)]
    chosen += [row("fh", 30, None), row("sh_up", 0, 15), row("lean_rigid", 5, 20)]
    assert failures.missed(chosen) == {"fh": 1}
    assert failures.invented(chosen) == {"yaw": 1, "sh_up": 1}


def test_a_number_has_a_real_minus_and_none_is_a_dash():
    assert tables.number(-1.234) == "−1.23"
    assert tables.number(1.0, 1, True) == "+1.0"
    assert tables.number(-0.001) == "0.00"
    assert tables.number(None) == tables.number(float("nan")) == tables.percent(None) == "–"
    assert tables.percent(0.875) == "88 %"
    assert tables.span(-1, 2.25, 1, True) == "−1.0 … +2.2"


def test_a_table_is_aligned():
    lines = tables.markdown(["set", "n"], [["a", "100"]]).splitlines()
    assert lines == ["| set |   n |", "| :-- | --: |", "| a   | 100 |"]


def test_a_plot_puts_points_where_they_belong_and_leaves_out_those_beyond():
    axes = plots.Axes("A & B", "x", "y", (0, 10), (0, 10), 5, 5)
    drawn = plots.chart(axes, [plots.Series("s", np.array([(0, 0), (10, 10), (11, 5)]))])
    assert f"M{plots.LEFT}.0 {plots.HEIGHT - plots.BOTTOM}.0h0" in drawn
    assert f"M{plots.WIDTH - plots.RIGHT}.0 {plots.TOP}.0h0" in drawn
    assert drawn.count("h0") == 2 + 1  # and the legend's
    assert "<title>A &amp; B</title>" in drawn


def test_the_report_is_written_the_same_each_time_with_its_failures_first(folder, clips, tmp_path, monkeypatch):
    (tmp_path / "fitted.json").write_text('{"priors": {"neck": [150.0, 25]}, "people": 60}')
    monkeypatch.setattr(report, "FITTED", tmp_path / "fitted.json")
    here = tmp_path / "clips"
    here.mkdir()
    for path in tmp_path.glob("anna-day*"):
        path.rename(here / path.name)
    (tmp_path / "two" / "report").mkdir(parents=True)
    (tmp_path / "two" / "report" / "old.svg").write_text("a plot that there is no more")
    for out in ("one", "two"):
        assert report.main([str(folder), "--clips", str(here), "--out", str(tmp_path / out)]) == 0
    one, two = ({p.name: p.read_text() for p in (tmp_path / out).rglob("*.*")} for out in ("one", "two"))
    assert one == two
    assert set(one) == {"REPORT.md", "scatter.svg", "roc.svg", "stated.svg", "kinds.svg"}
    said = one["REPORT.md"]
    headings = re.findall(r"^## (.*)$", said, re.MULTILINE)
    assert headings[:2] == ["Where it fails", "How exact it is"]
    assert headings[-2:] == ["Clips with a known timeline", "The fit"]
    assert "1 people (those of 1 kept for testing" in said
    assert re.search(r"\| priors.neck +\| 150.0000, 25 \|", said)
    assert all(f"report/{name}" in said for name in one if name.endswith(".svg"))


def test_every_plot_can_be_drawn_of_nothing():
    chosen = [row(seen=None)]
    assert len(drawings.all_of(chosen, [each.line for each in chosen], score.score(chosen))) == 4


def test_a_tally_is_what_its_clips_add_up_to():
    told = events.tally([clip(entered(32, "forward_head")), clip()])
    assert isinstance(told, Tally)
    assert told.recall == 0.5
