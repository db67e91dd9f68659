"""Packs MakeHuman's CC0 files into packed/*.npz: python -m calibration.rig.pack SOURCE [OUT].

SOURCE holds 3dobjs, rigs, targets, clothes, hair, eyes, eyebrows, eyelashes and TEXTURE_SOURCES.json, which says of
each texture whether it is byte-identical to the CC0 release; the others are left out, as are all photographed skins.
"""

import io
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

from calibration.rig.assets import FOLDER, OFFSET_STEP_DM, SHARE_STEP, TARGET_STEP_M, UV_STEP

Array = npt.NDArray[Any]
DM_M = 0.1  # MakeHuman's unit is the decimetre
TEXTURE_PX = 512  # chosen: a face is some 150 pixels wide in the pictures
TEXTURE_QUALITY = 88  # chosen, WebP
KINDS = {"eyes": "eyes", "eyelashes": "lashes", "eyebrows": "brows", "hair": "hair", "clothes": "clothes"}
LEFT_OUT = ("afro01", "bob01")  # their textures are not verified, and hair is nothing without
DETAILS = (
    "head/*",
    "nose/*",
    "chin/*",
    "neck/*",
    "torso/torso-scale-*",
    "torso/torso-vshape-*",
    "torso/torso-muscle-*",
)
MORE_DETAILS = ("mouth/mouth-angles-*", "mouth/mouth-scale-*", "mouth/mouth-*lip-volume-*", "forehead/*", "cheek/*")
EARS_EYES = (
    "ears/*-ear-scale-*",
    "ears/*-ear-wing-*",
    "eyes/*-eye-height2-*",
    "eyes/*-eye-scale-*",
    "eyes/*-eye-bag-*",
)
BROWN = (0.62, 0.52, 0.45)  # chosen: makes brown irises of the light brown ones


def write(path: Path, arrays: dict[str, Array]) -> None:
    """An npz that numpy reads as any other, but compressed with LZMA and with no clock time in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_LZMA)


def small(values: Array, step: float = 1.0) -> Array:
    """Whole steps, in the smallest integer type that holds them."""
    steps = np.round(np.asarray(values, float) / step).astype(np.int64)
    low, high = (int(steps.min()), int(steps.max())) if steps.size else (0, 0)
    return steps.astype(np.min_scalar_type(high if low >= 0 else min(low, -high - 1)))


def read_obj(path: Path) -> tuple[Array, Array, Array, Array]:
    """Vertices (n, 3), texture places (m, 2), the quads as rows of both (f, 4, 2), and their groups (f,)."""
    vertices, places, quads, groups, group = [], [], [], [], ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            vertices.append([float(x) for x in rest[:3]])
        elif word == "vt":
            places.append([float(x) for x in rest[:2]])
        elif word == "g":
            group = rest[0]
        elif word == "f":
            quads.append([[int(x) - 1 for x in corner.split("/")[:2]] for corner in rest])
            groups.append(group)
    return np.array(vertices), np.array(places), np.array(quads), np.array(groups)


def surface(quads: Array, places: Array) -> dict[str, Array]:
    """One corner row per pair of vertex and texture place; rows of the quads as differences, which pack better."""
    pairs, rows = np.unique(quads.reshape(-1, 2), axis=0, return_inverse=True)
    return {
        "corner": small(pairs[:, 0]),
        "uv": small(places[pairs[:, 1]], UV_STEP),
        "quads": small(np.diff(rows.ravel(), prepend=0)),
    }


def bone_order(bones: dict[str, Any]) -> list[str]:
    """Bone names, each after its parent."""
    order: list[str] = []

    def add(name: str | None) -> None:
        if name and name not in order:
            add(bones[name]["parent"])
            order.append(name)

    for name in bones:
        add(name)
    return order


def bone_weights(vertices: Array, names: list[str], table: dict[str, list[list[float]]]) -> Array:
    """Dense weights (n, bones), rows summing to 1; helpers without any take those of the nearest vertex with some."""
    dense = np.zeros((len(vertices), len(names)), np.float32)
    for bone, pairs in table.items():
        rows = np.array(pairs).reshape(-1, 2)
        dense[rows[:, 0].astype(int), names.index(bone)] = rows[:, 1]
    bare = dense.sum(axis=1) < 1e-6
    _, nearest = cKDTree(vertices[~bare]).query(vertices[bare])
    dense[bare] = dense[~bare][nearest]
    shares: Array = dense / dense.sum(axis=1, keepdims=True)
    return shares


def pack_base(source: Path) -> tuple[dict[str, Array], list[str]]:
    """The base mesh with its skeleton as arrays, and the names of the bones."""
    vertices, places, quads, groups = read_obj(source / "3dobjs/base.obj")
    skeleton = json.loads((source / "rigs/default.mhskel").read_text(encoding="utf-8"))
    table = json.loads((source / "rigs/default_weights.mhw").read_text(encoding="utf-8"))["weights"]
    names = bone_order(skeleton["bones"])
    dense = bone_weights(vertices, names, table)
    rows, bones = np.nonzero(dense)
    parents = [skeleton["bones"][name]["parent"] for name in names]
    heads = [skeleton["joints"][skeleton["bones"][name]["head"]] for name in names]
    arrays = {
        "vertices": (vertices * DM_M).astype(np.float32),
        "weight": dense[rows, bones],
        "bone": small(bones),
        "row": small(np.searchsorted(rows, np.arange(len(vertices) + 1))),
        "parent": small(np.array([names.index(p) if p else -1 for p in parents])),
        "joints": small(np.array([np.resize(head, 48) for head in heads])),
        **surface(quads[groups == "body"], places),
    }
    return arrays, names


def read_target(path: Path, vertices: int) -> Array:
    """A target's displacements (vertices, 3) in whole steps."""
    dense = np.zeros((vertices, 3))
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            row, *move = line.split()
            dense[int(row)] = [float(x) for x in move[:3]]
    steps: Array = np.round(dense * DM_M / TARGET_STEP_M).astype(np.int32)
    return steps


def twin(name: str) -> str | None:
    """The target that a stature or proportions target is stored as a difference from: the average build's."""
    match = re.fullmatch(r"(macrodetails/(?:height|proportions)/\w+-\w+)-(\w+-\w+)-(\w+)", name)
    if not match or match[2] == "averagemuscle-averageweight":
        return None
    return f"{match[1]}-averagemuscle-averageweight-{match[3]}"


def pack_targets(source: Path, vertices: int) -> tuple[dict[str, Array], dict[str, str | None]]:
    """Arrays of all targets, and for each the target it refers to."""
    folder = source / "targets"
    patterns = ("macrodetails/*", "macrodetails/*/*", *DETAILS, *MORE_DETAILS, *EARS_EYES)
    paths = sorted({path for pattern in patterns for path in folder.glob(f"{pattern}.target")})
    steps = {str(path.relative_to(folder).with_suffix("")): read_target(path, vertices) for path in paths}
    arrays: dict[str, Array] = {}
    for name, dense in steps.items():
        other = twin(name)
        stored = dense - steps[other] if other else dense
        rows = np.flatnonzero(stored.any(axis=1))
        arrays[f"{name}.rows"] = small(np.diff(rows, prepend=0))
        arrays[f"{name}.steps"] = small(np.diff(stored[rows], axis=0, prepend=0).T)
    return arrays, {name: twin(name) for name in steps}


def read_hidden(lines: list[str]) -> set[int]:
    """Vertex numbers from lines such as "1355 - 1394 1399"."""
    text = re.sub(r"(\d+)\s*-\s*(\d+)", r"\1-\2", " ".join(lines))
    ranges = [word.partition("-") for word in text.split()]
    return {vertex for low, _, high in ranges for vertex in range(int(low), int(high or low) + 1)}


def read_proxy(path: Path) -> tuple[dict[str, Any], Array, set[int]]:
    """Header, vertex ties (n, 9: three vertices, three shares, offset) and hidden vertices of an .mhclo file."""
    header: dict[str, Any] = {}
    ties: list[list[float]] = []
    hidden: list[str] = []
    mode = ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if not re.match(r"-?\d", words[0]):
            header[words[0]] = words[1:]
            mode = words[0] if words[0] in ("verts", "delete_verts") else mode
        elif mode == "verts":
            numbers = [float(word) for word in words]
            ties.append(numbers[:9] if len(numbers) >= 6 else [numbers[0]] * 3 + [1, 0, 0, 0, 0, 0])
        elif mode == "delete_verts":
            hidden.append(line)
    return header, np.array(ties), read_hidden(hidden)


def pack_proxy(path: Path) -> dict[str, Array]:
    """Arrays of one piece."""
    header, ties, hidden = read_proxy(path)
    _, places, quads, _ = read_obj(path.parent / header["obj_file"][0])
    spans = [header[f"{axis}_scale"] for axis in "xyz"]
    return {
        "reference": small(ties[:, :3]),
        "share": small(ties[:, 3:6], SHARE_STEP),
        "offset": small(ties[:, 6:], OFFSET_STEP_DM),
        "span": small(np.array([[int(a), int(b)] for a, b, _ in spans])),
        "span_dm": np.array([float(size) for _, _, size in spans]),
        "hidden": small(np.array(sorted(hidden), dtype=int)),
        **surface(quads, places),
    }


def pack_wear(source: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays of all pieces, and the kind of each."""
    arrays: dict[str, Array] = {}
    kinds: dict[str, str] = {}
    for folder, kind in KINDS.items():
        for path in sorted((source / folder).glob("*/*.mhclo")):
            if path.stem not in LEFT_OUT:
                kinds[path.stem] = kind
                arrays |= {f"{path.stem}.{key}": array for key, array in pack_proxy(path).items()}
    return arrays, kinds


def compressed(picture: Image.Image) -> Array:
    """The bytes of the picture as WebP, at most 512 pixels wide."""
    if picture.width > TEXTURE_PX:
        picture = picture.resize((TEXTURE_PX, TEXTURE_PX), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=TEXTURE_QUALITY, method=4, exact=True)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def pack_textures(source: Path, pieces: dict[str, str]) -> dict[str, Array]:
    """Bytes of the verified textures of the pieces and of the eyes; brown eyes are light brown ones made darker."""
    sources = json.loads((source / "TEXTURE_SOURCES.json").read_text(encoding="utf-8"))
    arrays: dict[str, Array] = {}
    for relative, origin in sources.items():
        path = source / relative
        name = re.sub(r"_(diffuse|eye)$", "", path.stem)
        if origin == "verified-sha256" and (name in pieces or relative.startswith("eyes/")):
            arrays[name] = compressed(Image.open(path))
    light = np.asarray(Image.open(source / "eyes/materials/brownlight_eye.png").convert("RGBA")).astype(float)
    chroma = (light[..., :3].max(axis=2) - light[..., :3].min(axis=2))[..., None]
    iris = np.clip((chroma - 25) / 40, 0, 1)  # chosen: the white of the eye has next to no colour
    light[..., :3] *= 1 - iris * (1 - np.array(BROWN))
    arrays["brown"] = compressed(Image.fromarray(light.astype(np.uint8)))
    return arrays


def main(source: Path, out: Path) -> None:
    """Writes base, targets, wear and textures .npz and the index of names."""
    base, bones = pack_base(source)
    targets, twins = pack_targets(source, len(base["vertices"]))
    wear, kinds = pack_wear(source)
    textures = pack_textures(source, kinds)
    for name, arrays in (("base", base), ("targets", targets), ("wear", wear), ("textures", textures)):
        write(out / f"{name}.npz", arrays)
    index = {"bones": bones, "targets": twins, "proxies": kinds, "textures": sorted(textures)}
    (out / "index.json").write_text(json.dumps(index, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER)
