"""Pose encoder stage: the renderer's pose, expression, shape and vertices from a face crop.

The regressor reads the mean of the pose map, but the hypernetwork reads the map itself. So an
auxiliary linear head, dropped afterwards, reads pose and expression off the whole map: gaze and
lids are found many times sooner that way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from ...imaging import ImageU8, resize
from ...models.checkpoints import save_network
from ...models.kinds import NetworkKind
from ...networks.deca import PoseCodes, PoseEncoder, PoseEncoderConfig
from ...networks.rotation import axis_angle_from_euler, euler_from_axis_angle
from ..data.augment import jitter_colours, jitter_frame
from ..data.drawn_heads import RenderedHeads
from ..data.head_shape import HeadShape
from ..engine.precision import autocast, channels_last


@dataclass(frozen=True)
class PoseTraining:
    """Weights of the losses, and the spread (standard deviation) each error is measured in.

    Errors are squared: absolute ones would keep the gradient of the head's angles as loud as at
    the start and drown the quiet signs of gaze, lids and brows.
    """

    batch_size: int = 48
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    pose_weight: float = 2.0
    expression_weight: float = 1.0
    shape_weight: float = 0.2
    vertex_weight: float = 1.0
    map_weight: float = 1.0
    pose_spread: float = 0.35
    expression_spread: float = 0.3
    shape_spread: float = 0.55
    vertex_spread: float = 0.2


class PoseStage:
    """Trains a `PoseEncoder`; `name` is the file it ends in (pose or judge_pose)."""

    def __init__(
        self,
        *,
        name: NetworkKind,
        config: PoseEncoderConfig,
        training: PoseTraining,
        heads: RenderedHeads,
        held_out: RenderedHeads,
        out: Path,
    ) -> None:
        self.name: NetworkKind = name
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        self.network = channels_last(PoseEncoder(config)).to(heads.device)
        self._shape = HeadShape().to(heads.device)
        values = config.out_channels * config.map_size**2
        codes = config.codes.global_pose + config.codes.expression
        self.reader = nn.Sequential(
            nn.Flatten(), nn.LayerNorm(values), nn.Linear(values, codes)
        ).to(heads.device)
        parameters = [*self.network.parameters(), *self.reader.parameters()]
        self._optimiser = AdamW(
            parameters, training.learning_rate, weight_decay=training.weight_decay
        )

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network, "reader": self.reader}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"network": self._optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, heads = self._training, self._heads
        index = heads.sample(t.batch_size, random)
        face = jitter_frame(jitter_colours(self._face(heads, index), random), random)
        self.network.train()
        with autocast(heads.device):
            features = self.network((face + 1) / 2)
            read = self.reader(features.map).float()
        codes = features.codes
        rotation = axis_angle_from_euler(*heads.pose[index].unbind(1))
        vertices = self._shape(heads.geometry[index], heads.expression[index], rotation)
        mine = self._shape(codes.shape, codes.expression, codes.global_pose)
        losses = {
            "pose": _error(codes.global_pose, rotation, t.pose_spread),
            "expression": _error(codes.expression, heads.expression[index], t.expression_spread),
            "shape": _error(codes.shape, heads.geometry[index], t.shape_spread),
            "vertices": _error(mine, vertices, t.vertex_spread),
            "map": _error(read[:, :3], rotation, t.pose_spread)
            + _error(read[:, 3:], heads.expression[index], t.expression_spread),
        }
        total = (
            t.pose_weight * losses["pose"]
            + t.expression_weight * losses["expression"]
            + t.shape_weight * losses["shape"]
            + t.vertex_weight * losses["vertices"]
            + t.map_weight * losses["map"]
        )
        self._optimiser.zero_grad(set_to_none=True)
        total.backward()
        self._optimiser.step()
        return {key: value.detach() for key, value in losses.items()}

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Mean absolute error of the angles (degrees) and of the expression coefficients."""
        self.network.eval()
        heads = self._held_out
        index = heads.spread(600)
        parts: list[PoseCodes] = []
        for part in index.split(64):
            with autocast(heads.device):
                parts.append(self.network((self._face(heads, part) + 1) / 2).codes)
        rotation = torch.cat([part.global_pose for part in parts])
        expression = torch.cat([part.expression for part in parts])
        angles = torch.stack(euler_from_axis_angle(rotation), 1)
        degrees = (angles - heads.pose[index]).abs().mean()
        error = (expression - heads.expression[index]).abs().mean()
        return {"degrees": float(degrees), "expression": float(error)}, None

    def finish(self) -> None:
        self.network.eval()
        path = self._out / f"{self.name}.safetensors"
        save_network(path, self.network, kind=self.name, config=self.network.config)

    def _face(self, heads: RenderedHeads, index: Tensor) -> Tensor:
        return resize(heads.batch(index), self.network.config.input_size)


def _error(result: Tensor, truth: Tensor, spread: float) -> Tensor:
    return ((result - truth) / spread).square().mean()
