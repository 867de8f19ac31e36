"""Who plays whom: the faces of a picture, and the faces of clips that drive them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..choices import FaceChoice
from ..errors import InputError
from ..face.align import move_points
from ..face.detect import choose_face
from ..face.found import FaceLandmarks
from .posetrack import PoseTrack
from .source import SourceFace

Clip = TypeVar("Clip", bound=Hashable)
"""What names a driving clip, also in messages: its file, or a word."""


@dataclass(frozen=True)
class Role:
    """A face of the picture, and who plays it.

    clip: number of the driving clip. performer: which of its faces, in the first frame that shows
    any; from there on it is followed by who it is. track: what is performed, where the clip has no
    pictures but rate and length alone.
    """

    source: SourceFace
    clip: int = 0
    performer: FaceChoice = "largest"
    track: PoseTrack | None = None


@dataclass(frozen=True)
class AlsoPlays(Generic[Clip]):
    """A further face of the source and who plays it.

    driving: the clip, None for the one that drives the first face. performer: which face there.
    """

    face: FaceChoice
    driving: Clip | None = None
    performer: FaceChoice = "largest"


def clips_of(driving: Clip, also: Sequence[AlsoPlays[Clip]]) -> list[Clip]:
    """The clips that play, each once, the first face's at the beginning."""
    return list(dict.fromkeys([driving, *(one.driving for one in also if one.driving)]))


def roles_of(
    sources: Sequence[SourceFace],
    driving: Clip,
    also: Sequence[AlsoPlays[Clip]],
    *,
    face: FaceChoice | None,
    performer: FaceChoice,
    name: str,
    tracks: Mapping[Clip, PoseTrack] | None = None,
) -> list[Role]:
    """Who plays which face of a picture, the ones that `driving` drives at the beginning.

    sources: all faces of the picture. face: which of them `performer` plays, None for all but
    those that others play. name: what messages call the picture. tracks: of clips without pictures.
    Raises InputError where a face is not there, or nothing is left for `driving` to do.
    """
    clips, tracks = clips_of(driving, also), tracks or {}
    others: dict[int, Role] = {}
    for one in also:
        source = _chosen(sources, one.face, name)
        if id(source) in others:
            raise InputError(f"{name}: face {one.face} is given two performers; leave one of them")
        clip = one.driving or driving
        others[id(source)] = Role(source, clips.index(clip), one.performer, tracks.get(clip))
    own = sources if face is None else [_chosen(sources, face, name)]
    free = [source for source in own if id(source) not in others]
    roles = [Role(source, 0, performer, tracks.get(driving)) for source in free]
    roles = sorted([*roles, *others.values()], key=lambda role: role.clip)
    if roles[0].clip > 0:
        asked = "any face" if face is None else f"the face {face}"
        raise InputError(
            f"{name}: {driving} is to drive {asked}, but others have that already; choose another "
            "face for one of them"
        )
    return roles


def _chosen(sources: Sequence[SourceFace], choice: FaceChoice, name: str) -> SourceFace:
    height, width = sources[0].picture.shape[:2]
    places = [_place(source) for source in sources]
    try:
        chosen = choose_face(places, choice, width=width, height=height)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    return next(s for s, place in zip(sources, places, strict=True) if place is chosen)


def _place(source: SourceFace) -> FaceLandmarks:
    crop = source.crop
    return FaceLandmarks(move_points(crop.landmarks, crop.frame_from_crop), crop.score)
