"""The one way out: a writer chosen by the name of the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from ..errors import OutputError
from ..imaging import ImageU8
from .animations import GifWriter, WebpWriter
from .output import FrameWriter, check_not_input
from .sources import AudioSource
from .stills import STILL_SUFFIXES, FolderWriter, StillWriter
from .writer import VIDEO_SUFFIXES, VideoWriter


def open_writer(
    path: Path,
    *,
    width: int,
    height: int,
    rate: Fraction,
    audio: AudioSource | None = None,
    crf: int = 18,
    alpha: ImageU8 | None = None,
    metadata: Mapping[str, str] | None = None,
    inputs: Sequence[Path] = (),
) -> FrameWriter:
    """Open `path` for frames of one size; what is written, its suffix decides.

    .mp4 .m4v .mov .mkv: H.264 with `audio` and quality `crf` (lower is better, 0 to 51); .webm:
    VP9 likewise. .gif .webp: an endless animation. .png .jpg: one picture. No suffix, or an
    existing folder: a folder of PNG frames. `alpha`: opacity [height, width] of all frames, which
    lie over white; folders, .png, .webp, .webm and .mov (ProRes 4444) keep it. `inputs` are the
    files being read, which must not be overwritten. Missing parent folders are made. Raises
    OutputError naming the file.
    """
    check_not_input(path, inputs)
    suffix = path.suffix.lower()
    if path.is_dir() or not suffix:
        return FolderWriter(path, width=width, height=height, alpha=alpha, metadata=metadata)
    if suffix in VIDEO_SUFFIXES:
        return VideoWriter(
            path,
            width=width,
            height=height,
            rate=rate,
            audio=audio,
            crf=crf,
            alpha=alpha,
            metadata=metadata,
        )
    if suffix == ".gif":
        return GifWriter(path, width=width, height=height, rate=rate, metadata=metadata)
    if suffix == ".webp":
        return WebpWriter(
            path, width=width, height=height, rate=rate, alpha=alpha, metadata=metadata
        )
    if suffix in STILL_SUFFIXES:
        return StillWriter(path, width=width, height=height, alpha=alpha, metadata=metadata)
    raise OutputError(
        f"{path}: {suffix} files cannot be written; name an .mp4, .mov, .mkv, .webm, .gif, .webp, "
        ".png or .jpg file, or a folder"
    )
