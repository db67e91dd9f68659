"""A person's body: shaped from the base mesh, dressed, and moved by its bones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from calibration.rig import assets
from calibration.rig.spec import Person

Array = npt.NDArray[Any]
BONES = assets.base().bones
INDEX = {name: row for row, name in enumerate(BONES)}
LASHES = "eyelashes01"
EYES = "high-poly"
C7 = 1496  # base vertex on the skin over the seventh neck vertebra
HAIR_FALLS_BELOW_C7_M = 0.01  # chosen: hair below this height moves with the back
HAIR_BLEND_M = 0.07  # chosen: above it, it moves more and more with the head


@dataclass(frozen=True, slots=True)
class Mesh:
    """A part of the picture at rest: vertices (n, 3) m, weights (n, bones), triangles (m, 3) of corner rows.

    kind: "skin", "eyes", "brows", "lashes", "hair", "clothes", "glasses" or "headset". corner (k,) is the vertex and
    uv (k, 2) the texture place of each corner row, from the bottom left.
    """

    kind: str
    vertices: Array
    weights: csr_array
    triangles: Array
    corner: Array
    uv: Array
    texture: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """A shaped person at rest: vertices (19158, 3) m with the helpers, each bone's head (3,) m, and what is drawn."""

    person: Person
    vertices: Array
    joints: dict[str, Array]
    meshes: tuple[Mesh, ...]


@dataclass(frozen=True, slots=True)
class Bones:
    """A pose, rotation (bones, 3, 3) and shift (bones, 3) m: a point x of a bone goes to rotation @ x + shift."""

    rotation: Array
    shift: Array


def build(person: Person) -> Body:
    """The body of a person, with eyes, lashes, brows, hair and clothes."""
    vertices = shape(person)
    heads = vertices[assets.base().joints].mean(axis=1)
    worn = [(EYES, person.eyes), (LASHES, LASHES), (person.brows, person.brows), (person.clothes, person.clothes)]
    worn += [(person.hair, person.hair)] if person.hair else []
    hidden = np.zeros(len(vertices), bool)
    for name, _ in worn:
        hidden[assets.proxy(name).hidden] = True
    pieces = [piece(vertices, name, texture, person.loose_mm) for name, texture in worn]
    meshes = (skin_mesh(vertices, hidden), *pieces)
    return Body(person, vertices, dict(zip(BONES, heads, strict=True)), meshes)


def shape(person: Person) -> Array:
    """Vertices (19158, 3) m of the person at rest."""
    vertices = assets.base().vertices.copy()
    for name, weight in [*macro_weights(person), *person.details.items()]:
        if weight > 1e-4:  # as in MakeHuman
            rows, move = assets.target(name)
            vertices[rows] += weight * move
    return vertices


def macro_weights(person: Person) -> Iterator[tuple[str, float]]:
    """Weights of the whole-body targets; every combination of sex, age, muscle and weight takes its share."""
    ages = {"young": 1 - person.age, "old": person.age}
    height, proportions = _ends(person.height), _ends(person.proportions)
    for sex, sex_share in (("female", 1 - person.male), ("male", person.male)):
        for age, age_share in ages.items():
            who, share = f"{sex}-{age}", sex_share * age_share
            for race, part in person.race.items():
                yield f"macrodetails/{race}-{who}", share * part
            for build_name, part in _builds(person):
                yield f"macrodetails/universal-{who}-{build_name}", share * part
                yield f"macrodetails/height/{who}-{build_name}-minheight", share * part * height[0]
                yield f"macrodetails/height/{who}-{build_name}-maxheight", share * part * height[1]
                yield f"macrodetails/proportions/{who}-{build_name}-uncommonproportions", share * part * proportions[0]
                yield f"macrodetails/proportions/{who}-{build_name}-idealproportions", share * part * proportions[1]


def _builds(person: Person) -> Iterator[tuple[str, float]]:
    for muscle, first in _thirds(person.muscle):
        for weight, second in _thirds(person.weight):
            yield f"{muscle}muscle-{weight}weight", first * second


def _ends(factor: float) -> tuple[float, float]:
    return max(0.0, 1 - 2 * factor), max(0.0, 2 * factor - 1)


def _thirds(factor: float) -> tuple[tuple[str, float], ...]:
    low, high = _ends(factor)
    return ("min", low), ("average", 1 - low - high), ("max", high)


def skin_mesh(vertices: Array, hidden: Array) -> Mesh:
    """The skin, without the faces that lie wholly under clothes or hair."""
    base = assets.base()
    quads = base.quads[~hidden[base.corner[base.quads]].all(axis=1)]
    count = assets.SKIN_VERTICES
    return Mesh("skin", vertices[:count], base.weights[:count], triangles(quads), base.corner, base.uv, None)


def triangles(quads: Array) -> Array:
    """Two triangles (2 n, 3) for each quad (n, 4)."""
    return quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)


def piece(vertices: Array, name: str, texture: str, loose_mm: float) -> Mesh:
    """A piece fitted on the body; texture None if there is none under that name."""
    proxy = assets.proxy(name)
    fitted = fit(vertices, proxy)
    if proxy.kind == "clothes" and loose_mm:
        fitted = fitted + loose_mm / 1000 * normals(fitted, proxy.corner[triangles(proxy.quads)])
    weights = hair_weights(fitted, vertices[C7, 1]) if proxy.kind == "hair" else proxy_weights(proxy)
    known = texture if texture in assets.textures() else None
    return Mesh(proxy.kind, fitted, weights, triangles(proxy.quads), proxy.corner, proxy.uv, known)


def fit(vertices: Array, proxy: assets.Proxy) -> Array:
    """Places (n, 3) m of the piece's vertices on this body."""
    across = [abs(vertices[a, axis] - vertices[b, axis]) for axis, (a, b) in enumerate(proxy.span)]
    on_skin = (vertices[proxy.reference] * proxy.share[:, :, None]).sum(axis=1)
    fitted: Array = on_skin + proxy.offset * (np.array(across) / proxy.span_dm)
    return fitted


def proxy_weights(proxy: assets.Proxy) -> csr_array:
    """Bone weights (n, bones) of a piece: those of the vertices that it is tied to."""
    count, base = len(proxy.reference), assets.base()
    starts = np.arange(0, 3 * count + 1, 3)
    tie = csr_array((proxy.share.ravel(), proxy.reference.ravel(), starts), shape=(count, len(base.vertices)))
    return csr_array(tie @ base.weights)


def hair_weights(vertices: Array, c7_m: float) -> csr_array:
    """Bone weights (n, bones) of hair: the head's, and the upper back's for what falls below the neck."""
    head = np.clip((vertices[:, 1] - c7_m + HAIR_FALLS_BELOW_C7_M) / HAIR_BLEND_M, 0, 1)
    rows = np.repeat(np.arange(len(vertices)), 2)
    columns = np.tile([INDEX["head"], INDEX["spine01"]], len(vertices))
    shares = np.stack([head, 1 - head], axis=1).ravel()
    return csr_array((shares, (rows, columns)), shape=(len(vertices), len(BONES)))


def normals(vertices: Array, faces: Array) -> Array:
    """Unit normals (n, 3) of the vertices of triangles (m, 3)."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    of_face = np.repeat(np.cross(b - a, c - a), 3, axis=0)
    sums = np.stack([np.bincount(faces.ravel(), of_face[:, axis], len(vertices)) for axis in range(3)], axis=1)
    unit: Array = sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-12)
    return unit


def skin(vertices: Array, weights: csr_array | Array, bones: Bones) -> Array:
    """Posed places (n, 3) m of vertices at rest (n, 3): linear blend skinning."""
    matrices = np.concatenate([bones.rotation.reshape(-1, 9), bones.shift], axis=1)
    blended = weights @ matrices
    posed: Array = np.einsum("nij,nj->ni", blended[:, :9].reshape(-1, 3, 3), vertices) + blended[:, 9:]
    return posed
