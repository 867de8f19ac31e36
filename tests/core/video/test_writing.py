"""Writing: exact rates, sound in step, nothing lost on an interruption, nothing overwritten."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from hyperreenact_core.errors import OutputError
from hyperreenact_core.video.labels import AI_COMMENT, AI_KEY
from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.sources import AudioSource
from hyperreenact_core.video.stills import write_image
from tests.core.video.sounds import NTSC, SAMPLE_RATE, decoded_sound, make_sound, picture, pictures


@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(24000, 1001), Fraction(50)])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_video_keeps_rate_frames_and_colours(tmp_path: Path, rate: Fraction, suffix: str) -> None:
    path = tmp_path / "new" / "folder" / f"out{suffix}"
    with open_writer(path, width=64, height=48, rate=rate, crf=8) as writer:
        for frame in pictures(12):
            writer.write(frame)
    assert writer.saved_as == path
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    source = open_frames(path)
    assert (source.rate, source.frame_count) == (rate, 12)
    for index, frame in enumerate(source):
        assert np.abs(frame.astype(int) - picture(index)).mean() < 5
    with av.open(str(path)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        assert tags["comment"] == AI_COMMENT
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert container.streams.video[0].codec_context.codec.canonical_name == "h264"


def test_plain_colours_survive(tmp_path: Path) -> None:
    for name, colour in {"r": (230, 20, 30), "g": (30, 210, 40), "b": (20, 40, 220)}.items():
        frame = np.full((48, 64, 3), colour, np.uint8)
        with open_writer(tmp_path / f"{name}.mp4", width=64, height=48, rate=NTSC) as writer:
            writer.write(frame)
        (back,) = open_frames(tmp_path / f"{name}.mp4")
        assert np.abs(back.astype(int) - frame).max() <= 4


def test_the_index_stands_first(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.mp4", width=64, height=48, rate=NTSC) as writer:
        writer.write(picture())
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_odd_sizes_gain_a_line_that_repeats_the_edge(tmp_path: Path) -> None:
    frame = picture(width=51, height=37)
    with open_writer(tmp_path / "odd.mp4", width=51, height=37, rate=NTSC, crf=4) as writer:
        writer.write(frame)
    (back,) = open_frames(tmp_path / "odd.mp4")
    assert back.shape == (38, 52, 3)
    padded = np.pad(frame, ((0, 1), (0, 1), (0, 0)), mode="edge")
    assert np.abs(back.astype(int) - padded).mean() < 6


@pytest.mark.parametrize(
    ("suffix", "source_codec", "source_suffix", "codec"),
    [
        (".mp4", "aac", ".mp4", "aac"),
        (".mov", "aac", ".mkv", "aac"),
        (".mp4", "libopus", ".mkv", "aac"),
        (".mp4", "pcm_s16le", ".mkv", "aac"),
        (".mkv", "libopus", ".mkv", "opus"),
        (".mp4", "libmp3lame", ".mkv", "mp3"),
    ],
)
def test_sound_is_carried_over_in_step_and_trimmed(
    tmp_path: Path, suffix: str, source_codec: str, source_suffix: str, codec: str
) -> None:
    audio = make_sound(tmp_path / f"sound{source_suffix}", seconds=3, codec=source_codec)
    path = tmp_path / f"out{suffix}"
    with open_writer(path, width=64, height=48, rate=NTSC, audio=audio) as writer:
        for frame in pictures(45):
            writer.write(frame)
    samples, got_codec, seconds = decoded_sound(path)
    assert got_codec == codec
    assert seconds == pytest.approx(45 / NTSC, abs=0.05)
    for click in range(3):
        at = click * SAMPLE_RATE // 2
        loud = np.abs(samples[max(0, at - 2400) : at + 4800])
        onset = max(0, at - 2400) + int(np.argmax(loud > 0.3))
        assert abs(onset - at) < 0.012 * SAMPLE_RATE, "clicks stay where they were"


def test_copied_sound_is_the_same_bytes(tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=2, codec="aac")
    with open_writer(tmp_path / "o.mp4", width=64, height=48, rate=NTSC, audio=audio) as writer:
        for frame in pictures(60):
            writer.write(frame)

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(p) for p in container.demux(audio=0) if p.size]

    original, copied = packets(audio.path), packets(tmp_path / "o.mp4")
    assert len(copied) >= len(original) - 3
    assert copied == original[: len(copied)]


def test_sound_is_shifted_to_the_first_frame(tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=3, codec="aac")
    late = AudioSource(audio.path, offset=Fraction(1, 4))
    with open_writer(tmp_path / "o.mp4", width=64, height=48, rate=NTSC, audio=late) as writer:
        for frame in pictures(45):
            writer.write(frame)
    samples, _, _ = decoded_sound(tmp_path / "o.mp4")
    onset = 4800 + int(np.argmax(np.abs(samples[4800:]) > 0.3))
    assert onset == pytest.approx(SAMPLE_RATE / 4, abs=0.012 * SAMPLE_RATE)


def test_sound_shorter_than_the_picture(tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "sound.mp4", seconds=0.5, codec="aac")
    with open_writer(tmp_path / "o.mp4", width=64, height=48, rate=NTSC, audio=audio) as writer:
        for frame in pictures(60):
            writer.write(frame)
    assert len(list(open_frames(tmp_path / "o.mp4"))) == 60


@pytest.mark.parametrize(
    ("suffix", "rate", "tolerance"),
    [(".gif", Fraction(25), 0), (".webp", Fraction(25), 0), (".webp", NTSC, 0.1)],
)
def test_animations(tmp_path: Path, suffix: str, rate: Fraction, tolerance: float) -> None:
    path = tmp_path / f"anim{suffix}"
    with open_writer(path, width=65, height=47, rate=rate) as writer:
        for index in range(20):
            writer.write(picture(index, width=65, height=47))
    source = open_frames(path)
    assert abs(source.rate - rate) <= tolerance
    frames = list(source)
    assert len(frames) == 20
    for index, frame in enumerate(frames):
        error = np.abs(frame.astype(int) - picture(index, width=65, height=47))
        assert error.mean() < (8 if suffix == ".gif" else 6)
    with Image.open(path) as animation:
        assert animation.info["loop"] == 0
        label = animation.info["comment" if suffix == ".gif" else "xmp"]
        assert AI_COMMENT.encode() in label


def test_gif_keeps_its_length_at_high_rates(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.gif", width=64, height=48, rate=Fraction(120)) as writer:
        for frame in pictures(120):
            writer.write(frame)
    source = open_frames(tmp_path / "a.gif")
    assert source.frame_count is not None
    assert source.frame_count / source.rate == pytest.approx(1, abs=0.05)


def test_folder_of_frames(tmp_path: Path) -> None:
    for count in (3, 2):  # the second run replaces the first
        with open_writer(tmp_path / "frames", width=64, height=48, rate=NTSC) as writer:
            for frame in pictures(count):
                writer.write(frame)
    names = sorted(p.name for p in (tmp_path / "frames").iterdir())
    assert names == ["000000.png", "000001.png"]
    assert [p.name for p in tmp_path.iterdir()] == ["frames"]
    assert (read_image(tmp_path / "frames" / "000001.png") == picture(1)).all()
    with Image.open(tmp_path / "frames" / "000000.png") as still:
        assert still.info[AI_KEY] == "true"
        assert still.info["Comment"] == AI_COMMENT


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"holiday\.png"):
        open_writer(tmp_path, width=64, height=48, rate=NTSC)
    assert (tmp_path / "holiday.png").read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["one.png", "one.jpg", "one.webp"])
def test_single_pictures_are_marked(tmp_path: Path, name: str) -> None:
    write_image(tmp_path / name, picture(), metadata={"source": "anna.png"})
    assert AI_COMMENT.encode() in (tmp_path / name).read_bytes()
    assert b"anna.png" in (tmp_path / name).read_bytes()
    error = np.abs(read_image(tmp_path / name).astype(int) - picture())
    assert error.mean() < (6 if name != "one.png" else 1e-9)


def test_a_picture_file_takes_one_frame_only(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "one.png", width=64, height=48, rate=NTSC)
    writer.write(picture())
    with pytest.raises(OutputError, match="one picture only"), writer:
        writer.write(picture(1))
    assert (read_image(tmp_path / "one.png") == picture()).all()
