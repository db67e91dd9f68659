"""Looking at one picture in several ways: what each finds goes back to where it is in the picture itself."""

from dataclasses import replace

import numpy as np
import pytest
from figures import Camera, Sitter
from figures import landmarks as drawn

from posturewatch.estimate import steady
from posturewatch.estimate.steady import FACE_MIRROR, POSE_MIRROR, WAYS, Way, find_steadily, merged, undone
from posturewatch.features import EARS, NOSE, SHOULDERS
from posturewatch.frames import Frame
from posturewatch.landmarks import Face, Landmarks

SITTER = Sitter(cva_drop_deg=12, turn_deg=14, bend_deg=6, flexion_deg=9, chair_mm=(60, -20, 0))
SIZE = (640, 480)
PICTURE = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
each_way = pytest.mark.parametrize("way", WAYS, ids=str)


def placed(points, way):
    """Where points (n, 2) of the picture are when it is seen in this way, by arithmetic of our own."""
    x, y = points[:, 0] - SIZE[0] / 2, points[:, 1] - SIZE[1] / 2
    x = -x if way.mirrored else x
    c, s = np.cos(np.radians(way.turned_deg)), np.sin(np.radians(way.turned_deg))
    middle = np.array(SIZE) / 2
    return np.column_stack([x * c + y * s, y * c - x * s]) * way.scale + middle  # counter-clockwise, y down


def meshed():
    """The drawn sitter, with the face's points as the mesh of MediaPipe orders them: the middle line, then halves."""
    found = drawn(SITTER, Camera(tilt_deg=5))
    assert found.face is not None
    return replace(found, face=Face(found.face.matrix, found.face.points))


STRAIGHT = meshed()


def through(found, way):
    """What exact models would find of the same person in the picture seen in this way."""
    pose, world, face = found.pose.copy(), found.world.copy(), found.face
    points, matrix = face.points.copy(), face.matrix.copy()
    for of in (pose, points):
        of[:, :2] = placed(of[:, :2], way)
        of[:, 2] *= way.scale
    if way.mirrored:
        pose, world, points = pose[POSE_MIRROR], world[POSE_MIRROR] * [-1, 1, 1], points[FACE_MIRROR]
        flip = np.diag([-1.0, 1.0, 1.0, 1.0])
        matrix = flip @ matrix @ flip
    c, s = np.cos(np.radians(way.turned_deg)), np.sin(np.radians(way.turned_deg))
    matrix[:3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ matrix[:3]  # counter-clockwise, y up
    matrix[:3, 3] /= way.scale  # smaller is farther
    return replace(found, pose=pose, world=world, face=Face(matrix, points))


def shifted(found, dx_px):
    pose = found.pose + np.array([dx_px, 0, 0, 0])
    return replace(found, pose=pose, face=Face(found.face.matrix, found.face.points))


class Eyes:
    """A finder that finds exactly what it is given, one after the other."""

    def __init__(self, answers, place=None):
        self.answers, self.place, self.asked = list(answers), place, []

    def find(self, frame):
        self.asked.append((frame, self.place))
        return self.answers[len(self.asked) - 1]


def every_way(found=STRAIGHT):
    return Eyes([through(found, way) for way in WAYS], place=(300.0, 180.0, 150.0))


# the tables


@pytest.mark.parametrize("table", [POSE_MIRROR, FACE_MIRROR], ids=["pose", "face"])
def test_a_mirror_of_a_mirror_is_the_picture_itself(table):
    assert sorted(table) == list(range(len(table)))
    assert [table[i] for i in table] == list(range(len(table)))


def test_in_a_mirrored_pose_left_and_right_are_exchanged():
    nose, eyes, ears, mouth, shoulders, wrists, hips = 0, (2, 5), (7, 8), (9, 10), (11, 12), (15, 16), (23, 24)
    assert len(POSE_MIRROR) == 33
    assert POSE_MIRROR[nose] == nose
    for left, right in (eyes, (1, 4), (3, 6), ears, mouth, shoulders, wrists, hips, (31, 32)):
        assert (POSE_MIRROR[left], POSE_MIRROR[right]) == (right, left)


def test_in_a_mirrored_face_left_and_right_are_exchanged_and_the_middle_stays():
    assert len(FACE_MIRROR) == 478
    for middle in (1, 4, 10, 13, 14, 152, 168):  # tip of the nose, forehead, lips, chin, between the eyes
        assert FACE_MIRROR[middle] == middle
    # corners of the eyes and of the mouth, edges of the face, wings of the nose, irises and their corners
    for right, left in ((33, 263), (133, 362), (61, 291), (234, 454), (48, 278), (468, 473), (469, 476), (471, 474)):
        assert (FACE_MIRROR[right], FACE_MIRROR[left]) == (left, right)
    assert (FACE_MIRROR[470], FACE_MIRROR[472]) == (475, 477)  # above and below


# there and back


@each_way
def test_what_is_found_in_a_way_goes_back_to_where_it_is(way):
    back = undone(through(STRAIGHT, way), way)
    assert back.pose == pytest.approx(STRAIGHT.pose, abs=0.01)
    assert back.world == pytest.approx(STRAIGHT.world, abs=1e-9)
    assert back.face.points == pytest.approx(STRAIGHT.face.points, abs=0.01)
    assert back.face.matrix == pytest.approx(STRAIGHT.face.matrix, abs=1e-6)
    assert (back.t_s, back.size_px) == (STRAIGHT.t_s, STRAIGHT.size_px)


@each_way
def test_the_picture_shows_a_point_where_it_is_said_to_be(way):
    picture = PICTURE.copy()
    picture[100:109, 200:209] = 255
    shown = steady.seen(picture, way)
    assert shown.shape == picture.shape
    rows, columns = np.nonzero(shown[:, :, 0] > 128)
    middle = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    assert middle == pytest.approx(placed(np.array([[204.5, 104.5]]), way)[0], abs=1.0)


def test_nobody_goes_back_to_nobody():
    nobody = Landmarks(0.0, SIZE)
    assert undone(nobody, Way(True, 0.9, 5.0)) == nobody
    faceless = undone(replace(through(STRAIGHT, WAYS[1]), face=None), WAYS[1])
    assert faceless.face is None
    assert faceless.pose == pytest.approx(STRAIGHT.pose, abs=0.01)


def test_the_ways_differ_and_the_first_is_the_picture_itself():
    assert WAYS[0] == Way(False, 1.0, 0.0)
    assert len(set(WAYS)) == len(WAYS) == 6
    assert steady.seen(PICTURE, WAYS[0]) is PICTURE


# all together


def test_exact_findings_in_every_way_are_found_exactly():
    eyes = every_way()
    found = find_steadily(eyes, Frame(2.5, PICTURE, None))
    assert len(eyes.asked) == 6
    assert found.pose == pytest.approx(STRAIGHT.pose, abs=0.01)
    assert found.world == pytest.approx(STRAIGHT.world, abs=1e-5)
    assert found.face.points == pytest.approx(STRAIGHT.face.points, abs=0.01)
    assert found.face.matrix == pytest.approx(STRAIGHT.face.matrix, abs=1e-5)


def test_the_mean_errs_less_than_one_look():
    random = np.random.default_rng(3)
    noisy = []
    for way in WAYS:
        here = through(STRAIGHT, way)
        pose = here.pose + np.column_stack([random.normal(0, 2, (33, 2)), np.zeros((33, 2))])
        noisy.append(replace(here, pose=pose))
    found = find_steadily(Eyes(noisy), Frame(0.0, PICTURE, None))
    off, single = (np.std((each.pose - STRAIGHT.pose)[:, :2]) for each in (found, noisy[0]))
    assert off < 0.55 * single


def test_every_way_is_looked_at_with_the_place_of_the_person_in_it_and_the_place_is_restored():
    eyes = every_way()
    place = eyes.place
    find_steadily(eyes, Frame(0.0, PICTURE, None))
    assert eyes.place == place
    for way, (frame, there) in zip(WAYS, eyes.asked, strict=True):
        assert there[:2] == pytest.approx(placed(np.array([place[:2]]), way)[0], abs=0.01)
        assert there[2] == pytest.approx(place[2] * way.scale)
        assert frame.image.shape == PICTURE.shape


def test_without_a_place_none_is_made_up():
    eyes = every_way()
    eyes.place = None
    find_steadily(eyes, Frame(0.0, PICTURE, None))
    assert [there for _, there in eyes.asked] == [None] * 6
    assert eyes.place is None


DARK, LOST = Frame(1.0, PICTURE, "too dark"), Frame(1.0, None, "camera lost")


@pytest.mark.parametrize("frame", [DARK, LOST], ids=["dark", "lost"])
def test_a_picture_that_cannot_be_judged_is_not_looked_at_again(frame):
    answer = Landmarks(1.0, SIZE, reason=frame.reason)
    eyes = Eyes([answer])
    assert find_steadily(eyes, frame) is answer
    assert len(eyes.asked) == 1


# who is found


NOBODY = Landmarks(0.0, SIZE)


def test_a_person_found_by_less_than_half_of_the_ways_is_nobody():
    assert merged([STRAIGHT] * 3 + [NOBODY] * 3).pose is not None
    lost = merged([STRAIGHT] * 2 + [NOBODY] * 4)
    assert (lost.pose, lost.world, lost.face, lost.size_px) == (None, None, None, SIZE)


def test_another_person_found_in_one_way_is_left_out():
    other = shifted(STRAIGHT, 200.0)
    assert merged([STRAIGHT] * 5 + [other]).pose == pytest.approx(STRAIGHT.pose, abs=0.001)
    assert merged([other] + [STRAIGHT] * 5).pose == pytest.approx(STRAIGHT.pose, abs=0.001)
    near = merged([STRAIGHT] * 5 + [shifted(STRAIGHT, 12.0)])
    assert near.pose[0, 0] == pytest.approx(STRAIGHT.pose[0, 0] + 2.0, abs=0.001)


@pytest.mark.parametrize("points", [NOSE, *EARS, *SHOULDERS])
def test_a_way_in_which_nose_ears_or_shoulders_are_elsewhere_is_left_out(points):
    pose = STRAIGHT.pose.copy()
    pose[points, 0] += 250.0
    assert merged([replace(STRAIGHT, pose=pose)] * 2 + [STRAIGHT] * 4).pose == pytest.approx(STRAIGHT.pose, abs=0.001)


def test_what_less_than_half_of_the_ways_agree_on_is_not_trusted():
    one, other = shifted(STRAIGHT, 200.0), shifted(STRAIGHT, -200.0)
    unsure = merged([STRAIGHT] * 2 + [one] * 2 + [other] * 2)
    assert (unsure.pose, unsure.world, unsure.face, unsure.reason) == (None, None, None, "landmarks not trusted")
    assert merged([STRAIGHT] * 3 + [one] * 2 + [other]).reason is None
    found_by_four = merged([STRAIGHT] * 2 + [one] * 2 + [NOBODY] * 2)
    assert (found_by_four.pose, found_by_four.reason) == (None, "landmarks not trusted")


def test_a_face_found_by_less_than_half_counts_only_where_the_picture_itself_shows_it():
    faceless = replace(STRAIGHT, face=None)
    assert merged([faceless] * 3 + [STRAIGHT] * 3).face is not None
    assert merged([faceless] * 4 + [STRAIGHT] * 2).face is None
    # small faces are lost when made smaller: the picture itself is what a stream would have gone by
    assert merged([STRAIGHT] * 2 + [faceless] * 4).face.points == pytest.approx(STRAIGHT.face.points, abs=0.01)
    assert merged([shifted(STRAIGHT, 200.0)] + [faceless] * 5).face is None  # that face is another person's


def test_the_mean_of_turned_heads_is_a_turned_head_of_the_same_size():
    heads = [drawn(replace(SITTER, turn_deg=turn)) for turn in (4.0, 14.0, 24.0)]
    matrix = merged(heads).face.matrix
    rotation = matrix[:3, :3]
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=0.02)
    scale = np.cbrt(np.linalg.det(rotation))
    assert (rotation / scale) @ (rotation / scale).T == pytest.approx(np.eye(3), abs=1e-5)
    assert matrix == pytest.approx(heads[1].face.matrix, abs=0.3)
