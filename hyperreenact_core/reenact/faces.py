"""A batch of frames -> the aligned face of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..choices import FaceChoice, MissingFace
from ..errors import InputError, NoFaceError
from ..face.align import CropBox, CropRule, box_of, crop_box, move_points
from ..face.detect import FaceDetector
from ..face.follow import NO_PICTURE, TrackedFrame, cuts_text, track_face
from ..face.given import EachFrameAlone
from ..face.search import in_picture
from ..face.stabilise import jitter
from ..host import Host
from ..imaging import ImageU8, u8_from_tensor
from ..models.sets import LoadedSet
from ..types import FaceCrop, Framing
from .knobs import STABILISE, check_framing, check_stabilise
from .motion.smoothing import smooth_over
from .views import crop_rule, detector_of, with_readings


@dataclass(frozen=True)
class AlignOptions:
    """How faces are found and cut out.

    choice: which of several faces. stabilise: frames over which the square is smoothed, odd;
    1 = not at all.
    framing: which square around the face results show.
    missing: what becomes of a frame without a face: `hold` takes the last face (the first one
    before any), `skip` drops the frame, `error` stops with NoFaceError.
    follow: look for the face where it was in the frame before; False searches every frame anew,
    which is slower but independent of how a clip is cut into batches.
    """

    choice: FaceChoice = "largest"
    stabilise: int = int(STABILISE.default)
    missing: MissingFace = "hold"
    follow: bool = True
    framing: Framing = field(default_factory=Framing)

    def __post_init__(self) -> None:
        check_stabilise(self.stabilise)
        check_framing(self.framing)


@dataclass(frozen=True)
class AlignedFace:
    """crop: in pixels of frame number `frame`; held: it is another frame's, which had a face."""

    crop: FaceCrop
    frame: int
    held: bool = False


@dataclass(frozen=True)
class AlignedFaces:
    """The faces of a batch in order of its frames.

    width, height: of the frames, pixels. jitter_before, jitter_after: tremble of the squares
    without and with smoothing, see `face.stabilise.jitter`. smooth: what is to be taken for what
    the faces perform, see `motion.smoothing.smooth_over`.
    """

    faces: tuple[AlignedFace, ...]
    width: int
    height: int
    jitter_before: float = 0.0
    jitter_after: float = 0.0
    smooth: float = 0.0

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def crops(self) -> list[FaceCrop]:
        return [face.crop for face in self.faces]

    @property
    def cuts(self) -> list[int]:
        """Numbers of the frames that show the first face of a new scene."""
        own = [face for face in self.faces if not face.held]
        return [b.frame for a, b in pairwise(own) if a.crop.scene != b.crop.scene]

    def crop_at(self, index: int) -> FaceCrop:
        """One of them; InputError where there is none of that number."""
        if not 0 <= index < len(self.faces):
            raise InputError(
                f"face number {index} was asked for, there are {len(self.faces)} (from 0)"
            )
        return self.faces[index].crop

    def frame_at(self, index: int) -> int:
        """Number of the frame that `crop_at(index)` was cut from: for a held face, another one."""
        crop = self.crop_at(index)
        own = (face.frame for face in self.faces if face.crop is crop and not face.held)
        return next(own, self.faces[index].frame)

    def to_text(self, *, total: int) -> str:
        """What was found in `total` frames, in one line for people."""
        held = sum(face.held for face in self.faces)
        line = f"{len(self.faces) - held} of {total} frame(s) show a face"
        if held:
            line += f", {held} take another frame's"
        if total > len(self.faces):
            line += f", {total - len(self.faces)} left out"
        line += cuts_text(self.cuts)
        return f"{line}; jitter {self.jitter_before:.4f} -> {self.jitter_after:.4f}"


def align_faces(
    frames: Iterable[ImageU8],
    models: LoadedSet,
    host: Host,
    options: AlignOptions,
    *,
    detector: FaceDetector | None = None,
    total: int | None = None,
) -> AlignedFaces:
    """Find, follow and cut out one face in frames [H, W, 3] of one size.

    detector: the set's own if None. total: frames to expect, for progress.
    Raises NoFaceError where no frame shows a face, InputError for a choice that cannot be had.
    """
    if not options.follow:
        detector = EachFrameAlone(detector or detector_of(models, host), options.choice)
    detector = with_readings(detector, models, host)
    tracked: list[TrackedFrame] = []
    size = (0, 0)
    with host.on_device(models.reading_networks, 0):
        for frame in tracked_faces(
            frames,
            models,
            host,
            detector,
            choice=options.choice,
            stabilise=options.stabilise,
        ):
            size = frame.picture.shape[1], frame.picture.shape[0]
            # The pictures are the caller's: keeping them here would hold the whole clip twice.
            shown = frame.crop and replace(frame.crop, framing=options.framing)
            tracked.append(TrackedFrame(frame.index, NO_PICTURE, shown))
            preview = (
                None if shown is None else lambda crop=shown: u8_from_tensor(crop.image[None])[0]
            )
            host.progress(frame.index + 1, total, preview)
    faces = _without_gaps(tracked, options.missing)
    rule = crop_rule(models.settings)
    own = [face.crop for face in faces if not face.held]
    return AlignedFaces(
        faces=faces,
        width=size[0],
        height=size[1],
        jitter_before=jitter([_unsmoothed_box(crop, rule) for crop in own]),
        jitter_after=jitter([box_of(crop) for crop in own]),
        smooth=smooth_over(options.stabilise),
    )


def tracked_faces(
    frames: Iterable[ImageU8],
    models: LoadedSet,
    host: Host,
    detector: FaceDetector,
    *,
    choice: FaceChoice,
    stabilise: int,
    name_frame: Callable[[int], str] = "frame {}".format,
) -> Iterator[TrackedFrame]:
    """Every frame with its face in pixels of the frame, however large it was searched.

    detector: its networks must be on the host's device. Raises as `track_face`.
    """
    pictures: deque[ImageU8] = deque()

    def kept() -> Iterator[ImageU8]:
        for picture in frames:
            pictures.append(picture)
            yield picture

    for frame in track_face(
        kept(),
        detector,
        rule=crop_rule(models.settings),
        choice=choice,
        window=stabilise,
        name_frame=name_frame,
        check_interrupt=host.check_interrupt,
    ):
        picture = pictures.popleft()
        crop = frame.crop
        if crop is not None:
            crop = in_picture(crop, picture=picture, searched=frame.picture)
        yield TrackedFrame(frame.index, picture, crop)


def _without_gaps(frames: Sequence[TrackedFrame], missing: MissingFace) -> tuple[AlignedFace, ...]:
    """Fill or drop the frames without a face."""
    last = next((frame.crop for frame in frames if frame.crop is not None), None)
    if last is None:
        raise NoFaceError(
            f"none of the {len(frames)} frame(s) shows a face that can be found; use pictures in "
            "which the face is large, sharp, upright and not cut off"
        )
    faces: list[AlignedFace] = []
    for frame in frames:
        if frame.crop is not None:
            last = frame.crop
            faces.append(AlignedFace(frame.crop, frame.index))
        elif missing == "hold":
            faces.append(AlignedFace(last, frame.index, held=True))
        elif missing == "error":
            raise NoFaceError(
                f"frame {frame.index}: no face was found; cut the clip there or choose what "
                "becomes of such frames: hold or skip"
            )
    return tuple(faces)


def _unsmoothed_box(crop: FaceCrop, rule: CropRule) -> CropBox:
    """The square the landmarks of this frame alone ask for."""
    return crop_box(move_points(crop.landmarks, crop.frame_from_crop), rule)
