"""Random heads of the model in random pictures, for tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.reenact.detail.fit import HeadFit
from hyperreenact_core.reenact.detail.head_model import Doubles, load_head_model

SIDE = 128.0


@dataclass(frozen=True, eq=False)
class Sitter:
    """A head in a picture of 128 px and its mesh points there."""

    truth: HeadFit
    points: Doubles


def sitter(
    seed: int, *, yaw_deg: float = 0.0, pitch_deg: float = 0.0, smile: float = 0.0
) -> Sitter:
    """A random person of the model before a camera at 6 to 20 dm."""
    model, rng = load_head_model(), np.random.default_rng(seed)
    face = np.where(rng.random(52) < 0.15, rng.random(52) * 0.5, 0.0)
    face[43:45] = smile
    truth = HeadFit(
        shape=rng.normal(size=len(model.shapes)) * 0.8,
        coefficients=face,
        rotation=rotation_matrix(yaw_deg, pitch_deg, rng.normal(0, 5)),
        centre=np.array([SIDE / 2, SIDE * 0.42]) + rng.normal(0, 4, 2),
        scale=float(rng.uniform(25, 40)),
        nearness=float(1 / rng.uniform(6, 20)),
        weights=np.ones(468),
        rms=0.0,
    )
    return Sitter(truth, points_of(truth))


def points_of(fit: HeadFit) -> Doubles:
    """[468, 2] where a fitted head's mesh points lie."""
    return fit.project(load_head_model().points(fit.shape, fit.coefficients) @ fit.rotation.T)


def error(one: Doubles, other: Doubles) -> float:
    """Root mean square distance of points."""
    return float(np.sqrt(((one - other) ** 2).sum(1).mean()))
