"""The pose encoder computes what the published network computes."""

from __future__ import annotations

from functools import partial

import torch

from hyperreenact_core.networks.deca import PoseEncoder, PoseEncoderConfig
from tests.parity.golden import assert_parity, golden, manifest, published, recorded

build = partial(PoseEncoder, PoseEncoderConfig())


def test_keys_are_the_published_ones() -> None:
    expected = manifest("deca")
    with torch.device("meta"):
        network = build()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert shapes == expected.shapes
    assert sum(p.numel() for p in network.parameters()) == expected.parameters


@torch.inference_mode()
def test_map_coefficients_and_inner_values() -> None:
    taps = golden().taps("deca")
    network = published("deca", build)
    with recorded(network, taps) as inner:
        features = network(golden().tensor("deca", "crop.image"))
    results = {f"tap.{name}": value for name, value in inner.items()}
    parameters = torch.cat(list(vars(features.codes).values()), dim=1)
    results |= {"feature_map": features.map, "parameters": parameters}
    assert set(results) == set(golden().outputs("deca"))
    assert_parity("deca", results)
