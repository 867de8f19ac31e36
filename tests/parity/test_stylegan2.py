"""The generator computes what the published network computes, with and without deltas."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from hyperreenact_core.networks import reference
from hyperreenact_core.networks.fast.drawing import draw, style_generator
from hyperreenact_core.networks.hypernetwork import HypernetworkConfig
from hyperreenact_core.networks.stylegan2 import Generator
from hyperreenact_core.types import WeightDeltas
from tests.parity.fill import named_normal
from tests.parity.golden import assert_parity, golden
from tests.parity.networks import published, recorded

PSI = 0.7


def generator() -> Generator:
    network = published("stylegan2")
    assert isinstance(network, Generator)
    return network


def codes() -> Tensor:
    return golden().tensor("e4e", "codes")


def trained(w_plus: Tensor, deltas: WeightDeltas | None) -> Tensor:
    return generator()(w_plus, deltas)


def plain(w_plus: Tensor, deltas: WeightDeltas | None) -> Tensor:
    return reference.synthesise(generator(), w_plus, deltas)


def fast(w_plus: Tensor, deltas: WeightDeltas | None) -> Tensor:
    """Every source alone, each frame twice."""
    images: list[Tensor] = []
    for index, own in enumerate(w_plus.split(1)):
        styled = style_generator(generator(), own, dtype=torch.float32)
        twice = deltas and tuple(None if d is None else d[[index, index]] for d in deltas)
        drawn = draw(styled, twice, frames=2)
        assert torch.equal(drawn[0], drawn[1])
        images.append(drawn[1:])
    return torch.cat(images)


Way = Callable[[Tensor, WeightDeltas | None], Tensor]
WAYS: tuple[Way, ...] = (trained, plain, fast)


@torch.inference_mode()
def test_mapping_and_truncation() -> None:
    style = generator().mapping(golden().tensor("stylegan2", "z"))
    assert_parity(
        "stylegan2",
        {
            "style": style,
            "mean_latent": style.mean(0, keepdim=True),
            "latent": generator().truncate(codes(), PSI),
        },
    )


@torch.inference_mode()
@pytest.mark.parametrize("case", ["plain", "delta"])
def test_image_and_inner_values(case: str) -> None:
    deltas: WeightDeltas | None = None
    if case == "delta":
        hypernetwork = published("hypernet")
        appearance = golden().tensor("arcface", "feature_map")
        deltas = hypernetwork(appearance, golden().tensor("deca", "feature_map"))
    taps = golden().taps("stylegan2", prefix=f"{case}.tap.")
    assert taps
    with recorded(generator(), taps) as inner:
        image = generator()(generator().truncate(codes(), PSI), deltas)
    results = {f"{case}.tap.{name}": value for name, value in inner.items()}
    assert_parity("stylegan2", results | {f"{case}.image": image})


@torch.inference_mode()
@pytest.mark.parametrize("synthesise", WAYS)
def test_deltas_made_by_the_fill(synthesise: Way) -> None:
    """Tests the generator alone: no hypernetwork takes part."""
    tuned = {slot.index for slot in HypernetworkConfig().slots}
    deltas: list[Tensor | None] = []
    for slot in generator().slots:
        shape = (codes().shape[0], slot.out_channels, slot.in_channels)
        normal = named_normal(f"input/delta.{slot.index}", seed=golden().seed, shape=shape)
        deltas.append(torch.from_numpy(0.2 * normal) if slot.index in tuned else None)
    image = synthesise(generator().truncate(codes(), PSI), tuple(deltas))
    results = {"named_delta.image": image, "named_delta.image_sub": image[..., ::4, ::4]}
    assert_parity("stylegan2", results)


@torch.inference_mode()
@pytest.mark.parametrize("synthesise", WAYS)
def test_other_codes(synthesise: Way) -> None:
    network, batch = generator(), codes().shape[0]
    style = golden().tensor("stylegan2", "style")[:batch]
    mapped = network.mapping(golden().tensor("stylegan2", "z")[:batch])
    results = {
        "no_trunc.image": synthesise(codes(), None),
        "single_w.image": synthesise(network.truncate(network.broadcast(style), PSI), None),
        "from_z.image": synthesise(network.truncate(network.broadcast(mapped), PSI), None),
    }
    assert_parity("stylegan2", results)
