"""This person's upright posture in this camera: built from a few seconds of sitting, kept in a file of their own."""

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from posturewatch import geometry
from posturewatch.config import data_folder
from posturewatch.errors import PosturewatchError
from posturewatch.estimate.profile import Profile, measure
from posturewatch.features import (
    SHOULDERS,
    Features,
    Head,
    ear_height_ratio,
    ear_shoulder,
    pitch_ratio,
    pose_of,
    px_per_cm,
    shoulders_back_mm,
)
from posturewatch.files import whole
from posturewatch.looking.persons import Place

Array = npt.NDArray[np.float64]

VERSION = 2
LEAST_WINDOW_S = 2.0  # DESIGN part 6 / issue: any window of 2 s or more
LEAST_TRUSTED = 0.5  # part of the window's looks that must be trusted
MOST_NOISE_DEG = 4.0  # SD of the head's height during the window, in degrees of CVA; a still sitter has ≤ 1.5 (chosen)
MOST_TURN_DEG = 8.0  # SD of the head's turn and flexion during the window (chosen)
STEADY_WIDTHS, SAME_WIDTHS, SAME_SIZE = 0.05, 0.25, 0.15  # of the person's width, ln of the size: chosen
LEAST_HFOV_DEG, MOST_HFOV_DEG = 10.0, 170.0  # chosen: no camera has less or more
# of the upright head against the camera: beyond, the chain's correction errs, and what is measured in profile errs by
# 5.2° where the chain errs by 7.2° and asks for a face (rendered people seen 28–60° aslant)
ASLANT_DEG = 25.0
EAR_HEIGHT_GAIN_DEG = 120.0  # degrees of CVA per (ear height / shoulder width), regressed on rendered people: 114–143
EVERY = 3  # every third point of the face places it as well as all 468 (rendered people: 3.0° either way), in less time
PITCH_GAIN_DEG = 46.0  # degrees of flexion per `pitch_ratio`, regressed on rendered people (r = .65–.69)


@dataclass(frozen=True, slots=True)
class FaceModel:
    """The person's own rigid face: mesh (468, 3) and middle of the tragi (3,) in mm and camera axes (x right, y down,
    z away) as they were in one picture; rotation (3, 3) of the head in that picture."""

    mesh_mm: Array
    tragus_mm: Array
    rotation: Array


@dataclass(frozen=True, slots=True)
class Front:
    """Baseline of a front or oblique view. tragus (x, y slopes), depth_mm, shoulders' middle and difference left −
    right (slopes), angles of the head against the camera, how much farther than the hips the shoulders are (mm, by the
    pose model)."""

    tragus: tuple[float, float]
    depth_mm: float
    middle: tuple[float, float]
    across: tuple[float, float]
    turn_deg: float
    flexion_deg: float
    bend_deg: float
    shoulders_back_mm: float
    face: FaceModel


@dataclass(frozen=True, slots=True)
class Side:
    """Baseline of a view from the side or aslant: ear–shoulder angle (absolute only from the side), scale, and what
    looks are measured against."""

    ear_shoulder_deg: float
    head_forward_px: float
    px_per_cm: float
    upright: Profile

    @property
    def head_y_px(self) -> float:
        """Height of the ears in the picture."""
        return self.upright.ear_y_px

    @property
    def shoulder_y_px(self) -> float:
        """Height of the shoulders in the picture."""
        return self.upright.shoulder_y_px


@dataclass(frozen=True, slots=True)
class Baseline:
    """A person's upright posture in one camera and mode. From the front `front` is set, from the side `side`; before a
    camera aslant `side`, and `front` too if it saw the face.

    place: x, y of the nose and size in pixels. noise_deg: SD of the forward-head signal while it was captured.
    ear_height_ratio, pitch_ratio, pose_turn_deg: the pose model's measures, for looks at which the face is lost.
    hfov_error_deg: 1-sigma of hfov_deg where that was measured. upright_ear_shoulder_deg: the absolute angle of this
    posture before a camera in front, where it was looked at from the side too.
    """

    size_px: tuple[int, int]
    hfov_deg: float
    view: str
    place: Place
    noise_deg: float
    looks: int
    ear_height_ratio: float
    pitch_ratio: float
    pose_turn_deg: float
    front: Front | None
    side: Side | None
    hfov_error_deg: float | None = None
    upright_ear_shoulder_deg: float | None = None


def build(looks: Sequence[Features], hfov_deg: float) -> Baseline:
    """The baseline of a window of looks.

    Raises PosturewatchError with what to change when less than half can be trusted or the person moved too much.
    """
    if not looks:
        raise PosturewatchError("No baseline: the window holds no picture. Choose a longer window.")
    trusted = [f for f in looks if _trusted(f)]
    if len(trusted) < LEAST_TRUSTED * len(looks):
        reasons = Counter(f.reason or "the face is not seen" for f in looks if not _trusted(f))
        reason = reasons.most_common(1)[0][0]
        raise PosturewatchError(f"No baseline: {reason}. {_advice(reason)}")
    view = Counter(f.view for f in trusted).most_common(1)[0][0]
    same = [f for f in trusted if f.view == view]
    baseline = _assemble(same, str(view), hfov_deg)
    _refuse_movement(same, baseline.noise_deg)
    return baseline


def _trusted(look: Features) -> bool:
    return look.view is not None and (look.head is not None or look.view == "side" or _aslant(look))


def _aslant(look: Features) -> bool:
    """Whether the head is turned so far from the camera that it is measured in profile."""
    return abs(look.pose_turn_deg if look.head is None else look.head.turn_deg) > ASLANT_DEG


def _advice(reason: str) -> str:
    advice = {
        "nobody in view": "Sit where the camera sees your head and both shoulders",
        "shoulders out of view": "Move back or tilt the camera until both shoulders are in the picture",
        "head out of the picture": "Tilt the camera until your whole head is in the picture",
        "the face is not seen": "Look at the screen, with light on your face",
        "too dark": "Switch on a light or uncover the camera",
    }
    return advice.get(reason, "Sit as you want to sit, facing the screen, and try again") + "."


def _refuse_movement(looks: list[Features], noise_deg: float) -> None:
    angles = [(f.head.turn_deg, f.head.flexion_deg) for f in looks if f.head is not None]
    swing = float(np.std(angles, axis=0).max()) if angles else 0.0
    if noise_deg > MOST_NOISE_DEG or swing > MOST_TURN_DEG:
        raise PosturewatchError(
            f"No baseline: the head moved too much (by {max(noise_deg, swing):.0f}°). "
            "Sit still as you want to sit for a few seconds, looking at the screen."
        )


def _assemble(looks: list[Features], view: str, hfov_deg: float) -> Baseline:
    faces = [look for look in looks if look.head is not None]
    front = _front(faces) if view != "side" and len(faces) >= LEAST_TRUSTED * len(looks) else None
    in_profile = view == "side" or 2 * sum(map(_aslant, looks)) > len(looks)
    side = _side(looks) if in_profile else None
    if side is not None:
        noise = float(np.std([ear_shoulder(f)[0] for f in looks]))
    else:
        noise = EAR_HEIGHT_GAIN_DEG * float(np.std([ear_height_ratio(f) for f in looks]))
    return Baseline(
        size_px=looks[0].size_px,
        hfov_deg=hfov_deg,
        view=view,
        place=_median3([f.place for f in looks if f.place is not None]),
        noise_deg=round(noise, 3),
        looks=len(looks),
        ear_height_ratio=_median([ear_height_ratio(f) for f in looks]),
        pitch_ratio=_median([pitch_ratio(f) for f in looks]),
        pose_turn_deg=_median([f.pose_turn_deg for f in looks]),
        front=front,
        side=side,
    )


def _front(looks: list[Features]) -> Front:
    seen = [(look, look.head) for look in looks if look.head is not None]  # all of them
    turn, flexion, bend = (_median([getattr(h, a) for _, h in seen]) for a in ("turn_deg", "flexion_deg", "bend_deg"))
    height = _median([ear_height_ratio(look) for look, _ in seen])

    def off_deg(look: Features, head: Head) -> float:
        raised = EAR_HEIGHT_GAIN_DEG * abs(ear_height_ratio(look) - height)
        return abs(head.turn_deg - turn) + abs(head.flexion_deg - flexion) + raised

    face = _face_model(*min(seen, key=lambda pair: off_deg(*pair)))  # of the most usual look
    located = [place for look in looks if (place := locate(face, look)) is not None]
    tragus = np.median(located or [face.tragus_mm], axis=0)
    slopes = [geometry.normalised(pose_of(f)[SHOULDERS, :2], f.size_px, f.focal_px) for f in looks]
    shoulders = np.median(slopes, axis=0)
    return Front(
        tragus=_pair(tragus[:2] / tragus[2]),
        depth_mm=round(float(tragus[2]), 3),
        middle=_pair(shoulders.mean(0)),
        across=_pair(shoulders[0] - shoulders[1]),
        turn_deg=turn,
        flexion_deg=flexion,
        bend_deg=bend,
        shoulders_back_mm=_median([shoulders_back_mm(f) for f in looks]),
        face=face,
    )


def _face_model(look: Features, head: Head) -> FaceModel:
    return FaceModel(
        geometry.face_mesh_mm(head.matrix, head.points, look.size_px, look.focal_px).round(2),
        geometry.tragus_mm(head.matrix, look.size_px, look.focal_px).round(3),
        geometry.rotation(head.matrix).round(7),
    )


def locate(face: FaceModel, look: Features) -> Array | None:
    """Middle of the tragi (3,) in mm and camera axes at this look, by the rigid motion of the person's own face."""
    head = look.head
    if head is None:
        return None
    return geometry.move_point(
        face.mesh_mm[::EVERY],
        face.tragus_mm,
        head.points[: geometry.MESH : EVERY],
        geometry.rotation(head.matrix) @ face.rotation.T,
        look.size_px,
        look.focal_px,
    )


def _side(looks: list[Features]) -> Side:
    angles = [ear_shoulder(f) for f in looks]
    profiles = [asdict(measure(f)) for f in looks]
    return Side(
        ear_shoulder_deg=_median([a for a, _ in angles]),
        head_forward_px=_median([x for _, x in angles]),
        px_per_cm=_median([px_per_cm(f) for f in looks]),
        upright=Profile(**{f.name: _median([p[f.name] for p in profiles]) for f in fields(Profile)}),
    )


def folder() -> Path:
    """Where baselines are kept."""
    return data_folder() / "baselines"


def agrees(baseline: Baseline, looks: Sequence[Features]) -> bool:
    """Whether the person sits as at the baseline: same picture size, view, place and size, steady."""
    same = [f for f in looks if f.view == baseline.view and f.size_px == baseline.size_px and f.place is not None]
    if len(same) < max(1.0, LEAST_TRUSTED * len(looks)):
        return False
    places = np.array([f.place for f in same])
    (x, y, size), spread = np.median(places, axis=0), np.std(places, axis=0)
    moved = float(np.hypot(x - baseline.place[0], y - baseline.place[1])) / baseline.place[2]
    steady = float(np.hypot(spread[0], spread[1])) < STEADY_WIDTHS * baseline.place[2]
    return moved < SAME_WIDTHS and abs(np.log(size / baseline.place[2])) < SAME_SIZE and steady


def save(path: Path, baseline: Baseline, camera: str) -> None:
    """Write the baseline for its owner alone, whole or not at all; PosturewatchError when it can't be written."""
    content = {"version": VERSION, "camera": camera, **as_dict(baseline)}
    try:
        for each in (path.parent.parent, path.parent):  # one by one: the mode is that of the last only
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole.writing(path) as file:
            json.dump(content, file, allow_nan=False)
            _keep_before(path)
    except OSError as error:
        raise PosturewatchError(
            f"Cannot keep the baseline in {path.parent}: {error.strerror}. Each start will calibrate anew."
        ) from error


def _keep_before(path: Path) -> None:
    """Keep the baseline that is about to be replaced as NAME.before; without it where there are no second names."""
    before = path.with_name(f"{path.name}.before")
    with contextlib.suppress(OSError):
        before.unlink(missing_ok=True)
        os.link(path, before)


def load(path: Path) -> tuple[Baseline, str]:
    """A kept baseline and its camera; PosturewatchError when the file can't be read or is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PosturewatchError(
            f"Cannot read the baseline {path}: {error.strerror}. Run `posturewatch calibrate`."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, error) from error
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise _damaged(path, ValueError(f"not version {VERSION}"))
    return checked(content, path), str(content.get("camera"))


def checked(content: dict[str, Any], path: Path) -> Baseline:
    """The baseline in a file's content; PosturewatchError names the file when it is damaged."""
    try:
        return from_dict(content)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> PosturewatchError:
    return PosturewatchError(f"The baseline in {path} is damaged ({error}). Run `posturewatch calibrate`.")


def stored(folder: Path) -> list[str]:
    """The cameras of the baselines kept in a folder, leaving out what can't be read."""
    cameras = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(PosturewatchError):
            cameras.append(load(path)[1])
    return cameras


def newest(folder: Path, camera: str, warn: Callable[[str], None]) -> Baseline | None:
    """The newest stored baseline of this camera; a damaged file is set aside under another name, warn says so."""
    for path in sorted(folder.glob("*.json"), key=lambda p: p.stat().st_mtime, reverse=True):
        try:
            baseline, of_camera = load(path)
        except PosturewatchError as error:
            if isinstance(error.__cause__, OSError):  # no damage: another's file, or a disk that doesn't answer
                warn(str(error))
                continue
            aside = path.with_name(path.name + ".damaged")
            with contextlib.suppress(OSError):
                path.replace(aside)
            warn(f"{error} The file is kept as {aside.name}.")
            continue
        if of_camera == camera:
            return baseline
    return None


def file_name(camera: str, baseline: Baseline) -> str:
    """The file a baseline is kept in unless it is given a name: one for each camera and mode."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", camera).strip("-") or "camera"
    return f"camera-{slug[-60:]}-{baseline.size_px[0]}x{baseline.size_px[1]}.json"


def as_dict(baseline: Baseline) -> dict[str, Any]:
    """The baseline for JSON."""
    content = asdict(baseline)
    if baseline.front is not None:
        content["front"]["face"] = {name: value.tolist() for name, value in asdict(baseline.front.face).items()}
    return content


def from_dict(content: dict[str, Any]) -> Baseline:
    """The baseline of `as_dict`; KeyError, TypeError or ValueError when something is missing or misshapen."""
    width, height = content["size_px"]
    x, y, size = (_finite(v) for v in content["place"])
    front, side = content["front"], content["side"]
    if (front is None and side is None) or content["view"] not in ("front", "oblique", "side"):
        raise ValueError("neither a front nor a side view")
    numbers = ("hfov_deg", "noise_deg", "ear_height_ratio", "pitch_ratio", "pose_turn_deg")
    if not LEAST_HFOV_DEG <= _finite(content["hfov_deg"]) <= MOST_HFOV_DEG:
        raise ValueError(f"{content['hfov_deg']} is no field of view")
    return Baseline(
        size_px=(int(width), int(height)),
        view=str(content["view"]),
        place=(x, y, _positive(size)),
        looks=int(content["looks"]),
        front=None if front is None else _front_from(front),
        side=None if side is None else _side_from(side),
        hfov_error_deg=_maybe(content.get("hfov_error_deg")),
        upright_ear_shoulder_deg=_maybe(content.get("upright_ear_shoulder_deg")),
        **{name: _finite(content[name]) for name in numbers},
    )


def _side_from(content: dict[str, Any]) -> Side:
    numbers = {f.name: _finite(content[f.name]) for f in fields(Side) if f.name != "upright"}
    upright = Profile(**{f.name: _finite(content["upright"][f.name]) for f in fields(Profile)})
    side = Side(**numbers, upright=replace(upright, head_px=_positive(upright.head_px)))
    return replace(side, px_per_cm=_positive(side.px_per_cm))


def _front_from(content: dict[str, Any]) -> Front:
    shapes = {"mesh_mm": (geometry.MESH, 3), "tragus_mm": (3,), "rotation": (3, 3)}
    arrays = {name: np.asarray(content["face"][name], np.float64) for name in shapes}
    for name, array in arrays.items():
        if array.shape != shapes[name] or not np.isfinite(array).all():
            raise ValueError(f"{name} must have shape {shapes[name]}, got {array.shape}")
    tragus, middle, across = (
        (_finite(content[name][0]), _finite(content[name][1])) for name in ("tragus", "middle", "across")
    )
    numbers = ("depth_mm", "turn_deg", "flexion_deg", "bend_deg", "shoulders_back_mm")
    depth, turn, flexion, bend, back = (_finite(content[name]) for name in numbers)
    face = FaceModel(**arrays)
    return Front(tragus, _positive(depth), middle, across, turn, flexion, bend, back, face)


def _finite(value: Any) -> float:
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{value} is not a number")
    return number


def _maybe(value: Any) -> float | None:
    return None if value is None else _finite(value)


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError(f"{value} is not above 0")
    return value


def _median(values: Sequence[float]) -> float:
    return round(float(np.median(values)), 5)


def _median3(places: Sequence[Place]) -> Place:
    x, y, size = np.median(places, axis=0).round(2)
    return float(x), float(y), float(size)


def _pair(values: Array) -> tuple[float, float]:
    return round(float(values[0]), 7), round(float(values[1]), 7)
