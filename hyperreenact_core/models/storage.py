"""How weights files keep numbers: in float32, in float16, or large tensors in 8 bits.

A tensor of 8 bits is int8 in -127..127 under its own name and has beside it, as `NAME.scale`, one
float32 for each output channel: weight = int8 * scale. Output channels are the first dimension
that is longer than one; kernels of the generator have a leading one.

Scales in float16 would do as well for the starter set (the errors agree to 0.001 dB) and save less
than a percent, but a channel that a norm enlarges again may be too small for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..choices import Storage

FLOAT_DTYPES: dict[Storage, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "int8": torch.float16,  # of what is not worth 8 bits
}

SCALE_SUFFIX = ".scale"

MIN_ELEMENTS = 4096
"""Smaller tensors are a few percent of a network, and the most sensitive part of it."""

_LEVELS = 127
_CLIP_RATIOS = tuple(1.0 - 0.02 * step for step in range(26))
"""What is tried in place of a channel's largest weight, in parts of it, down to a half."""


@dataclass(frozen=True)
class Quantised:
    """values: int8, of the tensor's shape. scale: float32 [C], positive, one an output channel."""

    values: Tensor
    scale: Tensor


def output_channels(shape: torch.Size) -> int:
    """Length of the first dimension that is longer than one, else one."""
    return next((length for length in shape if length > 1), 1)


def packed(name: str, tensor: Tensor, storage: Storage) -> dict[str, Tensor]:
    """What a file holds of one tensor, by name: contiguous copies on the CPU.

    Each has its own memory, since safetensors refuses shared storage. NaN and Inf become NaN or
    Inf, if only in the scale.
    """
    tensor = tensor.detach()
    if storage == "int8" and _is_large(tensor):
        small = quantise(tensor.cpu())
        return {name: small.values, name + SCALE_SUFFIX: small.scale}
    dtype = FLOAT_DTYPES[storage] if tensor.is_floating_point() else tensor.dtype
    return {name: tensor.to(device="cpu", dtype=dtype, copy=True).contiguous()}


def scales_of(stored: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The scales that the 8-bit tensors of a file need: meta tensors by name."""
    return {
        name + SCALE_SUFFIX: torch.empty(output_channels(slot.shape), device="meta")
        for name, slot in expected.items()
        if slot.is_floating_point() and name in stored and stored[name].dtype == torch.int8
    }


def quantise(tensor: Tensor) -> Quantised:
    """Round a tensor to 8 bits; each channel is clipped where its squared error is least."""
    rows = tensor.float().reshape(output_channels(tensor.shape), -1)  # [C, N]
    largest = rows.abs().amax(1, keepdim=True)
    best_scale = _scale(largest)
    best_error = _squared_error(rows, best_scale)
    for ratio in _CLIP_RATIOS[1:]:
        scale = _scale(largest * ratio)
        error = _squared_error(rows, scale)
        best_scale = torch.where(error < best_error, scale, best_scale)
        best_error = torch.minimum(error, best_error)
    values = _rounded(rows, best_scale).to(torch.int8)
    return Quantised(values.reshape(tensor.shape), best_scale.flatten())


def restored(small: Quantised) -> Tensor:
    """The float32 tensor that 8-bit values and their scales stand for."""
    rows = small.values.float().reshape(len(small.scale), -1)
    return (rows * small.scale.float()[:, None]).reshape(small.values.shape)


def _is_large(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and tensor.ndim >= 2 and tensor.numel() >= MIN_ELEMENTS


def _scale(largest: Tensor) -> Tensor:
    """Step between two levels; positive in a channel of zeros too."""
    return (largest / _LEVELS).clamp(min=torch.finfo(torch.float32).tiny)


def _rounded(rows: Tensor, scale: Tensor) -> Tensor:
    return (rows / scale).round_().clamp_(-_LEVELS, _LEVELS)


def _squared_error(rows: Tensor, scale: Tensor) -> Tensor:
    """[C, N], [C, 1] -> [C, 1]."""
    return (_rounded(rows, scale).mul_(scale) - rows).square_().sum(1, keepdim=True)
