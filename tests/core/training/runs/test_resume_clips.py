"""kill -9 in the middle of a stage on clips: the run goes on from its checkpoint as if nothing
had happened."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.training.engine.checkpoint import load_checkpoint
from hyperreenact_core.training.engine.compute import OneDevice
from hyperreenact_core.training.engine.recipes import ClipKind
from hyperreenact_core.training.runs.clip_run import train_on_clips
from tests.core.reenact.tiny import save_tiny_set
from tests.core.training.small_runs import (
    killed,
    rows_of,
    run_of,
    train_clips_until_killed,
    write_clips,
)


@pytest.mark.parametrize(
    ("kind", "precision"),
    [("generator", "fp32"), ("e4e", "fp32"), ("hypernetwork", "fp32"), ("hypernetwork", "bf16")],
)
def test_a_killed_run_ends_in_the_same_weights(
    tmp_path: Path, kind: ClipKind, precision: str
) -> None:
    data, base = write_clips(tmp_path / "data"), save_tiny_set(tmp_path / "base")
    changes = {"precision": precision, "accumulate": 2}
    compute = OneDevice(torch.device("cpu"))
    whole = run_of(kind, data, base, tmp_path / "whole", **changes)
    train_on_clips(whole, compute)

    broken = run_of(kind, data, base, tmp_path / "broken", **changes)
    assert killed(train_clips_until_killed, broken, 5) == -signal.SIGKILL
    log = rows_of(broken.out / f"{kind}.csv")
    assert [row["step"] for row in log] == ["1", "2", "3", "4"]

    train_on_clips(broken, compute)
    mine, theirs = (load_file(run.out / f"{kind}.safetensors") for run in (broken, whole))
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert rows_of(broken.out / f"{kind}.csv") == rows_of(whole.out / f"{kind}.csv")
    assert len(log) + 2 == len(rows_of(whole.out / f"{kind}.csv")) == 6


def test_the_checkpoint_holds_all_that_a_run_needs(tmp_path: Path) -> None:
    """Weights, their average, both moments, random state, step, and the sums of the log."""
    run = run_of(
        "hypernetwork", write_clips(tmp_path / "data"), save_tiny_set(tmp_path / "base"), tmp_path
    )
    assert killed(train_clips_until_killed, run, 5) == -signal.SIGKILL
    names = load_file(tmp_path / "hypernetwork.ckpt").keys()
    assert {name.split("/")[0] for name in names} == {
        "network",
        "optimiser",
        "random",
        "global_random",
    }
    assert {name.split("/")[1] for name in names if name.startswith("network/")} == {
        "network",
        "average",
    }
    assert any(name.endswith("exp_avg_sq") for name in names)
    empty = torch.Generator()
    step = load_checkpoint(tmp_path / "hypernetwork.ckpt", networks={}, optimisers={}, random=empty)
    assert step == 3
