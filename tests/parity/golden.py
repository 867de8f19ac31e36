"""Expected numbers of the published networks, and how results are held against them.

The folder is named by HYPERREENACT_GOLDEN (default: `golden` beside this file; see README.md). It
holds index.json, one safetensors or npz file a network, and, there or one folder up, the
manifests. Without such a folder the parity tests are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from hyperreenact_core.face.align import CropRule, crop_face
from hyperreenact_core.imaging import u8_from_tensor
from tests.parity.fill import Manifest


@dataclass(frozen=True)
class Golden:
    """One set of inputs and expected outputs."""

    folder: Path
    seed: str
    files: Mapping[str, Mapping[str, Mapping[str, Any]]]

    @property
    def batch(self) -> int:
        """Number of source-driving pairs in the set."""
        prefix = "landmarks.picture.source."
        return sum(name.startswith(prefix) for name in self.files["preprocess"])

    def has(self, net: str, name: str) -> bool:
        """Whether a tensor is there whole; small copies hold samples of the large results."""
        return name in self.files[net]

    def dtype(self, net: str, name: str) -> str:
        """Number format of a result, which may be kept as samples."""
        stored = self.files[net]
        return stored[name if name in stored else f"{name}@val"]["dtype"]

    def tensor(self, net: str, name: str) -> Tensor:
        if picture := self.files[net][name].get("file"):
            return torch.from_numpy(np.array(Image.open(self.folder / picture)))
        return _tensors(self.folder, net)[name]

    def outputs(self, net: str, *, prefix: str = "", group: str | None = "net") -> list[str]:
        """Names of the expected results; @stats, @idx and @val of one result count once.

        group: what tolerances they have in common, such as "net"; None = all.
        """
        names = {
            name.split("@")[0]
            for name, entry in self.files[net].items()
            if entry["role"] == "output" and group in (None, entry["group"])
        }
        return sorted(name for name in names if name.startswith(prefix))

    def taps(self, net: str, *, prefix: str = "tap.") -> list[str]:
        """Names of the inner modules whose outputs are expected."""
        return [name.removeprefix(prefix) for name in self.outputs(net, prefix=prefix)]

    def deviations(self, net: str, name: str, actual: Tensor) -> dict[str, float]:
        """Largest deviation of each stored form of a result, in units of its tolerance."""
        stored = self.files[net]
        if name in stored:
            return {name: self._worst(net, name, actual)}
        flat = actual.detach().double().reshape(-1)
        stats = torch.stack(
            [flat.mean(), flat.std(correction=0), flat.abs().mean(), flat.abs().max()]
        )
        samples = self._sampled(net, name, actual)
        return {
            f"{name}@{form}": self._worst(net, f"{name}@{form}", value)
            for form, value in (("stats", stats), ("val", samples))
        }

    def deviation_of_values(self, net: str, name: str, actual: Tensor) -> float:
        """Largest deviation of the values alone, in units of their tolerance."""
        if name in self.files[net]:
            return self._worst(net, name, actual)
        return self._worst(net, f"{name}@val", self._sampled(net, name, actual))

    def _sampled(self, net: str, name: str, actual: Tensor) -> Tensor:
        return actual.detach().reshape(-1)[self.tensor(net, f"{name}@idx")]

    def _worst(self, net: str, name: str, actual: Tensor) -> float:
        entry, expected = self.files[net][name], self.tensor(net, name).double()
        if actual.shape != expected.shape:
            return float("inf")
        tolerance = entry["atol"] + entry["rtol"] * expected.abs()
        error = (actual.detach().double() - expected).abs()
        # Where exactness is demanded, no error over no tolerance is no deviation.
        return float(torch.where(error == 0, 0.0, error / tolerance).max())


def golden() -> Golden:
    """The set named by the environment; skips the calling test where there is none."""
    folder = Path(os.environ.get("HYPERREENACT_GOLDEN") or Path(__file__).parent / "golden")
    if not (folder / "index.json").is_file():
        pytest.skip(f"no expected numbers in {folder}; set HYPERREENACT_GOLDEN to their folder")
    return _read(folder)


def crops(role: str) -> Tensor:
    """The crops of all sources or all targets: [B, 3, 256, 256] in [-1, 1]."""
    faces = torch.stack([_crop(f"{role}.{i}") for i in range(golden().batch)])
    return faces.permute(0, 3, 1, 2).float() / 255 * 2 - 1


@cache
def _crop(face: str) -> Tensor:
    """uint8 [256, 256, 3]; where it is not stored whole, cut here, which must be exact anyway."""
    stored = partial(golden().tensor, "preprocess")
    if golden().has("preprocess", f"crop.{face}"):
        return stored(f"crop.{face}")
    landmarks = stored(f"landmarks.picture.{face}")
    crop = crop_face(stored(f"picture.{face}").numpy(), landmarks, CropRule(whole_pixels=True))
    return torch.from_numpy(u8_from_tensor(crop.image[None])[0])


def manifest_path(net: str) -> Path:
    """Manifest of a network: beside the expected numbers or one folder up."""
    folder = golden().folder
    name = f"manifest_{net}.json"
    return next((f / name for f in (folder, folder.parent) if (f / name).is_file()), folder / name)


@cache
def manifest(net: str) -> Manifest:
    return Manifest.load(manifest_path(net))


def assert_parity(net: str, results: Mapping[str, Tensor]) -> None:
    """Every result lies within the tolerances of the index; the message lists those that do not."""
    expected = golden()
    worst: dict[str, float] = {}
    for name, result in results.items():
        worst |= expected.deviations(net, name, result)
    failed = {name: round(value, 2) for name, value in worst.items() if not value <= 1}
    assert not failed, f"{net}: deviation / tolerance of {failed}"


def forget() -> None:
    """Read anew what is on disk; for a program that writes a set step by step."""
    for cached in (_read, _tensors, _crop, manifest):
        cached.cache_clear()


@cache
def _read(folder: Path) -> Golden:
    raw = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return Golden(folder=folder, seed=raw["seed"], files=raw["files"])


@cache
def _tensors(folder: Path, net: str) -> dict[str, Tensor]:
    whole = folder / f"{net}.safetensors"
    if whole.is_file():
        return load_file(whole)
    with np.load(folder / f"{net}.npz", allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}
