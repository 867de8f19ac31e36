"""One source in many poses: what the source alone decides is computed once, the rest per batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..models.sets import FastNetworks
from ..networks.fast.drawing import StyledGenerator, draw, style_generator
from .strength import DeltaStrength, scaled


@dataclass(frozen=True)
class PreparedSource:
    """A source face, ready to be drawn.

    appearance_terms: the appearance map's part of the fused map, [1, C, h, w].
    styled: the generator with the source's styles in its kernels.
    """

    appearance_terms: Tensor
    styled: StyledGenerator


@torch.inference_mode()
def prepare_source(w_plus: Tensor, appearance: Tensor, networks: FastNetworks) -> PreparedSource:
    """Truncated codes [1, n_latent, D] and appearance map [1, C, h, w], on the networks' device."""
    terms = networks.hypernetwork.source_terms(appearance.to(networks.dtype))
    return PreparedSource(
        appearance_terms=terms,
        styled=style_generator(networks.generator, w_plus, dtype=networks.dtype),
    )


@torch.inference_mode()
def draw_poses(
    source: PreparedSource, features: Tensor, networks: FastNetworks, strength: DeltaStrength
) -> Tensor:
    """Pose maps [B, C, h, w] -> the source in B poses, [B, 3, R, R] float32 in [-1, 1]."""
    pose = features.to(networks.dtype)
    deltas = networks.hypernetwork.deltas(source.appearance_terms, pose)
    deltas = scaled(deltas, strength, networks.generator.slots)
    return draw(source.styled, deltas, frames=len(features)).clamp_(-1, 1)
