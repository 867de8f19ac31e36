"""python -m hyperreenact_core.training.detail: train the detail network on rendered shards."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ...errors import HyperReenactError
from ...networks.detail import DetailConfig
from ...networks.efficientnet_lite import BodyConfig, body_from_published
from ..engine.shard_command import run_command, shard_parser
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
    parser = shard_parser("detail", __doc__, minutes=150.0, batch=8, rate=1e-3)
    parser.add_argument(
        "--settled", type=float, default=0.5, help="share of the time before the rate falls"
    )
    options = parser.parse_args(arguments)

    def train() -> None:
        if not 0 <= options.settled < 1:
            raise HyperReenactError("settled must lie in 0..1, below 1")
        recipe = DetailRecipe(batch_size=options.batch, rate=options.rate, settled=options.settled)
        settings = RunSettings(minutes=options.minutes, seed=options.seed, recipe=recipe)
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

    return run_command(options, train)


if __name__ == "__main__":
    sys.exit(main())
