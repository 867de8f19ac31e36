"""A run: train for some minutes, keep state, figures and sheets in a folder, go on after a kill."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ...networks.reader import ReaderConfig
from ...whole_files import whole_file, write_errors
from ..log import TrainingLog
from ..run_clock import RunClock
from .figures import HeldOut, figures, held_out, sheet
from .framing import labels_in, sample_frame
from .learner import ReaderLearner, ReaderRecipe, save_reader
from .shelf import Shelf, check_apart
from .stream import Stream, StreamSettings, load_backgrounds

logger = logging.getLogger(__name__)

STATE, WEIGHTS, BACKGROUNDS = "reader.ckpt", "reader.safetensors", "backgrounds.npy"
_MEAN_OF = 256


@dataclass(frozen=True)
class RunSettings:
    """How a run goes.

    minutes: of training in all, over all resumptions. steps: the most steps, if any. The rest: how
    often in minutes; backgrounds, held_out: how many pictures.
    """

    minutes: float = 60.0
    steps: int | None = None
    seed: int = 0
    log_every: float = 1.0
    save_every: float = 5.0
    figures_every: float = 10.0
    sheet_every: float = 20.0
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
) -> Path:
    """Train on the shards in `data` until the time is over; returns the weights file.

    body: published weights to begin with. What is in `out` is gone on with. Raises InputError where
    shards are missing or people of `held` are trained on.
    """
    config = config or ReaderConfig()
    shelf, other = Shelf(data), Shelf([held])
    check_apart(shelf, other)
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    s = settings
    backgrounds = load_backgrounds(out / BACKGROUNDS, count=s.backgrounds, seed=s.seed)
    stream = Stream(shelf, backgrounds, s.stream, seed=s.seed)
    tests = held_out(
        other, Stream(other, backgrounds, s.stream, seed=s.seed + 1), s.stream, count=s.held_out
    )
    learner = ReaderLearner(config, s.recipe, seed=s.seed)
    if (out / STATE).exists():
        learner.load(out / STATE)
        logger.info("going on from step %d", learner.step)
    else:
        learner.start_from(body, mean_face(shelf, s.stream))
    log = TrainingLog(out / "log.csv", first=learner.step, numbers={"seconds": learner.seconds})
    every = {name: getattr(s, f"{name}_every") for name in ("log", "save", "figures", "sheet")}
    clock = RunClock(s.minutes, s.steps, every, before=learner.seconds)
    while not clock.over(learner.step):
        torch.manual_seed(s.seed * 1_000_003 + learner.step)  # a resumed run draws the same
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
            save_reader(out / WEIGHTS, learner.average)
            shelf.refresh()
    learner.save(out / STATE)
    log.write(learner.step, figures(learner.average, tests))
    _draw_sheet(learner, tests, out)
    save_reader(out / WEIGHTS, learner.average)
    return out / WEIGHTS


def _draw_sheet(learner: ReaderLearner, tests: HeldOut, out: Path) -> None:
    with whole_file(out / f"sheet-{learner.step:06d}.jpg") as part:
        Image.fromarray(sheet(learner.average, tests)).save(part)


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


def _brief(known: Mapping[str, float]) -> str:
    names = ("points", "hard_points", "yaw", "pitch", "roll", "gaze", "r_median", "face")
    return ", ".join(f"{name} {known[name]:.3f}" for name in names if name in known)
