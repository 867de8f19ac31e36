"""What is kept of a source's picture: its square with all the pixels it has, and its reading."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...face.paste import paste_back
from ...face.squares import cut_square, framing_around, is_upright, square_from_crop
from ...imaging import ImageU8, resize, tensor_from_u8, u8_from_tensor
from ...models.settings import SetSettings
from ...types import FaceCrop, FaceReading, Framing

_STEP = 32
"""Sides of what a detail network sees are multiples of this."""
_LEAST, _MOST = 256, 1024
"""Sides of what is kept, pixels: no fewer than the network sees, no more than results need."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """A source's face, square.

    image: uint8 RGB [P, P, 3]. reading: in its pixels, as they lie before the framing turns them
    about the middle. guide: [3, r, r] in [-1, 1], what the image shows as the generator draws it in
    the source's own pose; None where the head model is to be the guide. framing: what of the
    picture it is. shown: the crop, where results show no more of it; None for all of it.
    """

    image: ImageU8
    reading: FaceReading
    guide: Tensor | None
    framing: Framing = field(default_factory=Framing)
    shown: Framing | None = None


def guides(settings: SetSettings) -> bool:
    """Whether a set's generator says more than the head model of what a state looks like.

    It must draw heads exactly in the state that it is shown, since an error of a guide's pose
    cannot be seen, and no coarser than the detail network sees them.
    """
    return settings.pose_input != "crop" and settings.resolution >= _LEAST


def portrait_of(
    picture: ImageU8, crop: FaceCrop, guide: Tensor | None, *, side: int | None = None
) -> Portrait:
    """Cut from `picture` [H, W, 3] what results of `crop` show.

    guide: [3, r, r] the crop as the generator draws it in its own pose. side: P, else `side_kept`.

    Raises InputError where the face was not read.
    """
    if crop.reading is None:
        raise InputError("the source's face was not read, which detail needs; align it again")
    framing, own = crop.framing, crop.image.shape[-1]
    side = side_kept(crop) if side is None else side
    image = cut_square(picture, crop, size=side)
    if framing.is_usual:
        larger = torch.eye(3, dtype=torch.float64) * (side / own)
        return Portrait(image, crop.reading.moved(larger), guide)
    upright = square_from_crop(framing, crop=own, side=side, rolled=False)
    shown = None if guide is None else framed(guide[None], image, framing)[0]
    return Portrait(image, crop.reading.moved(upright), shown, framing)


def portrait_around(
    picture: ImageU8, crop: FaceCrop, *, shown: int, exactly: bool = False
) -> Portrait:
    """As `portrait_of` without a guide, and with the surroundings of a crop that is shown alone.

    shown: pixels that results show the crop wide. exactly: whether the portrait is to have as many.
    A crop that is turned or has a framing of its own gets no surroundings.
    """
    framing = crop.framing
    alone = not framing.is_usual or not is_upright(crop)
    if not alone:
        framing = framing_around(shown)
    side = round(shown * framing.size) if exactly else None
    kept = portrait_of(picture, replace(crop, framing=framing), None, side=side)
    return kept if alone else replace(kept, shown=Framing())


def side_kept(crop: FaceCrop) -> int:
    """Pixels of the square that results show, as many as the picture has of it, within limits."""
    matrix = crop.crop_from_frame
    scale = float(torch.hypot(matrix[0, 0], matrix[0, 1]))
    side = crop.image.shape[-1] / scale * crop.framing.size
    return int(np.clip(round(side), _LEAST, _MOST * max(crop.framing.size, 1)))


def framed_side(side: int, framing: Framing) -> int:
    """Of a square whose face is as large as in a crop `side` wide; a multiple of 32 but there."""
    return side if framing.size == 1 else max(round(side * framing.size / _STEP), 1) * _STEP


def framed(faces: Tensor, square: ImageU8, framing: Framing) -> Tensor:
    """Drawn face crops [B, 3, r, r] laid into the square [P, P, 3] that results show of the source.

    Returns [B, 3, R, R], R = `framed_side`; the crops themselves where the framing is the usual.
    """
    if framing.is_usual:
        return faces
    own = faces.shape[-1]
    side = framed_side(own, framing)
    around = u8_from_tensor(resize(tensor_from_u8(square), side))[0]
    place = torch.linalg.inv(square_from_crop(framing, crop=own, side=side))
    laid = [paste_back(around, face, place).frame for face in faces]
    return tensor_from_u8(np.stack(laid)).to(faces)
