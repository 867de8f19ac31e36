"""The networks of a starter set that is told states, and how their sizes hang together."""

from __future__ import annotations

from dataclasses import dataclass

from ...networks.arcface import ArcFaceConfig
from ...networks.deca import CodeSizes, PoseEncoderConfig
from ...networks.discriminator import DiscriminatorConfig
from ...networks.e4e import E4EConfig
from ...networks.hypernetwork import HypernetworkConfig, tuned_slots
from ...networks.irse import IRSEConfig
from ...networks.pose_state import STATE, STATE_CHANNELS
from ...networks.stylegan2 import StyleGAN2Config, slots_of
from .portrait import PORTRAIT_DIM


@dataclass(frozen=True)
class Networks:
    """One configuration of every network that sees face crops of the set's size."""

    generator: StyleGAN2Config
    critic: DiscriminatorConfig
    e4e: E4EConfig
    appearance: ArcFaceConfig
    judge_appearance: ArcFaceConfig
    judge_pose: PoseEncoderConfig
    hypernetwork: HypernetworkConfig


_JUDGED = CodeSizes(shape=0, texture=0, expression=52, global_pose=3, jaw_pose=0, camera=0, light=0)


def starter_networks(
    *,
    generator_channels: tuple[int, ...],
    body_widths: tuple[int, ...],
    judge_widths: tuple[int, ...] = (24, 40, 80, 144),
) -> Networks:
    """The starter's family: 128 px from a 64 px backbone with sub-pixel output."""
    generator = StyleGAN2Config(
        resolution=128,
        channels=generator_channels,
        latent_dim=256,
        z_dim=PORTRAIT_DIM,
        mapping_layers=3,
        mapping_lr_multiplier=1.0,
        mapping_input="standardise",
        mapping_residual=True,
        upsample="bilinear",
        output_shuffle=2,
        noise=False,
    )
    body = _body(body_widths)
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
        codes=_JUDGED,
    )
    slots = slots_of(generator)
    n_latent = generator.n_latent
    return Networks(
        generator=generator,
        critic=DiscriminatorConfig(
            resolution=128,
            channels=tuple(reversed(generator_channels)),
            fold=2,
            condition_dim=STATE,
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
        judge_pose=judge_pose,
        hypernetwork=HypernetworkConfig(
            pose_channels=STATE_CHANNELS,
            channels=body.out_channels,
            slots=tuned_slots(slots),
            n_slots=len(slots),
            # A state is the same all over its map: products of matrices would say nothing.
            fusion="hadamard",
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
