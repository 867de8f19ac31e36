"""What becomes of driving frames that show no face."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from ..choices import NoFacePolicy
from ..errors import NoFaceError
from ..face.follow import TrackedFrame
from ..imaging import ImageU8
from ..types import FaceCrop
from .detail.performance import HeadState
from .views import PoseView

Item = TypeVar("Item")

PoseOrigin = Literal["face", "held", "ahead", "source"]
"""Whose pose a frame takes: its own face's, that of the last face before it, that of the first
face after it, or the source's."""


@dataclass(frozen=True)
class PosedFrame:
    """A driving frame and what is to drive it.

    state: what its head performs, where that is known already.
    """

    index: int
    picture: ImageU8
    crop: FaceCrop | None
    pose: PoseView
    origin: PoseOrigin
    state: HeadState | None = None


@dataclass
class DrivingReport:
    """Frames so far. Those without a face are held + ahead + source + skipped (see PoseOrigin)."""

    frames: int = 0
    held: int = 0
    ahead: int = 0
    source: int = 0
    skipped: int = 0
    faces: int = 0
    """Of the picture that showed the most, among those that were searched."""
    kept: list[float] = field(default_factory=list[float])
    """Of every frame drawn with detail: the share of the head that came from the source, 0 to 1."""
    cuts: list[int] = field(default_factory=list[int])
    """Numbers of the frames that show the first face of a new scene."""

    @property
    def without_face(self) -> int:
        return self.held + self.ahead + self.source + self.skipped

    @property
    def drawn(self) -> int:
        """Frames that have a result."""
        return self.frames - self.skipped


def held(seen: Sequence[Item | None]) -> list[Item]:
    """What is missing is what was there before it, and before anything what comes first.

    Empty where there is nothing at all.
    """
    last = next((one for one in seen if one is not None), None)
    filled: list[Item] = []
    for one in seen:
        last = last if one is None else one
        if last is not None:
            filled.append(last)
    return filled


def fill_missing(
    frames: Iterable[TrackedFrame],
    policy: NoFacePolicy,
    *,
    view_of: Callable[[FaceCrop], PoseView],
    source_view: PoseView,
    lookahead: int,
    name_frame: Callable[[int], str],
    report: DrivingReport,
) -> Iterator[PosedFrame]:
    """Give every frame a pose, or drop it, as the policy says; count in `report`.

    hold: the last face's pose; before the first face, the first one's if it comes within
        `lookahead` frames (which are held back so long), else the source's own. NoFaceError at the
        end where there was none at all.
    skip: the frame is dropped. source: the source's own pose.
    error: NoFaceError that names the frame.
    """
    last_view: PoseView | None = None
    waiting: deque[TrackedFrame] = deque()

    def posed(frame: TrackedFrame, view: PoseView, origin: PoseOrigin) -> PosedFrame:
        report.frames += 1
        if origin != "face":
            setattr(report, origin, getattr(report, origin) + 1)
        return PosedFrame(frame.index, frame.picture, frame.crop, view, origin)

    for frame in frames:
        report.faces = max(report.faces, frame.found)
        if frame.crop is not None:
            if last_view is not None and frame.crop.scene != last_view.scene:
                report.cuts.append(frame.index)
            last_view = view_of(frame.crop)
            while waiting:
                yield posed(waiting.popleft(), last_view, "ahead")
            yield posed(frame, last_view, "face")
            continue
        match policy:
            case "error":
                raise NoFaceError(
                    f"{name_frame(frame.index)}: no face was found; cut the clip there or choose "
                    "what becomes of such frames: hold, skip or source"
                )
            case "skip":
                report.frames += 1
                report.skipped += 1
            case "source":
                yield posed(frame, source_view, "source")
            case "hold" if last_view is not None:
                yield posed(frame, last_view, "held")
            case "hold":
                waiting.append(frame)
                if len(waiting) > lookahead:
                    yield posed(waiting.popleft(), source_view, "source")
    if policy == "hold" and last_view is None and report.frames + len(waiting) > 0:
        raise NoFaceError(
            f"none of the {report.frames + len(waiting)} driving frame(s) shows a face that can be "
            "found, so there is no pose to hold; use a clip in which the face is large, sharp and "
            "not cut off"
        )
