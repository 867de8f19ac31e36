"""python -m hyperreenact_core.training.reader: train the reader on rendered shards."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ...errors import HyperReenactError
from ...networks.reader import ReaderConfig
from ...networks.reader_look import LookConfig
from ..engine.shard_command import SMOKE_BODY, run_command, shard_parser
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
    body=SMOKE_BODY,
    width=16,
    code=24,
    look=LookConfig(near=8, far=12, context=8, code=16),
)
"""A minute reader and a run of three steps, for tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = shard_parser("reader", __doc__, minutes=60.0, batch=32, rate=1e-3)
    parser.add_argument("--still", type=int, default=2, help="stages of the body left as they are")
    options = parser.parse_args(arguments)

    def train() -> None:
        if not 0 <= options.still <= 7:
            raise HyperReenactError("still must lie in 0..7")
        recipe = ReaderRecipe(
            batch_size=options.batch,
            rate=options.rate,
            body_rate=0.4 * options.rate,
            still=options.still,
            held=options.init is not None,
        )
        settings = RunSettings(minutes=options.minutes, seed=options.seed, recipe=recipe)
        train_reader(
            options.data,
            options.held_out,
            options.out,
            SMOKE if options.smoke else settings,
            config=SMOKE_CONFIG if options.smoke else None,
            body=None if options.init is None else read_weights(options.init),
        )

    return run_command(options, train)


if __name__ == "__main__":
    sys.exit(main())
