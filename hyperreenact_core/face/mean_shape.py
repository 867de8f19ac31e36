"""A mean face: 68 landmarks laid on five points that were found."""

from __future__ import annotations

import torch
from torch import Tensor

_LANDMARKS = (
    *((-0.448, -0.177), (-0.443, -0.086), (-0.436, 0.005), (-0.42, 0.095), (-0.367, 0.208)),
    *((-0.301, 0.361), (-0.243, 0.419), (-0.143, 0.474), (0, 0.5), (0.144, 0.474)),
    *((0.243, 0.419), (0.302, 0.361), (0.368, 0.208), (0.42, 0.095), (0.436, 0.005)),
    *((0.443, -0.086), (0.448, -0.178)),
    *((-0.362, -0.279), (-0.324, -0.306), (-0.262, -0.318), (-0.182, -0.312), (-0.089, -0.303)),
    *((0.09, -0.303), (0.182, -0.312), (0.262, -0.318), (0.324, -0.306), (0.363, -0.279)),
    *((0, -0.203), (0, -0.107), (0, -0.021), (0, 0.038)),
    *((-0.1, 0.099), (-0.043, 0.112), (0, 0.112), (0.043, 0.112), (0.1, 0.099)),
    *(
        (-0.29, -0.186),
        (-0.252, -0.207),
        (-0.176, -0.213),
        (-0.109, -0.177),
        (-0.163, -0.158),
        (-0.242, -0.16),
    ),
    *(
        (0.109, -0.177),
        (0.176, -0.213),
        (0.252, -0.207),
        (0.291, -0.186),
        (0.243, -0.16),
        (0.163, -0.158),
    ),
    *((-0.162, 0.242), (-0.092, 0.202), (-0.045, 0.19), (0, 0.197), (0.043, 0.19), (0.091, 0.202)),
    *((0.161, 0.242), (0.087, 0.293), (0.048, 0.306), (0, 0.308), (-0.049, 0.306), (-0.089, 0.293)),
    *((-0.137, 0.24), (-0.034, 0.233), (0, 0.237), (0.033, 0.233), (0.136, 0.24)),
    *((0.042, 0.252), (0, 0.254), (-0.043, 0.252)),
)
"""Mean of rendered people at rest, from in front; iBUG order, over the side of the square about
the face's mesh points, from its middle."""
_EYES = slice(36, 42), slice(42, 48)
_SINGLE = [30, 48, 54]


def landmarks_from_five(points: Tensor) -> Tensor:
    """Eye centres, tip of the nose and mouth corners [5, 2] -> [68, 2] float32, in their pixels.

    The mean face is moved, turned, stretched and sheared so that it fits them best.
    """
    mean = torch.tensor(_LANDMARKS, dtype=torch.float64)
    five = torch.stack([*(mean[eye].mean(0) for eye in _EYES), *mean[_SINGLE]])
    known = torch.cat([five, torch.ones(5, 1, dtype=torch.float64)], 1)
    placed = torch.linalg.lstsq(known, points.double().cpu()).solution  # [3, 2]
    return (
        torch.cat([mean, torch.ones(len(mean), 1, dtype=torch.float64)], 1).matmul(placed).float()
    )


def landmarks_in_box(box: tuple[float, float, float, float]) -> Tensor:
    """Left, top, right, bottom -> [68, 2] float32 of the mean face that fills it."""
    mean = torch.tensor(_LANDMARKS)
    low, high = mean.amin(0), mean.amax(0)
    begin, end = torch.tensor(box).view(2, 2)
    return begin + (mean - low) / (high - low) * (end - begin)
