"""Deterministic stand-ins for the published weights: our own reading of the documented fill rule.

Every value is a function of (seed, network, key, shape) and of the rules in the network's
manifest, so two programs that share nothing but a manifest hold the same parameters.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from math import prod, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Entry:
    """One tensor of a checkpoint."""

    key: str
    shape: tuple[int, ...]
    dtype: str
    is_counter: bool
    alias_of: str | None
    const: Any


@dataclass(frozen=True)
class Manifest:
    """Keys and shapes of one network's checkpoint, with the rules that fill them.

    container, prefix: where the published file keeps the keys.
    """

    net: str
    container: str | None
    prefix: str
    entries: tuple[Entry, ...]
    rules: tuple[dict[str, Any], ...]
    parameters: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {entry.key: entry.shape for entry in self.entries}

    @staticmethod
    def load(path: Path) -> Manifest:
        raw = json.loads(path.read_text(encoding="utf-8"))
        entries = tuple(
            Entry(
                key=item["key"],
                shape=tuple(item["shape"]),
                dtype=item.get("dtype", "float32"),
                is_counter=item.get("role") == "counter",
                alias_of=item.get("alias_of"),
                const=item.get("const"),
            )
            for item in raw["tensors"]
        )
        return Manifest(
            net=raw["net"],
            container=raw["checkpoint"]["container"],
            prefix=raw["checkpoint"]["key_prefix"],
            entries=entries,
            rules=tuple(raw["rules"]),
            parameters=raw["counts"]["parameters"],
        )


def named_normal(name: str, *, seed: str, shape: tuple[int, ...]) -> np.ndarray:
    """The float32 standard-normal array that belongs to a name."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    bits = np.random.PCG64(int.from_bytes(digest[:8], "little"))
    return np.random.Generator(bits).standard_normal(shape, dtype=np.float32)


def fill(manifest: Manifest, *, seed: str) -> dict[str, Tensor]:
    """The whole state dict of a manifest; aliases are the very tensor they name."""
    state: dict[str, Tensor] = {}
    for entry in manifest.entries:
        if entry.alias_of is None:
            state[entry.key] = torch.from_numpy(_values(entry, manifest, seed))
        else:
            state[entry.key] = state[entry.alias_of]
    return state


def _values(entry: Entry, manifest: Manifest, seed: str) -> np.ndarray:
    if entry.const is not None:
        return np.array(entry.const, dtype=entry.dtype).reshape(entry.shape)
    rule = _rule(entry, manifest)
    if rule["kind"] == "zero":
        return np.zeros(entry.shape, dtype=entry.dtype)
    values = named_normal(f"{manifest.net}/{entry.key}", seed=seed, shape=entry.shape)
    if rule["kind"] == "abs_normal":
        values = np.abs(values)
    # In place: the largest tensor holds half a gigabyte.
    values *= np.float32(rule["gain"] / _divisor(rule["div"], entry.shape))
    # Adding zero would turn the rare -0.0 into 0.0, which the recorded hashes tell apart.
    if rule["offset"]:
        values += np.float32(rule["offset"])
    return values


def _rule(entry: Entry, manifest: Manifest) -> dict[str, Any]:
    """The first rule whose pattern matches the whole key and whose ndim list allows the shape."""
    for rule in manifest.rules:
        fits = "ndim" not in rule or len(entry.shape) in rule["ndim"]
        if fits and re.fullmatch(rule["pattern"], entry.key):
            return rule
    raise LookupError(f"no rule fills {manifest.net}/{entry.key}")


def _divisor(kind: str, shape: tuple[int, ...]) -> float:
    if kind == "fan_in":
        return sqrt(prod(shape[1:]))
    if kind == "dim0":
        return sqrt(shape[0])
    return 1.0
