"""Hypernetworks that lack something the method claims to need: its ablations, and its ancestors.

Each is trained against the finished frozen networks of a run, as long as the run's own
hypernetwork and from the same seed, and differs from it in one thing only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.variants import Condition, code_map, variant_notes
from hyperreenact_core.networks.hypernetwork import Fusion, HypernetworkConfig
from hyperreenact_core.networks.stylegan2 import StyleGAN2Config
from hyperreenact_core.quality import psnr
from hyperreenact_core.training.engine.grids import comparison_grid
from hyperreenact_core.training.engine.precision import autocast
from hyperreenact_core.training.heads.features import HeadFeatures
from hyperreenact_core.training.heads.hypernetwork_stage import (
    Frozen,
    HeadsHypernetworkStage,
    HeadsHypernetworkTraining,
)
from hyperreenact_core.types import WeightDeltas


@dataclass(frozen=True)
class Variant:
    """What differs from the method as it is.

    condition: see `models.variants`; a network that is not told the state learns to invert alone.
    passes: deltas add up over so many, each seeing what those before have drawn.
    strangers, kernels, states: whether strangers drive, whether kernels are matched (also as a
    warm-up), and whether the loss of states is on.
    """

    meaning: str
    condition: Condition = "pose"
    fusion: Fusion | None = None
    passes: int = 1
    strangers: bool = True
    kernels: bool = True
    states: bool = True

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

    def training(
        self, training: HeadsHypernetworkTraining, share: float
    ) -> HeadsHypernetworkTraining:
        """Steps and losses, from those of the method; share: part of the steps, above 0."""
        t = replace(
            training,
            style_steps=round(share * training.style_steps) if self.kernels else 0,
            picture_steps=round(share * training.picture_steps),
        )
        if not self.kernels:
            t = replace(t, style_weight=0.0)
        if not self.states:
            t = replace(t, state_weight=0.0)
        if self.condition != "pose":
            return replace(t, strangers=0.0, own=1.0)
        return t if self.strangers else replace(t, strangers=0.0)


VARIANTS: dict[str, Variant] = {
    "full": Variant("nothing left out: what the others are set against"),
    "no_cross": Variant("no cross-subject pairs", strangers=False),
    "no_state": Variant("no loss of what a reader sees", states=False),
    "matmul": Variant("maps fused as matrices", fusion="matmul"),
    "no_warm_up": Variant("no matching of kernels", kernels=False),
    "refine": Variant(
        "told the reconstruction, not the state (HyperStyle)",
        condition="reconstruction",
        passes=5,
    ),
    "w_code": Variant("told the W+ code, not the state (HyperInverter)", condition="code"),
}


class VariantStage(HeadsHypernetworkStage):
    """Trains one of them; base: folder of the frozen networks, the rest as of the method."""

    def __init__(self, variant: Variant, *, base: Path, **settings: Any) -> None:
        self._variant, self._base = variant, base  # asked for its maps while the stage is made
        self._seen: tuple[Tensor, ...] = ()
        if variant.condition == "reconstruction":
            features = (settings["features"], settings["held_out_features"])
            frozen: Frozen = settings["frozen"]
            self._seen = tuple(reconstruction_maps(one, frozen) for one in features)
        super().__init__(**settings)

    def _maps(
        self, source: Tensor, driving: Tensor, *, held_out: bool = False
    ) -> tuple[Tensor, Tensor]:
        appearance, told = super()._maps(source, driving, held_out=held_out)
        if self._variant.condition == "code":
            features = self._held_out_features if held_out else self._features
            return appearance, code_map(features.w_plus[source].float(), appearance.shape[-1])
        return appearance, self._seen[held_out][source].float() if self._seen else told

    def _deltas(self, source: Tensor, driving: Tensor, step: int) -> WeightDeltas:
        deltas = super()._deltas(source, driving, step)
        if step < self._training.style_steps:  # draws nothing, so there is one pass
            return deltas
        for _ in range(step % self._variant.passes):
            # Each pass is trained in its turn; the gradient stays within it.
            deltas = self._next_pass(self._features, source, _detached(deltas))
        return deltas

    def _next_pass(
        self, features: HeadFeatures, source: Tensor, deltas: WeightDeltas
    ) -> WeightDeltas:
        portrait = self._frozen.portrait
        with torch.no_grad():
            image = portrait.generator(features.w_plus[source].float(), deltas)
            seen = portrait.look(image.float().clamp(-1, 1)).map
        network = self.network if torch.is_grad_enabled() else self.average
        more = network(features.appearance[source].float(), seen.float())
        # Summed in float32: late passes change what half precision would round away.
        return tuple(
            None if a is None or b is None else a.float() + b
            for a, b in zip(deltas, more, strict=True)
        )

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """As the method; what cannot follow a state is compared with the source picture."""
        if self._variant.condition == "pose":
            return super().validate()
        seen, source = self._held_out_features, self._held_out.spread(96)
        drawn: list[Tensor] = []
        for part in source.split(32):
            with autocast(source.device):
                deltas = self.average(*self._maps(part, part, held_out=True))
                for _ in range(self._variant.passes - 1):
                    deltas = self._next_pass(seen, part, deltas)
                generator = self._frozen.portrait.generator
                drawn.append(generator(seen.w_plus[part].float(), deltas).float())
        mine, truth = torch.cat(drawn).clamp(-1, 1), self._held_out.batch(source)
        grid = comparison_grid([truth[:16], mine[:16]], columns=8)
        return {"psnr": float(psnr(mine, truth).mean())}, grid

    def finish(self) -> None:
        save_network(
            self._out / "hypernetwork.safetensors",
            self.average,
            kind="hypernetwork",
            config=self.average.config,
            notes=variant_notes(self._variant.condition, self._base),
        )


@torch.no_grad()
def reconstruction_maps(features: HeadFeatures, frozen: Frozen) -> Tensor:
    """What the appearance encoder sees in the untouched reconstruction of each picture.

    [2 N, C, 7, 7] in the number format of the features.
    """
    parts: list[Tensor] = []
    for codes in features.w_plus.split(64):
        with autocast(codes.device):
            image = frozen.portrait.generator(codes.float()).float().clamp(-1, 1)
            parts.append(frozen.portrait.look(image).map.to(features.appearance.dtype))
    return torch.cat(parts).contiguous()


def _detached(deltas: WeightDeltas) -> WeightDeltas:
    return tuple(None if delta is None else delta.detach() for delta in deltas)
