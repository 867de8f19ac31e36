"""The whole starter set from nothing: render heads, then train every network in turn.

Each stage is skipped if its weights file is already there and resumed if its checkpoint is, so
the same command goes on wherever an earlier one stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from ...errors import TrainingError
from ...models.kinds import NetworkKind
from ...models.settings import SETTINGS_FILE, SetSettings, save_settings
from ...networks.efficientnet_lite import BodyConfig, body_from_published
from ...whole_files import whole_file
from ..detail.run import train_detail
from ..detector.run import train_detector
from ..engine.timed import BodyPace
from ..reader.run import train_reader
from ..runs.loop import LoopConfig, Stage, train
from .e4e_stage import HeadsE4EStage
from .hypernetwork_stage import HeadsHypernetworkStage
from .judges import PoseJudgeStage, RecogniserStage
from .materials import Materials
from .portrait_stage import PortraitStage

STAGES: tuple[NetworkKind, ...] = (
    "reader",
    "detector",
    "detail",
    "generator",
    "e4e",
    "hypernetwork",
    "judge_appearance",
    "judge_pose",
)
"""Order of training; the generator's stage trains the appearance encoder too."""
RESTS_ON: Mapping[NetworkKind, tuple[NetworkKind, ...]] = {
    "e4e": ("generator",),
    "hypernetwork": ("generator", "e4e"),
}
"""What must be there before; the reader that is needed besides ships with us."""

Maker = Callable[[], Stage]
PaceT = TypeVar("PaceT", bound=BodyPace)


@dataclass(frozen=True)
class StarterRun(Materials):
    """One run of a profile in the folder `out`; data and checkpoints lie below it.

    validate_every, checkpoint_every: in steps, None for every 15 and 5 minutes.
    """

    validate_every: int | None = None
    checkpoint_every: int | None = None

    def train_all(self) -> None:
        """Every stage in turn, then the finished set in `out/set`."""
        for kind in STAGES:
            self.train_stage(kind)
        self.assemble()

    def train_stage(self, kind: NetworkKind) -> None:
        """One stage, unless its weights are already there.

        Raises TrainingError where those of a stage before are missing.
        """
        if self.weights(kind).exists():
            return
        for needed in RESTS_ON.get(kind, ()):
            if not self.weights(needed).is_file():
                raise TrainingError(
                    f"{kind} is trained against {needed}, which {self.out} lacks: train it first, "
                    "or all with `train starter`"
                )
        timed = self._timed().get(kind)
        if timed is not None:
            weights = timed()
            with whole_file(self.weights(kind)) as part:
                shutil.copyfile(weights, part)
            return
        save_settings(self.out, self.settings)
        gather, steps = self._stages()[kind]
        make = gather()
        seed = self.seed_of(kind)
        torch.manual_seed(seed)  # what is loaded above draws random numbers only where it is new
        config = LoopConfig(
            steps=steps,
            validate_every=self.validate_every,
            checkpoint_every=self.checkpoint_every,
            validate_seconds=900.0,
            checkpoint_seconds=300.0,
            log_every=100,
            seed=seed,
        )
        train(make(), out=self.out, config=config)

    def assemble(self) -> Path:
        """Copy the finished files with their settings into one set folder and return it."""
        folder = self.out / "set"
        paths = [self.weights(kind) for kind in ("appearance", *STAGES)]
        for path in (*paths, self.out / SETTINGS_FILE):
            with whole_file(folder / path.name) as part:
                shutil.copyfile(path, part)
        return folder

    @property
    def settings(self) -> SetSettings:
        """How the set wants its pictures prepared."""
        return SetSettings(
            resolution=self.profile.networks.generator.resolution,
            crop_scale=self.profile.crop_scale,
            crop_whole_pixels=False,
            appearance_input="crop",
            pose_input="state",
            truncation_psi=1.0,
        )

    def seed_of(self, kind: NetworkKind) -> int:
        """Of a stage's weights and random order."""
        return self.seed + STAGES.index(kind) - STAGES.index("generator")

    def _timed(self) -> dict[NetworkKind, Callable[[], Path]]:
        """Stages that go by the clock, each in a folder of its own; they return their weights."""
        return {
            "reader": self._train_reader,
            "detector": self._train_detector,
            "detail": self._train_detail,
        }

    def _train_reader(self) -> Path:
        p = self.profile
        settings = replace(p.reader, seed=self.seed, recipe=self._begun(p.reader.recipe))
        return train_reader(
            *self._apart,
            self.out / "reader",
            settings,
            config=p.reader_config,
            body=self.known,
            device=self.device,
        )

    def _train_detector(self) -> Path:
        p = self.profile
        settings = replace(p.detector, seed=self.seed, recipe=self._begun(p.detector.recipe))
        return train_detector(
            *self._apart,
            self.out / "detector",
            settings,
            config=p.detector_config,
            body=self.known,
            device=self.device,
        )

    def _begun(self, recipe: PaceT) -> PaceT:
        """The recipe of a body that keeps what it knows, where it knows anything."""
        return replace(recipe, held=False, still=0) if self.known is None else recipe

    @property
    def _apart(self) -> tuple[Sequence[Path], Path]:
        """What timed stages train on and are measured on."""
        data, held_out = self.shards
        return data, held_out[0]

    def _train_detail(self) -> Path:
        p, known = self.profile, self.known
        return train_detail(
            *self._apart,
            self.out / "detail",
            replace(p.detail, seed=self.seed),
            config=p.detail_config,
            body=None if known is None else body_from_published(known, BodyConfig()),
            device=self.device,
        )

    def _stages(self) -> dict[NetworkKind, tuple[Callable[[], Maker], int]]:
        """What gathers all that a stage needs, and its steps."""
        p = self.profile
        return {
            "generator": (self._portrait, p.portrait_steps),
            "e4e": (self._e4e, p.e4e_steps),
            "hypernetwork": (self._hypernetwork, p.hypernetwork.steps),
            "judge_appearance": (self._recogniser, p.judge_appearance.steps),
            "judge_pose": (self._pose_judge, p.judge_pose.steps),
        }

    @property
    def _given(self) -> dict[str, Any]:
        """What every one of these stages is given."""
        heads, held_out = self.crops
        return {"heads": heads, "held_out": held_out, "out": self.out}

    def _portrait(self) -> Maker:
        networks = self.profile.networks
        return partial(
            PortraitStage,
            generator=networks.generator,
            critic=networks.critic,
            appearance=networks.appearance,
            training=self.profile.portrait,
            perception=self.perception,
            **self._given,
        )

    def _e4e(self) -> Maker:
        return partial(
            HeadsE4EStage,
            config=self.profile.networks.e4e,
            training=self.profile.e4e,
            portrait=self.portrait,
            perception=self.perception,
            **self._given,
        )

    def _hypernetwork(self) -> Maker:
        heads, held_out = self.crops
        return partial(
            HeadsHypernetworkStage,
            config=self.profile.networks.hypernetwork,
            training=self.profile.hypernetwork,
            frozen=self.frozen,
            features=self.features_of(heads),
            held_out_features=self.features_of(held_out),
            **self._given,
        )

    def _recogniser(self) -> Maker:
        return partial(
            RecogniserStage,
            config=self.profile.networks.judge_appearance,
            training=self.profile.judge_appearance,
            **self._given,
        )

    def _pose_judge(self) -> Maker:
        return partial(
            PoseJudgeStage,
            config=self.profile.networks.judge_pose,
            training=self.profile.judge_pose,
            **self._given,
        )
