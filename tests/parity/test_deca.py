"""The pose encoder computes what the published network computes."""

from __future__ import annotations

import torch
from torch import Tensor

from hyperreenact_core.face.align import pose_crop
from hyperreenact_core.networks.fast.encoding import pose_maps
from tests.parity.golden import assert_parity, crops, golden
from tests.parity.networks import published, published_fast, recorded


def views() -> Tensor:
    """The network's inputs; where they are not stored whole, those of our own crop."""
    if golden().has("deca", "crop.image"):
        return golden().tensor("deca", "crop.image")
    return pose_crop(crops("target"), golden().tensor("preprocess", "landmarks.crop.target"))


@torch.inference_mode()
def test_map_coefficients_and_inner_values() -> None:
    taps = golden().taps("deca")
    network = published("deca")
    with recorded(network, taps) as inner:
        features = network(views())
    results = {f"tap.{name}": value for name, value in inner.items()}
    parameters = torch.cat(list(vars(features.codes).values()), dim=1)
    results |= {"feature_map": features.map, "parameters": parameters}
    assert set(results) == set(golden().outputs("deca"))
    assert_parity("deca", results)


@torch.inference_mode()
def test_the_folded_encoder_too() -> None:
    encoder = published_fast("deca")
    two = torch.cat([views(), views().flip(3)])
    for faces in (views(), two):
        features = pose_maps(encoder, faces)[: len(views())]
        parameters = torch.cat(list(vars(encoder.codes(features)).values()), dim=1)
        assert_parity("deca", {"feature_map": features, "parameters": parameters})
