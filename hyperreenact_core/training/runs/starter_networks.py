"""The networks of a starter set and how their sizes hang together."""

from __future__ import annotations

from dataclasses import dataclass

from ...networks.arcface import ArcFaceConfig
from ...networks.deca import CodeSizes, PoseEncoderConfig
from ...networks.discriminator import DiscriminatorConfig
from ...networks.e4e import E4EConfig
from ...networks.hypernetwork import HypernetworkConfig, tuned_slots
from ...networks.irse import IRSEConfig
from ...networks.landmarks import LandmarkConfig
from ...networks.stylegan2 import StyleGAN2Config, slots_of
from ..data.scene import SCENE_DIM


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
