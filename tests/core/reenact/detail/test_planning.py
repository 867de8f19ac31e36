"""Windows: of larger pictures the network sees the face alone, as it has learned to."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hyperreenact_core.networks.detail import DetailConfig, DetailNetwork, DetailPlan, unasked
from hyperreenact_core.networks.detail_inputs import CoarseMaps, DetailInputs
from hyperreenact_core.reenact.detail.planning import planned

SIZE = 64


class Noted(DetailNetwork):
    """Remembers what it was asked."""

    asked: DetailInputs

    def forward(self, inputs: DetailInputs) -> DetailPlan:
        self.asked = inputs
        return super().forward(inputs)


@pytest.fixture
def network() -> Noted:
    torch.manual_seed(0)
    own = Noted(DetailConfig(widths=(8, 8, 16), marks=4, reach=1)).eval()
    torch.nn.init.normal_(own.out.weight, std=0.05)
    return own


def maps(side: int, faces: list[tuple[slice, slice]]) -> CoarseMaps:
    """Faces of which everything moves by four pixels, before something that does not."""
    face = torch.zeros(len(faces), 1, side, side)
    for row, (down, right) in enumerate(faces):
        face[row, 0, down, right] = 1
    region = torch.cat([face, *[torch.zeros_like(face)] * 3, 1 - face], 1)
    offset = torch.cat([face * (8 / side), torch.zeros_like(face)], 1)
    return CoarseMaps(
        offset, torch.zeros_like(face), 1 - face, region, torch.zeros_like(face), face
    )


def pictures(side: int, count: int = 1) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    carried = torch.rand(count, 6, side, side, generator=random) * 2 - 1
    return carried, torch.rand(count, 3, side, side, generator=random) * 2 - 1


@torch.inference_mode()
def test_a_window_is_planned_as_a_picture_of_its_own(network: Noted) -> None:
    side, face = 160, slice(68, 92)
    known = maps(side, [(face, face)])
    carried, guides = pictures(side)
    plan = planned(network, carried, guides, known, size=SIZE)
    assert network.asked.source.shape[-1] == SIZE
    window = (..., slice(48, 48 + SIZE), slice(48, 48 + SIZE))
    torch.testing.assert_close(network.asked.source, carried[:, :3][window])
    # Four pixels are as many half sides as in a picture of the window's size.
    asked = network.asked.maps.offset
    assert float(asked.max()) == pytest.approx(4 * 2 / SIZE)
    alone = network(network.asked)
    torch.testing.assert_close(plan.offset[window], alone.offset * (SIZE / side))
    torch.testing.assert_close(plan.logits[window], alone.logits)
    assert (plan.offset != known.offset).any()


@torch.inference_mode()
def test_off_the_window_the_maps_are_followed(network: Noted) -> None:
    known = maps(160, [(slice(68, 92), slice(20, 40))])
    plan = planned(network, *pictures(160), known, size=SIZE)
    resting = unasked(known)
    for own, other in ((plan.offset, resting.offset), (plan.logits, resting.logits)):
        assert torch.equal(own[..., 100:], other[..., 100:])
        assert torch.equal(own[..., :40, :], other[..., :40, :])


@torch.inference_mode()
def test_each_face_has_a_window_of_its_own(network: Noted) -> None:
    places = [(slice(10, 30), slice(10, 30)), (slice(120, 140), slice(100, 130))]
    carried, guides = pictures(160, 2)
    both = planned(network, carried, guides, maps(160, places), size=SIZE)
    for row, place in enumerate(places):
        one = slice(row, row + 1)
        alone = planned(network, carried[one], guides[one], maps(160, [place]), size=SIZE)
        torch.testing.assert_close(both.offset[one], alone.offset, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_windows_are_as_small_as_their_faces_allow_whatever_else_is_drawn(network: Noted) -> None:
    size, places = 256, [(slice(20, 60),) * 2, (slice(50, 250),) * 2, (slice(60, 200),) * 2]
    carried, guides = pictures(320, 3)
    together = planned(network, carried, guides, maps(320, places), size=size)
    for row, (place, side) in enumerate(zip(places, (192, 224, 192), strict=True)):
        one = slice(row, row + 1)
        alone = planned(network, carried[one], guides[one], maps(320, [place]), size=size)
        assert network.asked.source.shape[-1] == side
        torch.testing.assert_close(together.offset[one], alone.offset, atol=1e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize(("side", "face"), [(160, slice(20, 140)), (32, slice(8, 24))])
def test_a_face_larger_than_a_window_and_a_small_picture_are_seen_whole(
    network: Noted, side: int, face: slice
) -> None:
    planned(network, *pictures(side), maps(side, [(face, face)]), size=SIZE)
    assert network.asked.source.shape[-1] == side
