"""The baseline that edits latent codes: one linear direction a pose or expression parameter.

The directions are fitted on rendered people of the training range. Parameters are those the set's
own pose encoder reads, in the fit as in use: the exact ones would not be known for a photograph,
and a fit on what is read makes the most of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..types import DrivingPose
from .chain import Chain
from .pairs import Scene, sample_moment, sample_surroundings
from .scene_renderer import SceneRenderer

_FIT_STREAM = 0x5E17
"""Keeps the random numbers of the fit apart from those of other uses of the same seed."""


@dataclass(frozen=True)
class LatentDirections:
    """directions: [F, n_latent, D], change of the W+ code for one unit of each parameter."""

    directions: Tensor

    def edit(self, w_plus: Tensor, *, source: DrivingPose, driving: DrivingPose) -> Tensor:
        """Move codes [B, n_latent, D] from the source's pose to the driving one."""
        change = pose_parameters(driving) - pose_parameters(source)
        return w_plus + torch.einsum("bf,fld->bld", change, self.directions)


def pose_parameters(pose: DrivingPose) -> Tensor:
    """[B, 4 + E]: sine and cosine of yaw, pitch and roll in radians, expression."""
    yaw, pitch, roll = (
        torch.deg2rad(angle) for angle in (pose.yaw_deg, pose.pitch_deg, pose.roll_deg)
    )
    angles = torch.stack([yaw.sin(), yaw.cos(), pitch, roll], dim=1)
    return torch.cat([angles, pose.expression], dim=1)


def fit_directions(change: Tensor, code_change: Tensor, *, ridge: float = 1e-3) -> LatentDirections:
    """Ridge regression of code changes [N, n_latent, D] on parameter changes [N, F].

    ridge: penalty as a part of the parameters' mean sum of squares.
    """
    x, y = change.double(), code_change.double().flatten(1)
    gram = x.T @ x
    penalty = ridge * gram.diagonal().mean() * torch.eye(len(gram), device=x.device).double()
    solution = torch.linalg.solve(gram + penalty, x.T @ y)  # [F, n_latent * D]
    return LatentDirections(solution.float().unflatten(1, code_change.shape[1:]))


def learn_directions(
    chain: Chain, renderer: SceneRenderer, *, count: int, batch_size: int
) -> LatentDirections:
    """Fit on two pictures each of `count` people of the training range."""
    changes: list[Tensor] = []
    code_changes: list[Tensor] = []
    for first, second in _fitting_scenes(count, batch_size):
        codes, parameters = [], []
        for scenes in (first, second):
            pictures = renderer.draw(scenes)
            codes.append(chain.source_codes(pictures).w_plus)
            parameters.append(pose_parameters(chain.pose(pictures)))
        changes.append(parameters[1] - parameters[0])
        code_changes.append(codes[1] - codes[0])
    return fit_directions(torch.cat(changes), torch.cat(code_changes))


def _fitting_scenes(count: int, batch_size: int) -> Iterator[tuple[list[Scene], list[Scene]]]:
    """Batches of two scenes of the same people: another pose and expression, the same light."""
    for start in range(0, count, batch_size):
        first: list[Scene] = []
        second: list[Scene] = []
        for person in range(start, min(start + batch_size, count)):
            rng = np.random.default_rng([_FIT_STREAM, person])
            scene = Scene(person, sample_moment(rng), sample_surroundings(rng))
            first.append(scene)
            second.append(replace(scene, moment=sample_moment(rng)))
        yield first, second
