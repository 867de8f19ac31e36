"""The sound of several clips, one after the other, for the demo's video."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ..video.sources import AudioSource, FrameSource

RATE = 44_100
"""Samples a second of the result."""


def join_sound(clips: Sequence[FrameSource], path: Path) -> Path:
    """Write the clips' sound as a WAV file (mono, 16 bit) and return its path.

    Each clip takes the time of its frames: sound beyond it is cut, what lacks is silence.
    """
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for clip in clips:
            samples = np.zeros(round((clip.frame_count or 0) / clip.rate * RATE), np.int16)
            heard = _samples(clip.audio)[: len(samples)]
            samples[: len(heard)] = heard
            file.writeframes(samples.astype("<i2").tobytes())
    return path


def _samples(audio: AudioSource | None) -> NDArray[np.int16]:
    """A clip's sound from its first frame on; empty if it is silent."""
    if audio is None:
        return np.zeros(0, np.int16)
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(audio.path)) as container:
        blocks = [
            block.to_ndarray()[0]
            for frame in (*container.decode(audio=0), None)
            for block in resampler.resample(frame)
        ]
    return np.concatenate(blocks)[round(audio.offset * RATE) :]
