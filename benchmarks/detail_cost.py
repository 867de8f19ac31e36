"""What detail costs behind a generator: a sample portrait drawn in as many states as asked."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.reenact.detail.performance import HeadState
from hyperreenact_core.reenact.detail.portrait import Portrait, guides, portrait_of
from hyperreenact_core.reenact.detail.stage import DetailSource, DetailStage
from hyperreenact_core.reenact.detail.turns import turn_of
from hyperreenact_core.reenact.knobs import SIZE
from hyperreenact_core.reenact.source import analyse_source
from hyperreenact_core.video.pictures import read_image

_PORTRAIT = Path(__file__).parents[1] / "hyperreenact_core" / "samples" / "talk_source.png"
_YAW_STEP = 0.02
"""Radians that each state is turned further than the one before."""


class DetailCost:
    """The bundled set's detail network behind any set's generator, results of SIZE.default."""

    def __init__(self, models: LoadedSet, host: LocalHost) -> None:
        own = load_set("starter")
        self.network = own.detail.to(host.device)
        self._stage = DetailStage(self.network, device=host.device, dtype=host.detail_dtype)
        source = analyse_source(read_image(_PORTRAIT), own, host, name=_PORTRAIT.name)
        side = models.settings.resolution
        drawn = torch.zeros(3, side, side) if guides(models.settings) else None
        self._portrait: Portrait = portrait_of(source.picture, source.crop, drawn)
        self._source: DetailSource | None = None

    def prepare(self) -> None:
        """What is done once per source."""
        self._source = self._stage.prepare(self._portrait, size=int(SIZE.default))

    def draw(self, images: Tensor) -> Tensor:
        """The generator's pictures of a batch [B, 3, r, r] -> results [B, 3, R, R]."""
        if self._source is None:
            raise RuntimeError("prepare a source first")
        own = self._source.state
        states = [
            HeadState(turn_of((0.0, _YAW_STEP * at, 0.0)) @ own.rotation, own.coefficients)
            for at in range(len(images))
        ]
        return self._stage.draw(self._source, states, images).images
