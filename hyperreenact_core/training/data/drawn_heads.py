"""Rendered heads in memory: what `render shards --style drawn` wrote, ready to be sampled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from ...errors import TrainingError


@dataclass(frozen=True)
class RenderedHeads:
    """N frames on one device; frames of one clip share identity, light and background.

    images: uint8 [N, S, S, 3] (kept small; `batch` converts). landmarks: [N, 68, 2] px.
    parameters: [N, P]. identity, clip: int64 [N]; identity counts from 0. pose: [N, 3] degrees.
    expression: [N, 12]. geometry: [N, 28].
    """

    images: Tensor
    landmarks: Tensor
    parameters: Tensor
    identity: Tensor
    clip: Tensor
    pose: Tensor
    expression: Tensor
    geometry: Tensor

    def __len__(self) -> int:
        return self.images.shape[0]

    @property
    def size(self) -> int:
        """Side of the images in pixels."""
        return self.images.shape[1]

    @property
    def device(self) -> torch.device:
        """Where the frames lie; batches come out there."""
        return self.images.device

    def to(self, device: torch.device | str) -> RenderedHeads:
        """All frames on another device: on a GPU they are sampled without crossing the bus."""
        return RenderedHeads(**{n: getattr(self, n).to(device) for n in _FIELDS})

    def sample(self, count: int, random: torch.Generator) -> Tensor:
        """Indices of `count` random frames, with repetition."""
        return torch.randint(0, len(self), (count,), generator=random).to(self.device)

    def spread(self, count: int) -> Tensor:
        """Indices of about `count` frames spread evenly over the whole."""
        return torch.arange(0, len(self), max(1, len(self) // count), device=self.device)[:count]

    def batch(self, index: Tensor) -> Tensor:
        """Images at `index` as [B, 3, S, S] in [-1, 1], channels_last."""
        return self.images[index].permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)

    def partner(self, index: Tensor, random: torch.Generator) -> Tensor:
        """For every frame another frame of the same clip (a clip's frames are neighbours)."""
        starts, counts = self._clip_span
        start, count = starts[index], counts[index]
        draw = torch.rand(len(index), generator=random).to(self.device)
        offset = 1 + (draw * (count - 1)).long().clamp(max=count - 2)
        return start + (index - start + offset) % count

    def split(self, held_out_identities: int) -> tuple[RenderedHeads, RenderedHeads]:
        """(training, held-out): the last identities are kept apart."""
        classes = int(self.identity.max()) + 1
        keep = self.identity < classes - held_out_identities
        return self._select(keep), self._select(~keep)

    def _select(self, mask: Tensor) -> RenderedHeads:
        if bool(mask.all()):
            return self
        return RenderedHeads(**{n: getattr(self, n)[mask] for n in _FIELDS})

    @cached_property
    def _clip_span(self) -> tuple[Tensor, Tensor]:
        """Per frame: first frame of its clip and number of frames in it."""
        _, inverse, counts = torch.unique_consecutive(
            self.clip, return_inverse=True, return_counts=True
        )
        starts = counts.cumsum(0) - counts
        return starts[inverse], counts[inverse]


_FIELDS = tuple(RenderedHeads.__dataclass_fields__)


def load_heads(folder: Path) -> RenderedHeads:
    """Read all shards of a folder.

    Raises TrainingError if the folder holds none.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise TrainingError(
            f"{folder}: no shards here; make some with `hyperreenact render shards --style drawn "
            f"-o {folder}`"
        )
    parts = [load_file(file) for file in files]
    joined = {
        name: torch.cat([part[name] for part in parts])
        for name in _FIELDS
        if name not in ("identity", "clip")
    }
    identity = torch.cat([part["identity"] for part in parts])
    clip = torch.cat([part["clip"] for part in parts])
    _, identity = torch.unique(identity, return_inverse=True)
    # Clip numbers may repeat from identity to identity: make each (identity, clip) one number.
    clip = identity * (int(clip.max()) + 1) + clip
    return RenderedHeads(identity=identity, clip=clip, **joined)
