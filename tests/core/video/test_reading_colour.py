"""Reading video: colours as on a screen, over white, without combs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.video.tone import shown_as_srgb
from tests.core.video.clips import encode

COLOURS = [(200, 30, 60), (20, 20, 20), (120, 120, 120), (30, 180, 60), (224, 172, 140)]
BT709, BT601, BT2020 = 1, 5, 9
PQ, HLG = 16, 18


def chart(height: int = 48, width: int = 80) -> np.ndarray:
    """Columns of plain colours."""
    columns = np.repeat(np.array(COLOURS, np.uint8), width // len(COLOURS), axis=0)
    return np.repeat(columns[None], height, axis=0)


def seen(path: Path) -> np.ndarray:
    """[5, 3] colours of the columns in the first frame."""
    frame = next(iter(open_frames(path)))
    height, width = frame.shape[:2]
    step = width // len(COLOURS)
    return frame[height // 2, step // 2 :: step].astype(int)


def in_hdr(picture: np.ndarray, transfer: int) -> np.ndarray:
    """sRGB -> 16-bit BT.2020 with white at 203 nits (ITU-R BT.2408)."""
    signal = picture / 255
    light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    # ITU-R BT.2087
    to_2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    nits = 203 * light @ np.array(to_2020).T
    if transfer == PQ:
        root = (nits / 10_000) ** 0.1593017578125
        coded = ((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root)) ** 78.84375
    else:
        luminance = nits @ [0.2627, 0.6780, 0.0593] / 1000
        scene = nits / 1000 * luminance[..., None] ** (1 / 1.2 - 1)
        high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        coded = np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)
    return np.round(65535 * coded).astype(np.uint16)


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_hdr_of_phones_is_tone_mapped(tmp_path: Path, transfer: int, suffix: str) -> None:
    tags = {"colorspace": BT2020, "color_primaries": 9, "color_trc": transfer, "color_range": 1}
    path = encode(
        tmp_path / f"x{suffix}",
        [in_hdr(chart(), transfer)] * 2,
        pix_fmt="yuv420p10le",
        options={"crf": "2"},
        tags=tags,
        dst_colorspace=BT2020,
    )
    assert np.abs(seen(path) - COLOURS).max() <= 8


def test_highlights_of_hdr_are_drawn_together() -> None:
    nits = np.array([203, 400, 1000, 10_000])
    root = (nits / 10_000) ** 0.1593017578125
    coded = ((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root)) ** 78.84375
    deep = np.repeat(np.round(65535 * coded).astype(np.uint16)[None, :, None], 3, axis=2)
    shown = shown_as_srgb(deep, primaries=9, transfer=PQ)[0, :, 0].astype(int)
    assert shown[0] > 235
    assert (np.diff(shown) > 0).all()
    assert shown[-1] == 255


@pytest.mark.parametrize(
    ("size", "matrix"),
    [((720, 1280), BT709), ((1280, 720), BT709), ((480, 640), BT601), ((576, 720), BT601)],
)
def test_untagged_video_has_the_colours_of_its_size(
    tmp_path: Path, size: tuple[int, int], matrix: int
) -> None:
    height, width = size
    path = encode(
        tmp_path / "x.mp4",
        [chart(height, width)],
        options={"crf": "4", "preset": "ultrafast"},
        dst_colorspace=matrix,
    )
    assert np.abs(seen(path) - COLOURS).max() <= 5


def test_untagged_jpegs_are_bt601_of_any_size(tmp_path: Path) -> None:
    frame = chart(720, 1280)
    path = encode(tmp_path / "x.avi", [frame], codec="mjpeg", pix_fmt="yuvj444p")
    assert np.abs(seen(path) - COLOURS).max() <= 6


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("x.webm", "libvpx-vp9", "yuva420p"),
        ("y.webm", "libvpx", "yuva420p"),
        ("x.mov", "prores_ks", "yuva444p10le"),
        ("y.mov", "qtrle", "argb"),
        ("z.mov", "png", "rgba"),
        ("x.mkv", "ffv1", "bgra"),
    ],
)
def test_transparent_video_lies_over_white(
    tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    rgba = np.concatenate([chart(), np.full((48, 80, 1), 255, np.uint8)], axis=-1)
    rgba[:24, :, 3] = 0
    options = {"profile": "4444"} if codec == "prores_ks" else {"auto-alt-ref": "0", "crf": "4"}
    path = encode(
        tmp_path / name,
        [rgba] * 2,
        codec=codec,
        pix_fmt=pix_fmt,
        options=options if "vp" in codec or codec == "prores_ks" else None,
        metadata={"alpha_mode": "1"} if name.endswith(".webm") else None,
    )
    frame = next(iter(open_frames(path)))
    assert frame[:16].min() >= 250, "the hidden colour does not show"
    assert np.abs(frame[40, 8::16].astype(int) - COLOURS).max() <= 10


def test_the_fourth_byte_of_uncompressed_avi_is_no_alpha(tmp_path: Path) -> None:
    rgba = np.concatenate([chart(), np.zeros((48, 80, 1), np.uint8)], axis=-1)
    path = encode(tmp_path / "x.avi", [rgba] * 2, codec="rawvideo", pix_fmt="bgra")
    assert (seen(path) == COLOURS).all()


def moving(field: int) -> np.ndarray:
    frame = np.full((96, 128, 3), 40, np.uint8)
    frame[16:80, 8 + 3 * field : 28 + 3 * field] = (200, 180, 160)
    return frame


def combs(frame: np.ndarray) -> float:
    grey = frame.astype(float).mean(-1)
    return float(np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean())


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "libx264"), (".ts", "libx264"), (".mpg", "mpeg2video")]
)
def test_fields_become_whole_pictures(tmp_path: Path, suffix: str, codec: str) -> None:
    woven = [moving(2 * i) for i in range(12)]
    for i, frame in enumerate(woven):
        frame[1::2] = moving(2 * i + 1)[1::2]
    options = {"flags": "+ildct+ilme"}
    if codec == "libx264":
        options |= {"x264-params": "tff=1:interlaced=1", "crf": "5"}
    path = encode(tmp_path / f"x{suffix}", woven, codec=codec, pix_fmt="yuv422p", options=options)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).interlaced_frame
    source = open_frames(path)
    frames = list(source)
    assert (source.rate, source.frame_count, len(frames)) == (Fraction(25), 12, 12)
    assert combs(woven[3]) > 3
    assert all(combs(frame) < 1 for frame in frames)
