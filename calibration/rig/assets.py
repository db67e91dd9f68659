"""The packed body: mesh, skeleton, shape targets, clothes, hair and textures, read from packed/*.npz when asked for.

All come from the MakeHuman community's CC0 release (see packed/NOTICE); pack.py wrote them.
"""

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.sparse import csr_array

Array = npt.NDArray[Any]
FOLDER = Path(__file__).parent / "packed"
TARGET_STEP_M = 5e-5  # chosen: half a step on each of some 20 targets stays below .3 mm
SHARE_STEP = 1e-4  # chosen: of a triangle 20 mm wide, .002 mm
OFFSET_STEP_DM = 1e-4  # chosen: .01 mm
UV_STEP = 1 / 32768  # chosen: a sixty-fourth of a pixel of 512
SKIN_VERTICES = 13380  # of the base mesh; the rest are helpers that clothes and joints hang on


@dataclass(frozen=True, slots=True)
class Base:
    """The average body at rest: vertices (19158, 3) m, weights (19158, bones), skin faces as (n, 4) corner rows.

    corner (k,) is the vertex and uv (k, 2) the texture place of each corner row, from the bottom left; joints (bones,
    48) are the vertices, some more than once, whose mean is the bone's head; parent is −1 for the root, and a parent
    comes before its children.
    """

    vertices: Array
    weights: csr_array
    quads: Array
    corner: Array
    uv: Array
    bones: tuple[str, ...]
    parent: tuple[int, ...]
    joints: Array


@dataclass(frozen=True, slots=True)
class Proxy:
    """Something worn, tied to the base mesh: each vertex is a mix of three base vertices and an offset.

    reference (n, 3) base vertices, share (n, 3) of each, offset (n, 3) in dm of the body the piece was made on;
    span (3, 2) are the base vertices whose distance along x, y, z scales the offset, span_dm (3,) what it was then.
    hidden: the base vertices that the piece covers. quads, corner and uv as in Base.
    """

    name: str
    kind: str
    reference: Array
    share: Array
    offset: Array
    span: Array
    span_dm: Array
    hidden: Array
    quads: Array
    corner: Array
    uv: Array


@lru_cache(maxsize=8)
def _pack(name: str) -> Any:
    """The npz file, held in memory: a file handle would be shared by forked processes, and its place with it."""
    return np.load(io.BytesIO((FOLDER / f"{name}.npz").read_bytes()))


@lru_cache(maxsize=1)
def _index() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "index.json").read_text(encoding="utf-8")))


def targets() -> tuple[str, ...]:
    """Names of the shape targets, as in MakeHuman: "head/head-oval"."""
    return tuple(_index()["targets"])


def proxies(kind: str) -> tuple[str, ...]:
    """Names of the pieces of a kind: "eyes", "lashes", "brows", "hair" or "clothes"."""
    return tuple(name for name, of in _index()["proxies"].items() if of == kind)


def textures() -> tuple[str, ...]:
    """Names of the textures: a piece's own name, or an eye colour."""
    return tuple(_index()["textures"])


@lru_cache(maxsize=1)
def base() -> Base:
    """The base mesh and its skeleton (cached)."""
    pack = _pack("base")
    vertices = pack["vertices"].astype(float)
    names = tuple(_index()["bones"])
    weights = csr_array(
        (pack["weight"].astype(float), pack["bone"].astype(np.int32), pack["row"].astype(np.int32)),
        shape=(len(vertices), len(names)),
    )
    parent = tuple(int(i) for i in pack["parent"])
    corner, uv, quads = _surface(pack, "")
    return Base(vertices, weights, quads, corner, uv, names, parent, pack["joints"].astype(np.int32))


def _surface(pack: Any, prefix: str) -> tuple[Array, Array, Array]:
    corner = pack[f"{prefix}corner"].astype(np.int32)
    quads = np.cumsum(pack[f"{prefix}quads"].astype(np.int32).ravel()).reshape(-1, 4)
    return corner, pack[f"{prefix}uv"].astype(float) * UV_STEP, quads


@lru_cache(maxsize=128)
def target(name: str) -> tuple[Array, Array]:
    """Base vertices (n,) and their displacement (n, 3) in metres at weight 1; KeyError for an unknown name."""
    index = _index()["targets"]
    dense = _steps(name)
    if index[name]:
        dense = dense + _steps(index[name])
    touched = np.flatnonzero(dense.any(axis=1))
    return touched, dense[touched].astype(np.float32) * TARGET_STEP_M


def _steps(name: str) -> Array:
    """What is stored of a target, in steps (19158, 3): all of it, or its difference from the one it refers to."""
    pack = _pack("targets")
    dense = np.zeros((len(base().vertices), 3), np.int32)
    rows = np.cumsum(pack[f"{name}.rows"].astype(np.int32))
    dense[rows] = np.cumsum(pack[f"{name}.steps"].astype(np.int32), axis=1).T
    return dense


@lru_cache(maxsize=32)
def proxy(name: str) -> Proxy:
    """A piece of clothing, hair, the eyes, brows or lashes (cached); KeyError for an unknown name."""
    kind = _index()["proxies"][name]
    pack, prefix = _pack("wear"), f"{name}."
    share = pack[f"{prefix}share"] * SHARE_STEP
    corner, uv, quads = _surface(pack, prefix)
    return Proxy(
        name=name,
        kind=kind,
        reference=pack[f"{prefix}reference"].astype(np.int32),
        share=share / share.sum(axis=1, keepdims=True),
        offset=pack[f"{prefix}offset"] * OFFSET_STEP_DM,
        span=pack[f"{prefix}span"].astype(np.int32),
        span_dm=pack[f"{prefix}span_dm"],
        hidden=pack[f"{prefix}hidden"].astype(np.int32),
        quads=quads,
        corner=corner,
        uv=uv,
    )


@lru_cache(maxsize=16)
def texture(name: str) -> Array:
    """A texture as uint8 (h, w, 4), red green blue alpha, top row first (uv counts from the bottom)."""
    if name not in textures():
        raise KeyError(name)
    picture = Image.open(io.BytesIO(_pack("textures")[name].tobytes()))
    return np.asarray(picture.convert("RGBA"))
