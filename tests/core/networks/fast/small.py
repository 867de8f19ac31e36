"""Small networks whose every parameter shows in their results."""

from __future__ import annotations

import torch
from torch import Tensor

from hyperreenact_core.networks.hypernetwork import HypernetworkConfig, TunedSlot
from hyperreenact_core.networks.stylegan2 import Generator, StyleGAN2Config
from hyperreenact_core.types import WeightDeltas

GENERATORS: dict[str, StyleGAN2Config] = {
    # Published: noise, transposed convolutions; the last maps are beyond the small ones.
    "published": StyleGAN2Config(
        resolution=128, channels=(12, 12, 12, 10, 8, 6), latent_dim=16, z_dim=16, mapping_layers=1
    ),
    # As the bundled set: bilinear, sub-pixels, no noise.
    "starter": StyleGAN2Config(
        resolution=32,
        channels=(12, 10, 8),
        latent_dim=16,
        z_dim=16,
        mapping_layers=1,
        upsample="bilinear",
        output_shuffle=2,
        noise=False,
    ),
}

HYPERNETWORK = HypernetworkConfig(
    pose_channels=10,
    channels=12,
    slots=(
        TunedSlot(0, 8, 8, shared=True),
        TunedSlot(2, 8, 8, shared=True),
        TunedSlot(3, 4, 8, shared=False),
    ),
    n_slots=5,
    shared_width=6,
    shared_features=8,
    code_dim=7,
    shared_hidden=9,
    own_width=6,
    own_features=9,
)


def lively_generator(kind: str) -> Generator:
    """Noise strengths and biases are zero in a fresh one."""
    torch.manual_seed(0)
    generator = Generator(GENERATORS[kind]).eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith(("noise.weight", "bias")):
            parameter.add_(0.3 * torch.randn_like(parameter))
    return generator


def deltas_for(generator: Generator, *, frames: int) -> WeightDeltas:
    """Of the first and the last layers, none between."""
    slots, last = generator.slots, len(generator.slots) - 1
    return tuple(
        0.3 * torch.randn(frames, slot.out_channels, slot.in_channels)
        if not slot.is_to_rgb and (slot.index < 4 or slot.index > last - 6)
        else None
        for slot in slots
    )


def maps(batch: int = 2) -> tuple[Tensor, Tensor]:
    """Appearance and pose map for `HYPERNETWORK`."""
    random = torch.Generator().manual_seed(0)
    appearance = torch.randn(batch, 12, 7, 7, generator=random)
    return appearance, torch.randn(batch, 10, 7, 7, generator=random)
