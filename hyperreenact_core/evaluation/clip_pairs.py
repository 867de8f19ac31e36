"""The paper's protocol on clips of one's own: which frame is the source of which driving frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from ..errors import InputError

Task = Literal["self", "cross", "large_pose"]
TASKS: tuple[Task, ...] = get_args(Task)

LARGE_POSE_DEG = 15.0
"""Mean absolute difference of yaw, pitch and roll from which a pair is one of large pose."""
LARGE_POSE_PAIRS = 5
"""So many of them for each clip."""


class Clips(Protocol):
    """N face crops of clips, such as `hyperreenact data prepare` writes.

    size: side of the crops, pixels. identity, clip, frame: int64 [N]; numbers into the names, and
    the number of the frame in its clip. landmarks: [N, 68, 2] pixels of the crop.
    """

    def __len__(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def identity(self) -> Tensor: ...

    @property
    def clip(self) -> Tensor: ...

    @property
    def frame(self) -> Tensor: ...

    @property
    def landmarks(self) -> Tensor: ...

    @property
    def clip_names(self) -> tuple[str, ...]: ...

    @property
    def identity_names(self) -> tuple[str, ...]: ...

    def batch(self, index: Tensor) -> Tensor:
        """[B, 3, S, S] in [-1, 1] of the frames at `index`."""
        ...


@dataclass(frozen=True)
class DrivenClip:
    """source, driving: [N] frames of the collection, in the order they are shown."""

    source: Tensor
    driving: Tensor


def frames_by_clip(clips: Clips, most: int) -> dict[int, Tensor]:
    """Clip -> its first `most` frames in their order; clips of a single frame are left out.

    InputError where none is left.
    """
    found: dict[int, Tensor] = {}
    for clip in torch.unique(clips.clip).tolist():
        members = torch.nonzero(clips.clip == clip).flatten()
        ordered = members[clips.frame[members].argsort()][:most]
        if len(ordered) > 1:
            found[clip] = ordered
    if not found:
        raise InputError("no clip has two frames or more, so nothing can be reenacted")
    return found


def self_pairs(frames: dict[int, Tensor]) -> list[DrivenClip]:
    """The first frame of each clip is the source, all others drive."""
    return [DrivenClip(f[:1].expand(len(f) - 1), f[1:]) for f in frames.values()]


def cross_pairs(
    clips: Clips, frames: dict[int, Tensor], *, count: int, random: torch.Generator
) -> list[DrivenClip]:
    """Up to `count` random pairs of clips of different people: the first frame of one is the
    source, all frames of the other drive. Empty where there is only one person."""
    person = {clip: int(clips.identity[f[0]]) for clip, f in frames.items()}
    pairs = [(a, b) for a in frames for b in frames if person[a] != person[b]]
    chosen = torch.randperm(len(pairs), generator=random)[:count].tolist()
    return [
        DrivenClip(frames[a][:1].expand(len(frames[b])), frames[b])
        for a, b in (pairs[k] for k in chosen)
    ]


def large_pose_pairs(
    frames: dict[int, Tensor], angles_deg: dict[int, Tensor], *, random: torch.Generator
) -> list[DrivenClip]:
    """Up to LARGE_POSE_PAIRS random pairs of frames of each clip that differ much in pose.

    angles_deg: clip -> [F, 3] of its frames.
    """
    chosen: list[DrivenClip] = []
    for clip, members in frames.items():
        angles = angles_deg[clip]
        difference = (angles[:, None] - angles[None]).abs().mean(2)  # [F, F]
        far = torch.nonzero(difference > LARGE_POSE_DEG)
        few = far[torch.randperm(len(far), generator=random)[:LARGE_POSE_PAIRS]]
        if len(few):
            chosen.append(DrivenClip(members[few[:, 0]], members[few[:, 1]]))
    return chosen
