"""What the packets of a clip tell of its pictures, without decoding them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from .decoding import IN_DECODING_ORDER, RAW_STREAMS
from .rates import Timing, timing_of
from .wholeness import is_cut_off


@dataclass(frozen=True)
class Listing:
    """The pictures of a file.

    ticks: their times, ascending, of `tick` seconds each; empty where there are none. end: of the
    last picture in seconds, None where the file does not say. count: pictures in the file.
    cut_off: whether there were more. torn: time of the picture in which it breaks off, which is
    not among `ticks`. late: whether times are those of decoding, not of showing.
    """

    ticks: NDArray[np.int64]
    tick: Fraction
    end: Fraction | None
    count: int
    cut_off: bool
    torn: Fraction | None
    late: bool

    def begins(self, first: Fraction | None) -> Fraction:
        """Time of the first picture that could be decoded, whose frame bears time `first`."""
        # Where a picture bears the time of its decoding, the first one bears a later one.
        if len(self.ticks) and (self.late or first is None):
            return int(self.ticks[0]) * self.tick
        return first or Fraction(0)

    def timing(self, begins: Fraction, named: list[Fraction]) -> Timing:
        """Timing from `begins` on; `named` are the rates that the file names."""
        ticks = self.ticks[self.ticks >= round(begins / self.tick)]
        timing = timing_of(ticks, self.tick, end=self.end, named=named)
        return timing if len(ticks) else replace(timing, frame_count=self.count)


class PacketNotes:
    """Takes down the times of a stream's packets while they pass by."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._container = stream.container.format.name
        self._late = self._container in IN_DECODING_ORDER
        self._ticks = array("q")
        self._count = self._length = 0

    def noting(self, packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
        """The packets, unchanged."""
        for packet in packets:
            if packet.size > 0 and not packet.is_discard:
                self._note(packet)
            yield packet

    def _note(self, packet: Packet[Stream]) -> None:
        self._count += 1
        stamp = packet.dts if self._late else packet.pts
        if stamp is not None and self._container not in RAW_STREAMS:
            self._ticks.append(stamp)
            # That of the last packet is the last picture's, also where pictures change places.
            self._length = packet.duration or 0

    def listing(self, path: Path) -> Listing:
        """What was noted of all packets of a file."""
        tick = self._stream.time_base or Fraction(1)
        ticks = np.array(self._ticks if len(self._ticks) == self._count else [], np.int64)
        torn = end = None
        cut_off = is_cut_off(path)
        if cut_off and len(ticks):
            torn = int(ticks[-1]) * tick
            ticks = ticks[ticks < ticks[-1]]
        ticks.sort()
        if not cut_off and len(ticks):
            end = self._end(ticks, tick)
        return Listing(ticks, tick, end, self._count, cut_off, torn, self._late)

    def _end(self, ticks: NDArray[np.int64], tick: Fraction) -> Fraction | None:
        ends = [_stated_end(self._stream)]
        if self._length:
            # Where the header does not say, FFmpeg guesses how long a picture stands.
            before = int(ticks[-1] - ticks[-2]) if len(ticks) > 1 else self._length
            is_known = self._container.startswith("mov")
            stands = self._length if is_known else min(self._length, before)
            ends.append((int(ticks[-1]) + stands) * tick)
        return max((known for known in ends if known is not None), default=None)


def _stated_end(stream: VideoStream) -> Fraction | None:
    """When the last picture ends, where the header knows: it may stand long."""
    container = cast(InputContainer, stream.container)
    name = container.format.name
    if name.startswith(("avi", "mov")) and stream.duration and stream.time_base:
        return ((stream.start_time or 0) + stream.duration) * stream.time_base
    if name.startswith("matroska") and "DURATION" in stream.metadata:
        return _clock(stream.metadata["DURATION"])
    is_alone = len(container.streams) == 1
    if name.startswith(("matroska", "flv")) and is_alone and container.duration:
        return Fraction(container.duration, av.time_base)
    return None


def _clock(text: str) -> Fraction | None:
    """Seconds of "00:00:09.000000000"; None where it is no such text."""
    try:
        hours, minutes, seconds = text.strip().split(":")
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    except ValueError:
        return None
