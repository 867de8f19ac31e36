"""A minute reader and a run of three steps, for tests."""

from __future__ import annotations

from ...networks.efficientnet_lite import BodyConfig
from ...networks.reader import ReaderConfig
from ...networks.reader_look import LookConfig
from .learner import ReaderRecipe
from .run import RunSettings
from .stream import StreamSettings

SMOKE_BODY = BodyConfig(
    stem=8,
    stages=((1, 3, 1, 1, 8), (1, 3, 2, 2, 8), (1, 3, 2, 2, 12), (1, 3, 2, 2, 16), (1, 3, 2, 2, 24)),
    taps=(2, 3, 4),
)
"""A minute body, for tests."""

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
