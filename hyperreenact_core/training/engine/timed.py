"""Networks that are trained for some minutes: steps, moving average, state on disk, and the run.

What a run is given besides is in training/reader, training/detector and training/detail.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import AdamW

from ...errors import TrainingError
from ...imaging import ImageU8
from ...models.checkpoints import save_network
from ...models.kinds import NetworkKind
from ...networks.efficientnet_lite import Body, ConvNorm
from ...whole_files import whole_file, write_errors
from .checkpoint import load_checkpoint, save_checkpoint, stored_numbers
from .log import TrainingLog
from .precision import channels_last
from .run_clock import RunClock

NetworkT = TypeVar("NetworkT", bound=nn.Module)
ItemT = TypeVar("ItemT")

logger = logging.getLogger(__name__)

_SHOWN = 8
_LEAST_RATE = 0.005
"""Share of the learning rates that is left at the end."""


@dataclass(frozen=True)
class Pace:
    """How fast a network learns.

    rate: the learning rate. weight_decay: of AdamW. warm_up: steps. settled: share of the time
    after which rates fall. average: of the moving average, a step. clip_norm: of the gradient.
    """

    batch_size: int = 16
    rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: int = 150
    settled: float = 0.35
    average: float = 0.999
    clip_norm: float = 10.0


@dataclass(frozen=True)
class BodyPace(Pace):
    """The same for a network about an EfficientNet-lite0.

    rate, body_rate: learning rates of what is new and of the body. held: the body's batch norms
    keep ImageNet's statistics. still: this many stages of the body, from the picture on, stay as
    they are.
    """

    body_rate: float = 4e-4
    held: bool = True
    still: int = 2


class TimedLearner(Generic[NetworkT]):
    """Trains a network; `average` is the moving average of it that is used and shipped."""

    def __init__(
        self,
        kind: NetworkKind,
        network: NetworkT,
        pace: Pace,
        rates: Callable[[NetworkT], Sequence[tuple[list[nn.Parameter], float]]],
        device: torch.device | None = None,
    ) -> None:
        """rates: groups of the network's parameters with a learning rate each. device: or the CPU.

        Batches are made on the CPU, and figures are taken there.
        """
        self.kind: NetworkKind = kind
        self.pace = pace
        self.device = device or torch.device("cpu")
        self.network = channels_last(network).to(self.device)
        self.average = deepcopy(self.network).requires_grad_(requires_grad=False).eval()
        groups = rates(self.network)
        self._rates = [rate for _, rate in groups]
        self.optimiser = AdamW(
            [{"params": own} for own, _ in groups], lr=0.0, weight_decay=pace.weight_decay
        )
        self.step = 0
        self.seconds = 0.0

    @property
    def shown(self) -> NetworkT:
        """The moving average, on the CPU."""
        return self.average if self.device.type == "cpu" else deepcopy(self.average).cpu()

    def begin(self, progress: float) -> None:
        """Set the rates of a step; progress: the share of the time that has passed."""
        settled = self.pace.settled
        fall = max(0.0, (min(progress, 1.0) - settled) / (1 - settled))
        share = (1 + math.cos(math.pi * fall)) / 2
        warm = min(1.0, (self.step + 1) / self.pace.warm_up)
        factor = warm * (_LEAST_RATE + (1 - _LEAST_RATE) * share)
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        self.network.train()

    def learn(self, batch: Any, *, progress: float) -> dict[str, float]:
        """One step; progress: the share of the time that has passed. Returns the losses."""
        raise NotImplementedError

    def improve(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        """Step down the sum of the losses; returns them. TrainingError where they burst."""
        total = torch.stack(list(losses.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        length = nn.utils.clip_grad_norm_(self.network.parameters(), self.pace.clip_norm)
        if not math.isfinite(float(length)):
            raise TrainingError(f"step {self.step}: the losses burst; resume with a lower rate")
        self.optimiser.step()
        self.step += 1
        self._follow()
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        return values | {"total": float(total.detach()), "gradient": float(length)}

    def save(self, path: Path) -> None:
        """The state to resume from; a kill leaves the old or the new file, whole."""
        save_checkpoint(
            path,
            step=self.step,
            networks={self.kind: self.network, "average": self.average},
            optimisers={self.kind: self.optimiser},
            random=torch.Generator(),
            numbers={"seconds": self.seconds},
        )

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote; TrainingError where it is of another network."""
        self.step = load_checkpoint(
            path,
            networks={self.kind: self.network, "average": self.average},
            optimisers={self.kind: self.optimiser},
            random=torch.Generator(),
        )
        self.seconds = stored_numbers(path).get("seconds", 0.0)

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(self.pace.average, (self.step + 1) / (self.step + 10))
        for mine, theirs in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def on_device(item: ItemT, device: torch.device) -> ItemT:
    """A dataclass of tensors, and of such dataclasses, on another device."""

    def moved(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.to(device, non_blocking=True)
        return type(value)(**{name: moved(part) for name, part in vars(value).items()})

    return moved(item)


class BodyLearner(TimedLearner[NetworkT]):
    """Trains a network with a `body`, at two learning rates; some of it may be held back."""

    def __init__(
        self, kind: NetworkKind, network: NetworkT, pace: BodyPace, device: torch.device | None
    ) -> None:
        _hold_back(cast(Body, network.body), held=pace.held, still=pace.still)

        def groups(own: NetworkT) -> list[tuple[list[nn.Parameter], float]]:
            body = list(cast(Body, own.body).parameters())
            known = {id(p) for p in body}
            rest = [p for p in own.parameters() if id(p) not in known]
            return [([p for p in body if p.requires_grad], pace.body_rate), (rest, pace.rate)]

        super().__init__(kind, network, pace, groups, device)


def _hold_back(body: Body, *, held: bool, still: int) -> None:
    """held: batch norms keep their statistics. still: so many stages, from the picture on, stay."""
    for module in body.modules():
        if held and isinstance(module, ConvNorm):
            module.held = True
    if still:
        for part in (body.stem, *list(body.stages)[:still]):
            part.requires_grad_(requires_grad=False)


@dataclass(frozen=True)
class RunPace:
    """How a run goes.

    minutes: of training in all, over all resumptions. steps: the most steps, if any. The rest: how
    often in minutes; held_out: how many pictures, scenes or pairs.
    """

    minutes: float = 60.0
    steps: int | None = None
    seed: int = 0
    log_every: float = 1.0
    save_every: float = 5.0
    figures_every: float = 10.0
    sheet_every: float = 20.0
    held_out: int = 96


def state_file(out: Path, kind: NetworkKind) -> Path:
    """Where a run keeps what it goes on from."""
    return out / f"{kind}.ckpt"


def run_for_minutes(
    learner: TimedLearner[Any],
    out: Path,
    pace: RunPace,
    *,
    batch: Callable[[int, int], Any],
    figures: Callable[[], Mapping[str, float]],
    sheet: Callable[[], ImageU8],
    refresh: Callable[[], None],
) -> Path:
    """Train until the time is over, with log, sheets and state in `out`; returns the weights file.

    batch: what the learner is given, told the step and how many. refresh: look for new data. Goes
    on from what is in `out`.
    """
    with write_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    state, weights = state_file(out, learner.kind), out / f"{learner.kind}.safetensors"
    if state.exists():
        learner.load(state)
        logger.info("going on from step %d", learner.step)
    log = TrainingLog(out / "log.csv", first=learner.step, numbers={"seconds": learner.seconds})
    every = {name: getattr(pace, f"{name}_every") for name in ("log", "save", "figures", "sheet")}
    clock = RunClock(pace.minutes, pace.steps, every, before=learner.seconds)

    def keep() -> None:
        learner.save(state)
        config = learner.average.config
        save_network(weights, learner.average, kind=learner.kind, config=config)

    def draw() -> None:
        with whole_file(out / f"sheet-{learner.step:06d}.jpg") as part:
            Image.fromarray(sheet()).save(part)

    while not clock.over(learner.step):
        torch.manual_seed(pace.seed * 1_000_003 + learner.step)  # a resumed run draws the same
        progress = clock.progress(learner.step)
        log.add(learner.learn(batch(learner.step, learner.pace.batch_size), progress=progress))
        learner.seconds = clock.seconds()
        if clock.due("log"):
            known = figures() if clock.due("figures") else {}
            log.write(learner.step, known)
            logger.info("step %d: %s", learner.step, _brief(known))
        if clock.due("sheet"):
            draw()
        if clock.due("save"):
            keep()
            refresh()
    keep()
    draw()
    log.write(learner.step, figures())
    return weights


def _brief(known: Mapping[str, float]) -> str:
    """The first of many figures; the table has them all."""
    return ", ".join(f"{name} {known[name]:.3f}" for name in list(known)[:_SHOWN])
