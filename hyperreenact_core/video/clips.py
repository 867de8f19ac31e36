"""Video files as frames, through PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..errors import InputError
from ..imaging import ImageU8
from .sources import AudioSource, FrameSource, check_size
from .timing import at_constant_rate

DEFAULT_RATE = Fraction(25)

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,ivf,h264,hevc,"
    "yuv4mpegpipe,mxf,nut,dv,rm,wtv,mp3,wav,flac,aac"
)
"""Playlists and scripts are left out: they would make the reader open other files and hosts.
Sound formats are in, so that the message can say that there is no picture."""

_EXACT_DURATION = ("mov", "matroska")
"""Containers whose header states the duration, so that a file cut off can be told."""

_WITHOUT_TIME_STAMPS = ("avi", "h264", "hevc", "mpegvideo")
"""Containers of constant rate, for which FFmpeg can only guess the time of a frame."""

_RATE_TOLERANCE = Fraction(1, 2000)
_CUT_OFF_SECONDS = 0.25


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading; InputError where nothing can be made of it."""
    try:
        container = av.open(
            str(path),
            container_options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"},
        )
    except (av.FFmpegError, OSError) as error:
        raise InputError(
            f"{path} cannot be read: it is neither a picture nor a video, or it is damaged or cut "
            f"off ({error.strerror or 'unknown format'}); save or download it again"
        ) from error
    with container:
        yield container


def open_clip(path: Path) -> FrameSource:
    """A video file as frames.

    Frames come upright (the rotation in the file is applied) and with square pixels. Where the
    time stamps are uneven, `rate` is the average and frames are repeated or dropped as needed,
    so that no frame is more than two frames away from its time.
    """
    with open_media(path) as container:
        stream = _picture_stream(container, path)
        rate = _frame_rate(stream)
        first = _first_frame(container, stream, path)
        width, height = first.shape[1], first.shape[0]
        check_size(width, height, name=str(path))
        offset = Fraction(stream.start_time or 0) * (stream.time_base or 0)
        has_sound = any(_has_decoder(s) for s in container.streams.audio[:1])
        frame_count = stream.frames or None
        if frame_count is None and container.duration:
            end = Fraction(container.duration + (container.start_time or 0), av.time_base)
            frame_count = round((end - offset) * rate)
    return FrameSource(
        path=path,
        rate=rate,
        frame_count=frame_count,
        width=width,
        height=height,
        read_frames=lambda: _read_frames(path, rate=rate, size=(width, height)),
        name_frame=lambda index: f"{path.name}, frame {index}",
        audio=AudioSource(path, offset=offset) if has_sound else None,
    )


def _read_frames(path: Path, *, rate: Fraction, size: tuple[int, int]) -> Iterator[ImageU8]:
    with open_media(path) as container:
        stream = _picture_stream(container, path)
        stream.thread_type = "AUTO"
        for frame in at_constant_rate(_timed_frames(container, stream, path), rate):
            yield _rgb(frame, stream, size=size)


def _timed_frames(
    container: InputContainer, stream: VideoStream, path: Path
) -> Iterator[tuple[Fraction | None, VideoFrame]]:
    """Decoded frames with their seconds; InputError where the file breaks off."""
    count = 0
    read_until = Fraction(0)
    has_times = container.format.name not in _WITHOUT_TIME_STAMPS
    try:
        # The sound is read along, for its time stamps tell how far the file reaches.
        for packet in container.demux(stream, *container.streams.audio):
            if packet.pts is not None:
                end = Fraction(packet.pts + (packet.duration or 0)) * packet.time_base
                read_until = max(read_until, end)
            if packet.stream.index != stream.index:
                continue
            for frame in stream.decode(packet):
                yield (_seconds(frame) if has_times else None), frame
                count += 1
    except av.FFmpegError as error:
        raise InputError(
            f"{path} breaks off after frame {count - 1}: the file is damaged there "
            f"({error.strerror}); copy or download it again"
        ) from error
    if _is_cut_off(container, read_until):
        raise InputError(
            f"{path} breaks off after frame {count - 1}: the file is incomplete; copy or download "
            "it again"
        )


def _seconds(frame: VideoFrame) -> Fraction | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return frame.pts * frame.time_base


def _is_cut_off(container: InputContainer, read_until: Fraction) -> bool:
    """Whether the data ended before the duration that the header states."""
    if not container.duration or not container.format.name.startswith(_EXACT_DURATION):
        return False
    stated = Fraction(container.duration + (container.start_time or 0), av.time_base)
    return stated - read_until > _CUT_OFF_SECONDS


def _picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first video stream that is not a cover picture."""
    for stream in container.streams.video:
        is_cover = bool(stream.disposition & Disposition.attached_pic)
        if _has_decoder(stream) and not is_cover:
            return stream
    if container.streams.audio:
        raise InputError(f"{path} has sound but no picture; use a video or a picture")
    raise InputError(f"{path} holds no video that can be decoded; convert it to MP4 (H.264)")


def _has_decoder(stream: VideoStream | AudioStream) -> bool:
    # PyAV's stubs promise a codec context, but a codec FFmpeg was built without has none.
    return getattr(stream, "codec_context", None) is not None


def _frame_rate(stream: VideoStream) -> Fraction:
    """Frames a second: the nominal rate where the average agrees with it, else the average."""
    average, base = stream.average_rate, stream.base_rate
    if average and base and abs(average - base) <= base * _RATE_TOLERANCE:
        return base
    rate = average or stream.guessed_rate or base or DEFAULT_RATE
    return rate.limit_denominator(1001)


def _first_frame(container: InputContainer, stream: VideoStream, path: Path) -> ImageU8:
    try:
        for frame in container.decode(stream):
            return _rgb(frame, stream, size=None)
    except av.FFmpegError as error:
        raise InputError(
            f"{path}: the first frame cannot be decoded ({error.strerror}); convert the clip to "
            "MP4 (H.264)"
        ) from error
    raise InputError(f"{path} holds no frames; copy or download it again")


def _rgb(frame: VideoFrame, stream: VideoStream, *, size: tuple[int, int] | None) -> ImageU8:
    """Decoded frame -> [H, W, 3] uint8 RGB, upright, square pixels; `size` = (width, height)."""
    quarter_turns = round(frame.rotation / 90) % 4
    if size is None:
        aspect = stream.sample_aspect_ratio or Fraction(1)
        width, height = round(frame.width * aspect), frame.height
    else:
        # A stream may change its size midway: every frame takes that of the first.
        width, height = size if quarter_turns % 2 == 0 else size[::-1]
    # Older PyAVs leave the matrix of the clip out unless a destination is named.
    pixels = cast(
        ImageU8,
        frame.to_ndarray(format="rgb24", width=width, height=height, dst_colorspace="DEFAULT"),
    )
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns)) if quarter_turns else pixels
