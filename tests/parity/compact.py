"""Make the small copy of the expected numbers that lies in the repository.

    python -m tests.parity.compact SOURCE tests/parity/golden

Inputs stay whole. Large results are kept as their statistics and samples, in the form the index
already has for the largest ones, with the same tolerances. Pictures become PNG.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

WHOLE_UP_TO = 8 * 1024
"""Bytes up to which a result is kept as it is."""
SAMPLES = 256
CHECKED_FILLS = ("stylegan2",)
INPUTS = {
    "arcface": ("warped", "feature_map"),
    "deca": ("feature_map",),
    "e4e": ("codes",),
    "stylegan2": ("style", "mean_latent"),
}
"""Results that other tests begin with."""

Entry = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description="copy expected numbers in a small form")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    compact(args.source, args.target)


def compact(source: Path, target: Path) -> None:
    """Write a small copy of the folder `source`, which has the manifests one folder up."""
    target.mkdir(parents=True, exist_ok=True)
    index = json.loads((source / "index.json").read_text(encoding="utf-8"))
    files: dict[str, dict[str, Entry]] = {}
    for net, entries in index["files"].items():
        stored = load_file(source / f"{net}.safetensors")
        arrays: dict[str, np.ndarray] = {}
        files[net] = {}
        for name, entry in entries.items():
            unused = ("fp32_error", "std", "what") if "@" in name else ("fp32_error", "std")
            kept = {key: value for key, value in entry.items() if key not in unused}
            if is_picture(stored[name]) and entry["role"] == "input":
                kept["file"] = f"{name}.png"
                Image.fromarray(stored[name]).save(target / kept["file"], optimize=True)
                files[net][name] = kept
            elif entry["role"] != "output" or stays_whole(net, name, stored[name]):
                arrays[name] = stored[name]
                files[net][name] = kept
            else:
                sampled, sampled_entries = samples(f"{net}/{name}", stored[name], kept)
                arrays |= {f"{name}@{form}": value for form, value in sampled.items()}
                files[net] |= {f"{name}@{form}": e for form, e in sampled_entries.items()}
        np.savez_compressed(target / f"{net}.npz", **arrays)
    write_json(target / "index.json", {"seed": index["seed"], "files": files})
    copy_fill(source.parent, target, seed=index["seed"], nets=sorted(files))


def is_picture(values: np.ndarray) -> bool:
    return values.dtype == np.uint8 and values.ndim == 3 and values.shape[2] == 3


def stays_whole(net: str, name: str, values: np.ndarray) -> bool:
    return values.nbytes <= WHOLE_UP_TO or name in INPUTS.get(net, ())


def samples(
    name: str, values: np.ndarray, entry: Entry
) -> tuple[dict[str, np.ndarray], dict[str, Entry]]:
    """Statistics, places and values there, and what the index says of them."""
    flat = values.astype(np.float64).reshape(-1)
    digest = hashlib.sha256(name.encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "little")))
    places = np.sort(rng.choice(flat.size, SAMPLES, replace=False))
    statistics = np.array([flat.mean(), flat.std(), np.abs(flat).mean(), np.abs(flat).max()])
    arrays = {
        "stats": statistics.astype(np.float32),
        "idx": places,
        "val": values.reshape(-1)[places],
    }
    # No statistic can be farther off than the values are, but for its own rounding.
    rounding = {"rtol": max(entry["rtol"], 1e-6)}
    described = {
        "stats": entry | rounding | {"shape": [4], "dtype": "float32"},
        "idx": {"shape": [SAMPLES], "dtype": "int64", "role": "index"},
        "val": entry | {"shape": [SAMPLES]},
    }
    return arrays, described


def copy_fill(source: Path, target: Path, *, seed: str, nets: list[str]) -> None:
    """Copy the manifests, and the hashes of one network's weights."""
    for net in nets:
        path = source / f"manifest_{net}.json"
        if path.is_file():
            manifest = json.loads(path.read_text(encoding="utf-8"))
            manifest["tensors"] = [without_defaults(entry) for entry in manifest["tensors"]]
            write_json(target / path.name, manifest)
    path = source / f"fill_check_{seed}.json"
    if path.is_file():
        hashes = json.loads(path.read_text(encoding="utf-8"))
        short = {net: {k: v[:1] for k, v in hashes[net].items()} for net in CHECKED_FILLS}
        write_json(target / path.name, short)


def without_defaults(entry: Entry) -> Entry:
    """A manifest's entry without what goes without saying; see `fill.Manifest.load`."""
    implied = {"dtype": ("float32",), "role": ("parameter", "buffer")}
    return {key: value for key, value in entry.items() if value not in implied.get(key, ())}


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
