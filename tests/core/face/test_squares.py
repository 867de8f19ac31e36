"""The square that results show: size, place and turn are what the framing says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.face.align import CropBox, CropRule, crop_at, move_points
from hyperreenact_core.face.squares import (
    corners_of,
    crop_within,
    cut_square,
    framing_around,
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


@pytest.mark.parametrize("side", [64, 255, 256, 512, 1024])
def test_what_is_drawn_around_a_crop_holds_it_in_whole_pixels(side: int) -> None:
    framing = framing_around(side)
    assert framing.size == pytest.approx(1.4, abs=2 / side)
    drawn = torch.zeros(1, 3, *[round(side * framing.size)] * 2)
    border = (drawn.shape[-1] - side) // 2
    drawn[..., border : border + side, border : border + side] = 1
    assert crop_within(drawn, framing).shape == (1, 3, side, side)
    assert crop_within(drawn, framing).min() == 1
