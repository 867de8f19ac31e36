"""ArcFace computes what the published network computes."""

from __future__ import annotations

import torch

from tests.parity.golden import assert_parity, golden
from tests.parity.networks import published, published_fast, recorded


@torch.inference_mode()
def test_map_embedding_and_inner_values() -> None:
    taps = golden().taps("arcface")
    network = published("arcface")
    with recorded(network, taps) as inner:
        features = network(golden().tensor("arcface", "warped"))
    results = {f"tap.{name}": value for name, value in inner.items()}
    results |= {"feature_map": features.map, "identity": features.embedding}
    # Alignment (`warped`, `edge.*`) belongs to the tests of the face package.
    aligned = {"warped", "edge.warped_sub", "edge.feature_map"}
    assert set(results) == set(golden().outputs("arcface")) - aligned
    assert_parity("arcface", results)


@torch.inference_mode()
def test_taps_are_the_stage_ends() -> None:
    network = published("arcface")
    maps = network.taps(golden().tensor("arcface", "warped"))
    names = ["tap.body.2", "tap.body.6", "tap.body.20", "feature_map"]
    assert_parity("arcface", dict(zip(names, maps, strict=True)))


@torch.inference_mode()
def test_the_folded_network_too() -> None:
    features = published_fast("arcface")(golden().tensor("arcface", "warped"))
    assert_parity("arcface", {"feature_map": features.map, "identity": features.embedding})
