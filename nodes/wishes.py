"""What a Reenact node is asked for, as the core takes it: made once of all sockets and widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..hyperreenact_core.errors import InputError

if TYPE_CHECKING:
    from ..hyperreenact_core.face.detect import FaceDetector
    from ..hyperreenact_core.reenact.options import ReenactOptions
    from ..hyperreenact_core.reenact.source import SourceFace
    from .host import ComfyHost, HostModels


@dataclass(frozen=True)
class Wishes:
    """Who is animated and how, whatever drives.

    source, identity: one of them tells who. front, framing: what else is told of the source.
    bboxes, detector, follow: how faces are found. options: how results are made.
    """

    models: HostModels
    host: ComfyHost
    options: ReenactOptions
    truncation_psi: float
    source: Any = None
    identity: Any = None
    front: Any = None
    framing: Any = None
    bboxes: Any = None
    detector: str = "auto"
    follow: bool = True

    def finder(self) -> FaceDetector:
        """What finds faces."""
        return self.host.detector(self.detector)

    def person(self, finder: FaceDetector | None) -> SourceFace:
        """Who is animated; finder: None where an identity tells. InputError where nothing does."""
        face = who(
            self.models,
            self.host,
            self.source,
            self.identity,
            detector=finder,
            truncation_psi=self.truncation_psi,
        )
        return self._as_told(face)

    def people(self, finder: FaceDetector) -> list[SourceFace]:
        """All faces of the source picture; InputError where an identity or boxes tell of one."""
        from ..hyperreenact_core.reenact.source import analyse_sources
        from .convert import first_frame

        if self.identity is not None or self.source is None:
            raise InputError("a cast plays the faces of one picture: connect source, not identity")
        if self.bboxes is not None:
            raise InputError(
                "boxes tell of one driving face: leave bboxes away, a cast chooses performers "
                "itself"
            )
        faces = analyse_sources(
            first_frame(self.source, name="source"),
            self.models.networks,
            self.host,
            detector=finder,
            truncation_psi=self.truncation_psi,
        )
        return [self._as_told(face) for face in faces]

    def _as_told(self, face: SourceFace) -> SourceFace:
        """The face with what the sockets tell of it."""
        from ..hyperreenact_core.reenact.placing import in_square
        from .convert import masks_of

        masks = masks_of(self.front)
        if self.framing is not None:
            face = face.framed(self.framing)
        face = in_square(face, self.options, self.models.networks)
        return face if masks is None else face.behind(masks[0])


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


def wishes_of(
    models: HostModels,
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
    **others: Any,
) -> Wishes:
    """Of a node's inputs by their names; others: fields of the same names."""
    from ..hyperreenact_core.reenact.driving import DrivingOptions
    from ..hyperreenact_core.reenact.options import ReenactOptions
    from ..hyperreenact_core.reenact.strength import DeltaStrength
    from .convert import choice_of
    from .host import ComfyHost

    host, choice = ComfyHost(models), choice_of(face, face_number)
    options = ReenactOptions(
        driving=DrivingOptions(no_face=no_face, choice=choice, stabilise=stabilise),
        batch_size=host.batch_size(batch_size),
        strength=DeltaStrength(coarse, middle, fine),
        detail=detail,
        size=size or None,
        paste_back=paste_back,
        colour_match=colour_match,
    )
    return Wishes(models, host, options, **others)
