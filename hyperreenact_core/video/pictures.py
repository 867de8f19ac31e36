"""Still pictures, folders of pictures and animated pictures as frames, through Pillow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import InputError
from ..imaging import ImageU8
from .colour import over_white
from .heif import is_heif, read_heif
from .rates import timing_of
from .screen import eight_bits, screen_rgb
from .sources import FrameSource, check_size
from .timing import at_constant_rate

_ADDRESS = re.compile(r"(https?|ftp|rtsp|rtmp):/", re.IGNORECASE)
"""A path's second slash is gone."""

PICTURE_SUFFIXES = frozenset(
    {
        ".png",
        ".apng",
        ".jpg",
        ".jpeg",
        ".webp",
        ".bmp",
        ".tif",
        ".tiff",
        ".gif",
        ".ppm",
        ".avif",
        ".heic",
        ".heif",
    }
)
"""Which files of a folder are pictures. A single file is judged by its content."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "AVIF")
_TOO_SHORT_MS, _DEFAULT_DURATION_MS = 10, Fraction(100)
"""Browsers show a frame that is to stand so short, or has no duration, as long as the latter."""

_TIFF = (b"II*\0", b"MM\0*")
_TICK = Fraction(1, 1_000_000)


def read_image(path: Path) -> ImageU8:
    """Read one picture upright as [H, W, 3] uint8 RGB; transparency is laid over white.

    Of an animation the first frame. Raises InputError for what is no readable picture.
    """
    check_file(path)
    if is_heif(path):
        image = read_heif(path)
    elif _is_deep_tiff(path):
        image = _deep_tiff(path)
    else:
        with _opened(path) as picture:
            image = screen_rgb(picture, upright=True)
    check_size(image.shape[1], image.shape[0], name=str(path))
    return image


@contextmanager
def opened_picture(path: Path) -> Iterator[Image.Image | None]:
    """A picture as Pillow opens it; None for what is read in other ways. Raises InputError."""
    check_file(path)
    if is_heif(path) or _is_deep_tiff(path):
        yield None
        return
    with _opened(path) as picture:
        yield picture


def is_picture(path: Path) -> bool:
    """Whether the content, not the name, of a file is that of a picture."""
    if is_heif(path) or _is_deep_tiff(path):
        return True
    return _is_known(path)


def _is_known(path: Path) -> bool:
    """Whether Pillow reads it."""
    try:
        with Image.open(path, formats=_known_formats()):
            return True
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return False


def open_picture(path: Path, *, default_rate: Fraction) -> FrameSource:
    """A still (one frame) or an animated GIF, WebP or PNG as frames."""
    if is_heif(path) or _is_deep_tiff(path):
        return _open_still(path, default_rate=default_rate)
    with _opened(path) as picture:
        # A PNG may hold a picture for programs without animation, which is none of its frames.
        first = int(bool(picture.info.get("default_image")))
        durations_ms = _durations_ms(picture, first=first)
    if len(durations_ms) > 1:
        return _open_animation(path, durations_ms, first=first)
    return _open_still(path, default_rate=default_rate)


def _open_still(path: Path, *, default_rate: Fraction) -> FrameSource:
    image = read_image(path)
    return FrameSource(
        path=path,
        rate=default_rate,
        frame_count=1,
        width=image.shape[1],
        height=image.shape[0],
        read_frames=lambda: (read_image(one) for one in (path,)),
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
        if _ADDRESS.match(str(path)):
            raise InputError(f"{path} is an address on the web; download it and name the file")
        raise InputError(f"{path}: there is no such file; check the name")
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; copy or download it again")


def _open_animation(path: Path, durations_ms: list[Fraction], *, first: int) -> FrameSource:
    ends = list(accumulate(durations_ms))
    begins = [Fraction(0), *ends[:-1]]
    # Whole microseconds: APNG counts in any fraction of a second.
    ticks = np.array([round(1000 * begin) for begin in begins], np.int64)
    timing = timing_of(ticks, _TICK, end=ends[-1] / 1000)

    def timed_frames() -> Iterator[tuple[Fraction, ImageU8]]:
        with _opened(path) as picture:
            for index, tick in enumerate(ticks):
                picture.seek(first + index)
                yield int(tick) * _TICK, screen_rgb(picture)

    with _opened(path) as picture:
        width, height = picture.size
    check_size(width, height, name=str(path))
    return FrameSource(
        path=path,
        rate=timing.rate,
        frame_count=timing.frame_count,
        width=width,
        height=height,
        read_frames=lambda: at_constant_rate(timed_frames(), timing.rate, seconds=timing.seconds),
        name_frame=lambda index: f"{path.name}, frame {index}",
    )


def _durations_ms(picture: Image.Image, *, first: int) -> list[Fraction]:
    """How long each frame stands. Decodes the whole animation: Pillow tells only then."""
    count = getattr(picture, "n_frames", 1)
    if count - first <= 1 or not getattr(picture, "is_animated", False) or _has_pages(picture):
        return [_DEFAULT_DURATION_MS]
    durations_ms: list[Fraction] = []
    for index in range(first, count):
        picture.seek(index)
        picture.load()
        given = Fraction(picture.info.get("duration") or 0).limit_denominator(1000)
        durations_ms.append(given if given > _TOO_SHORT_MS else _DEFAULT_DURATION_MS)
    return durations_ms


def _has_pages(picture: Image.Image) -> bool:
    """Whether its pictures are pages, not frames."""
    return picture.format == "TIFF"


def _is_deep_tiff(path: Path) -> bool:
    """Whether it is a TIFF that Pillow does not know: colours of 32 bits or floats."""
    try:
        with path.open("rb") as file:
            is_tiff = file.read(4) in _TIFF
    except OSError:
        return False
    return is_tiff and not _is_known(path)


def _deep_tiff(path: Path) -> ImageU8:
    """Read by OpenCV."""
    try:
        values = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        values = None
    if values is None:
        raise InputError(f"{path} is a TIFF of a kind that cannot be read; save it as PNG")
    shallow = eight_bits(values) if values.itemsize > 1 else values.astype(np.uint8)
    if shallow.ndim == 2:
        return np.repeat(shallow[..., None], 3, axis=2)
    rgb = np.ascontiguousarray(shallow[..., 2::-1])
    return rgb if shallow.shape[2] == 3 else over_white(np.dstack([rgb, shallow[..., 3]]))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture; every way in which reading it can fail becomes an InputError."""
    try:
        with Image.open(path, formats=_known_formats()) as picture:
            yield picture
    except UnidentifiedImageError as error:
        raise InputError(
            f"{path} is no picture that can be read (PNG, JPEG, WebP, TIFF, AVIF, HEIC, ...); "
            "save it as PNG"
        ) from error
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


def _is_picture_name(path: Path) -> bool:
    return (
        path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key in which the numbers within a name count as numbers."""
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p]
