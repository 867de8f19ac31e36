"""The loop: checkpoints resume to the same curve, logs keep all columns, NaN stops the run."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.training.checkpoint import load_checkpoint
from hyperreenact_core.training.loop import LoopConfig, train, update_average


class Line:
    """A stage that fits a line; it can be told to die, as by a kill, at a step."""

    name = "line"

    def __init__(self, die_at: int | None = None, nan_at: int | None = None) -> None:
        torch.manual_seed(0)
        self.network = nn.Linear(3, 1)
        self._optimiser = torch.optim.Adam(self.network.parameters(), 0.05)
        self._die_at, self._nan_at = die_at, nan_at
        self.losses: list[float] = []
        self.finished = False

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.network}

    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        return {"network": self._optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        if step == self._die_at:
            raise KeyboardInterrupt
        x = torch.randn(16, 3, generator=random)
        loss = (self.network(x) - x.sum(1, keepdim=True)).square().mean()
        if step == self._nan_at:
            loss = loss * float("nan")
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        self.losses.append(float(loss.detach()))
        late = {"late": loss.detach()} if step >= 10 else {}
        return {"loss": loss.detach(), **late}

    def validate(self) -> tuple[Mapping[str, float], None]:
        return {"weight": float(self.network.weight.detach().sum())}, None

    def finish(self) -> None:
        self.finished = True


CONFIG = LoopConfig(steps=20, warm_up=3, validate_seconds=0.0, checkpoint_seconds=0.0)


def test_a_killed_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    whole = Line()
    train(whole, out=tmp_path / "whole", config=CONFIG)

    killed = Line(die_at=12)
    with pytest.raises(KeyboardInterrupt):
        train(killed, out=tmp_path / "killed", config=CONFIG)
    assert not killed.finished
    resumed = Line()
    train(resumed, out=tmp_path / "killed", config=CONFIG)

    assert killed.losses + resumed.losses == whole.losses
    assert torch.equal(resumed.network.weight, whole.network.weight)
    assert resumed.finished


def test_the_log_keeps_columns_that_appear_late(tmp_path: Path) -> None:
    train(Line(), out=tmp_path, config=CONFIG)
    with (tmp_path / "line.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == CONFIG.steps
    assert rows[0]["late"] == ""
    assert float(rows[-1]["late"]) == float(rows[-1]["loss"])
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_state(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="step 7"):
        train(Line(nan_at=7), out=tmp_path, config=CONFIG)
    stage = Line()
    step = load_checkpoint(
        tmp_path / "line.ckpt",
        networks=stage.networks(),
        optimisers=stage.optimisers(),
        random=torch.Generator(),
    )
    assert step == 7
    assert bool(stage.network.weight.isfinite().all())


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x00" * 64])
def test_a_damaged_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "line.ckpt").write_bytes(content)
    with pytest.raises(TrainingError, match=r"line\.ckpt"):
        train(Line(), out=tmp_path, config=CONFIG)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    train(Line(), out=tmp_path, config=CONFIG)
    other = Line()
    other.network = nn.Linear(5, 1)
    with pytest.raises(TrainingError, match="other networks"):
        train(other, out=tmp_path, config=CONFIG)


def test_the_average_follows_the_network() -> None:
    network, average = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.running_mean.fill_(5.0)
    for step in range(400):
        update_average(average, network, step, 0.98)
    assert torch.allclose(average.weight, network.weight, atol=0.01)
    assert torch.equal(average.running_mean, network.running_mean)
