"""A run: train for some minutes, go on after a kill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ...networks.detector import SingleShotConfig
from ..engine.timed import RunPace, run_for_minutes, state_file
from ..reader.shelf import Shelf, check_apart
from ..reader.stream import load_backgrounds
from .figures import figures, sheet
from .learner import DetectorLearner, DetectorRecipe
from .scenes import SceneSettings, SceneStream

BACKGROUNDS = "backgrounds.npy"
_PART = 16


@dataclass(frozen=True)
class RunSettings(RunPace):
    """backgrounds: how many pictures of them are painted."""

    sheet_every: float = 10.0
    backgrounds: int = 400
    recipe: DetectorRecipe = field(default_factory=DetectorRecipe)
    scenes: SceneSettings = field(default_factory=SceneSettings)


def train_detector(
    data: Sequence[Path],
    held: Path,
    out: Path,
    settings: RunSettings,
    *,
    config: SingleShotConfig | None = None,
    body: Mapping[str, Tensor] | None = None,
    device: torch.device | None = None,
) -> Path:
    """Train on the shards in `data` until the time is over; returns the weights file.

    body: published weights to begin with. What is in `out` is gone on with. Raises InputError where
    shards are missing or people of `held` are trained on.
    """
    s = settings
    shelf, other = Shelf(data), Shelf([held])
    check_apart(shelf, other)
    backgrounds = load_backgrounds(out / BACKGROUNDS, count=s.backgrounds, seed=s.seed)
    stream = SceneStream(shelf, backgrounds, s.scenes, seed=s.seed)
    unseen = SceneStream(other, backgrounds, s.scenes, seed=s.seed + 1)
    tests = [unseen.batch(number, _PART) for number in range(-(-s.held_out // _PART))]
    learner = DetectorLearner(config or SingleShotConfig(), s.recipe, seed=s.seed, device=device)
    if not state_file(out, learner.kind).exists():
        learner.start_from(body)
    return run_for_minutes(
        learner,
        out,
        s,
        batch=stream.batch,
        figures=lambda: figures(learner.shown, tests),
        sheet=lambda: sheet(learner.shown, tests[0]),
        refresh=shelf.refresh,
    )
