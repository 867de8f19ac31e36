"""One clip -> its good face crops, and what became of the other frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...face.detect import FaceDetector
from ...face.follow import track_face
from ...imaging import ImageU8, u8_from_tensor
from .quality import Fault, ShotFinder, fault_of
from .reading import ClipReading
from .scan import ClipPath, identity_of
from .settings import PrepareSettings


@dataclass(frozen=True)
class ClipRecord:
    """What became of a clip.

    name: as in `ClipPath`. looked_at: frames that were read. dropped: fault -> frames.
    problem: one line where the clip could not be read, or not to its end, or nothing was kept.
    """

    name: str
    looked_at: int
    kept: int
    dropped: dict[str, int]
    problem: str | None = None

    @property
    def identity(self) -> str:
        return identity_of(self.name)


@dataclass(frozen=True)
class ClipCrops:
    """The n crops that are kept, in order.

    images: uint8 [n, S, S, 3]. landmarks: float32 [n, 68, 2], pixels of the crop.
    frames: int64 [n], their numbers in the clip, from 0.
    """

    record: ClipRecord
    images: ImageU8
    landmarks: NDArray[np.float32]
    frames: NDArray[np.int64]


@dataclass(frozen=True)
class _Crop:
    """A crop without a fault of its own. image: [S, S, 3]; landmarks: [68, 2]."""

    image: ImageU8
    landmarks: NDArray[np.float32]
    frame: int
    shot: int


def prepare_clip(
    clip: ClipPath,
    detector: FaceDetector,
    settings: PrepareSettings,
    *,
    check_interrupt: Callable[[], None],
) -> ClipCrops:
    """Follow the largest face of the first frame that shows any; keep the shot with most of it.

    check_interrupt: is called at each frame and may raise.
    A clip that cannot be read is no error: its record says why. The crops of a clip, at most
    `settings.max_frames`, are held in memory together.
    """
    reading = ClipReading(clip, settings)
    dropped: Counter[Fault] = Counter()
    crops: list[_Crop] = []
    shots = ShotFinder(settings.rule)

    for tracked in track_face(
        reading,
        detector,
        rule=settings.rule,
        choice="largest",
        window=settings.window(reading.step),
        name_frame=str,
        check_interrupt=check_interrupt,
    ):
        if tracked.crop is None:
            dropped["no face"] += 1
            continue
        shot = shots.shot_of(tracked.crop, tracked.picture)
        height, width = tracked.picture.shape[:2]
        fault = fault_of(tracked.crop, width=width, height=height, limits=settings.limits)
        if fault is not None:
            dropped[fault] += 1
            continue
        image = u8_from_tensor(tracked.crop.image[None])[0]
        landmarks = tracked.crop.landmarks.numpy()
        crops.append(_Crop(image, landmarks, reading.numbers[tracked.index], shot))
    dropped["unreadable picture"] += reading.unreadable
    kept = _longest_shot(crops, dropped, min_frames=settings.min_frames)
    problem = reading.problem
    if not kept and problem is None:
        problem = _nothing_kept(reading.looked_at, dropped)
    size = settings.rule.size
    return ClipCrops(
        record=ClipRecord(
            name=clip.name,
            looked_at=reading.looked_at,
            kept=len(kept),
            dropped={fault: count for fault, count in dropped.items() if count},
            problem=problem,
        ),
        images=np.array([crop.image for crop in kept], np.uint8).reshape(-1, size, size, 3),
        landmarks=np.array([crop.landmarks for crop in kept], np.float32).reshape(-1, 68, 2),
        frames=np.array([crop.frame for crop in kept], np.int64),
    )


def _longest_shot(crops: list[_Crop], dropped: Counter[Fault], *, min_frames: int) -> list[_Crop]:
    """The crops of the shot that has most of them, if they are enough."""
    if not crops:
        return []
    longest, _ = Counter(crop.shot for crop in crops).most_common(1)[0]
    kept = [crop for crop in crops if crop.shot == longest]
    dropped["another shot"] += len(crops) - len(kept)
    if len(kept) < min_frames:
        dropped["too few frames"] += len(kept)
        return []
    return kept


def _nothing_kept(looked_at: int, dropped: Counter[Fault]) -> str:
    if not looked_at:
        return "holds no frames"
    reasons = ", ".join(f"{count} {fault}" for fault, count in dropped.most_common() if count)
    return f"none of its {looked_at} frames is usable: {reasons}"
