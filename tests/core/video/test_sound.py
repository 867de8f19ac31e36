"""Sound: the right track, damage told and silent, never longer than the picture."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.reader import open_frames
from tests.core.video.clips import picture
from tests.core.video.sounds import decoded_sound


def make_tracks(
    path: Path, *, levels: list[float], default: int, codec: str = "aac", rate: int = 48000
) -> Path:
    """Two seconds of picture, and as many sounds: a square wave each of its own loudness."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sounds = [container.add_stream(codec, rate=rate) for _ in levels]
        for index, sound in enumerate(sounds):
            sound.disposition = Disposition.default.value if index == default else 0
        for index in range(50):
            frame = av.VideoFrame.from_ndarray(picture(index), "rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        wave = np.where(np.arange(2 * rate) // 50 % 2, 1, -1).astype(np.float32)
        for begin in range(0, len(wave), 1000):
            for sound, level in zip(sounds, levels, strict=True):
                block = np.stack([wave[begin : begin + 1000] * level] * 2)
                frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
                frame.rate, frame.pts = rate, begin
                container.mux(sound.encode(frame))
        for sound in sounds:
            container.mux(sound.encode(None))
    return path


def rewritten(path: Path, out: Path) -> Path:
    source = open_frames(path)
    with open_writer(out, width=64, height=48, rate=source.rate, audio=source.audio) as writer:
        for frame in source:
            writer.write(frame)
    return out


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("codec", ["aac", "flac"])
def test_the_default_track_is_heard(tmp_path: Path, suffix: str, codec: str) -> None:
    path = make_tracks(tmp_path / f"x{suffix}", levels=[0.1, 0.6, 0.3], default=1, codec=codec)
    samples, _, _ = decoded_sound(rewritten(path, tmp_path / "out.mp4"))
    assert np.abs(samples[24000:48000]).mean() == pytest.approx(0.6, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 11025, 48000])
@pytest.mark.parametrize("given", [".mp4", ".mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_is_not_longer_than_the_picture(
    tmp_path: Path, rate: int, given: str, suffix: str
) -> None:
    path = make_tracks(tmp_path / f"x{given}", levels=[0.5], default=0, rate=rate)
    out = rewritten(path, tmp_path / f"out{suffix}")
    with av.open(str(out)) as container:
        assert container.start_time <= 0
        first = next(container.decode(video=0))
        assert first.time == 0
    with av.open(str(out)) as container:
        ends = [p.pts + p.duration for p in container.demux(audio=0) if p.size]
        length = float(max(ends) * container.streams.audio[0].time_base)
        assert 2 - 2.1 * 1024 / rate <= length <= 2.003
    with av.open(str(out)) as container:
        heard = [f for f in container.decode(audio=0) if f.time >= -0.001]
        assert heard[0].time == pytest.approx(0, abs=0.003), "priming is kept"


@pytest.mark.parametrize(("codec", "suffix"), [("flac", ".mkv"), ("mp2", ".mpg"), ("mp2", ".mkv")])
def test_damaged_sound_goes_on(
    tmp_path: Path, codec: str, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / f"x{suffix}"
    make_tracks(path, levels=[0.5], default=0, codec=codec)
    sound = path.read_bytes()
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(audio=0) if p.size]
        blocks = [bytes(p) for p in packets]
    at = sound.find(blocks[8][16:64]) - 16
    assert at > 0
    path.write_bytes(sound[:at] + bytes(64) + sound[at + 64 :])
    with caplog.at_level(logging.WARNING):
        samples, _, seconds = decoded_sound(rewritten(path, tmp_path / "out.mp4"))
    assert seconds == pytest.approx(2, abs=0.05)
    assert np.abs(samples[60000:90000]).mean() == pytest.approx(0.5, abs=0.1)
    assert any(
        "damaged" in record.message and path.name in record.message for record in caplog.records
    )


def test_names_with_colons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = make_tracks(tmp_path / "x.mp4", levels=[0.5], default=0)
    for name in ("12:30:05.mp4", "file:x.mp4", "concat:a|b.mp4"):
        path = path.rename(tmp_path / name)
        source = open_frames(Path(name))
        assert source.frame_count == 50
        for out in (f"out {name}", "file:y.mp4", "07:15.mkv", "pipe:1.gif", "a:b.webp"):
            with open_writer(
                Path(out), width=64, height=48, rate=source.rate, audio=source.audio
            ) as writer:
                for frame in source:
                    writer.write(frame)
            assert (tmp_path / out).stat().st_size > 500
            assert open_frames(Path(out)).frame_count == 50
