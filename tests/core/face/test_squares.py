"""The square that results show: size, place and turn are what the framing says."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
import torch

from hyperreenact_core.face.align import CropBox, CropRule, crop_at, move_points
from hyperreenact_core.face.squares import (
    corners_of,
    crop_within,
    cut_square,
    framing_around,
    framing_within,
    shown_crop,
    square_from_crop,
    square_from_frame,
)
from hyperreenact_core.imaging import ImageU8, u8_from_tensor
from hyperreenact_core.types import FaceCrop, Framing

FRAMINGS = {
    "larger": Framing(1.6),
    "smaller": Framing(0.7),
    "moved": Framing(1.2, 0.3, -0.2),
    "turned": Framing(1.0, 0.0, 0.0, 30.0),
    "all of it": Framing(1.4, -0.25, 0.1, -40.0),
}


def ramps() -> ImageU8:
    """Red rises to the right, green downwards."""
    y, x = np.mgrid[0:200, 0:200]
    return np.stack([x, y, np.full_like(x, 90)], 2).astype(np.uint8)


def crop_of(framing: Framing) -> FaceCrop:
    box, rule = CropBox(104.0, 97.0, 31.0), CropRule(size=50)
    crop = crop_at(ramps(), box, rule, landmarks=torch.full((68, 2), 100.0))
    return FaceCrop(crop.image, crop.crop_from_frame, crop.landmarks, framing=framing)


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_each_pixel_shows_the_place_that_the_matrix_tells(framing: Framing) -> None:
    crop = crop_of(framing)
    shown = cut_square(ramps(), crop, size=64).astype(float)
    rows, columns = np.mgrid[4:60:5, 4:60:5]
    places = torch.from_numpy(np.stack([columns, rows], 2) + 0.5)
    told = move_points(places, torch.linalg.inv(square_from_frame(crop, side=64))).numpy() - 0.5
    within = ((told > 1) & (told < 198)).all(2)
    assert within.mean() > 0.9
    assert np.abs(shown[rows, columns, :2] - told)[within].max() < 1.1


def test_the_square_is_as_large_as_asked_and_where_and_turned_so() -> None:
    left_top, right_top, right_bottom, _ = corners_of(crop_of(Framing(1.5, 0.25, -0.5, 30.0)))
    middle = (left_top + right_bottom) / 2
    assert torch.allclose(middle, torch.tensor([104 + 0.25 * 62, 97 - 0.5 * 62]), atol=1e-4)
    edge = right_top - left_top
    assert edge.norm().item() == pytest.approx(1.5 * 62, abs=1e-3)
    # What is turned counter-clockwise was cut along an edge that falls to the right.
    assert np.degrees(np.arctan2(edge[1].item(), edge[0].item())) == pytest.approx(30, abs=1e-3)


def test_the_usual_square_is_the_crop_to_the_bit() -> None:
    crop = crop_of(Framing())
    assert torch.equal(shown_crop(ramps(), crop), crop.image)
    assert (cut_square(ramps(), crop, size=50) == u8_from_tensor(crop.image[None])[0]).all()
    assert torch.equal(square_from_frame(crop, side=50), crop.crop_from_frame)


def test_before_its_turn_a_square_only_differs_by_the_turn_about_its_middle() -> None:
    framing = Framing(1.3, 0.1, 0.2, 25.0)
    upright = square_from_crop(framing, crop=50, side=80, rolled=False)
    turned = square_from_crop(framing, crop=50, side=80)
    point = torch.tensor([[12.0, 34.0]], dtype=torch.float64)
    before, after = (move_points(point, m) - 40 for m in (upright, turned))
    assert after.norm().item() == pytest.approx(before.norm().item(), rel=1e-5)
    across = before[0, 0] * after[0, 1] - before[0, 1] * after[0, 0]
    angle = np.degrees(np.arctan2(across.item(), (before * after).sum().item()))
    assert angle == pytest.approx(-25, abs=1e-3), "counter-clockwise, y pointing down"


@pytest.mark.parametrize(
    ("width", "height", "wanted"),
    [
        (200, 200, Framing(1.4)),
        (200, 135, Framing(1.4, 0.0, (135 - 0.7 * 62 - 97) / 62)),
        (140, 200, Framing(1.4, (140 - 0.7 * 62 - 104) / 62, 0.0)),
        (70, 200, Framing(70 / 62, -4 / 62, 0.0)),
        (40, 40, Framing(1.0, 0.0, 0.0)),
    ],
    ids=["room", "bottom", "right", "narrow", "smaller than the crop"],
)
def test_a_framing_within_a_picture_holds_the_crop_and_shows_little_beyond_it(
    width: int, height: int, wanted: Framing
) -> None:
    crop = crop_of(Framing())
    found = framing_within(crop, 1.4, width=width, height=height)
    for own, told in zip(astuple(found), astuple(wanted), strict=True):
        assert own == pytest.approx(told, abs=1e-6)
    if width > 100 < height:
        corners = corners_of(crop_of(found))
        assert corners.min() > -1e-3
        assert (corners < torch.tensor([width, height]) + 1e-3).all()


@pytest.mark.parametrize("edge", [*range(63, 90), *range(128, 138)])
def test_the_crop_lies_within_what_is_drawn_around_it_at_every_edge(edge: int) -> None:
    crop = crop_of(Framing())
    for width, height in ((edge, 200), (200, edge), (edge, edge)):
        for side in (256, 512):
            framing = framing_around(crop, width=width, height=height, side=side)
            drawn = torch.zeros(1, 3, *[round(side * framing.size)] * 2)
            assert crop_within(drawn, framing).shape == (1, 3, side, side)
            half = torch.zeros(1, 3, *[round(side / 2 * framing.size)] * 2)
            assert crop_within(half, framing).shape == (1, 3, side // 2, side // 2)
