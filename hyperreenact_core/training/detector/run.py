"""A run: train for some minutes, keep state, figures and sheets in a folder, go on after a kill."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ...errors import InputError
from ...networks.detector import SingleShotConfig
from ..log import TrainingLog
from ..reader.shelf import Shelf
from ..reader.stream import load_backgrounds
from .figures import figures, sheet
from .learner import DetectorLearner, DetectorRecipe, save_detector
from .scenes import SceneSettings, SceneStream

logger = logging.getLogger(__name__)

STATE, WEIGHTS, BACKGROUNDS = "detector.ckpt", "detector.safetensors", "backgrounds.npy"
_PART = 16


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
    sheet_every: float = 10.0
    backgrounds: int = 400
    held_out: int = 96
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
) -> Path:
    """Train on the shards in `data` until the time is over; returns the weights file.

    body: published weights to begin with. What is in `out` is gone on with. Raises InputError where
    shards are missing or people of `held` are trained on.
    """
    s = settings
    shelf, other = Shelf(data), Shelf([held])
    if both := set(shelf.identities()) & set(other.identities()):
        raise InputError(
            f"{len(both)} people are both trained on and held out (such as {min(both)}): render "
            "the held-out shards with another first person"
        )
    out.mkdir(parents=True, exist_ok=True)
    backgrounds = load_backgrounds(out / BACKGROUNDS, count=s.backgrounds, seed=s.seed)
    stream = SceneStream(shelf, backgrounds, s.scenes, seed=s.seed)
    unseen = SceneStream(other, backgrounds, s.scenes, seed=s.seed + 1)
    tests = [unseen.batch(number, _PART) for number in range(-(-s.held_out // _PART))]
    learner = DetectorLearner(config or SingleShotConfig(), s.recipe, seed=s.seed)
    if (out / STATE).exists():
        learner.load(out / STATE)
        logger.info("going on from step %d", learner.step)
    else:
        learner.start_from(body)
    log = TrainingLog(out / "log.csv", first=learner.step, numbers={"seconds": learner.seconds})
    clock = _Clock(settings, learner.seconds)
    while not clock.over(learner.step):
        torch.manual_seed(s.seed * 1_000_003 + learner.step)  # a resumed run draws the same
        batch = stream.batch(learner.step, s.recipe.batch_size)
        log.add(learner.learn(batch, progress=clock.progress(learner.step)))
        learner.seconds = clock.seconds()
        if clock.due("log"):
            known = figures(learner.average, tests) if clock.due("figures") else {}
            log.write(learner.step, known)
            text = ", ".join(f"{name} {value:.3f}" for name, value in known.items())
            logger.info("step %d, %d pictures: %s", learner.step, len(shelf), text)
        if clock.due("sheet"):
            Image.fromarray(sheet(learner.average, tests[0])).save(
                out / f"sheet-{learner.step:06d}.jpg"
            )
        if clock.due("save"):
            learner.save(out / STATE)
            save_detector(out / WEIGHTS, learner.average)
            shelf.refresh()
    learner.save(out / STATE)
    log.write(learner.step, figures(learner.average, tests))
    Image.fromarray(sheet(learner.average, tests[0])).save(out / f"sheet-{learner.step:06d}.jpg")
    save_detector(out / WEIGHTS, learner.average)
    return out / WEIGHTS


class _Clock:
    """Time spent on training, over all resumptions, and what is to be done now."""

    def __init__(self, settings: RunSettings, before: float) -> None:
        self._settings = settings
        self._start = time.monotonic() - before
        self._last: dict[str, float] = {}
        self._before = before

    def seconds(self) -> float:
        return time.monotonic() - self._start

    def progress(self, step: int) -> float:
        """0 to 1, of the time or of the steps, whichever is nearer its end."""
        passed = self.seconds() / (60 * self._settings.minutes)
        return max(passed, step / self._settings.steps) if self._settings.steps else passed

    def over(self, step: int) -> bool:
        return self.progress(step) >= 1

    def due(self, what: str) -> bool:
        """Whether it is time for this; it then counts as done."""
        every = 60 * float(getattr(self._settings, f"{what}_every"))
        now = self.seconds()
        if now - self._last.get(what, self._before) < every:
            return False
        self._last[what] = now
        return True
