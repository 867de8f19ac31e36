"""Generator stage on clips of real people: StyleGAN2 from Gaussian z, by its critic alone.

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020): logistic
loss, lazy R1, style mixing, optional path length regularisation; adaptive augmentation from
"Training Generative Adversarial Networks with Limited Data" (2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ...imaging import ImageU8
from ...models.checkpoints import save_network
from ...networks.discriminator import Discriminator, DiscriminatorConfig
from ...networks.stylegan2 import Generator, StyleGAN2Config
from ..data.clip_faces import ClipFaces
from ..engine.compute import Compute
from ..engine.grids import comparison_grid, spread_out
from ..engine.learner import Learner, Shares, frozen_copy, update_average
from ..engine.losses import discriminator_loss, generator_loss, r1_penalty
from ..engine.metrics import high_frequency_ratio, variety_ratio
from ..engine.recipes import Recipe
from .adaptive import DICE, AdaptiveAugment
from .codes import code_statistics

_HELD_OUT_FACES, _SHOWN = 64, 8
_SHOWN_PSI = 0.7


@dataclass(frozen=True)
class ClipGeneratorTraining:
    """r1_every, path_every: steps from one regularisation to the next, which counts for all.

    path_weight: 0 leaves path lengths alone. mixing: share of pictures drawn from two codes.
    augment: whether the critic's pictures are changed at random as it overfits.
    """

    recipe: Recipe
    r1_weight: float = 4.0
    r1_every: int = 16
    path_weight: float = 0.0
    path_every: int = 8
    mixing: float = 0.9
    augment: bool = True


def gaussian_config(config: StyleGAN2Config) -> StyleGAN2Config:
    """A set's generator for Gaussian z: as it is, or with the published kind of mapping network
    where z were scene parameters, which nobody knows of real people."""
    if config.mapping_input == "pixel_norm":
        return config
    published = StyleGAN2Config()
    return replace(
        config,
        z_dim=config.latent_dim,
        mapping_input="pixel_norm",
        mapping_layers=published.mapping_layers,
        mapping_lr_multiplier=published.mapping_lr_multiplier,
        mapping_residual=False,
    )


def critic_config(config: StyleGAN2Config) -> DiscriminatorConfig:
    """The mirror image of a generator."""
    return DiscriminatorConfig(
        resolution=config.resolution,
        channels=tuple(reversed(config.channels)),
        fold=config.output_shuffle,
    )


class _Drawing(nn.Module):
    """z -> picture in one call, as processes that share gradients need it."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor, other: Tensor, first_of_other: Tensor) -> tuple[Tensor, Tensor]:
        """z, other [B, z_dim]; codes from number `first_of_other` [B] on are those of `other`.

        Returns the picture [B, 3, R, R] and its codes [B, n_latent, D].
        """
        generator = self.generator
        with torch.autocast(z.device.type, enabled=False):
            mine, theirs = generator.mapping(torch.cat([z, other])).chunk(2)  # [B, D]
        layer = torch.arange(generator.config.n_latent, device=z.device)
        is_mine = layer[None] < first_of_other[:, None]  # [B, n_latent]
        codes = torch.where(is_mine[..., None], mine[:, None], theirs[:, None])
        return generator(codes).float(), codes


class ClipGeneratorStage:
    """Trains a `Generator` with a fresh critic; keeps a moving average of it."""

    name = "generator"

    def __init__(
        self,
        network: Generator,
        *,
        training: ClipGeneratorTraining,
        clips: ClipFaces,
        held_out: ClipFaces,
        compute: Compute,
        out: Path,
    ) -> None:
        self._training, self._clips, self._held_out = training, clips, held_out
        self._compute, self._out = compute, out
        self._shares = Shares(training.recipe, compute)
        self.generator = network.to(compute.device)
        self.average = frozen_copy(self.generator)
        self.critic = Discriminator(critic_config(network.config)).to(compute.device)
        self.augment = AdaptiveAugment()
        self._path_length = _PathLength().to(compute.device)
        rate = training.recipe.learning_rate
        self._drawer = Learner(
            _Drawing(self.generator),
            Adam(self.generator.parameters(), rate, betas=(0.0, 0.99), fused=True),
            recipe=training.recipe,
            compute=compute,
        )
        self._judge = Learner(
            self.critic,
            Adam(self.critic.parameters(), rate, betas=(0.0, 0.99), fused=True),
            recipe=training.recipe,
            compute=compute,
        )

    def networks(self) -> Mapping[str, nn.Module]:
        return {
            "generator": self.generator,
            "average": self.average,
            "critic": self.critic,
            "augment": self.augment,
            "path_length": self._path_length,
        }

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"generator": self._drawer.optimiser, "critic": self._judge.optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        fakes, losses = self._update_generator(step, random)
        losses |= self._update_critic(fakes, step, random)
        decay = self._training.recipe.average_decay
        update_average(self.average, self.generator, step, decay)
        return losses

    def _update_generator(
        self, step: int, random: torch.Generator
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """The pictures drawn for the critic, part by part, and the losses."""
        t, config, total = self._training, self.generator.config, self._shares.total
        z = torch.randn(2, total, config.z_dim, generator=random)
        cut = torch.randint(1, config.n_latent, (total,), generator=random)
        mixed = torch.rand(total, generator=random) < t.mixing
        cut = torch.where(mixed, cut, config.n_latent)
        dice = torch.rand(total, DICE, generator=random)
        measures_path = t.path_weight > 0 and step % t.path_every == 0
        side = config.resolution
        noise = torch.randn(total, 3, side, side, generator=random) if measures_path else None
        fakes: list[Tensor] = []

        def losses_of(_part: int, rows: slice) -> Mapping[str, Tensor]:
            device = self._compute.device
            with self._drawer.autocast():
                image, codes = self._drawer.model(
                    z[0, rows].to(device), z[1, rows].to(device), cut[rows].to(device)
                )
                logits = self.critic(self._seen(image, dice[rows])).float()
            fakes.append(image.detach())
            losses = {"fooled": generator_loss(logits)}
            if noise is not None:
                uneven = self._path_length(image, codes, noise[rows].to(device))
                losses["path"] = t.path_weight * t.path_every * uneven
            return losses

        self.critic.requires_grad_(requires_grad=False)
        return fakes, self._drawer.update(self._shares, losses_of)

    def _update_critic(
        self, fakes: list[Tensor], step: int, random: torch.Generator
    ) -> dict[str, Tensor]:
        t, total = self._training, self._shares.total
        index = self._clips.clips.sample(total, random)
        dice = torch.rand(2, total, DICE, generator=random)
        signs: list[Tensor] = []

        def losses_of(part: int, rows: slice) -> Mapping[str, Tensor]:
            real = self._seen(self._clips.take(index[rows]).image, dice[0, rows])
            fake = self._seen(fakes[part], dice[1, rows])
            with self._judge.autocast():
                of_real, of_fake = self._judge.model(torch.cat([real, fake])).float().chunk(2)
            signs.append(of_real.detach().sign().mean())
            losses = {"critic": discriminator_loss(of_real, of_fake)}
            if step % t.r1_every == 0:
                slope = r1_penalty(real, self._judge.model)
                losses["r1"] = 0.5 * t.r1_weight * t.r1_every * slope
            return losses

        self.critic.requires_grad_(requires_grad=True)
        losses = self._judge.update(self._shares, losses_of)
        if "gradient" in losses:
            losses["critic_gradient"] = losses.pop("gradient")
        losses["real_sign"] = torch.stack(signs).mean()
        if t.augment:
            self.augment.adapt(self._compute.mean(losses)["real_sign"], total)
            losses["augment"] = self.augment.strength.clone()
        return losses

    def _seen(self, image: Tensor, dice: Tensor) -> Tensor:
        """A picture as the critic gets to see it."""
        return self.augment(image, dice) if self._training.augment else image

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Drawn pictures beside real ones of held-out people: their detail and variety."""
        index = self._held_out.clips.spread(_HELD_OUT_FACES)
        real = torch.cat([faces.image for faces in self._held_out.in_turn(index)])
        random = torch.Generator().manual_seed(1)
        z = torch.randn(_HELD_OUT_FACES, self.average.config.z_dim, generator=random)
        mean = code_statistics(self.average).mean
        free, shown = self._draw(z, mean, psi=1.0), self._draw(z[: 3 * _SHOWN], mean, _SHOWN_PSI)
        figures = {
            "sharp": high_frequency_ratio(free, real),
            "variety": variety_ratio(free, real),
        }
        return figures, comparison_grid([spread_out(real, 3 * _SHOWN), shown], columns=_SHOWN)

    def _draw(self, z: Tensor, mean: Tensor, psi: float) -> Tensor:
        drawn: list[Tensor] = []
        for part in z.to(mean.device).split(16):
            w = mean + psi * (self.average.mapping(part) - mean)
            with self._drawer.autocast():
                drawn.append(self.average(self.average.broadcast(w)).float().clamp(-1, 1))
        return torch.cat(drawn)

    def finish(self) -> None:
        self.average.latent_avg.copy_(code_statistics(self.average).mean)
        path = self._out / "generator.safetensors"
        save_network(path, self.average, kind="generator", config=self.average.config)


class _PathLength(nn.Module):
    """How unevenly the picture answers to its codes: squared deviation from the usual length."""

    usual: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("usual", torch.zeros(()))

    def forward(self, image: Tensor, codes: Tensor, noise: Tensor) -> Tensor:
        noise = noise / sqrt(image.shape[-1] * image.shape[-2])
        (slope,) = torch.autograd.grad((image * noise).sum(), codes, create_graph=True)
        lengths = slope.square().sum(2).mean(1).sqrt()  # [B]
        self.usual.lerp_(lengths.detach().mean(), 0.01)
        return (lengths - self.usual).square().mean()
