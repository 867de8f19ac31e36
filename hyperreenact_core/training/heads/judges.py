"""The judges: a recogniser and a pose network that no loss asks and `evaluate` alone does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from ...imaging import ImageU8, resize
from ...models.checkpoints import save_network
from ...models.kinds import NetworkKind
from ...networks.arcface import ArcFace, ArcFaceConfig
from ...networks.deca import PoseEncoder, PoseEncoderConfig
from ...networks.pose_state import state_parts
from ...networks.rotation import axis_angle_from_euler, euler_from_matrix, matrix_from_axis_angle
from ..engine.precision import autocast, channels_last
from ..reader.losses import geodesic
from ..stages.margin import ArcFaceMargin
from .crops import HeadCrops
from .pairs import pictures_of

JudgeT = TypeVar("JudgeT", ArcFace, PoseEncoder)
ConfigT = TypeVar("ConfigT")

_POSE_SPREAD, _ACTION_SPREAD = 0.35, 0.2
"""Errors are squared in units of these: absolute ones would drown the quiet signs of gaze."""


@dataclass(frozen=True)
class JudgeTraining:
    """flat: share of the pictures before one colour, as what is judged stands before little."""

    steps: int
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    flat: float = 0.3


def nearest_is_same_person(seen: Tensor, heads: HeadCrops, rows: Tensor) -> float:
    """Rank-1: how often the nearest of embeddings [N, E] of another clip is the same person's."""
    same_clip = heads.clip[rows][:, None] == heads.clip[rows][None]
    nearest = (seen @ seen.t()).masked_fill(same_clip, -2.0).argmax(1)
    return float((heads.identity[rows][nearest] == heads.identity[rows]).float().mean())


class _JudgeStage(Generic[JudgeT, ConfigT]):
    """A network that learns one picture at a time, with a helper that is thrown away at the end.

    helper, rates: what the helper and the optimiser are called in the state of a run.
    """

    name: NetworkKind
    helper: str
    rates: str

    def __init__(
        self,
        *,
        config: ConfigT,
        training: JudgeTraining,
        heads: HeadCrops,
        held_out: HeadCrops,
        out: Path,
    ) -> None:
        self._training, self._heads, self._held_out, self._out = training, heads, held_out, out
        network, helper = self._built(config)
        self.network = channels_last(network).to(heads.device)
        self._helper = helper.to(heads.device)
        self._optimiser = AdamW(
            [*self.network.parameters(), *self._helper.parameters()],
            training.learning_rate,
            weight_decay=training.weight_decay,
        )

    def _built(self, config: ConfigT) -> tuple[JudgeT, nn.Module]:
        """The network and its helper."""
        raise NotImplementedError

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network, self.helper: self._helper}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {self.rates: self._optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, heads = self._training, self._heads
        index = heads.sample(t.batch_size, random)
        face = pictures_of(heads, index, index, random, flat=t.flat).source
        self.network.train()
        losses = self._losses(face, index)
        self._optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        self._optimiser.step()
        return {key: value.detach() for key, value in losses.items()}

    def _losses(self, face: Tensor, index: Tensor) -> Mapping[str, Tensor]:
        """Of faces [B, 3, S, S] in [-1, 1], rows `index` of the heads."""
        raise NotImplementedError

    def finish(self) -> None:
        self.network.eval()
        path = self._out / f"{self.name}.safetensors"
        save_network(path, self.network, kind=self.name, config=self.network.config)


class RecogniserStage(_JudgeStage[ArcFace, ArcFaceConfig]):
    """Trains the `ArcFace` that tells people apart."""

    name, helper, rates = "judge_appearance", "margin", "all"

    def _built(self, config: ArcFaceConfig) -> tuple[ArcFace, nn.Module]:
        people = int(self._heads.identity.max()) + 1
        return ArcFace(config), ArcFaceMargin(config.embedding_dim, people)

    def _losses(self, face: Tensor, index: Tensor) -> Mapping[str, Tensor]:
        with autocast(face.device):
            seen = self.network(resize(face, self.network.config.input_size)).embedding
        labels = self._heads.identity[index]
        return {"identity": F.cross_entropy(self._helper(seen, labels), labels)}

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Rank-1 among held-out people."""
        self.network.eval()
        heads, codes = self._held_out, []
        rows = torch.arange(heads.pictures, device=heads.device)
        for part in rows.split(64):
            face = resize(heads.batch(part), self.network.config.input_size)
            with autocast(heads.device):
                codes.append(self.network(face).embedding)
        return {"rank1": nearest_is_same_person(torch.cat(codes), heads, rows)}, None


class PoseJudgeStage(_JudgeStage[PoseEncoder, PoseEncoderConfig]):
    """Trains the `PoseEncoder` that reads rotation and ARKit's 52 coefficients."""

    name, helper, rates = "judge_pose", "helper", "network"

    def _built(self, config: PoseEncoderConfig) -> tuple[PoseEncoder, nn.Module]:
        network = PoseEncoder(config)
        # Reads the whole map where the network reads its mean: gaze and lids are found sooner.
        values = config.out_channels * config.map_size**2
        codes = config.codes.global_pose + config.codes.expression
        reader = nn.Sequential(nn.Flatten(), nn.LayerNorm(values), nn.Linear(values, codes))
        return network, reader

    def _losses(self, face: Tensor, index: Tensor) -> Mapping[str, Tensor]:
        with autocast(face.device):
            features = self.network(self._view(face))
            helped = self._helper(features.map).float()
        turn, actions = _truth(self._heads.state[index])
        codes = features.codes
        return {
            "pose": _error(codes.global_pose, turn, _POSE_SPREAD),
            "expression": _error(codes.expression, actions, _ACTION_SPREAD),
            "map": _error(helped[:, :3], turn, _POSE_SPREAD)
            + _error(helped[:, 3:], actions, _ACTION_SPREAD),
        }

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Angle in degrees and mean error of the coefficients, of held-out people."""
        self.network.eval()
        heads = self._held_out
        degrees: list[Tensor] = []
        errors: list[Tensor] = []
        for part in heads.spread(600).split(64):
            with autocast(heads.device):
                codes = self.network(self._view(heads.batch(part))).codes
            rotation, actions, _ = state_parts(heads.state[part])
            degrees.append(geodesic(matrix_from_axis_angle(codes.global_pose), rotation).rad2deg())
            errors.append((codes.expression - actions).abs().mean(1))
        figures = {"degrees": torch.cat(degrees), "expression": torch.cat(errors)}
        return {name: float(values.mean()) for name, values in figures.items()}, None

    def _view(self, face: Tensor) -> Tensor:
        return (resize(face, self.network.config.input_size) + 1) / 2


def _truth(state: Tensor) -> tuple[Tensor, Tensor]:
    """Axis times angle [B, 3] and coefficients [B, 52] of states."""
    rotation, actions, _ = state_parts(state)
    return axis_angle_from_euler(*euler_from_matrix(rotation)), actions


def _error(result: Tensor, truth: Tensor, spread: float) -> Tensor:
    return ((result - truth) / spread).square().mean()
