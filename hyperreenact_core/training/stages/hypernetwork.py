"""Hypernetwork stage: the paper's curriculum of inversion, self- and cross-subject reenactment.

Phases (HyperReenact, section 3.3), each a number of steps:
    style       our warm-up: match modulated kernels (see style_matching); draws no image
    inversion   source = driving frame: pixel, perceptual, identity, gaze
    self        another frame of the same clip drives: + shape
    cross       half of each batch is driven by another person: there identity and shape only
Generator and encoders stay frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ...imaging import ImageU8, resize
from ...models.checkpoints import save_network
from ...networks.arcface import ArcFace
from ...networks.deca import PoseCodes, PoseEncoder
from ...networks.hypernetwork import Hypernetwork, HypernetworkConfig
from ...networks.rotation import axis_angle_from_euler, euler_from_axis_angle
from ...networks.stylegan2 import Generator
from ...quality import feature_distance, psnr
from ...types import WeightDeltas
from ..data.drawn_heads import RenderedHeads
from ..data.features import FrozenFeatures
from ..data.head_shape import GAZE, HeadShape
from ..data.scene import SceneCode
from ..engine.grids import comparison_grid
from ..engine.loop import update_average
from ..engine.losses import identity_loss, landmark_weights, pyramid_loss
from ..engine.muon import split_optimisers
from ..engine.precision import autocast
from .calibration import calibrate
from .curriculum import Drivers, Phase, choose_drivers, phase_at
from .style_matching import StyleMatching


@dataclass(frozen=True)
class HypernetworkTraining:
    """Steps of each phase and the weights of the losses (those of the paper, section 3.3).

    style_weight: of the kernel distance while images are drawn; the paper has no such term.
    image_rate: factor of the learning rate once images are drawn (the paper's rate is 2e-4); at
        the full rate small noisy batches undo in a hundred steps what the warm-up has learnt.
    """

    style_steps: int
    inversion_steps: int
    self_steps: int
    cross_steps: int
    batch_size: int = 16
    style_batch_size: int = 64
    learning_rate: float = 1e-3
    image_rate: float = 0.2
    pixel_weight: float = 10.0
    perceptual_weight: float = 5.0
    identity_weight: float = 10.0
    shape_weight: float = 0.5
    gaze_weight: float = 2.0
    style_weight: float = 1.0
    average_decay: float = 0.998

    @property
    def steps(self) -> int:
        return self.style_steps + self.inversion_steps + self.self_steps + self.cross_steps

    def phase(self, step: int) -> Phase:
        """Which phase a step belongs to."""
        return phase_at(
            step,
            {
                "style": self.style_steps,
                "inversion": self.inversion_steps,
                "self": self.self_steps,
            },
        )


@dataclass(frozen=True)
class FrozenNetworks:
    """What the hypernetwork is trained against."""

    generator: Generator
    appearance: ArcFace
    pose: PoseEncoder


class HypernetworkStage:
    """Trains a `Hypernetwork`; keeps a moving average of it."""

    name = "hypernetwork"

    def __init__(
        self,
        *,
        config: HypernetworkConfig,
        training: HypernetworkTraining,
        frozen: FrozenNetworks,
        heads: RenderedHeads,
        features: FrozenFeatures,
        held_out: RenderedHeads,
        held_out_features: FrozenFeatures,
        out: Path,
    ) -> None:
        self._training, self._out = training, out
        self._frozen, self._matching = frozen, StyleMatching(frozen.generator)
        self._shape, self._scene = HeadShape().to(heads.device), SceneCode().to(heads.device)
        self._heads, self._features = heads, features
        self._held_out, self._held_out_features = held_out, held_out_features
        self.network = Hypernetwork(config).to(heads.device)
        some = heads.spread(64)
        appearance, second = self._maps(features, some, some)
        calibrate(self.network, appearance=appearance, pose=second)
        self.average = deepcopy(self.network).requires_grad_(requires_grad=False)
        self._optimisers = split_optimisers(self.network, training.learning_rate)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network, "average": self.average}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return self._optimisers

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, phase = self._training, self._training.phase(step)
        count = t.style_batch_size if phase == "style" else t.batch_size
        source = self._heads.sample(count, random)
        drivers = self._drivers(source, phase, random)
        driving, cross = drivers.frame, drivers.cross
        with autocast(self._heads.device):
            deltas = self._deltas(source, driving, step)
        losses: dict[str, Tensor] = {}
        total = torch.zeros((), device=self._heads.device)
        w_source = self._features.w_plus[source].float()
        if phase == "style" or t.style_weight > 0:
            losses["style"] = self._style_loss(deltas, w_source, source, driving)
            total = total + (1.0 if phase == "style" else t.style_weight) * losses["style"]
        if phase != "style":
            with autocast(self._heads.device):
                image = self._frozen.generator(w_source, deltas).float()
            drawn = self._image_losses(image, source, driving, cross, shape=phase != "inversion")
            total = total + sum(drawn.values())
            losses |= drawn
        if phase != "style":
            for group in (g for o in self._optimisers.values() for g in o.param_groups):
                group["lr"] *= t.image_rate  # the loop sets it afresh before every step
        self.network.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self._optimisers.values():
            optimiser.step()
        update_average(self.average, self.network, step, t.average_decay)
        return {key: value.detach() for key, value in losses.items()}

    def _drivers(self, source: Tensor, phase: Phase, random: torch.Generator) -> Drivers:
        return choose_drivers(self._heads, source, self._anybody, phase=phase, random=random)

    def _deltas(self, source: Tensor, driving: Tensor, step: int) -> WeightDeltas:
        return self.network(*self._maps(self._features, source, driving))

    def _maps(
        self, features: FrozenFeatures, source: Tensor, driving: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The two maps the network is told; variants are told another second one."""
        return features.appearance[source].float(), features.pose[driving].float()

    def _anybody(self, source: Tensor, random: torch.Generator) -> Tensor:
        """Among so many people it is hardly ever the same one."""
        return self._heads.sample(len(source), random)

    def _style_loss(
        self, deltas: tuple[Tensor | None, ...], w_source: Tensor, source: Tensor, driving: Tensor
    ) -> Tensor:
        generator = self._frozen.generator
        with torch.no_grad():
            scene = self._scene(self._heads, source, driving)
            wanted = generator.broadcast(generator.mapping(scene))
        return self._matching(deltas, w_source, wanted)

    def _image_losses(
        self, image: Tensor, source: Tensor, driving: Tensor, cross: Tensor, *, shape: bool
    ) -> dict[str, Tensor]:
        """Weighted losses of section 3.3; the pixel ones only where the truth is at hand."""
        t, heads = self._training, self._heads
        same = ~cross
        truth = heads.batch(driving)
        weight = landmark_weights(heads.landmarks[driving], heads.size)
        size = self._frozen.appearance.config.input_size
        with autocast(heads.device):
            seen = self._frozen.appearance.describe(resize(image, size))
            codes = self._pose_codes(image)
            with torch.no_grad():
                wanted = self._frozen.appearance.taps(resize(truth[same], size))
        likeness = identity_loss(seen.embedding, self._features.id_embedding[source])
        gaze = (codes.expression - heads.expression[driving])[:, GAZE]
        losses = {
            "pixel": t.pixel_weight * pyramid_loss(image[same], truth[same], weight[same]) / 8,
            "perceptual": t.perceptual_weight
            * feature_distance([tap[same] for tap in seen.taps], wanted).mean()
            / len(wanted),
            "identity": t.identity_weight * likeness,
            "gaze": t.gaze_weight * gaze.square().mean(),
        }
        if shape:
            rotation = axis_angle_from_euler(*heads.pose[driving].unbind(1))
            losses["shape"] = t.shape_weight * self._shape.distance(
                codes,
                geometry=heads.geometry[source],
                expression=heads.expression[driving],
                rotation=rotation,
            )
        return losses

    def _pose_codes(self, image: Tensor) -> PoseCodes:
        pose = self._frozen.pose
        return pose((resize(image, pose.config.input_size) + 1) / 2).codes

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Held-out people: self pairs against the truth, cross pairs by the pose encoder."""
        heads, random = self._held_out, torch.Generator().manual_seed(1)
        source = heads.spread(96)
        driving = heads.partner(source, random)
        stranger = source.roll(7)
        mine, other = self._draw(source, driving), self._draw(source, stranger)
        truth = heads.batch(driving)
        angles = torch.stack(euler_from_axis_angle(self._pose_codes(other).global_pose), 1)
        figures = {
            "psnr": float(psnr(mine, truth).mean()),
            "cross_degrees": float((angles - heads.pose[stranger]).abs().mean()),
        }
        show = slice(0, 16)
        stacks = [
            heads.batch(source[show]),
            truth[show],
            mine[show],
            heads.batch(stranger[show]),
            other[show],
        ]
        return figures, comparison_grid(stacks, columns=8)

    def _draw(self, source: Tensor, driving: Tensor) -> Tensor:
        seen, images = self._held_out_features, []
        for i, j in zip(source.split(32), driving.split(32), strict=True):
            with autocast(source.device):
                deltas = self.average(*self._maps(seen, i, j))
                images.append(self._frozen.generator(seen.w_plus[i].float(), deltas).float())
        return torch.cat(images).clamp(-1, 1)

    def finish(self) -> None:
        path = self._out / "hypernetwork.safetensors"
        save_network(path, self.average, kind="hypernetwork", config=self.average.config)
