"""Media files through PyAV: opened safely, their streams chosen, damage passed over."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ..errors import InputError
from .flv import joined_flv
from .seams import JOINABLE, continuous

_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,ivf,h264,hevc,"
    "yuv4mpegpipe,mxf,nut,dv,rm,wtv,mp3,wav,flac,aac"
)
"""Playlists and scripts are left out: they would make the reader open other files and hosts.
Sound formats are in, so that the message can say that there is no picture."""

_MAX_READ_ERRORS = 100
"""After so many without a packet in between the rest of a file is given up."""

_FOR_FEW = (
    Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.comment
    | Disposition.karaoke
)


def media_name(path: Path) -> str:
    """The name under which FFmpeg finds a file: without "file:", "12:30.mp4" is a protocol."""
    return f"file:{path}"


def media_input(path: Path) -> str | io.RawIOBase:
    """What FFmpeg is to read for a file; OSError where it cannot be opened."""
    return joined_flv(path) or media_name(path)


class Damage:
    """Counts the pictures or pieces of sound that could not be decoded, and those shown damaged."""

    def __init__(self) -> None:
        self.count = self.shown = 0


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading; InputError where nothing can be made of it."""
    try:
        container = av.open(
            media_input(path),
            "r",
            container_options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"},
        )
    except (av.FFmpegError, OSError) as error:
        raise InputError(
            f"{path} cannot be read: it is neither a picture nor a video, or it is damaged or cut "
            f"off ({error.strerror or 'unknown format'}); save or download it again"
        ) from error
    with container:
        yield container


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The video stream to be shown, no cover picture; InputError where there is none."""
    streams = [
        stream
        for stream in container.streams.video
        if _has_decoder(stream) and not stream.disposition & Disposition.attached_pic
    ]
    if streams:
        return max(streams, key=_preference)
    if container.streams.audio:
        raise InputError(f"{path} has sound but no picture; use a video or a picture")
    raise InputError(f"{path} holds no video that can be decoded; convert it to MP4 (H.264)")


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The sound that players choose: what is marked as default, else the first for everyone."""
    streams = [stream for stream in container.streams.audio if _has_decoder(stream)]
    return max(streams, key=_preference, default=None)


def packets_of(
    container: InputContainer, stream: Stream, *, damage: Damage | None = None
) -> Iterator[Packet[Stream]]:
    """The packets of a stream, the empty one at the end too; unreadable ones are passed over."""
    if container.format.name not in JOINABLE:
        yield from _readable(container, [stream], damage)
        return
    # Where time stamps begin anew can be told from picture and sound together only.
    both = [*container.streams.video, *container.streams.audio]
    for packet in continuous(_readable(container, both, damage)):
        # The empty packet at the end bears no number of its own.
        if packet.stream.index == stream.index:
            yield packet


def _readable(
    container: InputContainer, streams: Sequence[Stream], damage: Damage | None
) -> Iterator[Packet[Stream]]:
    errors = 0
    while errors <= _MAX_READ_ERRORS:
        try:
            for packet in container.demux(*streams):
                errors = 0
                yield packet
        except av.FFmpegError:
            errors += 1
            if damage is not None and errors == 1:
                damage.count += 1
        else:
            return


def _has_decoder(stream: Stream) -> bool:
    # PyAV's stubs promise a codec context, but a codec FFmpeg was built without has none.
    return getattr(stream, "codec_context", None) is not None


def _preference(stream: Stream) -> tuple[bool, bool]:
    """Greater is better; of equals `max` takes the first."""
    disposition = stream.disposition
    return bool(disposition & Disposition.default), not disposition & _FOR_FEW
