"""The published landmark network's architecture in a small size."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from hyperreenact_core.networks.fan import FAN, FANConfig, Hourglass

SMALL = FANConfig(input_size=32, points=2, stem_channels=8, channels=16, stacks=2, depth=2)


def test_one_map_a_point_after_every_hourglass() -> None:
    torch.manual_seed(0)
    network = FAN(SMALL).eval()
    picture = torch.rand(3, 3, 32, 32)
    stages = list(network.stages(picture))
    assert [tuple(stage.shape) for stage in stages] == [(3, 2, 8, 8)] * 2
    torch.testing.assert_close(network(picture), stages[-1])


def test_an_hourglass_keeps_size_and_sees_everything() -> None:
    torch.manual_seed(0)
    hourglass = Hourglass(8, 3).eval()
    x = torch.randn(1, 8, 16, 16, requires_grad=True)
    y = hourglass(x)
    assert y.shape == x.shape
    y[0, :, 0, 0].sum().backward()
    assert x.grad is not None
    # Only the way through the coarsest map leads from corner to corner.
    assert x.grad[0, :, -1, -1].any()


def test_learns_where_a_square_is() -> None:
    torch.manual_seed(0)
    network = FAN(SMALL)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(1)

    def batch(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        cells = torch.randint(0, 6, (n, 2), generator=generator)
        pictures = torch.zeros(n, 3, 32, 32)
        for picture, (x, y) in zip(pictures, cells.tolist(), strict=True):
            picture[:, 4 * y : 4 * y + 12, 4 * x : 4 * x + 12] = 1.0
        corners = torch.stack([cells, cells + 2], dim=1)
        return pictures, corners[..., 1] * 8 + corners[..., 0]

    for _ in range(60):
        pictures, cells = batch(16)
        loss = sum(F.cross_entropy(s.flatten(2).mT, cells) for s in network.stages(pictures))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    pictures, cells = batch(64)
    network.train(False)
    assert (network(pictures).flatten(2).argmax(2) == cells).float().mean() > 0.8


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="FAN reads pictures of shape"):
        FAN(SMALL)(torch.zeros(1, 3, 64, 64))
    with pytest.raises(ValueError, match="cannot be halved 6 times"):
        FANConfig(input_size=32)
    with pytest.raises(ValueError, match="divide by four"):
        FANConfig(channels=6)


def test_size_of_the_published_network() -> None:
    with torch.device("meta"):
        network = FAN(FANConfig())
    assert sum(p.numel() for p in network.parameters()) == 23_820_176
