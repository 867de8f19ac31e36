"""Detail for the frames of one clip, one batch after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from torch import Tensor

from ...errors import InputError
from ...types import FaceReading
from ..missing import PosedFrame
from ..motion.live import LiveMotion, MotionStream
from ..motion.smoothing import smooth_state
from ..motion.steady import Told, steadied
from .performance import HeadState, Performer
from .stage import DetailSource, DetailStage, Sketch

Sketched = tuple[PosedFrame, Sketch | None]
"""A frame, and what detail asks for; None without detail."""


class ClipDetail:
    """Adds detail to what the generator draws for a clip; keeps what it learns of the performer."""

    def __init__(
        self,
        stage: DetailStage,
        source: DetailSource,
        amount: float,
        motion: LiveMotion | None = None,
        *,
        smooth: float = 0.0,
    ) -> None:
        """amount: how much of the detail is taken, over 0 to 1.

        smooth: see `motion.steady`.
        motion: how the performance becomes the source's; as it is where that is None.
        Raises InputError where the generator's pictures are needed, which cannot follow that.
        """
        self._stage, self._source, self._amount = stage, source, amount
        self._smooth = smooth
        self._motion = MotionStream(motion or LiveMotion(), source.state)
        if motion is not None and motion.changes and self.needs_guides:
            raise InputError(
                "relative motion and factors of expression and head change what the driver "
                "performs, but this set's generator looks at the driver itself: draw with a set "
                "such as starter and detail 1, or leave motion absolute and the factors at 1"
            )
        self._performer = Performer(stage.model)
        self._last: tuple[FaceReading, HeadState] | None = None

    @property
    def needs_guides(self) -> bool:
        """Whether anything is to be seen of what the generator draws."""
        return self._source.paint is None or self._amount < 1

    def sketch(self, frame: PosedFrame) -> Sketch:
        """What the next frame of the clip asks for; frames come in their order."""
        return self._stage.sketch(self._source, self.state(frame))

    def __call__(self, sketches: Sequence[Sketch], guides: Tensor | None) -> tuple[Tensor, Tensor]:
        """B sketches and their guides [B, 3, r, r] -> results [B, 3, R, R] and kept shares [B].

        guides: may be None where none are needed.
        """
        detailed = self._stage.finish(self._source, sketches, guides)
        detailed = detailed.towards(guides, self._amount)
        return detailed.images, detailed.kept

    def state(self, frame: PosedFrame) -> HeadState:
        """What the next frame's head is to do; each leans on those before it.

        InputError where its face was not read.
        """
        return self._moved(frame, self._told(frame))

    def states(self, frames: Iterable[PosedFrame]) -> Iterator[PosedFrame]:
        """The frames of the clip with what their heads are to do, which does not tremble."""
        told = (Told(frame, self._told(frame), frame.pose.scene) for frame in frames)
        for frame, state in steadied(told, self._smooth, smooth_state):
            yield replace(frame, state=self._moved(frame, state))

    def _told(self, frame: PosedFrame) -> HeadState:
        """What the driver does."""
        if frame.state is not None:
            return frame.state
        if frame.origin == "source":
            return self._source.state
        reading = frame.pose.reading
        if reading is None:
            raise InputError(f"frame {frame.index}: its face was not read, which detail needs")
        if self._last is None or self._last[0] is not reading:  # a held pose is read once
            self._last = reading, self._performer.state(reading, scene=frame.pose.scene)
        return self._last[1]

    def _moved(self, frame: PosedFrame, state: HeadState) -> HeadState:
        """What the source is to do."""
        if frame.state is not None or frame.origin == "source":
            return state
        return self._motion(state, scene=frame.pose.scene)


def sketched(frames: Iterable[PosedFrame], detailed: ClipDetail | None) -> Iterator[Sketched]:
    """Sketch the frames of a clip one by one."""
    for frame in frames:
        yield frame, None if detailed is None else detailed.sketch(frame)
