"""The linear head model: a few hundred vertices as a function of 28 + 8 coefficients and a pose.

Lids and gaze are painted, not modelled: they move no vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .blendshapes import expression_basis, identity_basis, identity_names
from .camera import rotation, turn
from .parameters import GEOMETRIC_EXPRESSIONS
from .template import PIVOT, head_template

VERTICES = 400


@dataclass(frozen=True)
class HeadModel:
    """mean: [M, 3]; identity_basis: [28, M, 3]; expression_basis: [8, M, 3]; pivot: [3].

    indices: [M] rows of the full template's vertices, well spread over the front of the head.
    """

    mean: NDArray[np.float32]
    identity_basis: NDArray[np.float32]
    expression_basis: NDArray[np.float32]
    pivot: NDArray[np.float32]
    indices: NDArray[np.int64]
    identity_names: tuple[str, ...]
    expression_names: tuple[str, ...]

    def vertices(
        self, geometry: NDArray[np.float32], expression: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """[28] and [8] coefficients -> [M, 3] facing the viewer."""
        shape = np.einsum("k,kmc->mc", geometry, self.identity_basis)
        return self.mean + shape + np.einsum("k,kmc->mc", expression, self.expression_basis)

    def posed_vertices(
        self,
        geometry: NDArray[np.float32],
        expression: NDArray[np.float32],
        *,
        yaw_deg: float,
        pitch_deg: float,
        roll_deg: float,
    ) -> NDArray[np.float32]:
        """(vertices - pivot) @ R.T + pivot -> [M, 3]."""
        return turn(self.vertices(geometry, expression), rotation(yaw_deg, pitch_deg, roll_deg))


@cache
def head_model() -> HeadModel:
    """The one head model; built once a process."""
    template = head_template()
    indices = _spread_indices()
    return HeadModel(
        mean=template.mean[indices].astype(np.float32),
        identity_basis=identity_basis()[:, indices],
        expression_basis=expression_basis()[:, indices],
        pivot=PIVOT,
        indices=indices,
        identity_names=identity_names(),
        expression_names=GEOMETRIC_EXPRESSIONS,
    )


def _spread_indices() -> NDArray[np.int64]:
    """Farthest-point sampling over face, jaw and the front of the skull, denser on the features."""
    template = head_template()
    candidates = np.flatnonzero(template.smooth[:, 2] > -0.25)
    points = template.mean[candidates]
    x, y = template.smooth[candidates, 0], template.smooth[candidates, 1]
    features = np.exp(-((x / 0.45) ** 2) - ((y + 0.2) / 0.45) ** 2) * (points[:, 2] > 0.2)
    density = 1 + 1.5 * features
    nose_tip = int(np.argmax(points[:, 2]))
    chosen, distance = [nose_tip], np.full(len(points), np.inf)
    for _ in range(VERTICES - 1):
        to_last = np.linalg.norm(points - points[chosen[-1]], axis=1)
        distance = np.minimum(distance, to_last)
        chosen.append(int(np.argmax(distance * density)))
    return np.sort(candidates[chosen])
