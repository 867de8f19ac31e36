"""Resumable training state as one safetensors file: networks, optimisers, random state, step.

No pickle: optimiser moments are plain tensors under `optimiser/<name>/<parameter>/<moment>`.
The file is replaced in one move, so a run killed at any moment leaves the last complete one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.optim import Optimizer

from ...errors import TrainingError
from ...models.checkpoints import first_names
from ...models.tensor_files import save_tensors

_FORMAT = "hyperreenact-training/1"


def save_checkpoint(
    path: Path,
    *,
    step: int,
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, Optimizer],
    random: torch.Generator,
    numbers: Mapping[str, float] | None = None,
) -> None:
    """Write everything a later run needs to go on as if it had never stopped.

    numbers: whatever else is to be remembered; see `stored_numbers`.
    """
    tensors: dict[str, Tensor] = {"random": random.get_state()}
    tensors |= {f"global_random/{name}": state for name, state in _global_random().items()}
    for name, network in networks.items():
        for key, value in _distinct(network).items():
            tensors[f"network/{name}/{key}"] = value.detach().cpu().contiguous()
    for name, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            for key, value in state.items():
                moment = torch.as_tensor(value).detach().cpu().contiguous()
                tensors[f"optimiser/{name}/{index}/{key}"] = moment
    metadata = {"format": _FORMAT, "step": str(step), "numbers": json.dumps(dict(numbers or {}))}
    save_tensors(_without_shared_memory(tensors), path, metadata=metadata)


def load_checkpoint(
    path: Path,
    *,
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, Optimizer],
    random: torch.Generator,
) -> int:
    """Restore what `save_checkpoint` wrote and return the step to go on from.

    Raises TrainingError if the file belongs to other networks.
    """
    metadata = _metadata(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise _unreadable(path, error) from error
    try:
        for name, network in networks.items():
            _restore_network(network, _below(tensors, f"network/{name}/"))
        for name, optimiser in optimisers.items():
            _restore_optimiser(optimiser, _below(tensors, f"optimiser/{name}/"))
    except (RuntimeError, KeyError, ValueError) as error:
        raise TrainingError(
            f"{path}: made with other networks or settings; use another output folder or delete it"
        ) from error
    random.set_state(tensors["random"])
    _restore_global_random(_below(tensors, "global_random/"))
    return int(metadata["step"])


def stored_numbers(path: Path) -> dict[str, float]:
    """The `numbers` a checkpoint was written with; none in files of older versions."""
    numbers: dict[str, float] = json.loads(_metadata(path).get("numbers", "{}"))
    return numbers


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
    except Exception as error:
        raise _unreadable(path, error) from error
    if metadata.get("format") != _FORMAT:
        raise TrainingError(f"{path}: not a training checkpoint; delete it to start afresh")
    return metadata


def _unreadable(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"{path}: not a readable training checkpoint ({error}); delete it to start afresh"
    )


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _distinct(network: nn.Module) -> dict[str, Tensor]:
    """The state dict with each tensor once, under its first name."""
    state: dict[str, Tensor] = network.state_dict()
    return {name: state[name] for name in dict.fromkeys(first_names(network).values())}


def _restore_network(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    for name, first in first_names(network).items():
        tensors.setdefault(name, tensors[first])
    network.load_state_dict(tensors)


def _restore_optimiser(optimiser: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, moment = key.split("/")
        state.setdefault(int(index), {})[moment] = value
    whole = optimiser.state_dict()
    whole["state"] = state
    optimiser.load_state_dict(whole)


def _global_random() -> dict[str, Tensor]:
    """What layers such as dropout draw from."""
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_global_random(states: Mapping[str, Tensor]) -> None:
    if "cpu" in states:
        torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])


def _without_shared_memory(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copy tensors that share storage: safetensors refuses to store memory twice."""
    seen: set[int] = set()
    own: dict[str, Tensor] = {}
    for key, value in tensors.items():
        pointer = value.data_ptr()
        own[key] = value.clone() if pointer in seen else value
        seen.add(pointer)
    return own
