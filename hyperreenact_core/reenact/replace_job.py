"""One call from a source and a clip to a file: the clip with the source's face."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ..errors import InputError
from ..face.detect import FaceDetector
from ..host import Host
from ..models.sets import LoadedSet
from ..types import Framing
from ..video.output import telling_kept
from ..video.outputs import open_writer
from ..video.reader import open_frames
from ..video.sources import FrameSource
from ..video.trim import trimmed
from .clip import ClipRequest, source_face
from .clip_checks import check_still
from .given_files import is_track, picture_of
from .knobs import KEEP_IN_FRONT
from .replace_face import ReplaceOptions, replace_face
from .source import SourceFace
from .views import detector_of

Wearer = Callable[[Host], tuple[SourceFace, FaceDetector]]
"""Whose face is put into the clip, and what finds the faces there."""


class ReplaceJob:
    """A clip whose faces are replaced; see `clip.ClipJob`.

    unchanged: frames so far that showed no face.
    """

    def __init__(
        self,
        clip: FrameSource,
        out: Path,
        options: ReplaceOptions,
        models: LoadedSet,
        wearer: Wearer,
        *,
        limit: int | None = None,
        crf: int = 18,
        inputs: tuple[Path, ...] = (),
    ) -> None:
        """out, crf: as of `clip.ClipRequest`. limit: frames at most. inputs: what else is read."""
        self._clip, self._options, self._limit = clip, options, limit
        self._models, self._wearer = models, wearer
        check_still(out, clip.frame_count if limit is None else limit)
        self.writer = open_writer(
            out,
            width=clip.width,
            height=clip.height,
            rate=clip.rate,
            audio=clip.audio,
            crf=crf,
            inputs=[clip.path, *inputs],
        )
        self.unchanged = 0

    def run(self, host: Host) -> None:
        """Write the frames with the source's face; raises as `replace_face` and `ClipJob.run`."""
        with telling_kept(self.writer):
            source, detector = self._wearer(host)
            results = replace_face(
                self._clip,
                source,
                self._models,
                host,
                options=self._options,
                detector=detector,
                limit=self._limit,
            )
            with closing(results):
                for result in results:
                    self.unchanged += not result.has_face
                    self.writer.write(result.image)


def replacing(
    request: ClipRequest, models: LoadedSet, *, keep_in_front: bool = KEEP_IN_FRONT
) -> ReplaceJob:
    """The job of a request whose driving clip takes the source's face.

    Of the request's options only those count that say how faces are found, how large they are
    drawn, and whether colours are matched. InputError where its files do not suit.
    """
    options, picture = request.options, picture_of(request.source)

    def wearer(host: Host) -> tuple[SourceFace, FaceDetector]:
        detector = detector_of(models, host, request.detector, insight_root=request.insight_root)
        source = source_face(request, picture, models, host, detector=detector)
        return source.framed(Framing()), detector  # it is worn, not shown

    return ReplaceJob(
        _opened(request),
        request.out,
        ReplaceOptions(
            options.driving.choice,
            options.driving.stabilise,
            options.size,
            keep_in_front,
            colour_match=options.colour_match,
        ),
        models,
        wearer,
        limit=request.limit,
        crf=request.crf,
        inputs=(request.source,),
    )


def _opened(request: ClipRequest) -> FrameSource:
    """The driving clip from its first frame on."""
    if is_track(request.driving):
        raise InputError(
            f"{request.driving.name} is a pose track, which shows no face that could be replaced: "
            "give the video"
        )
    clip = open_frames(request.driving, default_rate=request.default_rate)
    if clip.frame_count is not None and request.start >= clip.frame_count:
        raise InputError(
            f"{request.driving} has {clip.frame_count} frame(s), numbered from 0: there is no "
            f"frame {request.start} to start with"
        )
    duration = None if request.limit is None else request.limit / clip.rate
    return trimmed(clip, start=request.start / clip.rate, duration=duration)
