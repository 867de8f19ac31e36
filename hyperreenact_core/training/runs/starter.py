"""The whole starter set from nothing: render the data, then train every network in turn.

Each stage is skipped if its weights file is already there and resumed if its checkpoint is, so
the same command goes on wherever an earlier one stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from tqdm import tqdm

from ...models.kinds import NetworkKind
from ...models.sets import LoadedSet
from ...models.settings import SETTINGS_FILE, SetSettings, save_settings
from ...models.store import weights_file
from ...synthetic.camera import FaceFraming
from ...synthetic.shards import write_shards
from ...whole_files import whole_file
from ..data.drawn_heads import RenderedHeads, load_heads
from ..data.features import FrozenFeatures, cached_features
from ..engine.loop import LoopConfig, Stage, train
from ..engine.precision import Network
from ..stages.appearance import AppearanceStage
from ..stages.e4e import E4EStage
from ..stages.generator import GeneratorStage
from ..stages.hypernetwork import FrozenNetworks, HypernetworkStage
from ..stages.landmarks import LandmarkStage
from ..stages.pose import PoseStage
from .going_on import check_stages, go_on_from
from .profiles import Profile

STAGES: tuple[NetworkKind, ...] = (
    "generator",
    "appearance",
    "pose",
    "landmarks",
    "judge_appearance",
    "judge_pose",
    "e4e",
    "hypernetwork",
)
"""Order of training: each stage needs those before it."""

_HELD_OUT_SHARE = 0.02
_JUDGE_SEED = 1000


@dataclass(frozen=True)
class StarterRun:
    """One run of a profile in the folder `out`; data and checkpoints lie below it.

    device: where to train. seed: of weights and random order. workers: rendering processes.
    start: folder of a finished set to go on from; a stage without steps is taken over from it.
    validate_every, checkpoint_every: in steps, None for every two and three minutes.
    """

    profile: Profile
    out: Path
    device: torch.device
    seed: int = 0
    workers: int = 2
    validate_every: int | None = None
    checkpoint_every: int | None = None
    start: Path | None = None

    def train_all(self) -> None:
        """Every stage in turn, then the finished set in `out/set`."""
        self.check(STAGES)
        for kind in STAGES:
            self.train_stage(kind)
        self.assemble()

    def train_stage(self, kind: NetworkKind) -> None:
        """One stage, unless its weights are already there.

        Raises TrainingError or ModelError as `check` does.
        """
        if self.weights(kind).exists():
            return
        self.check((kind,))
        save_settings(self.out, self.settings)
        maker, steps = self._stages()[kind]
        if steps == 0:
            self._take_over(kind)
            return
        seed = self.seed + STAGES.index(kind) + (_JUDGE_SEED if kind.startswith("judge") else 0)
        torch.manual_seed(seed)
        config = LoopConfig(
            steps=steps,
            validate_every=self.validate_every,
            checkpoint_every=self.checkpoint_every,
            seed=seed,
        )
        if kind == "generator":
            config = replace(config, decay_from=self.profile.generator_decay_from)
        stage = maker()
        if self.start is not None:
            go_on_from(stage, weights_file(self.start, kind), kind)
        train(stage, out=self.out, config=config)

    def check(self, kinds: Sequence[NetworkKind]) -> None:
        """See that stages have what they need, before an hour of rendering and not after.

        Raises TrainingError or ModelError as `check_stages` does.
        """
        todo: list[NetworkKind] = [kind for kind in kinds if not self.weights(kind).exists()]
        untrained: set[NetworkKind] = {
            kind for kind, (_, steps) in self._stages().items() if steps == 0
        }
        check_stages(
            todo, self.profile.networks, out=self.out, start=self.start, untrained=untrained
        )

    def _take_over(self, kind: NetworkKind) -> None:
        """Copy a network that this profile does not train."""
        if self.start is None:
            return
        with whole_file(self.weights(kind)) as part:
            shutil.copyfile(weights_file(self.start, kind), part)

    def assemble(self) -> Path:
        """Copy the finished files with their settings into one set folder and return it."""
        folder = self.out / "set"
        for path in (*map(self.weights, STAGES), self.out / SETTINGS_FILE):
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
            pose_input="crop",
            truncation_psi=1.0,
        )

    def weights(self, kind: NetworkKind) -> Path:
        """Where a stage leaves its network."""
        return weights_file(self.out, kind)

    def _stages(self) -> dict[NetworkKind, tuple[Callable[[], Stage], int]]:
        p = self.profile
        return {
            "generator": (self._generator, p.generator_steps),
            "appearance": (lambda: self._appearance("appearance"), p.appearance_steps),
            "pose": (lambda: self._pose("pose"), p.pose_steps),
            "landmarks": (self._landmarks, p.landmark_steps),
            "judge_appearance": (
                lambda: self._appearance("judge_appearance"),
                p.judge_appearance_steps,
            ),
            "judge_pose": (lambda: self._pose("judge_pose"), p.judge_pose_steps),
            "e4e": (self._e4e, p.e4e_steps),
            "hypernetwork": (self._hypernetwork, p.hypernetwork.steps),
        }

    def _generator(self) -> Stage:
        heads, held_out = self.crops
        return GeneratorStage(
            config=self.profile.networks.generator,
            critic=self.profile.networks.critic,
            training=self.profile.generator,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _appearance(self, kind: NetworkKind) -> Stage:
        heads, held_out = self.crops
        networks = self.profile.networks
        judge = kind == "judge_appearance"
        training = self.profile.appearance
        return AppearanceStage(
            name=kind,
            config=networks.judge_appearance if judge else networks.appearance,
            # The judge learns identity alone.
            training=replace(training, scene_weight=0.0) if judge else training,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _pose(self, kind: NetworkKind) -> Stage:
        heads, held_out = self.crops
        networks = self.profile.networks
        return PoseStage(
            name=kind,
            config=networks.judge_pose if kind == "judge_pose" else networks.pose,
            training=self.profile.pose,
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _landmarks(self) -> Stage:
        portraits, held_out = self.portraits
        return LandmarkStage(
            config=self.profile.networks.landmarks,
            training=self.profile.landmarks,
            portraits=portraits,
            held_out=held_out,
            out=self.out,
        )

    def _e4e(self) -> Stage:
        heads, held_out = self.crops
        return E4EStage(
            config=self.profile.networks.e4e,
            training=self.profile.e4e,
            generator=self._frozen(self._trained.generator),
            appearance=self._frozen(self._trained.appearance),
            heads=heads,
            held_out=held_out,
            out=self.out,
        )

    def _hypernetwork(self) -> Stage:
        heads, held_out = self.crops
        return HypernetworkStage(
            config=self.profile.networks.hypernetwork,
            training=self.profile.hypernetwork,
            frozen=FrozenNetworks(
                generator=self._frozen(self._trained.generator),
                appearance=self._frozen(self._trained.appearance),
                pose=self._frozen(self._trained.pose),
            ),
            heads=heads,
            features=self._features(heads),
            held_out=held_out,
            held_out_features=self._features(held_out),
            out=self.out,
        )

    def _features(self, heads: RenderedHeads) -> FrozenFeatures:
        kinds: tuple[NetworkKind, ...] = ("e4e", "appearance", "pose")
        return cached_features(
            heads,
            e4e=self._frozen(self._trained.e4e),
            appearance=self._frozen(self._trained.appearance),
            pose=self._frozen(self._trained.pose),
            cache=self.out / "cache",
            weights=[self.weights(kind) for kind in kinds],
        )

    def _frozen(self, network: Network) -> Network:
        return network.to(self.device)

    @property
    def _trained(self) -> LoadedSet:
        """The networks finished so far; the run's folder is itself a set."""
        return LoadedSet(self.out)

    @cached_property
    def crops(self) -> tuple[RenderedHeads, RenderedHeads]:
        """Face crops as the aligner cuts them: (training, held-out people)."""
        framing = FaceFraming(scale=self.profile.crop_scale)
        return self._render("crops", framing=framing, clips=self.profile.clips)

    @cached_property
    def portraits(self) -> tuple[RenderedHeads, RenderedHeads]:
        """Wider views for the landmark network: (training, held-out people)."""
        return self._render("portraits", framing=None, clips=1)

    def _render(
        self, name: str, *, framing: FaceFraming | None, clips: int
    ) -> tuple[RenderedHeads, RenderedHeads]:
        p, folder = self.profile, self.out / "data" / name
        bar = tqdm(desc=f"render {name}", unit="picture", mininterval=5)

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        write_shards(
            folder,
            first_identity=0,
            identities=p.identities,
            clips_per_identity=clips,
            frames_per_clip=p.frames_per_clip if framing else 1,
            size=p.networks.generator.resolution,
            seed=self.seed,
            framing=framing,
            workers=self.workers,
            progress=advance,
        )
        bar.close()
        heads = load_heads(folder)
        held_out = max(2, round(p.identities * _HELD_OUT_SHARE))
        training, rest = heads.split(held_out)
        return training.to(self.device), rest.to(self.device)
