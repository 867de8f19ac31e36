"""The poses of a clip, apart from the pictures they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..errors import InputError
from ..host import Host
from ..imaging import u8_from_tensor
from ..models.sets import LoadedSet
from ..types import DrivingPose, FaceCrop, FaceReading
from .detail.head_model import load_head_model
from .detail.performance import HeadState, Performance, Performer
from .pose import pose_networks, poses_of
from .views import pose_view


@dataclass(frozen=True)
class PoseTrack:
    """One pose a frame, float32 on the CPU, as `model_set` (an id) is told of it.

    performance: the same frames as states of a head, which detail needs; None where not known.
    """

    pose: DrivingPose
    model_set: str
    performance: Performance | None = None

    def __len__(self) -> int:
        return len(self.pose)


def extract_poses(
    crops: Sequence[FaceCrop],
    models: LoadedSet,
    host: Host,
    *,
    batch_size: int,
    done_before: int = 0,
) -> PoseTrack:
    """What each face asks of a set's networks.

    done_before: steps of work that the caller has already reported as progress.
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
    return PoseTrack(DrivingPose.cat(poses), models.folder.name, _performance(crops))


def _performance(crops: Sequence[FaceCrop]) -> Performance | None:
    """What the readings tell; None where a face was not read."""
    performer = Performer(load_head_model())
    states: list[HeadState] = []
    last: FaceReading | None = None
    for crop in crops:
        if crop.reading is None:
            return None
        # A held face is read once, as in `ClipDetail`.
        held = crop.reading is last
        states.append(states[-1] if held else performer.state(crop.reading, scene=crop.scene))
        last = crop.reading
    return Performance.of(states)


def as_float(pose: DrivingPose) -> DrivingPose:
    """The pose in float32, whatever precision it was computed in."""
    return DrivingPose(**{name: value.float() for name, value in vars(pose).items()})
