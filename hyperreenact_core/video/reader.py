"""The one way in: any picture, folder, animation or video as frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from .clips import DEFAULT_RATE, open_clip
from .pictures import check_file, is_picture, open_folder, open_picture
from .sources import FrameSource


def open_frames(path: Path, *, default_rate: Fraction = DEFAULT_RATE) -> FrameSource:
    """Open a picture, a folder of pictures, an animated GIF or WebP, or a video.

    `default_rate` (frames a second) is for pictures, which have none. What a file is, its content
    decides, not its name. Raises InputError with one line that names the file: missing, empty,
    no picture, no video, sound only, cut off, or too small.
    """
    if path.is_dir():
        return open_folder(path, default_rate=default_rate)
    check_file(path)
    if is_picture(path):
        return open_picture(path, default_rate=default_rate)
    return open_clip(path)
