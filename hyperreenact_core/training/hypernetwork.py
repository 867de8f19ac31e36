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
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ..imaging import ImageU8, resize
from ..models.checkpoints import save_network
from ..networks.arcface import ArcFace
from ..networks.deca import PoseCodes, PoseEncoder
from ..networks.hypernetwork import Hypernetwork, HypernetworkConfig
from ..networks.rotation import axis_angle_from_euler, euler_from_axis_angle
from ..networks.stylegan2 import Generator
from ..quality import feature_distance, psnr
from ..synthetic.parameters import EXPRESSION_NAMES
from ..synthetic.vector import EXPRESSION, POSE
from .calibration import calibrate
from .data import RenderedHeads
from .features import FrozenFeatures
from .grids import comparison_grid
from .head_shape import HeadShape
from .loop import update_average
from .losses import identity_loss, landmark_weights, pyramid_loss
from .precision import autocast
from .style_matching import StyleMatching

Phase = Literal["style", "inversion", "self", "cross"]
_GAZE = [EXPRESSION_NAMES.index(name) for name in ("gaze_x", "gaze_y")]


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
        ends = (self.style_steps, self.inversion_steps, self.self_steps)
        names: tuple[Phase, ...] = ("style", "inversion", "self")
        for name, length in zip(names, ends, strict=True):
            if step < length:
                return name
            step -= length
        return "cross"


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
        self._shape = HeadShape().to(heads.device)
        self._heads, self._features = heads, features
        self._held_out, self._held_out_features = held_out, held_out_features
        self.network = Hypernetwork(config).to(heads.device)
        some = heads.spread(64)
        calibrate(
            self.network,
            appearance=features.appearance[some].float(),
            pose=features.pose[some].float(),
        )
        self.average = deepcopy(self.network).requires_grad_(requires_grad=False)
        self._optimiser = Adam(self.network.parameters(), training.learning_rate, fused=True)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network, "average": self.average}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"network": self._optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, phase = self._training, self._training.phase(step)
        count = t.style_batch_size if phase == "style" else t.batch_size
        source = self._heads.sample(count, random)
        driving, cross = self._choose_driving(source, phase, random)
        with autocast(self._heads.device):
            deltas = self.network(self._features.appearance[source], self._features.pose[driving])
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
            for group in self._optimiser.param_groups:
                group["lr"] *= t.image_rate  # the loop sets it afresh before every step
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        update_average(self.average, self.network, step, t.average_decay)
        return {key: value.detach() for key, value in losses.items()}

    def _choose_driving(
        self, source: Tensor, phase: Phase, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Driving frames and a mask of those that show another person."""
        nobody = torch.zeros_like(source, dtype=torch.bool)
        if phase == "inversion":
            return source, nobody
        partner = self._heads.partner(source, random)
        if phase == "self":
            return partner, nobody
        stranger = self._heads.sample(len(source), random)
        cross = torch.arange(len(source), device=source.device) % 2 == 1
        return torch.where(cross, stranger, partner), cross

    def _style_loss(
        self, deltas: tuple[Tensor | None, ...], w_source: Tensor, source: Tensor, driving: Tensor
    ) -> Tensor:
        scene = self._heads.parameters[source].clone()
        for part in (EXPRESSION, POSE):
            scene[:, part] = self._heads.parameters[driving][:, part]
        generator = self._frozen.generator
        with torch.no_grad():
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
        gaze = (codes.expression - heads.expression[driving])[:, _GAZE]
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
            vertices = self._shape(heads.geometry[source], heads.expression[driving], rotation)
            mine = self._shape(codes.shape, codes.expression, codes.global_pose)
            blink = F.l1_loss(codes.expression, heads.expression[driving])
            losses["shape"] = t.shape_weight * 20 * (F.l1_loss(mine, vertices) + 0.1 * blink)
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
                deltas = self.average(seen.appearance[i], seen.pose[j])
                images.append(self._frozen.generator(seen.w_plus[i].float(), deltas).float())
        return torch.cat(images).clamp(-1, 1)

    def finish(self) -> None:
        path = self._out / "hypernetwork.safetensors"
        save_network(path, self.average, kind="hypernetwork", config=self.average.config)
