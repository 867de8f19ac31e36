"""Batches of prepared clips on the device that trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .clips import PreparedClips
from .frozen_set import Faces


@dataclass(frozen=True)
class ClipFaces:
    """Clips that are read from disk as they are asked for."""

    clips: PreparedClips
    device: torch.device

    def take(self, index: Tensor) -> Faces:
        """Frames by number [B], counted as the clips count them."""
        image = self.clips.batch(index).to(self.device, non_blocking=True)
        return Faces(image, self.clips.landmarks[index].to(self.device, non_blocking=True))

    def in_turn(self, index: Tensor, *, at_once: int = 16) -> Iterator[Faces]:
        """The same, a few frames at a time."""
        for part in index.split(at_once):
            yield self.take(part)
