"""Pillow's pictures of any mode and colour profile as sRGB over white."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from ..imaging import ImageU8
from .colour import over_white

_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
"""Tags of TIFF."""

_WHITE_IS_ZERO = 0
_BRIGHTEST_HIGHLIGHT = 16
"""Floats up to here are in parts of white, brighter ones are highlights; others are 0 to 255."""

_PROFILE_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab"}


def screen_rgb(picture: Image.Image, *, upright: bool = False) -> ImageU8:
    """Any mode -> [H, W, 3] uint8 sRGB; a colour profile is applied, transparency is over white.

    upright: turned as its EXIF says.
    """
    tags = getattr(picture, "tag_v2", {})  # of TIFF; turning loses them
    if upright:
        picture = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = Image.fromarray(_deep_grey(picture, tags))
    if not picture.has_transparency_data:
        return np.asarray(_srgb(picture, profile)).copy()
    rgba = picture.convert("RGBA")
    colours = np.asarray(_srgb(rgba.convert("RGB"), profile))
    return over_white(np.concatenate([colours, np.asarray(rgba)[..., 3:]], axis=-1))


def eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Whole numbers or floats of whatever range -> uint8.

    Integers of 16 and 32 bits span them if the largest needs more than the 8 or 16 bits below,
    floats are 0 to 1 (brighter is clipped), 0 to 255 or 0 to 65535.
    """
    if values.dtype.kind == "f":
        finite = np.nan_to_num(values.astype(np.float64), posinf=1.0, neginf=0.0)
        peak = float(finite.max(initial=0))
        whites = (_BRIGHTEST_HIGHLIGHT, 1.0), (255.5, 255.0), (65535.5, 65535.0)
        white = next((white for most, white in whites if peak <= most), peak)
        return np.round(255 * np.clip(finite / white, 0, 1)).astype(np.uint8)
    signed = int(values.dtype.kind == "i")
    peak = int(values.max(initial=0))
    spans = [bits for bits in (8, 16) if peak < 1 << bits] or [8 * values.itemsize - signed]
    bits = 16 if values.itemsize == 2 else spans[0]
    return (np.maximum(values, 0) >> (bits - 8)).astype(np.uint8)


def _deep_grey(picture: Image.Image, tags: Mapping[int, Any]) -> NDArray[np.uint8]:
    """Greys of more than 8 bits, which Pillow would clip at 255."""
    values = np.asarray(picture)
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    if picture.mode == "I" and bits == 32 and tags.get(_SAMPLE_FORMAT, (1,))[0] == 1:
        values = values.view(np.uint32)
    if picture.mode != "F" and bits < 32:
        # Of PNG and of TIFF with 9 to 16 bits.
        is_signed = tags.get(_SAMPLE_FORMAT, (1,))[0] == 2
        shift = max(bits - 8 - is_signed, 0)
        grey = np.clip(np.maximum(values, 0).astype(np.int64) >> shift, 0, 255).astype(np.uint8)
    else:
        grey = eight_bits(values)
    return 255 - grey if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else grey


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB of a picture without transparency."""
    if picture.mode == "LAB":
        transform = _transform(None, "LAB")
    elif profile and picture.mode not in ("L", "CMYK"):
        picture = picture.convert("RGB")
        transform = _transform(profile, "RGB")
    else:
        transform = _transform(profile, picture.mode) if profile else None
        if profile and transform is None and picture.mode == "L":
            # A grey picture with the profile of a colour space.
            picture = picture.convert("RGB")
            transform = _transform(profile, "RGB")
    if transform is None:
        return picture.convert("RGB")
    return transform.apply(picture)


@lru_cache(maxsize=8)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None where it is sRGB, of another colour space, or damaged."""
    try:
        if profile is None:
            given = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        core = cast(Any, given.profile)
        if core.xcolor_space.strip() != _PROFILE_SPACES[mode]:
            return None
        if (core.profile_description or "").startswith("sRGB"):
            return None
        return ImageCms.buildTransform(
            given,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, ImportError, OSError, TypeError, ValueError):
        return None  # ImportError: a Pillow without LittleCMS
