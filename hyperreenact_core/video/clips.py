"""Video files as frames, through PyAV."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from av.packet import Packet
from av.sidedata.sidedata import Type
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import InputError
from ..imaging import ImageU8
from .colour import FrameColours
from .decoding import timed_frames
from .listing import PacketNotes
from .media import Damage, open_media, packets_of, picture_stream, sound_stream
from .rates import DEFAULT_RATE
from .sources import AudioSource, FrameSource, check_size
from .timing import at_constant_rate

__all__ = ["CLIP_SUFFIXES", "DEFAULT_RATE", "open_clip"]

CLIP_SUFFIXES = frozenset(
    {
        ".3gp",
        ".avi",
        ".flv",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ogv",
        ".ts",
        ".webm",
        ".wmv",
    }
)
"""Which files of a folder are clips. Whether one really is, shows when it is opened."""

logger = logging.getLogger(__name__)


def open_clip(path: Path) -> FrameSource:
    """A video file as frames.

    Frames come upright (the rotation in the file is applied), with square pixels, without
    interlacing, in the colours of a computer's screen and over white where they are transparent.
    Each is shown at its time; damaged ones are replaced by the one before. The file is read
    through once for its times, which takes a small part of the time that decoding takes.
    """
    with open_media(path) as container:
        stream = picture_stream(container, path)
        named = [r for r in (stream.average_rate, stream.base_rate, stream.guessed_rate) if r]
        notes = PacketNotes(stream)
        packets = notes.noting(packets_of(container, stream))
        time, first = _first_frame(stream, packets, path)
        for _ in packets:
            continue
        listing = notes.listing(path)
        has_sound = sound_stream(container) is not None
    height, width = first.shape[:2]
    check_size(width, height, name=str(path))
    begins = listing.begins(time)
    timing = listing.timing(begins, named)
    return FrameSource(
        path=path,
        rate=timing.rate,
        frame_count=timing.frame_count,
        width=width,
        height=height,
        read_frames=partial(
            _read_frames,
            path,
            rate=timing.rate,
            seconds=timing.seconds if len(listing.ticks) else None,
            size=(width, height),
            cut_off=listing.cut_off,
            torn=listing.torn,
        ),
        name_frame=lambda index: f"{path.name}, frame {index}",
        audio=AudioSource(path, offset=begins) if has_sound else None,
    )


def _read_frames(
    path: Path,
    *,
    rate: Fraction,
    seconds: Fraction | None,
    size: tuple[int, int],
    cut_off: bool,
    torn: Fraction | None,
) -> Generator[ImageU8, None, None]:
    """seconds, torn: as for `at_constant_rate` and `_until`."""
    count = 0
    damage = Damage()
    try:
        with open_media(path) as container:
            stream = picture_stream(container, path)
            # Threads that each decode a frame lose the last one before a long hold.
            stream.thread_type = "SLICE"
            colours = FrameColours(stream)
            packets = packets_of(container, stream, damage=damage)
            timed = _until(timed_frames(stream, packets, damage), torn)
            held: tuple[VideoFrame, ImageU8] | None = None
            for frame in at_constant_rate(timed, rate, seconds=seconds):
                if held is None or frame is not held[0]:
                    held = frame, _upright(frame, stream, colours, size=size)
                yield held[1]
                count += 1
    finally:
        if damage.count:
            logger.warning(
                "%s: %d damaged pictures were left out; the ones before them stand longer",
                path,
                damage.count,
            )
        if damage.shown:
            logger.warning("%s: %d pictures are shown damaged", path, damage.shown)
    if cut_off:
        raise InputError(
            f"{path} breaks off after frame {count - 1}: the file is incomplete; copy or download "
            "it again"
        )


def _until(
    timed: Iterator[tuple[Fraction | None, VideoFrame]], torn: Fraction | None
) -> Iterator[tuple[Fraction | None, VideoFrame]]:
    """Pictures before the one in which a file breaks off: those behind it build on it."""
    for time, frame in timed:
        if torn is None or time is None or time < torn:
            yield time, frame


def _first_frame(
    stream: VideoStream, packets: Iterator[Packet[Stream]], path: Path
) -> tuple[Fraction | None, ImageU8]:
    """The first picture that can be decoded, and its time in seconds."""
    damage = Damage()
    for time, frame in timed_frames(stream, packets, damage):
        return time, _upright(frame, stream, FrameColours(stream), size=None)
    if damage.count:
        raise InputError(
            f"{path}: none of its pictures can be decoded; convert the clip to MP4 (H.264)"
        )
    raise InputError(f"{path} holds no frames; copy or download it again")


def _upright(
    frame: VideoFrame, stream: VideoStream, colours: FrameColours, *, size: tuple[int, int] | None
) -> ImageU8:
    """Decoded frame -> [H, W, 3] uint8 RGB, upright, square pixels; `size` = (width, height)."""
    quarter_turns, is_mirrored = _turned(frame)
    if size is None:
        aspect = stream.sample_aspect_ratio or Fraction(1)
        width, height = round(frame.width * aspect), frame.height
    else:
        # A stream may change its size midway: every frame takes that of the first.
        width, height = size if quarter_turns % 2 == 0 else size[::-1]
    pixels = colours.rgb(frame, width=width, height=height)
    if is_mirrored:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns))


def _turned(frame: VideoFrame) -> tuple[int, bool]:
    """Quarter turns to the left, after a mirroring from left to right, that set a picture upright.

    Front cameras and editors mirror; FFmpeg tells the rotation alone, and takes a mirroring for
    half a turn.
    """
    held = frame.side_data.get(Type.DISPLAYMATRIX.name)
    if held is None:
        return 0, False
    # x' = ax + cy, y' = bx + dy, in parts of 65536; y goes down.
    a, b, _, c, d = np.frombuffer(held, np.int32)[:5].tolist()
    is_mirrored = a * d - b * c < 0
    if is_mirrored:
        a, b = -a, -b
    return round(math.degrees(math.atan2(-b, a)) / 90) % 4, is_mirrored
