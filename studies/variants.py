"""Hypernetworks that lack something the method claims to need: its ablations, and its ancestors.

Each is trained against the finished frozen networks of a run, as long as the run's own
hypernetwork and from the same seed, and differs from it in one thing only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from hyperreenact_core.imaging import ImageU8, resize
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.variants import Condition, code_map, variant_notes
from hyperreenact_core.networks.arcface import ArcFace
from hyperreenact_core.networks.hypernetwork import Fusion, HypernetworkConfig
from hyperreenact_core.networks.stylegan2 import Generator, StyleGAN2Config
from hyperreenact_core.quality import psnr
from hyperreenact_core.training.data.drawn_heads import RenderedHeads
from hyperreenact_core.training.data.features import FrozenFeatures
from hyperreenact_core.training.engine.grids import comparison_grid
from hyperreenact_core.training.engine.precision import autocast
from hyperreenact_core.training.stages.curriculum import Drivers, Phase
from hyperreenact_core.training.stages.hypernetwork import (
    FrozenNetworks,
    HypernetworkStage,
    HypernetworkTraining,
)
from hyperreenact_core.types import WeightDeltas

PhaseOrder = Literal["paper", "all_at_once", "no_cross", "inversion"]


@dataclass(frozen=True)
class Variant:
    """What differs from the method as it is.

    condition: see `models.variants`; a network that is not told the pose learns to invert alone.
    order: the paper's phases; all in the last one; cross pairs never; inversion alone.
    passes: deltas add up over so many, each seeing what those before have drawn.
    gaze, kernels: whether the gaze loss, and the matching of kernels (also as a warm-up), is on.
    """

    meaning: str
    condition: Condition = "pose"
    order: PhaseOrder = "paper"
    fusion: Fusion | None = None
    passes: int = 1
    gaze: bool = True
    kernels: bool = True

    def config(self, config: HypernetworkConfig, generator: StyleGAN2Config) -> HypernetworkConfig:
        """Sizes of the network, from those of the method."""
        second: Mapping[Condition, int] = {
            "pose": config.pose_channels,
            "reconstruction": config.channels,
            "code": generator.n_latent * generator.latent_dim,
        }
        return replace(
            config,
            pose_channels=second[self.condition],
            fusion=self.fusion or config.fusion,
        )

    def training(self, training: HypernetworkTraining, share: float) -> HypernetworkTraining:
        """Steps and losses, from those of the method; share: part of the steps, above 0."""
        t = training
        drawn = t.inversion_steps + t.self_steps + t.cross_steps
        phases: Mapping[PhaseOrder, tuple[int, int, int]] = {
            "paper": (t.inversion_steps, t.self_steps, t.cross_steps),
            "all_at_once": (0, 0, drawn),
            "no_cross": (t.inversion_steps, t.self_steps + t.cross_steps, 0),
            "inversion": (drawn, 0, 0),
        }
        inversion, own, cross = (round(share * steps) for steps in phases[self.order])
        return replace(
            t,
            style_steps=round(share * t.style_steps) if self.kernels else 0,
            style_weight=t.style_weight if self.kernels else 0.0,
            inversion_steps=inversion,
            self_steps=own,
            cross_steps=cross,
            gaze_weight=t.gaze_weight if self.gaze else 0.0,
        )


VARIANTS: Mapping[str, Variant] = {
    "full": Variant("nothing left out: what the others are set against"),
    "no_curriculum": Variant("all phases of images at once", order="all_at_once"),
    "no_cross": Variant("no cross-subject pairs", order="no_cross"),
    "no_gaze": Variant("no gaze loss", gaze=False),
    "hadamard": Variant("maps fused value by value", fusion="hadamard"),
    "no_warm_up": Variant("no matching of kernels, the paper's losses alone", kernels=False),
    "refine": Variant(
        "told the reconstruction, not the pose (HyperStyle)",
        condition="reconstruction",
        order="inversion",
        passes=5,
    ),
    "w_code": Variant(
        "told the W+ code, not the pose (HyperInverter)", condition="code", order="inversion"
    ),
}


class VariantStage(HypernetworkStage):
    """Trains one of them.

    features: for "reconstruction" their `pose` holds `reconstruction_maps`. base: folder of the
    frozen networks.
    """

    def __init__(
        self,
        variant: Variant,
        *,
        config: HypernetworkConfig,
        training: HypernetworkTraining,
        frozen: FrozenNetworks,
        heads: RenderedHeads,
        features: FrozenFeatures,
        held_out: RenderedHeads,
        held_out_features: FrozenFeatures,
        base: Path,
        out: Path,
    ) -> None:
        self._variant = variant  # asked for its maps while the stage is made
        self._base = base
        super().__init__(
            config=config,
            training=training,
            frozen=frozen,
            heads=heads,
            features=features,
            held_out=held_out,
            held_out_features=held_out_features,
            out=out,
        )

    def _drivers(self, source: Tensor, phase: Phase, random: torch.Generator) -> Drivers:
        if self._variant.order == "inversion":
            return super()._drivers(source, "inversion", random)
        if self._variant.order == "no_cross" and phase == "style":
            return super()._drivers(source, "self", random)
        return super()._drivers(source, phase, random)

    def _maps(
        self, features: FrozenFeatures, source: Tensor, driving: Tensor
    ) -> tuple[Tensor, Tensor]:
        if self._variant.condition == "code":
            size = features.appearance.shape[-1]
            codes = features.w_plus[source].float()
            return features.appearance[source].float(), code_map(codes, size)
        return super()._maps(features, source, driving)

    def _deltas(self, source: Tensor, driving: Tensor, step: int) -> WeightDeltas:
        deltas = super()._deltas(source, driving, step)
        if self._training.phase(step) == "style":  # which draws nothing, so there is one pass
            return deltas
        for _ in range(step % self._variant.passes):
            # Each pass is trained in its turn; the gradient stays within it.
            deltas = self._next_pass(self._features, source, _detached(deltas))
        return deltas

    def _next_pass(
        self, features: FrozenFeatures, source: Tensor, deltas: WeightDeltas
    ) -> WeightDeltas:
        with torch.no_grad():
            image = self._frozen.generator(features.w_plus[source].float(), deltas)
            seen = appearance_maps(image.float().clamp(-1, 1), self._frozen.appearance)
        network = self.network if torch.is_grad_enabled() else self.average
        more = network(features.appearance[source].float(), seen)
        # Summed in float32: late passes change what half precision would round away.
        return tuple(
            None if a is None or b is None else a.float() + b
            for a, b in zip(deltas, more, strict=True)
        )

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """As the method; what cannot follow a pose is compared with the source picture."""
        if self._variant.condition == "pose":
            return super().validate()
        source = self._held_out.spread(96)
        drawn: list[Tensor] = []
        for part in source.split(32):
            seen = self._held_out_features
            with autocast(source.device):
                deltas = self.average(*self._maps(seen, part, part))
                for _ in range(self._variant.passes - 1):
                    deltas = self._next_pass(seen, part, deltas)
                drawn.append(self._frozen.generator(seen.w_plus[part].float(), deltas).float())
        mine, truth = torch.cat(drawn).clamp(-1, 1), self._held_out.batch(source)
        grid = comparison_grid([truth[:16], mine[:16]], columns=8)
        return {"psnr": float(psnr(mine, truth).mean())}, grid

    def finish(self) -> None:
        notes = variant_notes(self._variant.condition, self._base)
        save_network(
            self._out / "hypernetwork.safetensors",
            self.average,
            kind="hypernetwork",
            config=self.average.config,
            notes=notes,
        )


def appearance_maps(pictures: Tensor, appearance: ArcFace) -> Tensor:
    """[B, 3, R, R] in [-1, 1] -> [B, C, 7, 7]."""
    return appearance.appearance_map(resize(pictures, appearance.config.input_size))


@torch.no_grad()
def reconstruction_maps(
    features: FrozenFeatures, generator: Generator, appearance: ArcFace
) -> Tensor:
    """What the appearance encoder sees in the untouched reconstruction of each frame.

    [N, C, 7, 7] in the number format of the features.
    """
    parts: list[Tensor] = []
    for codes in features.w_plus.split(64):
        with autocast(codes.device):
            image = generator(codes.float()).float().clamp(-1, 1)
            parts.append(appearance_maps(image, appearance).to(features.pose.dtype))
    return torch.cat(parts).contiguous()  # as they are read back from a file


def _detached(deltas: WeightDeltas) -> WeightDeltas:
    return tuple(None if delta is None else delta.detach() for delta in deltas)
