"""Make a set of two pairs from one of one pair, in the same form.

    python -m tests.parity.pairs tests/parity/golden SOMEWHERE

In the second pair the two pictures exchange their parts. What is expected of the first pair stays
as the published program gave it, and so do the crops of the second, which are the same pictures.
The rest is what our networks give, whose results of the first pair are held to the expected ones
on the way. So such a set says nothing new of the networks; it is for the tests themselves, which
must run unchanged on sets of two pairs.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.parity import golden
from tests.parity import test_alignment as alignment
from tests.parity import test_arcface as arcface
from tests.parity import test_chain as chain
from tests.parity import test_deca as deca
from tests.parity import test_e4e as e4e
from tests.parity import test_hypernetwork as hypernetwork
from tests.parity import test_preprocess as preprocess
from tests.parity import test_s3fd as s3fd
from tests.parity import test_stylegan2 as stylegan2
from tests.parity.compact import samples, write_json
from tests.parity.golden import Golden

Results = dict[tuple[str, str], Tensor]

STEPS: tuple[tuple[Callable[[], None], ...], ...] = (
    (
        preprocess.test_numbers_the_networks_see,
        alignment.test_aligned_faces,
        alignment.test_pose_crops,
        s3fd.test_maps_of_all_levels,
    ),
    (
        arcface.test_map_embedding_and_inner_values,
        deca.test_map_coefficients_and_inner_values,
        e4e.test_codes_and_inner_values,
    ),
    (
        hypernetwork.test_deltas_and_inner_values,
        stylegan2.test_mapping_and_truncation,
        lambda: stylegan2.test_image_and_inner_values("plain"),
        lambda: stylegan2.test_image_and_inner_values("delta"),
        lambda: stylegan2.test_deltas_made_by_the_fill(stylegan2.trained),
        lambda: stylegan2.test_other_codes(stylegan2.trained),
        lambda: chain.test_pairs(chain.image_of_trained),
    ),
)
"""Tests by what they compute; those of a step begin with results of the steps before."""


def main() -> None:
    parser = argparse.ArgumentParser(description="make a set of two pairs from one of one pair")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    write_pairs(args.source, args.target)


def write_pairs(source: Path, target: Path) -> None:
    """Write the set of two pairs made of the one in `source` into `target`."""
    os.environ["HYPERREENACT_GOLDEN"] = str(source)
    one = golden.golden()
    target.mkdir(parents=True, exist_ok=True)
    for pattern in ("*.png", "manifest_*.json", "fill_check_*.json"):
        for folder in (source.parent, source):
            for path in folder.glob(pattern):
                shutil.copyfile(path, target / path.name)
    pairs = Pairs(one)
    pairs.save(target)
    os.environ["HYPERREENACT_GOLDEN"] = str(target)
    for tests in STEPS:
        with recorded() as results:
            for test in tests:
                test()
        for (net, name), result in results.items():
            pairs.add(net, name, result)
        pairs.save(target)
    with torch.inference_mode():
        pairs.add_crossed(chain.image_of_trained(0, 1))
    pairs.save(target)


@contextmanager
def recorded() -> Iterator[Results]:
    """Collect what tests would hold against the expected numbers."""
    results: Results = {}

    def record(_golden: Golden, net: str, name: str, actual: Tensor) -> dict[str, float]:
        results[net, name] = actual.detach().clone()
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Golden, "deviations", record)
        yield results


class Pairs:
    """The set in the making: entries of the index and arrays by network and name."""

    def __init__(self, one: Golden) -> None:
        """The inputs of two pairs, and of the results all that a second pair does not change."""
        self._one = one
        self.entries: dict[str, dict[str, dict[str, Any]]] = {
            net: {name: dict(entry) for name, entry in names.items()}
            for net, names in one.files.items()
        }
        self.arrays = {
            net: {n: one.tensor(net, n).numpy() for n, e in names.items() if "file" not in e}
            for net, names in one.files.items()
        }
        self._exchange_parts()
        for role, other in (("source", "target"), ("target", "source")):
            names = [f"landmarks.crop.{part}" for part in (role, other)]
            both = torch.cat([one.tensor("preprocess", name) for name in names])
            self._put("preprocess", names[0], both.numpy())
        # Any other crop will do for what a crop must not be.
        wrong = self.arrays["deca"]["crop.image_align_corners_true"]
        self._put("deca", "crop.image_align_corners_true", wrong.repeat(2, axis=0))

    def _exchange_parts(self) -> None:
        entries, arrays = self.entries["preprocess"], self.arrays["preprocess"]
        for role, other in (("source", "target"), ("target", "source")):
            for name in [n for n in entries if f".{role}.0" in n]:
                new = name.replace(f".{role}.0", f".{other}.1")
                entries[new] = dict(entries[name])
                if name in arrays:
                    arrays[new] = arrays[name]

    def add(self, net: str, name: str, result: Tensor) -> None:
        """A result of both pairs; one that is no longer than before stays as it was."""
        entries, own = self.entries[net], result.cpu().numpy()
        if own.ndim == 0 or len(own) != 2 or (entries.get(name, {}).get("shape") == [*own.shape]):
            return
        worst = self._one.deviation_of_values(net, name, result[:1])
        if not worst <= 1:
            raise ValueError(f"{net}: {name} is {worst:.2f} tolerances off in the first pair")
        if name in entries:
            self._put(net, name, np.concatenate([self.arrays[net][name], own[1:]]))
            return
        places, values = (self.arrays[net][f"{name}@{form}"] for form in ("idx", "val"))
        more = places + own[0].size
        flat = own.reshape(-1)
        self._put(net, f"{name}@idx", np.concatenate([places, more]))
        self._put(net, f"{name}@val", np.concatenate([values, flat[more]]))
        exact = flat.astype(np.float64)
        statistics = [exact.mean(), exact.std(), np.abs(exact).mean(), np.abs(exact).max()]
        self._put(net, f"{name}@stats", np.array(statistics, np.float32))

    def add_crossed(self, drawn: Tensor) -> None:
        """Source 0 driven by target 1, in the form that the images of the pairs have."""
        frame = chain.video_frame(drawn)
        for name, like, value in (
            ("cross.image", "image", drawn),
            ("cross.video_frame", "video_frame", frame),
        ):
            entries, array = self.entries["chain"], value.numpy()
            whole = like in entries
            entry = dict(entries[like if whole else f"{like}@val"])
            if whole:
                entries[name] = entry
                self._put("chain", name, array)
                continue
            sampled, described = samples(f"chain/{name}", array, entry)
            for form, kept in sampled.items():
                entries[f"{name}@{form}"] = described[form]
                self._put("chain", f"{name}@{form}", kept)

    def _put(self, net: str, name: str, array: np.ndarray) -> None:
        self.arrays[net][name] = array
        self.entries[net][name]["shape"] = list(array.shape)

    def save(self, target: Path) -> None:
        for net, arrays in self.arrays.items():
            np.savez(target / f"{net}.npz", **arrays)
        write_json(target / "index.json", {"seed": self._one.seed, "files": self.entries})
        golden.forget()


if __name__ == "__main__":
    main()
