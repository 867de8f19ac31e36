"""Detail for the frames of one clip, one batch after another."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ...errors import InputError
from ...types import FaceReading
from ..missing import PosedFrame
from .performance import HeadState, Performer
from .stage import DetailSource, DetailStage


class ClipDetail:
    """Adds detail to what the generator draws for a clip; keeps what it learns of the performer."""

    def __init__(self, stage: DetailStage, source: DetailSource, amount: float) -> None:
        """amount: how much of the detail is taken, over 0 to 1."""
        self._stage, self._source, self._amount = stage, source, amount
        self._performer = Performer(stage.model)
        self._last: tuple[FaceReading, HeadState] | None = None

    @property
    def needs_guides(self) -> bool:
        """Whether anything is to be seen of what the generator draws."""
        return self._source.paint is None or self._amount < 1

    def __call__(
        self, frames: Sequence[PosedFrame], guides: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Frames and their guides [B, 3, r, r] -> results [B, 3, R, R] and the kept shares [B].

        guides: may be None where none are needed.
        """
        states = [self._state(frame) for frame in frames]
        detailed = self._stage.draw(self._source, states, guides).towards(guides, self._amount)
        return detailed.images, detailed.kept

    def _state(self, frame: PosedFrame) -> HeadState:
        reading = frame.pose.reading
        if frame.origin == "source":
            return self._source.state
        if reading is None:
            raise InputError(f"frame {frame.index}: its face was not read, which detail needs")
        if self._last is None or self._last[0] is not reading:  # a held pose is read once
            self._last = reading, self._performer.state(reading)
        return self._last[1]
