"""The hypernetwork computes what the published network computes."""

from __future__ import annotations

import torch
from torch import Tensor

from hyperreenact_core.networks import reference
from hyperreenact_core.types import WeightDeltas
from tests.parity.golden import assert_parity, golden
from tests.parity.networks import published, published_fast, recorded


def maps() -> tuple[Tensor, Tensor]:
    """Expected appearance and pose maps of the encoders: the hypernetwork's inputs."""
    return golden().tensor("arcface", "feature_map"), golden().tensor("deca", "feature_map")


@torch.inference_mode()
def test_deltas_and_inner_values() -> None:
    taps = golden().taps("hypernet")
    network = published("hypernet")
    with recorded(network, taps) as inner:
        deltas = network(*maps())
    results = {f"tap.{name}": value for name, value in inner.items()} | as_expected(deltas)
    assert set(results) == set(golden().outputs("hypernet"))
    assert_parity("hypernet", results)


@torch.inference_mode()
def test_the_reference_too() -> None:
    assert_parity("hypernet", as_expected(reference.weight_deltas(published("hypernet"), *maps())))


@torch.inference_mode()
def test_the_folded_network_too() -> None:
    """Alone, and together with other frames."""
    network, (appearance, pose) = published_fast("hypernet"), maps()
    assert_parity("hypernet", as_expected(network(appearance, pose)))
    batch = network(torch.cat([appearance] * 2), torch.cat([pose, pose.flip(3)]))
    first = tuple(None if delta is None else delta[: len(pose)] for delta in batch)
    assert_parity("hypernet", as_expected(first))


def as_expected(deltas: WeightDeltas) -> dict[str, Tensor]:
    """The deltas by the names of the expected numbers."""
    results: dict[str, Tensor] = {}
    for index, delta in enumerate(deltas):
        if delta is not None:
            results[f"delta.{index}.slice"] = delta[:, :4, :4]
            # Samples were drawn from the delta repeated over the nine kernel positions.
            results[f"delta.{index}"] = delta[..., None, None].expand(*delta.shape, 3, 3)
    return results


@torch.inference_mode()
def test_element_wise_fusion_is_another_network() -> None:
    """The published weights need the matrix product; the tolerances tell the two apart."""
    appearance, pose = maps()
    network = published("hypernet")
    projected = network.conv_transf(pose)
    blend = network.blend_module
    wrong = (
        blend.spade_pose.conv_gamma(projected) * projected
        + blend.spade_pose.conv_beta(projected)
        + blend.spade_app.conv_gamma(appearance) * appearance
        + blend.spade_app.conv_beta(appearance)
    )
    worst = golden().deviations("hypernet", "tap.blend_module", wrong)
    assert max(worst.values()) > 1000
