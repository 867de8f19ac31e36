"""First stage: appearance encoder and generator together, from pairs of pictures of a clip.

One picture tells the person, the other one's true state is given, and that other one is to be
drawn. The encoder also learns to tell people apart, as ArcFace does. In the last steps a critic
joins in, as in StyleGAN2.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from ...imaging import ImageU8, resize
from ...networks.arcface import ArcFace, ArcFaceConfig
from ...networks.discriminator import Discriminator, DiscriminatorConfig
from ...networks.modulation import StyledConv
from ...networks.stylegan2 import Generator, StyleGAN2Config
from ...quality import psnr
from ..engine.grids import comparison_grid
from ..engine.learner import update_average
from ..engine.losses import (
    discriminator_loss,
    generator_loss,
    lattice_loss,
    pyramid_loss,
    r1_penalty,
    style_range_loss,
)
from ..engine.metrics import high_frequency_ratio
from ..engine.muon import Muon
from ..engine.precision import autocast, steady_norms
from ..stages.margin import ArcFaceMargin
from .crops import HeadCrops
from .judges import nearest_is_same_person
from .pairs import pictures_of, soft_background
from .perception import Perception
from .portrait import Portrait, save_portrait


@dataclass(frozen=True)
class PortraitTraining:
    """coarse_steps: at coarse_size px, without perceptual loss; they come first. regression_steps:
    at full size without a critic.

    flat: share of the pairs before one colour. code_rate: of encoder, code and margin.
    adversarial_rate: factor of the generator's learning rate once there is a critic.
    """

    coarse_steps: int
    regression_steps: int
    batch_size: int = 8
    coarse_size: int = 32
    learning_rate: float = 2e-3
    code_rate: float = 1e-3
    weight_decay: float = 0.02
    perceptual_weight: float = 0.5
    identity_weight: float = 0.1
    style_range_weight: float = 1.0
    lattice_weight: float = 10.0
    adversarial_weight: float = 0.5
    adversarial_rise_steps: int = 300
    adversarial_rate: float = 0.5
    critic_rate: float = 2e-3
    r1_weight: float = 4.0
    r1_every: int = 16
    flat: float = 0.3
    average_decay: float = 0.998


class PortraitStage:
    """Trains a `Portrait`; keeps a moving average of it."""

    name = "portrait"

    def __init__(
        self,
        *,
        generator: StyleGAN2Config,
        critic: DiscriminatorConfig,
        appearance: ArcFaceConfig,
        training: PortraitTraining,
        perception: Perception,
        heads: HeadCrops,
        held_out: HeadCrops,
        out: Path,
    ) -> None:
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        self._perception = perception
        self.portrait = Portrait(Generator(generator), ArcFace(appearance)).to(heads.device)
        self.portrait.centre(heads.state)
        self.average = deepcopy(self.portrait).requires_grad_(requires_grad=False).eval()
        people = int(heads.identity.max()) + 1
        steady_norms(self.portrait)
        self.critic = Discriminator(critic).to(heads.device)
        self.margin = ArcFaceMargin(appearance.embedding_dim, people).to(heads.device)
        drawing = self.portrait.generator
        kernels = [layer.conv.weight for layer in drawing.layers() if isinstance(layer, StyledConv)]
        known = {id(kernel) for kernel in kernels}
        rest = [p for p in drawing.parameters() if id(p) not in known]
        seeing = [
            *self.portrait.appearance.parameters(),
            *self.portrait.code.parameters(),
            *self.margin.parameters(),
        ]
        t = training
        self._optimisers: dict[str, Optimizer] = {
            "kernels": Muon(kernels, t.learning_rate),
            "generator": Adam(rest, t.learning_rate, betas=(0.9, 0.99), fused=True),
            "appearance": AdamW(seeing, t.code_rate, weight_decay=t.weight_decay, fused=True),
        }
        self._critic_optimiser = Adam(
            self.critic.parameters(), t.critic_rate, betas=(0.0, 0.99), fused=True
        )

    def networks(self) -> Mapping[str, nn.Module]:
        return {
            "portrait": self.portrait,
            "average": self.average,
            "margin": self.margin,
            "critic": self.critic,
        }

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {**self._optimisers, "critic": self._critic_optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, heads = self._training, self._heads
        target = heads.sample(t.batch_size, random)
        source = heads.partner(target, random)
        pairs = pictures_of(heads, source, target, random, flat=t.flat)
        coarse = step < t.coarse_steps
        size = t.coarse_size if coarse else heads.size
        self.portrait.train()
        generator = self.portrait.generator
        with autocast(heads.device):
            seen = self.portrait.look(pairs.source)
            w = self.portrait.w(self.portrait.code(seen.map), heads.state[target])
            codes = generator.broadcast(w)
            image = generator(codes, size=size)
        image = image.float()
        labels = heads.identity[source]
        truth, weight = (resize(x, size) for x in (pairs.truth, pairs.weight))
        losses = {
            "pixel": pyramid_loss(image, truth, weight),
            "identity": F.cross_entropy(self.margin(seen.embedding, labels), labels),
            "style_range": style_range_loss(generator.styles(codes.float())),
        }
        total = (
            losses["pixel"]
            + t.identity_weight * losses["identity"]
            + t.style_range_weight * losses["style_range"]
        )
        if not coarse:
            losses["feature"] = self._perception.distance(image, truth)
            losses["lattice"] = lattice_loss(image, truth, fold=generator.config.output_shuffle)
            total = total + t.perceptual_weight * losses["feature"]
            total = total + t.lattice_weight * losses["lattice"]
        into = step - t.coarse_steps - t.regression_steps
        if into >= 0:
            losses["fooled"] = self._fooled(image, heads.state[target])
            rise = min(1.0, into / t.adversarial_rise_steps)
            total = total + t.adversarial_weight * rise * losses["fooled"]
            for name in ("kernels", "generator"):
                for group in self._optimisers[name].param_groups:
                    group["lr"] *= t.adversarial_rate  # the loop sets it afresh every step
        for module in (self.portrait, self.margin):
            module.zero_grad(set_to_none=True)
        total.backward()
        for optimiser in self._optimisers.values():
            optimiser.step()
        update_average(self.average, self.portrait, step, t.average_decay)
        if into >= 0:
            losses["critic"] = self._update_critic(truth, image.detach(), heads.state[target], step)
        return {key: value.detach() for key, value in losses.items()}

    def _fooled(self, image: Tensor, state: Tensor) -> Tensor:
        self.critic.requires_grad_(requires_grad=False)
        with autocast(image.device):
            return generator_loss(self.critic(image, state).float())

    def _update_critic(self, real: Tensor, fake: Tensor, state: Tensor, step: int) -> Tensor:
        t = self._training
        self.critic.requires_grad_(requires_grad=True)
        with autocast(real.device):
            logits = self.critic(torch.cat([real, fake]), torch.cat([state, state]))
            loss = discriminator_loss(*logits.float().chunk(2))
        self._critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if step % t.r1_every == 0:
            half = real[: len(real) // 2]
            penalty = r1_penalty(half, lambda x: self.critic(x, state[: len(half)]))
            (penalty * (0.5 * t.r1_weight * t.r1_every)).backward()
        self._critic_optimiser.step()
        return loss.detach()

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Held-out people in another state of their own, and in a stranger's."""
        heads, random = self._held_out, torch.Generator().manual_seed(1)
        source = heads.spread(64)
        target = heads.partner(source, random)
        stranger = target.roll(5)
        truth = soft_background(heads.batch(target), heads.cover(target))
        mine, other = self._drawn(source, target), self._drawn(source, stranger)
        cover = heads.cover(target)
        figures = {
            "psnr": float(psnr(mine * cover, truth * cover).mean()),
            "sharp": high_frequency_ratio(mine * cover, truth * cover),
            "rank1": self._rank1(),
        }
        show = slice(0, 20)
        stacks = [heads.batch(source)[show], truth[show], mine[show]]
        return figures, comparison_grid(
            [*stacks, heads.batch(stranger)[show], other[show]], columns=10
        )

    def _drawn(self, source: Tensor, state_of: Tensor) -> Tensor:
        heads, images = self._held_out, []
        generator = self.average.generator
        for i, j in zip(source.split(32), state_of.split(32), strict=True):
            with autocast(heads.device):
                code = self.average.code(self.average.look(heads.batch(i)).map)
                w = self.average.w(code, heads.state[j])
                images.append(generator(generator.broadcast(w)).float())
        return torch.cat(images).clamp(-1, 1)

    def _rank1(self) -> float:
        """How often the nearest picture of another clip shows the same person."""
        heads = self._held_out
        index = torch.arange(heads.pictures, device=heads.device)
        codes: list[Tensor] = []
        for part in index.split(64):
            with autocast(heads.device):
                codes.append(self.average.look(heads.batch(part)).embedding)
        return nearest_is_same_person(torch.cat(codes), heads, index)

    @torch.no_grad()
    def finish(self) -> None:
        """Write what has been trained."""
        portrait, heads = self.average, self._heads
        ws: list[Tensor] = []
        for part in heads.spread(2048).split(64):
            with autocast(heads.device):
                code = portrait.code(portrait.look(heads.batch(part)).map)
                ws.append(portrait.w(code, heads.state[part]).float())
        portrait.generator.latent_avg.copy_(torch.cat(ws).mean(0))
        save_portrait(self._out, portrait)
