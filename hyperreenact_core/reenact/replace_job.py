"""One call from a source and a clip to a file: the clip with the source's face."""

from __future__ import annotations

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


class ReplaceJob:
    """A clip whose output is open; `run` does it, once.

    Making one loads no weights. Raises InputError or OutputError that name the file.
    writer: tells, also after an error, how many frames were written and where they are.
    unchanged: frames so far that showed no face.
    """

    def __init__(
        self,
        clip: FrameSource,
        out: Path,
        options: ReplaceOptions,
        *,
        limit: int | None = None,
        crf: int = 18,
        inputs: tuple[Path, ...] = (),
    ) -> None:
        """out, crf: as of `clip.ClipRequest`. limit: frames at most. inputs: what else is read."""
        self._clip, self._options, self._limit = clip, options, limit
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

    def run(
        self, source: SourceFace, models: LoadedSet, host: Host, detector: FaceDetector
    ) -> None:
        """Put the source's face into the clip frame by frame.

        What was done before an error or an interruption is kept, as `video.output.FrameWriter`
        says. Raises as `replace_face`, and what the host raises.
        """
        with telling_kept(self.writer):
            self.write(source, models, host, detector)

    def write(
        self, source: SourceFace, models: LoadedSet, host: Host, detector: FaceDetector
    ) -> None:
        """What `run` does with the writer entered."""
        results = replace_face(
            self._clip,
            source,
            models,
            host,
            options=self._options,
            detector=detector,
            limit=self._limit,
        )
        with closing(results):
            for result in results:
                self.unchanged += not result.has_face
                self.writer.write(result.image)


class ReplaceFiles:
    """A request whose driving clip takes the source's face; see `ReplaceJob`.

    Of the request's options only those count that say how faces are found, how large they are
    drawn, and whether colours are matched. InputError where its files do not suit.
    """

    def __init__(
        self, request: ClipRequest, models: LoadedSet, *, keep_in_front: bool = KEEP_IN_FRONT
    ) -> None:
        self._request, self._models = request, models
        self._picture = picture_of(request.source)
        clip, options = _opened(request), request.options
        self.job = ReplaceJob(
            clip,
            request.out,
            ReplaceOptions(
                options.driving.choice,
                options.driving.stabilise,
                options.size,
                options.colour_match,
                keep_in_front,
            ),
            limit=request.limit,
            crf=request.crf,
            inputs=(request.source,),
        )

    def run(self, host: Host) -> None:
        """Analyse the source, then write frame by frame; raises as `ReplaceJob.run`."""
        request, models = self._request, self._models
        detector = detector_of(models, host, request.detector, insight_root=request.insight_root)
        with telling_kept(self.job.writer):
            source = source_face(request, self._picture, models, host, detector=detector)
            source = source.framed(Framing())  # it is worn, not shown
            self.job.write(source, models, host, detector)


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
