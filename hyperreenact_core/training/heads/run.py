"""The starter set from shards of realistic heads: every stage in turn.

Each stage is skipped if its weights file is already there and resumed if its checkpoint is, so
the same command goes on wherever an earlier one stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from ...face.align import CropRule
from ...models.kinds import NetworkKind
from ...models.sets import LoadedSet
from ...models.settings import SETTINGS_FILE, SetSettings, save_settings
from ...models.store import weights_file
from ...networks.reader import Reader
from ..engine.loop import LoopConfig, Stage, train
from ..reader.learner import read_weights
from ..reader.shelf import Shelf, check_apart
from .crops import HeadCrops, load_crops
from .e4e_stage import HeadsE4EStage
from .features import HeadFeatures, cached_head_features
from .hypernetwork_stage import HeadsHypernetworkStage, Judges
from .perception import Perception, load_perception, perception_of
from .portrait import CODE_FILE, Portrait, load_portrait
from .portrait_stage import PortraitStage
from .profiles import HeadsProfile

STAGES: tuple[NetworkKind, ...] = ("generator", "e4e", "hypernetwork")
"""Order of training; the first one trains the appearance encoder too."""


@dataclass(frozen=True)
class HeadsRun:
    """One run of a profile in the folder `out`.

    data, held_out: folders of shards, of different people. features: weights of an
    EfficientNet-lite0 for perceptual losses; the body of the reader if None. The reader is the one
    in `out`, or else the one that ships with us.
    """

    profile: HeadsProfile
    data: Sequence[Path]
    held_out: Sequence[Path]
    out: Path
    device: torch.device
    features: Path | None = None
    seed: int = 0
    validate_every: int | None = None
    checkpoint_every: int | None = None

    def train_all(self) -> None:
        """Every stage in turn, then the finished set in `out/set`."""
        for kind in STAGES:
            self.train_stage(kind)
        self.assemble()

    def assemble(self) -> Path:
        """Copy the finished files with their settings into one set folder and return it.

        What finds faces is not trained here: the set lacks it until a detector is put beside it.
        """
        folder = self.out / "set"
        folder.mkdir(parents=True, exist_ok=True)
        for kind in ("appearance", *STAGES):
            shutil.copyfile(self.weights(kind), folder / self.weights(kind).name)
        shutil.copyfile(self.out / SETTINGS_FILE, folder / SETTINGS_FILE)
        return folder

    def train_stage(self, kind: NetworkKind) -> None:
        """One stage, unless its weights are already there."""
        if self.weights(kind).exists():
            return
        save_settings(self.out, self.settings)
        maker, steps = self._stages()[kind]
        seed = self.seed + STAGES.index(kind)
        torch.manual_seed(seed)
        config = LoopConfig(
            steps=steps,
            validate_every=self.validate_every,
            checkpoint_every=self.checkpoint_every,
            validate_seconds=900.0,
            checkpoint_seconds=300.0,
            log_every=100,
            seed=seed,
        )
        train(maker(), out=self.out, config=config)

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

    def weights(self, kind: NetworkKind) -> Path:
        """Where a stage leaves its network."""
        return weights_file(self.out, kind)

    def _stages(self) -> dict[NetworkKind, tuple[Callable[[], Stage], int]]:
        p = self.profile
        return {
            "generator": (self._portrait, p.portrait_steps),
            "e4e": (self._e4e, p.e4e_steps),
            "hypernetwork": (self._hypernetwork, p.hypernetwork.steps),
        }

    def _portrait(self) -> Stage:
        heads, held_out = self.crops
        networks = self.profile.networks
        return PortraitStage(
            generator=networks.generator,
            critic=networks.critic,
            appearance=networks.appearance,
            training=self.profile.portrait,
            perception=self._perception,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _e4e(self) -> Stage:
        heads, held_out = self.crops
        return HeadsE4EStage(
            config=self.profile.networks.e4e,
            training=self.profile.e4e,
            portrait=self._finished_portrait,
            perception=self._perception,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _hypernetwork(self) -> Stage:
        heads, held_out = self.crops
        return HeadsHypernetworkStage(
            config=self.profile.networks.hypernetwork,
            training=self.profile.hypernetwork,
            judges=Judges(self._finished_portrait, self._perception, self._reader),
            heads=heads,
            features=self._features(heads),
            held_out=held_out,
            held_out_features=self._features(held_out),
            out=self.out,
        )

    def _features(self, heads: HeadCrops) -> HeadFeatures:
        return cached_head_features(
            heads,
            e4e=LoadedSet(self.out).e4e.to(self.device),
            portrait=self._finished_portrait,
            cache=self.out / "cache",
            weights=[*map(self.weights, ("appearance", "generator", "e4e")), self.out / CODE_FILE],
        )

    @cached_property
    def _finished_portrait(self) -> Portrait:
        return load_portrait(self.out).to(self.device)

    @cached_property
    def _perception(self) -> Perception:
        if self.features is None:
            return perception_of(self._reader).to(self.device)
        return load_perception(read_weights(self.features)).to(self.device)

    @property
    def _reader(self) -> Reader:
        return LoadedSet(self.out).reader.to(self.device)

    @cached_property
    def crops(self) -> tuple[HeadCrops, HeadCrops]:
        """(training, held-out people)."""
        labels = ("identity", "points")
        check_apart(*(Shelf(list(f), pixels=(), labels=labels) for f in (self.data, self.held_out)))
        rule = CropRule(
            scale=self.profile.crop_scale, size=self.profile.networks.generator.resolution
        )
        heads, held_out = (load_crops(folders, rule) for folders in (self.data, self.held_out))
        return heads.to(self.device), held_out.to(self.device)
