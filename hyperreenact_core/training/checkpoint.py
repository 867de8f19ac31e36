"""Resumable training state as one safetensors file: networks, optimisers, random state, step.

No pickle: optimiser moments are plain tensors under `optimiser/<name>/<parameter>/<moment>`.
The file is replaced in one move, so a run killed at any moment leaves the last complete one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import TrainingError

_FORMAT = "hyperreenact-training/1"


def save_checkpoint(
    path: Path,
    *,
    step: int,
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, Optimizer],
    random: torch.Generator,
) -> None:
    """Write everything a later run needs to go on as if it had never stopped."""
    tensors: dict[str, Tensor] = {"random": random.get_state()}
    for name, network in networks.items():
        for key, value in network.state_dict().items():
            tensors[f"network/{name}/{key}"] = value.detach().cpu().contiguous()
    for name, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            for key, value in state.items():
                moment = torch.as_tensor(value).detach().cpu().contiguous()
                tensors[f"optimiser/{name}/{index}/{key}"] = moment
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    save_file(_without_shared_memory(tensors), partial, {"format": _FORMAT, "step": str(step)})
    partial.replace(path)


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
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise TrainingError(
            f"{path}: not a readable training checkpoint ({error}); delete it to start afresh"
        ) from error
    if metadata.get("format") != _FORMAT:
        raise TrainingError(f"{path}: not a training checkpoint; delete it to start afresh")
    try:
        for name, network in networks.items():
            network.load_state_dict(_below(tensors, f"network/{name}/"))
        for name, optimiser in optimisers.items():
            _restore_optimiser(optimiser, _below(tensors, f"optimiser/{name}/"))
    except (RuntimeError, KeyError, ValueError) as error:
        raise TrainingError(
            f"{path}: made with other networks or settings; use another output folder or delete it"
        ) from error
    random.set_state(tensors["random"])
    return int(metadata["step"])


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _restore_optimiser(optimiser: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, moment = key.split("/")
        state.setdefault(int(index), {})[moment] = value
    whole = optimiser.state_dict()
    whole["state"] = state
    optimiser.load_state_dict(whole)


def _without_shared_memory(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copy tensors that share storage: safetensors refuses to store memory twice."""
    seen: set[int] = set()
    own: dict[str, Tensor] = {}
    for key, value in tensors.items():
        pointer = value.data_ptr()
        own[key] = value.clone() if pointer in seen else value
        seen.add(pointer)
    return own
