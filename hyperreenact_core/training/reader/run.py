"""A run: train for some minutes, go on after a kill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...networks.reader import ReaderConfig
from ..engine.timed import RunPace, run_for_minutes, state_file
from .figures import figures, held_out, sheet
from .framing import labels_in, sample_frame
from .learner import ReaderLearner, ReaderRecipe
from .shelf import Shelf, check_apart
from .stream import Stream, StreamSettings, load_backgrounds

BACKGROUNDS = "backgrounds.npy"
_MEAN_OF = 256


@dataclass(frozen=True)
class RunSettings(RunPace):
    """backgrounds: how many pictures of them are painted."""

    backgrounds: int = 400
    held_out: int = 192
    recipe: ReaderRecipe = field(default_factory=ReaderRecipe)
    stream: StreamSettings = field(default_factory=StreamSettings)


def train_reader(
    data: Sequence[Path],
    held: Path,
    out: Path,
    settings: RunSettings,
    *,
    config: ReaderConfig | None = None,
    body: Mapping[str, Tensor] | None = None,
    device: torch.device | None = None,
) -> Path:
    """Train on the shards in `data` until the time is over; returns the weights file.

    body: published weights to begin with. What is in `out` is gone on with. Raises InputError where
    shards are missing or people of `held` are trained on.
    """
    config = config or ReaderConfig()
    shelf, other = Shelf(data), Shelf([held])
    check_apart(shelf, other)
    s = settings
    backgrounds = load_backgrounds(out / BACKGROUNDS, count=s.backgrounds, seed=s.seed)
    stream = Stream(shelf, backgrounds, s.stream, seed=s.seed)
    tests = held_out(
        other, Stream(other, backgrounds, s.stream, seed=s.seed + 1), s.stream, count=s.held_out
    )
    learner = ReaderLearner(config, s.recipe, seed=s.seed, device=device)
    if not state_file(out, learner.kind).exists():
        learner.start_from(body, mean_face(shelf, s.stream))
    return run_for_minutes(
        learner,
        out,
        s,
        batch=stream.batch,
        figures=lambda: figures(learner.shown, tests),
        sheet=lambda: sheet(learner.shown, tests),
        refresh=shelf.refresh,
    )


def mean_face(shelf: Shelf, settings: StreamSettings) -> Tensor:
    """[470, 3] mean x, y and depth of the points in crops, the irises last."""
    rng = np.random.default_rng(0)
    found: list[NDArray[np.float32]] = []
    for index in rng.integers(len(shelf), size=_MEAN_OF):
        row = shelf[int(index)]
        labels = labels_in(row, sample_frame(rng, row.points, settings.frame))
        mesh = np.c_[labels.points, labels.depth]
        found.append(np.concatenate([mesh, np.c_[labels.irises, np.zeros(2)]]))
    return torch.from_numpy(np.mean(found, 0).astype(np.float32))
