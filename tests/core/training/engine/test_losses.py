from __future__ import annotations

import torch

from hyperreenact_core.networks.stylegan2 import Generator, StyleGAN2Config
from hyperreenact_core.training.engine.losses import (
    landmark_weights,
    pyramid_loss,
    r1_penalty,
    style_range_loss,
)
from hyperreenact_core.training.stages.style_matching import StyleMatching


def test_pyramid_loss_is_zero_only_for_the_truth() -> None:
    truth = torch.rand(2, 3, 32, 32) * 2 - 1
    weight = torch.ones(2, 1, 32, 32)
    assert float(pyramid_loss(truth, truth, weight)) == 0.0
    near, far = truth + 0.01, truth + 0.1
    assert 0 < float(pyramid_loss(near, truth, weight)) < float(pyramid_loss(far, truth, weight))


def test_weights_rise_around_the_features_and_not_along_the_jaw() -> None:
    landmarks = torch.full((1, 68, 2), 10.0)
    landmarks[:, 17:] = 50.0
    weight = landmark_weights(landmarks, 64)
    assert float(weight[0, 0, 50, 50]) > 2.0
    assert float(weight[0, 0, 10, 10]) == 1.0


def test_r1_is_the_squared_gradient() -> None:
    images = torch.randn(3, 3, 4, 4)
    penalty = r1_penalty(images, lambda x: 2.0 * x.sum((1, 2, 3)))
    assert torch.isclose(penalty, torch.tensor(4.0 * 48))


def test_style_range_leaves_middling_styles_alone() -> None:
    assert float(style_range_loss([torch.tensor([[0.4, 1.6]])])) == 0.0
    assert float(style_range_loss([torch.tensor([[0.0, 1.0]])])) > 0.0


def test_matched_kernels_draw_the_wanted_picture() -> None:
    """At zero distance the source's codes with deltas draw what the wanted codes draw."""
    torch.manual_seed(0)
    config = StyleGAN2Config(
        resolution=16, channels=(8, 8, 8), latent_dim=8, z_dim=8, mapping_layers=1, noise=False
    )
    generator = Generator(config)
    source, wanted = torch.randn(2, 6, 8), torch.randn(2, 6, 8)
    for slot in generator.slots:  # toRGB layers take no delta: let them agree
        if slot.is_to_rgb:
            wanted[:, slot.code] = source[:, slot.code]
    pairs = zip(generator.slots, generator.styles(source), generator.styles(wanted), strict=True)
    deltas = tuple(
        None if slot.is_to_rgb else (want / have - 1)[:, None].expand(-1, slot.out_channels, -1)
        for slot, have, want in pairs
    )
    matching = StyleMatching(generator)
    untouched = tuple(None if d is None else torch.zeros_like(d) for d in deltas)
    assert matching(deltas, source, wanted).item() < 1e-8
    assert float(matching(untouched, source, wanted)) > 0.01
    with torch.no_grad():
        drawn, truth = generator(source, deltas), generator(wanted)
    assert torch.allclose(drawn, truth, atol=1e-3)
