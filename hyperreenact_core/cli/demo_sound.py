"""The sound of several clips, one after the other, for the demo's video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ..video.sources import AudioSource, FrameSource
from .wave_file import SAMPLE_RATE, write_wave


def join_sound(clips: Sequence[FrameSource], path: Path) -> Path:
    """Write the clips' sound as a WAV file (mono, 16 bit) and return its path.

    Each clip takes the time of its frames: sound beyond it is cut, what lacks is silence.
    """
    write_wave(path, map(_track, clips))
    return path


def _track(clip: FrameSource) -> NDArray[np.int16]:
    samples = np.zeros(round((clip.frame_count or 0) / clip.rate * SAMPLE_RATE), np.int16)
    heard = _samples(clip.audio)[: len(samples)]
    samples[: len(heard)] = heard
    return samples


def _samples(audio: AudioSource | None) -> NDArray[np.int16]:
    """A clip's sound from its first frame on; empty if it is silent."""
    if audio is None:
        return np.zeros(0, np.int16)
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(audio.path)) as container:
        blocks = [
            block.to_ndarray()[0]
            for frame in (*container.decode(audio=0), None)
            for block in resampler.resample(frame)
        ]
    return np.concatenate(blocks)[round(audio.offset * SAMPLE_RATE) :]
