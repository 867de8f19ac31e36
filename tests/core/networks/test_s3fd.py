"""The face detector's network in a small size."""

from __future__ import annotations

import torch
from torch import nn

from hyperreenact_core.networks.s3fd import S3FD, ChannelNorm, S3FDConfig

SMALL = S3FDConfig(
    widths=(4, 4, 6, 8, 8), depths=(1, 1, 2, 1, 1), fc_width=12, extra=((4, 8), (4, 6))
)


def test_six_levels_each_half_the_one_before() -> None:
    torch.manual_seed(0)
    levels = S3FD(SMALL)(torch.rand(2, 3, 256, 192) * 255)
    sizes = [tuple(level.logits.shape) for level in levels]
    # The padding of fc6 makes level 3 and what follows larger than the strides say.
    assert sizes == [
        (2, 2, 64, 48),
        (2, 2, 32, 24),
        (2, 2, 16, 12),
        (2, 2, 12, 10),
        (2, 2, 6, 5),
        (2, 2, 3, 3),
    ]
    assert [tuple(level.offsets.shape) for level in levels] == [(2, 4, *s[2:]) for s in sizes]


def test_the_largest_of_three_backgrounds_counts_on_the_finest_level() -> None:
    torch.manual_seed(0)
    network = S3FD(SMALL)
    head = network.get_submodule("conv3_2_norm_mbox_conf")
    assert isinstance(head, nn.Conv2d)
    nn.init.zeros_(head.weight)
    with torch.no_grad():
        head.bias.copy_(torch.tensor([1.0, 3.0, 2.0, 7.0]))
    logits = network(torch.rand(1, 3, 64, 64) * 255)[0].logits
    torch.testing.assert_close(logits[0, :, 0, 0], torch.tensor([3.0, 7.0]))
    assert network.get_submodule("fc7_mbox_conf").out_channels == 2


def test_channel_norm_gives_unit_vectors_a_scale() -> None:
    x = torch.randn(2, 5, 3, 3)
    y = ChannelNorm(5, 10.0)(x)
    torch.testing.assert_close(y.norm(dim=1), torch.full((2, 3, 3), 10.0))
    torch.testing.assert_close(y / y.norm(dim=1, keepdim=True), x / x.norm(dim=1, keepdim=True))
    assert ChannelNorm(5, 10.0)(torch.zeros(1, 5, 2, 2)).isfinite().all()


def test_a_fresh_network_sees_and_learns() -> None:
    torch.manual_seed(0)
    network = S3FD(SMALL)
    levels = network(torch.rand(1, 3, 64, 64) * 255)
    assert all(0 < level.offsets.std() < 100 for level in levels[:4])
    sum(x.logits.square().sum() + x.offsets.square().sum() for x in levels).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_size_of_the_published_network() -> None:
    with torch.device("meta"):
        network = S3FD(S3FDConfig())
    assert sum(p.numel() for p in network.parameters()) == 22_459_110
