"""Face crops of rendered heads in memory, with what is true of them.

Every picture is there twice: row N + i shows picture i of N in a mirror.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from ...face.align import CropBox, CropRule, crop_box, cut
from ...face.framing import Frame
from ...heads.parts import Label
from ...heads.shard_files import read_shard, shards_of
from ...imaging import tensor_from_u8, u8_from_tensor
from ...networks.pose_state import STATE, state_vector
from ...networks.reader_regions import IBUG68
from ..reader.framing import labels_in
from ..reader.shelf import row_of

_KEYS = (
    *("images", "coverage", "points", "visible", "irises", "gaze", "rotation"),
    *("expression", "identity", "clip"),
)
_COVERED = 0.03
"""Pictures of which things before the face take a larger share than this are left out."""


@dataclass(frozen=True, eq=False)
class HeadCrops:
    """N pictures, 2 N rows; frames of one clip are neighbours and share person and scene.

    images: uint8 [N, S, S, 3]. coverage: uint8 [N, S, S], 255 where there is no background.
    landmarks: [2 N, 68, 2] pixels. state: [2 N, STATE], see networks.pose_state. identity, clip:
    int64 [2 N]; identities count from 0.
    """

    images: Tensor
    coverage: Tensor
    landmarks: Tensor
    state: Tensor
    identity: Tensor
    clip: Tensor

    def __len__(self) -> int:
        return len(self.state)

    @property
    def pictures(self) -> int:
        """N: the rows before the mirrored ones."""
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.images.shape[1]

    @property
    def device(self) -> torch.device:
        return self.images.device

    def to(self, device: torch.device | str) -> HeadCrops:
        """All of it on another device."""
        return HeadCrops(**{n: getattr(self, n).to(device) for n in _FIELDS})

    def sample(self, count: int, random: torch.Generator) -> Tensor:
        """`count` random rows, with repetition."""
        return torch.randint(0, len(self), (count,), generator=random).to(self.device)

    def spread(self, count: int) -> Tensor:
        """About `count` rows without a mirror, spread evenly over the whole."""
        step = max(1, self.pictures // count)
        return torch.arange(0, self.pictures, step, device=self.device)[:count]

    def batch(self, index: Tensor) -> Tensor:
        """Pictures [B, 3, S, S] in [-1, 1], channels_last."""
        return self._as_seen(index, tensor_from_u8(self.images[index % self.pictures]))

    def cover(self, index: Tensor) -> Tensor:
        """[B, 1, S, S]: how much of each pixel is not background."""
        covers = self.coverage[index % self.pictures][:, None].float() / 255
        return self._as_seen(index, covers)

    def partner(self, index: Tensor, random: torch.Generator) -> Tensor:
        """For every row another one of the same clip."""
        starts, counts = self._clip_span
        start, count = starts[index], counts[index]
        draw = torch.rand(len(index), generator=random).to(self.device)
        offset = 1 + (draw * (count - 1)).long().clamp(max=count - 2)
        return start + (index - start + offset) % count

    def _as_seen(self, index: Tensor, pictures: Tensor) -> Tensor:
        mirrored = (index >= self.pictures)[:, None, None, None]
        seen = torch.where(mirrored, pictures.flip(3), pictures)
        return seen.contiguous(memory_format=torch.channels_last)

    @cached_property
    def _clip_span(self) -> tuple[Tensor, Tensor]:
        """Per row: first row of its clip and number of rows in it."""
        _, inverse, counts = torch.unique_consecutive(
            self.clip, return_inverse=True, return_counts=True
        )
        return (counts.cumsum(0) - counts)[inverse], counts[inverse]


_FIELDS = tuple(HeadCrops.__dataclass_fields__)


def load_crops(folders: Sequence[Path], rule: CropRule) -> HeadCrops:
    """Cut the faces out of all shards of some folders, as the product would with true landmarks.

    Left out are faces behind hands and other things, and what has no other picture of its clip.
    Raises InputError where a folder holds no shards.
    """
    paths = [path for folder in folders for path in shards_of(folder)]
    chosen = [_shown(path) for path in paths]
    count = sum(map(len, chosen))
    images = np.empty((count, rule.size, rule.size, 3), np.uint8)
    coverage = np.empty((count, rule.size, rule.size), np.uint8)
    landmarks = np.empty((2, count, len(IBUG68), 2), np.float32)
    state = torch.empty(2, count, STATE)
    people = np.empty(count, np.int64)
    clips: list[tuple[int, int]] = []
    at = 0
    for number, path in enumerate(tqdm(paths, desc="crops", unit="shard", mininterval=5)):
        arrays = read_shard(path, keys=_KEYS).arrays
        for row in chosen[number]:
            values = {name: arrays[name][row] for name in _KEYS}
            points = torch.from_numpy(values["points"][list(IBUG68), :2])
            box = crop_box(points, rule)
            images[at] = _cut(values["images"], box, rule)
            coverage[at] = _cut(np.repeat(values["coverage"][..., None], 3, 2), box, rule)[..., 0]
            for mirrored in (False, True):
                frame = Frame((box.cx, box.cy), 2 * box.half, mirrored=mirrored)
                labels = labels_in(row_of(values), frame)
                landmarks[int(mirrored), at] = (labels.points[list(IBUG68)] + 1) * (rule.size / 2)
                parts = (labels.rotation, labels.coefficients, labels.gaze)
                told = state_vector(*(torch.from_numpy(part)[None] for part in parts))
                state[int(mirrored), at] = told[0]
            people[at] = values["identity"]
            clips.append((number, int(values["clip"])))
            at += 1
    _, identity = torch.unique(torch.from_numpy(people), return_inverse=True)
    numbers = {clip: n for n, clip in enumerate(dict.fromkeys(clips))}
    clip = torch.tensor([numbers[clip] for clip in clips])
    return HeadCrops(
        images=torch.from_numpy(images),
        coverage=torch.from_numpy(coverage),
        landmarks=torch.from_numpy(landmarks).flatten(0, 1),
        state=state.flatten(0, 1),
        identity=identity.repeat(2),
        clip=torch.cat([clip, clip + len(numbers)]),
    )


def _shown(path: Path) -> list[int]:
    """The rows of a shard that are of use."""
    arrays = read_shard(path, keys=("labels", "clip")).arrays
    clear = (arrays["labels"] == int(Label.OTHER)).mean((1, 2)) < _COVERED
    clips: list[int] = arrays["clip"].tolist()
    counts = Counter(clip for clip, seen in zip(clips, clear, strict=True) if seen)
    return [row for row, clip in enumerate(clips) if clear[row] and counts[clip] > 1]


def _cut(picture: NDArray[np.uint8], box: CropBox, rule: CropRule) -> NDArray[np.uint8]:
    return u8_from_tensor(cut(picture, box, rule)[0][None])[0]
