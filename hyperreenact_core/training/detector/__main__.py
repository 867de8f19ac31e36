"""python -m hyperreenact_core.training.detector: train the face detector on rendered shards."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ...errors import HyperReenactError
from ...networks.detector import SingleShotConfig
from ..engine.shard_command import SMOKE_BODY, run_command, shard_parser
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
SMOKE_CONFIG = SingleShotConfig(body=SMOKE_BODY, width=16)
"""A minute detector and a run of three steps, for tests."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = shard_parser("detector", __doc__, minutes=60.0, batch=16, rate=2e-3)
    parser.add_argument("--still", type=int, default=3, help="stages of the body left as they are")
    options = parser.parse_args(arguments)

    def train() -> None:
        if not 0 <= options.still <= 6:
            raise HyperReenactError("still must lie in 0..6")
        recipe = DetectorRecipe(
            batch_size=options.batch,
            rate=options.rate,
            body_rate=0.3 * options.rate,
            still=options.still,
            held=options.init is not None,
        )
        settings = RunSettings(minutes=options.minutes, seed=options.seed, recipe=recipe)
        train_detector(
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
