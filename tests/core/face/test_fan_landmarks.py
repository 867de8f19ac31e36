"""The landmark network's crop and the points of its heat maps."""

from __future__ import annotations

import pytest
import torch

from hyperreenact_core.face.fan_landmarks import (
    FanSquare,
    fan_crop,
    fan_square,
    points_from_heatmaps,
    points_in_picture,
)


def test_the_square_lies_above_the_box() -> None:
    square = fan_square((100.0, 200.0, 295.0, 395.0))
    assert square.cx == pytest.approx(197.5)
    assert square.cy == pytest.approx(297.5 - 0.12 * 195)
    assert square.side == pytest.approx(400.0)


def gradient(height: int = 300, width: int = 400) -> torch.Tensor:
    """Red is x, green is y, in pixels (centres at one half)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x + 0.5, y + 0.5, torch.ones_like(x)]).float()


def test_the_crop_shows_what_the_square_covers() -> None:
    crop = fan_crop(gradient(), FanSquare(cx=200.0, cy=150.0, side=128.0))
    assert crop.shape == (3, 256, 256)
    # It begins half a pixel late: 200 + (1 / 256 - 1 / 2) * 128 = 136.5, cut to 136.
    torch.testing.assert_close(crop[0, 128, 127:129].mean(), torch.tensor(200.0))
    torch.testing.assert_close(crop[1, 127:129, 128].mean(), torch.tensor(150.0))


@pytest.mark.parametrize(
    "square",
    [
        FanSquare(cx=10.0, cy=10.0, side=100.0),
        FanSquare(cx=395.0, cy=290.0, side=100.0),
        FanSquare(cx=200.0, cy=150.0, side=900.0),
    ],
)
def test_zero_lies_outside_the_picture(square: FanSquare) -> None:
    crop = fan_crop(gradient(), square)
    assert (crop[2] == 0).any()
    # Away from the border of the picture every pixel is whole.
    inside = crop[:, crop[2] == 1]
    assert len(inside[0]) > 1000
    assert float(inside[0].min()) > 0
    assert float(inside[0].max()) < 400


def test_a_square_beyond_the_picture_is_black_and_one_without_size_refused() -> None:
    assert not fan_crop(gradient(), FanSquare(cx=-500.0, cy=100.0, side=100.0)).any()
    with pytest.raises(ValueError, match="holds no face"):
        fan_crop(gradient(), FanSquare(cx=100.5, cy=100.5, side=0.1))


def peak(y: int, x: int, neighbours: dict[tuple[int, int], float]) -> torch.Tensor:
    """One heat map [1, 1, 64, 64] with a maximum of 1."""
    heatmap = torch.zeros(1, 1, 64, 64)
    heatmap[0, 0, y, x] = 1.0
    for (at_y, at_x), value in neighbours.items():
        heatmap[0, 0, at_y, at_x] = value
    return heatmap


@pytest.mark.parametrize(
    ("y", "x", "neighbours", "expected"),
    [
        (20, 30, {}, (30.5, 20.5)),
        (20, 30, {(20, 31): 0.5, (19, 30): 0.2}, (30.75, 20.25)),
        (20, 30, {(20, 29): 0.5, (21, 30): 0.2}, (30.25, 20.75)),
        (20, 30, {(20, 29): 0.5, (20, 31): 0.5}, (30.5, 20.5)),
        (0, 30, {(0, 31): 0.5}, (30.5, 0.5)),
        (20, 63, {(19, 63): 0.5}, (63.5, 20.5)),
    ],
)
def test_points_lean_towards_the_larger_neighbour(y, x, neighbours, expected) -> None:
    assert points_from_heatmaps(peak(y, x, neighbours))[0, 0].tolist() == list(expected)


def test_every_map_has_its_own_point() -> None:
    heatmaps = torch.cat([peak(5, 6, {}), peak(7, 8, {})], dim=1)
    heatmaps = torch.cat([heatmaps, heatmaps.flip(1)])
    points = points_from_heatmaps(heatmaps)
    assert points.tolist() == [[[6.5, 5.5], [8.5, 7.5]], [[8.5, 7.5], [6.5, 5.5]]]


def test_points_come_back_to_the_picture() -> None:
    square = FanSquare(cx=200.0, cy=150.0, side=128.0)
    points = points_in_picture(torch.tensor([[32.0, 32.0], [0.0, 64.0]]), square)
    assert points.tolist() == [[200.0, 150.0], [136.0, 214.0]]
