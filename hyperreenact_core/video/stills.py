"""PNG frames in a folder, and single pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from ..errors import OutputError
from ..imaging import ImageU8
from ..whole_files import sweep
from .labels import comment_text, png_text, xmp_packet
from .output import FrameWriter, output_errors

STILL_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
_OPAQUE_SUFFIXES = frozenset({".jpg", ".jpeg"})

_FRAME_NAME = re.compile(r"\d{6,}\.png")
_PNG_COMPRESSION = 3  # a third of the time of the default 6, files an eighth larger
_JPEG_QUALITY = 95
_WEBP_QUALITY = 95


class FolderWriter(FrameWriter):
    """A folder of PNG frames 000000.png, 000001.png, ...

    A folder of such frames is replaced; one that holds anything else is refused. alpha: see
    FrameWriter.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        alpha: ImageU8 | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        _check_replaceable(path)
        super().__init__(path, width=width, height=height)
        self.alpha = alpha
        self._metadata = metadata
        with output_errors(path):
            self._part.mkdir()

    def _append(self, frame: ImageU8) -> None:
        _save(self._part / f"{self.frames_written:06d}.png", frame, metadata=self._metadata)

    def _finish(self) -> None:
        return None

    def _abandon(self) -> None:
        return None


class StillWriter(FrameWriter):
    """One picture; a second frame is an error that says where frames can go.

    alpha: kept by PNG and WebP, see FrameWriter.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        alpha: ImageU8 | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, width=width, height=height)
        self.alpha = None if path.suffix.lower() in _OPAQUE_SUFFIXES else alpha
        self._metadata = metadata

    def _append(self, frame: ImageU8) -> None:
        if self.frames_written > 0:
            raise OutputError(
                f"{self.path} can hold one picture only; name an .mp4, .gif or .webp file or a "
                "folder for several frames"
            )
        _save(self._part, frame, metadata=self._metadata)

    def _finish(self) -> None:
        return None

    def _abandon(self) -> None:
        return None


def write_image(path: Path, image: ImageU8, *, metadata: Mapping[str, str] | None = None) -> None:
    """Save one picture ([H, W, 3] uint8 RGB) as PNG, JPEG or WebP, marked as AI-generated."""
    height, width = image.shape[:2]
    with StillWriter(path, width=width, height=height, metadata=metadata) as writer:
        writer.write(image)


def _save(path: Path, image: ImageU8, *, metadata: Mapping[str, str] | None) -> None:
    picture = Image.fromarray(image)
    match path.suffix.lower():
        case ".png":
            picture.save(path, pnginfo=png_text(metadata), compress_level=_PNG_COMPRESSION)
        case ".jpg" | ".jpeg":
            picture.save(
                path,
                quality=_JPEG_QUALITY,
                subsampling=0,
                comment=comment_text(metadata),
                xmp=xmp_packet(metadata),
            )
        case ".webp":
            picture.save(path, quality=_WEBP_QUALITY, xmp=xmp_packet(metadata))
        case suffix:
            raise OutputError(f"{path}: {suffix or 'no'} suffix; use .png, .jpg or .webp")


def _check_replaceable(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file; name a folder, or an .mp4, .gif or .webp file")
    sweep(folder)
    with output_errors(folder):
        strangers = [p.name for p in folder.iterdir() if not _FRAME_NAME.fullmatch(p.name)]
    if strangers:
        raise OutputError(
            f"{folder} holds other files ({strangers[0]}); choose an empty or a new folder"
        )
