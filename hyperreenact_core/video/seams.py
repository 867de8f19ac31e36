"""Time stamps that begin anew where recordings were joined, made to go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream

JOINABLE = ("mpegts", "mpeg", "flv", "ogg", "asf", "wtv")
"""Containers that can be joined end to end; what is in others, their headers say."""

_STEP_BACK_SECONDS = Fraction(1, 10)
_GAP_SECONDS = 10
_SYNC_SECONDS = 2
"""How far sound and picture of one recording may begin from one another."""


@dataclass
class _Track:
    """A stream. last: raw decoding time of its last packet, expected: mended one of the next, in
    seconds. part: number of the recording that it has come to.
    """

    last: Fraction
    expected: Fraction
    part: int


def continuous(packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """Packets of all streams of a file in its order, times shifted so that they only grow.

    A step back begins a new recording, as does a gap before a key frame; another gap is a picture
    that stands still. Sound and picture of a recording are shifted alike.
    """
    tracks: dict[int, _Track] = {}
    shifts = [Fraction(0)]
    for packet in packets:
        if packet.dts is None:
            yield packet
            continue
        raw = packet.dts * packet.time_base
        length = (packet.duration or 0) * packet.time_base
        track = tracks.setdefault(packet.stream_index, _Track(raw, raw, len(shifts) - 1))
        step = raw - track.last
        if step < -_STEP_BACK_SECONDS or (step > _GAP_SECONDS and packet.is_keyframe):
            track.part = _part(shifts, track.expected - raw, after=track.part)
        shift = shifts[track.part]
        track.last, track.expected = raw, raw + shift + length
        moved = round(shift / packet.time_base)
        packet.dts += moved
        if packet.pts is not None:
            packet.pts += moved
        yield packet


def _part(shifts: list[Fraction], wanted: Fraction, *, after: int) -> int:
    """The recording that another stream has come to already, or a new one."""
    for part in range(after + 1, len(shifts)):
        if abs(shifts[part] - wanted) <= _SYNC_SECONDS:
            return part
    shifts.append(wanted)
    return len(shifts) - 1
