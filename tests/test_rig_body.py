"""The rig's bodies: shapes, poses and truths with the values written out, signs checked on the geometry itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.rig import assets, body, camera, pack, pose
from calibration.rig.body import BONES, INDEX, Body, Bones
from calibration.rig.spec import Camera, Person, Pose
from calibration.rig.truth import points, truth

MAN = Person(
    name="man",
    seed=1,
    male=1.0,
    age=0.2,
    muscle=0.6,
    weight=0.35,
    height=0.6,
    proportions=0.7,
    race={"caucasian": 0.8, "asian": 0.2},
    details={"head/head-oval": 0.5, "neck/neck-scale-vert-incr": 0.4},
    skin=(200, 160, 140),
    beard=0.0,
    eyes="brown",
    brows="eyebrow001",
    hair="short02",
    hair_tint=(1, 1, 1),
    clothes="male_casualsuit05",
    cloth_tint=(1, 1, 1),
)
WOMAN = replace(
    MAN,
    name="woman",
    male=0.0,
    age=0.45,
    muscle=0.4,
    weight=0.8,
    height=0.4,
    proportions=0.45,
    race={"african": 1.0},
    details={"torso/torso-scale-horiz-decr": 0.3, "nose/nose-scale-depth-incr": 0.5},
    hair="ponytail01",
    clothes="female_casualsuit01",
)
NEUTRAL = Pose(trunk_lean_deg=-3, forward_head_deg=4, flexion_deg=1)
BENT = Pose(
    trunk_lean_deg=9,
    trunk_side_deg=5,
    slump_deg=6,
    forward_head_deg=30,
    flexion_deg=12,
    turn_deg=18,
    bend_deg=7,
    shoulders_up_deg=(8, 8),
    shoulders_forward_deg=(10, 10),
    right_mm=40,
    up_mm=-15,
    forward_mm=60,
)
FRONT = Camera((0.0, 1.25, 0.9), (0.0, 1.15, 0.1), 68.0)

# Measured once with an independent implementation that reads MakeHuman's own files.
BENT_ANGLES = {
    "man": {
        "cva_deg": 29.302,
        "ear_shoulder_deg": 29.701,
        "turn_deg": 17.498,
        "flexion_deg": 12.467,
        "bend_deg": -1.377,
        "trunk_lean_deg": 13.524,
        "trunk_side_deg": 4.687,
        "shoulder_width_mm": 414.074,
        "shoulder_tilt_deg": 4.962,
        "ipd_mm": 61.874,
        "neck_lateral_deg": 14.03,
        "d_cva_deg": 30.209,
        "d_ear_shoulder_deg": 20.632,
    },
    "woman": {
        "cva_deg": 22.392,
        "ear_shoulder_deg": 27.593,
        "turn_deg": 17.498,
        "flexion_deg": 12.467,
        "bend_deg": -1.377,
        "trunk_lean_deg": 11.657,
        "trunk_side_deg": 4.672,
        "shoulder_width_mm": 296.727,
        "shoulder_tilt_deg": 4.962,
        "ipd_mm": 56.26,
        "neck_lateral_deg": 15.775,
        "d_cva_deg": 30.375,
        "d_ear_shoulder_deg": 20.839,
    },
}
BENT_POINTS_MM = {
    "man": {
        "c7": (-85.67, 1107.95, 149.38),
        "tragus_l": (-31.99, 1199.64, 339.99),
        "tragus_r": (-186.13, 1203.43, 292.27),
        "acromion_l": (129.3, 1095.02, 221.26),
        "acromion_r": (-292.88, 1059.76, 216.05),
        "eye_l": (-101.67, 1204.95, 397.17),
        "nose": (-142.85, 1152.13, 421.36),
        "chin": (-128.14, 1086.57, 368.63),
        "shoulder_r": (-285.83, 1003.21, 211.07),
        "hip_l": (75.87, 535.0, 60.0),
    },
    "woman": {
        "c7": (-82.7, 1068.31, 129.91),
        "tragus_l": (-35.7, 1123.4, 286.88),
        "tragus_r": (-161.71, 1126.49, 247.88),
        "acromion_l": (92.43, 1036.31, 189.54),
        "acromion_r": (-248.09, 1009.77, 184.83),
        "eye_l": (-88.78, 1138.0, 331.49),
        "nose": (-128.89, 1095.54, 362.54),
        "chin": (-115.79, 1037.53, 315.64),
        "shoulder_r": (-223.61, 962.19, 187.49),
        "hip_l": (59.11, 535.0, 60.0),
    },
}


@pytest.fixture(scope="session")
def man() -> Body:
    return body.build(MAN)


@pytest.fixture(scope="session")
def woman() -> Body:
    return body.build(WOMAN)


def mesh(of: Body, kind: str) -> body.Mesh:
    return next(each for each in of.meshes if each.kind == kind)


def moved_mm(of: Body, one: Pose, other: Pose) -> dict[str, np.ndarray]:
    """How far each label point moves from one pose to the other; x to the person's left, y up, z to the screen."""
    start, end = (points(of, pose.bones(of, each)) for each in (one, other))
    return {name: (end[name] - start[name]) * 1000 for name in start}


@pytest.mark.parametrize("who", ["man", "woman"])
def test_a_bent_pose_has_the_angles_and_points_that_an_independent_implementation_found(who, request):
    sitter = request.getfixturevalue(who)
    found = truth(sitter, pose.bones(sitter, BENT), FRONT, pose.bones(sitter, NEUTRAL))
    assert {name: found[name] for name in BENT_ANGLES[who]} == pytest.approx(BENT_ANGLES[who], abs=0.01)
    for name, expected in BENT_POINTS_MM[who].items():
        assert found["points"][name] == pytest.approx(expected, abs=0.3), name


def test_bodies_have_the_stature_that_an_independent_implementation_found(man, woman):
    statures_m = [np.ptp(mesh(each, "skin").vertices[:, 1]) for each in (man, woman)]
    assert statures_m == pytest.approx([1.889, 1.586], abs=0.001)


def volume_m3(vertices: np.ndarray) -> float:
    base = assets.base()
    a, b, c = vertices[base.corner[body.triangles(base.quads)]].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def test_stature_weight_and_age_shape_the_body_and_a_zero_weight_detail_does_nothing():
    average = replace(MAN, height=0.5, weight=0.5, age=0.0, details={})
    plain, tall, heavy, old = (
        body.shape(replace(average, **change)) for change in ({}, {"height": 0.6}, {"weight": 0.9}, {"age": 0.8})
    )
    assert np.ptp(plain[:13380, 1]) == pytest.approx(1.724, abs=0.001)
    assert np.ptp(tall[:13380, 1]) > np.ptp(plain[:13380, 1]) + 0.1
    assert volume_m3(heavy) > 1.1 * volume_m3(plain)
    assert np.ptp(old[:13380, 1]) < np.ptp(plain[:13380, 1]) - 0.01
    assert np.array_equal(body.shape(replace(average, details={"head/head-round": 0.0})), plain)


def test_an_unknown_detail_is_refused():
    with pytest.raises(KeyError):
        body.shape(replace(MAN, details={"head/head-hexagonal": 1.0}))


def test_turning_right_brings_the_nose_to_the_right_and_the_right_ear_back(man):
    moves = moved_mm(man, NEUTRAL, replace(NEUTRAL, turn_deg=20))
    assert moves["nose"][0] < -20
    assert moves["tragus_r"][2] < -10
    assert moves["tragus_l"][2] > 10


def test_flexion_brings_the_nose_down_and_bend_the_right_ear(man):
    assert moved_mm(man, NEUTRAL, replace(NEUTRAL, flexion_deg=20))["nose"][1] < -20
    bent = moved_mm(man, NEUTRAL, replace(NEUTRAL, bend_deg=15))
    assert bent["tragus_r"][1] < -8
    assert bent["tragus_l"][1] > 8


def test_the_trunk_leans_forward_tips_right_and_turns_right(man):
    assert moved_mm(man, NEUTRAL, replace(NEUTRAL, trunk_lean_deg=10))["c7"][2] > 60
    assert moved_mm(man, NEUTRAL, replace(NEUTRAL, trunk_side_deg=10))["c7"][0] < -60
    turned = moved_mm(man, NEUTRAL, replace(NEUTRAL, trunk_turn_deg=20))
    assert turned["shoulder_r"][2] < -40
    assert turned["shoulder_l"][2] > 40


def test_turning_the_trunk_leaves_the_gaze_on_the_screen_and_the_cva_as_it_was(man):
    neutral, turned = (pose.bones(man, replace(NEUTRAL, trunk_turn_deg=turn)) for turn in (0, 25))
    found = truth(man, turned, FRONT, neutral)
    assert found["trunk_turn_deg"] == pytest.approx(25.0, abs=0.001)
    assert found["turn_deg"] == pytest.approx(0.0, abs=0.2)
    assert abs(found["d_cva_deg"]) < 1.0
    ahead, away = (replace(NEUTRAL, trunk_turn_deg=turn, gaze_kept=0) for turn in (0, 25))
    away = truth(man, pose.bones(man, away), FRONT, pose.bones(man, ahead))
    assert away["d_turn_deg"] == pytest.approx(25.0, abs=0.2)
    assert away["d_cva_deg"] == pytest.approx(0.0, abs=0.01)  # the whole of the body above the hips turned as one


def test_one_shoulder_rises_and_comes_forward_without_the_other(man):
    up = moved_mm(man, NEUTRAL, replace(NEUTRAL, shoulders_up_deg=(0, 12)))
    assert up["shoulder_r"][1] > 20
    assert up["shoulder_l"] == pytest.approx([0, 0, 0], abs=1e-6)
    forward = moved_mm(man, NEUTRAL, replace(NEUTRAL, shoulders_forward_deg=(15, 0)))
    assert forward["shoulder_l"][2] > 25
    assert forward["shoulder_r"] == pytest.approx([0, 0, 0], abs=1e-6)


def test_a_moved_or_sunk_body_moves_as_a_whole(man):
    moves = moved_mm(man, NEUTRAL, replace(NEUTRAL, right_mm=40, up_mm=-25, forward_mm=70))
    for name, move in moves.items():
        assert move == pytest.approx([-40, -25, 70], abs=1e-3), name
    found = truth(man, pose.bones(man, replace(NEUTRAL, up_mm=-25)), FRONT, pose.bones(man, NEUTRAL))
    assert found["sink_cm"] == found["head_drop_cm"] == 2.5  # each its own, in the room
    assert found["d_cva_deg"] == found["head_forward_cm"] == 0


def test_opening_the_mouth_lowers_the_chin_but_not_the_nose(man):
    moves = moved_mm(man, NEUTRAL, replace(NEUTRAL, jaw_deg=15))
    assert moves["chin"][1] < -10
    assert np.linalg.norm(moves["nose"]) < 0.5


def test_shoulder_measures_against_the_rib_cage_ignore_a_lean(man):
    neutral = pose.bones(man, NEUTRAL)
    raised = replace(NEUTRAL, shoulders_up_deg=(10, 10), shoulders_forward_deg=(12, 12))
    upright = truth(man, pose.bones(man, raised), FRONT, neutral)
    leaning = truth(man, pose.bones(man, replace(raised, trunk_lean_deg=20)), FRONT, neutral)
    assert upright["protraction_mm"] > 25
    assert upright["shoulder_elevation_mm"] > 15
    for name in ("protraction_mm", "shoulder_elevation_mm"):
        assert leaning[name] == pytest.approx(upright[name], abs=3)


@settings(max_examples=15, deadline=None)
@given(drop_deg=st.floats(-5, 30), lean_deg=st.floats(-8, 12), turn_deg=st.floats(-25, 25))
def test_a_solved_pose_lowers_the_cva_by_what_was_asked(man, drop_deg, lean_deg, turn_deg):
    wanted = Pose(trunk_lean_deg=lean_deg, turn_deg=turn_deg)
    solved = pose.solve(man, wanted, NEUTRAL, drop_deg)
    found = truth(man, pose.bones(man, solved), FRONT, pose.bones(man, NEUTRAL))
    assert found["d_cva_deg"] == pytest.approx(drop_deg, abs=0.02)
    assert replace(solved, forward_head_deg=0.0) == wanted


def test_a_forward_head_keeps_the_gaze_level_and_moves_the_head_forward_and_down(man):
    neutral = pose.bones(man, NEUTRAL)
    found = truth(man, pose.bones(man, pose.solve(man, NEUTRAL, NEUTRAL, 20)), FRONT, neutral)
    assert found["d_flexion_deg"] == pytest.approx(0, abs=0.01)
    assert 3 < found["head_forward_cm"] < 6
    assert found["head_drop_cm"] > 1
    assert found["d_trunk_lean_deg"] == pytest.approx(0, abs=0.01)


def test_a_drop_that_no_neck_can_do_is_refused(man):
    with pytest.raises(ValueError, match="out of reach"):
        pose.solve(man, NEUTRAL, NEUTRAL, 150)


def joint(of: Body, bones: Bones, name: str) -> np.ndarray:
    return bones.rotation[INDEX[name]] @ of.joints[name] + bones.shift[INDEX[name]]


@pytest.mark.parametrize(("side", "letter"), [("left", "L"), ("right", "R")])
@pytest.mark.parametrize("who", ["man", "woman"])
def test_the_hand_really_reaches_the_chin_and_the_ear_whatever_the_head_does(who, side, letter, request):
    sitter = request.getfixturevalue(who)
    for turned in (Pose(), Pose(turn_deg=15, flexion_deg=10, trunk_lean_deg=10)):
        chin = pose.bones(sitter, replace(turned, arm="chin", arm_side=side))
        knuckle = joint(sitter, chin, f"finger3-1.{letter}")
        assert np.linalg.norm(knuckle - points(sitter, chin)["chin"]) < 0.03
        phone = pose.bones(sitter, replace(turned, arm="phone", arm_side=side))
        palm = (joint(sitter, phone, f"wrist.{letter}") + 3 * joint(sitter, phone, f"finger3-1.{letter}")) / 4
        assert np.linalg.norm(palm - points(sitter, phone)[f"tragus_{letter.lower()}"]) < 0.05
        assert joint(sitter, phone, f"lowerarm01.{letter}")[1] < joint(sitter, phone, f"wrist.{letter}")[1]


@pytest.mark.parametrize(("side", "letter", "sign"), [("left", "L", 1), ("right", "R", -1)])
def test_the_fingers_close_toward_the_throat_and_toward_the_ear(man, side, letter, sign):
    chin, phone = (pose.bones(man, Pose(arm=arm, arm_side=side)) for arm in ("chin", "phone"))
    tip, knuckle = (joint(man, chin, f"finger3-{part}.{letter}") for part in (3, 1))
    assert tip[2] < knuckle[2] - 0.02
    tip, knuckle = (joint(man, phone, f"finger3-{part}.{letter}") for part in (3, 1))
    head = phone.rotation[INDEX["head"]]
    assert sign * (head.T @ (tip - knuckle))[0] < -0.005


def test_arms_keep_their_lengths_in_every_pose(man):
    for arm in (None, "reach", "chin", "phone"):
        placed = pose.bones(man, Pose(arm=arm))
        for start, end in (("upperarm01.R", "lowerarm01.R"), ("lowerarm01.R", "wrist.R"), ("wrist.R", "finger3-1.R")):
            length = np.linalg.norm(joint(man, placed, start) - joint(man, placed, end))
            assert length == pytest.approx(np.linalg.norm(man.joints[start] - man.joints[end]), abs=1e-9)


def test_a_phone_raises_its_shoulder_and_bends_the_head_to_it_and_reaching_pulls_its_shoulder_forward(man):
    neutral = pose.bones(man, NEUTRAL)
    phone = truth(man, pose.bones(man, replace(NEUTRAL, arm="phone", arm_side="left")), FRONT, neutral)
    assert phone["d_bend_deg"] < -10
    assert phone["d_shoulder_tilt_deg"] > 3  # the left side is the higher
    reach = moved_mm(man, NEUTRAL, replace(NEUTRAL, arm="reach", arm_side="right"))
    assert reach["shoulder_r"][2] > 20
    assert reach["shoulder_l"] == pytest.approx([0, 0, 0], abs=1e-6)
    hand = joint(man, pose.bones(man, replace(NEUTRAL, arm="reach")), "wrist.R")
    assert hand[2] > 0.4
    assert hand[0] < man.joints["upperarm01.R"][0]


def test_the_left_and_the_right_hand_do_mirror_images(man):
    for arm in ("reach", "chin", "phone"):
        left, right = (pose.bones(man, Pose(arm=arm, arm_side=side)) for side in ("left", "right"))
        for name in ("lowerarm01", "wrist", "finger3-1", "finger3-3"):
            mirrored = joint(man, right, f"{name}.R") * (-1, 1, 1)
            assert joint(man, left, f"{name}.L") == pytest.approx(mirrored, abs=0.004), (arm, name)


def test_bones_at_rest_leave_the_skin_where_it_is_and_every_vertex_hangs_on_bones_wholly(man):
    count = len(BONES)
    still = Bones(np.tile(np.eye(3), (count, 1, 1)), np.zeros((count, 3)))
    for each in man.meshes:
        assert each.weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5), each.kind
        assert body.skin(each.vertices, each.weights, still) == pytest.approx(each.vertices, abs=1e-4)


def test_every_mesh_has_corners_within_its_vertices_and_places_for_its_texture(woman):
    assert [each.kind for each in woman.meshes] == ["skin", "eyes", "lashes", "brows", "clothes", "hair"]
    for each in woman.meshes:
        assert each.triangles.max() < len(each.corner) == len(each.uv)
        assert each.corner.max() < len(each.vertices) == each.weights.shape[0]
        assert each.texture is None or assets.texture(each.texture).shape[2] == 4


def test_clothes_hide_the_skin_below_them_but_never_the_face(man):
    bare = len(assets.base().quads) * 2
    skin = mesh(man, "skin")
    assert 0.4 * bare < len(skin.triangles) < 0.9 * bare
    assert np.isin([297, 732, 12076], skin.corner[skin.triangles]).all()


def test_loose_clothes_stand_off_the_body_by_the_millimetres_asked(man):
    tight = mesh(man, "clothes")
    loose = mesh(body.build(replace(MAN, loose_mm=12.0)), "clothes")
    gap_mm = np.linalg.norm(loose.vertices - tight.vertices, axis=1) * 1000
    assert gap_mm == pytest.approx(12.0, abs=0.01)
    chest = np.argmax(tight.vertices[:, 2] * (tight.vertices[:, 1] > 0.3))
    assert loose.vertices[chest, 2] > tight.vertices[chest, 2]


def test_hair_follows_the_head_above_the_neck_and_the_back_below_it(woman):
    hair = mesh(woman, "hair")
    share = hair.weights[:, [INDEX["head"], INDEX["spine01"]]].toarray()
    height = hair.vertices[:, 1] - woman.vertices[body.C7, 1]
    assert (share[height > 0.07] == (1, 0)).all()
    assert (share[height < -0.02] == (0, 1)).all()


def test_the_camera_sees_what_it_looks_at_in_the_middle_and_the_persons_left_on_the_right():
    look, left, up = np.array(FRONT.look_m), np.array((0.1, 1.15, 0.1)), np.array((0.0, 1.25, 0.1))
    seen = camera.project(FRONT, np.stack([look, left, up]))
    assert seen[0] == pytest.approx([320, 240, np.hypot(0.1, 0.8)], abs=1e-6)
    assert seen[1, 0] > 320
    assert seen[2, 1] < 240
    assert camera.focal_px(FRONT) == pytest.approx(320 / np.tan(np.radians(34)))
    assert camera.axes(FRONT).T @ camera.axes(FRONT) == pytest.approx(np.eye(3), abs=1e-12)


def test_label_points_are_projected_into_the_picture(man):
    found = truth(man, pose.bones(man, NEUTRAL), FRONT)
    assert found["points"].keys() == found["points_px"].keys()
    assert found["points_px"]["tragus_l"][0] > found["points_px"]["tragus_r"][0]
    assert found["points_px"]["eye_l"][1] < found["points_px"]["chin"][1]
    assert "d_cva_deg" not in found


def test_the_packed_files_are_small_and_hold_only_verified_textures():
    sizes = {path.name: path.stat().st_size for path in assets.FOLDER.iterdir()}
    assert max(sizes.values()) < 3e6
    assert sum(sizes.values()) < 14e6
    unverified = {"female_casualsuit02", "male_casualsuit01", "afro", "afro01", "bob01"}
    assert not unverified & set(assets.textures())
    assert not [name for name in assets.textures() if "skinned" in name]
    assert len(assets.proxies("hair")) == 8
    assert len(assets.proxies("clothes")) == 12


def test_a_piece_without_a_verified_texture_has_none(man):
    assert body.piece(man.vertices, "male_casualsuit01", "male_casualsuit01", 0.0).texture is None
    assert body.piece(man.vertices, "male_casualsuit05", "male_casualsuit05", 0.0).texture == "male_casualsuit05"


def test_packing_keeps_whole_steps_and_vertex_ranges(tmp_path):
    steps = pack.small(np.array([-0.0128, 0.0, 0.3]), 5e-5)
    assert steps.tolist() == [-256, 0, 6000]
    assert steps.dtype == np.int16
    pack.write(tmp_path / "a.npz", {"steps": steps})
    assert np.load(tmp_path / "a.npz")["steps"].tolist() == [-256, 0, 6000]
    assert pack.read_hidden(["5 - 8 11", "20-21"]) == {5, 6, 7, 8, 11, 20, 21}


def test_a_target_file_is_read_as_displacements_of_single_vertices(tmp_path):
    path = tmp_path / "nose.target"
    path.write_text("# CC0\n2 .01 0 -.02\n", encoding="utf-8")
    assert pack.read_target(path, 4).tolist() == [[0, 0, 0], [0, 0, 0], [20, 0, -40], [0, 0, 0]]
