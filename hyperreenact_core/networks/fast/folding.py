"""Folding of what is constant once a network is trained. Folded networks are of the same class.

All functions change the network they are given and return it; it can no longer be trained.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..deca import PoseEncoder
from ..hypernetwork import Hypernetwork, OwnBlock, SharedBlock, SharedWeightGenerator
from ..irse import IRSETrunk

EncoderT = TypeVar("EncoderT", bound=PoseEncoder | IRSETrunk)
NetworkT = TypeVar("NetworkT", bound=nn.Module)

_CODES = 32
"""Values of a code folded at once: what is in work beside the weights stays small."""


def fold_encoder(network: EncoderT) -> EncoderT:
    """Batch norms that follow a convolution become part of it.

    Those in front of one stay: the border of zeros around their output cannot be folded.
    """
    for module in network.modules():
        for (_, before), (name, after) in pairwise(list(module.named_children())):
            # In these networks children stand in the order in which data passes them.
            if isinstance(before, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                _fold_batch_norm(before, after)
                setattr(module, name, nn.Identity())
    return _laid_out(network)


def fold_hypernetwork(network: Hypernetwork) -> Hypernetwork:
    """All that turns a code or features into a delta becomes one product, read once per batch.

    The two factors of the shared weight generator become one where that needs no more memory.
    """
    shared = network.shared_weight_hypernet
    if shared is not None and shared.w1.shape[0] >= shared.w1.shape[1]:
        folded = _folded_factors(shared)
        network.register_module("shared_weight_hypernet", folded)
        for block in network.refinement_blocks.values():
            if isinstance(block, SharedBlock):
                block.register_module("hypernet", folded)
    for block in network.refinement_blocks.values():
        if isinstance(block, OwnBlock):
            block.register_module("output", _folded_output(block.output, block.size))
    return _laid_out(network)


class RowProducts(nn.Module):
    """features [N, K] -> deltas [N, O, I], every row of a delta by a matrix of its own.

    Rows in the outermost place let a product of few features read the weights as they lie.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight [O, K, I], bias [O, I]."""
        super().__init__()
        self.weight, self.bias = _frozen(weight), _frozen(bias[:, None])

    def forward(self, features: Tensor) -> Tensor:
        rows = features.flatten(1).expand(len(self.weight), -1, -1)  # [O, N, K]
        return torch.baddbmm(self.bias, rows, self.weight).transpose(0, 1)


@torch.no_grad()
def _folded_factors(factors: SharedWeightGenerator) -> RowProducts:
    """(code @ w2 + b2) @ w1 + b1 as one product; works in the memory of w2."""
    out_channels, in_channels = factors.b2.numel() // factors.hidden, factors.w1.shape[1]
    w1, dtype = factors.w1.float(), factors.w2.dtype
    w2 = factors.w2.view(-1, out_channels, factors.hidden)  # [code, O, hidden]
    for codes in w2.split(_CODES):
        codes[..., :in_channels] = codes.float() @ w1
    bias = factors.b2.float().view(out_channels, -1) @ w1 + factors.b1.float()
    weight = w2[..., :in_channels].transpose(0, 1).contiguous()  # [O, code, I]
    return RowProducts(weight, bias.to(dtype))


@torch.no_grad()
def _folded_output(output: nn.Conv2d, size: tuple[int, int]) -> RowProducts:
    """A block's last 1x1 convolution; works in the memory of its weight."""
    out_channels, in_channels = size
    weight = output.weight.view(out_channels, in_channels, -1)  # [O, I, K]
    turned = weight.view(out_channels, -1, in_channels)  # [O, K, I], the same memory
    for row, target in zip(weight, turned, strict=True):
        target.copy_(row.t().clone())
    bias = turned.new_zeros(out_channels * in_channels) if output.bias is None else output.bias
    return RowProducts(turned, bias.view(out_channels, in_channels))


def _fold_batch_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("batch norms without running statistics cannot be folded")
    with torch.no_grad():
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)  # [O]
        shift = norm.bias - norm.running_mean * scale
        if conv.bias is not None:
            shift = shift + conv.bias * scale
        conv.weight = _frozen(conv.weight * scale[:, None, None, None])
        conv.bias = _frozen(shift)


def _laid_out(network: NetworkT) -> NetworkT:
    """Kernels in the order in which convolutions are fastest; rectifiers overwrite their input."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size != (1, 1):
            module.weight = _frozen(module.weight.contiguous(memory_format=torch.channels_last))
        elif isinstance(module, nn.ReLU | nn.LeakyReLU):
            module.inplace = True  # what they read is a fresh product or sum, in all networks here
    return network.requires_grad_(False)


def _frozen(value: Tensor) -> nn.Parameter:
    return nn.Parameter(value, requires_grad=False)
