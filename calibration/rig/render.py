"""Pictures of a person at a desk, drawn in software OpenGL: quick ones for data, prettier ones for the clip."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from calibration.rig import assets, bake, draw, light, pose, room, skin, wear
from calibration.rig import body as bodies
from calibration.rig.body import INDEX, Body, Bones, Mesh
from calibration.rig.draw import Look
from calibration.rig.spec import Camera, Colour, Person, Pose, Scene

Array = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]
METER_PX = (80, 60)  # the small picture that the exposure is measured on
SHADOW_FOV_DEG = 40.0  # of the key light's map, centred between head and chest
CAMERAS = 4  # rooms held at once, 4 MB each
ROLLS_M = 0.3  # the chair rolls sideways with the person so far, then the person has left it; chosen
BACK_M = 0.05  # chosen: whoever reclines takes the chair's back along
DRAW_ORDER = ("clothes", "skin", "headset", "glasses", "eyes", "lashes", "brows", "hair")  # see-through ones last


@dataclass(frozen=True, slots=True)
class Quality:
    """How finely to draw: pixels drawn across one of the picture (their mean smooths edges, and takes the software
    less time than multisampling), shadow map, shadow samples a pixel, their spread in the map, ambient occlusion's map
    and directions, and whether the room is baked under many soft lights."""

    scale: float
    shadow_px: int
    taps: int
    soft: float
    occlusion_px: int
    occlusion_rays: int
    soft_room: bool


QUALITIES = {  # chosen: all that fits in .2 s a picture, and what makes a good clip
    "fast": Quality(1.25, 512, 4, 0.010, 128, 24, False),
    "demo": Quality(2.0, 1024, 16, 0.013, 512, 96, True),
}


def look(kind: str, person: Person) -> Look:
    """The surface of a mesh of this kind on this person; the numbers are chosen by eye."""
    plastic = [(0.02, 0.02, 0.022), (0.10, 0.045, 0.02), (0.22, 0.22, 0.24), (0.03, 0.04, 0.10)][person.seed % 4]
    return {
        "skin": Look(wrap=(0.42, 0.24, 0.18), shine=0.055, gloss=14.0),
        "eyes": Look(alpha=True, wrap=(0.25,) * 3, shine=0.8, gloss=170.0, casts_shadow=False),
        "brows": Look(_brow(person), alpha=True, casts_shadow=False),
        "lashes": Look((0.10, 0.07, 0.05), alpha=True, casts_shadow=False),
        "hair": Look(person.hair_tint, alpha=True, wrap=(0.3,) * 3, shine=0.03, gloss=18.0),
        "clothes": Look(person.cloth_tint, wrap=(0.09,) * 3),
        "glasses": Look(plastic, shine=0.25, gloss=60.0, casts_shadow=False),
        "headset": Look((0.025, 0.025, 0.028), shine=0.08, gloss=30.0),
    }[kind]


def _brow(person: Person) -> Colour:
    r, g, b = np.clip(0.22 * np.array(person.hair_tint) * (0.9, 0.6, 0.45), 0.03, 0.5)
    return float(r), float(g), float(b)


@lru_cache(maxsize=64)
def _texture(name: str) -> Any:
    return draw.upload(assets.texture(name)[::-1])


class Stage:
    """One person in one room. A picture depends on (body, scene, bones, camera) alone, not on what was shot before."""

    def __init__(
        self,
        body: Body,
        scene: Scene,
        size_px: tuple[int, int] = (640, 480),
        quality: Literal["fast", "demo"] = "fast",
    ) -> None:
        self.body, self.size_px, self.quality = body, size_px, QUALITIES[quality]
        self._lights, built = light.build(scene), room.build(scene)
        self._fixed, self._desk = draw.furniture(built.fixed), draw.furniture(built.desk)
        self._chair = [draw.furniture(built.chair)] if built.chair else []
        self._skin = draw.upload(skin.paint(body.person))
        people = [self._dressed(mesh) for mesh in (*body.meshes, *wear.meshes(body))]
        self._person = sorted(people, key=lambda dressed: DRAW_ORDER.index(dressed.mesh.kind))
        across, down = (round(side * self.quality.scale) for side in size_px)
        self._picture, self._meter = draw.Target((across, down)), draw.Target(METER_PX, "f4")
        self._shadow = draw.ShadowMap(self.quality.shadow_px)
        bake.occlude(self._person, body, self.quality.occlusion_px, self.quality.occlusion_rays)
        self._views: dict[Camera, _View] = {}

    def _dressed(self, mesh: Mesh) -> draw.Dressed:
        texture = self._skin if mesh.kind == "skin" else _texture(mesh.texture) if mesh.texture else None
        return draw.Dressed(mesh, look(mesh.kind, self.body.person), texture)

    def shoot(self, bones: Bones, camera: Camera) -> Picture:
        """The picture (h, w, 3) RGB; camera.size_px must have the shape of the stage's size.

        "fast" exposes every picture for itself; "demo" keeps the exposure of the person's upright pose, and the room as
        it is then: chair and shadow stay where they are.
        """
        held = self._view(camera)
        lamp = self._place(bones)
        gain = held.gain or light.expose(self._draw(self._meter, held, lamp, bones, None), self._lights)
        large = self._draw(self._picture, held, lamp, bones, gain)
        return np.asarray(cv2.resize(large, self.size_px, interpolation=cv2.INTER_AREA), np.uint8)

    def _place(self, bones: Bones) -> Array:
        """Move the person; the key light's view of it."""
        for dressed in self._person:
            dressed.place(bodies.skin(dressed.mesh.vertices, dressed.mesh.weights, bones))
        lamp = draw.lamp_view(self._lights.key_m, _chest(self.body, bones), SHADOW_FOV_DEG)
        self._shadow.fill(lamp, self._solids())
        return lamp

    def _solids(self) -> list[draw.Solid]:
        return [dressed.solid for dressed in self._person]

    def _draw(
        self, target: draw.Target, held: "_View", lamp: Array, bones: Bones, gain: float | None
    ) -> npt.NDArray[Any]:
        """Nearest first, then the room behind, then what lets it through."""
        p = draw.program("person", self.quality.taps)
        draw.set_scene(p, self._lights, held.camera, lamp, gain)
        draw.set_shadow(p, self._shadow, self.quality.taps, self.quality.soft)
        target.clear()
        draw.draw(p, [solid for solid in self._solids() if not solid.look.alpha])
        draw.draw(p, [self._desk])
        hips_m = _hips(self.body, bones)
        if not self.quality.soft_room:
            behind_m = min(hips_m[2], _joint(self.body, bones, "spine01")[2] + BACK_M)
            draw.draw(p, self._chair, (float(np.clip(hips_m[0], -ROLLS_M, ROLLS_M)), 0.0, float(behind_m)))
        held.backdrop.draw(
            presence=float(np.clip(1.5 - 2 * abs(hips_m[0]), 0, 1)), gain=gain
        )  # chosen: gone .75 m aside
        draw.draw(p, [solid for solid in self._solids() if solid.look.alpha])
        return target.read()

    def _view(self, camera: Camera) -> "_View":
        """The room as this camera sees it, drawn when first asked for; a few are held, the oldest goes."""
        if camera not in self._views:
            if len(self._views) >= CAMERAS:
                self._views.pop(next(iter(self._views))).backdrop.release()
            self._views[camera] = self._soft_view(camera) if self.quality.soft_room else self._plain_view(camera)
        return self._views[camera]

    def _plain_view(self, camera: Camera) -> "_View":
        picture = bake.plain_room(self._fixed, self._lights, camera, self._picture.size_px)
        return _View(camera, bake.Backdrop(picture, picture), None)

    def _soft_view(self, camera: Camera) -> "_View":
        upright = pose.bones(self.body, Pose())
        lamp, furniture = self._place(upright), [self._fixed, self._desk, *self._chair]
        rooms = [bake.soft_room(furniture, self._lights, camera, self.size_px, who) for who in ((), self._solids())]
        held = _View(camera, bake.Backdrop(*rooms), None)
        gain = light.expose(self._draw(self._meter, held, lamp, upright, None), self._lights)
        return replace(held, gain=gain)

    def close(self) -> None:
        """Free the graphics memory."""
        rooms = [self._fixed, self._desk, *self._chair, *(held.backdrop for held in self._views.values())]
        for held in (self._picture, self._meter, self._shadow, self._skin, *rooms, *self._solids()):
            held.release()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _View:
    """The room from one camera; gain None: expose every picture for itself."""

    camera: Camera
    backdrop: bake.Backdrop
    gain: float | None


def _joint(body: Body, bones: Bones, name: str) -> Array:
    """Where a joint is in this pose (3,), world metres."""
    i = INDEX[name]
    return np.asarray(bones.rotation[i] @ body.joints[name] + bones.shift[i])


def _chest(body: Body, bones: Bones) -> Array:
    """The point that the key light's shadow map is centred on: between head and chest."""
    return 0.6 * _joint(body, bones, "head") + 0.4 * _joint(body, bones, "spine02")


def _hips(body: Body, bones: Bones) -> Array:
    """The middle of the hip joints (3,), world metres."""
    return (_joint(body, bones, "upperleg01.L") + _joint(body, bones, "upperleg01.R")) / 2
