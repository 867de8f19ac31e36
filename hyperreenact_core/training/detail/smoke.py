"""A minute network and a run of three steps, for tests."""

from __future__ import annotations

from ...networks.detail import DetailConfig
from .learner import DetailRecipe
from .run import RunSettings
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
