"""The linear head model: shapes and facial actions of a mesh of head, neck and eyeballs.

Made by heads/linear_head.py from public-domain data; nothing of that package is needed here.
Units are decimetres; x to the viewer's right, y up, z towards the viewer. The origin is the middle
between the corners of the eyes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from ...errors import ModelError
from .products import product

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int32]

COEFFICIENTS = 52
POINTS = 468
SKIN, EYE, MOUTH, HAIR = 0, 1, 2, 3
"""What a triangle shows: skin, an eyeball, the inside of the mouth, scalp with hair."""

_FORMAT = "1"
_FILE = "head_model.safetensors"
_NAMES = {
    *("mean", "shapes", "pivot_mean", "pivot_shapes", "faces", "region", "grip", "hair"),
    *("action_counts", "action_vertices", "action_moves", "point_vertices", "point_weights"),
}
_REMEDY = "install the package again"


@dataclass(frozen=True, eq=False)
class HeadModel:
    """What all heads share.

    mean: [V, 3]. shapes: [K, V, 3], each one standard deviation of people. moved: [M] vertices that
    any facial action moves; actions: [52, M, 3] what each adds to them. faces: [F, 3] triangles,
    counter-clockwise from outside; region: [F] SKIN, EYE, MOUTH or HAIR. grip: [V] how much of the
    head's turn the neck takes, 1 on the head, 0 on the chest. hair: [V, 3] from scalp and nape to
    the outside of short hair, else 0. pivot_mean [3], pivot_shapes [K, 3]: what the head turns
    about. point_mean [468, 3]: of MediaPipe's mesh points; point_moves: [468, 3, K + 52] what each
    shape and then each action adds to them.
    """

    mean: Floats
    shapes: Floats
    moved: Indices
    actions: Floats
    faces: Indices
    region: NDArray[np.uint8]
    grip: Floats
    hair: Floats
    pivot_mean: Doubles
    pivot_shapes: Doubles
    point_mean: Doubles
    point_moves: Doubles

    def vertices(self, shape: Doubles, coefficients: Doubles) -> Floats:
        """[K] in standard deviations and [52] in 0..1 -> [V, 3] unturned."""
        own = product(shape.astype(np.float32), self.shapes.reshape(len(shape), self.mean.size))
        vertices = self.mean + own.reshape(-1, 3)
        active = np.nonzero(coefficients)[0]
        flat = self.actions[active].reshape(len(active), self.actions[0].size)
        vertices[self.moved] += product(coefficients[active].astype(np.float32), flat).reshape(
            -1, 3
        )
        return vertices

    def points(self, shape: Doubles, coefficients: Doubles) -> Doubles:
        """[K] and [52] -> [468, 3] mesh points, unturned."""
        return self.point_mean + product(self.point_moves, np.concatenate([shape, coefficients]))

    def vertices_at(self, points: Sequence[int]) -> Indices:
        """[N] vertices that lie next to these mesh points of the mean head."""
        away = np.linalg.norm(self.mean - self.point_mean[list(points), None], axis=2)
        return away.argmin(1).astype(np.int32)

    def pivot(self, shape: Doubles) -> Doubles:
        """[3] what the head turns about."""
        return self.pivot_mean + shape @ self.pivot_shapes


@lru_cache(maxsize=2)
def load_head_model(path: Path | None = None) -> HeadModel:
    """Read the model that the package ships, or another file of its kind.

    Raises ModelError where the file is missing, damaged or of another format.
    """
    try:
        data = path.read_bytes() if path else _shipped()
        tensors = load(data)
        about = _about(data)
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"cannot read the head model ({error}); {_REMEDY}") from error
    if about.get("format") != _FORMAT or set(tensors) != _NAMES:
        raise ModelError(f"{path or _FILE} is no head model of this version; {_REMEDY}")
    return _model(tensors)


def _shipped() -> bytes:
    package = __name__.split(".reenact.")[0]
    return (resources.files(package) / "weights" / _FILE).read_bytes()


def _about(data: bytes) -> dict[str, str]:
    """What the file says of itself."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]).get("__metadata__", {})


def _model(tensors: dict[str, NDArray[np.generic]]) -> HeadModel:
    def floats(name: str) -> Floats:
        return tensors[name].astype(np.float32)

    mean, shapes = floats("mean"), floats("shapes")
    actions = _dense(tensors, len(mean))
    moved = np.nonzero(np.abs(actions).max((0, 2)))[0].astype(np.int32)
    corners = tensors["point_vertices"].astype(np.int32)
    weights = tensors["point_weights"].astype(np.float64)

    def points(vertices: Floats) -> Doubles:  # [..., V, 3] -> [..., 468, 3]
        return np.einsum("...pac,pa->...pc", vertices[..., corners, :].astype(np.float64), weights)

    moves = np.concatenate([points(shapes), points(actions)])
    return HeadModel(
        mean=mean,
        shapes=shapes,
        moved=moved,
        actions=np.ascontiguousarray(actions[:, moved]),
        faces=tensors["faces"].astype(np.int32),
        region=tensors["region"].astype(np.uint8),
        grip=floats("grip"),
        hair=floats("hair"),
        pivot_mean=tensors["pivot_mean"].astype(np.float64),
        pivot_shapes=tensors["pivot_shapes"].astype(np.float64),
        point_mean=points(mean),
        point_moves=np.ascontiguousarray(moves.transpose(1, 2, 0)),
    )


def _dense(tensors: dict[str, NDArray[np.generic]], count: int) -> Floats:
    """[52, V, 3] what each action adds to every vertex."""
    rows = np.repeat(np.arange(COEFFICIENTS), tensors["action_counts"].astype(int))
    actions = np.zeros((COEFFICIENTS, count, 3), np.float32)
    actions[rows, tensors["action_vertices"].astype(int)] = tensors["action_moves"]
    return actions
