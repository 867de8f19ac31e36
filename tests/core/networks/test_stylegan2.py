from __future__ import annotations

from math import sqrt

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from hyperreenact_core.networks.discriminator import Discriminator, DiscriminatorConfig
from hyperreenact_core.networks.modulation import FIRUpsample, ModulatedConv
from hyperreenact_core.networks.stylegan2 import Generator, StyleGAN2Config, slots_of

TINY = StyleGAN2Config(
    resolution=32,
    channels=(12, 12, 8),
    latent_dim=16,
    z_dim=10,
    mapping_layers=2,
    mapping_lr_multiplier=1.0,
    mapping_input="standardise",
    mapping_residual=True,
    upsample="bilinear",
    output_shuffle=2,
    noise=False,
)


def test_the_published_slots_are_those_of_the_method() -> None:
    slots = slots_of(StyleGAN2Config())
    assert [slot.index for slot in slots] == list(range(20))
    assert [slot.index for slot in slots if slot.is_to_rgb] == [1, 4, 7, 10, 13, 16, 19]
    assert [slot.code for slot in slots[:8]] == [0, 1, 1, 2, 3, 3, 4, 5]
    assert max(slot.code for slot in slots) == StyleGAN2Config().n_latent - 1


@pytest.mark.parametrize("upsample", [None, "transposed"])
@pytest.mark.parametrize("with_delta", [False, True])
def test_modulated_convolution_is_the_papers_formula(
    upsample: str | None, with_delta: bool
) -> None:
    """Against the plain reading: build every sample's kernel, normalise it, convolve."""
    torch.manual_seed(0)
    conv = ModulatedConv(5, 7, 3, 16, upsample=upsample)  # type: ignore[arg-type]
    x, w = torch.randn(3, 5, 8, 8), torch.randn(3, 16)
    delta = torch.randn(3, 7, 5) * 0.3 if with_delta else None
    style = conv.modulation(w)
    expected: list[Tensor] = []
    for b in range(3):
        kernel = conv.weight[0] / sqrt(5 * 9)
        if delta is not None:
            kernel = kernel * (1 + delta[b])[..., None, None]
        kernel = kernel * style[b][None, :, None, None]
        kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if upsample is None:
            expected.append(F.conv2d(x[b : b + 1], kernel, padding=1))
        else:
            wide = F.conv_transpose2d(x[b : b + 1], kernel.transpose(0, 1), stride=2)
            expected.append(conv.blur(wide))
    assert torch.allclose(conv(x, w, delta), torch.cat(expected), atol=1e-5)


def test_kernels_are_normalised_in_float32_under_autocast() -> None:
    """Demodulation takes away any factor of a whole kernel, also one that bfloat16 cannot tell
    from one, and its norm is no sum in half precision."""
    torch.manual_seed(0)
    conv = ModulatedConv(48, 32, 3, 16)
    x, w = torch.randn(2, 48, 16, 16), torch.randn(2, 16)
    style, weight = conv.modulation(w), conv.weight[0]
    norm = conv._norm(style, weight, None)  # pyright: ignore[reportPrivateUsage]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        again = conv._norm(style, weight, None)  # pyright: ignore[reportPrivateUsage]
        delta = torch.full((2, 32, 48), 0.0038, dtype=torch.bfloat16)
        plain, scaled = conv(x, w).float(), conv(x, w, delta).float()
    assert torch.equal(again, norm)
    strength = float((plain * scaled).sum() / plain.square().sum())
    assert strength == pytest.approx(1, abs=5e-4)  # 1 + delta rounded first would be 4e-3 off


def test_upsampling_equals_zero_insertion_and_filtering() -> None:
    x = torch.randn(1, 3, 5, 5)
    spread = torch.zeros(1, 3, 10, 10)
    spread[:, :, ::2, ::2] = x
    up = FIRUpsample()
    expected = F.conv2d(
        F.pad(spread, (2, 1, 2, 1)), up.kernel.flip(0, 1).expand(3, 1, 4, 4), groups=3
    )
    assert torch.allclose(up(x), expected, atol=1e-6)


def test_zero_deltas_change_nothing_and_others_do() -> None:
    torch.manual_seed(0)
    generator = Generator(TINY)
    w_plus = generator.broadcast(generator.mapping(torch.randn(2, 10)))
    plain = generator(w_plus)
    assert plain.shape == (2, 3, 32, 32)
    sizes = [(slot.out_channels, slot.in_channels) for slot in generator.slots]
    zero = tuple(torch.zeros(2, *size) for size in sizes)
    assert torch.allclose(generator(w_plus, zero), plain, atol=1e-5)
    one = tuple(torch.randn(2, *size) if i == 0 else None for i, size in enumerate(sizes))
    assert not torch.allclose(generator(w_plus, one), plain, atol=1e-2)


def test_a_smaller_drawing_has_the_size_asked_for() -> None:
    generator = Generator(TINY)
    w_plus = generator.broadcast(generator.mapping(torch.randn(1, 10)))
    assert generator(w_plus, size=8).shape == (1, 3, 8, 8)
    assert generator(w_plus, size=16).shape == (1, 3, 16, 16)


def test_truncation_pulls_toward_the_mean() -> None:
    generator = Generator(TINY)
    generator.latent_avg.fill_(2.0)
    codes = torch.zeros(1, TINY.n_latent, 16)
    assert torch.allclose(generator.truncate(codes, 0.7), torch.full_like(codes, 0.6))
    assert torch.equal(generator.truncate(codes, 1.0), codes)


def test_wrong_sizes_are_named() -> None:
    with pytest.raises(ValueError, match="draw 64 px"):
        StyleGAN2Config(resolution=128, channels=(8, 8, 8, 8, 8))
    generator = Generator(TINY)
    with pytest.raises(ValueError, match="codes given"):
        generator(torch.zeros(1, 3, 16))
    with pytest.raises(ValueError, match="deltas given"):
        generator(torch.zeros(1, TINY.n_latent, 16), (None,))


def test_the_discriminator_looks_at_picture_and_condition() -> None:
    torch.manual_seed(0)
    critic = Discriminator(
        DiscriminatorConfig(resolution=16, channels=(8, 8), fold=2, condition_dim=4)
    )
    image, condition = torch.randn(2, 3, 16, 16), torch.randn(2, 4)
    logits = critic(image, condition)
    assert logits.shape == (2,)
    assert not torch.allclose(logits, critic(image, condition + 1.0))
    assert not torch.allclose(logits, critic(image * 0.5, condition))
