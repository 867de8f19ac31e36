"""Several drawn faces over one picture, the nearer ones over the farther ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..face.align import CropBox, box_of
from ..face.paste import Pasted, paste_back
from ..face.squares import square_from_frame
from ..imaging import ImageU8, pixel_places, tensor_from_u8
from ..types import FaceCrop

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
    boxes = [box_of(crop) for crop in crops]
    return [
        Layer(crop, _own_part(box, [b for b in boxes if b is not box and _meet(b, box)], side))
        for crop, box in zip(crops, boxes, strict=True)
    ]


def laid_over(
    picture: ImageU8,
    layers: Sequence[Layer],
    faces: Sequence[ImageU8],
    *,
    colour_match: bool,
    front: Tensor | None = None,
) -> Pasted:
    """Faces [S, S, 3] over the picture [H, W, 3], the smallest first; front: as `paste_back`.

    The mask is that of all faces together.
    """
    shares = torch.zeros(picture.shape[:2])
    order = sorted(range(len(layers)), key=lambda at: box_of(layers[at].crop).half)
    for at in order:
        layer, drawn = layers[at], tensor_from_u8(faces[at])[0]
        matrix = square_from_frame(layer.crop, side=drawn.shape[-1])
        pasted = paste_back(
            picture, drawn, matrix, mask=layer.mask, front=front, colour_match=colour_match
        )
        picture, shares = pasted.frame, torch.maximum(shares, pasted.mask)
    return Pasted(picture, shares)


def _meet(a: CropBox, b: CropBox) -> bool:
    return max(abs(a.cx - b.cx), abs(a.cy - b.cy)) < a.half + b.half


def _own_part(box: CropBox, others: Sequence[CropBox], side: int) -> Tensor | None:
    if not others:
        return None
    places = pixel_places(side, side, like=torch.empty(0))[0]  # [2, S, S] in -1..1 of the box
    own = places.norm(dim=0)
    mask = (places.abs() ** _SHOULDERS).sum(0) < 1
    for other in others:
        middle = torch.tensor([other.cx - box.cx, other.cy - box.cy])[:, None, None] / box.half
        mask &= own <= (places - middle).norm(dim=0) * (box.half / other.half)
    return mask.float()
