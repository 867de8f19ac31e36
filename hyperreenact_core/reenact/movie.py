"""Results -> finished video files, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from ..errors import InputError
from ..video.outputs import open_writer
from ..video.sources import FrameSource
from .results import ReenactedFrame


def write_movie(
    results: Iterator[ReenactedFrame],
    clip: FrameSource,
    output: Path,
    *,
    faces: Path | None = None,
) -> ReenactedFrame:
    """Write results with the rate and sound of a clip; memory stays constant. Returns the last.

    faces: where the faces alone go as well, without sound. InputError where there is no result,
    OutputError where a file cannot be written.
    """
    first = next(results, None)
    if first is None:
        raise InputError(f"{clip.path.name} gives no frame to draw")
    result = first
    with ExitStack() as stack:
        height, width = first.image.shape[:2]
        movie = stack.enter_context(
            open_writer(
                output,
                width=width,
                height=height,
                rate=clip.rate,
                audio=clip.audio,
                inputs=[clip.path],
            )
        )
        alone = None
        if faces is not None:
            height, width = first.alone.shape[:2]
            alone = stack.enter_context(
                open_writer(faces, width=width, height=height, rate=clip.rate)
            )
        for result in chain([first], results):
            movie.write(result.image)
            if alone is not None:
                alone.write(result.alone)
    return result
