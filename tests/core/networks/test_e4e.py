"""The inversion encoder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hyperreenact_core.networks.e4e import E4E, E4EConfig
from hyperreenact_core.networks.irse import IRSEConfig

SMALL = E4EConfig(
    input_size=64,
    body=IRSEConfig(stem_channels=8, stages=((8, 1), (12, 1), (16, 1), (24, 1)), se_reduction=4),
    head_levels=(0, 1, 2, 2),
    latent_dim=10,
    head_width=12,
    head_features=16,
)


def faces(batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_published_size() -> None:
    with torch.device("meta"):
        network = E4E(E4EConfig())
    assert sum(p.numel() for p in network.parameters()) == 209_450_688
    assert len(network.state_dict()) == 565
    assert E4EConfig().n_latent == 14


def test_shapes() -> None:
    network = E4E(SMALL).eval()
    assert network(faces()).shape == (2, 4, 10)
    assert [tuple(m.shape[1:]) for m in network.pyramid(faces())] == [
        (24, 4, 4),
        (24, 8, 8),
        (24, 16, 16),
    ]


def test_offsets_are_added_to_the_main_code() -> None:
    torch.manual_seed(0)
    network = E4E(SMALL).eval()
    alone = E4E(replace(SMALL, offsets_from_main=False)).eval()
    alone.load_state_dict(network.state_dict())
    codes, heads = network(faces()), alone(faces())
    torch.testing.assert_close(codes[:, 0], heads[:, 0])
    torch.testing.assert_close(codes[:, 1:], heads[:, :1] + heads[:, 1:])


@pytest.mark.parametrize("offsets", [True, False])
def test_fresh_encoder_starts_at_the_mean_code(offsets: bool) -> None:
    torch.manual_seed(0)
    network = E4E(replace(SMALL, offsets_from_main=offsets)).eval()
    latent_avg = torch.linspace(5, 10, 10)
    before = network(faces())
    network.start_from(latent_avg)
    torch.testing.assert_close(network(faces()) - before, latent_avg.expand(2, 4, 10))


def test_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    network = E4E(SMALL)
    network(faces(4)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_half_precision_and_channels_last() -> None:
    network = E4E(SMALL).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        codes = network(faces().to(memory_format=torch.channels_last))
    assert codes.dtype == torch.float32
    assert codes.isfinite().all()


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="E4E reads pictures of shape"):
        E4E(SMALL)(torch.zeros(1, 3, 56, 56))


@pytest.mark.parametrize(
    ("change", "message"),
    [({"head_levels": (0, 3)}, "head levels"), ({"input_size": 112}, "one pixel")],
)
def test_impossible_sizes_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


def test_strided_stem_shrinks_the_levels() -> None:
    config = replace(SMALL, input_size=128, body=replace(SMALL.body, stem_stride=2))
    assert [config.level_size(level) for level in range(3)] == [4, 8, 16]
    faces_128 = torch.randn(1, 3, 128, 128)
    assert E4E(config).eval()(faces_128).shape == (1, 4, 10)
