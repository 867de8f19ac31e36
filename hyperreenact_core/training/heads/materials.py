"""What the stages of a starter run work with: shards, crops, and the networks finished so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ...face.align import CropRule
from ...heads.shards import write_shards
from ...heads.takes import Recipe
from ...models.kinds import NetworkKind
from ...models.sets import LoadedSet
from ...models.store import weights_file
from ...networks.reader import Reader
from ..reader.learner import read_weights
from ..reader.shelf import Shelf, check_apart
from .crops import HeadCrops, load_crops
from .features import HeadFeatures, cached_head_features
from .hypernetwork_stage import Frozen
from .perception import Perception, load_perception, perception_of
from .portrait import CODE_FILE, Portrait, load_portrait
from .profiles import Profile

_FIRST_HELD_OUT = 1_000_000
"""People that are measured by are numbered from here on; others lie below."""
_FRAMES = 4
_SIDES = (1.5, 2.6)


@dataclass(frozen=True)
class Materials:
    """Of a run in the folder `out`.

    data, held_out: folders of shards, of different people; rendered into `out/data` where there are
    none, by `workers` processes. features: weights of an EfficientNet-lite0 of ImageNet, to begin
    with and for perceptual losses; without it networks begin at random and the body of the reader
    compares.
    """

    profile: Profile
    out: Path
    device: torch.device
    data: Sequence[Path] = ()
    held_out: Sequence[Path] = ()
    features: Path | None = None
    seed: int = 0
    workers: int = 2

    def weights(self, kind: NetworkKind) -> Path:
        """Where a stage leaves its network."""
        return weights_file(self.out, kind)

    @property
    def frozen(self) -> Frozen:
        """What the hypernetwork is trained against."""
        return Frozen(self.portrait, self.perception, self._reader)

    def features_of(self, heads: HeadCrops) -> HeadFeatures:
        """What the finished encoders say of every picture, kept on disk."""
        return cached_head_features(
            heads,
            e4e=LoadedSet(self.out).e4e.to(self.device),
            portrait=self.portrait,
            cache=self.out / "cache",
            weights=[*map(self.weights, ("appearance", "generator", "e4e")), self.out / CODE_FILE],
        )

    @cached_property
    def portrait(self) -> Portrait:
        return load_portrait(self.out).to(self.device)

    @cached_property
    def known(self) -> Mapping[str, Tensor] | None:
        return None if self.features is None else read_weights(self.features)

    @cached_property
    def perception(self) -> Perception:
        known = self.known
        network = perception_of(self._reader) if known is None else load_perception(known)
        return network.to(self.device)

    @property
    def _reader(self) -> Reader:
        return LoadedSet(self.out).reader.to(self.device)

    @cached_property
    def crops(self) -> tuple[HeadCrops, HeadCrops]:
        """(training, held-out people)."""
        labels = ("identity", "points")
        check_apart(*(Shelf(list(folders), pixels=(), labels=labels) for folders in self.shards))
        rule = CropRule(
            scale=self.profile.crop_scale, size=self.profile.networks.generator.resolution
        )
        heads, held_out = (load_crops(folders, rule) for folders in self.shards)
        return heads.to(self.device), held_out.to(self.device)

    @cached_property
    def shards(self) -> tuple[Sequence[Path], Sequence[Path]]:
        """Folders of (training, held-out people), rendered or completed where none were given."""
        p = self.profile
        return (
            self.data or [self._render("heads", first=0, people=p.people)],
            self.held_out or [self._render("held-out", first=_FIRST_HELD_OUT, people=p.held_out)],
        )

    def _render(self, name: str, *, first: int, people: int) -> Path:
        folder = self.out / "data" / name
        bar = tqdm(desc=f"render {name}", unit="picture", mininterval=5)

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        write_shards(
            folder,
            people=people,
            first_person=first,
            seed=self.seed,
            recipe=Recipe(frames=_FRAMES, side=_SIDES),
            workers=self.workers,
            progress=advance,
        )
        bar.close()
        return folder
