"""Training one network of a set on prepared clips, from the checks to the finished file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from ...models.sets import LoadedSet
from ...models.settings import load_settings
from ...models.store import weights_file
from ..data.clip_checks import check_clips, hold_out
from ..data.clip_faces import ClipFaces
from ..data.clips import load_clips
from ..data.frozen_set import FrozenSet
from ..engine.compute import Compute
from ..engine.recipes import ClipKind
from ..stages.clip_e4e import ClipE4EStage, ClipE4ETraining
from ..stages.clip_generator import ClipGeneratorStage, ClipGeneratorTraining
from ..stages.clip_hypernetwork import ClipHypernetworkStage, ClipHypernetworkTraining
from .loop import LoopConfig, Stage, train
from .run_folder import fill_folder, is_trained
from .starting_points import first_e4e, first_generator, first_hypernetwork

ClipTraining = ClipGeneratorTraining | ClipE4ETraining | ClipHypernetworkTraining

_DECAY_FROM: dict[ClipKind, float] = {"generator": 1.0, "e4e": 0.6, "hypernetwork": 1.0}
_LOG_EVERY = 50


@dataclass(frozen=True)
class ClipRun:
    """What to train, on what, and where to.

    data: folder of prepared clips. base: folder of the set to start from. out: folder of the run,
    which becomes a set. from_scratch: start from random weights instead of the set's.
    held_out: people kept apart, None for a twentieth. validate_every, checkpoint_every: in steps,
    None for every two and three minutes.
    """

    data: Path
    base: Path
    out: Path
    training: ClipTraining
    from_scratch: bool = False
    held_out: int | None = None
    validate_every: int | None = None
    checkpoint_every: int | None = None
    seed: int = 0

    @property
    def kind(self) -> ClipKind:
        """Which network is trained."""
        if isinstance(self.training, ClipGeneratorTraining):
            return "generator"
        return "e4e" if isinstance(self.training, ClipE4ETraining) else "hypernetwork"


def train_on_clips(run: ClipRun, compute: Compute) -> Path:
    """Train the network, or go on where an earlier run stopped; returns the finished file.

    A finished network is left as it is. Raises TrainingError or ModelError, before anything is
    trained, for clips or a set that will not do.
    """
    path = weights_file(run.out, run.kind)
    if is_trained(run.out, run.base, run.kind):
        return path
    stage = prepare_stage(run, compute)
    config = LoopConfig(
        steps=run.training.recipe.steps,
        decay_from=_DECAY_FROM[run.kind],
        validate_every=run.validate_every,
        checkpoint_every=run.checkpoint_every,
        log_every=_LOG_EVERY,
        board=True,
        seed=run.seed,
    )
    train(stage, out=run.out, config=config, compute=compute)
    return path


def prepare_stage(run: ClipRun, compute: Compute) -> Stage:
    """Check the clips and the set, fill the run's folder, and set up what is to be trained.

    The network is as a run begins; the loop reads its checkpoint.
    """
    clips = load_clips(run.data)
    check_clips(clips, run.kind, load_settings(run.base))
    training, held_out = hold_out(clips, run.held_out)
    if compute.rank == 0:
        fill_folder(run.out, run.base, run.kind)
    compute.wait()
    torch.manual_seed(run.seed)
    return _stage(
        run, ClipFaces(training, compute.device), ClipFaces(held_out, compute.device), compute
    )


def _stage(run: ClipRun, clips: ClipFaces, held_out: ClipFaces, compute: Compute) -> Stage:
    training, base, fresh = run.training, run.base, run.from_scratch
    if isinstance(training, ClipGeneratorTraining):
        return ClipGeneratorStage(
            first_generator(base, fresh=fresh),
            training=training,
            clips=clips,
            held_out=held_out,
            compute=compute,
            out=run.out,
        )
    models = LoadedSet(run.out)
    frozen = FrozenSet(models, compute.device)
    if isinstance(training, ClipE4ETraining):
        return ClipE4EStage(
            first_e4e(base, models, fresh=fresh),
            fresh=fresh,
            training=training,
            frozen=frozen,
            clips=clips,
            held_out=held_out,
            compute=compute,
            out=run.out,
        )
    return ClipHypernetworkStage(
        first_hypernetwork(base, models, fresh=fresh),
        fresh=fresh,
        training=training,
        frozen=frozen,
        clips=clips,
        held_out=held_out,
        compute=compute,
        out=run.out,
    )
