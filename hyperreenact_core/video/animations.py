"""Animated GIF and WebP, written frame by frame."""

from __future__ import annotations

import io
import shutil
import struct
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from PIL import Image

from ..imaging import ImageU8
from .labels import comment_text, xmp_packet
from .media import media_name
from .output import FrameWriter, output_errors

GIF_MAX_RATE = Fraction(50)
"""GIF counts in hundredths of a second, and viewers slow down what is shorter than two."""

GIF_COLOURS = 256

_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
_DITHER = (_BAYER * 2 - 15).astype(np.int16) // 2
"""Grey levels added before the nearest colour is taken; about one step between colours."""

_WEBP_QUALITY = 90
_WEBP_ANIMATED, _WEBP_HAS_XMP, _WEBP_HAS_ALPHA = 0x02, 0x04, 0x10
_WEBP_NO_BLEND = 0x02


class GifWriter(FrameWriter):
    """Animated GIF, endless, each frame with a palette of its own.

    Above 50 frames a second frames are left out; the duration stays. Sound is not possible.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        rate: Fraction,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, width=width, height=height)
        self._rate = rate
        self._metadata = metadata
        self._last_tick = -1
        with output_errors(path):
            self._container = av.open(media_name(self._part), "w", format="gif")
            self._stream = self._container.add_stream("gif", rate=min(rate, GIF_MAX_RATE))
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "pal8"

    def _append(self, frame: ImageU8) -> None:
        tick = int(self.frames_written * min(GIF_MAX_RATE / self._rate, Fraction(1)))
        if tick == self._last_tick:
            return
        self._last_tick = tick
        # The stubs leave out that pal8 takes indices and palette.
        picture = av.VideoFrame.from_ndarray(cast(ImageU8, _indexed(frame)), format="pal8")
        picture.pts = tick
        picture.time_base = 1 / min(self._rate, GIF_MAX_RATE)
        self._container.mux(self._stream.encode(picture))

    def _finish(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        _add_gif_comment(self._part, comment_text(self._metadata))

    def _abandon(self) -> None:
        self._container.close()


class WebpWriter(FrameWriter):
    """Animated WebP, endless. Frames are encoded one by one, each complete in itself.

    alpha: see FrameWriter.

    Pillow and FFmpeg hold an animation in memory until it is saved; so the container, which is
    a plain list of chunks, is written here.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        rate: Fraction,
        alpha: ImageU8 | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, width=width, height=height)
        self.alpha = alpha
        self._rate = rate
        self._xmp = xmp_packet(metadata)
        with output_errors(path):
            self._file = self._part.open("wb")
            self._file.write(b"RIFF\0\0\0\0WEBP")
            shown = 0 if alpha is None else _WEBP_HAS_ALPHA
            flags = struct.pack("<I", _WEBP_ANIMATED | _WEBP_HAS_XMP | shown)
            self._file.write(_chunk(b"VP8X", flags + _u24(width - 1) + _u24(height - 1)))
            background_and_loops = b"\xff\xff\xff\xff" + b"\0\0"
            self._file.write(_chunk(b"ANIM", background_and_loops))

    def _append(self, frame: ImageU8) -> None:
        still = io.BytesIO()
        Image.fromarray(frame).save(still, "WEBP", quality=_WEBP_QUALITY)
        # Rounding the times, not the durations, keeps a long animation in step.
        begin, end = (round(1000 * n / self._rate) for n in self._span)
        header = _u24(0) + _u24(0) + _u24(self.width - 1) + _u24(self.height - 1)
        header += _u24(end - begin) + bytes([_WEBP_NO_BLEND])
        self._file.write(_chunk(b"ANMF", header + _image_chunks(still.getvalue())))

    def _finish(self) -> None:
        self._file.write(_chunk(b"XMP ", self._xmp))
        size = self._file.tell()
        self._file.seek(4)
        self._file.write(struct.pack("<I", size - 8))
        self._file.close()

    def _abandon(self) -> None:
        self._file.close()

    @property
    def _span(self) -> tuple[int, int]:
        return self.frames_written, self.frames_written + 1


def _indexed(frame: ImageU8) -> tuple[ImageU8, ImageU8]:
    """[H, W, 3] -> [H, W] indices and the [256, 4] ARGB palette chosen for this frame.

    Ordered dithering stands still where the picture does: no flicker, and smaller files.
    """
    palette = Image.fromarray(frame).quantize(GIF_COLOURS, method=Image.Quantize.FASTOCTREE)
    height, width = frame.shape[:2]
    pattern = np.tile(_DITHER, (height // 4 + 1, width // 4 + 1))[:height, :width, None]
    dithered = np.clip(frame.astype(np.int16) + pattern, 0, 255).astype(np.uint8)
    indices = Image.fromarray(dithered).quantize(palette=palette, dither=Image.Dither.NONE)
    argb = np.full((GIF_COLOURS, 4), 255, np.uint8)
    colours = np.array(palette.getpalette("RGB"), np.uint8).reshape(-1, 3)
    argb[: len(colours), 1:] = colours
    return np.array(indices), argb


def _add_gif_comment(path: Path, comment: str) -> None:
    """Put a comment before the first frame, where readers look for it; FFmpeg writes none."""
    text = comment.encode("ascii", "replace")
    blocks = b"".join(
        bytes([len(part)]) + part for part in (text[i : i + 255] for i in range(0, len(text), 255))
    )
    bare = path.with_suffix(".bare")
    path.replace(bare)
    with bare.open("rb") as source, path.open("wb") as target:
        header = source.read(13)
        has_palette, palette_bits = header[10] & 0x80, (header[10] & 0x07) + 1
        palette = source.read(3 << palette_bits if has_palette else 0)
        target.write(header + palette + b"\x21\xfe" + blocks + b"\0")
        shutil.copyfileobj(source, target)
    bare.unlink()


def _image_chunks(webp: bytes) -> bytes:
    """The chunks of a single picture that belong into an animation: without a VP8X of its own."""
    riff_header, extended_header = 12, 18
    chunks = webp[riff_header:]
    return chunks[extended_header:] if chunks.startswith(b"VP8X") else chunks


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def _u24(value: int) -> bytes:
    return struct.pack("<I", value)[:3]
