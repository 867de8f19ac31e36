"""The voice of a clip: a soft hum that opens and closes with the jaw in the picture."""

from __future__ import annotations

import numpy as np

from .meshes import Floats

_HARMONICS = 20
_PEAK = 0.45


def voice_track(
    jaw: Floats, *, fps: float, rng: np.random.Generator, sample_rate: int = 44_100
) -> Floats:
    """[frames] of jawOpen, 0 to 1 -> [samples] mono in (-0.5, 0.5), as long as the frames."""
    t = np.arange(round(len(jaw) / fps * sample_rate)) / sample_rate
    open_ = np.interp(t * fps - 0.5, np.arange(len(jaw)), jaw)
    # Speech opens the jaw by a third at most.
    loud = np.minimum(open_ * 2.5, 1.0)
    melody = 0.08 * np.sin(2 * np.pi * 0.37 * t + rng.uniform(0, 6))
    vibrato = 0.02 * np.sin(2 * np.pi * 5 * t)
    pitch = rng.uniform(105, 205) * (1 + melody + vibrato + 0.1 * loud)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate

    # Two formants that rise as the mouth opens, as from "m" to "a".
    first, second = 280 + 520 * loud, 900 + 500 * loud
    voice = np.zeros_like(t)
    for harmonic in range(1, _HARMONICS + 1):
        frequency = harmonic * pitch
        resonance = np.exp(-(((frequency - first) / 220) ** 2))
        resonance += 0.45 * np.exp(-(((frequency - second) / 320) ** 2))
        voice += (0.1 + resonance) / harmonic**0.6 * np.sin(harmonic * phase)
    breath = 0.02 * rng.standard_normal(len(t))
    fade = np.minimum(1.0, np.minimum(t, t[::-1]) / 0.05)
    loudness = 0.03 + 0.55 * np.sqrt(loud)
    return (_PEAK * np.tanh((voice + breath) * loudness * 0.8) * fade).astype(np.float32)
