"""How much memory drawing takes, for hosts that make room beforehand."""

from __future__ import annotations

from ..models.sets import LoadedSet

_MAPS_ALIVE = 4
"""Copies of the largest feature map that exist at once while a layer works."""


def working_bytes(models: LoadedSet, *, batch_size: int) -> int:
    """Memory beside the weights that drawing `batch_size` frames needs, roughly, in float32.

    Counts each frame's deltas and the kernels made from them, and the largest maps.
    """
    generator = models.generator
    kernels = sum(
        slot.out_channels * slot.in_channels * (1 if slot.is_to_rgb else 1 + 9)
        for slot in generator.slots
    )
    config = generator.config
    sides = [4 * 2**block for block in range(len(config.channels))]
    largest = max(side**2 * width for side, width in zip(sides, config.channels, strict=True))
    return 4 * batch_size * (kernels + _MAPS_ALIVE * largest)
