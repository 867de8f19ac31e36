"""Processes that share their gradients take the step that one would with all their pictures."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperreenact_core.training.engine.compute import OneDevice
from hyperreenact_core.training.engine.recipes import ClipKind
from hyperreenact_core.training.runs.clip_run import ClipRun
from hyperreenact_core.training.stages.clip_hypernetwork import ClipHypernetworkTraining
from tests.core.reenact.tiny import save_tiny_set
from tests.core.training.small_runs import RECIPE, free_port, run_of, start, write_clips
from tests.core.training.two_processes import STEPS, gradients, take_part

ROOT = Path(__file__).resolve().parents[4]


def run_with(tmp_path: Path, kind: ClipKind, name: str, *, batch_size: int, accumulate: int):
    run = run_of(
        kind,
        tmp_path / "data",
        tmp_path / "base",
        tmp_path / name,
        batch_size=batch_size,
        accumulate=accumulate,
        clip_norm=0.0,  # gradients as they are
    )
    if isinstance(run.training, ClipHypernetworkTraining):
        training = replace(run.training, inversion_steps=1, self_steps=1)
        return replace(run, training=training, from_scratch=True)
    return run


def train_together(run: ClipRun, file: Path, *, processes: int = 2) -> dict[str, torch.Tensor]:
    port = free_port()
    parts = [start(take_part, run, file, rank, processes, port) for rank in range(processes)]
    for part in parts:
        part.join(120)
        assert part.exitcode == 0
    return load_file(file)


# A gradient of these runs is a sum over at most 6 * 3 * 32**2 values of pixels. Their rounding
# errors of 2**-53 add up as the square root of their number, 1.5e-14; backward and through the
# networks, some times that.
ROUNDING = 2e-13
ADAM_EPSILON, RATE = 1e-8, RECIPE.learning_rate
FLOAT32_LOSSES = 3 * 2**-24
"""Losses are exchanged in float32: each is rounded, and then their sum."""


def assert_same(mine: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    """Losses, gradients of every parameter at every step, and the weights they lead to."""
    assert mine.keys() == theirs.keys()
    assert any(key.startswith("gradient/2/") for key in theirs)
    largest = max(float(v.abs().max()) for k, v in theirs.items() if k.startswith("gradient"))
    assert largest > 1, "gradients too small for the comparison to say anything"
    # A step divides by the gradient's own size, but by no less than epsilon.
    a_step = RATE * ROUNDING * largest / ADAM_EPSILON
    for key, value in theirs.items():
        kind = key.partition("/")[0]
        assert mine[key].dtype == value.dtype == torch.float64
        absolute = {"loss": 0.0, "gradient": ROUNDING * largest, "weight": STEPS * a_step}[kind]
        relative = FLOAT32_LOSSES if kind == "loss" else 0.0
        torch.testing.assert_close(mine[key], value, atol=absolute, rtol=relative, msg=key)


# A batch of three puts more of one kind than of the other into a share of the cross phase.
@pytest.mark.parametrize(("kind", "batch_size"), [("hypernetwork", 3), ("e4e", 2)])
def test_two_processes_give_the_gradients_of_one_with_twice_the_batch(
    tmp_path: Path, kind: ClipKind, batch_size: int
) -> None:
    write_clips(tmp_path / "data")
    save_tiny_set(tmp_path / "base")
    two = run_with(tmp_path, kind, "two", batch_size=batch_size, accumulate=1)
    one = run_with(tmp_path, kind, "one", batch_size=2 * batch_size, accumulate=1)
    shared = train_together(two, tmp_path / "shared.safetensors")
    alone = gradients(one, OneDevice(torch.device("cpu")))

    assert_same(shared, alone)


def test_accumulated_batches_give_the_gradients_of_one_large_batch(tmp_path: Path) -> None:
    write_clips(tmp_path / "data")
    save_tiny_set(tmp_path / "base")
    compute = OneDevice(torch.device("cpu"))
    small = run_with(tmp_path, "hypernetwork", "small", batch_size=2, accumulate=3)
    large = run_with(tmp_path, "hypernetwork", "large", batch_size=6, accumulate=1)
    assert_same(gradients(small, compute), gradients(large, compute))


@pytest.mark.parametrize("part", ["pixel_weight", "identity_weight", "shape_weight"])
def test_a_real_difference_is_no_rounding(tmp_path: Path, part: str) -> None:
    """A loss that weighs a millionth more is seen, and so is one value of one gradient."""
    write_clips(tmp_path / "data")
    save_tiny_set(tmp_path / "base")
    run = run_with(tmp_path, "hypernetwork", "run", batch_size=3, accumulate=1)
    assert isinstance(run.training, ClipHypernetworkTraining)
    heavier = replace(run.training, **{part: getattr(run.training, part) * (1 + 1e-6)})
    compute = OneDevice(torch.device("cpu"))
    expected = gradients(run, compute)
    assert_same(gradients(run, compute), expected)
    changed = gradients(replace(run, training=heavier), compute)
    in_gradients = expected | {k: v for k, v in changed.items() if k.startswith("gradient")}
    with pytest.raises(AssertionError, match="gradient/"):
        assert_same(in_gradients, expected)

    # Of the parameter whose gradient is smallest of all.
    size = {k: float(v.abs().max()) for k, v in expected.items() if k.startswith("gradient/0/")}
    smallest = min((key for key in size if size[key] > 0), key=lambda key: size[key])
    with pytest.raises(AssertionError, match=smallest):
        assert_same(expected | {smallest: expected[smallest] * 0.999}, expected)


def test_the_critic_and_the_generator_train_in_two_processes(tmp_path: Path) -> None:
    """The critic looks at a batch as a whole, so shares differ from one batch: only that it runs,
    and that both processes end with the same weights."""
    write_clips(tmp_path / "data")
    save_tiny_set(tmp_path / "base")
    run = run_with(tmp_path, "generator", "two", batch_size=2, accumulate=2)
    results = train_together(run, tmp_path / "shared.safetensors")
    assert all(bool(value.isfinite().all()) for value in results.values())
    assert any(key.startswith("gradient/2/critic/") for key in results)


@pytest.mark.slow
def test_accelerate_launch_trains_and_writes_once(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    data, models = write_clips(tmp_path / "data"), tmp_path / "models"
    save_tiny_set(models / "tiny")
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes=2"]
    launcher += ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no"]
    launcher += ["--num_cpu_threads_per_process=1", f"--main_process_port={free_port()}"]
    command = ["-m", "hyperreenact_core.cli.main", "train", "hypernetwork", f"--data={data}"]
    command += ["--model-set=tiny", f"--model-path={models}", f"--out={tmp_path / 'run'}"]
    command += ["--steps=3", "--batch-size=2", "--validate-every=1", "--device=cpu"]
    done = subprocess.run(
        [*launcher, *command],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("hypernetwork.safetensors") == 1
    with (tmp_path / "run" / "hypernetwork.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3"]
