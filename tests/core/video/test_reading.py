"""Reading: whatever a user hands over comes as upright RGB frames, or as one clear line."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from tests.core.video.clips import NTSC, encode, grey_level, make_clip, picture, turn


def test_a_clip_streams_with_its_exact_rate_and_colours(tmp_path: Path) -> None:
    source = open_frames(make_clip(tmp_path / "clip.mp4", audio_codec="aac"))
    assert (source.rate, source.frame_count) == (NTSC, 30)
    assert (source.width, source.height) == (64, 48)
    assert source.audio is not None
    assert source.audio.path == tmp_path / "clip.mp4"
    assert source.name_of(17) == "clip.mp4, frame 17"
    frames = list(source)
    assert len(frames) == 30
    for index, frame in enumerate(frames):
        assert frame.shape == (48, 64, 3)
        assert frame.dtype == np.uint8
        assert np.abs(frame.astype(int) - picture(index)).mean() < 3
    assert len(list(source)) == 30, "a source can be read again"


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(24000, 1001), Fraction(60), Fraction(12)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_rates_are_exact(tmp_path: Path, rate: Fraction, suffix: str) -> None:
    source = open_frames(make_clip(tmp_path / f"clip{suffix}", rate=rate, frames=20))
    assert source.rate == rate
    assert source.frame_count == 20
    assert len(list(source)) == 20
    assert source.audio is None


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_rotation_and_mirroring_are_applied(tmp_path: Path, degrees: int, mirrored: bool) -> None:
    stood = picture(0)
    stood[:24] //= 2
    path = encode(tmp_path / "phone.mp4", [stood] * 3, options={"crf": "1"})
    turn(path, degrees_clockwise=degrees, mirrored=mirrored)
    source = open_frames(path)
    expected = np.rot90(stood[:, ::-1] if mirrored else stood, -degrees // 90)
    assert (source.height, source.width) == expected.shape[:2]
    first = next(iter(source))
    assert first.shape == expected.shape
    assert np.abs(first.astype(int) - expected).mean() < 3


def test_uneven_time_stamps_keep_every_frame_near_its_time(tmp_path: Path) -> None:
    times_ms = [0, 33, 66, 100, 133, 700, 733, 766, 800, 1400, 1433, 1450, 1455, 1460, 1466, 1500]
    path = make_clip(tmp_path / "vfr.mp4", frames=len(times_ms), times_ms=times_ms)
    source = open_frames(path)
    levels = {grey_level(i): time for i, time in enumerate(times_ms)}
    for index, frame in enumerate(source):
        level = min(levels, key=lambda value: abs(value - int(frame[5, 5, 0])))
        shown_ms = float(index / source.rate) * 1000
        following = [t for t in times_ms if t > levels[level]]
        until = following[0] if following else levels[level]
        slack = 2.01 * 1000 / float(source.rate)
        assert levels[level] - slack <= shown_ms <= until + slack


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    opened = Path("/proc/self/fd")
    if not opened.exists():
        pytest.skip("needs /proc to count open files")
    before = len(list(opened.iterdir()))
    for _ in range(3):
        with closing(iter(open_frames(path))) as frames:
            next(frames)
    assert len(list(opened.iterdir())) == before


def test_folder_in_natural_order_with_differing_sizes(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in (10, 2, 1):
        size = 32 + number
        Image.fromarray(picture(number, width=size, height=size)).save(folder / f"f{number}.png")
    (folder / "notes.txt").write_text("not a picture")
    source = open_frames(folder, default_rate=Fraction(24))
    assert (source.rate, source.frame_count, source.width) == (Fraction(24), 3, 33)
    assert [frame.shape[0] for frame in source] == [33, 34, 42]
    assert source.name_of(2) == "frames/f10.png"


@pytest.mark.parametrize(("suffix", "tolerance"), [(".gif", 0), (".webp", 0), (".png", 0)])
def test_animated_pictures(tmp_path: Path, suffix: str, tolerance: int) -> None:
    path = tmp_path / f"anim{suffix}"
    first, *rest = [Image.fromarray(picture(i)) for i in range(5)]
    options = {"lossless": True} if suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=rest, duration=40, loop=0, **options)
    source = open_frames(path)
    frames = list(source)
    assert (source.rate, source.frame_count, len(frames)) == (Fraction(25), 5, 5)
    assert source.name_of(3) == f"anim{suffix}, frame 3"
    for index, frame in enumerate(frames):
        assert np.abs(frame.astype(int) - picture(index)).max() <= tolerance


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_a_still_is_one_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"face{suffix}"
    Image.fromarray(picture()).save(path)
    source = open_frames(path)
    assert (source.frame_count, source.rate, source.audio) == (1, Fraction(25), None)
    (frame,) = source
    assert np.abs(frame.astype(int) - picture()).mean() < 6
    assert source.name_of(0) == path.name


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "really_a_png.mp4"
    Image.fromarray(picture()).save(path, "PNG")
    assert open_frames(path).frame_count == 1


def test_exif_orientation(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must be turned clockwise
    Image.fromarray(picture()).save(path, exif=exif, quality=95, subsampling=0)
    image = read_image(path)
    assert image.shape == (64, 48, 3)
    assert np.abs(image.astype(int) - np.rot90(picture(), -1)).mean() < 3


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[:, 10:] = (10, 20, 30, 255)
    Image.fromarray(rgba).save(tmp_path / "alpha.png")
    image = read_image(tmp_path / "alpha.png")
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 15].tolist() == [10, 20, 30]


def test_sixteen_bit_grey_keeps_its_range(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    image = read_image(tmp_path / "deep.png")
    assert np.abs(image[..., 0].astype(int) - (deep >> 8)).max() <= 1


@pytest.mark.parametrize("mode", ["P", "L", "LA", "1", "CMYK"])
def test_other_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("x.tif" if mode == "CMYK" else "x.png")
    Image.fromarray(picture()).convert(mode).save(path)
    assert read_image(path).shape == (48, 64, 3)
