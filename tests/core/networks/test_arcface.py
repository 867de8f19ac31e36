"""The recognition network and the body it shares with e4e."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hyperreenact_core.networks.arcface import ArcFace, ArcFaceConfig
from hyperreenact_core.networks.irse import IRSEConfig

SMALL = ArcFaceConfig(
    input_size=56,
    body=IRSEConfig(stem_channels=8, stages=((8, 1), (16, 2), (24, 1)), se_reduction=4),
    embedding_dim=12,
)


def faces(batch: int = 2, size: int = 56) -> torch.Tensor:
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(0))


def test_published_size() -> None:
    with torch.device("meta"):
        network = ArcFace(ArcFaceConfig())
    assert sum(p.numel() for p in network.parameters()) == 43_797_696
    assert len(network.state_dict()) == 397
    assert IRSEConfig().stage_ends == (2, 6, 20, 23)


def test_shapes() -> None:
    features = ArcFace(SMALL).eval()(faces())
    assert features.map.shape == (2, 24, 7, 7)
    assert features.embedding.shape == (2, 12)
    torch.testing.assert_close(features.embedding.norm(dim=1), torch.ones(2))


def test_taps_end_in_the_map() -> None:
    network = ArcFace(SMALL).eval()
    maps = network.taps(faces())
    assert [tuple(m.shape[1:]) for m in maps] == [(8, 28, 28), (16, 14, 14), (24, 7, 7)]
    torch.testing.assert_close(maps[-1], network(faces()).map)
    torch.testing.assert_close(maps[-1], network.appearance_map(faces()))


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    network = ArcFace(SMALL)
    features = network(faces(4))
    (features.map.square().mean() + features.embedding[:, 0].sum()).backward()
    still = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # A bias in front of the last batch norm is the one parameter that cannot matter.
    assert still in ([], ["output_layer.3.bias"])


def test_half_precision_and_channels_last_agree() -> None:
    torch.manual_seed(0)
    network = ArcFace(SMALL).eval()
    expected = network(faces()).embedding
    network = network.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = network(faces().to(memory_format=torch.channels_last)).embedding
    assert actual.dtype == torch.float32
    assert (actual * expected).sum(1).min() > 0.99


@pytest.mark.parametrize("shape", [(2, 3, 48, 48), (2, 4, 56, 56), (3, 56, 56)])
def test_wrong_input_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ArcFace reads pictures of shape"):
        ArcFace(SMALL)(torch.zeros(shape))


def test_size_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="does not divide"):
        ArcFaceConfig(input_size=100)


def test_strided_stem_with_fixed_slopes() -> None:
    body = IRSEConfig(
        stem_channels=8,
        stem_stride=2,
        stages=((8, 1), (16, 2), (24, 1)),
        se_reduction=4,
        rectifier="leaky_relu",
    )
    network = ArcFace(ArcFaceConfig(input_size=112, body=body, embedding_dim=12)).eval()
    assert network(faces(size=112)).map.shape == (2, 24, 7, 7)
    # A leaky rectifier is the parametric one before training.
    learned = ArcFace(
        ArcFaceConfig(input_size=112, body=replace(body, rectifier="prelu"), embedding_dim=12)
    ).eval()
    missing = learned.load_state_dict(network.state_dict(), strict=False).missing_keys
    assert len(missing) == 5
    torch.testing.assert_close(
        learned.appearance_map(faces(size=112)), network.appearance_map(faces(size=112))
    )
