"""The landmark network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from hyperreenact_core.networks.landmarks import LandmarkConfig, LandmarkNet

SMALL = LandmarkConfig(
    input_size=32,
    points=2,
    widths=(8, 12, 16),
    depths=(0, 1, 1),
    vote_level=1,
    vote_width=12,
)


def squares(batch: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures with a bright square; its corners as fractions of the side."""
    corner = torch.randint(2, 20, (batch, 2), generator=generator)
    pictures = torch.full((batch, 3, 32, 32), -1.0)
    for picture, (x, y) in zip(pictures, corner.tolist(), strict=True):
        picture[:, y : y + 10, x : x + 10] = 1.0
    return pictures, torch.stack([corner, corner + 10], dim=1) / 32


def test_default_size_is_small() -> None:
    with torch.device("meta"):
        network = LandmarkNet(LandmarkConfig())
    assert 0.6e6 < sum(p.numel() for p in network.parameters()) < 1.0e6


def test_shapes_and_fresh_points_in_the_middle() -> None:
    torch.manual_seed(0)
    prediction = LandmarkNet(LandmarkConfig()).eval()(torch.rand(2, 3, 128, 128) * 2 - 1)
    assert prediction.points.shape == (2, 68, 2)
    assert prediction.score.shape == (2,)
    assert (prediction.points - 0.5).abs().max() < 0.2


def test_points_are_the_weighted_votes() -> None:
    network = LandmarkNet(SMALL)
    votes = torch.zeros(1, 6, 8, 8)
    votes[0, 1, 2, 5] = 50.0  # weight of point 1: all on row 2, column 5
    votes[0, 2 + 1] = 0.25  # x offset of point 1 in cells
    votes[0, 4 + 1] = -3.0  # y offset: out of the picture
    points = network._points(votes)[0]
    torch.testing.assert_close(points[0], torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(points[1], torch.tensor([5.75 / 8, -0.5 / 8]))


def test_learns_corners() -> None:
    torch.manual_seed(0)
    network = LandmarkNet(SMALL)
    generator = torch.Generator().manual_seed(1)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(120):
        pictures, points = squares(16, generator)
        loss = F.smooth_l1_loss(network(pictures).points, points, beta=0.02)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    pictures, points = squares(32, generator)
    error = (network.eval()(pictures).points - points).abs().mean() * 32
    assert error < 1.0


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    network = LandmarkNet(SMALL)
    for block in network.modules():
        # Fresh residual branches are switched off, so what lies in them would get no gradient.
        if isinstance(block, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(block.weight)
    prediction = network(torch.randn(4, 3, 32, 32))
    (prediction.points.square().sum() + prediction.score.sum()).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_half_precision_and_channels_last_keep_sub_pixels() -> None:
    torch.manual_seed(0)
    network = LandmarkNet(SMALL).eval().to(memory_format=torch.channels_last)
    pictures = torch.rand(4, 3, 32, 32) * 2 - 1
    expected = network(pictures).points
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = network(pictures.to(memory_format=torch.channels_last)).points
    assert actual.dtype == torch.float32
    assert (actual - expected).abs().max() * 32 < 0.25


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="LandmarkNet reads pictures of shape"):
        LandmarkNet(SMALL)(torch.zeros(1, 3, 64, 64))


@pytest.mark.parametrize(
    ("change", "message"),
    [({"input_size": 36}, "cannot be halved"), ({"vote_level": 3}, "vote_level below it")],
)
def test_impossible_sizes_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)
