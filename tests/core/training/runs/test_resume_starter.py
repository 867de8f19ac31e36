"""kill -9 in the middle of every stage of the starter set: it goes on from its checkpoint."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.models.kinds import NetworkKind
from hyperreenact_core.training.runs.starter import STAGES, StarterRun
from tests.core.training.small_runs import killed, profile_of, rows_of, train_stage_until_killed

PROFILE = profile_of(6, style_steps=1, inversion_steps=1, self_steps=2, cross_steps=2)


def run_in(out: Path) -> StarterRun:
    return StarterRun(
        profile=PROFILE,
        out=out,
        device=torch.device("cpu"),
        workers=1,
        validate_every=2,
        checkpoint_every=3,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole")
    for kind in STAGES:
        run_in(out).train_stage(kind)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("kind", STAGES)
def test_a_killed_stage_ends_in_the_same_weights(
    tmp_path: Path, whole: Path, kind: NetworkKind
) -> None:
    shutil.copytree(whole / "data", tmp_path / "data")
    for earlier in STAGES[: STAGES.index(kind)]:
        shutil.copyfile(whole / f"{earlier}.safetensors", tmp_path / f"{earlier}.safetensors")
    run = run_in(tmp_path)

    assert killed(train_stage_until_killed, run, kind, 5) == -signal.SIGKILL
    before = rows_of(tmp_path / f"{kind}.csv")
    assert [row["step"] for row in before] == ["2", "4"]  # the last one is beyond the checkpoint

    run.train_stage(kind)
    mine, theirs = (load_file(out / f"{kind}.safetensors") for out in (tmp_path, whole))
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert rows_of(tmp_path / f"{kind}.csv") == rows_of(whole / f"{kind}.csv")
