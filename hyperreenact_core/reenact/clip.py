"""One call from files to a file: picture + clip -> animated picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

from ..choices import DetectorKind, FaceChoice
from ..errors import NoFaceError
from ..face.detect import FaceDetector
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..types import Framing
from ..video.clips import DEFAULT_RATE
from ..video.output import telling_kept
from ..video.outputs import open_writer
from ..video.reader import open_frames
from ..video.sources import AudioSource, FrameSource
from ..video.transparency import read_alpha, read_mask
from .cast_clip import check_cast, play_clips
from .clip_checks import check_still, check_track, frames_to_expect
from .compare import SideBySide, comparison, comparison_layout, result_size
from .files import load_identity
from .given_boxes import Boxes, boxed
from .given_files import as_clip, is_identity, picture_of, track_of_file
from .missing import DrivingReport
from .options import ReenactOptions
from .perform import perform, source_of
from .pipeline import Reenactor
from .results import ReenactedFrame, Reenactment
from .roles import AlsoPlays, clips_of
from .source import SourceFace, analyse_source
from .views import detector_of


@dataclass(frozen=True)
class ClipRequest:
    """What is to be made of which files.

    source: a picture, or an identity. driving: a video, animation, picture or folder of pictures,
    or a pose track. out: its suffix decides what is written (see `video.outputs.open_writer`).
    choice, truncation_psi: as for `analyse_source`. detector, insight_root: as for `detector_of`,
    for source and driving frames alike. compare: source, driving frame and result
    side by side. start, limit: first driving frame, from 0, and how many at most.
    default_rate: frames a second of driving pictures. crf: quality of a video, 0 to 51.
    front: a picture as large as the source, white where that stays in front of the face.
    all_faces: every face of the source performs; also: faces that do beside the chosen one, each
    with a performer of its own. Either gives whole pictures.
    boxes: around the driving faces, a list for every frame of the clip, one for all, or none; only
    there faces are looked for. framing: which square around the face results show;
    for None the usual one, or what an identity was kept with.
    """

    source: Path
    driving: Path
    out: Path
    options: ReenactOptions = field(default_factory=ReenactOptions)
    choice: FaceChoice = "largest"
    truncation_psi: float | None = None
    detector: DetectorKind = "auto"
    insight_root: Path | None = None
    compare: bool = False
    start: int = 0
    limit: int | None = None
    default_rate: Fraction = DEFAULT_RATE
    crf: int = 18
    front: Path | None = None
    all_faces: bool = False
    also: tuple[AlsoPlays[Path], ...] = ()
    boxes: Boxes = ()
    framing: Framing | None = None

    @property
    def is_cast(self) -> bool:
        """Whether several faces may perform."""
        return self.all_faces or bool(self.also)

    @property
    def paste_back(self) -> bool:
        """Whether results are whole pictures."""
        return self.options.paste_back or self.is_cast


class ClipJob:
    """A picture that takes the movements of a clip: files are looked at and the output is open.

    Making one loads no weights; `run` it once. Raises InputError or OutputError that name the file.
    writer: tells, also after an error, how many frames were written and where they are.

    report: driving frames so far. source_lies: whether the source was turned upright.
    """

    def __init__(self, request: ClipRequest, models: LoadedSet) -> None:
        self._request, self._models = request, models
        if request.is_cast:
            check_cast(request)
        self._picture = picture_of(request.source)
        self._track = track_of_file(request.driving, start=request.start, limit=request.limit)
        if self._track is None:
            self._driving = open_frames(request.driving, default_rate=request.default_rate)
            self.total = frames_to_expect(self._driving, start=request.start, limit=request.limit)
        else:
            check_track(request.driving, compares=request.compare, boxes=request.boxes)
            self._driving = as_clip(request.driving, self._track)
            self.total = len(self._track)
        self._others = [
            open_frames(path, default_rate=request.default_rate)
            for path in clips_of(request.driving, request.also)[1:]
        ]
        check_still(request.out, self.total)
        self._layout = _layout(request, models, self._picture, self._driving)
        width, height = self._layout.width, self._layout.height
        if not request.compare:
            size = (self._picture.shape[1], self._picture.shape[0])
            width, height = result_size(
                size, request.options.side(models), paste_back=request.paste_back
            )
        audio, alpha = _sound(self._driving, request), _alpha(request)
        self.writer = open_writer(
            request.out,
            width=width,
            height=height,
            rate=self._driving.rate,
            audio=audio,
            crf=request.crf,
            alpha=alpha,
            inputs=[request.source, request.driving, *(clip.path for clip in self._others)],
        )
        self.report = DrivingReport()
        self.source_lies = False

    @property
    def loses_sound(self) -> bool:
        """Whether dropped frames would put the driving clip's sound out of step."""
        return self._driving.audio is not None and _drops_frames(self._request)

    def run(self, host: Host) -> None:
        """Analyse the source, then draw and write frame by frame.

        What was done before an error or an interruption is kept, as `video.output.FrameWriter`
        says. Raises InputError, NoFaceError, ModelError, OutputError, or what the host raises.
        """
        with telling_kept(self.writer):
            with ExitStack() as opened:
                source, results = self._played(host, opened)
                opened.enter_context(closing(results))
                self.report, self.source_lies = results.report, source.turns != 0
                for result in results:
                    self.writer.write(self._composed(source, result))
            check_drawn(self.report, self._request)

    def write_drawn(self, images: Iterable[ImageU8]) -> None:
        """Write results that were drawn elsewhere, all of them and in order; instead of `run`."""
        with self.writer:
            for image in images:
                self.writer.write(image)

    def _played(self, host: Host, opened: ExitStack) -> tuple[SourceFace, Reenactment]:
        """The source, the first of several, and the results; opened: is given what they read."""
        request, models = self._request, self._models
        if self._track is not None:
            source = source_face(request, self._picture, models, host)
            return source, perform(source, self._track, models, host, request.options)
        if request.is_cast:
            clips = [self._driving, *self._others]
            return play_clips(request, self._picture, clips, models, host)
        source, reenactor = cast(request, self._picture, models, host, driving=self._driving)
        return source, reenactor.reenact(
            source,
            opened.enter_context(frames_of(self._driving, request)),
            total=self.total,
            name_frame=lambda index: self._driving.name_of(index + request.start),
        )

    def _composed(self, source: SourceFace, result: ReenactedFrame) -> ImageU8:
        if not self._request.compare:
            return result.image
        paste_back = self._request.paste_back
        return self._layout.row(comparison(source, result, paste_back=paste_back))


def _alpha(request: ClipRequest) -> ImageU8 | None:
    """A face that is put back into a cut-out picture leaves that cut out."""
    is_whole = request.paste_back and not request.compare
    is_whole = is_whole and not is_identity(request.source)
    return read_alpha(request.source) if is_whole else None


def cast(
    request: ClipRequest,
    picture: ImageU8,
    models: LoadedSet,
    host: Host,
    *,
    driving: FrameSource | None = None,
) -> tuple[SourceFace, Reenactor]:
    """The face of a request's source picture, and what animates it; raises as `ClipJob.run`.

    driving: the opened clip, which boxes are told of.
    """
    detector = detector_of(models, host, request.detector, insight_root=request.insight_root)
    source = source_face(request, picture, models, host, detector=detector)
    if request.boxes and driving is not None:
        detector = boxed(detector, request.boxes, driving, start=request.start)
    return source, Reenactor(models, host, options=request.options, detector=detector)


def source_face(
    request: ClipRequest,
    picture: ImageU8,
    models: LoadedSet,
    host: Host,
    *,
    detector: FaceDetector | None = None,
) -> SourceFace:
    """The face of a request's source, a picture or an identity; raises as `ClipJob.run`."""
    psi, front = request.truncation_psi, request.front
    if is_identity(request.source):
        source = source_of(load_identity(request.source), models, host, truncation_psi=psi)
    else:
        if detector is None:
            detector = detector_of(
                models, host, request.detector, insight_root=request.insight_root
            )
        source = analyse_source(
            picture,
            models,
            host,
            name=str(request.source),
            detector=detector,
            choice=request.choice,
            truncation_psi=psi,
        )
    if request.framing is not None:
        source = source.framed(request.framing)
    return source if front is None else source.behind(read_mask(front))


def check_drawn(report: DrivingReport, request: ClipRequest) -> None:
    """NoFaceError where a clip that was read to its end leaves nothing to draw."""
    if report.frames > 0 and report.drawn == 0:
        raise NoFaceError(
            f"{request.driving}: none of {report.frames} frames shows a face, so there is nothing "
            "to write"
        )


def _layout(
    request: ClipRequest, models: LoadedSet, picture: ImageU8, driving: FrameSource
) -> SideBySide:
    return comparison_layout(
        (picture.shape[1], picture.shape[0]),
        (driving.width, driving.height),
        request.options.side(models),
        paste_back=request.paste_back,
    )


def _drops_frames(request: ClipRequest) -> bool:
    return request.options.driving.no_face == "skip"


def _sound(driving: FrameSource, request: ClipRequest) -> AudioSource | None:
    """The clip's sound from the first frame that is used; none where it would lose step."""
    if driving.audio is None or _drops_frames(request):
        return None
    return replace(driving.audio, offset=driving.audio.offset + request.start / driving.rate)


@contextmanager
def frames_of(driving: FrameSource, request: ClipRequest) -> Iterator[Iterator[ImageU8]]:
    """The frames from `start` on, `limit` at most; closes the clip afterwards."""
    stop = None if request.limit is None else request.start + request.limit
    with closing(driving.read_frames()) as frames:
        yield islice(frames, request.start, stop)
