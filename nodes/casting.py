"""Who a node animates and by what: a picture or an identity, a clip's frames or a pose track."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..hyperreenact_core.imaging import ImageU8
    from ..hyperreenact_core.reenact.missing import DrivingReport
    from ..hyperreenact_core.reenact.pipeline import Reenactor
    from ..hyperreenact_core.reenact.posetrack import PoseTrack
    from ..hyperreenact_core.reenact.results import ReenactedFrame, Reenactment
    from ..hyperreenact_core.reenact.source import SourceFace
    from .wishes import Wishes


@dataclass
class Shown:
    """What is kept of results that pass by: the last, and the faces alone, if they are wanted."""

    faces: list[ImageU8] = field(default_factory=list["ImageU8"])
    last: ReenactedFrame | None = None

    def images(self, results: Iterable[ReenactedFrame], *, keeps_faces: bool) -> Iterator[ImageU8]:
        """Their pictures as they come."""
        for result in results:
            self.last = result
            if keeps_faces:
                self.faces.append(result.alone)
            yield result.image


class Play(Protocol):
    """A face, or several, with all that draws them."""

    def play(self) -> Reenactment:
        """Draw the results."""
        ...

    def place(self, last: ReenactedFrame | None) -> tuple[list[dict[str, int]], Tensor]:
        """Boxes and masks of the results, as the host has them; last: of these."""
        ...

    def told(self, report: DrivingReport) -> str:
        """What came of it, a line each."""
        ...


@dataclass(frozen=True)
class Driven:
    """What drives: frames [height, width, 3], or a track, beside which they are not looked at.

    total: frames to expect. name_frame: what messages call frame n.
    """

    frames: Iterable[ImageU8]
    height: int
    width: int
    total: int | None
    track: PoseTrack | None = None
    name_frame: Callable[[int], str] = "frame {}".format


@dataclass(frozen=True)
class Role:
    """A face and what moves it: a track, or frames and a reenactor that reads them."""

    wishes: Wishes
    face: SourceFace
    driven: Driven
    reenactor: Reenactor | None

    def play(self) -> Reenactment:
        """Draw it."""
        from ..hyperreenact_core.reenact.perform import perform

        wishes, driven = self.wishes, self.driven
        if driven.track is not None:
            networks = wishes.models.networks
            return perform(self.face, driven.track, networks, wishes.host, wishes.options)
        if self.reenactor is None:
            raise TypeError("a role without a track needs a reenactor")
        return self.reenactor.reenact(
            self.face, driven.frames, total=driven.total, name_frame=driven.name_frame
        )

    def place(self, last: ReenactedFrame | None) -> tuple[list[dict[str, int]], Tensor]:
        """Boxes and masks of the results, as the host has them."""
        from ..hyperreenact_core.reenact.placing import place_of

        if last is None:
            raise TypeError("no result was shown")
        if last.mask is None:
            height, width = last.image.shape[:2]
            return [box_of((0, 0, width, height))], torch.ones(1, height, width)
        return [box_of(place_of(self.face))], last.mask[None]

    def told(self, report: DrivingReport) -> str:
        """What came of it, a line each."""
        from ..hyperreenact_core.face.follow import cuts_text

        face, source, choice = self.face, self.wishes.source, self.wishes.options.driving.choice
        lines = [drawn_text(report)]
        if self.driven.track is None:
            lines[0] += f", {report.without_face} without a face" + cuts_text(report.cuts)
        lines += kept_lines(report)
        if source is not None and self.wishes.identity is not None:
            lines.append("source was left aside: the identity was animated")
        elif source is not None:
            if len(source) > 1:
                lines.append(f"source holds {len(source)} pictures: only the first was used")
            if source.shape[-1] == 4:
                lines.append(
                    "source has an alpha channel: it was laid over white, the result is opaque"
                )
        if face.turns:
            lines.append("the source's face lies, so the picture was turned upright to be drawn")
        if face.faces > 1:
            lines.append(f"the source picture shows {face.faces} faces: the largest was animated")
        if report.faces > 1:
            chosen = f"number {choice}" if isinstance(choice, int) else choice
            lines.append(
                f"driving frames show up to {report.faces} faces: followed was the {chosen}"
            )
        return "\n".join(lines)


def cast(wishes: Wishes, driven: Driven) -> Role:
    """Everything that is computed once for one face."""
    from ..hyperreenact_core.reenact.pipeline import Reenactor

    reads = driven.track is None or wishes.identity is None
    finder = wishes.finder() if reads else None
    face, reenactor = wishes.person(finder), None
    if driven.track is None:
        reenactor = Reenactor(
            wishes.models.networks,
            wishes.host,
            options=wishes.options,
            detector=_driver_finder(finder, wishes, driven),
        )
    return Role(wishes, face, driven, reenactor)


def _driver_finder(finder: Any, wishes: Wishes, driven: Driven) -> Any:
    """What finds the driving face: in the boxes, if there are any."""
    from ..hyperreenact_core.face.given import BoxedDetector, EachFrameAlone, boxes_from

    if wishes.bboxes is not None:
        boxes = boxes_from(wishes.bboxes)
        boxed = BoxedDetector(finder, boxes, height=driven.height, width=driven.width)
        return EachFrameAlone(boxed, None)
    return finder if wishes.follow else EachFrameAlone(finder, wishes.options.driving.choice)


def box_of(box: tuple[float, float, float, float]) -> dict[str, int]:
    """Left, top, right, bottom -> the host's BOUNDING_BOX, in whole pixels."""
    left, top, right, bottom = (round(edge) for edge in box)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def drawn_text(report: DrivingReport) -> str:
    """How many frames became results."""
    return f"{report.drawn} of {report.frames} frames drawn"


def kept_lines(report: DrivingReport) -> list[str]:
    """How much came from the source, where that was asked for."""
    from .convert import kept_text

    return [kept_text(report.kept)] if report.kept else []
