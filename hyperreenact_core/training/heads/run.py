"""The whole starter set from nothing: render heads, then train every network in turn.

Each stage is skipped if its weights file is already there and resumed if its checkpoint is, so
the same command goes on wherever an earlier one stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ...errors import TrainingError
from ...face.align import CropRule
from ...heads.shards import write_shards
from ...heads.takes import Recipe
from ...models.kinds import NetworkKind
from ...models.sets import LoadedSet
from ...models.settings import SETTINGS_FILE, SetSettings, save_settings
from ...models.store import weights_file
from ...networks.efficientnet_lite import BodyConfig, body_from_published
from ...networks.reader import Reader
from ...whole_files import whole_file
from ..detail.run import train_detail
from ..detector.run import train_detector
from ..engine.loop import LoopConfig, Stage, train
from ..reader.learner import read_weights
from ..reader.run import train_reader
from ..reader.shelf import Shelf, check_apart
from .crops import HeadCrops, load_crops
from .e4e_stage import HeadsE4EStage
from .features import HeadFeatures, cached_head_features
from .hypernetwork_stage import Frozen, HeadsHypernetworkStage
from .judges import PoseJudgeStage, RecogniserStage
from .perception import Perception, load_perception, perception_of
from .portrait import CODE_FILE, Portrait, load_portrait
from .portrait_stage import PortraitStage
from .profiles import Profile

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

_FIRST_HELD_OUT = 1_000_000
"""People that are measured by are numbered from here on; others lie below."""
_FRAMES = 4
_SIDES = (1.5, 2.6)


@dataclass(frozen=True)
class StarterRun:
    """One run of a profile in the folder `out`; data and checkpoints lie below it.

    data, held_out: folders of shards, of different people; rendered into `out/data` where there are
    none, by `workers` processes. features: weights of an EfficientNet-lite0 of ImageNet, to begin
    with and for perceptual losses; without it networks begin at random and the body of the reader
    compares. validate_every, checkpoint_every: in steps, None for every 15 and 5 minutes.
    """

    profile: Profile
    out: Path
    device: torch.device
    data: Sequence[Path] = ()
    held_out: Sequence[Path] = ()
    features: Path | None = None
    seed: int = 0
    workers: int = 2
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

    def weights(self, kind: NetworkKind) -> Path:
        """Where a stage leaves its network."""
        return weights_file(self.out, kind)

    def _timed(self) -> dict[NetworkKind, Callable[[], Path]]:
        """Stages that go by the clock, each in a folder of its own; they return their weights."""
        return {
            "reader": self._train_reader,
            "detector": self._train_detector,
            "detail": self._train_detail,
        }

    def _train_reader(self) -> Path:
        p, known = self.profile, self._known
        recipe = p.reader.recipe
        if known is None:  # nothing to keep as it is
            recipe = replace(recipe, held=False, still=0)
        return train_reader(
            self.shards[0],
            self.shards[1][0],
            self.out / "reader",
            replace(p.reader, seed=self.seed, recipe=recipe),
            config=p.reader_config,
            body=known,
            device=self.device,
        )

    def _train_detector(self) -> Path:
        p, known = self.profile, self._known
        recipe = p.detector.recipe
        if known is None:
            recipe = replace(recipe, held=False, still=0)
        return train_detector(
            self.shards[0],
            self.shards[1][0],
            self.out / "detector",
            replace(p.detector, seed=self.seed, recipe=recipe),
            config=p.detector_config,
            body=known,
            device=self.device,
        )

    def _train_detail(self) -> Path:
        p, known = self.profile, self._known
        return train_detail(
            self.shards[0],
            self.shards[1][0],
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

    def _portrait(self) -> Maker:
        heads, held_out = self.crops
        networks = self.profile.networks
        return partial(
            PortraitStage,
            generator=networks.generator,
            critic=networks.critic,
            appearance=networks.appearance,
            training=self.profile.portrait,
            perception=self._perception,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _e4e(self) -> Maker:
        heads, held_out = self.crops
        return partial(
            HeadsE4EStage,
            config=self.profile.networks.e4e,
            training=self.profile.e4e,
            portrait=self._finished_portrait,
            perception=self._perception,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _hypernetwork(self) -> Maker:
        heads, held_out = self.crops
        return partial(
            HeadsHypernetworkStage,
            config=self.profile.networks.hypernetwork,
            training=self.profile.hypernetwork,
            frozen=self.frozen,
            heads=heads,
            features=self.features_of(heads),
            held_out=held_out,
            held_out_features=self.features_of(held_out),
            out=self.out,
        )

    def _recogniser(self) -> Maker:
        heads, held_out = self.crops
        return partial(
            RecogniserStage,
            config=self.profile.networks.judge_appearance,
            training=self.profile.judge_appearance,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _pose_judge(self) -> Maker:
        heads, held_out = self.crops
        return partial(
            PoseJudgeStage,
            config=self.profile.networks.judge_pose,
            training=self.profile.judge_pose,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    @property
    def frozen(self) -> Frozen:
        """What the hypernetwork is trained against."""
        return Frozen(self._finished_portrait, self._perception, self._reader)

    def features_of(self, heads: HeadCrops) -> HeadFeatures:
        """What the finished encoders say of every picture, kept on disk."""
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
    def _known(self) -> Mapping[str, Tensor] | None:
        return None if self.features is None else read_weights(self.features)

    @cached_property
    def _perception(self) -> Perception:
        known = self._known
        network = perception_of(self._reader) if known is None else load_perception(known)
        return network.to(self.device)

    @property
    def _reader(self) -> Reader:
        return LoadedSet(self.out).reader.to(self.device)

    @cached_property
    def crops(self) -> tuple[HeadCrops, HeadCrops]:
        """(training, held-out people)."""
        labels = ("identity", "points")
        check_apart(*(Shelf(list(folders), pixels=(), labels=labels) for folders in self.shards))
        rule = CropRule(
            scale=self.profile.crop_scale, size=self.profile.networks.generator.resolution
        )
        heads, held_out = (load_crops(folders, rule) for folders in self.shards)
        return heads.to(self.device), held_out.to(self.device)

    @cached_property
    def shards(self) -> tuple[Sequence[Path], Sequence[Path]]:
        """Folders of (training, held-out people), rendered or completed where none were given."""
        p = self.profile
        return (
            self.data or [self._render("heads", first=0, people=p.people)],
            self.held_out or [self._render("held-out", first=_FIRST_HELD_OUT, people=p.held_out)],
        )

    def _render(self, name: str, *, first: int, people: int) -> Path:
        folder = self.out / "data" / name
        bar = tqdm(desc=f"render {name}", unit="picture", mininterval=5)

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        write_shards(
            folder,
            people=people,
            first_person=first,
            seed=self.seed,
            recipe=Recipe(frames=_FRAMES, side=_SIDES),
            workers=self.workers,
            progress=advance,
        )
        bar.close()
        return folder
