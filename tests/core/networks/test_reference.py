"""The reference path and the networks' own forward passes are the same function."""

from __future__ import annotations

import pytest
import torch

from hyperreenact_core.networks import reference
from hyperreenact_core.networks.fast.folding import fold_hypernetwork
from hyperreenact_core.networks.hypernetwork import Hypernetwork
from hyperreenact_core.networks.modulation import FIRUpsample
from tests.core.networks.fast.small import (
    GENERATORS,
    HYPERNETWORK,
    deltas_for,
    lively_generator,
    maps,
)


@pytest.mark.parametrize("kind", GENERATORS)
def test_images_are_the_same(kind: str) -> None:
    generator = lively_generator(kind)
    w_plus = generator.broadcast(generator.mapping(torch.randn(2, generator.config.z_dim)))
    deltas = deltas_for(generator, frames=2)
    for given in (None, deltas):
        expected = generator(w_plus, given)
        assert torch.allclose(reference.synthesise(generator, w_plus, given), expected, atol=1e-4)


def test_deltas_are_the_same() -> None:
    torch.manual_seed(0)
    network = Hypernetwork(HYPERNETWORK)
    for actual, expected in zip(
        reference.weight_deltas(network, *maps()), network(*maps()), strict=True
    ):
        assert (actual is None) == (expected is None)
        if actual is not None and expected is not None:
            torch.testing.assert_close(actual, expected)


def test_filtering_by_zero_insertion_is_the_transposed_convolution() -> None:
    up, x = FIRUpsample(), torch.randn(2, 3, 5, 7)
    actual = reference.filtered(x, up.kernel, padding=up.padding, up=2)
    torch.testing.assert_close(actual, up(x))


def test_a_folded_network_is_refused() -> None:
    network = fold_hypernetwork(Hypernetwork(HYPERNETWORK))
    with pytest.raises(TypeError, match="as it is trained"):
        reference.weight_deltas(network, *maps())
