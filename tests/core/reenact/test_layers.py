"""Several faces over one picture: whose a pixel is where their squares overlap."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.face.align import CropBox, CropRule, crop_at
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.reenact.layers import laid_over, layers_of, without_others
from hyperreenact_core.types import FaceCrop, Framing

SIDE = 96
PICTURE: ImageU8 = np.full((200, 300, 3), 128, np.uint8)
WIDE = {
    "crops": Framing(),
    "wide": Framing(1.4),
    "moved": Framing(1.4, 0.1, -0.1),
    "turned": Framing(1.4, 0.0, 0.0, 20.0),
}


def crop_around(x: float, half: float, framing: Framing) -> FaceCrop:
    marks = torch.full((68, 2), 100.0)
    crop = crop_at(PICTURE, CropBox(x, 100.0, half), CropRule(size=50), landmarks=marks)
    return FaceCrop(crop.image, crop.crop_from_frame, crop.landmarks, framing=framing)


def colours(crops: list[FaceCrop]) -> ImageU8:
    """The picture with a red face and a green one."""
    layers = layers_of(crops, side=SIDE)
    faces = [np.zeros((SIDE, SIDE, 3), np.uint8) for _ in crops]
    for at, face in enumerate(faces):
        face[..., at] = 255
    return laid_over(PICTURE, layers, faces, colour_match=False).frame


@pytest.mark.parametrize("framing", WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("halves", [(30.0, 30.0), (24.0, 36.0)], ids=["alike", "one larger"])
def test_where_squares_overlap_the_nearer_face_has_the_pixel(
    framing: Framing, halves: tuple[float, float]
) -> None:
    middles = 120.0, 175.0
    crops = [crop_around(x, half, framing) for x, half in zip(middles, halves, strict=True)]
    shown = colours(crops)[95:105].astype(int)
    columns = np.arange(PICTURE.shape[1]) + 0.5
    first, second = (np.abs(columns - x) / half for x, half in zip(middles, halves, strict=True))
    inside = (columns > middles[0]) & (columns < middles[1])
    assert (shown[:, inside & (first < 0.8 * second), 1] < 128).all(), "the red face's own"
    assert (shown[:, inside & (second < 0.8 * first), 0] < 128).all(), "the green face's own"


def test_squares_that_meet_where_no_crops_do_are_parted_too() -> None:
    apart = [crop_around(x, 30.0, Framing()) for x in (110.0, 172.0)]
    assert all(layer.mask is None for layer in layers_of(apart, side=SIDE))
    wide = [crop_around(x, 30.0, Framing(1.4)) for x in (110.0, 172.0)]
    assert all(layer.mask is not None for layer in layers_of(wide, side=SIDE))


def test_beyond_the_middle_between_faces_a_picture_is_mirrored() -> None:
    columns = np.arange(PICTURE.shape[1], dtype=np.int64)
    picture = np.broadcast_to((columns % 251)[None, :, None], PICTURE.shape).astype(np.uint8)
    left, right = crop_around(100.0, 40.0, Framing()), crop_around(190.0, 20.0, Framing())
    own = without_others(picture, left, [right])
    assert (own[:, :160] == picture[:, :160]).all(), "60 of 90 pixels for the larger one"
    assert (own[:, 160:300] == picture[:, 20:160][:, ::-1]).all()
    other = without_others(picture, right, [left])
    assert (other[:, 160:] == picture[:, 160:]).all()
    assert (other[:, 20:160] == picture[:, 160:300][:, ::-1]).all()
    assert (without_others(picture, left, []) == picture).all()
