"""What comes of driving frames, one by one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from torch import Tensor

from ..imaging import ImageU8, u8_from_tensor
from ..types import FaceCrop
from .missing import DrivingReport, PoseOrigin


@dataclass(frozen=True)
class ReenactedFrame:
    """One result.

    image: uint8 RGB [R, R, 3], or the source picture's size if it was pasted back.
    index: number of the driving frame, from 0. driving: that frame, [H, W, 3]; of a pose track
    a single pixel.
    driving_crop: the face in it, None where none was found. pose_of: whose pose was used.
    kept: the share of the head that came from the source, 0 to 1; None without detail.
    face: [3, S, S] in [-1, 1], the face alone; of several the first. mask: [h, w] how much of each
    pixel of `image` is a face that was pasted back; None where `image` is the face alone.
    """

    image: ImageU8
    index: int
    driving: ImageU8
    driving_crop: FaceCrop | None
    pose_of: PoseOrigin
    kept: float | None = None
    face: Tensor | None = None
    mask: Tensor | None = None

    @property
    def alone(self) -> ImageU8:
        """The face alone [S, S, 3]."""
        return self.image if self.face is None else u8_from_tensor(self.face[None])[0]

    @property
    def has_face(self) -> bool:
        """Whether the driving frame shows a face."""
        return self.driving_crop is not None


class Reenactment(Iterator[ReenactedFrame]):
    """The results as they are asked for; `report` counts the driving frames so far.

    Close it (`contextlib.closing`) where it may be left early.
    """

    def __init__(
        self, results: Generator[ReenactedFrame, None, None], report: DrivingReport
    ) -> None:
        self._results = results
        self.report = report

    def __next__(self) -> ReenactedFrame:
        return next(self._results)

    def close(self) -> None:
        self._results.close()
