"""How many frames to draw at once, and how much memory that takes."""

from __future__ import annotations

import torch

from ..models.sets import LoadedSet

_MAPS_ALIVE = 4
"""Copies of the largest feature map that exist at once while a layer works."""
_DELTAS_ALIVE = 2
"""Copies of the deltas: as they are made, and scaled by a strength."""
_KERNELS_ALIVE = 3
"""Kernels in memory: the source's, and while one layer works its own twice, at most all."""


def frames_at_once(wanted: int, device: torch.device) -> int:
    """The wanted batch size, or for 0 what suits the device.

    On the CPU a batch gains nothing, while single frames are cancelled at once and do not depend
    on their neighbours down to the last bit.
    """
    return wanted or (1 if device.type == "cpu" else 8)


def working_bytes(models: LoadedSet, *, batch_size: int) -> int:
    """Memory beside the weights that drawing `batch_size` frames needs, roughly, in float32.

    Counts the source's kernels, what the pose encoder and each frame's deltas take, and the largest
    maps of the generator, which draws one frame at a time.
    """
    config, slots = models.generator.config, models.generator.slots
    pairs = sum(slot.out_channels * slot.in_channels for slot in slots if not slot.is_to_rgb)
    sides = [4 * 2**block for block in range(len(config.channels))]
    largest = max(side**2 * width for side, width in zip(sides, config.channels, strict=True))
    seen = 0
    if models.settings.pose_input != "state":
        pose = models.pose_config
        seen = pose.stem_channels * (pose.input_size // pose.stem_stride) ** 2
    per_frame = _DELTAS_ALIVE * pairs + _MAPS_ALIVE * seen
    return 4 * (9 * _KERNELS_ALIVE * pairs + _MAPS_ALIVE * largest + batch_size * per_frame)
