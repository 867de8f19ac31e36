"""Several drawn faces over one picture, the nearer ones over the farther ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..face.align import CropBox, box_of, move_points
from ..face.paste import Pasted, paste_back
from ..face.squares import corners_of, square_from_frame
from ..imaging import ImageU8, pixel_places, tensor_from_u8
from ..types import FaceCrop
from .knobs import FEATHER

_SHOULDERS = 4
"""Exponent of the outline, as of `face.paste.soft_mask`."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Where a face lies. mask: [S, S] the part of its square that is its own; None for all."""

    crop: FaceCrop
    mask: Tensor | None


def layers_of(crops: Sequence[FaceCrop], *, side: int) -> list[Layer]:
    """The layers of faces of one picture, drawn `side` pixels wide, in the order of the crops.

    Where squares overlap, a pixel belongs to the face whose middle is nearer, over its size: else
    one face's square would show the others as they were.
    """
    return [
        Layer(crop, _own_part(crop, [c for c in crops if c is not crop and _meet(c, crop)], side))
        for crop in crops
    ]


def laid_over(
    picture: ImageU8,
    layers: Sequence[Layer],
    faces: Sequence[ImageU8],
    *,
    colour_match: bool,
    feather: float = FEATHER.default,
    front: Tensor | None = None,
) -> Pasted:
    """Faces [S, S, 3] over the picture [H, W, 3], the smallest first; all else as `paste_back`.

    The mask is that of all faces together.
    """
    shares = torch.zeros(picture.shape[:2])
    order = sorted(range(len(layers)), key=lambda at: box_of(layers[at].crop).half)
    for at in order:
        layer, drawn = layers[at], tensor_from_u8(faces[at])[0]
        matrix = square_from_frame(layer.crop, side=drawn.shape[-1])
        pasted = paste_back(
            picture,
            drawn,
            matrix,
            mask=layer.mask,
            front=front,
            feather=feather,
            colour_match=colour_match,
        )
        picture, shares = pasted.frame, torch.maximum(shares, pasted.mask)
    return Pasted(picture, shares)


def without_others(picture: ImageU8, crop: FaceCrop, others: Sequence[FaceCrop]) -> ImageU8:
    """A picture [H, W, 3] up to the middle between a face and others, beyond that its mirror image.

    What is drawn of the face drags nothing of them along. The middle is told over the faces' sizes.
    """
    height, width = picture.shape[:2]
    spans = [0, width], [0, height]
    own = box_of(crop)
    for other in map(box_of, others):
        share = own.half / (own.half + other.half)
        way = other.cx - own.cx, other.cy - own.cy
        axis = int(abs(way[1]) > abs(way[0]))
        middle = round((own.cx, own.cy)[axis] + share * way[axis])
        low, high = spans[axis]
        if way[axis] > 0:
            spans[axis][1] = max(min(high, middle), low + 1)
        else:
            spans[axis][0] = min(max(low, middle), high - 1)
    (x0, x1), (y0, y1) = spans
    beyond = ((y0, height - y1), (x0, width - x1), (0, 0))
    return np.pad(picture[y0:y1, x0:x1], beyond, mode="symmetric")


def _meet(a: FaceCrop, b: FaceCrop) -> bool:
    """Whether the squares of two faces overlap."""
    one, other = corners_of(a), corners_of(b)
    return bool(((one.amin(0) < other.amax(0)) & (other.amin(0) < one.amax(0))).all())


def _own_part(crop: FaceCrop, others: Sequence[FaceCrop], side: int) -> Tensor | None:
    if not others:
        return None
    places = pixel_places(side, side, like=torch.empty(0))[0]  # [2, S, S] in -1..1 of the square
    mask = (places.abs() ** _SHOULDERS).sum(0) < 1
    to_places = square_from_frame(crop, side=2)
    box = box_of(crop)
    own = _away(places, box, to_places)
    for other in map(box_of, others):
        mask &= own <= _away(places, other, to_places) * (box.half / other.half)
    return mask.float()


def _away(places: Tensor, box: CropBox, to_places: Tensor) -> Tensor:
    """[S, S] how far places lie from the middle of a face."""
    middle = move_points(torch.tensor([[box.cx, box.cy]]), to_places)[0] - 1
    return (places - middle.float()[:, None, None]).norm(dim=0)
