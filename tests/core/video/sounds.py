"""Pictures and sounds that the writers are given in tests."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from hyperreenact_core.video.sources import AudioSource

NTSC = Fraction(30000, 1001)
SAMPLE_RATE = 48000


def picture(index: int = 0, *, width: int = 64, height: int = 48) -> np.ndarray:
    """A smooth gradient that changes from frame to frame."""
    y, x = np.mgrid[:height, :width]
    red = (x * 3 + index * 5) % 256
    return np.stack([red, y * 4 % 256, np.full_like(x, 90)], axis=-1).astype(np.uint8)


def pictures(count: int) -> Iterator[np.ndarray]:
    return (picture(index) for index in range(count))


def make_sound(path: Path, *, seconds: float, codec: str) -> AudioSource:
    """A tone that is silent but for a click every half second."""
    container = av.open(str(path), "w")
    stream = container.add_stream(codec, rate=SAMPLE_RATE)
    samples = np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32)
    for click in range(0, samples.shape[1], SAMPLE_RATE // 2):
        samples[:, click : click + 480] = 0.8
    for begin in range(0, samples.shape[1], 1024):
        block = np.ascontiguousarray(samples[:, begin : begin + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.rate, frame.pts = SAMPLE_RATE, begin
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()
    return AudioSource(path)


def decoded_sound(path: Path) -> tuple[np.ndarray, str, float]:
    """Samples placed by their time stamps relative to the first picture, codec, seconds."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        samples = np.zeros(SAMPLE_RATE * 60, np.float32)
        end = 0
        for frame in container.decode(stream):
            block = frame.to_ndarray().astype(np.float32)
            block = block[0] if frame.format.is_planar else block[0, ::2]
            at = round((frame.time - first) * SAMPLE_RATE)
            block = block[max(0, -at) :]
            samples[max(at, 0) : max(at, 0) + len(block)] = block
            end = max(at, 0) + len(block)
        return samples[:end], stream.codec_context.codec.canonical_name, end / SAMPLE_RATE
