"""Sizes and lengths of the training on realistic heads, for one CPU core and for a GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ...networks.arcface import ArcFaceConfig
from ...networks.discriminator import DiscriminatorConfig
from ...networks.e4e import E4EConfig
from ...networks.hypernetwork import HypernetworkConfig
from ...networks.pose_state import STATE, STATE_CHANNELS
from ...networks.stylegan2 import StyleGAN2Config
from ..runs.starter_networks import Networks, starter_networks
from .e4e_stage import HeadsE4ETraining
from .hypernetwork_stage import HeadsHypernetworkTraining
from .portrait import PORTRAIT_DIM
from .portrait_stage import PortraitTraining

HeadsProfileName = Literal["cpu", "gpu", "smoke"]


@dataclass(frozen=True)
class HeadNetworks:
    """One configuration of every network of a set that reads states."""

    generator: StyleGAN2Config
    critic: DiscriminatorConfig
    appearance: ArcFaceConfig
    e4e: E4EConfig
    hypernetwork: HypernetworkConfig


@dataclass(frozen=True)
class HeadsProfile:
    """people: to be rendered where no shards are given."""

    networks: HeadNetworks
    people: int
    crop_scale: float
    portrait: PortraitTraining
    portrait_steps: int
    e4e: HeadsE4ETraining
    e4e_steps: int
    hypernetwork: HeadsHypernetworkTraining


def _told_states(networks: Networks) -> HeadNetworks:
    return HeadNetworks(
        generator=replace(networks.generator, z_dim=PORTRAIT_DIM),
        critic=replace(networks.critic, condition_dim=STATE),
        appearance=networks.appearance,
        e4e=networks.e4e,
        # A state is the same all over its map: products of 7 x 7 matrices would say nothing.
        hypernetwork=replace(
            networks.hypernetwork, pose_channels=STATE_CHANNELS, fusion="hadamard"
        ),
    )


_SMALL = _told_states(
    starter_networks(
        generator_channels=(192, 192, 192, 128, 64),
        body_widths=(32, 48, 96, 160),
        pose_widths=(32, 48, 96, 160),
    )
)
_WIDE = _told_states(
    starter_networks(
        generator_channels=(256, 256, 256, 128, 64),
        body_widths=(32, 64, 128, 192),
        pose_widths=(32, 64, 96, 192),
    )
)
_TINY = _told_states(
    starter_networks(
        generator_channels=(16, 16, 16, 8, 8),
        body_widths=(8, 8, 8, 16),
        pose_widths=(8, 8, 8, 8),
        judge_widths=(8, 8, 8, 8),
    )
)

HEADS_PROFILES: dict[HeadsProfileName, HeadsProfile] = {
    "cpu": HeadsProfile(
        networks=_SMALL,
        people=1900,
        crop_scale=0.9,
        portrait=PortraitTraining(coarse_steps=1_200, regression_steps=8_300),
        portrait_steps=11_000,
        e4e=HeadsE4ETraining(latent_steps=500),
        e4e_steps=1_600,
        hypernetwork=HeadsHypernetworkTraining(style_steps=2_500, picture_steps=3_000),
    ),
    "gpu": HeadsProfile(
        networks=_WIDE,
        people=12_000,
        crop_scale=0.9,
        portrait=PortraitTraining(coarse_steps=3_000, regression_steps=60_000, batch_size=32),
        portrait_steps=80_000,
        e4e=HeadsE4ETraining(latent_steps=5_000, batch_size=64, image_batch_size=32),
        e4e_steps=20_000,
        hypernetwork=HeadsHypernetworkTraining(
            style_steps=20_000, picture_steps=40_000, batch_size=32, style_batch_size=128
        ),
    ),
    "smoke": HeadsProfile(
        networks=_TINY,
        people=4,
        crop_scale=0.9,
        portrait=PortraitTraining(coarse_steps=1, regression_steps=1, batch_size=4),
        portrait_steps=3,
        e4e=HeadsE4ETraining(latent_steps=1, batch_size=4, image_batch_size=2),
        e4e_steps=2,
        hypernetwork=HeadsHypernetworkTraining(
            style_steps=1, picture_steps=2, batch_size=4, style_batch_size=4
        ),
    ),
}
