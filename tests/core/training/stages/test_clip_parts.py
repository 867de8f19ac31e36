"""Parts of training on clips: augmentation, exchange of codes, the distance of heads."""

from __future__ import annotations

from dataclasses import astuple

import pytest
import torch

from hyperreenact_core.networks.deca import CodeSizes, PoseCodes
from hyperreenact_core.networks.stylegan2 import Generator, StyleGAN2Config
from hyperreenact_core.training.data.frozen_set import PoseSeen
from hyperreenact_core.training.stages.adaptive import DICE, AdaptiveAugment
from hyperreenact_core.training.stages.clip_generator import critic_config, gaussian_config
from hyperreenact_core.training.stages.codes import code_statistics, start_synthesis_from
from hyperreenact_core.training.stages.shape_loss import code_distance, shape_loss


def codes(sizes: CodeSizes, *, count: int = 2) -> PoseCodes:
    return PoseCodes(*(0.1 * torch.randn(count, size) for size in astuple(sizes)))


def test_augmentation_begins_by_doing_nothing_and_follows_the_critic() -> None:
    augment, image = AdaptiveAugment(), torch.rand(4, 3, 16, 16) * 2 - 1
    dice = torch.rand(4, DICE)
    assert torch.equal(augment(image, dice), image)
    augment.adapt(0.9, 10_000)
    assert float(augment.strength) == pytest.approx(0.1)
    augment.adapt(0.2, 50_000)
    assert float(augment.strength) == 0
    for _ in range(20):
        augment.adapt(0.9, 50_000)
    assert float(augment.strength) == pytest.approx(0.8)
    changed = augment(image, dice)
    assert changed.shape == image.shape
    assert not torch.allclose(changed, image)
    assert torch.equal(augment(image, dice), changed), "the dice alone decide"


def test_augmentation_passes_gradients_to_every_picture() -> None:
    augment, image = AdaptiveAugment(), torch.rand(6, 3, 16, 16, requires_grad=True)
    augment.adapt(0.9, 80_000)
    augment(image, torch.rand(6, DICE)).square().sum().backward()
    assert image.grad is not None
    assert bool((image.grad.abs().sum((1, 2, 3)) > 0).all())


def test_a_generator_with_codes_of_its_own_begins_with_the_old_pictures() -> None:
    """The styles of random pictures have the mean and nearly the spread they had before."""
    torch.manual_seed(0)
    config = StyleGAN2Config(
        resolution=16,
        channels=(16, 16, 16),
        latent_dim=32,
        z_dim=20,
        mapping_layers=1,
        mapping_lr_multiplier=1.0,
        mapping_input="standardise",
        mapping_residual=True,
    )
    known = Generator(config)
    with torch.no_grad():
        known.style[1].bias.normal_()
    other = gaussian_config(config)
    assert (other.mapping_input, other.z_dim, other.mapping_layers) == ("pixel_norm", 32, 8)
    generator = Generator(other)
    start_synthesis_from(known, generator)
    old, new = (styles_of(g) for g in (known, generator))
    for mine, theirs in zip(new, old, strict=True):
        assert bool(((mine.mean(0) - theirs.mean(0)).abs() < 0.1 * theirs.std(0)).all())
        assert 0.7 < float(mine.var(0).sum() / theirs.var(0).sum()) < 1.05
    assert critic_config(config).channels == (16, 16, 16)


@torch.no_grad()
def styles_of(generator: Generator) -> tuple[torch.Tensor, ...]:
    z = torch.randn(8192, generator.config.z_dim)
    return generator.styles(generator.broadcast(generator.mapping(z)))


def test_a_gaussian_generator_stays_what_it_is() -> None:
    assert gaussian_config(StyleGAN2Config()) == StyleGAN2Config()


def test_statistics_are_those_of_the_mapping_network() -> None:
    torch.manual_seed(0)
    config = StyleGAN2Config(resolution=8, channels=(8, 8), latent_dim=8, z_dim=8)
    generator = Generator(config)
    found = code_statistics(generator)
    with torch.no_grad():
        w = generator.mapping(torch.randn(20_000, 8))
    torch.testing.assert_close(found.mean, w.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(found.deviation, w.std(0), atol=0.05, rtol=0.05)


def test_the_distance_of_heads_sees_shape_expression_and_pose() -> None:
    torch.manual_seed(0)
    wanted = codes(CodeSizes())
    assert float(code_distance(wanted, wanted)) == 0
    for group in ("shape", "expression", "global_pose"):
        values = vars(wanted) | {group: getattr(wanted, group) + 0.2}
        assert float(code_distance(PoseCodes(**values), wanted)) > 0.01, group
    for group in ("texture", "camera", "light"):
        values = vars(wanted) | {group: getattr(wanted, group) + 0.2}
        assert float(code_distance(PoseCodes(**values), wanted)) == 0, group


def test_the_wanted_head_has_the_shape_of_the_source() -> None:
    read, wanted, own = (codes(CodeSizes()) for _ in range(3))
    both = PoseCodes(**(vars(wanted) | {"shape": own.shape}))
    seen = [PoseSeen(torch.zeros(2, 1, 7, 7), one) for one in (read, wanted, own)]
    torch.testing.assert_close(shape_loss(*seen), code_distance(read, both))
