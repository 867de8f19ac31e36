"""Variants of the hypernetwork, trained on the finished frozen networks of a run.

They lie below the run: RUN/ablations/NAME/hypernetwork.safetensors with checkpoint and log.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.models.kinds import NetworkKind
from hyperreenact_core.models.variants import base_mark
from hyperreenact_core.training.heads.run import StarterRun
from hyperreenact_core.training.runs.loop import LoopConfig, train
from hyperreenact_core.whole_files import write_whole
from studies.variants import VARIANTS, VariantStage

_NEEDED: tuple[NetworkKind, ...] = ("generator", "appearance", "e4e")
_SETTINGS_FILE = "ablation.json"


@dataclass(frozen=True)
class AblationRun(StarterRun):
    """A run whose frozen networks are finished.

    share: part of the profile's steps that every variant is trained for, so that they compare
    with each other; above 0, at most 1.
    """

    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise TrainingError(f"the share of the steps is {self.share}: give 0.1, 0.25 ... 1")

    def train_variant(self, name: str) -> Path:
        """Train one of VARIANTS, or go on where it stopped; returns its weights file.

        Raises TrainingError where the run lacks networks, there is no such variant, or its folder
        was begun with other settings.
        """
        if name not in VARIANTS:
            raise TrainingError(f"no ablation {name!r}; there are {', '.join(VARIANTS)}")
        if missing := [kind for kind in _NEEDED if not self.weights(kind).is_file()]:
            raise TrainingError(
                f"{self.out} lacks {', '.join(missing)}: name a run of `hyperreenact train "
                "starter`, or train them there first"
            )
        folder = self.out / "ablations" / name
        seed = self.seed_of("hypernetwork")
        training = VARIANTS[name].training(self.profile.hypernetwork, self.share)
        _claim(folder, {"base": base_mark(self.out), "seed": seed, "steps": training.steps})
        path = folder / "hypernetwork.safetensors"
        if path.is_file():
            return path
        make = self.maker_of(name, folder)
        torch.manual_seed(seed)
        config = LoopConfig(
            steps=training.steps,
            validate_every=self.validate_every,
            checkpoint_every=self.checkpoint_every,
            seed=seed,
        )
        train(make(), out=folder, config=config)
        return path

    def maker_of(self, name: str, folder: Path) -> Callable[[], VariantStage]:
        """Makes the stage that trains a variant and leaves it in a folder."""
        heads, held_out = self.crops
        networks, variant = self.profile.networks, VARIANTS[name]
        return partial(
            VariantStage,
            variant,
            base=self.out,
            config=variant.config(networks.hypernetwork, networks.generator),
            training=variant.training(self.profile.hypernetwork, self.share),
            frozen=self.frozen,
            heads=heads,
            features=self.features_of(heads),
            held_out=held_out,
            held_out_features=self.features_of(held_out),
            out=folder,
        )


def _claim(folder: Path, settings: dict[str, str | int]) -> None:
    """Note how a folder is trained, or see that it is so still."""
    path = folder / _SETTINGS_FILE
    text = json.dumps(settings, indent=2) + "\n"
    if not path.is_file():
        write_whole(path, text.encode())
    elif path.read_text("utf-8") != text:
        raise TrainingError(
            f"{folder} was trained with other frozen networks, steps or seed (see {path}); "
            "remove it to train afresh"
        )
