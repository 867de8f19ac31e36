"""The detail network: a fresh one does what the coarse maps say, and what is still stays so."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from hyperreenact_core.imaging import displace
from hyperreenact_core.networks.detail import (
    DetailConfig,
    DetailNetwork,
    DetailPlan,
    compose,
    settled,
)
from hyperreenact_core.networks.detail_inputs import (
    CoarseMaps,
    DetailInputs,
    detail_inputs,
    recoloured,
)

SIZE = 64
SHIFT = 8
"""Pixels by which the head moves to the right."""
HEAD = slice(20, 44)
"""Its rows and columns in the maps."""
UNCOVERED = slice(12, 20)


def picture(seed: int, size: int = SIZE) -> Tensor:
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def maps() -> CoarseMaps:
    """A square head that has moved, and what it has uncovered."""
    offset, hidden = torch.zeros(1, 2, SIZE, SIZE), torch.zeros(1, 1, SIZE, SIZE)
    offset[:, 0, HEAD, HEAD] = -SHIFT * 2 / SIZE
    hidden[..., HEAD, UNCOVERED] = 1
    region = torch.zeros(1, 5, SIZE, SIZE)
    region[:, -1] = 1
    region[:, -1, HEAD, HEAD], region[:, 0, HEAD, HEAD] = 0, 1
    still = region[:, -1:] - hidden
    return CoarseMaps(offset, hidden, still, region, torch.ones_like(hidden), 1 - still)


def skin_everywhere() -> CoarseMaps:
    """Nothing moves, nothing is hidden."""
    region = torch.zeros(1, 5, SIZE, SIZE)
    region[:, 0] = 1
    offset, nothing = torch.zeros(1, 2, SIZE, SIZE), torch.zeros(1, 1, SIZE, SIZE)
    return CoarseMaps(
        offset, nothing.clone(), nothing.clone(), region, nothing.clone(), torch.ones_like(nothing)
    )


def network() -> DetailNetwork:
    torch.manual_seed(0)
    return DetailNetwork(DetailConfig(widths=(8, 8, 16, 16, 16), marks=4, reach=1)).eval()


@torch.inference_mode()
def planned(source: Tensor, guide: Tensor) -> DetailPlan:
    return network()(detail_inputs(source, guide, torch.cat([source, guide], 1), maps()))


def test_a_fresh_network_moves_the_head_paints_what_is_hidden_and_leaves_the_rest() -> None:
    source, guide = picture(0), picture(1)
    plan = planned(source, guide)
    result = compose(source, plan)
    head, uncovered = slice(24, 40), slice(14, 18)
    there = slice(24 - SHIFT, 40 - SHIFT)
    torch.testing.assert_close(result[..., head, head], source[..., head, there], atol=2e-3, rtol=0)
    torch.testing.assert_close(result[..., head, uncovered], plan.painted[..., head, uncovered])
    assert torch.equal(result[..., :16, :], source[..., :16, :])
    assert torch.equal(result[..., 48:], source[..., 48:])


def test_the_same_plan_serves_larger_pictures() -> None:
    source, large = picture(0), picture(2, 2 * SIZE)
    result = compose(large, planned(source, picture(1)))
    assert result.shape == large.shape
    assert torch.equal(result[..., :32, :], large[..., :32, :])
    head, there = slice(48, 80), slice(48 - 2 * SHIFT, 80 - 2 * SHIFT)
    torch.testing.assert_close(result[..., head, head], large[..., head, there], atol=2e-3, rtol=0)


def test_a_guide_of_other_colours_is_drawn_in_those_of_the_source() -> None:
    """Stripes of two colours move by half a stripe; a third colour is seen nowhere else."""
    columns = torch.arange(SIZE)
    before, after = (columns // 16 % 2, (columns + 8) // 16 % 2)
    own, other = (
        torch.tensor([[0.5, -0.5, 0.1], [-0.8, 0.2, 0.6]]),
        torch.tensor([[-0.3, 0.9, -0.9], [0.7, -0.6, 0.0]]),
    )

    def striped(palette: Tensor, stripes: Tensor) -> Tensor:
        return palette[stripes].T[None, :, None].expand(1, 3, SIZE, SIZE).contiguous()

    known = skin_everywhere()
    found = recoloured(striped(other, after), striped(other, before), striped(own, before), known)
    inner = (after == after.roll(4)) & (after == after.roll(-4))
    assert (found - striped(own, after))[..., inner].abs().max() < 0.05
    covered = striped(own, before)
    covered[..., : SIZE // 4] = 1.0
    known.hidden[..., : SIZE // 4] = 1
    found = recoloured(striped(other, after), striped(other, before), covered, known)
    assert (found - striped(own, after))[..., inner].abs().max() < 0.05


def test_the_insides_of_mouths_keep_the_colours_of_the_guide() -> None:
    """A dark mouth before light skin, in a picture with dark hair that is red in the source."""
    guide, source = torch.full((1, 3, SIZE, SIZE), 0.5), torch.full((1, 3, SIZE, SIZE), 0.3)
    guide[..., :16, :] = -0.9
    source[:, :, :16] = torch.tensor([0.4, -0.8, -0.8])[None, :, None, None]
    known = skin_everywhere()
    mouth = (..., slice(40, 48), slice(24, 40))
    guide[mouth] = -0.9
    known.region[0, :, 40:48, 24:40] = 0
    known.region[0, 2, 40:48, 24:40] = 1
    found = recoloured(guide, guide, source, known)
    inside = (..., slice(41, 47), slice(25, 39))
    torch.testing.assert_close(found[inside], guide[inside], atol=0.05, rtol=0)
    around = (..., slice(52, 60), slice(24, 40))
    torch.testing.assert_close(found[around], source[around], atol=0.02, rtol=0)


def test_small_weights_vanish_and_the_rest_are_one_in_all() -> None:
    weights = torch.tensor([[0.96, 0.03, 0.01], [0.5, 0.48, 0.02], [0.2, 0.3, 0.5]])
    found = settled(weights[..., None, None])[..., 0, 0]
    assert found[0].tolist() == [1.0, 0.0, 0.0]
    assert found[1, 2] == 0
    torch.testing.assert_close(found.sum(1), torch.ones(3))
    assert (found[2].diff() > 0).all()


def test_a_flow_carries_pixels() -> None:
    image, offset = picture(3), torch.zeros(1, 2, SIZE, SIZE)
    torch.testing.assert_close(displace(image, offset), image, atol=1e-4, rtol=0)
    offset[:, 0], offset[:, 1] = 6 * 2 / SIZE, -4 * 2 / SIZE
    inner = displace(image, offset)[..., 8:-8, 8:-8]
    torch.testing.assert_close(inner, image[..., 4:-12, 14:-2], atol=1e-4, rtol=0)


def test_a_network_has_the_size_that_one_core_can_bear() -> None:
    parameters = sum(p.numel() for p in DetailNetwork(DetailConfig()).parameters())
    assert 1.5e6 < parameters < 2e6


def test_wrong_sizes_are_refused() -> None:
    source = picture(0)
    inputs = detail_inputs(source, source, torch.cat([source, source], 1), maps())
    crooked = replace(inputs, source=source[..., :40, :40])
    with pytest.raises(ValueError, match="multiple of 32"):
        network()(crooked)
    small = picture(0, 32)
    with pytest.raises(ValueError, match="of their side"):
        network()(DetailInputs(small, small, small, small, small, maps()))


def test_what_is_not_wanted_of_a_result_is_not_made():
    source = picture(0)
    plan = planned(source, picture(1))
    part = slice(10, SIZE - 8), slice(4, SIZE - 20)
    whole, some = compose(source, plan), compose(source, plan, part)
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[part] = True
    assert torch.equal(some[..., inside], whole[..., inside])
    assert torch.equal(some[..., ~inside], source[..., ~inside])
