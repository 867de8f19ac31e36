"""Turns of many frames: along the shortest way between two, as vectors, and mirrored."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..detail.turns import turn_of, vector_of


def vectors_of(turns: Tensor) -> Tensor:
    """[N, 3, 3] -> [N, 3] along the axis, as long as the angle in radians; float64."""
    return torch.from_numpy(np.array([vector_of(turn) for turn in turns.numpy()]).reshape(-1, 3))


def turns_of(vectors: Tensor) -> Tensor:
    """[N, 3] -> [N, 3, 3], float64."""
    return torch.from_numpy(np.array([turn_of(v) for v in vectors.numpy()]).reshape(-1, 3, 3))


def scaled(turns: Tensor, factors: Tensor) -> Tensor:
    """Turns [N, 3, 3] about their own axes, [N] times as far; float64."""
    return turns_of(vectors_of(turns) * factors.double()[:, None])


def slerp(start: Tensor, end: Tensor, share: Tensor) -> Tensor:
    """From turns [N, 3, 3] to others along the shortest way, a share [N] of it; float64."""
    start, end = start.double(), end.double()
    return start @ scaled(start.transpose(1, 2) @ end, share)
