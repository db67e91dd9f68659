"""The person in a picture: what both models find, behind one type, in pixels."""

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from posturewatch.errors import uninterrupted
from posturewatch.frames import Frame, Picture
from posturewatch.looking import background, models, persons
from posturewatch.looking.persons import Place

Array = npt.NDArray[np.float64]

# chosen: people darkened until their brightest 5 % are at 52 are found, at 31 a third of them are not (real, rendered)
DIM_LUMA = 40
# The detector misses one in three who sit in profile at arm's length; with a quarter more on each side, grey, it found
# all of 10 such rendered people (calibration/data).
MARGIN, MARGIN_GREY = 0.25, 128
ANEW_MS, MOST_DOUBTS = 400, 5  # chosen: where the face is lost, whether there is anybody is asked so often
SURELY_NOBODY, FACE_EVERY = 3, 4  # chosen: looks
LOOK_AGAIN_S = 5.0  # chosen: between two tries to find the sitter beside the person the pose model follows
MOST_FACES = 2  # the pose model misses a second person, the face model finds them; costs 4 ms a look more than 1


@dataclass(frozen=True, slots=True)
class Face:
    """matrix (4, 4): canonical face (cm) to MediaPipe's camera (x right, y up, z to the viewer; 63° vertical field
    of view); points (478, 3): x, y and relative depth in pixels."""

    matrix: Array
    points: Array


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What the models found in one picture, rounded as it is recorded, so that a replay sees the very same numbers.

    pose (33, 4): x, y, relative depth in pixels, visibility. world (33, 3): metres from the hips' middle.
    reason: why the picture itself can't be judged (too dark, camera lost, …), with nothing found.
    background: shift to the right and down (of the width) and changed part of what is behind the person, against what
    was there at the baseline; None when it isn't told.
    """

    t_s: float
    size_px: tuple[int, int]
    pose: Array | None = None
    world: Array | None = None
    face: Face | None = None
    reason: str | None = None
    background: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A picture at t_s that wasn't looked at, because nothing in it had moved: all is as at the look before."""

    t_s: float


class Finder:
    """Finds the person in a stream of pictures (`stream=True`) or in single ones.

    `place` is where the person sat at the baseline; with it, the nearest of several faces is taken, else the largest.
    `settle` says that it is known.
    A stream is searched for one face until that is another person's: a second costs 4 ms a look.
    """

    def __init__(self, stream: bool) -> None:
        self.place: Place | None = None
        self._stream = stream
        self._last_ms = -1
        self._behind: background.Reference | None = None
        self._settled = False
        self._nobody = 0  # looks in a row
        self._wide = False  # the pose is looked for in a picture with a margin
        self._doubts, self._anew_ms = MOST_DOUBTS, -ANEW_MS
        self._again_s = -LOOK_AGAIN_S
        self._faces = 1 if stream else MOST_FACES
        self._pose, self._face = models.open_pose(stream), models.open_face(stream, self._faces)

    def settle(self, place: Place) -> None:
        """A baseline is known: its person sits at this place, before what is behind them at the next look."""
        self.place, self._behind, self._settled = place, None, True

    def find(self, frame: Frame) -> Landmarks:
        """Run both models on one frame; frames of a stream must come in order of time."""
        if frame.image is None or frame.reason is not None:
            height, width = frame.image.shape[:2] if frame.image is not None else (0, 0)
            return Landmarks(frame.t_s, (width, height), reason=frame.reason)
        height, width = frame.image.shape[:2]
        size = (width, height)
        image = models.as_mediapipe(frame.image)
        first = self._last_ms < 0
        self._last_ms = max(round(frame.t_s * 1000), self._last_ms + 1)  # the models refuse a time that stands still
        with models.quiet() if first else contextlib.nullcontext():
            pose, world = self._find_pose(image)
            faces = [] if pose is None and self._empty() else _face_arrays(self._run(self._face, image), size)
        self._nobody = 0 if faces or pose is not None else self._nobody + 1
        if faces:
            self._doubts = MOST_DOUBTS
        elif pose is not None and self._stream and self._doubts and self._last_ms - self._anew_ms >= ANEW_MS:
            self._doubts -= 1
            pose, world = self._found_anew(image)
        if self._faces < MOST_FACES and faces and pose is not None and self._another(faces[0], pose):
            self._face.close()
            self._faces, self._face = MOST_FACES, models.open_face(self._stream, MOST_FACES)
            with models.quiet():
                faces = _face_arrays(self._run(self._face, image), size)
        if self.place is not None and self._taken_over(frame.t_s, pose, faces):
            # from then on the tracker follows the sitter
            pose, world = self._found_anew(models.as_mediapipe(persons.alone(frame.image, self.place)))
        if pose is None and not faces and _dim(frame.image):
            return Landmarks(frame.t_s, size, reason="too dark")  # whether anybody is there can't be told
        behind = self._background(frame.small, pose, width)
        return Landmarks(frame.t_s, size, pose, world, _choose(faces, self.place), background=behind)

    def _background(self, small: Picture | None, pose: Array | None, width: int) -> tuple[float, float, float] | None:
        """What is behind the person now, against what was there at the baseline's first look."""
        if small is None or not self._settled or min(small.shape) < background.LEAST_PX:
            return None
        scale = small.shape[1] / width
        x, y, size = (0.0, 0.0, 0.0) if pose is None else (part * scale for part in persons.place_of(pose))
        place = None if pose is None else (x, y, size)
        if self._behind is None or self._behind.edges.shape != small.shape:
            self._behind = None if pose is None else background.reference(small, place)
            return None
        return background.compare(self._behind, small, place).numbers

    def close(self) -> None:
        """Free both models."""
        self._pose.close()
        self._face.close()

    def __enter__(self) -> "Finder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _empty(self) -> bool:
        """Whether nobody has been there for a while: then the face model is asked now and then only."""
        return self._stream and self._nobody >= SURELY_NOBODY and self._nobody % FACE_EVERY != 0

    def _another(self, face: Face, pose: Array) -> bool:
        """Whether face or pose is another person's, who may hide that there are two."""
        here = self.place is None or persons.same_place(persons.place_of(pose), self.place)
        return not here or _elsewhere(face, pose)

    def _taken_over(self, t_s: float, pose: Array | None, faces: list[Face]) -> bool:
        """Whether the pose model follows another person than the one at the baseline's place, and a try is due."""
        if self.place is None or 0 <= t_s - self._again_s < LOOK_AGAIN_S:
            return False
        taken = persons.taken_over(pose, [face.points for face in faces], self.place)
        self._again_s = t_s if taken else self._again_s
        return taken

    def _find_pose(self, image: Any) -> tuple[Array | None, Array | None]:
        """The pose in the picture, or else in it with a margin: at once in a single one, in a stream at the next look,
        and from then on as long as somebody is found so."""
        pose, world = self._posed(image)
        if pose is None:
            self._wide = not self._wide
            if not self._stream:
                pose, world = self._posed(image)
                self._wide = False
        return pose, world

    def _posed(self, image: Any) -> tuple[Array | None, Array | None]:
        if not self._wide:
            return _pose_arrays(self._run(self._pose, image), (image.height, image.width))
        wide, (down, aside) = _widened(image.numpy_view())
        pose, world = _pose_arrays(self._run(self._pose, models.as_mediapipe(wide)), wide.shape)
        return (None if pose is None else (pose - [aside, down, 0, 0]).round(3)), world

    def _found_anew(self, image: Any) -> tuple[Array | None, Array | None]:
        """The pose without what was known of it: the model "tracks" whoever has left on, in furniture."""
        self._last_ms += 1
        self._run(self._pose, models.as_mediapipe(np.zeros((64, 64, 3), np.uint8)))
        self._last_ms += 1
        self._anew_ms = self._last_ms
        return self._posed(image)

    def _run(self, model: Any, image: Any) -> Any:
        with uninterrupted():  # closed while they still work, the models crash
            return model.detect_for_video(image, self._last_ms) if self._stream else model.detect(image)


def _dim(image: Picture) -> bool:
    return bool(np.quantile(image[::8, ::8].mean(axis=2), 0.95) < DIM_LUMA)


def _elsewhere(face: Face, pose: Array) -> bool:
    """Whether the face is farther from the pose's nose than its own width: another person's."""
    points = face.points[:, :2]
    return float(np.linalg.norm(points.mean(0) - pose[0, :2])) > float(np.ptp(points[:, 0]))


def _widened(picture: Picture) -> tuple[Picture, tuple[int, int]]:
    """The picture with a grey margin, and how wide that is above and aside."""
    height, width = picture.shape[:2]
    down, aside = round(MARGIN * height), round(MARGIN * width)
    wide = np.full((height + 2 * down, width + 2 * aside, 3), MARGIN_GREY, np.uint8)
    wide[down : down + height, aside : aside + width] = picture
    return wide, (down, aside)


def _pose_arrays(result: Any, shape: tuple[int, ...]) -> tuple[Array | None, Array | None]:
    if not result.pose_landmarks:
        return None, None
    height, width = shape[:2]
    pose = np.array([(p.x * width, p.y * height, p.z * width, p.visibility) for p in result.pose_landmarks[0]])
    world = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks[0]])
    _check("pose landmarks", pose, (33, 4))
    _check("pose world landmarks", world, (33, 3))
    if not (np.isfinite(pose).all() and np.isfinite(world).all()):
        return None, None
    return pose.round(3), world.round(5)


def _face_arrays(result: Any, size: tuple[int, int]) -> list[Face]:
    """The faces found whose numbers are all finite."""
    scale = np.array([size[0], size[1], size[0]], np.float64)
    faces = []
    for points, matrix in zip(result.face_landmarks, result.facial_transformation_matrixes, strict=True):
        xyz = np.array([(p.x, p.y, p.z) for p in points]) * scale
        transform = np.asarray(matrix, np.float64)
        _check("face landmarks", xyz, (478, 3))
        _check("face matrix", transform, (4, 4))
        if np.isfinite(xyz).all() and np.isfinite(transform).all():
            faces.append(Face(transform.round(6), xyz.round(2)))
    return faces


def _check(name: str, array: Array, shape: tuple[int, int]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def _choose(faces: list[Face], place: Place | None) -> Face | None:
    if not faces:
        return None
    if place is None:
        return max(faces, key=lambda face: float(np.ptp(face.points[:, 0])))
    here = np.array(place[:2])
    return min(faces, key=lambda face: float(np.linalg.norm(face.points[:, :2].mean(0) - here)))
