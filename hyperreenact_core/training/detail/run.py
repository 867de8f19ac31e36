"""A run: train for some minutes, go on after a kill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ...networks.detail import DetailConfig
from ..engine.timed import RunPace, run_for_minutes
from ..reader.shelf import check_apart
from .figures import figures, held_out, sheet
from .learner import DetailLearner, DetailRecipe
from .pairs import pair_shelf
from .stream import Stream, StreamSettings


@dataclass(frozen=True)
class RunSettings(RunPace):
    """How a run of the detail network goes."""

    held_out: int = 64
    recipe: DetailRecipe = field(default_factory=DetailRecipe)
    stream: StreamSettings = field(default_factory=StreamSettings)


def train_detail(
    data: Sequence[Path],
    held: Path,
    out: Path,
    settings: RunSettings,
    *,
    config: DetailConfig | None = None,
    body: Mapping[str, Tensor] | None = None,
    device: torch.device | None = None,
) -> Path:
    """Train on the shards in `data` until the time is over; returns the weights file.

    body: of ImageNet's network, by which pictures are compared too. What is in `out` is gone on
    with. Raises InputError where shards are missing or people of `held` are trained on.
    """
    s = settings
    shelf, other = pair_shelf(data), pair_shelf([held])
    check_apart(shelf, other)
    stream = Stream(shelf, s.stream, seed=s.seed)
    tests = held_out(other, s.stream, count=s.held_out)
    learner = DetailLearner(config or DetailConfig(), s.recipe, seed=s.seed, device=device)
    if body is not None:
        learner.compare_by(body)
    return run_for_minutes(
        learner,
        out,
        s,
        batch=stream.batch,
        figures=lambda: figures(learner.shown, tests),
        sheet=lambda: sheet(learner.shown, tests),
        refresh=shelf.refresh,
    )
