"""What each of several processes does in `test_two_processes`."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from hyperreenact_core.training.engine.compute import Compute, choose_compute
from hyperreenact_core.training.runs.clip_run import ClipRun, prepare_stage
from tests.core.training.exact import in_float64

STEPS = 3
"""One in each phase of the hypernetwork, by the tests' recipe."""


def take_part(run: ClipRun, file: Path, rank: int, processes: int, port: int) -> None:
    """Train as one of several processes; the first writes down what all came to."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    torch.set_num_threads(1)
    compute = choose_compute("cpu")
    assert (compute.rank, compute.processes) == (rank, processes)
    results = gradients(run, compute)
    if rank == 0:
        save_file({key: value.contiguous() for key, value in results.items()}, file)
    compute.close()


@in_float64()
def gradients(run: ClipRun, compute: Compute) -> dict[str, Tensor]:
    """Gradients of every parameter at every step, the losses, and the weights at the end.

    In float64; but the losses, which processes exchange in float32.
    """
    stage = prepare_stage(run, compute)
    random = torch.Generator().manual_seed(3)
    found: dict[str, Tensor] = {}
    for step in range(STEPS):
        losses = compute.mean(stage.step(step, random))
        found |= {f"loss/{step}/{key}": torch.tensor(value) for key, value in losses.items()}
        for name, network in stage.networks().items():
            for key, parameter in network.named_parameters():
                if parameter.grad is not None:
                    found[f"gradient/{step}/{name}/{key}"] = parameter.grad.clone()
    for name, network in stage.networks().items():
        found |= {f"weight/{name}/{k}": p.detach().clone() for k, p in network.named_parameters()}
    return found
