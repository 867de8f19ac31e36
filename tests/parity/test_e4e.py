"""The inversion encoder computes what the published network computes."""

from __future__ import annotations

import torch

from tests.parity.golden import assert_parity, crops, golden
from tests.parity.networks import published, published_fast, recorded


@torch.inference_mode()
def test_codes_and_inner_values() -> None:
    expected, image = golden(), crops("source")
    network = published("e4e")
    modules = [name for name in expected.taps("e4e") if not name.startswith("pyramid.")]
    with recorded(network, modules) as inner:
        codes = network(image)
    results = {f"tap.{name}": value for name, value in inner.items()}
    _, level1, level2 = network.pyramid(image)
    results |= {"codes": codes, "tap.pyramid.32": level1, "tap.pyramid.64": level2}
    assert set(results) == set(expected.outputs("e4e"))
    assert_parity("e4e", results)


@torch.inference_mode()
def test_the_folded_encoder_too() -> None:
    published_fast.cache_clear()  # the largest one of all: make room, and keep none
    assert_parity("e4e", {"codes": published_fast("e4e")(crops("source"))})
    published_fast.cache_clear()
