"""Face crops of clips on disk: what `hyperreenact data prepare` wrote, ready to be sampled.

Frames are read from the shards when a batch asks for them, so a collection may be far larger than
the memory. docs/data.md has the format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import TrainingError
from ...imaging import tensor_from_u8
from .shard_files import ShardFiles, open_shards

CLIPS_FORMAT = "hyperreenact-clips/1"
"""Stands in the index and in each shard's metadata."""
INDEX_FILE = "index.json"
SETTINGS_FILE = "prepare.json"
"""How the clips were prepared; there before the index, which is written last."""


@dataclass(frozen=True)
class PreparedClips:
    """N face crops, or a part of them; a clip's frames are neighbours, and in order.

    files: the shards; several parts of one collection share them.
    size: side of the crops, pixels.
    rows: int64 [N], where each frame lies in the shards, counted through all of them.
    identity, clip: int64 [N], numbers into `identity_names` and `clip_names`; a part keeps the
    numbers of the whole. frame: int64 [N], number of the frame in its clip as it was filmed.
    """

    files: ShardFiles
    size: int
    rows: Tensor
    identity: Tensor
    clip: Tensor
    frame: Tensor
    identity_names: tuple[str, ...]
    clip_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def landmarks(self) -> Tensor:
        """[N, 68, 2] float32, pixels of the crop; all of them, 544 bytes a frame."""
        return self.files.whole("landmarks")[self.rows]

    def sample(self, count: int, random: torch.Generator) -> Tensor:
        """Indices of `count` random frames, with repetition."""
        return torch.randint(0, len(self), (count,), generator=random)

    def spread(self, count: int) -> Tensor:
        """Indices of about `count` frames spread evenly over the whole."""
        return torch.arange(0, len(self), max(1, len(self) // count))[:count]

    def batch(self, index: Tensor) -> Tensor:
        """Images at `index` as [B, 3, S, S] float32 in [-1, 1], channels_last, on the CPU.

        TrainingError where a shard can no longer be read.
        """
        return tensor_from_u8(self.files.gather("images", self.rows[index.cpu()]))

    def partner(self, index: Tensor, random: torch.Generator) -> Tensor:
        """For every frame another one of its clip; itself where the clip has no other."""
        starts, counts = self._clip_span
        start, count = starts[index], counts[index]
        others = (count - 1).clamp(min=1)
        step = 1 + _below(others, random)
        return start + (index - start + step) % count

    def stranger(self, index: Tensor, random: torch.Generator) -> Tensor:
        """For every frame one of another identity; all of them are equally likely.

        TrainingError where there is only one identity.
        """
        order, starts, counts = self._identity_span
        start, count = starts[index], counts[index]
        others = len(self) - count
        if bool((others == 0).any()):
            raise TrainingError(
                f"{self.files.folder}: only one identity is here, and frames of another are "
                "needed; prepare clips of two people or more"
            )
        place = start + count + _below(others, random)
        return order[place % len(self)]

    def split(self, held_out_identities: int) -> tuple[PreparedClips, PreparedClips]:
        """(training, held-out): the last identities are kept apart.

        TrainingError where that would leave none for training.
        """
        people = torch.unique(self.identity)
        if not 0 <= held_out_identities < len(people):
            raise TrainingError(
                f"{self.files.folder}: {held_out_identities} of {len(people)} identities cannot "
                "be held out; hold out fewer or prepare more people"
            )
        keep = self.identity <= people[len(people) - held_out_identities - 1]
        return self._select(keep), self._select(~keep)

    def _select(self, mask: Tensor) -> PreparedClips:
        return replace(
            self,
            rows=self.rows[mask],
            identity=self.identity[mask],
            clip=self.clip[mask],
            frame=self.frame[mask],
        )

    @cached_property
    def _clip_span(self) -> tuple[Tensor, Tensor]:
        """Per frame: first frame of its clip and number of frames in it."""
        return _spans(self.clip)

    @cached_property
    def _identity_span(self) -> tuple[Tensor, Tensor, Tensor]:
        """Frames sorted by identity; per frame, where its identity begins there and its share."""
        order = torch.argsort(self.identity, stable=True)
        starts, counts = torch.empty_like(order), torch.empty_like(order)
        starts[order], counts[order] = _spans(self.identity[order])
        return order, starts, counts


def load_clips(folder: Path) -> PreparedClips:
    """Open a folder of prepared clips; no picture is read yet.

    Raises TrainingError, naming the folder and what to do, where it holds none, where the
    preparation was not finished or a shard is missing or damaged.
    """
    index_file = folder / INDEX_FILE
    if index_file.is_file():
        return _load_prepared(folder, _read_index(index_file))
    if (folder / SETTINGS_FILE).is_file():
        raise TrainingError(
            f"{folder}: no clips are prepared here yet; run the same `hyperreenact data prepare` "
            "again, it goes on where it stopped"
        )
    raise TrainingError(
        f"{folder}: no shards here; make some from clips with `hyperreenact data prepare DIR -o "
        f"{folder}`"
    )


def _load_prepared(folder: Path, index: dict[str, Any]) -> PreparedClips:
    try:
        names = [entry["file"] for entry in index["shards"]]
        identity_names = tuple(str(name) for name in index["identities"])
        clip_names = tuple(str(entry["name"]) for entry in index["clips"])
    except (KeyError, TypeError) as error:
        raise TrainingError(
            f"{folder / INDEX_FILE} is not complete ({error!r}); run `hyperreenact data prepare` "
            "again"
        ) from error
    if not names:
        raise TrainingError(f"{folder} holds no frames; prepare other clips")
    files = open_shards(folder, [folder / name for name in names])
    return PreparedClips(
        files=files,
        size=files.size,
        rows=torch.arange(files.rows),
        identity=files.whole("identity"),
        clip=files.whole("clip"),
        frame=files.whole("frame"),
        identity_names=identity_names,
        clip_names=clip_names,
    )


def _read_index(path: Path) -> dict[str, Any]:
    try:
        index: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{path} cannot be read ({error}); run `hyperreenact data prepare` again"
        ) from error
    found = index.get("format") if isinstance(index, dict) else None
    if found != CLIPS_FORMAT:
        raise TrainingError(
            f"{path} holds {found or 'something else'}, not {CLIPS_FORMAT}; prepare the clips "
            "again with this version"
        )
    return index


def _spans(numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Per entry: where its run of equal numbers begins and how long it is."""
    _, inverse, counts = torch.unique_consecutive(numbers, return_inverse=True, return_counts=True)
    starts = counts.cumsum(0) - counts
    return starts[inverse], counts[inverse]


def _below(limits: Tensor, random: torch.Generator) -> Tensor:
    """A random whole number in 0..limit-1 for each limit."""
    # float64: a float32 cannot count beyond 16 million frames.
    draw = torch.rand(len(limits), generator=random, dtype=torch.float64)
    return torch.minimum((draw * limits).long(), limits - 1)
