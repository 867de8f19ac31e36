"""A minute detector and a run of three steps, for tests."""

from __future__ import annotations

from ...networks.detector import SingleShotConfig
from ..reader.smoke import SMOKE_BODY
from .learner import DetectorRecipe
from .run import RunSettings
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
