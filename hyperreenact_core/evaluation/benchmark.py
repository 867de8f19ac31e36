"""The test itself: draw pairs, run every method, judge its results against the true images.

The renderer can draw the source person in the driving pose, so cross-subject results too are
measured against a true image. Pictures are drawn and dropped batch by batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch

from ..errors import InputError
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from .baselines import Baseline, baseline_rows, left_out
from .chain import Chain
from .failures import failure_sheet, worst
from .flicker import Flicker, measure_flicker, sample_clip
from .gallery import ENROLMENT_PICTURES, enrol, gallery_people
from .judges import Judges
from .latent_edit import learn_directions
from .metrics import Subset
from .pairs import KINDS, Kind, Pair, sample_pairs
from .report import Report
from .rows import ROWS, MethodTools, Row
from .scene_renderer import SceneRenderer, Studio
from .sheet import contact_sheet
from .trial import Judging, run_trial

FIRST_HELD_OUT_IDENTITY = 1_000_000
"""Training uses identities below this one only."""
_WORKING_BYTES = 2**30
"""Generous room for one batch."""


@dataclass(frozen=True)
class EvaluationConfig:
    """pairs: of each kind. gallery: people a result could be mistaken for.

    edit_people: training people the latent edit is fitted on. sheet_pairs: of each kind.
    clips: of each kind, to measure flicker on; 0 = not at all. clip_frames: of each clip.
    """

    pairs: int = 200
    first_identity: int = FIRST_HELD_OUT_IDENTITY
    seed: int = 0
    gallery: int = 200
    edit_people: int = 600
    sheet_pairs: int = 5
    clips: int = 0
    clip_frames: int = 24
    batch_size: int = 16

    def __post_init__(self) -> None:
        if self.pairs < 2:
            raise InputError("evaluation needs 2 pairs or more, a pose is swapped between pairs")
        if min(self.first_identity, self.seed) < 0:
            raise InputError("seeds of identities and pairs must not be negative")
        if min(self.gallery, self.edit_people) < 2:
            raise InputError("the gallery and the fit of the latent edit need 2 people or more")
        if self.clips < 0 or self.clip_frames < 3:
            raise InputError("flicker needs clips of 3 frames or more")


@dataclass(frozen=True)
class Evaluation:
    """Figures and, [H, W, 3] each, the contact sheet and the worst pairs of ours."""

    report: Report
    sheet: ImageU8
    failures: ImageU8


@torch.inference_mode()
def evaluate(
    models: LoadedSet,
    config: EvaluationConfig,
    host: Host,
    *,
    baselines: Sequence[Baseline] = (),
    more_rows: Mapping[str, Row] | None = None,
    studio: Studio | None = None,
) -> Evaluation:
    """Measure a model set; deterministic on one machine for equal arguments.

    baselines: see `baselines.find_baselines`. more_rows: methods of the caller's own, by name.
    studio: see `SceneRenderer`. Raises InputError if the set has no judges or reads other crops
    than are drawn here, or where rendering needs what is not installed.
    """
    judges = _judges_of(models)
    total = _picture_count(config)
    drawn = 0

    def report_picture() -> None:
        nonlocal drawn
        drawn += 1
        host.check_interrupt()
        host.progress(drawn, total)

    modules = (
        models.generator,
        models.e4e,
        models.appearance,
        models.pose_network,
        models.hypernetwork,
        judges.appearance,
        judges.pose,
        *(baseline.network for baseline in baselines),
    )
    rows = {**ROWS, **baseline_rows(baselines), **(more_rows or {})}
    with host.on_device(modules, _WORKING_BYTES):
        renderer = SceneRenderer(
            models.settings, device=host.device, on_picture=report_picture, studio=studio
        )
        chain = Chain(models, host)
        directions = learn_directions(
            chain, renderer, count=config.edit_people, batch_size=config.batch_size
        )
        people = gallery_people(
            config.gallery, pairs=config.pairs, first_identity=config.first_identity
        )
        judging = Judging(judges, enrol(people, judges=judges, renderer=renderer))
        tools = MethodTools(chain, directions)
        results = {
            kind: run_trial(
                kind,
                sample_pairs(
                    kind, config.pairs, first_identity=config.first_identity, seed=config.seed
                ),
                rows,
                renderer=renderer,
                tools=tools,
                judging=judging,
                batch_size=config.batch_size,
                sheet_pairs=config.sheet_pairs,
            )
            for kind in KINDS
        }
        flicker: dict[Kind, Flicker] = {
            kind: measure_flicker(
                _clips(kind, config),
                rows,
                kind=kind,
                renderer=renderer,
                tools=tools,
                judges=judges,
                batch_size=config.batch_size,
            )
            for kind in KINDS
            if config.clips
        }
    return Evaluation(
        report=Report(
            settings=_settings(models, config, host),
            counts={kind: _counts(results[kind].extreme) for kind in KINDS},
            rows={row: {kind: results[kind].rows[row] for kind in KINDS} for row in rows},
            reference={kind: results[kind].reference for kind in KINDS},
            turns={kind: results[kind].turns for kind in KINDS},
            flicker=flicker,
            left_out=left_out(baselines),
        ),
        sheet=contact_sheet([row for kind in KINDS for row in results[kind].sheet]),
        failures=failure_sheet(worst([f for kind in KINDS for f in results[kind].failures])),
    )


def _clips(kind: Kind, config: EvaluationConfig) -> list[list[Pair]]:
    return [
        sample_clip(
            kind,
            index,
            frames=config.clip_frames,
            first_identity=config.first_identity,
            seed=config.seed,
        )
        for index in range(config.clips)
    ]


def _judges_of(models: LoadedSet) -> Judges:
    settings = models.settings
    if settings.appearance_input != "crop" or settings.pose_input == "deca_crop":
        raise InputError(
            f"model set {models.folder.name!r} aligns faces in its own way; only sets that read "
            "the face crop as it is can be measured on rendered heads"
        )
    return Judges.of(models)


def _counts(extreme: Sequence[bool]) -> dict[Subset, int]:
    return {"all": len(extreme), "extreme": sum(extreme)}


def _picture_count(config: EvaluationConfig) -> int:
    """How many pictures are going to be drawn."""
    batches = -(-config.pairs // config.batch_size)
    of_pairs = (2 + 3) * config.pairs + len(KINDS) * batches
    of_clips = config.clips * (2 + 3 * config.clip_frames)
    return 2 * config.edit_people + ENROLMENT_PICTURES * config.gallery + of_pairs + of_clips


def _settings(
    models: LoadedSet, config: EvaluationConfig, host: Host
) -> dict[str, str | int | float | bool]:
    try:
        own_version = version("hyperreenact")
    except PackageNotFoundError:  # run from a checkout that was never installed
        own_version = "not installed"
    return {
        "model_set": models.folder.name,
        "pairs": config.pairs,
        "first_identity": config.first_identity,
        "held_out": config.first_identity >= FIRST_HELD_OUT_IDENTITY,
        "seed": config.seed,
        "gallery": config.gallery,
        "edit_people": config.edit_people,
        "clips": config.clips,
        "clip_frames": config.clip_frames,
        "resolution": models.settings.resolution,
        "crop_scale": models.settings.crop_scale,
        "device": host.device.type,
        "precision": str(host.dtype).removeprefix("torch."),
        "hyperreenact": own_version,
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
