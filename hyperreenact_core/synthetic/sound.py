"""The voice of a performance: a soft hum shaped by the same jaw that the picture shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .motion import Performance

_HARMONICS = 20
_PEAK = 0.45
VOICE_STREAM = 0x50
"""Keeps the random numbers of voices apart from those of other uses of the same seed."""


def voice_track(seed: int, *, seconds: float, sample_rate: int = 44_100) -> NDArray[np.float32]:
    """[samples] mono in (-0.5, 0.5): babble that opens and closes with Performance(seed).jaw."""
    performance = Performance(seed)
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    jaw = performance.jaw(t)
    rng = np.random.default_rng([VOICE_STREAM, seed])
    base = rng.uniform(105, 205)
    melody = 0.08 * np.sin(2 * np.pi * 0.37 * t + rng.uniform(0, 6))
    vibrato = 0.02 * np.sin(2 * np.pi * 5 * t)
    pitch = base * (1 + melody + vibrato + 0.10 * jaw)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate

    # Two formants that rise as the mouth opens, as from "m" to "a".
    first, second = 280 + 520 * jaw, 900 + 500 * jaw
    voice = np.zeros_like(t)
    for harmonic in range(1, _HARMONICS + 1):
        frequency = harmonic * pitch
        resonance = np.exp(-(((frequency - first) / 220) ** 2))
        resonance += 0.45 * np.exp(-(((frequency - second) / 320) ** 2))
        voice += (0.10 + resonance) / harmonic**0.6 * np.sin(harmonic * phase)
    breath = 0.02 * rng.standard_normal(len(t))
    loudness = 0.03 + 0.55 * np.sqrt(jaw)
    fade = np.minimum(1.0, np.minimum(t, t[::-1]) / 0.05)
    return (_PEAK * np.tanh((voice + breath) * loudness * 0.8) * fade).astype(np.float32)
