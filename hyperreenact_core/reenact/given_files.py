"""Files that stand in for pictures: an identity as the source, a pose track that drives."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ..errors import InputError
from ..imaging import ImageU8
from ..video.pictures import read_image
from ..video.sources import FrameSource
from .files import TRACK_SUFFIXES, load_identity, load_poses
from .posetrack import PoseTrack
from .track_rate import rate_of

_IDENTITY = ".safetensors"


def is_identity(path: Path) -> bool:
    """Whether a source is no picture."""
    return path.suffix.lower() == _IDENTITY


def is_track(path: Path) -> bool:
    """Whether what drives has no pictures."""
    return path.suffix.lower() in TRACK_SUFFIXES


def picture_of(path: Path) -> ImageU8:
    """The picture of a source [H, W, 3], of an identity the square that it keeps; InputError."""
    if not is_identity(path):
        return read_image(path)
    portrait = load_identity(path).portrait
    if portrait is None:
        raise InputError(
            f"{path.name} keeps no picture of the face, which is carried over: `invert` the "
            "picture again"
        )
    return portrait.image


def track_of_file(path: Path, *, start: int, limit: int | None) -> PoseTrack | None:
    """What drives, from frame `start` on, `limit` at most; None where that is no pose track.

    InputError where the file cannot be read or has no such frame.
    """
    if not is_track(path):
        return None
    track = load_poses(path)
    if start >= len(track):
        raise InputError(
            f"{path} has {len(track)} frame(s), numbered from 0: there is no frame {start} to "
            "start with"
        )
    return track.cut(start, len(track) if limit is None else start + limit)


def as_clip(path: Path, track: PoseTrack) -> FrameSource:
    """Rate and length of a track; it has no pictures."""
    return FrameSource(
        path=path,
        rate=rate_of(track) if len(track) > 1 else Fraction(25),
        frame_count=len(track),
        width=1,
        height=1,
        read_frames=lambda: (nothing for nothing in ()),
        name_frame=f"{path}, frame {{}}".format,
    )
