"""One call from files to a file: footage + clip -> the footage with another performance."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ..choices import DetectorKind, FaceChoice
from ..errors import InputError
from ..host import Host
from ..models.sets import LoadedSet
from ..video.clips import DEFAULT_RATE
from ..video.output import telling_kept
from ..video.outputs import open_writer
from ..video.reader import open_frames
from ..video.sources import AudioSource, FrameSource
from ..video.trim import trimmed
from .changed import FootageFrame
from .footage import FootageOptions, reenact_footage
from .footage_faces import read_performance
from .given_files import is_identity, is_track
from .knobs import LengthRule, Sound
from .posetrack import PoseTrack
from .transfer import Score
from .views import detector_of


@dataclass(frozen=True)
class FootageRequest:
    """What is to be made of what.

    source: the footage, whose rate and size the result has. driving: a clip at any rate. out: as
    for `clip.ClipRequest`. performer: which face of the clip drives. length: where they are not
    equally long. limit: frames at most. crf: quality of a video, 0 to 51. track: what is performed,
    at the rate of the clip, whose pictures then are not looked at. detector, insight_root: as for
    `detector_of`.
    """

    source: FrameSource
    driving: FrameSource
    out: Path
    options: FootageOptions = field(default_factory=FootageOptions)
    performer: FaceChoice = "largest"
    length: LengthRule = "shortest"
    sound: Sound = "auto"
    limit: int | None = None
    crf: int = 18
    track: PoseTrack | None = None
    detector: DetectorKind = "auto"
    insight_root: Path | None = None


def is_footage(source: Path) -> bool:
    """Whether a source has more than one frame; InputError where it is none."""
    return not is_identity(source) and open_frames(source).frame_count != 1


def opened_together(
    source: Path,
    driving: Path,
    *,
    start: int,
    limit: int | None,
    length: LengthRule,
    default_rate: Fraction = DEFAULT_RATE,
) -> tuple[FrameSource, FrameSource]:
    """Footage and driving clip from frame `start` of the footage on, `limit` frames at most.

    The driver begins at the same moment; one that is stretched is meant to its end. InputError
    where a file cannot be read or there is no such frame.
    """
    if is_track(driving):
        raise InputError(
            f"{driving.name} is a pose track, and the face of a video takes the performance of "
            "another video: give that as DRIVING, or a picture as SOURCE"
        )
    footage = open_frames(source, default_rate=default_rate)
    clip = open_frames(driving, default_rate=default_rate)
    if footage.frame_count is not None and start >= footage.frame_count:
        raise InputError(
            f"{source} has {footage.frame_count} frame(s), numbered from 0: there is no frame "
            f"{start} to start with"
        )
    begin = start / footage.rate
    duration = None if limit is None else limit / footage.rate
    part = None if length == "stretch" else duration
    return (
        trimmed(footage, start=begin, duration=duration),
        trimmed(clip, start=begin, duration=part),
    )


class FootageJob:
    """Footage whose face takes the performance of a clip; see `clip.ClipJob`.

    unchanged: frames so far that showed no face.
    """

    def __init__(self, request: FootageRequest, models: LoadedSet) -> None:
        self._request, self._models = request, models
        source, driving, audio = request.source, request.driving, _sound(request)
        self.writer = open_writer(
            request.out,
            width=source.width,
            height=source.height,
            rate=source.rate,
            audio=audio,
            crf=request.crf,
            inputs=[source.path, driving.path],
        )
        self.unchanged = 0

    def run(self, host: Host) -> None:
        """Read the performance, then change the footage frame by frame; raises as `ClipJob.run`."""
        with telling_kept(self.writer), closing(self._results(host)) as results:
            for result in results:
                self.unchanged += not result.has_face
                self.writer.write(result.image)

    def _results(self, host: Host) -> Generator[FootageFrame, None, None]:
        request, source, models = self._request, self._request.source, self._models
        detector = detector_of(models, host, request.detector, insight_root=request.insight_root)
        if request.track is not None:
            performance, read = request.track.states, 0
        else:
            performance = read_performance(
                request.driving,
                models,
                host,
                choice=request.performer,
                detector=detector,
                stabilise=request.options.stabilise,
                done_after=source.frame_count,
            )
            read = len(performance)
        score = Score(
            performance, request.driving.rate, source.rate, source.frame_count, request.length
        )
        return reenact_footage(
            source,
            score,
            models,
            host,
            options=request.options,
            detector=detector,
            done_before=read,
            limit=request.limit,
        )


def _sound(request: FootageRequest) -> AudioSource | None:
    source, driving = request.source, request.driving
    match request.sound:
        case "none":
            return None
        case "source":
            return source.audio
        case "driving":
            if request.length == "stretch":
                raise InputError(
                    "a performance that is stretched loses its sound: take the source's, or none"
                )
            return driving.audio
        case "auto":
            return source.audio if request.length == "stretch" else driving.audio or source.audio
