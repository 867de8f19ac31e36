"""Small test clips, made with PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

NTSC = Fraction(30000, 1001)


def grey_level(index: int) -> int:
    """Frame `index` of a test clip is this grey on its left half, red on its right."""
    return 20 + (index * 7) % 200


def picture(index: int = 0, *, width: int = 64, height: int = 48) -> np.ndarray:
    frame = np.full((height, width, 3), grey_level(index), np.uint8)
    frame[:, width // 2 :] = (200, 30, 60)
    return frame


def make_clip(
    path: Path,
    *,
    frames: int = 30,
    rate: Fraction = NTSC,
    audio_codec: str | None = None,
    times_ms: list[int] | None = None,
    fast_start: bool = False,
) -> Path:
    container = av.open(str(path), "w", options={"movflags": "+faststart"} if fast_start else {})
    stream = container.add_stream("libx264", rate=rate, options={"crf": "10"})
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    sound = container.add_stream(audio_codec, rate=48000) if audio_codec else None
    time_base = Fraction(1, 1000) if times_ms else 1 / rate
    stream.codec_context.time_base = time_base
    for index in range(frames):
        frame = av.VideoFrame.from_ndarray(picture(index), "rgb24").reformat(format="yuv420p")
        frame.pts = times_ms[index] if times_ms else index
        frame.time_base = time_base
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    if sound is not None:
        for block in range(int(frames / rate * 48000 / 1024)):
            seconds = (np.arange(1024) + block * 1024) / 48000
            tone = (0.3 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), "fltp", "stereo")
            frame.rate, frame.pts = 48000, block * 1024
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    container.close()
    return path


def encode(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction = Fraction(25),
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    tags: dict[str, int] | None = None,
    metadata: dict[str, str] | None = None,
    last: int = 1,
    **conversion: int,
) -> Path:
    """Frames as a clip; `times` in steps of 1 / rate, the last picture stands `last` of them.

    Frames are uint8 RGB or RGBA, or uint16 RGB. tags: colour tags of the stream. conversion:
    arguments of `VideoFrame.reformat`.
    """
    kinds = {(3, 1): "rgb24", (4, 1): "rgba", (3, 2): "rgb48le"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.metadata.update(metadata or {})
        shown = 0
        for index, pixels in enumerate(frames):
            channels = pixels.shape[2]
            if index == 0:
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = pix_fmt
                for name, value in (tags or {}).items():
                    setattr(stream.codec_context, name, value)
            frame = av.VideoFrame.from_ndarray(pixels, kinds[channels, pixels.itemsize])
            if frame.format.name != pix_fmt:
                frame = frame.reformat(format=pix_fmt, **conversion)
            shown = times[index] if times else index
            frame.pts, frame.time_base = shown, 1 / rate
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            if packet.pts is not None and packet.pts * packet.time_base == shown / rate:
                packet.duration = round(last / rate / packet.time_base)
            container.mux(packet)
    return path


def runs(frames: Iterable[np.ndarray]) -> list[int]:
    """How many slots each picture of a test clip stands."""
    standing: list[int] = []
    before = -100
    for frame in frames:
        level = int(frame[5, 5].mean())
        if abs(level - before) > 2:
            standing.append(0)
        standing[-1] += 1
        before = level
    return standing


def damage(path: Path, packet: int) -> None:
    """Overwrite a packet of the first stream with zeros."""
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(container.streams[0]) if p.size]
    at, size = places[packet]
    data = bytearray(path.read_bytes())
    data[at : at + size] = bytes(size)
    path.write_bytes(data)


def turn(path: Path, *, degrees_clockwise: int, mirrored: bool = False) -> None:
    """Write a rotation into the track header of an MP4, as phones do; before it a mirroring."""
    one = 1 << 16
    turns = {0: (one, 0), 90: (0, one), 180: (-one, 0), 270: (0, -one)}
    a, b = turns[degrees_clockwise]
    side = -1 if mirrored else 1
    matrix = [side * a, side * b, 0, -b, a, 0, 0, 0, 1 << 30]
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8  # version and flags, times and ids, layers
    packed = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(data[:at] + packed + data[at + 36 :])
