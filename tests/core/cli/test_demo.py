"""`hyperreenact demo`, and the samples it shows."""

from __future__ import annotations

import wave
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from hyperreenact_core.cli import demo
from hyperreenact_core.cli.demo_pictures import SHOTS, video_size
from hyperreenact_core.cli.demo_sound import join_sound
from hyperreenact_core.cli.main import main
from hyperreenact_core.cli.wave_file import SAMPLE_RATE
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import AudioSource
from hyperreenact_core.video.stills import write_image
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import frames, picture, save_tiny_set


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Short stand-ins: 9 and 10 frames at 24 a second, with tones of 440 and 880 Hz."""
    folder = tmp_path / "samples"
    folder.mkdir()
    for name, count, hertz in (("talk", 9, 440), ("cross", 10, 880)):
        write_image(folder / f"{name}_source.png", picture(seed=count))
        sound = folder / f"{name}.wav"
        write_tone(sound, hertz=hertz)
        with VideoWriter(
            folder / f"{name}_driving.mp4",
            width=64,
            height=64,
            rate=Fraction(24),
            audio=AudioSource(sound),
        ) as writer:
            for frame in frames("f" * count):
                writer.write(frame)
    monkeypatch.setattr(demo, "SAMPLES", folder)
    return folder


def write_tone(path: Path, *, hertz: float) -> None:
    samples = np.sin(np.arange(SAMPLE_RATE) * (2 * np.pi * hertz / SAMPLE_RATE)) * 12000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def _pitch(samples: np.ndarray) -> float:
    """Strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)[spectrum.argmax()])


def test_the_demo_leaves_a_video_with_sound_and_a_sheet(samples: Path, tmp_path: Path, capsys):
    save_tiny_set(tmp_path / "models" / "tiny")
    out = tmp_path / "out"
    options = ["--model-set", "tiny", "--model-path", str(tmp_path / "models"), "--device", "cpu"]
    assert main(["demo", "-o", str(out), *options]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["demo.mp4", "demo.png"]
    video = open_frames(out / "demo.mp4")
    assert (video.width, video.height) == video_size()
    assert video.rate == 24
    assert video.audio is not None
    with closing(iter(video)) as pictures:
        shown = list(pictures)
    assert len(shown) == 19
    # The source stands still within a clip and changes with the clip.
    left = [frame[60:300, :250].astype(int) for frame in shown]
    assert np.abs(left[8] - left[1]).mean() < 4 < np.abs(left[9] - left[8]).mean()
    sheet = read_image(out / "demo.png")
    assert sheet.shape[1] > SHOTS * 144
    assert "demo.mp4 (19 frames)" in capsys.readouterr().err


def test_the_demo_refuses_a_file_as_folder(tmp_path: Path, capsys):
    (tmp_path / "out").touch()
    save_tiny_set(tmp_path / "models" / "tiny")
    options = ["--model-set", "tiny", "--model-path", str(tmp_path / "models")]
    assert main(["demo", "-o", str(tmp_path / "out"), *options]) == 2
    assert "is a file; name a folder" in capsys.readouterr().err


def test_sounds_follow_one_another_at_their_clips(samples: Path, tmp_path: Path):
    clips = [open_frames(samples / f"{name}_driving.mp4") for name in ("talk", "cross")]
    joined = join_sound(clips, tmp_path / "joined.wav")
    with av.open(str(joined)) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    border = round(9 / 24 * SAMPLE_RATE)
    assert len(sound) == border + round(10 / 24 * SAMPLE_RATE)
    # Away from the borders, where the encoder fades.
    assert _pitch(sound[2000 : border - 2000]) == pytest.approx(440, abs=5)
    assert _pitch(sound[border + 2000 : -2000]) == pytest.approx(880, abs=5)


def test_the_shipped_samples_are_small_and_fit_together():
    shipped = [path for clip in demo.CLIPS for path in (clip.source, clip.driving)]
    assert sorted(demo.SAMPLES.iterdir()) == sorted(shipped)
    assert sum(path.stat().st_size for path in shipped) < 3_000_000
    clips = [open_frames(clip.driving) for clip in demo.CLIPS]
    assert {clip.rate for clip in clips} == {24}
    assert all(clip.audio is not None and (clip.frame_count or 0) >= 72 for clip in clips)
    shapes = [read_image(clip.source).shape for clip in demo.CLIPS]
    assert shapes == [(512, 512, 3), (256, 256, 3)]
