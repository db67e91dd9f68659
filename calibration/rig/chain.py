"""Bones turned one after the other, each carrying those that hang on it."""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.rig import assets
from calibration.rig.body import BONES, INDEX, Body, Bones

Array = npt.NDArray[Any]
Frame = tuple[Array, Array]  # rotation (3, 3) and shift (3,) m
PARENT = assets.base().parent


def rx(angle_deg: float) -> Array:
    """Rotation about the person's left: + tips forward."""
    s, c = _sine_cosine(angle_deg)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def ry(angle_deg: float) -> Array:
    """Rotation about the vertical: + turns to the person's left."""
    s, c = _sine_cosine(angle_deg)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def rz(angle_deg: float) -> Array:
    """Rotation about the way the person faces: + tips to the person's right."""
    s, c = _sine_cosine(angle_deg)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _sine_cosine(angle_deg: float) -> tuple[float, float]:
    return float(np.sin(np.radians(angle_deg))), float(np.cos(np.radians(angle_deg)))


def unit(vector: Array) -> Array:
    """The vector's direction."""
    direction: Array = vector / np.linalg.norm(vector)
    return direction


def between(start: Array, end: Array) -> Array:
    """The shortest rotation (3, 3) that takes one direction to the other; they must not be opposite."""
    x, y, z = np.cross(unit(start), unit(end))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: Array = np.eye(3) + cross + cross @ cross / (1 + unit(start) @ unit(end))
    return turned


class Chain:
    """The bones turned so far. Directions and rotations are in the rest pose's axes, x left, y up, z forward."""

    def __init__(self, body: Body, shift_m: Array) -> None:
        """Starts from the rest pose moved by shift_m (3,)."""
        self._joints = body.joints
        self._vertices = body.vertices
        self._frames: dict[int, Frame] = {0: (np.eye(3), shift_m)}

    def copy(self) -> "Chain":
        """The same bones, to be turned further by themselves."""
        other = copy.copy(self)
        other._frames = dict(self._frames)
        return other

    def frame(self, bone: str) -> Frame:
        """Where a bone is now: its own frame, or that of the nearest bone above that was turned."""
        row = INDEX[bone]
        while row not in self._frames:
            row = PARENT[row]
        return self._frames[row]

    def turn(self, bone: str, local: Array) -> None:
        """Turn a bone about its head, on top of what the bones above it do."""
        rotation, shift = self.frame(bone)
        head = self._joints[bone]
        self._frames[INDEX[bone]] = (rotation @ local, rotation @ (head - local @ head) + shift)

    def lift(self, bone: str, up_m: float) -> None:
        """Move a bone away from the one below it, upward in the room."""
        rotation, shift = self.frame(bone)
        self._frames[INDEX[bone]] = (rotation, shift + np.array([0.0, up_m, 0.0]))

    def aim(self, bone: str, end: str, direction: Array) -> None:
        """Turn a bone, the shortest way, so that the joint at its end lies in a world direction."""
        rotation, _ = self.frame(bone)
        self.turn(bone, between(self.rest(bone, end), rotation.T @ direction))

    def orient(self, bone: str, rotation: Array) -> None:
        """Turn a bone to a world rotation (3, 3)."""
        self.turn(bone, self.frame(bone)[0].T @ rotation)

    def rest(self, start: str, end: str) -> Array:
        """From one bone's head to another's in the rest pose (3,) m."""
        vector: Array = self._joints[end] - self._joints[start]
        return vector

    def joint(self, bone: str) -> Array:
        """The place of a bone's head now, (3,) m."""
        return self._moved(bone, self._joints[bone])

    def vertex(self, bone: str, vertex: int) -> Array:
        """The place now (3,) m of a base vertex that moves with the bone."""
        return self._moved(bone, self._vertices[vertex])

    def _moved(self, bone: str, point: Array) -> Array:
        rotation, shift = self.frame(bone)
        moved: Array = rotation @ point + shift
        return moved

    def bones(self) -> Bones:
        """The place of every bone."""
        carrier: list[int] = []
        for row in range(len(BONES)):
            carrier.append(row if row in self._frames else carrier[PARENT[row]])
        slots = {row: slot for slot, row in enumerate(self._frames)}
        pick = [slots[row] for row in carrier]
        rotations, shifts = zip(*self._frames.values(), strict=True)
        return Bones(np.array(rotations)[pick], np.array(shifts)[pick])
