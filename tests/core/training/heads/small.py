"""A shard of heads that are blobs of colour, and a reader too small to read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.numpy import save_file

from hyperreenact_core.heads.parts import Label
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.networks.reader import Reader
from hyperreenact_core.networks.rotation import matrix_from_euler
from hyperreenact_core.training.heads.profiles import PROFILES
from hyperreenact_core.training.heads.run import StarterRun
from hyperreenact_core.training.reader.smoke import SMOKE_CONFIG
from tests.core.training.detail.drawn_pairs import write_pairs

SIDE = 96


def write_heads(
    folder: Path, *, first: int = 0, people: int = 3, covered: int | None = None
) -> Path:
    """Two clips of each person with two frames each; `covered`: a row behind a hand."""
    rng = np.random.default_rng(first)
    rows = people * 4
    images = rng.integers(0, 60, (rows, SIDE, SIDE, 3), dtype=np.uint8)
    labels = np.zeros((rows, SIDE, SIDE), np.uint8)
    coverage = np.zeros((rows, SIDE, SIDE), np.uint8)
    points = np.empty((rows, 468, 3), np.float32)
    mesh = rng.normal(0, 6, (468, 3))
    for row in range(rows):
        middle = rng.uniform(44, 52, 2)
        points[row] = mesh + np.array([*middle, 0])
        skin = tuple(int(v) for v in np.random.default_rng(first + row // 4).integers(90, 250, 3))
        for picture, value in ((images, skin), (coverage, 255), (labels, int(Label.FACE))):
            cv2.circle(picture[row], tuple(map(int, middle)), 24, value, -1)
    if covered is not None:
        labels[covered, 30:60, 30:60] = int(Label.OTHER)
    gaze = rng.normal(0, 0.2, (rows, 2, 3)) + np.array([0, 0, 1])
    angles = (torch.from_numpy(rng.normal(0, 15, rows)) for _ in range(3))
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "images": images,
        "coverage": coverage,
        "labels": labels,
        "points": points,
        "visible": np.ones((rows, 468), np.uint8),
        "irises": points[:, [466, 467], :2].copy(),
        "gaze": (gaze / np.linalg.norm(gaze, axis=-1, keepdims=True)).astype(np.float32),
        "rotation": matrix_from_euler(*angles).float().numpy(),
        "expression": rng.random((rows, 52)).astype(np.float32),
        "identity": np.repeat(np.arange(first, first + people), 4),
        "clip": np.arange(rows) // 2,
    }
    save_file(tensors, folder / f"people-{first:06d}.safetensors")
    return folder


def save_tiny_reader(folder: Path) -> None:
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "reader.safetensors"
    save_network(path, Reader(SMOKE_CONFIG), kind="reader", config=SMOKE_CONFIG)


def write_shards_of(folder: Path) -> tuple[Path, Path]:
    """(training, held-out people) that every stage can learn from."""
    held = folder / "held"
    write_pairs(folder / "train" / "a.safetensors", first=0, pairs=4)
    write_pairs(held / "a.safetensors", first=1_000_000)
    return folder / "train", held


def run_in(folder: Path, shards: tuple[Path, Path], **settings: Any) -> StarterRun:
    """A run of some steps of a minute set."""
    data, held_out = shards
    return StarterRun(
        profile=PROFILES["smoke"],
        data=[data],
        held_out=[held_out],
        out=folder,
        device=torch.device("cpu"),
        **settings,
    )
