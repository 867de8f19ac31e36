"""Who a node animates and by what: a picture or an identity, a clip's frames or a pose track."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..hyperreenact_core.errors import InputError

if TYPE_CHECKING:
    from ..hyperreenact_core.imaging import ImageU8
    from ..hyperreenact_core.reenact.options import ReenactOptions
    from ..hyperreenact_core.reenact.pipeline import Reenactor
    from ..hyperreenact_core.reenact.posetrack import PoseTrack
    from ..hyperreenact_core.reenact.results import ReenactedFrame, Reenactment
    from ..hyperreenact_core.reenact.source import SourceFace
    from .host import ComfyHost, HostModels


@dataclass
class Shown:
    """What is kept of results that pass by.

    faces: alone, if they are wanted. mask: of the last one, see `ReenactedFrame`.
    height, width: of the results.
    """

    faces: list[ImageU8] = field(default_factory=list["ImageU8"])
    mask: Tensor | None = None
    height: int = 0
    width: int = 0

    def passing(self, results: Iterable[ReenactedFrame]) -> Iterator[ReenactedFrame]:
        """The results as they come."""
        for result in results:
            self.mask = result.mask
            self.height, self.width = result.image.shape[:2]
            yield result

    def images(self, results: Iterable[ReenactedFrame], *, keeps_faces: bool) -> Iterator[ImageU8]:
        """Their pictures as they come."""
        for result in self.passing(results):
            if keeps_faces:
                self.faces.append(result.alone)
            yield result.image


@dataclass(frozen=True)
class Role:
    """A face and what moves it: a track, or a reenactor that reads frames."""

    face: SourceFace
    models: HostModels
    host: ComfyHost
    options: ReenactOptions
    track: PoseTrack | None
    reenactor: Reenactor | None

    def play(
        self,
        frames: Iterable[ImageU8],
        *,
        total: int | None,
        name_frame: Callable[[int], str] = "frame {}".format,
    ) -> Reenactment:
        """Draw it; frames: not looked at where there is a track."""
        from ..hyperreenact_core.reenact.perform import perform

        if self.track is not None:
            return perform(self.face, self.track, self.models.networks, self.host, self.options)
        if self.reenactor is None:
            raise TypeError("a role without a track needs a reenactor")
        return self.reenactor.reenact(self.face, frames, total=total, name_frame=name_frame)

    def place(self, shown: Shown) -> tuple[list[dict[str, int]], Tensor]:
        """Boxes and masks of the results, as the host has them."""
        from ..hyperreenact_core.reenact.placing import place_of

        if shown.mask is None:
            size = (shown.height, shown.width)
            return [box_of((0, 0, shown.width, shown.height))], torch.ones(1, *size)
        return [box_of(place_of(self.face))], shown.mask[None]


def options_of(
    host: ComfyHost,
    *,
    face: str,
    face_number: int,
    no_face: Any,
    paste_back: bool,
    colour_match: bool,
    stabilise: int,
    coarse: float,
    middle: float,
    fine: float,
    batch_size: int,
    detail: float = 1.0,
    size: int = 0,
) -> ReenactOptions:
    """What the widgets say of how results are made."""
    from ..hyperreenact_core.reenact.driving import DrivingOptions
    from ..hyperreenact_core.reenact.options import ReenactOptions
    from ..hyperreenact_core.reenact.strength import DeltaStrength
    from .convert import choice_of

    choice = choice_of(face, face_number)
    return ReenactOptions(
        driving=DrivingOptions(no_face=no_face, choice=choice, stabilise=stabilise),
        batch_size=host.batch_size(batch_size),
        strength=DeltaStrength(coarse, middle, fine),
        detail=detail,
        size=size or None,
        paste_back=paste_back,
        colour_match=colour_match,
    )


def cast(
    models: HostModels,
    host: ComfyHost,
    source: Any,
    *,
    poses: PoseTrack | None,
    frame_size: tuple[int, int],
    truncation_psi: float,
    follow: bool = True,
    detector: str = "auto",
    identity: Any = None,
    bboxes: Any = None,
    front: Any = None,
    framing: Any = None,
    **looks: Any,
) -> Role:
    """Everything that is computed once; frame_size: height and width of the driving frames.

    looks: as of `options_of`.
    """
    from ..hyperreenact_core.reenact.pipeline import Reenactor
    from ..hyperreenact_core.reenact.placing import in_square
    from .convert import masks_of

    options = options_of(host, **looks)
    choice = options.driving.choice
    reads = poses is None or identity is None
    finder = host.detector(detector) if reads else None
    own = who(models, host, source, identity, detector=finder, truncation_psi=truncation_psi)
    if identity is None or framing is not None:
        own = in_square(own, framing, options, models.networks)
    masks = masks_of(front)
    if masks is not None:
        own = own.behind(masks[0])
    reenactor = None
    if poses is None:
        reenactor = Reenactor(
            models.networks,
            host,
            options=options,
            detector=_finder(finder, bboxes, choice, size=frame_size, follow=follow),
        )
    return Role(own, models, host, options, poses, reenactor)


def who(
    models: HostModels,
    host: ComfyHost,
    source: Any,
    identity: Any,
    *,
    detector: Any,
    truncation_psi: float,
) -> SourceFace:
    """The face of an identity, or else of the first source picture; InputError without either."""
    from ..hyperreenact_core.reenact.perform import source_of
    from ..hyperreenact_core.reenact.source import analyse_source
    from .convert import first_frame

    if identity is not None:
        return source_of(identity, models.networks, host, truncation_psi=truncation_psi)
    if source is None:
        raise InputError("there is nobody to animate: connect source or identity")
    return analyse_source(
        first_frame(source, name="source"),
        models.networks,
        host,
        detector=detector,
        truncation_psi=truncation_psi,
    )


def box_of(box: tuple[float, float, float, float]) -> dict[str, int]:
    """Left, top, right, bottom -> the host's BOUNDING_BOX, in whole pixels."""
    left, top, right, bottom = (round(edge) for edge in box)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _finder(detector: Any, bboxes: Any, choice: Any, *, size: tuple[int, int], follow: bool) -> Any:
    """What finds the driving face: in the boxes, if there are any."""
    from ..hyperreenact_core.face.given import BoxedDetector, EachFrameAlone, boxes_from

    if bboxes is not None:
        height, width = size
        boxed = BoxedDetector(detector, boxes_from(bboxes), height=height, width=width)
        return EachFrameAlone(boxed, None)
    return detector if follow else EachFrameAlone(detector, choice)


def told(report: Any, role: Role, options: Mapping[str, Any], *, source: Any) -> str:
    """What came of it, a line each."""
    from ..hyperreenact_core.face.follow import cuts_text
    from .convert import kept_text

    face, given = role.face, None if options.get("identity") is not None else source
    lines = [f"{report.drawn} of {report.frames} frames drawn"]
    if role.track is None:
        lines[0] += f", {report.without_face} without a face" + cuts_text(report.cuts)
    if report.kept:
        lines.append(kept_text(report.kept))
    if given is not source:
        lines.append("source was left aside: the identity was animated")
    if given is not None and len(given) > 1:
        lines.append(f"source holds {len(given)} pictures: only the first was used")
    if given is not None and given.shape[-1] == 4:
        lines.append("source has an alpha channel: it was laid over white, the result is opaque")
    if face.turns:
        lines.append("the source's face lies, so the picture was turned upright to be drawn")
    if face.faces > 1:
        lines.append(f"the source picture shows {face.faces} faces: the largest was animated")
    if report.faces > 1:
        chosen = (
            f"number {options['face_number']}" if options["face"] == "number" else options["face"]
        )
        lines.append(f"driving frames show up to {report.faces} faces: followed was the {chosen}")
    return "\n".join(lines)
