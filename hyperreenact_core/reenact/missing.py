"""What becomes of driving frames that show no face."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from ..errors import NoFaceError
from ..imaging import ImageU8

NoFacePolicy = Literal["hold", "skip", "source", "error"]
NO_FACE_POLICIES: tuple[NoFacePolicy, ...] = get_args(NoFacePolicy)

Origin = Literal["face", "held", "ahead", "source"]
"""Where a frame's pose is from: its own face, the last face before it, the first one after it, or
the source picture."""


@dataclass(frozen=True)
class SeenFrame:
    """A driving frame and what was found in it.

    index: number of the frame from 0. picture: [H, W, 3]. crop: the face as the set's crop, u8
    [R, R, 3]. view: [3, S, S] in [0, 1], what the pose encoder reads. Both None: no face.
    """

    index: int
    picture: ImageU8
    crop: ImageU8 | None = None
    view: Tensor | None = None


@dataclass(frozen=True)
class PosedFrame:
    """A driving frame with a pose view, its own or that of another frame; see SeenFrame."""

    index: int
    picture: ImageU8
    crop: ImageU8 | None
    view: Tensor
    origin: Origin


@dataclass
class DrivingReport:
    """Frames seen so far. `without_face` = held + ahead + source + skipped."""

    frames: int = 0
    without_face: int = 0
    held: int = 0
    ahead: int = 0
    source: int = 0
    skipped: int = 0


class MissingFaces:
    """Gives every frame a pose view, or drops the frame, as the policy says; counts in `report`.

    hold: the last face's pose; before the first face, that of the first one if it comes within
        `lookahead` frames, else the source's own.
    skip: the frame is dropped. source: the source's own pose.
    error: NoFaceError that names the frame.
    """

    def __init__(
        self,
        policy: NoFacePolicy,
        *,
        source_view: Tensor,
        lookahead: int,
        name_frame: Callable[[int], str],
    ) -> None:
        self.report = DrivingReport()
        self._policy = policy
        self._source_view = source_view
        self._lookahead = lookahead
        self._name_frame = name_frame

    def filled(self, frames: Iterable[SeenFrame]) -> Iterator[PosedFrame]:
        """Frames in their order; holds back `lookahead` frames before the first face at most."""
        last: Tensor | None = None
        waiting: deque[SeenFrame] = deque()
        for frame in frames:
            self.report.frames += 1
            if frame.view is not None:
                while waiting:
                    yield self._posed(waiting.popleft(), frame.view, "ahead")
                last = frame.view
                yield self._posed(frame, frame.view, "face")
                continue
            self.report.without_face += 1
            match self._policy:
                case "error":
                    raise NoFaceError(
                        f"{self._name_frame(frame.index)}: no face was found; cut the clip there, "
                        "or choose what happens to such frames: hold, skip or source"
                    )
                case "skip":
                    self.report.skipped += 1
                case "source":
                    yield self._posed(frame, self._source_view, "source")
                case "hold":
                    if last is not None:
                        yield self._posed(frame, last, "held")
                        continue
                    waiting.append(frame)
                    if len(waiting) > self._lookahead:
                        yield self._posed(waiting.popleft(), self._source_view, "source")
        while waiting:
            yield self._posed(waiting.popleft(), self._source_view, "source")

    def _posed(self, frame: SeenFrame, view: Tensor, origin: Origin) -> PosedFrame:
        match origin:
            case "held":
                self.report.held += 1
            case "ahead":
                self.report.ahead += 1
            case "source":
                self.report.source += 1
            case "face":
                pass
        return PosedFrame(
            index=frame.index, picture=frame.picture, crop=frame.crop, view=view, origin=origin
        )
