"""Weights files: safetensors that carry the network's kind and config, written and read strictly.

Metadata of a file: `format` ("hyperreenact/1", or "hyperreenact/2" where a tensor has 8 bits),
`kind` (a key of NETWORKS), `config` (JSON) and whatever the writer adds, such as `step`. Floating
point tensors may be stored as `storage` says; they are always float32 once loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from ..errors import ModelError
from .config_json import config_from_json, config_to_json
from .fit import check_fit
from .kinds import NETWORKS, NetworkKind
from .storage import SCALE_SUFFIX, Quantised, Storage, packed, restored
from .tensor_files import save_tensors

FORMAT = "hyperreenact/1"
FORMAT_8_BIT = "hyperreenact/2"
_OWN_KEYS = ("format", "kind", "config")
_REMEDY = "fetch or train it again"
_HELD = 2**24
"""Numbers that are read of a file before it is opened anew."""


@dataclass(frozen=True)
class CheckpointHeader:
    """What a weights file says of itself.

    config: JSON of the kind's config dataclass.
    notes: the writer's further entries, such as {"step": "20000"}.
    """

    kind: str
    config: str
    notes: Mapping[str, str]


def save_network(
    path: Path,
    network: nn.Module,
    *,
    kind: NetworkKind,
    config: object,
    storage: Storage = "float16",
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write a network's parameters and buffers; the file appears whole or not at all.

    storage: of floating point tensors; counters and other integers stay as they are.
    Raises ModelError if a weight is NaN, infinite or too large for half precision, OutputError
    if the file cannot be written.
    """
    notes = notes or {}
    if clash := sorted(set(notes) & set(_OWN_KEYS)):
        raise ValueError(f"notes may not name {', '.join(clash)}")
    if not isinstance(config, NETWORKS[kind].config):
        raise TypeError(f"a {kind} is described by {NETWORKS[kind].config.__name__}")
    state = network.state_dict()
    tensors: dict[str, Tensor] = {}
    for name in dict.fromkeys(first_names(network).values()):
        tensors |= packed(name, state[name], storage)
    if bad := _not_finite(tensors):
        rounds = storage != "float32"
        reason = "NaN, Inf or a value too large for float16" if rounds else "NaN or Inf"
        raise ModelError(f"nothing written, {bad} holds {reason}: {path}")
    in_8_bits = any(tensor.dtype == torch.int8 for tensor in tensors.values())
    layout = FORMAT_8_BIT if in_8_bits else FORMAT
    metadata = {"format": layout, "kind": kind, "config": config_to_json(config), **notes}
    save_tensors(tensors, path, metadata=metadata)


def read_header(path: Path) -> CheckpointHeader:
    """Read kind, config and notes without touching the tensors; ModelError if it is not ours."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error
    known = metadata.get("format") in (FORMAT, FORMAT_8_BIT)
    if not known or "kind" not in metadata or "config" not in metadata:
        raise ModelError(
            f"safetensors, but not in the layout {FORMAT} or {FORMAT_8_BIT} of this project, "
            f"convert it or {_REMEDY}: {path}"
        )
    notes = {key: value for key, value in metadata.items() if key not in _OWN_KEYS}
    return CheckpointHeader(kind=metadata["kind"], config=metadata["config"], notes=notes)


def read_config(path: Path, kind: NetworkKind) -> Any:
    """The config of the network a file holds; ModelError as `load_network`, of what it reads."""
    header = read_header(path)
    if header.kind != kind:
        raise ModelError(f"this file holds a {header.kind}, a {kind} is needed: {path}")
    try:
        return config_from_json(header.config, NETWORKS[kind].config)
    except ValueError as error:
        raise _outdated(path, error) from error


def load_network(path: Path, kind: NetworkKind, *, dtype: torch.dtype = torch.float32) -> nn.Module:
    """Build the network a file describes and fill it: on the CPU, in training mode.

    dtype: of its floating point tensors.
    Every call reads the file anew and returns a network of the caller's own; see `cache` for a
    shared one. Raises ModelError if the file is missing, damaged, of another kind, does not fit
    its config, or holds NaN or Inf.
    """
    config = read_config(path, kind)
    try:
        with torch.device("meta"):  # no memory, no random numbers: all is about to be replaced
            network = NETWORKS[kind].module(config)
    except (ValueError, RuntimeError) as error:
        raise _outdated(path, error) from error
    names = first_names(network)
    slots: dict[str, Tensor] = network.state_dict(keep_vars=True)
    expected = {name: slots[name] for name in slots if names[name] == name}
    check_fit(_read_tensors(path), expected, path=path)
    # Large ones first, while there is little else in memory.
    by_size = sorted(expected, key=lambda name: -expected[name].numel())
    weights = _read_weights(path, {name: expected[name] for name in by_size}, dtype)
    network.load_state_dict(
        {name: weights[first] for name, first in names.items()}, strict=True, assign=True
    )
    if any(buffer.is_meta for buffer in network.buffers()):
        _copy_computed_buffers(NETWORKS[kind].module(config), network)
    return network


def _outdated(path: Path, error: Exception) -> ModelError:
    return ModelError(f"made by another version of this program: {error}; {_REMEDY}: {path}")


def _read_weights(path: Path, slots: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """The stored tensors as the parameters and buffers they fill.

    What was read of a mapping takes memory as long as the file is open: so it is opened anew
    whenever there is much of that.
    """
    weights: dict[str, Tensor] = {}
    waiting = list(slots)
    while waiting:
        with safe_open(path, framework="pt") as file:
            held = 0
            while waiting and held < _HELD:
                name = waiting.pop(0)
                weights[name] = _read_weight(file, name, slots[name], dtype, path)
                held += slots[name].numel()
    return weights


def _read_weight(file: Any, name: str, slot: Tensor, dtype: torch.dtype, path: Path) -> Tensor:
    """The copy frees the network from the mapped file, which may be replaced while in use."""
    tensor: Tensor = file.get_tensor(name)
    if slot.is_floating_point() and tensor.dtype == torch.int8:
        tensor = restored(Quantised(tensor, file.get_tensor(name + SCALE_SUFFIX)))
    if not _is_finite(tensor):
        raise ModelError(f"weights hold NaN or Inf (in {name}), {_REMEDY}: {path}")
    value = tensor.to(dtype if slot.is_floating_point() else slot.dtype, copy=True)
    if isinstance(slot, nn.Parameter):
        return nn.Parameter(value, requires_grad=slot.requires_grad)
    return value


def first_names(network: nn.Module) -> dict[str, str]:
    """Every name of the state dict -> the first name of the same tensor.

    A layer that several blocks share stands in the state dict under each of them, in the file once.
    """
    first: dict[int, str] = {}
    state: dict[str, Tensor] = network.state_dict(keep_vars=True)
    return {name: first.setdefault(id(tensor), name) for name, tensor in state.items()}


def _copy_computed_buffers(source: nn.Module, target: nn.Module) -> None:
    """Buffers no file holds, because the constructor computes them, have no value on meta yet."""
    stored = target.state_dict()
    for name, buffer in source.named_buffers():
        if name not in stored:
            owner, _, leaf = name.rpartition(".")
            target.get_submodule(owner).register_buffer(leaf, buffer, persistent=False)


def _not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """Name of the first floating point tensor with NaN or Inf, in itself or in its scale."""
    for name, tensor in tensors.items():
        if not _is_finite(tensor):
            owner = name.removesuffix(SCALE_SUFFIX)
            return owner if owner in tensors else name
    return None


def _is_finite(tensor: Tensor) -> bool:
    """Whether a tensor is free of NaN and Inf; takes no memory of the tensor's size."""
    if not tensor.is_floating_point() or tensor.numel() == 0:
        return True
    low, high = tensor.aminmax()
    return bool(low.isfinite() & high.isfinite())


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a file, mapped: none is in memory before its values are looked at."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ModelError:
    """What is wrong with a file that safetensors cannot open; its own verdict is terse."""
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError:
        return ModelError(f"no such weights file: {path}")
    except OSError as reason:
        return ModelError(f"cannot read the weights ({reason.strerror}): {path}")
    if start.startswith(b"version https://git-lfs"):
        return ModelError(f"only a Git LFS pointer, run `git lfs pull`: {path}")
    # A zip archive, or a bare pickle: byte 0x80 may also begin the length of a safetensors header,
    # but that is eight bytes long and ends in zeros.
    if start.startswith(b"PK\x03\x04") or (start[:1] == b"\x80" and any(start[4:8])):
        return ModelError(f"a PyTorch file where safetensors is needed, convert it first: {path}")
    return ModelError(f"damaged or cut off ({error}), {_REMEDY}: {path}")
