"""Reading pictures: colour profiles, deep greys, animations with uneven delays."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from hyperreenact_core.errors import InputError
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from tests.core.video.clips import picture, runs

DISPLAY_P3 = {  # colourants adapted to D50, as in Apple's profile
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}


def profile(*, space: bytes = b"RGB ", gamma: float = 2.2) -> bytes:
    """A small ICC profile: Display P3's colours, or greys, with a plain gamma."""
    xyz = DISPLAY_P3 if space == b"RGB " else {}
    curve = b"curv" + struct.pack(">III", 0, 1, round(gamma * 256) << 16)[:10]
    names = {b"RGB ": (b"rTRC", b"gTRC", b"bTRC"), b"GRAY": (b"kTRC",)}[space]
    white = (0.9642, 1.0, 0.8249)
    text = b"test"
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(text) + 1) + text + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0",
        **{
            name: b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(v * 65536)) for v in value)
            for name, value in {**xyz, b"wtpt": white}.items()
        },
        **dict.fromkeys(names, curve),
    }
    table, data = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", begin + len(data), len(value))
        data += value
    header = struct.pack(">I", begin + len(data)) + bytes(4) + struct.pack(">I", 0x02100000)
    header += b"mntr" + space + b"XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += b"".join(struct.pack(">i", round(v * 65536)) for v in white)
    return header.ljust(128, b"\0") + table + data


def test_display_p3_becomes_srgb(tmp_path: Path) -> None:
    """Its red is far outside of sRGB, a grey stays what it is."""
    given = np.zeros((32, 32, 3), np.uint8)
    given[:16] = (180, 120, 90)
    given[16:] = (128, 128, 128)
    for suffix in (".png", ".jpg", ".webp", ".tif"):
        path = tmp_path / f"x{suffix}"
        Image.fromarray(given).save(path, icc_profile=profile(), quality=100)
        shown = read_image(path)
        assert np.abs(shown[4, 4].astype(int) - (191, 118, 83)).max() <= 4
        assert np.abs(shown[28, 4].astype(int) - 128).max() <= 3


def test_profiles_leave_transparency_alone(tmp_path: Path) -> None:
    rgba = np.full((32, 32, 4), (180, 120, 90, 255), np.uint8)
    rgba[:16, :, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "x.png", icc_profile=profile())
    shown = read_image(tmp_path / "x.png")
    assert shown[0, 0].tolist() == [255, 255, 255]
    assert np.abs(shown[28, 4].astype(int) - (191, 118, 83)).max() <= 3


def test_profiles_of_greys_and_palettes(tmp_path: Path) -> None:
    grey = Image.new("L", (32, 32), 100)
    grey.save(tmp_path / "grey.png", icc_profile=profile(space=b"GRAY", gamma=1.0))
    assert np.abs(read_image(tmp_path / "grey.png").astype(int) - 168).max() <= 2
    few = Image.new("RGB", (32, 32), (180, 120, 90)).convert("P", palette=Image.Palette.ADAPTIVE)
    few.save(tmp_path / "few.png", icc_profile=profile())
    assert np.abs(read_image(tmp_path / "few.png")[0, 0].astype(int) - (191, 118, 83)).max() <= 3


@pytest.mark.parametrize(
    "icc",
    [
        b"damaged",
        profile(space=b"GRAY"),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ],
)
def test_profiles_that_do_not_fit_change_nothing(tmp_path: Path, icc: bytes) -> None:
    Image.fromarray(picture()).save(tmp_path / "x.png", icc_profile=icc)
    assert (read_image(tmp_path / "x.png") == picture()).all()


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    ImageCms.applyTransform(Image.fromarray(picture()), to_lab).save(tmp_path / "x.tif")
    assert np.abs(read_image(tmp_path / "x.tif").astype(int) - picture()).max() <= 6


GREYS = np.linspace(0, 1, 32 * 32).reshape(32, 32)


@pytest.mark.parametrize(
    "deep",
    [
        (GREYS * 255).astype(np.int32),
        (GREYS * 65535).astype(np.int32),
        (GREYS * (2**31 - 1)).astype(np.int32),
        GREYS.astype(np.float32),
        (GREYS * 255).astype(np.float32),
        (GREYS * 65535).astype(np.float32),
        (GREYS * 65535).astype(np.uint16),
    ],
    ids=lambda deep: f"{deep.dtype}-{deep.max():.0f}",
)
def test_deep_greys_keep_their_range(tmp_path: Path, deep: np.ndarray) -> None:
    Image.fromarray(deep).save(tmp_path / "x.tif")
    shown = read_image(tmp_path / "x.tif")[..., 0]
    assert np.abs(shown - GREYS * 255).max() <= 1


@pytest.mark.parametrize("kind", [np.float32, np.uint32, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_deep_colours_keep_their_range(tmp_path: Path, kind: type, channels: int) -> None:
    """Of float and 32 bits, which Pillow does not know."""
    given = np.dstack([picture(), np.full((48, 64), 255, np.uint8)])[..., :channels]
    scale = 1 / 255 if kind is np.float32 else (1 << 8 * np.dtype(kind).itemsize) / 255.001
    deep = (given * scale).astype(kind)[..., [2, 1, 0, 3][:channels]]
    assert cv2.imwrite(str(tmp_path / "x.tif"), deep)
    for shown in (read_image(tmp_path / "x.tif"), next(iter(open_frames(tmp_path / "x.tif")))):
        assert np.abs(shown.astype(int) - picture()).max() <= 1


def test_highlights_and_holes_of_floats_are_clipped(tmp_path: Path) -> None:
    deep = GREYS.astype(np.float32)
    deep[0, 0], deep[0, 1], deep[0, 2] = 3.0, np.nan, -1.0
    Image.fromarray(deep).save(tmp_path / "x.tif")
    shown = read_image(tmp_path / "x.tif")[..., 0]
    assert shown[0, :3].tolist() == [255, 0, 0]
    assert np.abs(shown[1:] - GREYS[1:] * 255).max() <= 1


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
@pytest.mark.parametrize(
    "delays_ms",
    [[100, 40, 200, 60, 600], [70, 30, 110, 50, 580], [500, 20, 20, 20, 280], [40] * 20 + [200]],
)
def test_animations_keep_their_times(tmp_path: Path, suffix: str, delays_ms: list[int]) -> None:
    path = tmp_path / f"x{suffix}"
    first, *rest = [Image.fromarray(picture(i)) for i in range(len(delays_ms))]
    options = {"lossless": True} if suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=rest, duration=delays_ms, **options)
    source = open_frames(path)
    standing = runs(source)
    assert len(standing) == len(delays_ms)
    assert source.frame_count == sum(standing)
    slot_ms = 1000 / float(source.rate)
    begins = np.cumsum([0, *standing]) * slot_ms
    assert begins == pytest.approx(np.cumsum([0, *delays_ms]), abs=0.51 * slot_ms)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_delays_too_short_are_a_tenth_of_a_second(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    first, *rest = [Image.fromarray(picture(i)) for i in range(6)]
    first.save(path, save_all=True, append_images=rest, duration=10)
    source = open_frames(path)
    assert (source.rate, source.frame_count) == (10, 6)


def test_animations_of_sixty_pictures_a_second(tmp_path: Path) -> None:
    path = tmp_path / "x.webp"
    times = [round(1000 * i / 60) for i in range(31)]
    first, *rest = [Image.fromarray(picture(i)) for i in range(30)]
    first.save(path, save_all=True, append_images=rest, duration=list(np.diff(times)))
    assert open_frames(path).rate == Fraction(60)


def test_a_picture_for_programs_without_animation_is_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    frames = [Image.fromarray(picture(i)) for i in range(1, 5)]
    poster = Image.fromarray(picture(20))
    poster.save(path, save_all=True, append_images=frames, default_image=True, duration=100)
    shown = list(open_frames(path))
    assert len(shown) == 4
    assert (shown[0] == picture(1)).all()


def test_an_address_on_the_web_is_told_from_a_missing_file() -> None:
    with pytest.raises(InputError, match=r"example.org/a.png is an address on the web"):
        open_frames(Path("https://example.org/a.png"))
