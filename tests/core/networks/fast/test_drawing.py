"""Drawing for one source equals the reference, in every way a convolution may be computed."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
import torch.nn.functional as F

from hyperreenact_core.networks import reference
from hyperreenact_core.networks.fast import convolutions
from hyperreenact_core.networks.fast.convolutions import (
    Convolution,
    Phases,
    Scattered,
    Transposed,
    convolution_for,
)
from hyperreenact_core.networks.fast.drawing import draw, style_generator
from hyperreenact_core.networks.modulation import ModulatedConv
from tests.core.networks.fast.small import GENERATORS, deltas_for, lively_generator


@pytest.mark.parametrize("kind", GENERATORS)
@pytest.mark.parametrize("with_deltas", [True, False])
@torch.inference_mode()
def test_images_are_those_of_the_reference(kind: str, with_deltas: bool) -> None:
    generator = lively_generator(kind)
    w_plus = generator.broadcast(generator.mapping(torch.randn(1, 16))) + torch.randn(1, 1, 16)
    deltas = deltas_for(generator, frames=3) if with_deltas else None
    expected = reference.synthesise(generator, w_plus.expand(3, -1, -1), deltas)
    drawn = draw(style_generator(generator, w_plus, dtype=torch.float32), deltas, frames=3)
    reach = float(expected.amax() - expected.amin())
    assert float((drawn - expected).abs().max()) < 1e-5 * reach
    assert with_deltas == bool((drawn[0] - drawn[1]).abs().mean() > 0.01)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", GENERATORS)
@torch.inference_mode()
def test_half_precision_is_close(kind: str, dtype: torch.dtype) -> None:
    generator = lively_generator(kind)
    w_plus = generator.broadcast(generator.mapping(torch.randn(1, 16)))
    deltas = deltas_for(generator, frames=1)
    exact = draw(style_generator(generator, w_plus, dtype=torch.float32), deltas, frames=1)
    half = draw(style_generator(generator, w_plus, dtype=dtype), deltas, frames=1)
    assert half.dtype == torch.float32
    assert 0 < float((half - exact).norm() / exact.norm()) < 0.02


@torch.inference_mode()
def test_a_frame_does_not_depend_on_its_neighbours() -> None:
    """Down to the last bit."""
    generator = lively_generator("published")
    w_plus = generator.broadcast(generator.mapping(torch.randn(1, 16)))
    styled = style_generator(generator, w_plus, dtype=torch.float32)
    deltas = deltas_for(generator, frames=3)
    together = draw(styled, deltas, frames=3)
    last = tuple(None if delta is None else delta[2:] for delta in deltas)
    assert torch.equal(draw(styled, last, frames=1), together[2:])


def transposed_layer() -> ModulatedConv:
    torch.manual_seed(0)
    return ModulatedConv(5, 7, 3, 16, upsample="transposed").requires_grad_(False)


@pytest.mark.parametrize("way", [Transposed, Scattered, Phases])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (1, 3), (9, 6)])
def test_all_ways_to_enlarge_are_one(way: type[Convolution], height: int, width: int) -> None:
    conv = transposed_layer()
    x, factor, bias = torch.randn(1, 5, height, width), torch.randn(7, 5), torch.randn(7)
    kernel = conv.weight[0]
    wide = F.conv_transpose2d(x, (kernel * factor[..., None, None]).transpose(0, 1), stride=2)
    expected = conv.blur(wide) + bias[:, None, None]
    blur = conv.blur.kernel.flip(0, 1).expand(7, 1, 4, 4)
    convolve = way(blur)
    laid_out = convolve.lay_out(kernel).contiguous()
    actual = convolve(x.contiguous(memory_format=torch.channels_last), laid_out, factor, bias)
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-5)


def test_the_way_follows_size_and_number_format() -> None:
    conv, small = transposed_layer(), convolutions._SMALL_SIDE
    chosen = [
        convolution_for(conv, side=side, dtype=dtype)
        for side, dtype in (
            (small, torch.bfloat16),
            (2 * small, torch.bfloat16),
            (2 * small, torch.float32),
        )
    ]
    assert [type(convolve) for convolve in chosen] == [Scattered, Phases, Transposed]


@torch.inference_mode()
def test_the_norm_is_that_of_the_whole_kernel() -> None:
    """Without ever making it: only its length over the taps is kept."""
    generator = lively_generator("published")
    w_plus = generator.broadcast(generator.mapping(torch.randn(1, 16)))
    layer = style_generator(generator, w_plus, dtype=torch.float32).layers[0]
    delta = 0.5 * torch.randn(12, 12)
    kernel = generator.kernels()[0] * generator.styles(w_plus)[0][0, :, None, None]
    whole = kernel * (1 + delta)[..., None, None]
    expected = sqrt(2) * (1 + delta) / whole.flatten(1).norm(dim=1, keepdim=True)
    torch.testing.assert_close(layer._factor(delta), expected)
