"""The hand-drawn figure: a sitter of a few hand-written millimetres, projected to the landmarks the models would find.

World axes: x to the person's left (the picture's right), y up, z toward the screen; the origin is a point at the height
of the upright person's neck, at which the camera always looks, from `distance_mm`, `tilt_deg` above the horizontal. So
a tilted camera circles the person, as one that is set higher or lower and then aimed does.

    seat ──trunk──> C7 ──neck──> middle of the tragi = origin of the rigid head (an ellipsoid face, ears, eyes, …)
                     └──> shoulders, below and in front of C7

The head's angles are the world's, so that carrying the head forward (`cva_drop_deg`) keeps the gaze level; they and
the changes of place have DESIGN's signs. The figure has no random error: `noisy` adds some, `with_pose` moves a
landmark. What it knows of MediaPipe: the order of the 33 pose landmarks, the canonical face's axes, the camera of 63°,
that depths read long because the canonical face is larger than most heads, and that the face sinks a little in a nod.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from posturewatch.baseline import build
from posturewatch.chain import deviation
from posturewatch.features import describe
from posturewatch.landmarks import Face, Landmarks

HFOV_DEG = 70.0
SIZE_PX = (640, 480)
MEDIAPIPE_VFOV_DEG = 63.0
READS_LONG = 1.09  # the canonical face is 9 % larger than a usual head
FACE_SINKS_MM = 0.43  # per degree of flexion, beyond the head itself (groundtruth/CHAIN.md, what helped, 3)
CANONICAL_TRAGUS_CM = np.array([0.0, 0.67, -4.1])

# in millimetres from the middle of the tragi, head axes: x to the person's left, y up, z out of the face
NOSE = (0.0, -20.0, 105.0)
EYE, EAR, MOUTH = (32.0, 25.0, 85.0), (72.0, 5.0, 0.0), (26.0, -62.0, 88.0)  # the left ones
FACE_MIDDLE, FACE_AXES = (0.0, -15.0, 15.0), (68.0, 95.0, 80.0)  # the ellipsoid whose front is the face
HALF_FACE = 234  # the face's 468 points are 234 of the left half, then their mirror images

POSE_MIRROR = [0, 4, 5, 6, 1, 2, 3, *(i + (1 if i % 2 else -1) for i in range(7, 33))]
FACE_MIRROR = [*range(234, 468), *range(234), *range(473, 478), *range(468, 473)]
IN_PICTURE = 25  # visibility: below the hips nothing is seen


@dataclass(frozen=True)
class Sitter:
    """How one person sits: the constants of the body, then what changes; lengths in mm, angles in degrees."""

    neck: float = 145.0
    cva: float = 51.0
    trunk: float = 530.0
    biacromial: float = 345.0
    shoulder_below_c7: float = 72.0
    shoulder_before_c7: float = 55.0
    skin_rise_mm_per_deg: float = 0.28  # the skin over C7 rises as the neck bends (rendered bodies)

    cva_drop_deg: float = 0.0
    lean_deg: float = 0.0  # of the trunk about the seat, + forward
    chair_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)  # the whole person to their left, up, nearer
    right_shoulder_up_mm: float = 0.0
    flexion_deg: float = 0.0  # + looking down
    turn_deg: float = 0.0  # + to the person's right
    bend_deg: float = 0.0  # + right ear down
    body_turn_deg: float = 0.0  # the whole person about the vertical, + to their right


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at the person's neck."""

    distance_mm: float = 650.0
    tilt_deg: float = 8.0
    hfov_deg: float = HFOV_DEG
    size_px: tuple[int, int] = SIZE_PX

    @property
    def focal_px(self):
        """Half the width over the tangent of half the field."""
        return self.size_px[0] / 2 / np.tan(np.radians(self.hfov_deg / 2))

    def see(self, points):
        """Camera axes (n, 3), x right, y up, z toward the viewer, of points in the world."""
        return np.asarray(points) @ about_x(self.tilt_deg).T - [0.0, 0.0, self.distance_mm]

    def pixels(self, seen):
        """Where points in camera axes are in the picture (n, 2)."""
        return np.array(self.size_px) / 2 + seen[:, :2] * [1, -1] / -seen[:, 2:] * self.focal_px


def about_x(degrees):
    """Rotation from y toward z: positive tips a face down."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def about_y(degrees):
    """Rotation from z toward x: positive turns a face to its left."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def about_z(degrees):
    """Rotation from x toward y: positive lifts the left ear."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def sunflower():
    """The face (478, 3) in head axes: the front of an ellipsoid in a sunflower's order, then twice five iris points."""
    number = np.arange(HALF_FACE) + 0.5
    radius = 0.92 * np.sqrt(number / HALF_FACE)
    turn = (number * 0.618034) % 1.0 * np.pi - np.pi / 2  # the left half of the disc
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    left = np.column_stack([x, y, np.sqrt(1 - x**2 - y**2)]) * FACE_AXES + FACE_MIDDLE
    iris = np.array(EYE) + np.array([(0, 0, 0), (5, 0, 0), (0, 5, 0), (-5, 0, 0), (0, -5, 0)])
    return np.vstack([left, left * [-1, 1, 1], iris, iris * [-1, 1, 1]])


FACE = sunflower()


def body(sitter):
    """C7, middle of the tragi and left and right shoulder (each (3,)) in the person's axes."""
    lean, cva = np.radians(sitter.lean_deg), np.radians(sitter.cva - sitter.cva_drop_deg)
    upright = np.radians(sitter.cva)
    seat = np.array([0.0, -sitter.trunk, -sitter.neck * np.cos(upright)]) + sitter.chair_mm
    spine_top = seat + sitter.trunk * np.array([0.0, np.cos(lean), np.sin(lean)])
    c7 = spine_top + np.array([0.0, sitter.skin_rise_mm_per_deg * sitter.cva_drop_deg, 0.0])
    tragus = c7 + sitter.neck * np.array([0.0, np.sin(cva), np.cos(cva)])
    hung = np.array([0.0, -sitter.shoulder_below_c7, sitter.shoulder_before_c7]) @ about_x(sitter.lean_deg).T
    across = np.array([sitter.biacromial, -sitter.right_shoulder_up_mm, 0.0]) / 2
    return c7, tragus, spine_top + hung + across, spine_top + hung - across


def landmarks(sitter=None, camera=None, t_s=0.0):
    """What the models would find of this sitter; the face is lost from 60° of turn."""
    sitter, camera = sitter or Sitter(), camera or Camera()
    turned = about_y(-sitter.body_turn_deg)
    _, tragus, left, right = body(sitter)
    rotation = turned @ about_y(-sitter.turn_deg) @ about_x(sitter.flexion_deg) @ about_z(sitter.bend_deg)
    tragus = turned @ tragus

    def on_head(points, sunk_mm=0.0):
        return camera.see(np.asarray(points) @ rotation.T + tragus - np.array([0.0, sunk_mm, 0.0]))

    sunk_mm = FACE_SINKS_MM * sitter.flexion_deg
    pose = _pose_points(on_head, camera.see(np.array([left, right]) @ turned.T))
    hips = pose[23:25].mean(0)
    depth = (hips[2] - pose[:, 2]) * camera.focal_px / -hips[2]  # smaller is nearer
    seen = np.where(np.arange(33) < IN_PICTURE, 0.99, 0.2)
    turn = sitter.turn_deg + sitter.body_turn_deg
    return Landmarks(
        t_s,
        camera.size_px,
        np.column_stack([camera.pixels(pose), depth, seen]),
        (pose - hips) * [1, -1, -1] / 1000,
        _face(camera, on_head(FACE, sunk_mm), on_head([[0, 0, 0]], sunk_mm)[0], rotation) if abs(turn) < 60 else None,
    )


def _pose_points(on_head, shoulders):
    pose = np.zeros((33, 3))
    flip = [-1, 1, 1]
    pose[0] = on_head([NOSE])[0]
    pose[1:7] = on_head([EYE] * 3 + [np.multiply(EYE, flip)] * 3)
    pose[7:11] = on_head([EAR, np.multiply(EAR, flip), MOUTH, np.multiply(MOUTH, flip)])
    pose[11:13] = shoulders
    pose[13:23] = np.repeat(shoulders[None] - [0, 250, 0], 5, axis=0).reshape(10, 3)  # arms and hands
    pose[23:] = np.repeat(shoulders[None] * [0.7, 1, 1] - [0, 450, 0], 5, axis=0).reshape(10, 3)  # hips and legs
    return pose


def _face(camera, mesh, tragus, rotation):
    """MediaPipe's own camera of 63° sees the same picture: depths are its focal length over ours, and read long."""
    mediapipe_focal = camera.size_px[1] / 2 / np.tan(np.radians(MEDIAPIPE_VFOV_DEG / 2))
    matrix = np.eye(4)
    matrix[:3, :3] = about_x(camera.tilt_deg) @ rotation
    place_cm = tragus / 10 * READS_LONG * [1, 1, mediapipe_focal / camera.focal_px]
    matrix[:3, 3] = place_cm - matrix[:3, :3] @ CANONICAL_TRAGUS_CM
    middle = np.median(mesh[:, 2])
    return Face(matrix, np.column_stack([camera.pixels(mesh), (middle - mesh[:, 2]) * camera.focal_px / -middle]))


def mirrored(found):
    """The same picture flipped left for right: what was the left ear now looks like a right one."""
    width = found.size_px[0]
    pose = found.pose[POSE_MIRROR] * [-1, 1, 1, 1] + [width, 0, 0, 0]
    world = found.world[POSE_MIRROR] * [-1, 1, 1]
    face = found.face
    if face is not None:
        flip = np.diag([-1.0, 1.0, 1.0, 1.0])
        face = Face(flip @ face.matrix @ flip, face.points[FACE_MIRROR] * [-1, 1, 1] + [width, 0, 0])
    return replace(found, pose=pose, world=world, face=face)


def scaled(found, factor):
    """The same picture with `factor` times the pixels."""
    size = (round(found.size_px[0] * factor), round(found.size_px[1] * factor))
    pose = found.pose * [factor, factor, factor, 1]
    face = None if found.face is None else Face(found.face.matrix, found.face.points * factor)
    return replace(found, size_px=size, pose=pose, face=face)


def shifted(found, dx_px, dy_px):
    """The same landmarks moved in the picture, as a crop would."""
    face = None if found.face is None else Face(found.face.matrix, found.face.points + np.array([dx_px, dy_px, 0]))
    return replace(found, pose=found.pose + np.array([dx_px, dy_px, 0, 0]), face=face)


def noisy(found, seed, noise_px):
    """The picture with Gaussian noise on every landmark's place."""
    random = np.random.default_rng(seed)
    pose, points = found.pose.copy(), found.face.points.copy()
    pose[:, :2] += random.normal(0, noise_px, (33, 2))
    points[:, :2] += random.normal(0, noise_px, (478, 2))
    return replace(found, pose=pose, face=Face(found.face.matrix, points))


def with_pose(found, index, values):
    """The picture with one or several pose landmarks' (x, y, relative depth, visibility) put elsewhere."""
    pose = found.pose.copy()
    pose[index] = values
    return replace(found, pose=pose)


def look(sitter=None, camera=None, t_s=0.0):
    """The features of a drawn sitter."""
    camera = camera or Camera()
    return describe(landmarks(sitter, camera, t_s), camera.hfov_deg)


@cache
def baseline(sitter=None, camera=None):
    """The baseline of three seconds of a sitter who doesn't move."""
    camera = camera or Camera()
    return build([look(sitter, camera, t_s=i / 5) for i in range(16)], camera.hfov_deg)


def compare(now, before=None, camera=None):
    """The deviation of one sitter from another, both in front of the same camera."""
    return deviation(look(now, camera), baseline(before, camera))
