"""Scale a fresh hypernetwork to the maps of the frozen encoders it will read."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn

from .hypernetwork import (
    DELTA_START,
    GAMMA_START,
    Hypernetwork,
    OwnBlock,
    ScaleShift,
    SharedBlock,
)
from .layers import fill_bias

_TERM = 0.5
"""Root mean square of each of the four terms of the fused map, so that their sum is near one."""


@torch.no_grad()
def calibrate(network: Hypernetwork, *, appearance: Tensor, pose: Tensor) -> None:
    """Scale every layer to unit size on one batch, so that no signal dies or bursts in training.

    The encoders' maps have no fixed size, and the fusion squares it. The last layers are scaled
    to deltas of DELTA_START.

    network: freshly built (all biases of its convolutions zero).
    appearance: [B, C, 7, 7] and pose: [B, C_pose, 7, 7], of a dozen different faces or more.
    """
    blend = network.blend_module
    projected = _scale_output(network.conv_transf, pose, 1.0)
    _calibrate_branch(blend.spade_app, appearance)
    _calibrate_branch(blend.spade_pose, projected)
    fused = network.fuse(network.source_terms(appearance), pose)

    codes: list[Tensor] = []
    for block in network.refinement_blocks.values():
        if isinstance(block, SharedBlock):
            features = _calibrate_convolutions(block.convs, fused).flatten(1)
            codes.append(_scale_output(block.linear, features, 1.0))
        elif isinstance(block, OwnBlock):
            _scale_output(block.output, _calibrate_convolutions(block.convs, fused), DELTA_START)
    if network.shared_weight_hypernet is not None:
        deltas = network.shared_weight_hypernet(torch.cat(codes))
        network.shared_weight_hypernet.w1.mul_(DELTA_START / _rms(deltas))


def _calibrate_branch(branch: ScaleShift, x: Tensor) -> None:
    """Give the scaled map and the shift of one branch the size _TERM."""
    _scale_output(branch.conv_beta, x, _TERM)
    fill_bias(branch.conv_gamma, 0.0)
    if branch.fusion == "matmul":
        branch.conv_gamma.weight.mul_(_TERM / _rms(torch.matmul(branch.conv_gamma(x), x)))
    else:
        gain = float(_TERM / _rms(x))
        _scale_output(branch.conv_gamma, x, GAMMA_START * gain)
        fill_bias(branch.conv_gamma, gain)


def _calibrate_convolutions(convs: nn.Sequential, x: Tensor) -> Tensor:
    """Scale each convolution so that the rectifier after it passes unit size on; return that."""
    for layer in convs:
        x = _scale_output(layer, x, sqrt(2)) if isinstance(layer, nn.Conv2d) else layer(x)
    return x


def _scale_output(layer: nn.Conv2d | nn.Linear, x: Tensor, target: float) -> Tensor:
    """Scale the weight so that the output's root mean square becomes `target`; return it."""
    layer.weight.mul_(target / _rms(layer(x)))
    return layer(x)


def _rms(x: Tensor) -> Tensor:
    return x.float().square().mean().sqrt().clamp_min(1e-8)
