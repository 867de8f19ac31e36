"""What is kept of a source's picture: its face with all the pixels it has, and its reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...face.align import CropRule, cut
from ...imaging import ImageU8, u8_from_tensor
from ...models.settings import SetSettings
from ...types import FaceCrop, FaceReading
from ..faces import box_of

_LEAST, _MOST = 256, 1024
"""Sides of what is kept, pixels: no fewer than the network sees, no more than results need."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A source's face, square.

    image: uint8 RGB [P, P, 3]. reading: in its pixels. guide: [3, r, r] in [-1, 1], the face as the
    generator draws it in the source's own pose; None where the head model is to be the guide.
    """

    image: ImageU8
    reading: FaceReading
    guide: Tensor | None


def guides(settings: SetSettings) -> bool:
    """Whether a set's generator says more than the head model of what a state looks like.

    It must draw heads exactly in the state that it is shown, since an error of a guide's pose
    cannot be seen, and no coarser than the detail network sees them.
    """
    return settings.pose_input != "crop" and settings.resolution >= _LEAST


def portrait_of(picture: ImageU8, crop: FaceCrop, guide: Tensor | None) -> Portrait:
    """Cut from `picture` [H, W, 3] what `crop` shows; guide: [3, r, r] drawn in its own pose.

    Raises InputError where the face was not read.
    """
    if crop.reading is None:
        raise InputError("the source's face was not read, which detail needs; align it again")
    box = box_of(crop)
    side = int(np.clip(round(2 * box.half), _LEAST, _MOST))
    image = u8_from_tensor(cut(picture, box, CropRule(size=side))[0][None])[0]
    larger = torch.eye(3, dtype=torch.float64) * (side / crop.image.shape[-1])
    return Portrait(image, crop.reading.moved(larger), guide)
