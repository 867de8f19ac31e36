"""A clip performs with a new face: that of a source, on the head that the clip shows.

Every frame keeps its own pixels but for the face. The source's face is drawn where the clip's head
is, as large and as it is turned, does what the clip's face does, and is lit as that is.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

import torch

from ..face.detect import FaceDetector
from ..face.follow import TrackedFrame
from ..face.paste import paste_back
from ..face.squares import cut_square
from ..host import Host
from ..imaging import ImageU8, tensor_from_u8, u8_from_tensor
from ..models.sets import LoadedSet
from ..types import FaceCrop
from ..video.sources import FrameSource
from .changed import FaceOptions, FootageFrame, changed_frames, place_of_drawn
from .detail.fit import HeadFit
from .detail.performance import Performer
from .detail.stage import DetailSource, DetailStage, Sketch
from .detail.worn import placed_in, worn_part
from .footage_faces import tracked_clip
from .knobs import COLOUR_MATCH
from .motion.smoothing import smooth_fit, smooth_over
from .motion.steady import Told, steadied
from .occluders import Occluders
from .placing import portrait_behind
from .source import SourceFace
from .tone import ToneMatch
from .views import detector_of, with_readings


@dataclass(frozen=True)
class ReplaceOptions(FaceOptions):
    """How the face of a clip is replaced.

    stabilise: the movements of its head are smoothed too. size: what the clip shows at first if
    None. colour_match: the new face is lit as the clip's is.
    """

    colour_match: bool = COLOUR_MATCH


def replace_face(
    clip: FrameSource,
    source: SourceFace,
    models: LoadedSet,
    host: Host,
    *,
    options: ReplaceOptions,
    detector: FaceDetector | None = None,
    limit: int | None = None,
) -> Generator[FootageFrame, None, None]:
    """The clip with the source's face in place of its own, frame by frame and in constant memory.

    Frames without a face come as they are, and so do all pixels off the face. limit: results at
    most. Raises InputError where the source's face was not read, or for a choice that cannot be
    had.
    """
    detector = with_readings(detector or detector_of(models, host), models, host)
    stage = DetailStage(models.detail, device=host.device, dtype=host.detail_dtype)
    studio = _Studio(stage, source, options)
    total = clip.frame_count if limit is None or clip.frame_count is None else limit
    with host.on_device([*models.reading_networks, models.detail], 0):
        tracked = tracked_clip(
            clip, models, host, detector, choice=options.choice, stabilise=options.stabilise
        )
        shots = _shots(tracked, studio)
        yield from changed_frames(shots, studio.finished, host, limit=limit, total=total)


@dataclass(frozen=True, eq=False)
class _Shot:
    """A frame's face, ready to be drawn. fit: its head in the square, which is drawn over it."""

    crop: FaceCrop
    fit: HeadFit
    sketch: Sketch


def _shots(
    tracked: Generator[TrackedFrame, None, None], studio: _Studio
) -> Generator[tuple[ImageU8, _Shot | None], None, None]:
    with closing(tracked):
        for frame, fit in _held_together(tracked, studio):
            shot = None if frame.crop is None or fit is None else studio.shot(frame.crop, fit)
            yield frame.picture, shot


def _held_together(
    tracked: Iterator[TrackedFrame], studio: _Studio
) -> Iterator[tuple[TrackedFrame, HeadFit | None]]:
    """Every frame with its head as it moves without tremble; None where it shows none."""
    waiting: list[TrackedFrame] = []  # without a face, behind the last one that has one

    def told() -> Iterator[Told[list[TrackedFrame], HeadFit]]:
        nonlocal waiting
        for frame in tracked:
            fit = studio.fit(frame.crop)
            if fit is None or frame.crop is None:
                waiting.append(frame)
                continue
            before, waiting = waiting, []
            yield Told([*before, frame], fit, frame.crop.scene)

    for frames, fit in steadied(told(), smooth_over(studio.options.stabilise), smooth_fit):
        yield from ((frame, None) for frame in frames[:-1])
        yield frames[-1], fit
    yield from ((frame, None) for frame in waiting)


class _Studio:
    """What prepares and draws the frames; keeps the clip's person and the light of a scene."""

    def __init__(self, stage: DetailStage, source: SourceFace, options: ReplaceOptions) -> None:
        self.options = options
        self._stage = stage
        self._portrait = portrait_behind(source, None)
        self._performer = Performer(stage.model)
        self._source: DetailSource | None = None
        self._tone, self._scene = ToneMatch(), 0
        self._occluders = Occluders(stage.model)

    def fit(self, crop: FaceCrop | None) -> HeadFit | None:
        """The head of the next frame, in its pixels; None where there is none."""
        if crop is None or crop.reading is None:
            return None
        reading = crop.reading.moved(crop.frame_from_crop)
        return self._performer.fit(reading, scene=crop.scene)

    def shot(self, crop: FaceCrop, fit: HeadFit) -> _Shot:
        """The new face as the head is held in a frame."""
        if self._source is None:
            size = self.options.side_for(crop)
            self._source = self._stage.prepare(self._portrait, size=size)
        side = self._source.picture.shape[-1]
        place = place_of_drawn(crop, side).numpy()
        own = placed_in(fit, place)
        return _Shot(crop, own, self._stage.sketch_on(self._source, own))

    def finished(self, picture: ImageU8, shot: _Shot) -> ImageU8:
        """The frame with the new face."""
        if self._source is None:
            raise ValueError("a shot comes from this studio")
        crop, source = shot.crop, self._source
        drawn = self._stage.finish(source, [shot.sketch], None).images.cpu()
        side = drawn.shape[-1]
        part = worn_part(self._stage.model, shot.fit, shot.sketch.drawing, side)
        under = cut_square(picture, crop, size=side)
        if self.options.keep_in_front and crop.reading is not None:
            reading = crop.reading.moved(place_of_drawn(crop, side) @ crop.frame_from_crop.double())
            front = self._occluders.before(under, reading, shot.fit, scene=crop.scene)
            part = part if front is None else part * (1 - front)
        if self.options.colour_match:
            if crop.scene != self._scene:
                self._tone, self._scene = ToneMatch(), crop.scene
            face = self._tone.matched(
                u8_from_tensor(drawn)[0], under, shot.sketch.drawing.region, part, shot.fit.scale
            )
            drawn = tensor_from_u8(face)
        return paste_back(
            picture,
            drawn[0],
            place_of_drawn(crop, side),
            mask=torch.from_numpy(part),
            feather=0,
            colour_match=False,
        ).frame
