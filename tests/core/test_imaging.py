from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.align import five_point_warp, pose_crop
from hyperreenact_core.imaging import smoothstep, tensor_from_bhwc, warp
from hyperreenact_core.training.stages.adaptive import DICE, AdaptiveAugment

SIDE = 256


def ramp() -> Tensor:
    """[1, 3, S, S] whose values are the columns' centres, in pixels."""
    return (torch.arange(SIDE) + 0.5).expand(1, 3, SIDE, SIDE)


@pytest.mark.parametrize("half", [False, True])
def test_a_warp_finds_its_places(half: bool) -> None:
    """To a thousandth of a pixel, whatever the precision of the networks around it."""
    zoom, move = 0.61, 0.113
    theta = torch.tensor([[[zoom, 0.0, move], [0.0, zoom, -0.07]]])
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        seen = warp(ramp(), theta, size=112)
    place = (torch.arange(112) + 0.5) / 112 * 2 - 1
    expected = (zoom * place + move + 1) * SIDE / 2
    assert seen.dtype == torch.float32
    assert float((seen - expected).abs().max()) < 1e-3


def test_crops_of_the_encoders_are_the_same_under_autocast() -> None:
    random = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, SIDE, SIDE, generator=random) * 2 - 1
    landmarks = 60 + 130 * torch.rand(2, 68, 2, generator=random)
    augment, dice = AdaptiveAugment(), torch.rand(2, DICE, generator=random)
    augment.adapt(0.9, 80_000)

    def seen() -> list[Tensor]:
        return [
            five_point_warp(image, landmarks),
            pose_crop(image, landmarks),
            augment(image, dice),
        ]

    expected = seen()
    with torch.autocast("cpu", torch.bfloat16):
        assert all(torch.equal(a, b) for a, b in zip(seen(), expected, strict=True))


@pytest.mark.parametrize("beyond", ["zeros", "border", "reflection"])
def test_beyond_the_image(beyond: str) -> None:
    """A warp that looks half an image to the left."""
    theta = torch.tensor([[[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]]])
    row = warp(ramp(), theta, beyond=beyond)[0, 0, 0]  # type: ignore[arg-type]
    assert torch.allclose(row[SIDE // 2 :], ramp()[0, 0, 0, : SIDE // 2], atol=1e-3)
    first = {"zeros": 0.0, "border": 0.5, "reflection": SIDE / 2 - 0.5}[beyond]
    assert float(row[0]) == pytest.approx(first, abs=1e-3)


def test_transparent_parts_of_an_image_lie_over_white() -> None:
    image = torch.tensor([[0.2, 0.4, 0.6, 1.0], [0.2, 0.4, 0.6, 0.0], [0.0, 0.0, 0.0, 0.5]])
    shown = tensor_from_bhwc(image[None, None])[0, :, 0].T
    assert torch.equal(shown[0], tensor_from_bhwc(image[None, None, :1, :3])[0, :, 0, 0])
    assert shown[1].tolist() == [1.0, 1.0, 1.0]
    assert shown[2].tolist() == [0.0, 0.0, 0.0]


def test_a_smooth_step_rests_at_both_ends_in_every_kind_of_array() -> None:
    shares = [-1.0, 0.0, 0.25, 0.5, 1.0, 3.0]
    wanted = [0.0, 0.0, 0.15625, 0.5, 1.0, 1.0]
    assert smoothstep(np.array(shares)).tolist() == wanted
    assert smoothstep(torch.tensor(shares)).tolist() == wanted
