"""Drawing in software OpenGL: solids, shadow maps, targets. No window, one context a process."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import moderngl
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from calibration.rig import glsl, room
from calibration.rig.body import Mesh
from calibration.rig.camera import axes, focal_px
from calibration.rig.light import Lights
from calibration.rig.spec import Camera, Colour

Array = npt.NDArray[Any]
Picture = npt.NDArray[np.uint8]
NEAR_M, FAR_M = 0.05, 12.0
SHADOW_NEAR_M, SHADOW_FAR_M = 0.4, 5.0
SHADOW_BIAS = 0.0018  # in depths of the map, so that a surface does not shade itself
GOLDEN_ANGLE = 2.39996  # rad, between the samples of a soft shadow


@dataclass(frozen=True, slots=True)
class Look:
    """A surface: its colour factor, how far light wraps round it (by colour), its shine; see-through or not."""

    colour: Colour = (1.0, 1.0, 1.0)
    alpha: bool = False
    wrap: Colour = (0.05, 0.05, 0.05)
    shine: float = 0.0
    gloss: float = 20.0
    casts_shadow: bool = True


@cache
def context() -> Any:
    """The process's one OpenGL context (EGL, no window); moderngl raises when the machine has none."""
    create: Any = moderngl.create_context  # its types forbid what its documentation asks for
    return create(standalone=True, backend="egl")


@cache
def program(name: str, taps: int = 1) -> Any:
    """A shader program: "person" with so many shadow samples a pixel, "room", "depth" or "backdrop"."""
    vertex, fragment = {
        "person": (glsl.SCENE_VS, glsl.person_fs(taps)),
        "room": (glsl.SCENE_VS, glsl.room_fs()),
        "depth": (glsl.DEPTH_VS, glsl.DEPTH_FS),
        "backdrop": (glsl.QUAD_VS, glsl.QUAD_FS),
    }[name]
    return context().program(vertex_shader=vertex, fragment_shader=fragment)


def upload(pixels: Picture) -> Any:
    """A texture with its reductions; pixels (h, w, 3 or 4), first row at the bottom."""
    height, width, parts = pixels.shape
    texture = context().texture((width, height), parts, np.ascontiguousarray(pixels).tobytes())
    texture.build_mipmaps()
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    return texture


class Solid:
    """Triangles on the graphics side: `moving` rows (place, normal) and `still` rows (uv, colour factor, sky seen)."""

    def __init__(self, moving: Array, still: Array, triangles: Array, look: Look, texture: Any = None) -> None:
        self.look, self.texture = look, texture
        self._moving, self._still = (context().buffer(_floats(rows)) for rows in (moving, still))
        self._index = context().buffer(np.ascontiguousarray(triangles, "i4").tobytes())
        self._arrays: dict[Any, Any] = {}

    def send(self, moving: Array | None = None, still: Array | None = None) -> None:
        """Replace all rows of a kind."""
        if moving is not None:
            self._moving.write(_floats(moving))
        if still is not None:
            self._still.write(_floats(still))

    def render(self, with_program: Any) -> None:
        """Draw with a program whose uniforms are set."""
        if with_program not in self._arrays:
            layout = [(self._moving, "3f 3f", "p", "n"), (self._still, "2f 3f 1f", "uv", "tone", "ao")]
            if with_program is program("depth"):
                layout = [(self._moving, "3f 12x", "p"), (self._still, "2f 16x", "uv")]
            self._arrays[with_program] = context().vertex_array(with_program, layout, self._index)
        self._arrays[with_program].render()

    def release(self) -> None:
        """Free the graphics memory."""
        for held in (*self._arrays.values(), self._moving, self._still, self._index):
            held.release()


def _floats(rows: Array) -> bytes:
    return np.ascontiguousarray(rows, "f4").tobytes()


def furniture(solid: room.Solid) -> Solid:
    """A solid of the room; its uv.x is the grain."""
    ones = np.ones((len(solid.vertices), 1))
    still = np.hstack([solid.grain[:, None], 0 * ones, solid.colours, ones])
    return Solid(np.hstack([solid.vertices, solid.normals]), still, solid.triangles, Look())


class Dressed:
    """A mesh of the person and its solid: places and normals follow the pose."""

    def __init__(self, mesh: Mesh, look: Look, texture: Any) -> None:
        self.mesh = mesh
        self._corners = mesh.corner[mesh.triangles]
        count = len(self._corners)
        where = (self._corners.T.ravel(), np.tile(np.arange(count), 3))
        self._around = csr_array((np.ones(3 * count, np.float32), where), shape=(len(mesh.vertices), count))
        self._plain = np.hstack([mesh.uv, np.ones((len(mesh.corner), 4))])
        self.solid = Solid(np.zeros((len(mesh.corner), 6)), self._plain, mesh.triangles, look, texture)
        self.place(mesh.vertices)

    def occlude(self, sky: Array) -> None:
        """Set the share of the sky (n,) that each vertex sees."""
        self.solid.send(still=np.hstack([self._plain[:, :5], sky[self.mesh.corner, None]]))

    def place(self, vertices: Array) -> None:
        """Move the vertices (n, 3), world metres."""
        self.vertices = np.asarray(vertices, np.float32)
        corner = self.vertices[self._corners]
        face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        normals = self._around @ face
        self.normals = normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)
        self.solid.send(moving=np.hstack([self.vertices, self.normals])[self.mesh.corner])


def view(camera: Camera, near_m: float = NEAR_M, far_m: float = FAR_M) -> Array:
    """World → clip space (4, 4) of a camera, the same pinhole as camera.project."""
    width, height = camera.size_px
    f, turn = focal_px(camera), axes(camera)
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = turn.T, -turn.T @ np.array(camera.position_m)
    depth = [-(far_m + near_m) / (far_m - near_m), -2 * far_m * near_m / (far_m - near_m)]
    lens = np.array([[2 * f / width, 0, 0, 0], [0, 2 * f / height, 0, 0], [0, 0, *depth], [0, 0, -1, 0]])
    return np.asarray(lens @ place)


def lamp_view(lamp_m: Colour, toward_m: Array, fov_deg: float) -> Array:
    """World → clip space (4, 4) as a lamp sees it."""
    x, y, z = (float(v) for v in toward_m)
    return view(Camera(lamp_m, (x, y, z), fov_deg, (1, 1)), SHADOW_NEAR_M, SHADOW_FAR_M)


class Target:
    """What is drawn on and read from; dtype "f1" gives uint8, "f4" linear float32."""

    def __init__(self, size_px: tuple[int, int], dtype: Literal["f1", "f4"] = "f1") -> None:
        self.size_px, self.dtype = size_px, dtype
        self._parts = [context().renderbuffer(size_px, 4, dtype=dtype), context().depth_renderbuffer(size_px)]
        self._buffer = context().framebuffer([self._parts[0]], self._parts[1])

    def clear(self) -> None:
        """Draw here from now on."""
        self._buffer.use()
        self._buffer.clear(0.0, 0.0, 0.0, 1.0)

    def read(self) -> npt.NDArray[Any]:
        """The pixels (h, w, 3), first row at the top."""
        raw = self._buffer.read(components=3, dtype=self.dtype, alignment=1)
        pixels = np.frombuffer(raw, "u1" if self.dtype == "f1" else "f4")
        return np.asarray(pixels.reshape(self.size_px[1], self.size_px[0], 3)[::-1]).copy()

    def release(self) -> None:
        """Free the graphics memory."""
        for held in (self._buffer, *self._parts):
            held.release()


class ShadowMap:
    """How far from a lamp the first surface is, in each direction."""

    def __init__(self, size_px: int) -> None:
        self.size_px, self.depth = size_px, context().depth_texture((size_px, size_px))
        self.depth.compare_func, self.depth.repeat_x, self.depth.repeat_y = "", False, False
        self._target = context().framebuffer(depth_attachment=self.depth)

    def fill(self, lamp: Array, solids: Iterable[Solid]) -> None:
        """Draw what casts shadows as the lamp (world → clip space (4, 4)) sees it."""
        p = program("depth")
        self._target.use()
        self._target.clear(depth=1.0)
        context().enable(moderngl.DEPTH_TEST)
        context().disable(moderngl.BLEND)
        p["LVP"].write(_floats(lamp.T))
        p["move"].value = (0.0, 0.0, 0.0)
        for solid in solids:
            if solid.look.casts_shadow:
                p["alphaMode"].value = int(solid.look.alpha)
                if solid.texture:
                    solid.texture.use(0)
                solid.render(p)

    def read(self) -> npt.NDArray[np.float32]:
        """The depths 0…1 (size, size), first row at the bottom."""
        return np.frombuffer(self.depth.read(alignment=1), "f4").reshape(self.size_px, self.size_px)

    def release(self) -> None:
        """Free the graphics memory."""
        self._target.release()
        self.depth.release()


def set_scene(
    p: Any, lights: Lights, camera: Camera, lamp: Array, gain: float | None, move: Array | None = None
) -> None:
    """Set a program's camera, lights and exposure; gain None draws linear light, move (2,) shifts it all."""
    clip = view(camera)
    if move is not None:
        clip[:2] += np.outer(move, clip[3])
    p["VP"].write(_floats(clip.T))
    p["LVP"].write(_floats(lamp.T))
    p["eye"].value, p["linearOut"].value, p["expo"].value = camera.position_m, int(gain is None), gain or 1.0
    p["L1"].value, p["C1"].value, p["L2"].value, p["C2"].value = lights.key_m, lights.key, lights.fill_m, lights.fill
    p["sky"].value, p["gnd"].value = lights.sky, lights.ground


def set_shadow(p: Any, shadow: ShadowMap, taps: int = 1, soft: float = 0.0) -> None:
    """Let a program take shadows from a map, with samples spread over a share of the map."""
    k = np.arange(taps)
    radius, angle = soft * np.sqrt((k + 0.5) / taps), GOLDEN_ANGLE * k
    p["spread"].write(_floats(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)))
    p["shadow"].value, p["bias"].value = 1, SHADOW_BIAS
    shadow.depth.use(1)


def draw(p: Any, solids: Iterable[Solid], move_m: Colour = (0.0, 0.0, 0.0)) -> None:
    """Draw solids in order, moved; nearer ones first, see-through ones last."""
    c = context()
    c.enable(moderngl.DEPTH_TEST)
    c.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
    p["move"].value = move_m
    for solid in solids:
        surface = solid.look
        _set(p, "useTex", int(solid.texture is not None))
        _set(p, "alphaMode", int(surface.alpha))
        p["col"].value, p["wrap"].value = surface.colour, surface.wrap
        p["spec"].value, p["gloss"].value = surface.shine, surface.gloss
        if solid.texture:
            solid.texture.use(0)
        (c.enable if surface.alpha else c.disable)(moderngl.BLEND)
        solid.render(p)


def _set(p: Any, name: str, value: int) -> None:
    """Set a uniform that a program without textures lacks."""
    if name in p:
        p[name].value = value
