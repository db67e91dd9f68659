"""The baseline: what it takes, what it refuses, how it is kept, and what a damaged file gets (DESIGN part 6)."""

import contextlib
import errno
import json
import os
import stat
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from figures import HFOV_DEG, Camera, Sitter, landmarks, look, mirrored, noisy, scaled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posturewatch import baseline as module
from posturewatch.baseline import agrees, as_dict, build, file_name, from_dict, load, locate, newest, save
from posturewatch.chain import deviation
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.profile import measure
from posturewatch.features import describe
from posturewatch.landmarks import Landmarks

FRONT_ON = Sitter()
IN_PROFILE = Sitter(body_turn_deg=90)
LEVEL = Camera(tilt_deg=0)


def window(*sitters, camera=None):
    """A look at each sitter, five a second."""
    return [look(sitter, camera, t_s=i / 5) for i, sitter in enumerate(sitters)]


def built(*sitters, camera=None):
    return build(window(*sitters, camera=camera), HFOV_DEG)


def of(sitter, camera=None):
    return built(*[sitter] * 10, camera=camera)


def untold(reason, count):
    return [describe(Landmarks(0.0, (640, 480), reason=reason), HFOV_DEG) for _ in range(count)]


def faceless(count):
    return [describe(replace(landmarks(), face=None), HFOV_DEG) for _ in range(count)]


# what it holds


def test_a_baseline_holds_what_the_still_sitter_showed():
    kept = of(FRONT_ON)
    pose = landmarks(FRONT_ON).pose
    assert (kept.size_px, kept.hfov_deg, kept.view, kept.looks) == ((640, 480), 70.0, "front", 10)
    assert kept.place == pytest.approx((*pose[0, :2], pose[11, 0] - pose[12, 0]), abs=0.01)
    assert kept.side is None
    assert kept.noise_deg == 0.0
    assert kept.front.turn_deg == pytest.approx(0.0, abs=1e-4)
    assert kept.front.flexion_deg == pytest.approx(8.0, abs=1e-4)  # the camera looks down by 8°
    assert kept.front.bend_deg == pytest.approx(0.0, abs=1e-4)


def test_the_shoulders_and_the_tragi_are_kept_as_slopes_seen_from_the_camera():
    front = of(FRONT_ON, camera=LEVEL).front
    # the shoulders are 72 mm below the point looked at and 36 mm behind the tragi: 55 − 145 · cos 51° = −36 mm
    assert front.middle == pytest.approx((0.0, 72 / 686.3), abs=1e-4)
    assert front.across == pytest.approx((345 / 686.3, 0.0), abs=1e-4)
    assert front.tragus == pytest.approx((0.0, -112.7 / 650), abs=1e-4)  # 145 mm · sin 51°
    assert front.depth_mm == pytest.approx(1.09 * 650, abs=0.5)  # the canonical face reads 9 % long


def test_how_far_back_the_shoulders_are_is_told_by_the_hips():
    hung = of(FRONT_ON, camera=LEVEL).front
    assert hung.shoulders_back_mm == pytest.approx(0.0, abs=0.01)  # the figure's hips hang below its shoulders
    looks = window(*[FRONT_ON] * 3, camera=LEVEL)
    world = looks[0].world.copy()
    world[[11, 12], 2] = -0.080, -0.040
    nearer = build([replace(each, world=world) for each in looks], HFOV_DEG)
    assert nearer.front.shoulders_back_mm == pytest.approx(-60.0, abs=0.01)


def test_the_persons_own_face_is_kept_and_found_where_it_was():
    kept = of(FRONT_ON)
    assert kept.front.face.mesh_mm.shape == (468, 3)
    assert locate(kept.front.face, look(FRONT_ON)) == pytest.approx(kept.front.face.tragus_mm, abs=0.1)
    assert locate(kept.front.face, faceless(1)[0]) is None


def test_the_face_taken_is_that_of_the_most_usual_look():
    turned = [Sitter(turn_deg=t) for t in (0, 12, 0.2, -9, 0.1)]
    kept = built(*turned)
    assert kept.front.face.rotation == pytest.approx(of(Sitter(turn_deg=0.1)).front.face.rotation, abs=1e-5)


@pytest.mark.parametrize(("turned", "deg"), [(90, 10.8), (-90, 10.8)])
def test_in_profile_the_ear_in_front_of_the_shoulder_is_positive_from_either_side(turned, deg):
    kept = build(
        [look(Sitter(body_turn_deg=turned), Camera(distance_mm=5000, tilt_deg=0, hfov_deg=12))] * 10, hfov_deg=12
    )
    assert (kept.view, kept.front) == ("side", None)
    assert kept.side.ear_shoulder_deg == pytest.approx(deg, abs=0.3)  # atan(36.3 mm / 189.7 mm)
    assert kept.side.head_forward_px > 0
    assert kept.side.head_y_px < kept.side.shoulder_y_px
    assert kept.side.px_per_cm == pytest.approx(6.09, abs=0.3)  # 3045 px over 500 cm


def aslant(turn_deg, face=True):
    found = landmarks(Sitter(body_turn_deg=turn_deg), LEVEL)
    return describe(found if face else replace(found, face=None), HFOV_DEG)


def test_a_camera_aslant_keeps_the_profile_beside_the_face():
    kept = build([aslant(40)] * 10, HFOV_DEG)
    assert asdict(kept.side.upright) == pytest.approx(asdict(measure(aslant(40))), abs=1e-4)
    assert kept.front.turn_deg == pytest.approx(40.0, abs=1e-4)


def test_a_camera_aslant_needs_no_face():
    kept = build([aslant(40, face=False)] * 10, HFOV_DEG)
    assert kept.front is None
    assert asdict(kept.side.upright) == pytest.approx(asdict(measure(aslant(40))), abs=1e-4)


@pytest.mark.parametrize(("faces", "front"), [(5, True), (4, False)])
def test_aslant_the_face_counts_when_half_of_the_looks_show_it(faces, front):
    looks = [aslant(40, face=i < faces) for i in range(10)]
    assert (build(looks, HFOV_DEG).front is not None) == front


def test_the_face_decides_whether_a_camera_is_aslant_where_it_is_seen():
    assert build([replace(aslant(20), pose_turn_deg=40.0)], HFOV_DEG).side is None
    assert build([replace(aslant(40), pose_turn_deg=20.0)], HFOV_DEG).side is not None


def test_some_glances_aside_make_no_camera_aslant():
    assert build([aslant(0)] * 19 + [aslant(26)], HFOV_DEG).side is None


@pytest.mark.parametrize("face", [True, False])
def test_a_baseline_aslant_is_kept_and_read_again(tmp_path, face):
    kept = build([aslant(40, face)] * 3, HFOV_DEG)
    save(tmp_path / "b" / "aslant.json", kept, "0")
    read, _ = load(tmp_path / "b" / "aslant.json")
    assert json.dumps(as_dict(read)) == json.dumps(as_dict(kept))


def test_a_baseline_of_no_view_is_damaged(tmp_path, kept):
    with pytest.raises(PosturewatchError, match="is damaged"):
        load(written(tmp_path, kept, front=None))


def test_the_median_does_not_follow_a_few_looks_away():
    steady = of(FRONT_ON)
    away = [Sitter(turn_deg=9, chair_mm=(25, 0, 0)), Sitter(turn_deg=10, flexion_deg=6), Sitter(flexion_deg=9)]
    disturbed = built(*[FRONT_ON] * 9, *away)
    assert disturbed.place == steady.place
    for name in ("tragus", "depth_mm", "middle", "across", "turn_deg", "flexion_deg", "bend_deg"):
        assert getattr(disturbed.front, name) == pytest.approx(getattr(steady.front, name), abs=1e-3), name


def test_the_noise_is_the_spread_of_the_heads_height():
    upright = [look(FRONT_ON)] * 5
    lower = [look(Sitter(cva_drop_deg=4))] * 5
    drop = module.ear_height_ratio(upright[0]) - module.ear_height_ratio(lower[0])
    assert build([*upright, *lower], HFOV_DEG).noise_deg == pytest.approx(120.0 * drop / 2, abs=0.01)


def test_looks_of_another_view_are_left_out():
    kept = built(*[FRONT_ON] * 6, *[IN_PROFILE] * 3)
    assert (kept.view, kept.looks) == ("front", 6)


def test_looks_that_say_nothing_are_left_out():
    assert build([*window(*[FRONT_ON] * 6), *untold("blurred", 5)], HFOV_DEG).looks == 6


# what it refuses


def test_a_window_without_pictures_has_no_baseline():
    with pytest.raises(PosturewatchError, match="holds no picture"):
        build([], HFOV_DEG)


def test_half_of_the_window_must_be_trusted():
    five = window(*[FRONT_ON] * 5)
    assert build([*five, *untold("blurred", 5)], HFOV_DEG).looks == 5
    with pytest.raises(PosturewatchError, match="No baseline: blurred"):
        build([*five, *untold("blurred", 6)], HFOV_DEG)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("nobody in view", "Sit where the camera sees your head and both shoulders."),
        ("shoulders out of view", "Move back or tilt the camera until both shoulders are in the picture."),
        ("head out of the picture", "Tilt the camera until your whole head is in the picture."),
        ("too dark", "Switch on a light or uncover the camera."),
        ("camera covered", "Sit as you want to sit, facing the screen, and try again."),
    ],
)
def test_the_refusal_tells_the_most_common_reason_and_what_to_do_about_it(reason, advice):
    with pytest.raises(PosturewatchError) as refused:
        build([*untold("blurred", 3), *untold(reason, 4), *window(FRONT_ON)], HFOV_DEG)
    assert str(refused.value) == f"No baseline: {reason}. {advice}"


def test_a_window_of_lost_faces_is_refused_with_advice_on_light():
    with pytest.raises(PosturewatchError, match=r"the face is not seen\. Look at the screen, with light"):
        build([*faceless(6), *window(*[FRONT_ON] * 3)], HFOV_DEG)


def test_looks_of_one_time_are_told_apart_when_half_of_them_lost_the_face():
    with pytest.raises(PosturewatchError, match="the face is not seen"):
        build([look(FRONT_ON), *faceless(6)], HFOV_DEG)  # all of them at 0 s, as pictures of a folder may be


@pytest.mark.parametrize("moving", [{"turn_deg": 20}, {"flexion_deg": 20}])
def test_a_head_that_turns_or_nods_in_the_window_is_refused(moving):
    with pytest.raises(PosturewatchError, match=r"moved too much \(by 10°\)\. Sit still"):
        built(*[FRONT_ON, Sitter(**moving)] * 5)


@pytest.mark.parametrize("moving", [{"turn_deg": 14}, {"flexion_deg": 14}, {"cva_drop_deg": 4}])
def test_a_head_that_moves_a_little_is_taken(moving):
    assert built(*[FRONT_ON, Sitter(**moving)] * 5).looks == 10


def test_a_head_that_rises_and_sinks_in_the_window_is_refused():
    with pytest.raises(PosturewatchError, match="moved too much"):
        built(*[FRONT_ON, Sitter(cva_drop_deg=30)] * 5)


def test_in_profile_too_a_moving_head_is_refused():
    with pytest.raises(PosturewatchError, match="moved too much"):
        built(*[IN_PROFILE, replace(IN_PROFILE, cva_drop_deg=20)] * 5)


# keeping


def same(one, other):
    return as_dict(one) == as_dict(other)


@pytest.fixture
def kept():
    return build([describe(noisy(landmarks(), seed, 0.7), HFOV_DEG) for seed in range(10)], HFOV_DEG)


@pytest.mark.parametrize("sitter", [FRONT_ON, Sitter(body_turn_deg=55), IN_PROFILE])
def test_a_kept_baseline_is_read_back_exactly(tmp_path, sitter):
    found = of(sitter)
    if found.view != "side":
        found = build([describe(noisy(landmarks(sitter), seed, 0.7), HFOV_DEG) for seed in range(10)], HFOV_DEG)
    save(tmp_path / "desk.json", found, "0")
    again, camera = load(tmp_path / "desk.json")
    assert same(found, again)
    assert camera == "0"
    now = look(replace(sitter, cva_drop_deg=12))
    assert deviation(now, again) == deviation(now, found)


def test_what_was_measured_besides_is_kept_and_a_file_from_before_it_could_be_is_read(tmp_path, kept):
    more = replace(kept, hfov_error_deg=4.2, upright_ear_shoulder_deg=13.5)
    save(tmp_path / "desk.json", more, "0")
    assert same(load(tmp_path / "desk.json")[0], more)
    older = written(tmp_path, kept, hfov_error_deg=..., upright_ear_shoulder_deg=...)
    assert same(load(older)[0], kept)


def test_a_file_of_an_earlier_version_says_what_to_do(tmp_path, kept):
    with pytest.raises(PosturewatchError, match=r"\(not version 2\)\. Run `posturewatch calibrate`\."):
        load(written(tmp_path, kept, version=1))


def test_file_and_folder_are_the_owners_alone(tmp_path, kept):
    path = tmp_path / "baselines" / "desk.json"
    old = os.umask(0)
    try:
        save(path, kept, "0")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_saving_again_keeps_the_one_before_beside_it_and_nothing_else(tmp_path, kept):
    path = tmp_path / "desk.json"
    save(path, kept, "0")
    save(path, of(IN_PROFILE), "0")
    before = path.read_bytes()
    save(path, kept, "1")
    assert same(load(path)[0], kept)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["desk.json", "desk.json.before"]
    assert (tmp_path / "desk.json.before").read_bytes() == before
    assert module.stored(tmp_path) == ["1"], "the one before is no baseline of any camera"


def test_where_a_file_has_no_second_name_the_baseline_is_replaced_all_the_same(tmp_path, kept, monkeypatch):
    path = tmp_path / "desk.json"
    save(path, of(IN_PROFILE), "0")
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EPERM, "not permitted")))
    save(path, kept, "1")
    assert same(load(path)[0], kept)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_baseline_and_no_rest(tmp_path, kept, monkeypatch, broken):
    path = tmp_path / "desk.json"
    save(path, of(IN_PROFILE), "0")
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full) if broken == "fsync" else monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PosturewatchError, match=r"Cannot keep the baseline in .*: No space left on device"):
        save(path, kept, "0")
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} <= {"desk.json", "desk.json.before"}


def test_the_file_takes_its_name_only_after_it_is_written_to_the_disk(tmp_path, kept, monkeypatch):
    path, order = tmp_path / "desk.json", []
    fsync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("written"), fsync(fd))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (order.append("named"), rename(a, b))[1])
    save(path, kept, "0")
    assert order == ["written", "named"]


def test_a_folder_that_cannot_be_made_is_the_users_error(tmp_path, kept):
    (tmp_path / "file").write_text("")
    with pytest.raises(PosturewatchError, match="Cannot keep the baseline"):
        save(tmp_path / "file" / "desk.json", kept, "0")


def test_each_camera_and_mode_has_a_file_of_its_own(kept):
    assert file_name("0", kept) == "camera-0-640x480.json"
    assert file_name("/dev/video2", kept) == "camera-dev-video2-640x480.json"
    assert file_name("0", replace(kept, size_px=(1280, 720))) == "camera-0-1280x720.json"
    assert file_name("../../x", kept) == "camera-x-640x480.json"
    assert file_name("///", kept) == "camera-camera-640x480.json"


# damaged files


def written(folder, kept, name="desk.json", camera="0", **changes):
    """A kept file of which parts are changed; a value of … is left out."""
    path = folder / name
    save(path, kept, camera)
    content = {key: value for key, value in {**json.loads(path.read_text()), **changes}.items() if value is not ...}
    path.write_text(json.dumps(content))
    return path


def front_of(kept, **changes):
    return {key: value for key, value in {**as_dict(kept)["front"], **changes}.items() if value is not ...}


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(PosturewatchError, match=r"Cannot read the baseline .*gone\.json: No such file"):
        load(tmp_path / "gone.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"3", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"version": 1}', b"\x00"],
)
def test_a_file_that_is_no_baseline_is_damaged(tmp_path, content):
    (tmp_path / "desk.json").write_bytes(content)
    with pytest.raises(PosturewatchError, match=r"desk\.json is damaged"):
        load(tmp_path / "desk.json")


@pytest.mark.parametrize("part", [10, 100, 2000, -1])
def test_a_file_cut_off_anywhere_is_damaged(tmp_path, kept, part):
    path = written(tmp_path, kept)
    path.write_text(path.read_text()[:part])
    with pytest.raises(PosturewatchError, match="is damaged"):
        load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1},
        {"version": 3},
        {"version": "2"},
        {"version": ...},
        {"place": ...},
        {"place": [1.0, 2.0]},
        {"place": [1.0, 2.0, 0.0]},
        {"place": [1.0, 2.0, float("nan")]},
        {"size_px": [640]},
        {"size_px": [float("inf"), 480]},
        {"view": "back"},
        {"view": ["front"]},
        {"front": None},
        {"front": []},
        {"side": {}},
        {"hfov_deg": None},
        {"hfov_deg": 10**400},
        {"hfov_deg": 9.0},
        {"hfov_deg": 171.0},
        {"hfov_error_deg": "small"},
        {"hfov_error_deg": float("nan")},
        {"upright_ear_shoulder_deg": float("inf")},
        {"noise_deg": float("nan")},
        {"pitch_ratio": float("inf")},
        {"looks": "many"},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_wrong_version_a_missing_key_or_no_number_is_damage(tmp_path, kept, changes):
    with pytest.raises(PosturewatchError, match="is damaged"):
        load(written(tmp_path, kept, **changes))


@pytest.mark.parametrize("changes", [{"head_px": 0.0}, {"facing": None}, {"ear_x_px": float("inf")}, ...])
def test_a_side_baseline_without_its_measures_is_damaged(tmp_path, changes):
    side = as_dict(of(IN_PROFILE))["side"]
    upright = {} if changes is ... else {**side["upright"], **changes}
    with pytest.raises(PosturewatchError, match="is damaged"):
        load(written(tmp_path, of(IN_PROFILE), side={**side, "upright": upright}))


@pytest.mark.parametrize(
    "changes",
    [
        {"depth_mm": 0.0},
        {"depth_mm": -700.0},
        {"depth_mm": ...},
        {"tragus": [0.1]},
        {"tragus": 0.1},
        {"middle": [0.1, None]},
        {"across": {}},
        {"turn_deg": float("nan")},
        {"shoulders_back_mm": float("inf")},
        {"shoulders_back_mm": ...},
        {"face": None},
        {"face": {"mesh_mm": [[0.0] * 3] * 468, "tragus_mm": [0.0] * 3}},
        {"face": {"mesh_mm": [[0.0] * 3] * 467, "tragus_mm": [0.0] * 3, "rotation": [[0.0] * 3] * 3}},
        {"face": {"mesh_mm": [[0.0] * 3] * 468, "tragus_mm": [0.0] * 2, "rotation": [[0.0] * 3] * 3}},
        {"face": {"mesh_mm": [[0.0] * 3] * 468, "tragus_mm": [float("nan")] * 3, "rotation": [[0.0] * 3] * 3}},
        {"face": {"mesh_mm": [[0.0] * 3] * 468, "tragus_mm": [10**400] * 3, "rotation": [[0.0] * 3] * 3}},
        {"face": {"mesh_mm": [[0.0], [0.0, 1.0]], "tragus_mm": [0.0] * 3, "rotation": [[0.0] * 3] * 3}},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_a_misshapen_front_is_damage(tmp_path, kept, changes):
    with pytest.raises(PosturewatchError, match="is damaged"):
        load(written(tmp_path, kept, front=front_of(kept, **changes)))


@pytest.mark.parametrize("px_per_cm", [0.0, -1.0, None, float("nan")])
def test_a_side_view_without_a_scale_is_damage(tmp_path, px_per_cm):
    side = of(IN_PROFILE)
    changed = {**as_dict(side)["side"], "px_per_cm": px_per_cm}
    with pytest.raises(PosturewatchError, match="is damaged"):
        load(written(tmp_path, side, side=changed))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_a_file_says_it_is_a_baseline_or_the_users_error(tmp_path, data):
    plain = data.draw(st.sampled_from([PLAIN_FRONT, PLAIN_SIDE]))
    content = json.loads(plain)
    here = content
    while True:
        key = data.draw(st.sampled_from(sorted(here)) if isinstance(here, dict) else st.integers(0, len(here) - 1))
        if not (isinstance(here[key], dict | list) and here[key] and data.draw(st.booleans())):
            break
        here = here[key]
    if data.draw(st.booleans()):
        here[key] = data.draw(ANYTHING)
    else:
        del here[key]
    path = tmp_path / "desk.json"
    path.write_text(json.dumps(content))
    with contextlib.suppress(PosturewatchError):  # nothing else may be raised
        found, _ = load(path)
        told = deviation(look(Sitter(cva_drop_deg=10)), found)
        assert told.forward_head_deg is None or np.isfinite(told.forward_head_deg)


def plain_text(sitter):
    return json.dumps({"version": 2, "camera": "0", **as_dict(of(sitter))})


PLAIN_FRONT, PLAIN_SIDE = plain_text(FRONT_ON), plain_text(IN_PROFILE)


# the newest


def ages(folder, *names):
    """Make these files the older the later they are named."""
    for i, name in enumerate(names):
        os.utime(folder / name, (2_000_000_000 - i, 2_000_000_000 - i))


def test_the_newest_baseline_of_this_camera_is_taken(tmp_path, kept):
    for name, camera, looks in [("a.json", "1", 11), ("b.json", "0", 12), ("c.json", "0", 13)]:
        save(tmp_path / name, replace(kept, looks=looks), camera)
    ages(tmp_path, "a.json", "c.json", "b.json")
    said = []
    assert newest(tmp_path, "0", said.append).looks == 13
    assert newest(tmp_path, "2", said.append) is None
    assert said == []


def test_a_folder_that_is_not_there_holds_no_baseline(tmp_path):
    assert newest(tmp_path / "none", "0", pytest.fail) is None


def test_a_damaged_file_is_set_aside_with_a_warning_and_the_next_one_taken(tmp_path, kept):
    save(tmp_path / "old.json", kept, "0")
    (tmp_path / "new.json").write_text('{"version": 1, "came')
    ages(tmp_path, "new.json", "old.json")
    said = []
    assert same(newest(tmp_path, "0", said.append), kept)
    assert len(said) == 1
    assert "new.json is damaged" in said[0]
    assert "new.json.damaged" in said[0]
    assert (tmp_path / "new.json.damaged").read_text() == '{"version": 1, "came'
    assert not (tmp_path / "new.json").exists()
    assert newest(tmp_path, "0", pytest.fail) is not None  # it is said once


# agreeing


SAT = of(FRONT_ON)


def sitting(**changes):
    return window(*[replace(FRONT_ON, **changes)] * 10)


def test_the_same_sitter_in_the_same_place_agrees():
    assert agrees(SAT, sitting())


@pytest.mark.parametrize("chair_mm", [(60, 0, 0), (-60, 0, 0), (0, 60, 0), (0, 0, 80), (0, 0, -80)])
def test_a_few_centimetres_to_any_side_still_agree(chair_mm):
    assert agrees(SAT, sitting(chair_mm=chair_mm))


@pytest.mark.parametrize("chair_mm", [(75, 0, 0), (-75, 0, 0), (0, -75, 0), (0, 0, 110), (0, 0, -120)])
def test_another_place_does_not_agree(chair_mm):
    assert not agrees(SAT, sitting(chair_mm=chair_mm))


def test_another_view_does_not_agree():
    assert not agrees(SAT, window(*[IN_PROFILE] * 10))


def test_another_picture_size_does_not_agree():
    assert not agrees(SAT, [describe(scaled(landmarks(), 2.0), HFOV_DEG)] * 10)


def test_a_restless_sitter_does_not_agree():
    def swaying(mm):
        return window(*[Sitter(chair_mm=(x, 0, 0)) for x in (-mm, mm)] * 5)

    assert agrees(SAT, swaying(12))  # SD 12 mm of 345 mm
    assert not agrees(SAT, swaying(20))


def test_half_of_the_looks_must_show_the_sitter():
    assert agrees(SAT, [*sitting()[:5], *untold("blurred", 5)])
    assert not agrees(SAT, [*sitting()[:5], *untold("blurred", 6)])
    assert not agrees(SAT, untold("blurred", 10))
    assert not agrees(SAT, [])


def test_a_mirrored_baseline_is_as_good_as_a_straight_one():
    leaning = Sitter(turn_deg=6, chair_mm=(40, 0, 0))
    straight = of(leaning).front
    flipped = build([describe(mirrored(landmarks(leaning)), HFOV_DEG)] * 10, HFOV_DEG).front
    assert flipped.tragus == pytest.approx((-straight.tragus[0], straight.tragus[1]), abs=1e-5)
    assert flipped.turn_deg == pytest.approx(-straight.turn_deg, abs=1e-4)
    assert flipped.across == pytest.approx((straight.across[0], -straight.across[1]), abs=1e-5)


def test_a_baseline_read_from_a_recording_is_the_same():
    assert same(from_dict(json.loads(json.dumps(as_dict(SAT)))), SAT)
