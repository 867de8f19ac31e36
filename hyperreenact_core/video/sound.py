"""The sound of the driving clip, carried over into the output while its frames are written."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec import Codec
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from ..errors import InputError
from .sources import AudioSource

COPIED_INTO_MP4 = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
"""Codecs that players expect in MP4 and MOV; these packets are copied, others become AAC."""

COPIED_INTO_MKV = COPIED_INTO_MP4 | frozenset({"opus", "vorbis", "flac", "dts", "mp2"})

_PRIMING = Fraction(1, 10)
"""Encoders put a few packets before the first audible sample, seconds. They must be kept."""

_AAC_RATE = 48_000
_AAC_BIT_RATE = 192_000


class AudioTrack:
    """Feeds sound into a container in step with the picture, holding one packet at a time.

    Must be made before the container's first packet is written, and closed before it.
    """

    def __init__(
        self, source: AudioSource, output: OutputContainer, *, copied: frozenset[str]
    ) -> None:
        self._source = source
        self._output = output
        self._input = _open(source.path)
        stream = next(iter(self._input.streams.audio), None)
        if stream is None:
            self._input.close()
            raise InputError(f"{source.path} has no sound to carry over")
        if stream.codec_context.codec.canonical_name in copied:
            self._packets = self._copied(stream, output.add_stream_from_template(stream))
        else:
            rates = Codec("aac", "w").audio_rates or []
            rate = stream.rate if stream.rate in rates else _AAC_RATE
            encoder = output.add_stream("aac", rate=rate, bit_rate=_AAC_BIT_RATE)
            encoder.layout = "mono" if stream.channels == 1 else "stereo"
            self._packets = self._encoded(stream, encoder)
        self._next = self._fetch()

    def advance(self, until: Fraction) -> None:
        """Write all packets that begin before `until`, seconds from the first frame."""
        while self._next is not None and self._next.begins < until:
            self._output.mux(self._next.packet)
            self._next = self._fetch()

    def close(self) -> None:
        self._packets.close()
        self._input.close()

    def _fetch(self) -> _TimedPacket | None:
        try:
            return next(self._packets, None)
        except av.FFmpegError:
            # Sound that cannot be read on ends here; the picture goes on.
            return None

    def _copied(
        self, stream: AudioStream, target: AudioStream
    ) -> Generator[_TimedPacket, None, None]:
        for packet in self._input.demux(stream):
            time_base = packet.time_base
            if packet.pts is None or packet.dts is None:
                continue  # the empty packet at the end
            shift = round(self._source.offset / time_base)
            packet.pts -= shift
            packet.dts -= shift
            begins = packet.pts * time_base
            if begins >= -_PRIMING:
                packet.stream = target
                yield _TimedPacket(begins, packet)

    def _encoded(
        self, stream: AudioStream, target: AudioStream
    ) -> Generator[_TimedPacket, None, None]:
        for frame in self._audible(stream):
            for packet in target.encode(frame):
                begins = Fraction(packet.pts or 0) * (packet.time_base or 0)
                yield _TimedPacket(begins, packet)

    def _audible(self, stream: AudioStream) -> Iterator[AudioFrame | None]:
        """Decoded sound from the first frame of the picture on, then None: the encoder's end."""
        for frame in self._input.decode(stream):
            if frame.pts is not None and frame.time_base is not None:
                frame.pts -= round(self._source.offset / frame.time_base)
                length = Fraction(frame.samples, frame.sample_rate)
                if frame.pts * frame.time_base + length <= 0:
                    continue
            yield frame
        yield None


def _open(path: Path) -> InputContainer:
    try:
        return av.open(str(path), container_options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path}: its sound cannot be read ({error.strerror})") from error


@dataclass(frozen=True)
class _TimedPacket:
    """begins: seconds from the first frame of the picture."""

    begins: Fraction
    packet: Packet[AudioStream]
