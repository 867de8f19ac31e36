"""The face in every frame of a clip, and what it performs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from ..choices import FaceChoice
from ..errors import NoFaceError
from ..face.detect import FaceDetector
from ..face.follow import TrackedFrame
from ..host import Host
from ..models.sets import LoadedSet
from ..types import FaceCrop
from ..video.sources import FrameSource
from .detail.head_model import load_head_model
from .detail.performance import HeadState, Performance, Performer
from .faces import tracked_faces
from .missing import held
from .motion.smoothing import smooth, smooth_over
from .views import with_readings


def tracked_clip(
    clip: FrameSource,
    models: LoadedSet,
    host: Host,
    detector: FaceDetector,
    *,
    choice: FaceChoice,
    stabilise: int,
) -> Generator[TrackedFrame, None, None]:
    """Every frame of a clip, once, with its face; see `faces.tracked_faces`."""
    with closing(clip.read_frames()) as frames:
        yield from tracked_faces(
            frames,
            models,
            host,
            detector,
            choice=choice,
            stabilise=stabilise,
            name_frame=clip.name_of,
        )


def read_performance(
    clip: FrameSource,
    models: LoadedSet,
    host: Host,
    *,
    choice: FaceChoice = "largest",
    detector: FaceDetector | None = None,
    stabilise: int = 1,
    done_after: int | None = None,
) -> Performance:
    """What a face of a clip performs, frame by frame; frames without a face hold the last state.

    stabilise: frames over which the tremble of the readings is taken away, odd; 1 for not at all.
    done_after: frames of work that the caller does afterwards, for progress; None if unknown.
    Raises NoFaceError where no frame shows a face, InputError for a choice that cannot be had.
    """
    detector = with_readings(detector, models, host)
    performer = Performer(load_head_model())
    states: list[HeadState | None] = []
    scenes: list[int] = []
    total = None if clip.frame_count is None else clip.frame_count + (done_after or 0)
    with host.on_device(models.reading_networks, 0):
        tracked = tracked_clip(clip, models, host, detector, choice=choice, stabilise=1)
        with closing(tracked):
            for frame in tracked:
                states.append(_state(frame.crop, performer))
                before = scenes[-1] if scenes else 0
                scenes.append(before if frame.crop is None else frame.crop.scene)
                host.progress(len(states), total, lambda shown=frame.picture: shown)
    whole = held(states)
    if not whole:
        raise NoFaceError(f"{clip.path}: none of {len(states)} frames shows a face that can drive")
    return smooth(Performance.of(whole), smooth_over(stabilise), scenes=scenes)


def _state(crop: FaceCrop | None, performer: Performer) -> HeadState | None:
    if crop is None or crop.reading is None:
        return None
    return performer.state(crop.reading, scene=crop.scene)
