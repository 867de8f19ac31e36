"""Colours of any picture or video as those of a computer's screen: sRGB over white."""

from __future__ import annotations

from functools import cache
from typing import cast

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..imaging import ImageU8
from .tone import PRIMARIES, TRANSFERS, shown_as_srgb

_BT709, _UNSPECIFIED, _RESERVED, _BT601, _BT2020 = 1, 2, 3, 5, 9
"""Colour matrices as H.273 numbers them; swscale takes the same numbers."""

_MATRIX_OF_PRIMARIES = {1: _BT709, 4: _BT601, 5: _BT601, 6: _BT601, 9: _BT2020}
_HD_HEIGHT, _HD_WIDTH = 720, 1280
"""From one of these on players take untagged video for BT.709."""


def over_white(picture: NDArray[np.uint8]) -> ImageU8:
    """[H, W, 4] uint8 with straight alpha -> [H, W, 3] over white."""
    colours, alpha = picture[..., :3], picture[..., 3:].astype(np.uint16)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


class FrameColours:
    """Turns decoded frames of one clip into [H, W, 3] uint8 RGB; keeps its tables between them."""

    def __init__(self, stream: VideoStream) -> None:
        self._context = stream.codec_context
        # The fourth byte of uncompressed AVI means nothing; it is 0 as often as not.
        uncompressed = self._context.codec.canonical_name == "rawvideo"
        self._is_opaque = uncompressed and stream.container.format.name == "avi"
        self._reformatter = VideoReformatter()

    def rgb(self, frame: VideoFrame, *, width: int, height: int) -> ImageU8:
        """A frame scaled to width x height, in sRGB, over white where it is transparent.

        HDR (PQ and HLG) is tone mapped, wide gamuts are converted. Untagged video is BT.709 from
        720 lines on and BT.601 below, as players have it.
        """
        primaries, transfer = self._tags(frame)
        is_srgb = primaries not in PRIMARIES and transfer not in TRANSFERS
        alpha = not self._is_opaque and _is_transparent(frame.format.name)
        kind = ("rgba" if alpha else "rgb24") if is_srgb else ("rgba64le" if alpha else "rgb48le")
        # Older PyAVs leave the matrix of the clip out unless a destination is named.
        pixels = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format=kind,
            src_colorspace=_matrix(frame, primaries, transfer),
            dst_colorspace=_BT601,
        ).to_ndarray()
        if is_srgb:
            picture = cast(NDArray[np.uint8], pixels)
            return over_white(picture) if alpha else picture
        deep = cast(NDArray[np.uint16], pixels)
        shown = shown_as_srgb(deep[..., :3], primaries=primaries, transfer=transfer)
        if not alpha:
            return shown
        return over_white(np.concatenate([shown, (deep[..., 3:] >> 8).astype(np.uint8)], axis=-1))

    def _tags(self, frame: VideoFrame) -> tuple[int, int]:
        """Primaries and transfer as H.273 numbers them; older PyAVs know those of the clip only."""
        context = self._context
        primaries = getattr(frame, "color_primaries", None) or getattr(
            context, "color_primaries", 0
        )
        transfer = getattr(frame, "color_trc", None) or getattr(context, "color_trc", 0)
        return int(primaries), int(transfer)


def _matrix(frame: VideoFrame, primaries: int, transfer: int) -> int | None:
    """The matrix from YUV to RGB, None where the frame tells it or needs none."""
    if frame.format.is_rgb or frame.colorspace not in (_UNSPECIFIED, _RESERVED):
        return None
    if transfer in TRANSFERS:
        return _BT2020
    if primaries in _MATRIX_OF_PRIMARIES:
        return _MATRIX_OF_PRIMARIES[primaries]
    is_hd = frame.height >= _HD_HEIGHT or frame.width >= _HD_WIDTH
    return _BT709 if is_hd else _BT601


@cache
def _is_transparent(pixel_format: str) -> bool:
    components = VideoFormat(pixel_format).components
    return pixel_format == "pal8" or any(component.is_alpha for component in components)
