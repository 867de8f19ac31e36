"""The pose encoder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hyperreenact_core.networks.deca import CodeSizes, PoseEncoder, PoseEncoderConfig

SMALL = PoseEncoderConfig(
    input_size=56,
    block="basic",
    stem_channels=8,
    stem_kernel=3,
    stem_stride=1,
    stem_pool=False,
    widths=(8, 8, 12, 16),
    depths=(1, 1, 2, 1),
    head_hidden=20,
    codes=CodeSizes(shape=4, texture=0, expression=2, global_pose=3, jaw_pose=0, camera=3, light=0),
)


def faces(batch: int = 2) -> torch.Tensor:
    return torch.rand(batch, 3, 56, 56, generator=torch.Generator().manual_seed(0))


def test_published_size() -> None:
    with torch.device("meta"):
        network = PoseEncoder(PoseEncoderConfig())
    assert sum(p.numel() for p in network.parameters()) == 25_848_108
    assert len(network.state_dict()) == 322
    assert CodeSizes().total == 236


@pytest.mark.parametrize(("block", "channels"), [("basic", 16), ("bottleneck", 64)])
def test_shapes(block: str, channels: int) -> None:
    config = replace(SMALL, block=block)
    assert (config.out_channels, config.map_size) == (channels, 7)
    network = PoseEncoder(config).eval()
    features = network(faces())
    assert features.map.shape == (2, channels, 7, 7)
    torch.testing.assert_close(features.map, network.pose_map(faces()))
    sizes = {name: value.shape[1] for name, value in vars(features.codes).items()}
    assert sizes == vars(SMALL.codes)


def test_codes_come_in_the_published_order() -> None:
    network = PoseEncoder(PoseEncoderConfig(depths=(1, 1, 1, 1)))
    with torch.no_grad():
        network.layers[2].weight.zero_()
        network.layers[2].bias.copy_(torch.arange(236.0))
    codes = network.codes(torch.zeros(1, 2048, 7, 7))
    assert codes.shape[0, [0, -1]].tolist() == [0, 99]
    assert codes.expression[0, [0, -1]].tolist() == [150, 199]
    assert codes.global_pose[0].tolist() == [200, 201, 202]
    assert codes.jaw_pose[0].tolist() == [203, 204, 205]
    assert codes.camera[0].tolist() == [206, 207, 208]
    assert codes.light[0, -1] == 235


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    network = PoseEncoder(SMALL)
    features = network(faces(4))
    sum(code.square().sum() for code in vars(features.codes).values()).backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_half_precision_keeps_the_regressor_exact() -> None:
    torch.manual_seed(0)
    network = PoseEncoder(SMALL).eval().to(memory_format=torch.channels_last)
    features = network(faces())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        codes = network.codes(features.map)
        assert network.pose_map(faces()).dtype == torch.bfloat16
    torch.testing.assert_close(codes.global_pose, features.codes.global_pose)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="PoseEncoder reads pictures of shape"):
        PoseEncoder(SMALL)(torch.zeros(1, 3, 112, 112))
