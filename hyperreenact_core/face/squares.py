"""The square that results show: where its framing puts it, and cut from pictures."""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from ..imaging import ImageU8, tensor_from_u8, u8_from_tensor
from ..types import FaceCrop, Framing
from .align import CropBox, CropRule, box_of, cut, move_points
from .paste import at_size

_UPRIGHT = 1e-9
"""Radians; squares that are turned less are cut in one step."""
_WHOLE_HEAD = 1.4
"""Sides of the crop that a head with its hair is wide."""


def square_from_crop(framing: Framing, *, crop: float, side: float, rolled: bool = True) -> Tensor:
    """[3, 3] float64 from pixels of a face crop, `crop` wide, to those of its square, `side` wide.

    rolled: False for the square as it lies before it is turned about its middle.
    """
    scale = side / (crop * framing.size)
    angle = math.radians(framing.roll_deg) if rolled else 0.0
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    middle = torch.tensor([0.5 + framing.x, 0.5 + framing.y], dtype=torch.float64) * crop
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[:2, :2] = torch.tensor([[cosine, sine], [-sine, cosine]], dtype=torch.float64)
    matrix[:2, 2] = side / 2 - matrix[:2, :2] @ middle
    return matrix


def square_from_frame(crop: FaceCrop, *, side: int) -> Tensor:
    """[3, 3] from pixels of the frame to those of the square that results show, `side` wide."""
    own = crop.image.shape[-1]
    if crop.framing.is_usual:
        return at_size(crop.crop_from_frame, cut=own, drawn=side)
    return square_from_crop(crop.framing, crop=own, side=side) @ crop.crop_from_frame.double()


def framing_around(side: int) -> Framing:
    """What is drawn of a head with its hair around a crop that results show `side` pixels wide.

    Whole pixels of results more to all sides, and beyond a picture its mirror image: hair that
    reaches the picture's edge is not held back there.
    """
    return Framing(1 + 2 * int((_WHOLE_HEAD - 1) * side / 2) / side)


def crop_within(images: Tensor, framing: Framing) -> Tensor:
    """[B, 3, r, r] the crop, of squares [B, 3, R, R] that are framed so, and not turned."""
    rows, columns = part_within(images.shape[-1], framing)
    return images[..., rows, columns]


def part_within(drawn: int, framing: Framing) -> tuple[slice, slice]:
    """Rows and columns of the crop in a square `drawn` wide that is framed so, and not turned."""
    side = round(drawn / framing.size)
    left, top = (round((drawn - side) / 2 - side * shift) for shift in (framing.x, framing.y))
    return slice(top, top + side), slice(left, left + side)


def corners_of(crop: FaceCrop) -> Tensor:
    """[4, 2] of the square in pixels of the frame, clockwise from its first pixel."""
    side = crop.image.shape[-1]
    corners = torch.tensor([[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]])
    return move_points(corners, torch.linalg.inv(square_from_frame(crop, side=side)))


def is_upright(crop: FaceCrop) -> bool:
    """Whether a crop was cut along the edges of its frame."""
    return float(crop.crop_from_frame[0, 1]) == 0


def cut_square(picture: ImageU8, crop: FaceCrop, *, size: int) -> ImageU8:
    """What results show of a picture [H, W, 3], before anything moves: [size, size, 3].

    Beyond the picture lies its mirror image.
    """
    if crop.framing.is_usual and is_upright(crop):
        return _upright(picture, box_of(crop), size)
    return cut_by(picture, square_from_frame(crop, side=size), size=size)


def shown_crop(picture: ImageU8, crop: FaceCrop) -> Tensor:
    """[3, R, R] in [-1, 1], as large as the crop: what results show of its picture."""
    if crop.framing.is_usual:
        return crop.image
    return tensor_from_u8(cut_square(picture, crop, size=crop.image.shape[-1]))[0]


def cut_by(picture: ImageU8, square: Tensor, *, size: int) -> ImageU8:
    """Cut a square, perhaps a turned one, from a picture by its similarity matrix [3, 3]."""
    a, b = float(square[0, 0]), float(square[0, 1])
    scale, angle = math.hypot(a, b), math.atan2(b, a)
    half = size / (2 * scale)
    middle = torch.tensor([[size / 2, size / 2]], dtype=torch.float64)
    cx, cy = (middle - square[:2, 2]).squeeze(0).double().tolist()
    cx, cy = (a * cx - b * cy) / scale**2, (b * cx + a * cy) / scale**2
    if abs(angle) < _UPRIGHT:
        return _upright(picture, CropBox(cx, cy, half), size)
    # An upright square that holds the turned one, in the pixels of the result, then the turn alone.
    large = math.ceil(size * (abs(math.cos(angle)) + abs(math.sin(angle)))) + 4
    around = _upright(picture, CropBox(cx, cy, half * large / size), large)
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    # OpenCV counts from the middle of the first pixel.
    shift = (size - 1) / 2 - turn @ np.full(2, (large - 1) / 2)
    turned = cv2.warpAffine(
        around,
        np.c_[turn, shift],
        (size, size),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(turned, np.uint8)


def _upright(picture: ImageU8, box: CropBox, size: int) -> ImageU8:
    return u8_from_tensor(cut(picture, box, CropRule(size=size))[0][None])[0]
