"""Writing: what is cut out stays cut out, wherever the file can hold it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from hyperreenact_core.video.outputs import open_writer
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.transparency import read_alpha, with_alpha
from tests.core.video.clips import make_clip

GREEN = (30, 160, 60)


def cut_out(path: Path) -> Path:
    """Left half clear, with a hidden colour, a soft column, the rest opaque."""
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[..., :3], picture[:, 32:, 3], picture[:, 31, 3] = GREEN, 255, 128
    Image.fromarray(picture).save(path)
    return path


def rgba_of(path: Path) -> np.ndarray:
    """The first picture, decoded by others than the reader."""
    if path.is_dir():
        return np.array(Image.open(path / "000000.png"))
    if path.suffix in (".png", ".webp"):
        return np.array(Image.open(path).convert("RGBA"))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if path.suffix == ".webm":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = (f for p in container.demux(stream) for f in decoder.decode(p if p.size else None))
        return next(frames).to_ndarray(format="rgba")


@pytest.mark.parametrize("name", ["x", "x.png", "x.webp", "x.mov", "x.webm"])
def test_transparency_stays(tmp_path: Path, name: str) -> None:
    source = cut_out(tmp_path / "source.png")
    alpha = read_alpha(source)
    assert alpha is not None
    target = tmp_path / name
    with open_writer(target, width=64, height=48, rate=Fraction(25), alpha=alpha) as writer:
        writer.write(read_image(source))
        if name != "x.png":
            writer.write(read_image(source))
    written = rgba_of(target).astype(int)
    assert written[24, 10, 3] <= 2
    assert written[24, 31, 3] == pytest.approx(128, abs=40 if name == "x.webm" else 6)
    assert written[24, 50, 3] >= 253
    assert written[24, 50, :3] == pytest.approx(np.array(GREEN), abs=6)
    assert next(iter(open_frames(target)))[24, 10] == pytest.approx(255, abs=3)


@pytest.mark.parametrize("name", ["x.mp4", "x.mkv", "x.gif", "x.jpg"])
def test_what_cannot_hold_it_shows_white(tmp_path: Path, name: str) -> None:
    source = cut_out(tmp_path / "source.png")
    target = tmp_path / name
    alpha = read_alpha(source)
    with open_writer(target, width=64, height=48, rate=Fraction(25), alpha=alpha) as writer:
        writer.write(read_image(source))
    assert next(iter(open_frames(target)))[24, 10] == pytest.approx(255, abs=3)


def test_soft_edges_keep_their_colour() -> None:
    alpha = np.array([[0, 1, 64, 255]], np.uint8)
    over_white = 255 - (255 - np.array(GREEN)) * (alpha[..., None] / 255)
    straight = with_alpha(over_white.round().astype(np.uint8), alpha)
    assert straight[0, 3].tolist() == [*GREEN, 255]
    assert straight[0, 2, :3] == pytest.approx(np.array(GREEN), abs=3)
    assert straight[0, 0].tolist() == [255, 255, 255, 0]


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_opaque_pictures_have_no_transparency(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (64, 48), 200 if mode == "L" else "red").save(tmp_path / "x.png")
    assert read_alpha(tmp_path / "x.png") is None


def test_transparency_stands_upright_as_the_colours_do(tmp_path: Path) -> None:
    picture = Image.open(cut_out(tmp_path / "x.png"))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.png", exif=exif)
    alpha = read_alpha(tmp_path / "turned.png")
    assert alpha is not None
    assert alpha.shape == read_image(tmp_path / "turned.png").shape[:2] == (64, 48)


def test_webm_has_sound(tmp_path: Path) -> None:
    clip = open_frames(make_clip(tmp_path / "x.mp4", audio_codec="aac"))
    with open_writer(
        tmp_path / "x.webm", width=64, height=48, rate=clip.rate, audio=clip.audio
    ) as writer:
        for frame in clip:
            writer.write(frame)
    result = open_frames(tmp_path / "x.webm")
    assert (result.rate, result.frame_count) == (clip.rate, clip.frame_count)
    with av.open(str(tmp_path / "x.webm")) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == "opus"
