"""Detail for the frames of one clip, one batch after another."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ...errors import InputError
from ...types import FaceReading
from ..missing import PosedFrame
from .head_model import HeadModel
from .performance import HeadState, Performer
from .stage import DetailSource, DetailStage, Sketch


class ClipDetail:
    """Adds detail to what the generator draws for a clip; keeps what it learns of the performer."""

    def __init__(self, stage: DetailStage, source: DetailSource, amount: float) -> None:
        """amount: how much of the detail is taken, over 0 to 1."""
        self._stage, self._source, self._amount = stage, source, amount
        self._acting = Acting(stage.model)

    @property
    def needs_guides(self) -> bool:
        """Whether anything is to be seen of what the generator draws."""
        return self._source.paint is None or self._amount < 1

    def sketch(self, frame: PosedFrame) -> Sketch:
        """What the next frame of the clip asks for; frames come in their order."""
        return self._stage.sketch(self._source, self._state(frame))

    def __call__(self, sketches: Sequence[Sketch], guides: Tensor | None) -> tuple[Tensor, Tensor]:
        """B sketches and their guides [B, 3, r, r] -> results [B, 3, R, R] and kept shares [B].

        guides: may be None where none are needed.
        """
        detailed = self._stage.finish(self._source, sketches, guides)
        detailed = detailed.towards(guides, self._amount)
        return detailed.images, detailed.kept

    def _state(self, frame: PosedFrame) -> HeadState:
        if frame.origin == "source":
            return self._source.state
        return self._acting.state(frame) if frame.state is None else frame.state


class Acting:
    """The states of a clip's frames, asked for in their order: each leans on those before it."""

    def __init__(self, model: HeadModel) -> None:
        self._performer = Performer(model)
        self._last: tuple[FaceReading, HeadState] | None = None

    def state(self, frame: PosedFrame) -> HeadState:
        """What a frame's head performs; InputError where its face was not read."""
        reading = frame.pose.reading
        if reading is None:
            raise InputError(f"frame {frame.index}: its face was not read, which detail needs")
        if self._last is None or self._last[0] is not reading:  # a held pose is read once
            self._last = reading, self._performer.state(reading, scene=frame.pose.scene)
        return self._last[1]
