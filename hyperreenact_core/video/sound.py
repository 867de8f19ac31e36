"""The sound of the driving clip, carried over into the output while its frames are written."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.codec import Codec
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from ..errors import InputError
from .heard import decoded_sound, without_gaps
from .media import Damage, media_input, packets_of, sound_stream
from .sources import AudioSource

logger = logging.getLogger(__name__)

COPIED_INTO_MP4 = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
"""Codecs that players expect in MP4 and MOV; these packets are copied, others become AAC."""

COPIED_INTO_WEBM = frozenset({"opus", "vorbis"})

COPIED_INTO_MKV = COPIED_INTO_MP4 | frozenset({"opus", "vorbis", "flac", "dts", "mp2"})

_PRIMING, _PRIMING_PACKETS = Fraction(1, 10), 3
"""Encoders put a few packets before the first audible sample, which must be kept: so many
seconds, or packets where they are long."""

_ROUNDING = Fraction(1, 500)
"""Matroska's times are whole milliseconds."""

_RATE = 48_000
_BIT_RATE = 192_000


class AudioTrack:
    """Feeds sound into a container in step with the picture, holding one packet at a time.

    Must be made before the container's first packet is written, and closed before it. Damaged
    sound is silent where it is encoded anew; a warning counts it.
    """

    def __init__(
        self,
        source: AudioSource,
        output: OutputContainer,
        *,
        copied: frozenset[str],
        encoder: str = "aac",
    ) -> None:
        """copied: codecs whose packets are copied; encoder: for the others."""
        self._source = source
        self._output = output
        self._damage = Damage()
        self._input = _open(source.path)
        stream = sound_stream(self._input)
        if stream is None:
            self._input.close()
            raise InputError(f"{source.path} has no sound to carry over")
        if stream.codec_context.codec.canonical_name in copied:
            self._packets = self._copied(stream, output.add_stream_from_template(stream))
        else:
            rates = Codec(encoder, "w").audio_rates or []
            rate = stream.rate if stream.rate in rates else _RATE
            target = cast(AudioStream, output.add_stream(encoder, rate=rate, bit_rate=_BIT_RATE))
            target.layout = "mono" if stream.channels == 1 else "stereo"
            self._packets = self._encoded(stream, target)
        self._next = self._fetch()

    def advance(self, until: Fraction) -> None:
        """Write all packets that end by `until`, seconds from the first frame."""
        while self._next is not None and self._next.ends <= until + _ROUNDING:
            self._output.mux(self._next.packet)
            self._next = self._fetch()

    def close(self) -> None:
        self._packets.close()
        self._input.close()
        if self._damage.count:
            logger.warning(
                "%s: %d damaged pieces of its sound are silent",
                self._source.path,
                self._damage.count,
            )

    def _fetch(self) -> _TimedPacket | None:
        try:
            return next(self._packets, None)
        except av.FFmpegError as error:
            logger.warning(
                "%s: its sound cannot be read to the end (%s)", self._source.path, error.strerror
            )
            return None

    def _copied(
        self, stream: AudioStream, target: AudioStream
    ) -> Generator[_TimedPacket, None, None]:
        last: int | None = None
        # MP4 can say that the last packet is cut short, in Matroska it would be heard whole.
        samples = stream.codec_context.frame_size if self._output.format.name == "matroska" else 0
        whole = Fraction(samples, stream.rate or 1)
        for packet in packets_of(self._input, stream, damage=self._damage):
            time_base = packet.time_base
            if packet.pts is None or packet.dts is None:
                continue  # the empty packet at the end
            shift = round(self._source.offset / time_base)
            packet.pts -= shift
            packet.dts -= shift
            begins = packet.pts * time_base
            length = max((packet.duration or 0) * time_base, whole)
            # Joined recordings may overlap by a packet, which no container takes.
            is_behind = last is None or packet.dts > last
            if begins >= -max(_PRIMING, _PRIMING_PACKETS * length) and is_behind:
                last = packet.dts
                packet.stream = target
                yield _TimedPacket(begins + length, cast("Packet[AudioStream]", packet))

    def _encoded(
        self, stream: AudioStream, target: AudioStream
    ) -> Generator[_TimedPacket, None, None]:
        heard = decoded_sound(self._input, stream, self._damage)
        for frame in chain(without_gaps(heard, begin=self._source.offset), [None]):
            for packet in target.encode(frame):
                ends = Fraction((packet.pts or 0) + (packet.duration or 0)) * packet.time_base
                yield _TimedPacket(ends, packet)


def _open(path: Path) -> InputContainer:
    try:
        return av.open(media_input(path), "r", container_options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path}: its sound cannot be read ({error.strerror})") from error


@dataclass(frozen=True)
class _TimedPacket:
    """ends: seconds from the first frame of the picture."""

    ends: Fraction
    packet: Packet[AudioStream]
