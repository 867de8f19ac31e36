"""The poses of a clip, apart from the pictures they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

from ..errors import InputError
from ..host import Host
from ..imaging import u8_from_tensor
from ..models.sets import LoadedSet
from ..types import DrivingPose, FaceCrop, FaceReading
from .detail.fit import HeadFit
from .detail.head_model import load_head_model
from .detail.performance import (
    HEAD_HEIGHT,
    PLACE,
    RATE,
    Performance,
    Performer,
    performed,
)
from .faces import AlignedFaces
from .motion.smoothing import smooth
from .pose import pose_networks, poses_of, poses_of_performance
from .views import pose_view


@dataclass(frozen=True)
class PoseTrack:
    """One pose a frame, float32 on the CPU.

    pose: as `model_set` (an id) is told of it; None for a performance that no set has read, as from
        a table: such a track has no set, "".
    performance: the same frames as states of a head, which any set can draw with detail; None where
        not known.
    note: what it was made of, for people, such as the sliders of an edited face.
    """

    pose: DrivingPose | None
    model_set: str
    performance: Performance | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.pose is None and self.performance is None:
            raise ValueError("a pose track holds poses, or a performance, or both")

    @property
    def states(self) -> Performance:
        """The performance; InputError where it is not known."""
        if self.performance is None:
            raise InputError("the pose track holds no states of the head: extract the poses again")
        return self.performance

    def cut(self, start: int, end: int) -> PoseTrack:
        """Frames `start` to before `end`; times stay as they are."""
        return self.take(range(start, min(end, len(self))))

    def take(self, rows: Sequence[int]) -> PoseTrack:
        """These frames in this order, each as often as it is named; times stay as they are."""
        at = torch.tensor(rows, dtype=torch.long)
        pose = None if self.pose is None else self.pose[at]
        own = None if self.performance is None else self.performance.take(rows)
        return replace(self, pose=pose, performance=own)

    def __len__(self) -> int:
        told = self.performance if self.pose is None else self.pose
        return 0 if told is None else len(told)


def track_of(performance: Performance) -> PoseTrack:
    """A performance that no set has read."""
    return PoseTrack(None, "", performance)


def pose_for(track: PoseTrack, models: LoadedSet) -> DrivingPose:
    """What the generator of a set is told of a track.

    Raises InputError where the track holds neither this set's poses nor what can be told to it.
    """
    own = models.folder.name
    if track.pose is not None and track.model_set == own:
        return track.pose
    if track.performance is not None and models.settings.pose_input == "state":
        return poses_of_performance(track.performance)
    if track.pose is None:
        raise InputError(
            f"the pose track comes from no picture, which the pose encoder of {own!r} must see to "
            "draw: draw it with detail 1, which needs the performance alone (`draw --detail 1`, or "
            "Detail Transfer without images)"
        )
    raise InputError(
        f"the pose track was made with model set {track.model_set!r}, these models are {own!r}: "
        "make both with one set, or draw with detail 1, which needs the performance alone"
    )


def extract_poses(
    crops: Sequence[FaceCrop],
    models: LoadedSet,
    host: Host,
    *,
    batch_size: int,
    done_before: int = 0,
    seen: AlignedFaces | None = None,
    rate: Fraction | float = RATE,
) -> PoseTrack:
    """What each face asks of a set's networks.

    done_before: steps of work that the caller has already reported as progress. seen: where the
    crops were cut from, if it is known; else the place of the head is not. rate: frames a second.
    """
    if not crops:
        raise InputError("there is no face to take a pose from")
    poses: list[DrivingPose] = []
    with host.on_device(pose_networks(models, host.dtype), 0), torch.inference_mode():
        for begin in range(0, len(crops), batch_size):
            host.check_interrupt()
            batch = crops[begin : begin + batch_size]
            views = torch.stack([pose_view(crop, models) for crop in batch]).to(host.device)
            poses.append(as_float(poses_of(views, models, host.dtype)).to("cpu"))
            done, total = done_before + begin + len(batch), done_before + len(crops)
            host.progress(done, total, lambda c=batch[-1]: u8_from_tensor(c.image[None])[0])
    performance = _performance(crops, seen, float(rate))
    return PoseTrack(DrivingPose.cat(poses), models.folder.name, performance)


def performance_of(
    readings: Sequence[FaceReading],
    *,
    size: tuple[int, int] | None,
    times: Tensor,
    confidence: Tensor,
    scenes: Sequence[int] | None = None,
) -> Performance:
    """What readings tell, one a frame; those of a held face are one object.

    size: width and height in pixels of the pictures they are readings of; None where the place in
    them is not known. times: [B] seconds. confidence: [B]. scenes: see FaceCrop.scene.
    """
    performer = Performer(load_head_model())
    fits: list[HeadFit] = []
    for at, reading in enumerate(readings):
        # A held face is read once, as in `ClipDetail`.
        held = at > 0 and reading is readings[at - 1]
        scene = 0 if scenes is None else scenes[at]
        fits.append(fits[-1] if held else performer.fit(reading, scene=scene))
    told = Performance.of([performed(fit) for fit in fits])
    return replace(
        told,
        gaze=torch.stack([reading.gaze @ reading.rotation for reading in readings]).float(),
        place=torch.tensor([PLACE if size is None else _place(fit, size) for fit in fits]),
        confidence=confidence,
        time=times,
    )


def _place(fit: HeadFit, size: tuple[int, int]) -> tuple[float, float, float]:
    """As `Performance.place` has it."""
    width, height = size
    x, y = (float(value) for value in fit.centre)
    head = HEAD_HEIGHT * fit.scale
    return (x - width / 2) / height, (y - height / 2) / height, head / height


def _performance(
    crops: Sequence[FaceCrop], seen: AlignedFaces | None, rate: float
) -> Performance | None:
    """What the readings tell, smoothed as their faces are; None where a face was not read."""
    readings: list[FaceReading] = []
    for at, crop in enumerate(crops):
        if crop.reading is None:
            return None
        held = at > 0 and crop is crops[at - 1]
        moved = crop.reading.moved(crop.frame_from_crop)  # into pixels of the frame
        readings.append(readings[-1] if held else moved)
    scores = torch.tensor([reading.score for reading in readings]).clamp(0, 1)
    scenes = [crop.scene for crop in crops]
    if seen is None:
        times = torch.arange(len(crops)) / rate
        return performance_of(readings, size=None, times=times, confidence=scores, scenes=scenes)
    faces = seen.faces
    told = performance_of(
        readings,
        size=(seen.width, seen.height),
        times=torch.tensor([face.frame for face in faces]) / rate,
        confidence=scores * torch.tensor([0.0 if face.held else 1.0 for face in faces]),
        scenes=scenes,
    )
    return smooth(told, seen.smooth, scenes=scenes)


def as_float(pose: DrivingPose) -> DrivingPose:
    """The pose in float32, whatever precision it was computed in."""
    return DrivingPose(**{name: value.float() for name, value in vars(pose).items()})
