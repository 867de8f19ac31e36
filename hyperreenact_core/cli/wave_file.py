"""Sound that was made here as a file."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 44_100


def write_wave(path: Path, blocks: Iterable[NDArray[np.int16]]) -> None:
    """Blocks of samples, one after the other -> 16 bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for block in blocks:
            file.writeframes(block.astype("<i2").tobytes())
