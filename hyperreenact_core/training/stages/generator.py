"""Generator stage: regression from scene parameters, then adversarial sharpening.

Both phases are one stage: the adversarial weight rises from zero after `regression_steps`, and
the regression term stays on, so that a code keeps its meaning while the picture gets crisp.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ...imaging import ImageU8, resize
from ...models.checkpoints import save_network
from ...networks.discriminator import Discriminator, DiscriminatorConfig
from ...networks.modulation import StyledConv
from ...networks.stylegan2 import Generator, StyleGAN2Config
from ...quality import psnr
from ..data.drawn_heads import RenderedHeads
from ..data.scene import SceneCode
from ..engine.grids import comparison_grid
from ..engine.loop import update_average
from ..engine.losses import (
    discriminator_loss,
    generator_loss,
    landmark_weights,
    lattice_loss,
    pyramid_loss,
    r1_penalty,
    style_range_loss,
)
from ..engine.metrics import high_frequency_ratio
from ..engine.muon import Muon
from ..engine.precision import autocast

_DEVIATION_FLOOR = 0.15
"""Rarely used parameters are not blown up to full scale."""


@dataclass(frozen=True)
class GeneratorTraining:
    """steps at 32 px come first (`coarse_steps`), then full size, then adversarial.

    adversarial_rate: factor of the generator's learning rate in the last phase.
    """

    coarse_steps: int
    regression_steps: int
    batch_size: int = 16
    learning_rate: float = 2e-3
    adversarial_weight: float = 0.8
    adversarial_rise_steps: int = 500
    adversarial_rate: float = 0.5
    lattice_weight: float = 20.0
    r1_weight: float = 4.0
    r1_every: int = 16
    style_range_weight: float = 1.0
    average_decay: float = 0.998
    coarse_size: int = 32


class GeneratorStage:
    """Trains a `Generator` whose z are scene parameters; keeps a moving average of it."""

    name = "generator"

    def __init__(
        self,
        *,
        config: StyleGAN2Config,
        critic: DiscriminatorConfig,
        training: GeneratorTraining,
        heads: RenderedHeads,
        held_out: RenderedHeads,
        out: Path,
    ) -> None:
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        self.generator = Generator(config).to(heads.device)
        self._scene = SceneCode().to(heads.device)
        some = self._scene(heads, heads.spread(8192))
        self.generator.set_input_statistics(some.mean(0), some.std(0) + _DEVIATION_FLOOR)
        self.average = deepcopy(self.generator).requires_grad_(requires_grad=False)
        self.critic = Discriminator(critic).to(heads.device)
        rate = training.learning_rate
        kernels = {
            id(layer.conv.weight)
            for layer in self.generator.layers()
            if isinstance(layer, StyledConv)
        }
        chosen = [p for p in self.generator.parameters() if id(p) in kernels]
        rest = [p for p in self.generator.parameters() if id(p) not in kernels]
        self._optimisers: dict[str, Optimizer] = {
            "kernels": Muon(chosen, rate),
            "generator": Adam(rest, rate, betas=(0.9, 0.99), fused=True),
        }
        self._critic_optimiser = Adam(self.critic.parameters(), 2e-3, betas=(0.0, 0.99), fused=True)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"generator": self.generator, "average": self.average, "critic": self.critic}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {**self._optimisers, "critic": self._critic_optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t = self._training
        index = self._heads.sample(t.batch_size, random)
        truth, scene = self._heads.batch(index), self._scene(self._heads, index)
        size = t.coarse_size if step < t.coarse_steps else self._heads.size
        marks = self._heads.landmarks[index] * (size / self._heads.size)
        small = resize(truth, size)
        with autocast(self._heads.device):
            codes = self.generator.broadcast(self.generator.mapping(scene))
            image = self.generator(codes, size=size)
        image = image.float()
        regression = pyramid_loss(image, small, landmark_weights(marks, size))
        spread = style_range_loss(self.generator.styles(codes.float()))
        losses = {"regression": regression, "style_range": spread}
        total = regression + t.style_range_weight * spread

        into = step - t.coarse_steps - t.regression_steps
        condition = self.generator.standardise(scene)
        if into >= 0:
            self.critic.requires_grad_(requires_grad=False)
            with autocast(self._heads.device):
                fooled = generator_loss(self.critic(image, condition).float())
            weight = t.adversarial_weight * min(1.0, into / t.adversarial_rise_steps)
            fold = self.generator.config.output_shuffle
            lattice = lattice_loss(image, small, fold=fold)
            losses |= {"fooled": fooled, "lattice": lattice}
            total = total + weight * fooled + t.lattice_weight * lattice
        self.generator.zero_grad(set_to_none=True)
        total.backward()
        for optimiser in self._optimisers.values():
            if into >= 0:
                for group in optimiser.param_groups:
                    group["lr"] *= t.adversarial_rate  # the loop sets it afresh every step
            optimiser.step()
        update_average(self.average, self.generator, step, t.average_decay)
        if into >= 0:
            losses["critic"] = self._update_critic(truth, image.detach(), condition, step)
        return losses

    def _update_critic(self, real: Tensor, fake: Tensor, condition: Tensor, step: int) -> Tensor:
        t = self._training
        self.critic.requires_grad_(requires_grad=True)
        with autocast(self._heads.device):
            logits = self.critic(torch.cat([real, fake]), torch.cat([condition, condition]))
            loss = discriminator_loss(*logits.float().chunk(2))
        self._critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if step % t.r1_every == 0:
            half = real[: len(real) // 2]
            penalty = r1_penalty(half, lambda x: self.critic(x, condition[: len(half)]))
            (penalty * (0.5 * t.r1_weight * t.r1_every)).backward()
        self._critic_optimiser.step()
        return loss.detach()

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        truth, drawn = [], []
        for part in self._held_out.spread(128).split(32):
            truth.append(self._held_out.batch(part))
            with autocast(self._heads.device):
                w = self.average.mapping(self._scene(self._held_out, part))
                drawn.append(self.average(self.average.broadcast(w)).float().clamp(-1, 1))
        true, mine = torch.cat(truth), torch.cat(drawn)
        figures = {
            "psnr": float(psnr(mine, true).mean()),
            "sharp": high_frequency_ratio(mine, true),
        }
        return figures, comparison_grid([true[:24], mine[:24]], columns=8)

    @torch.no_grad()
    def finish(self) -> None:
        parts = torch.arange(len(self._heads), device=self._heads.device).split(1024)
        w = torch.cat([self.average.mapping(self._scene(self._heads, part)) for part in parts])
        self.average.latent_avg.copy_(w.mean(0))
        path = self._out / "generator.safetensors"
        save_network(path, self.average, kind="generator", config=self.average.config)
