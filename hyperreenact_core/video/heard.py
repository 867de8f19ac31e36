"""Decoded sound without gaps: what is damaged or missing is silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from .media import Damage, packets_of

_JITTER = Fraction(1, 100)
"""Seconds by which sound may be off without being moved: time stamps are rounded."""


def decoded_sound(
    container: InputContainer, stream: AudioStream, damage: Damage
) -> Iterator[AudioFrame]:
    """Frames of a sound; what cannot be decoded is left out and counted."""
    for packet in packets_of(container, stream, damage=damage):
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            damage.count += 1
            continue
        yield from frames


def without_gaps(frames: Iterable[AudioFrame], *, begin: Fraction) -> Iterator[AudioFrame]:
    """The sound from second `begin` on, time stamps counted from there in samples.

    Gaps are filled with silence, a second at most in one frame; what overlaps is cut.
    """
    heard = 0
    for frame in frames:
        rate = frame.sample_rate
        place = heard
        if frame.pts is not None and frame.time_base is not None:
            place = round((frame.pts * frame.time_base - begin) * rate)
        if abs(place - heard) <= _JITTER * rate:
            place = heard
        while place > heard:
            silence = _silence(frame, min(place - heard, rate))
            yield _placed(silence, heard, rate)
            heard += silence.samples
        if place < heard:
            if place + frame.samples <= heard:
                continue
            frame = _cut(frame, heard - place)
        yield _placed(frame, heard, rate)
        heard += frame.samples


def _placed(frame: AudioFrame, place: int, rate: int) -> AudioFrame:
    frame.sample_rate, frame.pts, frame.time_base = rate, place, Fraction(1, rate)
    return frame


def _silence(like: AudioFrame, samples: int) -> AudioFrame:
    sample = like.to_ndarray()
    channels = sample.shape[0] if like.format.is_planar else sample.shape[1] // like.samples
    shape = (channels, samples) if like.format.is_planar else (1, channels * samples)
    middle = 128 if sample.dtype == np.uint8 else 0
    return _framed(np.full(shape, middle, sample.dtype), like)


def _cut(frame: AudioFrame, samples: int) -> AudioFrame:
    """Without its first samples."""
    sound = frame.to_ndarray()
    channels = 1 if frame.format.is_planar else sound.shape[1] // frame.samples
    return _framed(np.ascontiguousarray(sound[:, samples * channels :]), frame)


def _framed(sound: np.ndarray, like: AudioFrame) -> AudioFrame:
    return AudioFrame.from_ndarray(sound, like.format.name, like.layout.name)
