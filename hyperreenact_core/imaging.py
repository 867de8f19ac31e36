"""Conversions between image layouts; the only module that knows of any but BCHW in [-1, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor

ImageU8 = NDArray[np.uint8]
"""[H, W, 3] RGB, 0..255."""


def tensor_from_u8(image: ImageU8 | Tensor) -> Tensor:
    """[H, W, 3] or [B, H, W, 3] uint8 -> [1 or B, 3, H, W] float in [-1, 1]."""
    pixels = image if isinstance(image, Tensor) else torch.from_numpy(np.ascontiguousarray(image))
    if pixels.ndim == 3:
        pixels = pixels[None]
    return rearrange(pixels, "b h w c -> b c h w").float() / 127.5 - 1.0


def u8_from_tensor(image: Tensor) -> ImageU8:
    """[B, 3, H, W] in [-1, 1] -> [B, H, W, 3] uint8, clamped and rounded."""
    pixels = ((image.detach().float().clamp(-1, 1) + 1.0) * 127.5).round().to(torch.uint8)
    return rearrange(pixels, "b c h w -> b h w c").cpu().numpy()


def tensor_from_bhwc(image: Tensor) -> Tensor:
    """[B, H, W, 3 or 4] in [0, 1] -> [B, 3, H, W] in [-1, 1].

    A fourth channel is opacity: as everywhere, what is transparent lies over white.
    """
    colours = image[..., :3].float()
    if image.shape[-1] == 4:
        colours = colours + (1 - colours) * (1 - image[..., 3:].float())
    return rearrange(colours, "b h w c -> b c h w") * 2.0 - 1.0


def bhwc_from_tensor(image: Tensor) -> Tensor:
    """[B, 3, H, W] in [-1, 1] -> [B, H, W, 3] in [0, 1], clamped."""
    return rearrange((image.float().clamp(-1, 1) + 1.0) * 0.5, "b c h w -> b h w c")


def resize(image: Tensor, size: int) -> Tensor:
    """[B, C, H, W] -> [B, C, size, size]; area average going down, bilinear going up."""
    height, width = image.shape[-2:]
    if (height, width) == (size, size):
        return image
    if height > size and height % size == 0 and width % size == 0:
        small = F.avg_pool2d(image, (height // size, width // size))
    else:
        small = F.interpolate(
            image, size=(size, size), mode="bilinear", align_corners=False, antialias=height > size
        )
    # Convolutions on a CPU are several times faster in this order.
    return small.contiguous(memory_format=torch.channels_last)


def warp(
    image: Tensor,
    theta: Tensor,
    *,
    size: int | None = None,
    beyond: Literal["zeros", "border", "reflection"] = "zeros",
) -> Tensor:
    """Resample [B, C, H, W] bilinearly -> [B, C, size, size] float32, by default [B, C, H, W].

    theta: [B, 2, 3], from places in the result to places in the image, both -1..1 from edge to
    edge. beyond: what lies outside the image.
    """
    batch, channels, height, width = image.shape
    shape = [batch, channels, size or height, size or width]
    # Under autocast the grid is a product in half precision, whose places are off by up to a
    # quarter of a pixel in 256.
    with torch.autocast(image.device.type, enabled=False):
        grid = F.affine_grid(theta.to(image.device).float(), shape, align_corners=False)
        return F.grid_sample(image.float(), grid, padding_mode=beyond, align_corners=False)


def displace(image: Tensor, offset: Tensor, *, places: Tensor | None = None) -> Tensor:
    """Resample [B, C, H, W] by a flow [B, 2, h, w] -> [B, C, h, w] float32, bicubic.

    offset: xy from a place in the result to that in the image, which spans -1..1 from edge to edge.
    places: [B or 1, 2, h, w] of the result's pixels, by default evenly over the image. What lies
    outside the image repeats its border.
    """
    height, width = offset.shape[-2:]
    grid = (pixel_places(height, width, like=offset) if places is None else places) + offset
    with torch.autocast(image.device.type, enabled=False):
        return F.grid_sample(
            image.float(),
            grid.float().permute(0, 2, 3, 1),
            mode="bicubic",
            padding_mode="border",
            align_corners=False,
        )


Shares = TypeVar("Shares", NDArray[np.float32], NDArray[np.float64], Tensor)


def smoothstep(shares: Shares) -> Shares:
    """0 up to 0 and 1 from 1 on, and a cubic between that rests at both ends."""
    t: Any = shares.clip(0, 1)
    return t * t * (3 - 2 * t)


def pixel_places(height: int, width: int, *, like: Tensor) -> Tensor:
    """[1, 2, height, width] xy of the pixels' centres in -1..1 from edge to edge."""
    x, y = (
        (torch.arange(count, device=like.device, dtype=torch.float32) + 0.5) * (2 / count) - 1
        for count in (width, height)
    )
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])[None]


def tile(rows: Sequence[Sequence[ImageU8]], gap: int = 2) -> ImageU8:
    """Lay pictures of one size out in rows: [[H, W, 3], ...] -> one [H', W', 3] on white."""
    height, width = rows[0][0].shape[:2]
    columns = max(len(row) for row in rows)
    sheet = np.full(
        (len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8
    )
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            y, x = r * (height + gap), c * (width + gap)
            sheet[y : y + height, x : x + width] = picture
    return sheet


def softened(maps: Tensor) -> Tensor:
    """[B, C, S, S] the mean of every pixel and those around it: 1, 2, 1 by 1, 2, 1, over 16."""
    once = F.avg_pool2d(F.pad(maps, (1, 1, 1, 1), mode="replicate"), 2, 1)
    return F.avg_pool2d(once, 2, 1)
