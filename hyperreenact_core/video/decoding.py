"""Decoded pictures of a clip with their times: damage passed over, fields made whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import cast

import av
from av.codec import CodecContext
from av.codec.codec import UnknownCodecError
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .media import Damage

RAW_STREAMS = ("h264", "hevc", "mpegvideo")
"""Containers without time stamps, for which FFmpeg can only guess the time of a picture."""

IN_DECODING_ORDER = ("avi",)
"""Containers that know only when a packet is decoded."""

_SILENT = ("hevc",)
"""Codecs whose decoder leaves out damaged pictures without an error."""

_DOUBTFUL = 3
"""A broadcast that lost pieces has its gap so many packets behind the one that FFmpeg marks. One
before a seam is marked too, but no time is missing there."""

_SEEING_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def timed_frames(
    stream: VideoStream, packets: Iterable[Packet[Stream]], damage: Damage
) -> Iterator[tuple[Fraction | None, VideoFrame]]:
    """Pictures of a stream's packets with their seconds, None where the file does not say.

    Damaged ones are left out and counted.
    """
    fields = _Deinterlacer()
    has_times = stream.container.format.name not in RAW_STREAMS
    for frame in chain(_decoded(stream, packets, damage), [None]):
        for whole in fields.push(frame):
            yield (_seconds(whole) if has_times else None), whole


def _decoded(
    stream: VideoStream, packets: Iterable[Packet[Stream]], damage: Damage
) -> Iterator[VideoFrame]:
    in_decoding_order = stream.container.format.name in IN_DECODING_ORDER
    decoder = _decoder(stream)
    is_silent = decoder.codec.canonical_name in _SILENT
    due: set[int] = set()
    first: int | None = None
    before: Packet[Stream] | None = None
    doubtful = 0
    for packet in packets:
        if before is not None and doubtful > 0:
            damage.count += _lost_between(before, packet)
        before, doubtful = packet, _DOUBTFUL if packet.is_corrupt else doubtful - 1
        if is_silent and packet.size and packet.pts is not None and not packet.is_discard:
            due.add(packet.pts)
        try:
            # The empty packet at the end asks for what is left.
            frames = decoder.decode(packet if packet.size else None)
        except av.FFmpegError:
            damage.count += 1
            due -= {packet.pts}
            continue
        for frame in frames:
            damage.shown += frame.is_corrupt
            if is_silent and frame.pts is not None:
                due.discard(frame.pts)
                first = frame.pts if first is None else first
            if frame.time_base is None and stream.time_base is not None:
                frame.time_base = stream.time_base  # those that the end brings out bear none
            if in_decoding_order:
                frame.pts = frame.dts
            yield frame
    # What comes before the first picture builds on one that the file does not hold.
    damage.count += sum(1 for stamp in due if first is None or stamp > first)


def _lost_between(before: Packet[Stream], packet: Packet[Stream]) -> int:
    """Pictures that are missing between two packets."""
    if before.dts is None or packet.dts is None or not before.duration:
        return 0
    return max(0, round((packet.dts - before.dts) / before.duration) - 1)


def _decoder(stream: VideoStream) -> VideoCodecContext:
    """The stream's own, but for VP8 and VP9 with alpha, which only libvpx sees."""
    context = stream.codec_context
    has_alpha = any(k.lower() == "alpha_mode" and v == "1" for k, v in stream.metadata.items())
    name = _SEEING_ALPHA.get(context.codec.canonical_name)
    if not has_alpha or name is None:
        return context
    try:
        return cast(VideoCodecContext, CodecContext.create(name, "r"))
    except UnknownCodecError:
        return context


def _seconds(frame: VideoFrame) -> Fraction | None:
    if frame.pts is None or frame.time_base is None:
        return None
    return frame.pts * frame.time_base


class _Deinterlacer:
    """Gives pictures back, those of two fields made one; others are as they were.

    Nothing is done before the first picture of two fields. From there on pictures come one later.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._kind: tuple[int, int, str] | None = None

    def push(self, frame: VideoFrame | None) -> Iterator[VideoFrame]:
        """Pictures that are ready; None: all that are left."""
        if frame is not None and self._graph is None and not frame.interlaced_frame:
            yield frame
            return
        kind = None if frame is None else (frame.width, frame.height, frame.format.name)
        if self._graph is not None and kind != self._kind:
            self._graph.vpush(None)
            yield from self._ready()
            self._graph = None
        if frame is None:
            return
        if self._graph is None:
            self._graph, self._kind = _deinterlacing(frame), kind
        self._graph.vpush(frame)
        yield from self._ready()

    def _ready(self) -> Iterator[VideoFrame]:
        while self._graph is not None:
            try:
                yield self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return


def _deinterlacing(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 25),
    )
    # One picture of each two fields, so that the rate stays.
    whole = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    graph.link_nodes(source, whole, graph.add("buffersink"))
    graph.configure()
    return graph
