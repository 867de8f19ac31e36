"""The two ways from faces to pictures, cut into the same stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Protocol

import torch
from torch import Tensor, nn

from benchmarks.detail_cost import DetailCost
from benchmarks.inputs import Inputs
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.checkpoints import load_network
from hyperreenact_core.models.kinds import NetworkKind
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.store import weights_file
from hyperreenact_core.networks import reference
from hyperreenact_core.networks.fast.drawing import draw
from hyperreenact_core.networks.pose_state import eyes_together, state_map
from hyperreenact_core.reenact.drawing import PreparedSource, prepare_source
from hyperreenact_core.reenact.pose import pose_networks, poses_of

EXTRA = ("detail", "source: detail")
"""Stages of the pack's own, which the published program has not: no part of the totals."""


@dataclass
class Stopwatch:
    """Seconds of each stage, in the order of the stages.

    clock: wall time, or what the process itself has worked, on a machine that does other things.
    """

    device: torch.device
    clock: Callable[[], float] = time.perf_counter
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = self._now()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + self._now() - began

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return self.clock()


class Path(Protocol):
    """A loaded set that draws one source."""

    networks: list[nn.Module]
    """Everything that holds weights."""

    def prepare(self, inputs: Inputs, watch: Stopwatch) -> None:
        """What is done once per source."""
        ...

    def draw(self, driving_faces: Tensor, watch: Stopwatch) -> Tensor:
        """What tells the poses [B, ...], see `Inputs` -> [B, 3, R, R] in [-1, 1]."""
        ...


class _ToldStates(nn.Module):
    """Stands in for the pose encoder of a set that is told states [B, STATE]."""

    def forward(self, states: Tensor) -> SimpleNamespace:
        return SimpleNamespace(map=state_map(eyes_together(states)))


class ReferencePath:
    """As the published program: single frames, the appearance encoder for each, float32."""

    def __init__(self, models: LoadedSet, host: LocalHost) -> None:
        def load(kind: NetworkKind) -> nn.Module:
            network = load_network(weights_file(models.folder, kind), kind)
            return network.eval().requires_grad_(False).to(host.device)

        told = models.settings.pose_input == "state"
        self._parts = reference.ReferenceNetworks(
            appearance=load("appearance"),
            pose=_ToldStates() if told else load("pose"),
            hypernetwork=load("hypernetwork"),
            generator=load("generator"),
        )  # type: ignore[arg-type]
        self._e4e = load("e4e")
        self._psi = models.settings.truncation_psi
        self.networks = [*vars(self._parts).values(), self._e4e]

    def prepare(self, inputs: Inputs, watch: Stopwatch) -> None:
        with watch.stage("source: encoders"):
            w_plus = self._e4e(inputs.inversion_face)
            self._w_plus = self._parts.generator.truncate(w_plus, self._psi)
        self._source_face = inputs.source_face

    def draw(self, driving_faces: Tensor, watch: Stopwatch) -> Tensor:
        return torch.cat([self._draw_one(face, watch) for face in driving_faces.split(1)])

    def _draw_one(self, face: Tensor, watch: Stopwatch) -> Tensor:
        parts = self._parts
        with watch.stage("appearance encoder"):
            appearance = parts.appearance(self._source_face).map
        with watch.stage("pose encoder"):
            pose = parts.pose(face).map
        with watch.stage("hypernetwork"):
            deltas = reference.weight_deltas(parts.hypernetwork, appearance, pose)
        with watch.stage("generator"):
            image = reference.synthesise(parts.generator, self._w_plus, deltas)
        return image.clamp(-1, 1)


class FastPath:
    """As the pipeline: what the source decides once, then batches."""

    def __init__(self, models: LoadedSet, host: LocalHost) -> None:
        self._parts, self._models = models.fast(host.dtype), models
        self._psi = models.settings.truncation_psi
        self._prepared: PreparedSource | None = None
        parts = self._parts
        self._detail = DetailCost(models, host)
        self.networks = [
            self._detail.network,
            parts.generator,
            parts.e4e,
            parts.appearance,
            *pose_networks(models, host.dtype),
            parts.hypernetwork,
        ]
        for network in self.networks:
            network.to(host.device)

    def prepare(self, inputs: Inputs, watch: Stopwatch) -> None:
        parts = self._parts
        with watch.stage("source: encoders"):
            w_plus = parts.e4e(inputs.inversion_face)
            appearance = parts.appearance(inputs.source_face).map
        with watch.stage("source: styles"):
            truncated = parts.generator.truncate(w_plus, self._psi)
            self._prepared = prepare_source(truncated, appearance, parts)
        with watch.stage("source: detail"):
            self._detail.prepare()

    def draw(self, driving_faces: Tensor, watch: Stopwatch) -> Tensor:
        parts, prepared = self._parts, self._prepared
        if prepared is None:
            raise RuntimeError("prepare a source first")
        with watch.stage("pose encoder"):
            pose = poses_of(driving_faces, self._models, parts.dtype)
        with watch.stage("hypernetwork"):
            features = pose.features.to(parts.dtype)
            deltas = parts.hypernetwork.deltas(prepared.appearance_terms, features)
        with watch.stage("generator"):
            images = draw(prepared.styled, deltas, frames=len(pose)).clamp(-1, 1)
        with watch.stage("detail"):
            self._detail.draw(images)
        return images


PATHS: dict[str, Callable[[LoadedSet, LocalHost], Path]] = {
    "reference": ReferencePath,
    "fast": FastPath,
}
