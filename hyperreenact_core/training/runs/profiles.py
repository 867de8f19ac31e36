"""Sizes and lengths of the starter set's training, for a small CPU and for a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..stages.appearance import AppearanceTraining
from ..stages.e4e import E4ETraining
from ..stages.generator import GeneratorTraining
from ..stages.hypernetwork import HypernetworkTraining
from ..stages.landmarks import LandmarkTraining
from ..stages.pose import PoseTraining
from .starter_networks import Networks, starter_networks

ProfileName = Literal["cpu", "more", "gpu", "smoke"]


@dataclass(frozen=True)
class Profile:
    """Everything a starter run needs to know.

    identities x clips x frames_per_clip face crops are rendered, and as many portraits as there
    are identities. generator_decay_from: see `LoopConfig`; an adversarial phase needs a full rate.
    """

    networks: Networks
    identities: int
    clips: int
    frames_per_clip: int
    crop_scale: float
    generator: GeneratorTraining
    generator_steps: int
    generator_decay_from: float
    appearance: AppearanceTraining
    appearance_steps: int
    pose: PoseTraining
    pose_steps: int
    judge_appearance_steps: int
    judge_pose_steps: int
    landmarks: LandmarkTraining
    landmark_steps: int
    e4e: E4ETraining
    e4e_steps: int
    hypernetwork: HypernetworkTraining


_SMALL = starter_networks(
    generator_channels=(192, 192, 192, 128, 64),
    body_widths=(32, 48, 96, 160),
    pose_widths=(32, 48, 96, 160),
)
_WIDE = starter_networks(
    generator_channels=(256, 256, 256, 128, 64),
    body_widths=(32, 64, 128, 192),
    pose_widths=(32, 64, 96, 192),
)

PROFILES: dict[ProfileName, Profile] = {
    "cpu": Profile(
        networks=_SMALL,
        identities=3000,
        clips=2,
        frames_per_clip=3,
        crop_scale=0.85,
        generator=GeneratorTraining(
            coarse_steps=1_500, regression_steps=25_000, batch_size=8, adversarial_rise_steps=200
        ),
        generator_steps=31_300,
        generator_decay_from=0.98,
        appearance=AppearanceTraining(batch_size=32),
        appearance_steps=3_500,
        pose=PoseTraining(batch_size=32),
        pose_steps=3_000,
        judge_appearance_steps=5_500,
        judge_pose_steps=4_000,
        landmarks=LandmarkTraining(batch_size=32),
        landmark_steps=3_000,
        e4e=E4ETraining(latent_steps=1_500),
        e4e_steps=3_000,
        hypernetwork=HypernetworkTraining(
            style_steps=2_500,
            inversion_steps=30,
            self_steps=200,
            cross_steps=1_500,
            style_weight=10.0,
            image_rate=0.15,
            batch_size=8,
            style_batch_size=32,
        ),
    ),
    # Goes on from a finished set of "cpu" with the network that lags furthest behind the
    # generator, and with the judges, whose own error hides what is gained; on twice as many people.
    "more": Profile(
        networks=_SMALL,
        identities=6000,
        clips=2,
        frames_per_clip=3,
        crop_scale=0.85,
        generator=GeneratorTraining(coarse_steps=0, regression_steps=0),
        generator_steps=0,
        generator_decay_from=1.0,
        appearance=AppearanceTraining(batch_size=32),
        appearance_steps=0,
        pose=PoseTraining(batch_size=32),
        pose_steps=0,
        judge_appearance_steps=5_000,
        judge_pose_steps=3_500,
        landmarks=LandmarkTraining(),
        landmark_steps=0,
        e4e=E4ETraining(latent_steps=0),
        e4e_steps=0,
        hypernetwork=HypernetworkTraining(
            style_steps=0,
            inversion_steps=0,
            self_steps=0,
            cross_steps=5_000,
            identity_weight=15.0,
            shape_weight=2.0,
            style_weight=10.0,
            image_rate=0.15,
            batch_size=8,
            style_batch_size=32,
        ),
    ),
    "gpu": Profile(
        networks=_WIDE,
        identities=20_000,
        clips=2,
        frames_per_clip=3,
        crop_scale=0.85,
        generator=GeneratorTraining(coarse_steps=2_000, regression_steps=40_000, batch_size=32),
        generator_steps=60_000,
        generator_decay_from=0.92,
        appearance=AppearanceTraining(batch_size=128),
        appearance_steps=20_000,
        pose=PoseTraining(batch_size=128),
        pose_steps=20_000,
        judge_appearance_steps=15_000,
        judge_pose_steps=15_000,
        landmarks=LandmarkTraining(batch_size=128),
        landmark_steps=15_000,
        e4e=E4ETraining(latent_steps=10_000, batch_size=64, image_batch_size=32),
        e4e_steps=25_000,
        hypernetwork=HypernetworkTraining(
            style_steps=20_000,
            inversion_steps=1_000,
            self_steps=15_000,
            cross_steps=20_000,
            style_weight=10.0,
            batch_size=32,
            style_batch_size=128,
        ),
    ),
    "smoke": Profile(
        networks=starter_networks(
            generator_channels=(32, 32, 32, 16, 16),
            body_widths=(8, 8, 16, 32),
            pose_widths=(8, 16, 24, 32),
            judge_widths=(8, 8, 16, 24),
        ),
        identities=12,
        clips=2,
        frames_per_clip=2,
        crop_scale=0.85,
        generator=GeneratorTraining(coarse_steps=2, regression_steps=2, batch_size=4),
        generator_steps=6,
        generator_decay_from=0.6,
        appearance=AppearanceTraining(batch_size=4),
        appearance_steps=2,
        pose=PoseTraining(batch_size=4),
        pose_steps=2,
        judge_appearance_steps=2,
        judge_pose_steps=2,
        landmarks=LandmarkTraining(batch_size=8),
        landmark_steps=2,
        e4e=E4ETraining(latent_steps=1, batch_size=4, image_batch_size=4),
        e4e_steps=2,
        hypernetwork=HypernetworkTraining(
            style_steps=2,
            inversion_steps=2,
            self_steps=2,
            cross_steps=2,
            batch_size=4,
            style_batch_size=4,
        ),
    ),
}
