"""A driving clip -> a finished video file, frame by frame."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ..errors import InputError
from ..video.outputs import open_writer
from ..video.sources import FrameSource
from .missing import DrivingReport
from .pipeline import Reenactor
from .source import SourceFace


def reenact_clip(
    source: SourceFace, clip: FrameSource, reenactor: Reenactor, output: Path
) -> DrivingReport:
    """Animate the source with a clip; its rate and sound are kept, memory stays constant.

    InputError where the clip holds no frame, OutputError where the file cannot be written.
    """
    results = reenactor.reenact(source, clip, total=clip.frame_count, name_frame=clip.name_of)
    with closing(results):
        first = next(results, None)
        if first is None:
            raise InputError(f"{clip.path.name} gives no frame to draw")
        height, width = first.image.shape[:2]
        with open_writer(
            output,
            width=width,
            height=height,
            rate=clip.rate,
            audio=clip.audio,
            inputs=[clip.path],
        ) as writer:
            writer.write(first.image)
            for result in results:
                writer.write(result.image)
    return results.report
