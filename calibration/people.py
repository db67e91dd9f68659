"""The labelled pictures: what the models found in each, the truth, and who, where and in which light."""

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calibration.rig import lines as packing
from posturewatch.baseline import Baseline, build
from posturewatch.errors import PosturewatchError
from posturewatch.features import describe
from posturewatch.landmarks import Face, Landmarks

DATA = Path(__file__).parent / "data"
FIRST = ".jsonl.gz"  # the first data's files; the rig writes `packing.SUFFIX`
# names in the first data's truth, and their sign against the present one
OLD_TRUTH = {
    "head_yaw_deg": ("turn_deg", -1.0),
    "head_pitch_deg": ("flexion_deg", 1.0),
    "head_roll_deg": ("bend_deg", 1.0),
}


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera stood: from the eyes, height above them, + = looking up, azimuth from straight ahead; None is
    unknown."""

    distance_cm: float | None = None
    height_cm: float | None = None
    pitch_deg: float | None = None
    azimuth_deg: float | None = None
    hfov_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One picture. Lines of one `group` share person, camera and light; the `neutral` ones are its baseline.

    truth: numbers by name, `d_cva_deg` the fall of CVA since the neutral pose, degrees.
    split: "fit" or "test"; like light, glasses and headset None where the data don't say.
    """

    name: str
    person: str
    group: str
    kind: str
    level: float
    neutral: bool
    landmarks: Landmarks
    truth: dict[str, float]
    view: str = "front"
    split: str | None = None
    light: str | None = None
    glasses: bool | None = None
    headset: bool | None = None
    camera: Camera = field(default_factory=Camera)

    @property
    def true_deg(self) -> float:
        """The true fall of CVA."""
        return self.truth["d_cva_deg"]


def read(folder: Path = DATA) -> list[Line]:
    """Every picture in a folder's files, in order of the files' names; PosturewatchError when there is none."""
    paths = sorted(path for path in folder.glob("*.jsonl.*") if path.name.endswith((FIRST, packing.SUFFIX)))
    if not paths:
        raise PosturewatchError(f"{folder} holds no pictures' landmarks (*{packing.SUFFIX}). Give the data's folder.")
    return [line for path in paths for line in read_file(path)]


def read_file(path: Path) -> Iterator[Line]:
    """The pictures of one file; the file is named after the person."""
    if path.name.endswith(FIRST):
        found = [json.loads(text) for text in gzip.decompress(path.read_bytes()).decode().splitlines()]
    else:
        found = packing.read(path)
    person = path.name.partition(".")[0]
    for line in found:
        yield parsed(line, person)


def parsed(line: dict[str, Any], person: str) -> Line:
    """The picture of one line of a person's file."""
    view = str(line.get("view", "front"))
    return Line(
        name=str(line["name"] if "name" in line else line["id"]),
        person=person,
        group=str(line.get("group", f"{person}-{view}")),
        kind=str(line["kind"]),
        level=float(line["level"]),
        neutral=bool(line["neutral"]),
        landmarks=landmarks(line),
        truth=_truth(line["truth"]),
        view=view,
        split=line.get("split"),
        light=line.get("light"),
        glasses=line.get("glasses"),
        headset=line.get("headset"),
        camera=_camera(line),
    )


def landmarks(line: dict[str, Any]) -> Landmarks:
    """What the models found in a line's picture."""
    t_s, size = float(line.get("t_s", 0.0)), (int(line["size_px"][0]), int(line["size_px"][1]))
    face, reason = _face(line["face"]), line.get("reason")
    if line["pose"] is None:
        return Landmarks(t_s, size, face=face, reason=reason)
    pose = np.column_stack([line["pose"], line["visibility"]]).astype(np.float64)
    return Landmarks(t_s, size, pose, np.array(line["world"], np.float64), face, reason)


def grouped(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each group, in order."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    return groups


def baseline(lines: Sequence[Line], hfov_deg: float) -> Baseline:
    """The baseline of a group's neutral pictures; PosturewatchError with the reason when there can't be one."""
    return build([describe(line.landmarks, hfov_deg) for line in lines if line.neutral], hfov_deg)


def _truth(values: dict[str, Any]) -> dict[str, float]:
    """The single numbers of the truth (not its lists of points), by their present names."""
    found: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, (int, float)):
            new, sign = OLD_TRUTH.get(name, (name, 1.0))
            found[new] = sign * float(value)
    return found


def _camera(line: dict[str, Any]) -> Camera:
    known = {"hfov_deg": line.get("hfov_deg"), **(line.get("camera") or {})}
    return Camera(**{name: known.get(name) for name in Camera.__slots__})


def _face(face: dict[str, Any] | None) -> Face | None:
    if face is None:
        return None
    points = np.column_stack([face["points"], face["depths"]]).astype(np.float64)
    return Face(np.reshape(np.asarray(face["matrix"], np.float64), (4, 4)), points)
