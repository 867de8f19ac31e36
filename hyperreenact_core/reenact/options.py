"""How results are made: what a command's options or a node's widgets ask of the chain."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InputError
from ..models.sets import LoadedSet
from .driving import DrivingOptions
from .knobs import BATCH_SIZE, COLOUR_MATCH, DETAIL, SIZE
from .motion.live import LiveMotion
from .stages import side_of
from .strength import DeltaStrength


@dataclass(frozen=True)
class ReenactOptions:
    """How results are made.

    batch_size: frames drawn at once; it changes speed and memory, not the result. 0 is automatic.
    strength: factors of the weight deltas.
    detail: how much of the source's own pixels are carried over, 0 to 1; 0 is the generator's
    picture alone.
    size: side of results in pixels; SIZE.default if None, or the generator's without detail.
    paste_back: lay each result over the source picture instead of giving the face alone.
    colour_match: when pasting, shift the face's colours to meet the picture's.
    motion: how the driver's performance becomes the source's; needs detail.
    """

    driving: DrivingOptions = field(default_factory=DrivingOptions)
    batch_size: int = int(BATCH_SIZE.default)
    strength: DeltaStrength = field(default_factory=DeltaStrength)
    detail: float = DETAIL.default
    size: int | None = None
    paste_back: bool = False
    colour_match: bool = COLOUR_MATCH
    motion: LiveMotion = field(default_factory=LiveMotion)

    def __post_init__(self) -> None:
        BATCH_SIZE.check(self.batch_size)
        DETAIL.check(self.detail)
        if self.motion.changes and self.detail < 1:
            raise InputError(
                f"relative motion and factors of expression and head need detail 1, not "
                f"{self.detail:g}: the generator looks at the driver itself"
            )
        if self.size is not None:
            SIZE.check(self.size)

    def side(self, models: LoadedSet) -> int:
        """Of results that are not pasted back, pixels."""
        return side_of(models, self.detail, self.size)
