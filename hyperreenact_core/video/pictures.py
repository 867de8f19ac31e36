"""Still pictures, folders of pictures and animated pictures as frames, through Pillow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import InputError
from ..imaging import ImageU8
from .sources import FrameSource, check_size
from .timing import at_constant_rate

PICTURE_SUFFIXES = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".avif"}
)
"""Which files of a folder are pictures. A single file is judged by its content."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "AVIF")
_DEFAULT_DURATION_MS = 100
"""What browsers take for an animation frame without a duration."""


def read_image(path: Path) -> ImageU8:
    """Read one picture upright as [H, W, 3] uint8 RGB; transparency is laid over white.

    Of an animation the first frame. Raises InputError for what is no readable picture.
    """
    check_file(path)
    with _opened(path) as picture:
        image = _rgb(ImageOps.exif_transpose(picture))
    check_size(image.shape[1], image.shape[0], name=str(path))
    return image


def is_picture(path: Path) -> bool:
    """Whether the content, not the name, of a file is that of a picture Pillow reads."""
    try:
        with Image.open(path, formats=_known_formats()):
            return True
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return False


def open_picture(path: Path, *, default_rate: Fraction) -> FrameSource:
    """A still (one frame) or an animated GIF, WebP or PNG as frames."""
    with _opened(path) as picture:
        durations_ms = _durations_ms(picture)
    if len(durations_ms) > 1:
        return _open_animation(path, durations_ms)
    image = read_image(path)
    return FrameSource(
        path=path,
        rate=default_rate,
        frame_count=1,
        width=image.shape[1],
        height=image.shape[0],
        read_frames=lambda: iter([read_image(path)]),
        name_frame=lambda index: path.name,
    )


def open_folder(folder: Path, *, default_rate: Fraction) -> FrameSource:
    """The pictures of a folder in natural order (2.png before 10.png)."""
    try:
        pictures = sorted(
            (p for p in folder.iterdir() if _is_picture_name(p)), key=lambda p: _natural(p.name)
        )
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be read ({error.strerror})") from error
    if not pictures:
        raise InputError(f"{folder}: this folder holds no pictures (PNG, JPEG, WebP, ...)")
    first = read_image(pictures[0])

    def name_frame(index: int) -> str:
        return f"{folder.name}/{pictures[index].name}" if index < len(pictures) else folder.name

    return FrameSource(
        path=folder,
        rate=default_rate,
        frame_count=len(pictures),
        width=first.shape[1],
        height=first.shape[0],
        read_frames=lambda: (read_image(p) for p in pictures),
        name_frame=name_frame,
    )


def check_file(path: Path) -> None:
    """Refuse what is missing, no file, unreadable or empty."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file; check the name")
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; copy or download it again")


def _open_animation(path: Path, durations_ms: list[int]) -> FrameSource:
    rate = Fraction(1000 * len(durations_ms), sum(durations_ms)).limit_denominator(1001)

    def timed_frames() -> Iterator[tuple[Fraction, ImageU8]]:
        elapsed_ms = 0
        with _opened(path) as picture:
            for index, duration_ms in enumerate(durations_ms):
                picture.seek(index)
                yield Fraction(elapsed_ms, 1000), _rgb(picture)
                elapsed_ms += duration_ms

    with _opened(path) as picture:
        width, height = picture.size
    check_size(width, height, name=str(path))
    return FrameSource(
        path=path,
        rate=rate,
        frame_count=len(durations_ms),
        width=width,
        height=height,
        read_frames=lambda: at_constant_rate(timed_frames(), rate),
        name_frame=lambda index: f"{path.name}, frame {index}",
    )


def _durations_ms(picture: Image.Image) -> list[int]:
    """How long each frame stands. Decodes the whole animation: Pillow tells only then."""
    count = getattr(picture, "n_frames", 1)
    if count == 1 or not getattr(picture, "is_animated", False) or picture.format == "TIFF":
        return [_DEFAULT_DURATION_MS]
    durations_ms: list[int] = []
    for index in range(count):
        picture.seek(index)
        picture.load()
        durations_ms.append(round(picture.info.get("duration") or _DEFAULT_DURATION_MS))
    return durations_ms


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; every way in which reading it can fail becomes an InputError."""
    try:
        with Image.open(path, formats=_known_formats()) as picture:
            yield picture
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is not a picture, whatever its name says") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} has too many pixels; use a smaller picture") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow reports damage of the various formats with any of these.
        raise InputError(
            f"{path} is a damaged or incomplete picture ({error}); save or download it again"
        ) from error


def _known_formats() -> list[str]:
    """AVIF is missing in older Pillows, which would refuse its name."""
    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def _rgb(picture: Image.Image) -> ImageU8:
    """Any mode -> [H, W, 3] uint8 RGB."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        # Pillow would clip these 16-bit greys at 255.
        grey = np.clip(np.asarray(picture, dtype=np.int64) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, rgba)
    return np.array(picture.convert("RGB"))


def _is_picture_name(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key in which the numbers within a name count as numbers."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p]
