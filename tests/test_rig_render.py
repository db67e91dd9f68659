"""The rig's renderer: what it draws depends on what it is given, and looks like the person it is given."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calibration.rig import body as bodies
from calibration.rig import camera as cameras
from calibration.rig import draw, gaze, pose, render, room, sensor, skin, wear
from calibration.rig.spec import Camera, Person, Pose, Scene, Shot

SIZE = (160, 120)
NOSE = 297  # base vertex
PERSON = Person(
    name="p",
    seed=3,
    male=1.0,
    age=0.1,
    muscle=0.5,
    weight=0.5,
    height=0.5,
    proportions=0.6,
    race={"caucasian": 1.0},
    details={},
    skin=(216.0, 168.0, 141.0),
    beard=0.0,
    eyes="brownlight",
    brows="eyebrow001",
    hair=None,
    hair_tint=(1.0, 1.0, 1.0),
    clothes="male_casualsuit03",
    cloth_tint=(0.3, 0.4, 0.9),
)
SCENE = Scene(seed=4, light="mixed")
CAMERA = Camera((0.0, 1.30, 0.85), (0.0, 1.15, 0.1), 62.0, SIZE)


@pytest.fixture(scope="module", autouse=True)
def needs_egl() -> None:
    try:
        draw.context()
    except Exception as problem:  # the machine's drivers decide what is raised
        pytest.skip(f"no OpenGL context without a window: {problem}")


def shoot(person: Person = PERSON, scene: Scene = SCENE, seated: Pose | None = None) -> Any:
    body = bodies.build(person)
    with render.Stage(body, scene, SIZE) as stage:
        return stage.shoot(pose.bones(body, seated or Pose()), CAMERA)


@pytest.fixture(scope="module")
def plain() -> Any:
    return shoot()


def pixel(vertex: int) -> tuple[int, int]:
    """Row and column of a base vertex of the seated person."""
    body = bodies.build(PERSON)
    place = bodies.skin(body.vertices, bodies.assets.base().weights, pose.bones(body, Pose()))[vertex]
    x, y, _ = cameras.project(CAMERA, place[None])[0]
    return int(y), int(x)


def test_the_same_shot_twice_gives_the_same_bytes_whatever_was_shot_between(plain):
    body = bodies.build(PERSON)
    with render.Stage(body, SCENE, SIZE) as stage:
        stage.shoot(pose.bones(body, Pose(trunk_lean_deg=20, turn_deg=30)), replace(CAMERA, hfov_deg=80.0))
        again = stage.shoot(pose.bones(body, Pose()), CAMERA)
    assert plain.shape == (120, 160, 3)
    assert plain.dtype == np.uint8
    assert plain.tobytes() == again.tobytes()


def test_the_projected_nose_falls_on_skin_and_the_chest_on_the_shirt(plain):
    row, column = pixel(NOSE)
    red, green, blue = plain[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3).mean(axis=0)
    assert red > 90
    assert red > 1.15 * green > 1.15 * blue
    row, column = pixel(1496)  # C7: the shirt's collar line lies a hand below
    red, green, blue = plain[row + 35 : row + 40, column - 3 : column + 4].reshape(-1, 3).mean(axis=0)
    assert blue > red


def test_a_nose_further_right_in_the_world_is_drawn_further_right(plain):
    moved = shoot(seated=Pose(right_mm=-80))  # to the person's left: the picture's right
    row = pixel(NOSE)[0]
    skin_columns = [np.flatnonzero((p[row, :, 0] > 1.3 * p[row, :, 2]) & (p[row, :, 0] > 90)) for p in (plain, moved)]
    focal, depth = cameras.focal_px(CAMERA), 0.62
    assert np.median(skin_columns[1]) - np.median(skin_columns[0]) == pytest.approx(0.08 * focal / depth, abs=4)


def test_a_dim_room_is_darker_than_the_same_room_well_lit(plain):
    dim = shoot(scene=replace(SCENE, light="dim"))
    assert dim.mean() < 0.75 * plain.mean()


def test_against_a_bright_window_the_face_is_darker_than_the_picture():
    picture = shoot(scene=replace(SCENE, light="back-lit"))
    row, column = pixel(NOSE)
    assert picture[row - 3 : row + 4, column - 3 : column + 4].mean() < picture[:40].mean()


def test_light_from_a_window_falls_on_one_side_of_the_face():
    picture = shoot(scene=replace(SCENE, light="window")).astype(float)
    row, column = pixel(NOSE)
    left = picture[row - 4 : row + 5, column - 10 : column - 3].mean()
    right = picture[row - 4 : row + 5, column + 4 : column + 11].mean()
    assert max(left, right) > 1.3 * min(left, right)


def test_glasses_change_only_pixels_near_the_eyes_and_temples(plain):
    with_glasses = shoot(replace(PERSON, glasses=True))
    changed = np.abs(with_glasses.astype(int) - plain).max(axis=2) > 24
    row, column = pixel(NOSE)
    rows, columns = np.nonzero(changed)
    assert 12 < changed.sum() < 400
    assert (row - 18 <= rows).all()
    assert (rows <= row + 3).all()
    assert (np.abs(columns - column) <= 20).all()


def test_a_head_set_moves_with_the_head():
    body = bodies.build(replace(PERSON, headset=True))
    (mesh,) = wear.meshes(body)
    bones = pose.bones(body, Pose(turn_deg=25, flexion_deg=10))
    head = bodies.INDEX["head"]
    expected = mesh.vertices @ bones.rotation[head].T + bones.shift[head]
    assert np.abs(bodies.skin(mesh.vertices, mesh.weights, bones) - expected).max() < 1e-9


def test_the_skin_has_the_persons_tone_darker_lips_and_beard():
    shaven = skin.paint(PERSON).astype(int)
    bearded = skin.paint(replace(PERSON, beard=1.0)).astype(int)
    dark = skin.paint(replace(PERSON, skin=(60.0, 42.0, 34.0))).astype(int)
    t = skin.texels()

    def tone(texture: Any, place_dm: tuple[float, float, float]) -> Any:
        near = ((t.places - np.array(place_dm)) ** 2).sum(axis=1).argsort()[:40]
        return texture[np.isin(t.index, near)].mean(axis=0)

    chin, lip, brow = (0.0, 6.30, 1.45), (0.06, 6.65, 1.58), (0.0, 7.9, 1.25)
    assert tone(shaven, brow) == pytest.approx(PERSON.skin, rel=0.08)
    assert tone(dark, brow) == pytest.approx((60, 42, 34), rel=0.08)
    assert tone(bearded, chin).mean() < 0.7 * tone(shaven, chin).mean()
    assert tone(shaven, lip)[1] < 0.85 * tone(shaven, brow)[1]


def test_the_eyes_turn_to_what_is_looked_at_and_a_blink_shuts_the_lids():
    body = bodies.build(PERSON)
    bones = pose.bones(body, Pose())
    eye, lid = bodies.INDEX["eye.L"], bodies.INDEX["orbicularis03.L"]
    place = bones.rotation[eye] @ body.joints["eye.L"] + bones.shift[eye]
    target = place + np.array([0.1, -0.1, 0.7])
    looking = gaze.look_at(body, bones, tuple(target))
    assert np.cross(looking.rotation[eye] @ [0, 0, 1], (target - place) / np.linalg.norm(target - place)) == (
        pytest.approx([0, 0, 0], abs=0.01)
    )
    shut = gaze.look_at(body, bones, tuple(target), blink=1.0)
    opened = looking.rotation[lid].T @ shut.rotation[lid]
    assert np.degrees(np.arcsin(opened[2, 1])) > 15


def test_in_a_clip_people_blink_seventeen_times_a_minute_and_no_two_alike():
    lids = np.array([gaze.blink(t_s, 3) for t_s in np.arange(0, 60, 0.02)])
    assert int((np.diff((lids > 0.5).astype(int)) == 1).sum()) == 17
    assert (lids > 0).mean() == pytest.approx(17 * 0.3 / 60, abs=0.01)
    assert [gaze.blink(t_s, 3) for t_s in (1.0, 2.0)] == [gaze.blink(t_s, 3) for t_s in (1.0, 2.0)]
    assert not np.array_equal(lids, [gaze.blink(t_s, 4) for t_s in np.arange(0, 60, 0.02)])


def test_in_a_clip_the_eyes_stay_on_the_screen_unless_the_person_looks_elsewhere():
    body = bodies.build(PERSON)
    posed = Pose(turn_deg=10)
    bones, eye = pose.bones(body, posed), bodies.INDEX["eye.L"]
    shot = Shot("g", "n", "upright", 0.0, "front", PERSON, Pose(), posed, CAMERA, SCENE)

    def sight(kind: str) -> Any:
        seen = gaze.watching(body, bones, replace(shot, kind=kind))
        return seen.rotation[eye] @ [0, 0, 1], seen.rotation[eye] @ body.joints["eye.L"] + seen.shift[eye]

    (along, place), (elsewhere, _) = sight("upright"), sight("aside")
    wanted = np.array(CAMERA.position_m) - [0, 0.12, 0] - place
    assert along == pytest.approx(wanted / np.linalg.norm(wanted), abs=0.01)
    assert elsewhere == pytest.approx(bones.rotation[bodies.INDEX["head"]] @ [0, 0, 1], abs=0.01)
    assert along[0] != pytest.approx(elsewhere[0], abs=0.1)  # 10° of turn


def test_every_seed_has_its_own_room_and_the_same_seed_the_same():
    one, again, other = (room.build(replace(SCENE, seed=seed)) for seed in (1, 1, 2))
    assert one.fixed.vertices.tobytes() == again.fixed.vertices.tobytes()
    assert one.fixed.colours.tobytes() == again.fixed.colours.tobytes()
    assert one.fixed.vertices.tobytes() != other.fixed.vertices.tobytes()


def test_the_sensor_adds_the_noise_it_is_told_and_the_same_seed_gives_the_same_file():
    grey = np.full((120, 160, 3), 128, np.uint8)
    quiet, noisy = (replace(SCENE, noise=noise, jpeg=100) for noise in (0.0, 6.0))
    files = [sensor.develop(grey, noisy, np.random.default_rng(5)) for _ in range(2)]
    assert files[0] == files[1] != sensor.develop(grey, noisy, np.random.default_rng(6))
    luminance = sensor.decode(files[0]) @ np.array([0.299, 0.587, 0.114])
    assert luminance.std() == pytest.approx(6.0, rel=0.1)
    assert luminance.mean() == pytest.approx(128, abs=1)
    assert np.abs(sensor.decode(sensor.develop(grey, quiet, np.random.default_rng(5))).astype(int) - 128).max() <= 1


def test_blur_spreads_an_edge():
    edge = np.zeros((40, 60, 3), np.uint8)
    edge[:, 30:] = 255
    scene = replace(SCENE, noise=0.0, jpeg=100, blur_px=2.0)
    row = sensor.decode(sensor.develop(edge, scene, np.random.default_rng(0)))[20, :, 1].astype(int)
    assert ((row > 25) & (row < 230)).sum() >= 4
