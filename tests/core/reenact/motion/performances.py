"""Performances for tests."""

from __future__ import annotations

import torch

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.networks.rotation import matrix_from_euler
from hyperreenact_core.reenact.detail.performance import Performance


def performance(
    frames: int = 40, *, yaw: float = 0.0, pitch: float = 0.0, noise: float = 0.0, seed: int = 0
) -> Performance:
    """A head that turns away and back by `yaw` and `pitch`, a jaw that opens, and trembling."""
    generator = torch.Generator().manual_seed(seed)
    swing = torch.linspace(0, torch.pi, frames).sin()

    def tremble(*shape: int) -> torch.Tensor:
        return noise * torch.randn(*shape, generator=generator)

    angles = [yaw * swing, pitch * swing, 3.0 * swing]
    rotation = matrix_from_euler(*(angle + 20 * tremble(frames) for angle in angles))
    face = torch.full((frames, 52), 0.2)
    face[:, action_index("jawOpen")] += 0.5 * swing
    face[:, action_index("mouthSmileLeft")] += 0.4 * swing
    face[:, action_index("eyeLookOutLeft")] += 0.3 * swing
    return Performance(rotation, (face + tremble(frames, 52)).clamp(0, 1))
