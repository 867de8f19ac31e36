"""Sizes and lengths of the starter set's training, for a small CPU and for a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..networks.arcface import ArcFaceConfig
from ..networks.deca import CodeSizes, PoseEncoderConfig
from ..networks.discriminator import DiscriminatorConfig
from ..networks.e4e import E4EConfig
from ..networks.hypernetwork import HypernetworkConfig, tuned_slots
from ..networks.irse import IRSEConfig
from ..networks.landmarks import LandmarkConfig
from ..networks.stylegan2 import StyleGAN2Config, slots_of
from .appearance import AppearanceTraining
from .e4e import E4ETraining
from .generator import GeneratorTraining
from .hypernetwork import HypernetworkTraining
from .landmarks import LandmarkTraining
from .pose import PoseTraining
from .scene import SCENE_DIM

ProfileName = Literal["cpu", "gpu", "smoke"]


@dataclass(frozen=True)
class Networks:
    """One configuration of every network of a set."""

    generator: StyleGAN2Config
    critic: DiscriminatorConfig
    e4e: E4EConfig
    appearance: ArcFaceConfig
    judge_appearance: ArcFaceConfig
    pose: PoseEncoderConfig
    judge_pose: PoseEncoderConfig
    landmarks: LandmarkConfig
    hypernetwork: HypernetworkConfig


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


_RENDERED_CODES = CodeSizes(
    shape=28, texture=0, expression=12, global_pose=3, jaw_pose=0, camera=0, light=0
)


def starter_networks(
    *,
    generator_channels: tuple[int, ...],
    body_widths: tuple[int, ...],
    pose_widths: tuple[int, int, int, int],
    judge_widths: tuple[int, ...] = (24, 40, 80, 144),
) -> Networks:
    """The starter's family: 128 px from a 64 px backbone with sub-pixel output."""
    generator = StyleGAN2Config(
        resolution=128,
        channels=generator_channels,
        latent_dim=256,
        z_dim=SCENE_DIM,
        mapping_layers=3,
        mapping_lr_multiplier=1.0,
        mapping_input="standardise",
        mapping_residual=True,
        upsample="bilinear",
        output_shuffle=2,
        noise=False,
    )
    body = _body(body_widths)
    pose = PoseEncoderConfig(
        input_size=112,
        block="basic",
        stem_channels=pose_widths[0],
        stem_kernel=5,
        stem_pool=False,
        widths=pose_widths,
        depths=(1, 2, 2, 2),
        head_hidden=192,
        codes=_RENDERED_CODES,
    )
    appearance = ArcFaceConfig(input_size=112, body=body, embedding_dim=128, dropout=0.0)
    # The judges differ in shape, seed and random order from what the losses use.
    judge_body = _body(judge_widths)
    judge_pose = PoseEncoderConfig(
        input_size=112,
        block="basic",
        stem_channels=24,
        stem_kernel=3,
        stem_pool=False,
        widths=(24, 48, 96, 128),
        depths=(2, 2, 2, 2),
        head_hidden=128,
        codes=_RENDERED_CODES,
    )
    slots = slots_of(generator)
    n_latent = generator.n_latent
    return Networks(
        generator=generator,
        critic=DiscriminatorConfig(
            resolution=128,
            channels=tuple(reversed(generator_channels)),
            fold=2,
            condition_dim=SCENE_DIM,
        ),
        e4e=E4EConfig(
            input_size=128,
            body=body,
            head_levels=(0,) * 3 + (1,) * 3 + (2,) * (n_latent - 6),
            latent_dim=generator.latent_dim,
            head_width=64,
            head_features=160,
        ),
        appearance=appearance,
        judge_appearance=ArcFaceConfig(
            input_size=112, body=judge_body, embedding_dim=96, dropout=0.0
        ),
        pose=pose,
        judge_pose=judge_pose,
        landmarks=LandmarkConfig(),
        hypernetwork=HypernetworkConfig(
            pose_channels=pose.out_channels,
            channels=body.out_channels,
            slots=tuned_slots(slots),
            n_slots=len(slots),
            shared_width=64,
            shared_features=128,
            code_dim=128,
            shared_hidden=64,
            own_width=64,
            own_features=64,
        ),
    )


def _body(widths: tuple[int, ...]) -> IRSEConfig:
    """Residual body that halves in the stem and in each stage; two units a stage."""
    stem, *stages = widths
    return IRSEConfig(
        stem_channels=stem,
        stem_stride=2,
        stages=tuple((width, 2) for width in stages),
        se_reduction=8,
        rectifier="leaky_relu",
    )


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
