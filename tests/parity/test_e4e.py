"""The inversion encoder computes what the published network computes."""

from __future__ import annotations

from functools import partial

import torch

from hyperreenact_core.networks.e4e import E4E, E4EConfig
from tests.parity.golden import assert_parity, golden, manifest, published, recorded

build = partial(E4E, E4EConfig())


def test_keys_are_the_published_ones() -> None:
    expected = manifest("e4e")
    with torch.device("meta"):
        network = build()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert shapes == expected.shapes
    assert sum(p.numel() for p in network.parameters()) == expected.parameters


@torch.inference_mode()
def test_codes_and_inner_values() -> None:
    expected = golden()
    crops = [expected.tensor("preprocess", f"crop.source.{i}") for i in range(expected.batch)]
    image = torch.stack(crops).permute(0, 3, 1, 2).float() / 255 * 2 - 1
    network = published("e4e", build)
    modules = [name for name in expected.taps("e4e") if not name.startswith("pyramid.")]
    with recorded(network, modules) as inner:
        codes = network(image)
    results = {f"tap.{name}": value for name, value in inner.items()}
    _, level1, level2 = network.pyramid(image)
    results |= {"codes": codes, "tap.pyramid.32": level1, "tap.pyramid.64": level2}
    assert set(results) == set(expected.outputs("e4e"))
    assert_parity("e4e", results)
