"""What several networks share: the check of their input and the initialisation of their layers."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn


def check_image(image: Tensor, *, network: str, size: int) -> None:
    """Raise ValueError unless `image` is [B, 3, size, size]."""
    if image.ndim != 4 or tuple(image.shape[1:]) != (3, size, size):
        raise ValueError(
            f"{network} reads pictures of shape [B, 3, {size}, {size}], got {list(image.shape)}; "
            "crop and resize first"
        )


def check_map(feature_map: Tensor, *, network: str, channels: int, size: int) -> None:
    """Raise ValueError unless `feature_map` is [B, channels, size, size]."""
    if feature_map.ndim != 4 or tuple(feature_map.shape[1:]) != (channels, size, size):
        raise ValueError(
            f"{network} reads maps of shape [B, {channels}, {size}, {size}], "
            f"got {list(feature_map.shape)}; the encoder belongs to another model set"
        )


def initialise_convolutions(module: nn.Module, *, negative_slope: float) -> None:
    """Fill all convolutions inside so that signals keep their variance; biases become zero.

    negative_slope: of the (leaky) rectifiers that follow them.
    """
    gain = nn.init.calculate_gain("leaky_relu", negative_slope)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            initialise_projection(layer, gain=gain)


def initialise_projection(layer: nn.Conv2d | nn.Linear, *, gain: float = 1.0) -> None:
    """Let a layer without rectifier turn unit inputs into outputs of size `gain`; bias zero."""
    fill_normal(layer.weight, gain / sqrt(layer.weight[0].numel()))
    fill_bias(layer, 0.0)


def fill_normal(weight: Tensor, std: float) -> None:
    """Fill a weight with normal numbers of mean zero.

    One without memory stays as it is: drawing for it would import torch's compiler.
    """
    if not weight.is_meta:
        nn.init.normal_(weight, std=std)


def normal(*shape: int) -> Tensor:
    """Normal numbers of mean zero and variance one; see `fill_normal`."""
    numbers = torch.empty(*shape)
    fill_normal(numbers, 1.0)
    return numbers


def fill_bias(layer: nn.Conv2d | nn.Linear, value: float) -> None:
    """Set all biases of a layer to one value; nothing where it has none."""
    if layer.bias is not None:
        nn.init.constant_(layer.bias, value)
