"""A request whose picture shows several faces that perform -> the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import InputError
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..video.sources import FrameSource
from ..video.transparency import read_mask
from .cast import reenact_cast
from .given_files import is_identity, is_track
from .placing import in_square
from .results import Reenactment
from .roles import clips_of, roles_of
from .source import SourceFace, analyse_sources
from .views import detector_of

if TYPE_CHECKING:
    from .clip import ClipRequest


def check_cast(request: ClipRequest) -> None:
    """InputError where a request with several faces names files that hold only one."""
    if is_identity(request.source):
        raise InputError(
            f"{request.source.name} keeps one face, so no others can perform beside it: give the "
            "picture instead, or leave --all-faces and --also away"
        )
    if request.boxes:
        raise InputError(
            "boxes tell of one driving face: leave them away with --all-faces and --also, which "
            "follow everybody"
        )
    for clip in clips_of(request.driving, request.also):
        if is_track(clip):
            raise InputError(
                f"{clip.name} is a pose track, which tells of one face: with --all-faces or --also "
                "give the video that it was read from"
            )


def play_clips(
    request: ClipRequest,
    picture: ImageU8,
    clips: Sequence[FrameSource],
    models: LoadedSet,
    host: Host,
) -> tuple[SourceFace, Reenactment]:
    """The first face that performs, and the results; clips: those of `roles.clips_of`, opened.

    Raises as `source.analyse_sources`, `SourceFace.behind`, `roles.roles_of` and
    `cast.reenact_cast`.
    """
    name = str(request.source)
    detector = detector_of(models, host, request.detector, insight_root=request.insight_root)
    sources = analyse_sources(
        picture,
        models,
        host,
        name=name,
        detector=detector,
        truncation_psi=request.truncation_psi,
    )
    if request.framing is not None:
        sources = [source.framed(request.framing) for source in sources]
    sources = [in_square(source, request.options, models) for source in sources]
    if request.front is not None:
        front = read_mask(request.front)
        sources = [source.behind(front) for source in sources]
    roles = roles_of(
        sources,
        request.driving,
        request.also,
        face=None if request.all_faces else request.choice,
        performer=request.options.driving.choice,
        name=name,
    )
    results = reenact_cast(
        roles,
        clips,
        models,
        host,
        options=request.options,
        detector=detector,
        start=request.start,
        limit=request.limit,
    )
    return roles[0].source, results
