"""Warm-up target of the hypernetwork: the kernels the driving pose would have had.

The mapping network knows the code of the source person in the driving pose. A convolution of the
source modulated with delta behaves as that scene's own convolution when
    (1 + delta[o, i]) * style_source[i] = style_wanted[i]        for all o,
so this distance trains the hypernetwork without drawing a single image.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...networks.stylegan2 import Generator
from ...types import WeightDeltas


class StyleMatching(nn.Module):
    """Distance between modulated kernels, relative to the wanted ones; 0 is a perfect match."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self._generator = generator
        with torch.no_grad():
            self._energy = [kernel.square().sum((2, 3)) for kernel in generator.kernels()]

    def forward(self, deltas: WeightDeltas, w_source: Tensor, w_wanted: Tensor) -> Tensor:
        """Deltas, W+ of the source and of the wanted scene [B, n_latent, D] -> mean distance."""
        with torch.no_grad():
            source = self._generator.styles(w_source)
            wanted = self._generator.styles(w_wanted)
        distances: list[Tensor] = []
        for delta, energy, have, want in zip(deltas, self._energy, source, wanted, strict=True):
            if delta is None:
                continue
            error = (1 + delta.float()) * have[:, None] - want[:, None]  # [B, O, I]
            missed = (error.square() * energy).sum((1, 2))
            distances.append(missed / (want.square() @ energy.t()).sum(1))
        return torch.stack(distances).mean()
