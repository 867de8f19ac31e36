"""Where training computes, and what is said where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.errors import InputError, TrainingError
from hyperreenact_core.training.engine import compute as module
from hyperreenact_core.training.engine.compute import OneDevice, choose_compute, choose_precision
from hyperreenact_core.training.engine.learner import Shares
from hyperreenact_core.training.engine.log import open_board
from hyperreenact_core.training.engine.recipes import Recipe
from hyperreenact_core.training.runs.clip_run import train_on_clips
from tests.core.reenact.tiny import save_tiny_set
from tests.core.training.small_runs import run_of, write_clips


@pytest.fixture
def without_accelerate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: None)


@pytest.mark.usefixtures("without_accelerate")
def test_one_device_needs_no_accelerate() -> None:
    compute = choose_compute("cpu")
    assert isinstance(compute, OneDevice)
    assert (compute.rank, compute.processes, compute.device.type) == (0, 1, "cpu")


@pytest.mark.usefixtures("without_accelerate")
def test_several_processes_need_it_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match=r"2 processes .* pip install 'hyperreenact\[train\]'"):
        choose_compute()


def test_one_process_trains_the_same_with_and_without_it(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    data, base = write_clips(tmp_path / "data"), save_tiny_set(tmp_path / "base")
    with_it = choose_compute("cpu")
    assert not isinstance(with_it, OneDevice)
    paths = [
        train_on_clips(run_of("hypernetwork", data, base, tmp_path / name), compute)
        for name, compute in (("with", with_it), ("without", OneDevice(torch.device("cpu"))))
    ]
    mine, theirs = (load_file(path) for path in paths)
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "nonsense:0"])
def test_a_device_that_is_not_there_is_named(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(InputError, match=f"--device {device} .*: this machine has cpu"):
        choose_compute(device)


def test_one_named_device_is_too_few_for_several_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(TrainingError, match="names one device, but 2 processes"):
        choose_compute("cuda:1")


def test_precision_follows_the_device() -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert choose_precision(None, cpu) == "fp32"
    assert choose_precision(None, cuda) == "bf16"
    assert choose_precision("bf16", cpu) == "bf16"
    assert choose_precision("fp16", cuda) == "fp16"
    with pytest.raises(TrainingError, match="needs a GPU"):
        choose_precision("fp16", cpu)


def test_shares_cover_the_batch_once() -> None:
    class OneOfThree(OneDevice):
        processes = 3

        def __init__(self, rank: int) -> None:
            super().__init__(torch.device("cpu"))
            self.rank = rank

    recipe = Recipe(steps=1, batch_size=4, learning_rate=1.0, accumulate=2)
    rows: list[int] = []
    for rank in range(3):
        shares = Shares(recipe, OneOfThree(rank))
        assert shares.total == 24
        rows += [row for part in shares for row in range(24)[part]]
    assert sorted(rows) == list(range(24))


def test_without_tensorboard_the_log_is_the_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    assert open_board(tmp_path, first=0) is None
    assert "pip install" in caplog.text


def test_tensorboard_forgets_what_lies_beyond_the_checkpoint(tmp_path: Path) -> None:
    loading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for first, steps in ((0, (1, 2, 3)), (2, (3, 4))):
        board = open_board(tmp_path, first=first)
        assert board is not None
        for step in steps:
            board.row(step, {"pixel": first + step / 10, "held_out_psnr": 20.0})
        board.close()
    events = loading.EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["scalars"]) == {"losses/pixel", "held_out/psnr"}
    shown = [(event.step, round(event.value, 1)) for event in events.Scalars("losses/pixel")]
    assert shown == [(1, 0.1), (2, 0.2), (3, 2.3), (4, 2.4)]
