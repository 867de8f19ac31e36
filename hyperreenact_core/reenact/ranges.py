"""A clip cut into ranges of frames that can be drawn apart: what each asks for, as a file.

Whatever a frame needs to know of earlier ones (where the face was, which pose is held, what the
shape of the head is) is settled while the clip is read, once and in order; a range is then drawn to
the last bit as it would be within the whole clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import InputError
from ..face.follow import NO_PICTURE
from ..host import Host
from ..models.sets import LoadedSet
from ..models.tensor_files import save_tensors
from ..video.pictures import read_image
from ..video.reader import open_frames
from .clip import ClipRequest, cast, check_drawn, frames_of
from .detail.performance import HeadState
from .driving import batches
from .memory import frames_at_once
from .missing import DrivingReport, PosedFrame, PoseOrigin
from .pipeline import Reenactor
from .source import SourceFace
from .views import PoseView

_ORIGINS: tuple[PoseOrigin, ...] = get_args(PoseOrigin)


def range_length(wanted: int, request: ClipRequest, host: Host) -> int:
    """Frames of a range: whole batches, so that a frame has the neighbours it has in the clip."""
    batch = frames_at_once(request.options.batch_size, host.device)
    return -(-wanted // batch) * batch


def read_ranges(
    request: ClipRequest,
    source: SourceFace,
    reenactor: Reenactor,
    report: DrivingReport,
    *,
    length: int,
) -> Iterator[list[PosedFrame]]:
    """What the frames of a clip ask for, `length` at a time; raises as `ClipJob.run` does."""
    driving = open_frames(request.driving, default_rate=request.default_rate)

    def name_frame(index: int) -> str:
        return driving.name_of(index + request.start)

    with frames_of(driving, request) as frames:
        posed = reenactor.read(source, frames, report, name_frame=name_frame)
        yield from batches(posed, length)
    check_drawn(report, request)


def cast_of(request: ClipRequest, models: LoadedSet, host: Host) -> tuple[SourceFace, Reenactor]:
    """The face of a request's source, read from its file, and what animates it."""
    return cast(request, read_image(request.source), models, host)


def save_range(path: Path, frames: Sequence[PosedFrame]) -> None:
    """Write what frames ask for; their pictures are not kept. OutputError where that fails."""
    states = [frame.state for frame in frames]
    tensors = {
        "index": torch.tensor([frame.index for frame in frames]),
        "origin": torch.tensor([_ORIGINS.index(frame.origin) for frame in frames]),
        "view": torch.stack([frame.pose.view for frame in frames]).contiguous(),
        "acts": torch.tensor([state is not None for state in states]),
        "rotation": _stacked([None if s is None else s.rotation for s in states], (3, 3)),
        "coefficients": _stacked([None if s is None else s.coefficients for s in states], (52,)),
    }
    save_tensors(tensors, path)


def load_range(path: Path) -> list[PosedFrame]:
    """Read what `save_range` has written; InputError where it is missing or damaged."""
    try:
        with safe_open(path, "pt") as file:
            found: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        columns = [found[n] for n in ("index", "origin", "view", "acts")]
        states = zip(found["rotation"].numpy(), found["coefficients"].numpy(), strict=True)
    except (OSError, SafetensorError, KeyError) as error:
        raise InputError(f"{path} cannot be read ({error}); remove it and run again") from error
    return [
        PosedFrame(
            index=int(index),
            picture=NO_PICTURE,
            crop=None,
            pose=PoseView(view, None),
            origin=_ORIGINS[int(origin)],
            state=HeadState(*state) if acts else None,
        )
        for index, origin, view, acts, state in zip(*columns, states, strict=True)
    ]


def _stacked(rows: Sequence[np.ndarray | None], shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(np.stack([np.zeros(shape) if row is None else row for row in rows]))
