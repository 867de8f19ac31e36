"""What is behind a head: painted scenes and a user's own pictures, sharp or out of focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import InputError
from . import scenery_outdoors as outdoors
from . import scenery_rooms as rooms
from . import scenery_surfaces as surfaces
from .scenery import Sketch
from .scenery_light import LINEAR, lit

PICTURE: Final = "picture"
PICTURE_SHARE: Final = 0.4
"""How often a background is one of the user's pictures, where there are any."""

_Painter = Callable[[Sketch, Generator], None]
_PAINTERS: Final[dict[str, tuple[float, _Painter]]] = {
    "room": (0.22, rooms.room),
    "kitchen": (0.05, rooms.kitchen),
    "office": (0.07, rooms.office),
    "library": (0.05, rooms.library),
    "landscape": (0.10, outdoors.landscape),
    "foliage": (0.09, outdoors.foliage),
    "street": (0.08, outdoors.street),
    "night": (0.05, outdoors.night),
    "backdrop": (0.09, surfaces.backdrop),
    "painting": (0.04, surfaces.painting),
    "masonry": (0.06, surfaces.masonry),
    "textile": (0.02, surfaces.textile),
    "abstract": (0.03, surfaces.abstract),
    "clutter": (0.04, surfaces.clutter),
    "strands": (0.01, surfaces.strands),
}
KINDS: Final = (*_PAINTERS, PICTURE)
_EVEN: Final = ("backdrop", "painting", "abstract", "landscape", "street", "night")
# Sharp scenes are drawn no smaller than this, or lines would come out thicker.
_LEAST_SIZE: Final = 256
_PICTURE_SIZE: Final = 640
_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Background:
    """Everything that makes a background; the pixels follow from it alone.

    `kind` is one of `KINDS`, `seed` fixes what is painted and how it is lit; `blur` is the radius
    of the disc a point out of focus becomes, a fraction of the picture's width; `level` the
    exposure, a factor; `warmth` > 0 yellow, < 0 blue, in natural units of red over blue;
    `picture` the file, for the kind "picture".
    """

    kind: str
    seed: int
    blur: float = 0.0
    level: float = 1.0
    warmth: float = 0.0
    picture: Path | None = None


@dataclass(frozen=True)
class Pictures:
    """A user's pictures: files, in the order of their names; digest of names and sizes in bytes."""

    paths: tuple[Path, ...] = ()
    digest: str = ""


def find_pictures(folder: Path) -> Pictures:
    """The pictures in a folder, told by their endings; other files and folders are passed over.

    Raises InputError where there is no such folder, no picture in it, or one that cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder of background pictures")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        endings = ", ".join(_SUFFIXES)
        raise InputError(f"{folder}: holds no background pictures; put files there ({endings})")
    digest = sha256()
    for path in paths:
        with _opened(path):
            digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return Pictures(tuple(paths), digest.hexdigest()[:16])


def sample_background(rng: Generator, *, pictures: Sequence[Path] = ()) -> Background:
    """Draw a background at random; `pictures` are files without people, used for a share."""
    seed = int(rng.integers(2**62))
    use_picture, which = rng.random() < PICTURE_SHARE, int(rng.integers(2**31))
    weights = np.array([weight for weight, _ in _PAINTERS.values()])
    kind = str(rng.choice(list(_PAINTERS), p=weights / weights.sum()))
    picture = pictures[which % len(pictures)] if pictures and use_picture else None
    sharp, radius = rng.random() < 0.3, float(np.exp(rng.uniform(np.log(0.003), np.log(0.06))))
    if kind == "night" and picture is None:
        sharp, radius = False, rng.uniform(0.012, 0.07)
    return Background(
        kind=kind if picture is None else PICTURE,
        seed=seed,
        blur=0.0 if sharp else radius,
        level=float(np.exp(rng.normal(-0.15, 0.4))),
        warmth=float(rng.normal(0.05, 0.25)),
        picture=picture,
    )


def draw_background(background: Background, size: int) -> NDArray[np.float32]:
    """Paint a background -> [size, size, 3] linear RGB (sRGB primaries), 0..1 and above for lights.

    The scene is the same at every size, up to resampling. Raises InputError where `kind` is not
    known or the picture cannot be read.
    """
    work = _working_size(background.blur, size)
    warm = background.warmth * np.array([0.5, 0.08, -0.5])
    factor = (background.level * np.exp(warm)).astype(np.float32)
    linear = _painted(background, work) * factor
    if work != size:
        shrink = cv2.INTER_AREA if work > size else cv2.INTER_CUBIC
        linear = cv2.resize(linear, (size, size), interpolation=shrink)
    return np.maximum(linear, 0, out=linear)


@lru_cache(maxsize=1)
def _painted(background: Background, size: int) -> NDArray[np.float32]:
    """Kept, for a scene asks for its background twice: as the light around, then as a picture."""
    view_rng = np.random.default_rng((background.seed, 1))
    light_rng = np.random.default_rng((background.seed, 2))
    if background.kind == PICTURE:
        linear = _picture(background, view_rng, size)
    else:
        linear = _scene(background, view_rng, light_rng, size)
    return _out_of_focus(linear, background.blur * size)


def _working_size(blur: float, size: int) -> int:
    """Blurred scenes need few pixels: enough for a disc of radius 4 to 5."""
    sharp = max(size, _LEAST_SIZE)
    return sharp if blur <= 0 else int(np.clip(4.5 / blur, 96, sharp))


def _scene(
    background: Background, view_rng: Generator, light_rng: Generator, size: int
) -> NDArray[np.float32]:
    if background.kind not in _PAINTERS:
        kinds = ", ".join(KINDS)
        raise InputError(f"no background is called '{background.kind}'; choose from: {kinds}")
    sketch = Sketch(size, _view(view_rng))
    _PAINTERS[background.kind][1](sketch, np.random.default_rng((background.seed, 0)))
    return lit(sketch, light_rng, patches=0.02 if background.kind in _EVEN else 0.15)


def _view(rng: Generator) -> NDArray[np.float64]:
    """A random look at the board: near or far, rolled, aslant, mirrored -> [3, 3]."""
    side = rng.uniform(0.5, 1.15)
    roll = np.radians(rng.normal(0, 4))
    slant, pitch = rng.normal(0, 0.12, 2) * [1, 0.5]
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    corners *= 1 + corners[:, :1] * slant + corners[:, 1:] * pitch
    turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    corners = corners @ turn
    if rng.random() < 0.5:
        corners[:, 0] *= -1
    span = np.abs(corners).max(0)
    centre = 0.5 + rng.uniform(-1, 1, 2) * np.maximum(0.72 - span, 0)
    target = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    view = cv2.getPerspectiveTransform((corners + centre).astype(np.float32), target)
    return np.asarray(view, np.float64)


def _out_of_focus(linear: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Spread every point over a disc of `radius` pixels; below a third of one nothing is done."""
    if radius < 0.35:
        return linear
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    spread = cv2.filter2D(linear, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    return np.asarray(spread, np.float32)


def _picture(background: Background, rng: Generator, size: int) -> NDArray[np.float32]:
    """A random crop of the user's picture -> [size, size, 3] linear, highlights raised."""
    if background.picture is None:
        raise InputError("a background of the kind 'picture' needs a file; set its `picture`")
    whole = _read(background.picture)
    height, width = whole.shape[:2]
    side = min(height, width) * rng.uniform(0.5, 1.0)
    x0, y0 = rng.uniform(0, width - side), rng.uniform(0, height - side)
    scale = side / size
    crop_from_view = np.array(
        [[scale, 0, x0 + scale / 2 - 0.5], [0, scale, y0 + scale / 2 - 0.5]], np.float64
    )
    if scale > 1.5:
        whole = cv2.GaussianBlur(whole, (0, 0), 0.4 * scale)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(
        whole, crop_from_view, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    if rng.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    linear = cv2.LUT(crop, LINEAR)
    # Lamps and sky were clipped when the picture was taken; raised again, they blur to discs.
    peak = linear.max(-1, keepdims=True)
    return linear * (1 + np.float32(rng.uniform(0, 6)) * peak**8)


@lru_cache(maxsize=24)
def _read(path: Path) -> NDArray[np.uint8]:
    """Read a picture, its short side about 640 px at most; the last two dozen are kept."""
    with _opened(path) as opened:
        opened.draft("RGB", (_PICTURE_SIZE, _PICTURE_SIZE))
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    ratio = _PICTURE_SIZE / min(picture.size)
    if ratio < 1:
        wide, high = (max(1, round(side * ratio)) for side in picture.size)
        picture = picture.resize((wide, high), Image.Resampling.BOX)
    pixels: NDArray[Any] = np.asarray(picture)
    return np.ascontiguousarray(pixels, np.uint8)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A picture file; what cannot be read of it inside is an InputError that names it."""
    try:
        with Image.open(path) as opened:
            yield opened
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"cannot read the background picture {path} ({error}): replace or remove it"
        ) from error
