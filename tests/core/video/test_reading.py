"""Reading: whatever a user hands over comes as upright RGB frames, or as one clear line."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hyperreenact_core.errors import InputError
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames

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


def turn(path: Path, *, degrees_clockwise: int) -> None:
    """Write a rotation into the track header of an MP4, as phones do."""
    one = 1 << 16
    a, b = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees_clockwise]
    matrix = [a, b, 0, -b, a, 0, 0, 0, 1 << 30]
    data = path.read_bytes()
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8  # version and flags, times and ids, layers
    packed = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(data[:at] + packed + data[at + 36 :])


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


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_applied(tmp_path: Path, degrees: int) -> None:
    path = make_clip(tmp_path / "phone.mp4", frames=3)
    turn(path, degrees_clockwise=degrees)
    source = open_frames(path)
    expected = np.rot90(picture(0), -degrees // 90)
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


def one_line(error: pytest.ExceptionInfo[InputError], *, names: str) -> None:
    message = str(error.value)
    assert names in message
    assert "\n" not in message


def bad_inputs(folder: Path) -> dict[str, Path]:
    """Every kind of unusable file, by what is wrong with it."""
    sound_only = folder / "song.mp4"
    container = av.open(str(sound_only), "w")
    stream = container.add_stream("aac", rate=48000)
    silence = av.AudioFrame.from_ndarray(np.zeros((2, 4096), np.float32), "fltp", "stereo")
    silence.rate = 48000
    container.mux(stream.encode(silence))
    container.mux(stream.encode(None))
    container.close()
    paths = {
        name: folder / name
        for name in ("missing.mp4", "empty.png", "text.png", "text.txt", "1x1.png", "no_index.mp4")
    }
    paths["empty.png"].touch()
    paths["text.png"].write_text("This is no picture.\n" * 50)
    paths["text.txt"].write_text("Neither is this.\n" * 50)
    Image.new("RGB", (1, 1)).save(paths["1x1.png"])
    whole = make_clip(folder / "whole.mp4").read_bytes()
    paths["no_index.mp4"].write_bytes(whole[: len(whole) // 2])
    cut_picture = folder / "cut.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(cut_picture)
    cut_picture.write_bytes(cut_picture.read_bytes()[:6000])
    empty_folder = folder / "nothing"
    empty_folder.mkdir()
    return paths | {"song.mp4": sound_only, "cut.png": cut_picture, "nothing": empty_folder}


def test_unusable_inputs_are_refused_in_one_line(tmp_path: Path) -> None:
    hints = {
        "missing.mp4": "no such file",
        "empty.png": "empty",
        "text.png": "neither a picture nor a video",
        "text.txt": "neither a picture nor a video",
        "1x1.png": "at least 16 pixels",
        "no_index.mp4": "cut off",
        "song.mp4": "sound but no picture",
        "cut.png": "incomplete",
        "nothing": "no pictures",
    }
    for name, path in bad_inputs(tmp_path).items():
        with pytest.raises(InputError, match=hints[name]) as error:
            list(open_frames(path))
        one_line(error, names=name)


def test_read_image_refuses_what_is_no_picture(tmp_path: Path) -> None:
    paths = bad_inputs(tmp_path)
    for name in ("missing.mp4", "empty.png", "text.png", "1x1.png", "cut.png", "song.mp4"):
        with pytest.raises(InputError) as error:
            read_image(paths[name])
        one_line(error, names=name)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_clip_cut_off_gives_its_frames_then_says_where_it_breaks(
    tmp_path: Path, suffix: str
) -> None:
    path = make_clip(tmp_path / f"clip{suffix}", frames=90, fast_start=True)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.7)])
    got: list[np.ndarray] = []
    with pytest.raises(InputError, match=r"breaks off after frame \d+") as error:
        got.extend(open_frames(path))
    one_line(error, names=path.name)
    assert 10 < len(got) < 90
    assert f"after frame {len(got) - 1}" in str(error.value)
    for index, frame in enumerate(got):
        assert np.abs(frame.astype(int) - picture(index)).mean() < 6


def test_a_cover_picture_is_not_a_video(tmp_path: Path) -> None:
    """The cover of a song is a video stream to FFmpeg; no face is to be looked for there."""
    path = tmp_path / "song.mp3"
    container = av.open(str(path), "w")
    stream = container.add_stream("libmp3lame", rate=44100)
    cover = container.add_stream("png", rate=1)
    cover.width, cover.height, cover.pix_fmt = 64, 48, "rgb24"
    cover.disposition = av.stream.Disposition.attached_pic.value
    container.mux(cover.encode(av.VideoFrame.from_ndarray(picture(), "rgb24")))
    silence = av.AudioFrame.from_ndarray(np.zeros((2, 44100), np.float32), "fltp", "stereo")
    silence.rate = 44100
    container.mux(stream.encode(silence))
    container.mux(stream.encode(None))
    container.close()
    with pytest.raises(InputError, match="sound but no picture"):
        open_frames(path)


def test_reading_does_not_follow_playlists(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=3)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{clip.name}\n")
    with pytest.raises(InputError):
        open_frames(playlist)


def test_text_chunks_do_not_disturb(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("Comment", "x" * 1000)
    Image.fromarray(picture()).save(tmp_path / "t.png", pnginfo=text)
    assert (read_image(tmp_path / "t.png") == picture()).all()
