"""A clip as the source: every frame keeps its own picture, and a driver changes what faces do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from ..errors import InputError
from ..face.detect import FaceDetector
from ..face.follow import TrackedFrame
from ..face.paste import paste_back
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..types import FaceCrop
from ..video.sources import FrameSource
from .changed import FaceOptions, FootageFrame, changed_frames, place_of_drawn
from .detail.head_model import Floats
from .detail.paint import Paint
from .detail.performance import HeadState, Performer
from .detail.portrait import portrait_of
from .detail.stage import WORK_SIZE, DetailSource, DetailStage, Sketch
from .detail.worn import placed_in
from .footage_faces import tracked_clip
from .footage_mask import changed_part
from .knobs import Transfer
from .motion.live import LiveMotion, laid_on
from .occluders import Occluders
from .placing import uncovered
from .transfer import Score, transferred
from .views import with_readings

_EVERYTHING = np.ones((WORK_SIZE, WORK_SIZE), np.float32)
"""A figure for heads that stay where they are: nothing around them need be told apart."""


@dataclass(frozen=True)
class FootageOptions(FaceOptions):
    """How the face of a clip is changed.

    transfer: what is taken from the driver. motion: how the driver's performance becomes the
    footage's; relative motion adds the change since its first frame to what each frame does.
    """

    transfer: Transfer = "expression"
    motion: LiveMotion = field(default_factory=LiveMotion)


def reenact_footage(
    clip: FrameSource,
    score: Score,
    models: LoadedSet,
    host: Host,
    *,
    options: FootageOptions,
    detector: FaceDetector | None = None,
    limit: int | None = None,
    done_before: int = 0,
) -> Generator[FootageFrame, None, None]:
    """The clip with a face that does what the score says, frame by frame and in constant memory.

    Frames without a face come as they are, and so do the pixels that nothing changes. limit:
    results at most. done_before: frames of work that the caller did before, for progress.
    """
    detector = with_readings(detector, models, host)
    stage = DetailStage(models.detail, device=host.device, dtype=host.detail_dtype)
    studio = _Studio(stage, options, Performer(stage.model), Occluders(stage.model))
    total = None if score.total is None else score.total + done_before
    with host.on_device([*models.reading_networks, models.detail], 0):
        frames = _whole(clip, score, models, host, detector, options)
        shots = _posed(frames, score, studio)
        yield from changed_frames(
            shots, studio.finished, host, limit=limit, total=total, done_before=done_before
        )


def _whole(
    clip: FrameSource,
    score: Score,
    models: LoadedSet,
    host: Host,
    detector: FaceDetector,
    options: FootageOptions,
) -> Generator[TrackedFrame, None, None]:
    """The footage as long as the score wants it."""
    count, last = 0, None
    while True:
        begun = count
        with closing(
            tracked_clip(
                clip, models, host, detector, choice=options.choice, stabilise=options.stabilise
            )
        ) as tracked:
            for last in tracked:
                if score.total is not None and count >= score.total:
                    return
                yield last
                count += 1
        if last is None or count == begun:
            raise InputError(f"{clip.path} gives no frame to change")
        if not score.outlasts(count):
            return
        if not score.repeats:
            break
    while score.outlasts(count):
        yield last
        count += 1


@dataclass(frozen=True, eq=False)
class _Shot:
    """A frame's face, ready to be drawn. front: [P, P] what lies before it, None for nothing."""

    crop: FaceCrop
    source: DetailSource
    sketch: Sketch
    front: Floats | None


def _posed(
    frames: Generator[TrackedFrame, None, None], score: Score, studio: _Studio
) -> Generator[tuple[ImageU8, _Shot | None], None, None]:
    with closing(frames):
        for at, frame in enumerate(frames):
            shot = None
            if frame.crop is not None:
                shot = studio.shot(frame.picture, frame.crop, score.state(at), score.first)
            yield frame.picture, shot


@dataclass(eq=False)
class _Studio:
    """What prepares and draws the frames; keeps the shape and the colours of a scene's face."""

    stage: DetailStage
    options: FootageOptions
    performer: Performer
    occluders: Occluders
    paint: Paint | None = None
    scene: int = 0

    @property
    def still(self) -> bool:
        """Whether heads stay where they are, so that nothing around them need be told apart."""
        return self.options.transfer in ("expression", "lips")

    def shot(self, picture: ImageU8, crop: FaceCrop, driver: HeadState, first: HeadState) -> _Shot:
        """The face as it is in this frame, and as the driver wants it; first: its first state."""
        if crop.scene != self.scene:  # behind a cut there may be somebody else, or other light
            self.paint, self.scene = None, crop.scene
        portrait = portrait_of(picture, crop, None)
        fit = self.performer.fit(portrait.reading, scene=crop.scene)
        front = None
        if self.still and self.options.keep_in_front:
            front = self.occluders.before(portrait.image, portrait.reading, fit, scene=crop.scene)
        size = self.options.side_for(crop)
        fit = placed_in(fit, np.diag([size / len(portrait.image)] * 2 + [1.0]))
        source = self.stage.prepare(
            portrait if front is None else uncovered(portrait, front),
            size=size,
            fit_with=lambda _: fit,
            paint=self.paint,
            figure=_EVERYTHING if self.still else None,
        )
        self.paint = source.paint
        own, motion = source.state, self.options.motion
        if motion.changes:
            reference = own if motion.mode == "absolute" else first
            driver = laid_on(own, driver, reference=reference, motion=motion)
        wanted = transferred(own, driver, self.options.transfer)
        return _Shot(crop, source, self.stage.sketch(source, wanted), front)

    def finished(self, picture: ImageU8, shot: _Shot) -> ImageU8:
        """The frame with the face drawn anew, where that differs."""
        drawn = self.stage.finish(shot.source, [shot.sketch], None).images[0].cpu()
        crop, side = shot.crop, drawn.shape[-1]
        own = shot.source.picture[0].cpu()
        part = changed_part(drawn, own, shot.sketch.maps, head_alone=self.still)
        if shot.front is not None:
            part *= 1 - torch.from_numpy(cv2.resize(shot.front, (side, side)))
        return paste_back(
            picture,
            drawn,
            place_of_drawn(crop, side),
            mask=part,
            feather=0,
            colour_match=False,
        ).frame
