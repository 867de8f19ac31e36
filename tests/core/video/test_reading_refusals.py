"""Reading: what cannot be read is refused in one clear line."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hyperreenact_core.errors import InputError
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from tests.core.video.clips import make_clip, picture


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
