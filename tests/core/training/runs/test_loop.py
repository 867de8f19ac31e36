"""The loop: checkpoints resume to the same curve, logs keep all columns, NaN stops the run."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hyperreenact_core.errors import TrainingError
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.training.engine.checkpoint import load_checkpoint
from hyperreenact_core.training.engine.learner import update_average
from hyperreenact_core.training.engine.log import TrainingLog
from hyperreenact_core.training.runs.loop import LoopConfig, train
from hyperreenact_core.training.runs.run_state import RunState


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


def test_rows_between_validations_show_the_losses_alone(tmp_path: Path) -> None:
    config = replace(CONFIG, validate_every=10, log_every=4, checkpoint_every=20)
    train(Line(), out=tmp_path, config=config)
    with (tmp_path / "line.csv").open(newline="") as file:
        rows = {row["step"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["4", "8", "10", "12", "16", "20"]
    assert {step for step, row in rows.items() if row["held_out_weight"]} == {"10", "20"}
    assert all(row["loss"] for row in rows.values())


def test_rows_beyond_the_checkpoint_are_dropped_and_sums_go_on(tmp_path: Path) -> None:
    """Killed at 15 with rows up to 14 and a checkpoint of 12, in the middle of a row."""
    config = replace(CONFIG, validate_every=7, checkpoint_every=6)
    train(Line(), out=tmp_path / "whole", config=config)
    with pytest.raises(KeyboardInterrupt):
        train(Line(die_at=15), out=tmp_path / "killed", config=config)
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")[:2]
    train(Line(), out=tmp_path / "killed", config=config)
    assert [row["step"] for row in rows(tmp_path / "whole")] == ["7", "14", "20"]
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "line.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


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
    # The state after step 6 gave the loss that is no number, so the one before is the good one.
    assert step == 6
    assert bool(stage.network.weight.isfinite().all())


def test_a_state_that_was_never_seen_to_work_does_not_replace_a_good_one(tmp_path: Path) -> None:
    """Weights that burst in the very step before a checkpoint are not its last good state."""
    with pytest.raises(TrainingError, match="nothing is kept"):
        train(Line(nan_at=1), out=tmp_path, config=CONFIG)
    assert not list(tmp_path.glob("*.ckpt"))


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    stage = Line()
    train(stage, out=tmp_path, config=replace(CONFIG, steps=3))
    with torch.no_grad():
        stage.network.weight[0, 0] = float("inf")
    state = RunState(stage, torch.Generator(), tmp_path, writes=True)
    with pytest.raises(TrainingError, match=r"network\.weight is not a number after step 4"):
        state.save(4, {}, last=True)
    assert RunState(Line(), torch.Generator(), tmp_path, writes=True).load()[0] == 3


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


def test_a_board_that_fails_does_not_end_the_training(tmp_path: Path) -> None:
    class Full:
        rows = 0

        def row(self, step: int, values: Mapping[str, float]) -> None:
            self.rows += 1
            raise OSError("No space left on device")

        def picture(self, step: int, grid: ImageU8) -> None: ...

        def close(self) -> None: ...

    board = Full()
    log = TrainingLog(tmp_path / "log.csv", board=board)
    for step in (1, 2):
        log.add({"loss": 1.0})
        log.write(step, {})
    log.close()
    assert board.rows == 1
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3
