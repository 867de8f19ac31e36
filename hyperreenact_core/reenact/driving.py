"""Driving frames -> the pose each of them asks for, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ..choices import FaceChoice, NoFacePolicy
from ..errors import InputError
from ..face.detect import FaceDetector
from ..face.follow import track_face
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from .knobs import STABILISE, check_stabilise
from .missing import DrivingReport, PosedFrame, fill_missing
from .views import PoseView, crop_rule, pose_of

Item = TypeVar("Item")


@dataclass(frozen=True)
class DrivingOptions:
    """How driving frames are read.

    no_face: what becomes of frames without a face (see `fill_missing`).
    choice: which of several faces drives.
    stabilise: frames over which the square around the face is smoothed, odd; 1 = not at all, and
    what its head performs is taken as it is read.
    lookahead: frames without a face that are held back at the beginning, to wait for the first.
    """

    no_face: NoFacePolicy = "hold"
    choice: FaceChoice = "largest"
    stabilise: int = int(STABILISE.default)
    lookahead: int = 24

    def __post_init__(self) -> None:
        check_stabilise(self.stabilise)
        if self.lookahead < 0:
            raise InputError(f"the look-ahead must not be negative, it is {self.lookahead}")


def posed_frames(
    frames: Iterable[ImageU8],
    models: LoadedSet,
    host: Host,
    detector: FaceDetector,
    options: DrivingOptions,
    *,
    source_view: PoseView,
    report: DrivingReport,
    name_frame: Callable[[int], str],
) -> Iterator[PosedFrame]:
    """Track the face and say, frame by frame, which pose view drives it.

    Holds `stabilise // 2` frames, and `lookahead` more while no face has been seen.
    """
    tracked = track_face(
        frames,
        detector,
        rule=crop_rule(models.settings),
        choice=options.choice,
        window=options.stabilise,
        name_frame=name_frame,
        check_interrupt=host.check_interrupt,
    )
    return fill_missing(
        tracked,
        options.no_face,
        view_of=partial(pose_of, models=models),
        source_view=source_view,
        lookahead=options.lookahead,
        name_frame=name_frame,
        report=report,
    )


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items, the last one shorter, without reading further than needed.

    What came before an InputError is given first.
    """
    batch: list[Item] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except InputError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
