"""What is transparent in a picture, kept apart from its colours and joined to them again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ..imaging import ImageU8
from .pictures import opened_picture, read_image

_HOLDING_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def read_alpha(path: Path) -> ImageU8 | None:
    """Opacity [H, W] of a picture, upright as `read_image` gives its colours; None: opaque.

    InputError for what is no readable picture. Pictures that Pillow does not read count as opaque.
    """
    with opened_picture(path) as picture:
        if picture is None or not _may_be_transparent(picture):
            return None
        upright = ImageOps.exif_transpose(picture)
        alpha = np.array(upright.convert("RGBA").getchannel("A"))
    return None if (alpha == 255).all() else alpha


def read_mask(path: Path) -> Tensor:
    """The brightness of a picture, upright, [H, W] in [0, 1]; what is transparent counts as black.

    InputError for what is no readable picture.
    """
    shown = torch.from_numpy(read_image(path)).float().mean(2) / 255
    alpha = read_alpha(path)
    return shown if alpha is None else shown * torch.from_numpy(alpha) / 255


def with_alpha(picture: ImageU8, alpha: ImageU8) -> ImageU8:
    """[H, W, 3] that lies over white, and its opacity [H, W] -> straight RGBA [H, W, 4]."""
    share = np.maximum(alpha, 1).astype(np.float32)[..., None] / 255
    straight = 255 - (255 - picture.astype(np.float32)) / share
    colours = np.where(alpha[..., None] == 0, 255, straight.round().clip(0, 255))
    return np.dstack([colours.astype(np.uint8), alpha])


def _may_be_transparent(picture: Image.Image) -> bool:
    return picture.mode in _HOLDING_ALPHA or "transparency" in picture.info
