"""A picture, clips and a tiny set for tests of `hyperreenact reenact`."""

from __future__ import annotations

import wave
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from hyperreenact_core.cli.main import main
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import AudioSource
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import frames

RATE = Fraction(30000, 1001)
PATTERN = ".fff.f"


@dataclass(frozen=True)
class Files:
    """A model folder, a source picture and a driving clip with sound."""

    models: Path
    source: Path
    clip: Path


def write_clip(path: Path, pattern: str, *, audio: AudioSource | None = None) -> None:
    with VideoWriter(path, width=64, height=64, rate=RATE, audio=audio, crf=5) as writer:
        for frame in frames(pattern):
            writer.write(frame)


def write_tone(path: Path, *, seconds: float) -> None:
    samples = np.sin(np.arange(int(48000 * seconds)) * 0.06) * 12000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(samples.astype("<i2").tobytes())


def reenact(files: Files, out: Path, *options: str, **other: Path) -> int:
    """Run the command; source=, driving= and models= replace the usual files.

    Without detail: random networks draw nothing that could guide it.
    """
    return main(
        [
            "reenact",
            str(other.get("source", files.source)),
            str(other.get("driving", files.clip)),
            "-o",
            str(out),
            "--model-set",
            "tiny",
            "--model-path",
            str(other.get("models", files.models)),
            "--detail",
            "0",
            "--device",
            "cpu",
            *options,
        ]
    )


def read_all(path: Path) -> list[np.ndarray]:
    with closing(iter(open_frames(path))) as pictures:
        return list(pictures)


def sound_seconds(path: Path) -> float | None:
    """Length of a file's sound; None if it is silent."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
