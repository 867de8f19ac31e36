"""The methods: each turns a batch of source and driving pictures into results.

A new one is a function and a line in ROWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from ..types import DrivingPose
from .chain import Chain, SourceCodes
from .latent_edit import LatentDirections


@dataclass(frozen=True)
class Task:
    """A batch of B pairs as the methods see them.

    source: [B, 3, R, R] pictures; source_codes, source_pose: what the set reads in them.
    driving: poses of the driving pictures. shuffled: those of other pairs' driving pictures.
    """

    source: Tensor
    source_codes: SourceCodes
    source_pose: DrivingPose
    driving: DrivingPose
    shuffled: DrivingPose


@dataclass(frozen=True)
class MethodTools:
    """What the methods work with."""

    chain: Chain
    directions: LatentDirections

    def task(self, source: Tensor, driving: Tensor) -> Task:
        """Read [B, 3, R, R] source pictures and [1 + B, 3, R, R] driving pictures.

        The first driving picture is that of the pair before the batch, so that every pair can be
        driven by its predecessor in `shuffled`.
        """
        poses = self.chain.pose(driving)
        return Task(
            source=source,
            source_codes=self.chain.source_codes(source),
            source_pose=self.chain.pose(source),
            driving=poses[1:],
            shuffled=poses[:-1],
        )


def source_copied(_: MethodTools, task: Task) -> Tensor:
    """The source picture as it is: what doing nothing scores."""
    return task.source


def inversion(tools: MethodTools, task: Task) -> Tensor:
    """The source's code drawn by the untouched generator."""
    return tools.chain.image(task.source_codes.w_plus)


def latent_edit(tools: MethodTools, task: Task) -> Tensor:
    """The source's code, moved along fitted directions, drawn by the untouched generator."""
    w_plus = tools.directions.edit(
        task.source_codes.w_plus, source=task.source_pose, driving=task.driving
    )
    return tools.chain.image(w_plus)


def ours(tools: MethodTools, task: Task) -> Tensor:
    """The source's code drawn by the generator the hypernetwork has adapted."""
    return _reenact(tools.chain, task.source_codes, task.driving)


def ours_shuffled_pose(tools: MethodTools, task: Task) -> Tensor:
    """Ours with another pair's pose: must be clearly worse, or the pose is not used."""
    return _reenact(tools.chain, task.source_codes, task.shuffled)


def _reenact(chain: Chain, codes: SourceCodes, pose: DrivingPose) -> Tensor:
    return chain.image(codes.w_plus, chain.deltas(codes, pose))


Row = Callable[[MethodTools, Task], Tensor]

ROWS: Mapping[str, Row] = {
    "source": source_copied,
    "inversion": inversion,
    "latent_edit": latent_edit,
    "ours": ours,
    "ours_shuffled_pose": ours_shuffled_pose,
}
"""In the order of the tables; results are [B, 3, R, R] in [-1, 1]."""
