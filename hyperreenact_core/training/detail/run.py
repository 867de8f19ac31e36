"""A run: train for some minutes, keep state, figures and sheets in a folder, go on after a kill."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from torch import Tensor

from ...networks.detail import DetailConfig
from ..log import TrainingLog
from ..reader.shelf import check_apart
from ..run_clock import RunClock
from .figures import HeldOut, figures, held_out, sheet
from .learner import DetailLearner, DetailRecipe, save_detail
from .pairs import pair_shelf
from .stream import Stream, StreamSettings

logger = logging.getLogger(__name__)

STATE, WEIGHTS = "detail.ckpt", "detail.safetensors"


@dataclass(frozen=True)
class RunSettings:
    """How a run goes.

    minutes: of training in all, over all resumptions. steps: the most steps, if any. The rest: how
    often in minutes; held_out: how many pairs.
    """

    minutes: float = 60.0
    steps: int | None = None
    seed: int = 0
    log_every: float = 1.0
    save_every: float = 5.0
    figures_every: float = 10.0
    sheet_every: float = 20.0
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
) -> Path:
    """Train on the shards in `data` until the time is over; returns the weights file.

    body: of ImageNet's network, by which pictures are compared too. What is in `out` is gone on
    with. Raises InputError where shards are missing or people of `held` are trained on.
    """
    s = settings
    shelf, other = pair_shelf(data), pair_shelf([held])
    check_apart(shelf, other)
    out.mkdir(parents=True, exist_ok=True)
    stream = Stream(shelf, s.stream, seed=s.seed)
    tests = held_out(other, s.stream, count=s.held_out)
    learner = DetailLearner(config or DetailConfig(), s.recipe, seed=s.seed)
    if body is not None:
        learner.compare_by(body)
    if (out / STATE).exists():
        learner.load(out / STATE)
        logger.info("going on from step %d", learner.step)
    log = TrainingLog(out / "log.csv", first=learner.step, numbers={"seconds": learner.seconds})
    every = {name: getattr(s, f"{name}_every") for name in ("log", "save", "figures", "sheet")}
    clock = RunClock(s.minutes, s.steps, every, before=learner.seconds)
    while not clock.over(learner.step):
        batch = stream.batch(learner.step, s.recipe.batch_size)
        log.add(learner.learn(batch, progress=clock.progress(learner.step)))
        learner.seconds = clock.seconds()
        if clock.due("log"):
            known = figures(learner.average, tests) if clock.due("figures") else {}
            log.write(learner.step, known)
            logger.info("step %d, %d pictures: %s", learner.step, len(shelf), _brief(known))
        if clock.due("sheet"):
            _draw_sheet(learner, tests, out)
        if clock.due("save"):
            learner.save(out / STATE)
            save_detail(out / WEIGHTS, learner.average)
            shelf.refresh()
    learner.save(out / STATE)
    log.write(learner.step, figures(learner.average, tests))
    _draw_sheet(learner, tests, out)
    save_detail(out / WEIGHTS, learner.average)
    return out / WEIGHTS


def _draw_sheet(learner: DetailLearner, tests: HeldOut, out: Path) -> None:
    Image.fromarray(sheet(learner.average, tests)).save(out / f"sheet-{learner.step:06d}.jpg")


def _brief(known: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in known.items())
