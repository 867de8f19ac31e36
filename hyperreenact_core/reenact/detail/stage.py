"""Detail transfer: the source's own pixels where they can be carried, the generator's elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from ...face.align import CropBox, CropRule, cut
from ...face.squares import part_within
from ...imaging import resize, tensor_from_u8, u8_from_tensor
from ...networks.detail import DetailNetwork, compose
from ...networks.detail_inputs import CoarseMaps
from ...types import FaceReading, Framing
from .drawn import paint_of, picture_of
from .eyeballs import gaze_astray
from .features import SourceFeatures, features_of, source_features
from .figure import figure_of
from .fit import HeadFit
from .flow import Drawing, draw_head, flow_between
from .gaze import with_eyes_turned, with_parallel_eyes
from .head_model import Floats, HeadModel, load_head_model
from .lids import with_shut_lids
from .maps import coarse_maps
from .mouth import shown_inside, with_shut_lips
from .paint import Paint
from .performance import HeadState, fit_portrait
from .planning import planned
from .portrait import Portrait, framed_side
from .pose import pose_head, turned_about
from .remainder import with_remainder
from .turns import soft_turn
from .worn import worn_on

_FREE_DEG, _MOST_DEG = 28.0, 42.0
"""How far a head is turned from where the source holds it, as asked and at most: beyond that the
source shows too little of what would be seen."""
WORK_SIZE = 256
"""Side in pixels of the pictures and maps that the network sees, and has learned from."""


@dataclass(frozen=True, eq=False)
class DetailSource:
    """All that the stage keeps of a source.

    picture: [1, 3, R, R] in [-1, 1], the crop at the size of the results. small: [1, 3, S, S] the
    same at the stage's work size. guide: [1, 3, S, S], the source in its own pose, as the generator
    draws it or, in `paint`, the head model. fit, drawing: its head, in pixels of the crop. figure:
    [S, S] 1 on the person, 0 on the background. features: None for a source without paint. framing:
    what of the source's picture it is. part: rows and columns that are wanted of results, all if
    None.
    """

    picture: Tensor
    small: Tensor
    guide: Tensor
    paint: Paint | None
    fit: HeadFit
    drawing: Drawing
    figure: Floats
    features: SourceFeatures | None
    framing: Framing = field(default_factory=Framing)
    part: tuple[slice, slice] | None = None

    @property
    def state(self) -> HeadState:
        """What the source itself performs."""
        return HeadState(self.fit.rotation, self.fit.coefficients)


@dataclass(frozen=True, eq=False)
class Sketch:
    """What the head model alone says of one result.

    drawing: of its head. guide: [1, 3, S, S] in [-1, 1], the model painted; None for a source
    without paint.
    """

    maps: CoarseMaps
    drawing: Drawing
    guide: Tensor | None = None


@dataclass(frozen=True)
class Detailed:
    """images: [B, 3, R, R] in [-1, 1]. kept: [B] share of the head that came from the source."""

    images: Tensor
    kept: Tensor

    def towards(self, guides: Tensor | None, amount: float) -> Detailed:
        """Only so much of the detail, 0 to 1; guides: [B, 3, r, r], not needed for all of it."""
        if amount == 1:
            return self
        if guides is None:
            raise ValueError("less than all of the detail is mixed with the generator's pictures")
        plain = resize(guides.to(self.images), self.images.shape[-1])
        return Detailed(plain.lerp(self.images, amount), amount * self.kept)


class DetailStage:
    """Draws a source in other states with the detail network, which must be on `device`."""

    def __init__(
        self,
        network: DetailNetwork,
        *,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        work_size: int = WORK_SIZE,
    ) -> None:
        """dtype: what the network's convolutions compute in; the network stays as it is.

        work_size: side of what the network sees, a multiple of 32; smaller ones are for drafts.
        """
        self._network, self._device, self._dtype = network, torch.device(device), dtype
        self.work_size = work_size
        self.model: HeadModel = load_head_model()

    def prepare(
        self,
        portrait: Portrait,
        *,
        size: int,
        fit_with: Callable[[FaceReading], HeadFit] | None = None,
        paint: Paint | None = None,
        figure: Floats | None = None,
        crop_alone: bool = False,
    ) -> DetailSource:
        """size: side of the results in pixels. crop_alone: no more of them is wanted.

        fit_with: what fits the head, else `fit_portrait`. paint: colours of a portrait without a
        guide. figure: see DetailSource. What is None is measured.
        """
        side = len(portrait.image)
        whole = CropBox(side / 2, side / 2, side / 2)
        large, matrix = cut(portrait.image, whole, CropRule(size=size))
        own = large[None].to(self._device)
        reading = portrait.reading.moved(matrix)
        fit = fit_portrait(self.model, reading) if fit_with is None else fit_with(reading)
        points, spread = reading.points.double().numpy(), reading.spread.double().numpy()
        fit = replace(fit, coefficients=with_parallel_eyes(fit.coefficients))
        fit = with_shut_lips(self.model, with_remainder(self.model, fit, points, spread))
        framing = portrait.framing
        work_size = framed_side(self.work_size, framing)
        drawing = self._drawn(fit, None, framing, side=float(size))
        picture = u8_from_tensor(own)[0]
        astray = gaze_astray(self.model, drawing, picture)
        if astray.any():
            seen = with_eyes_turned(self.model, fit.coefficients, astray)
            fit = replace(fit, coefficients=seen)
            drawing = self._drawn(fit, None, framing, side=float(size))
        small = resize(own, work_size)
        seen = u8_from_tensor(small)[0]
        if figure is None:
            figure = figure_of(seen, drawing)
        guide = portrait.guide
        if guide is not None:
            paint = features = None
        else:
            if paint is None:
                paint = paint_of(self.model, drawing, seen)
            else:
                paint = replace(paint, shows=shown_inside(self.model, drawing.posed))
            guide = self._pictures([drawing], paint)[0]
            features = source_features(self.model, drawing, picture, paint)
        return DetailSource(
            picture=own,
            small=small,
            guide=resize(guide[None].to(own), work_size),
            paint=paint,
            fit=fit,
            drawing=drawing,
            figure=figure,
            features=features,
            framing=framing,
            part=part_within(size, framing) if crop_alone else None,
        )

    def draw(
        self, source: DetailSource, states: Sequence[HeadState], guides: Tensor | None
    ) -> Detailed:
        """The source in B states; guides: as for `finish`."""
        return self.finish(source, [self.sketch(source, state) for state in states], guides)

    def sketch(self, source: DetailSource, state: HeadState) -> Sketch:
        """What needs no network."""
        result = self._drawn(source.fit, state, source.framing, side=source.drawing.side)
        return self._sketched(source, result)

    def sketch_on(self, source: DetailSource, other: HeadFit) -> Sketch:
        """The source's face on another head, which lies in pixels of a square of the same side."""
        side = source.drawing.side
        posed = worn_on(self.model, source.fit, other)
        drawing = draw_head(self.model, posed, side=side, size=source.drawing.size)
        return self._sketched(source, drawing)

    def _sketched(self, source: DetailSource, result: Drawing) -> Sketch:
        flow = flow_between(self.model, result, source.drawing, source.figure)
        maps = coarse_maps([flow], [result])
        if source.paint is None:
            return Sketch(maps, result)
        return Sketch(maps, result, self._pictures([result], source.paint))

    @torch.inference_mode()
    def finish(
        self, source: DetailSource, sketches: Sequence[Sketch], guides: Tensor | None
    ) -> Detailed:
        """B results.

        guides: [B, 3, r, r] in [-1, 1], drawn by the generator; None for a source with `paint`.
        """
        count = len(sketches)
        maps = CoarseMaps.cat([sketch.maps for sketch in sketches]).to(self._device)
        small = source.small.expand(count, -1, -1, -1)
        painted = [sketch.guide for sketch in sketches if sketch.guide is not None]
        shown = torch.cat(painted) if painted else guides
        if shown is None:
            raise ValueError("a source without paint is drawn with the generator's guides")
        carried = torch.cat([small, source.guide.expand(count, -1, -1, -1)], 1)
        drawn = resize(shown.to(small), small.shape[-1])
        lower = self._dtype != torch.float32
        with torch.autocast(self._device.type, self._dtype, enabled=lower):
            plan = planned(self._network, carried, drawn, maps, size=self.work_size)
        images = compose(source.picture.expand(count, -1, -1, -1), plan, source.part)
        features = source.features
        if features is not None:
            for image, sketch in zip(images, sketches, strict=True):
                # Here and not in the sketch: that is made on a thread with more to do.
                for patch in features_of(self.model, sketch.drawing, source.drawing, features):
                    patch.over(image)
        return Detailed(images, _kept(plan.weights, maps.face))

    def _drawn(
        self, fit: HeadFit, state: HeadState | None, framing: Framing, *, side: float
    ) -> Drawing:
        if state is None:
            posed = pose_head(self.model, fit)
        else:
            turn = state.rotation @ fit.rotation.T
            rotation = soft_turn(turn, free_deg=_FREE_DEG, most_deg=_MOST_DEG) @ fit.rotation
            performed = with_shut_lids(self.model, fit, state.coefficients)
            posed = pose_head(self.model, fit, rotation=rotation, coefficients=performed)
        posed = turned_about(posed, framing.roll_deg, side / 2)
        size = framed_side(self.work_size, framing)
        return draw_head(self.model, posed, side=side, size=size)

    def _pictures(self, drawings: Sequence[Drawing], paint: Paint) -> Tensor:
        """[B, 3, S, S] of the head model."""
        pictures = [picture_of(self.model, one, paint, one.size) for one in drawings]
        return tensor_from_u8(np.stack(pictures))


def _kept(weights: Tensor, face: Tensor) -> Tensor:
    """[B] the share of the face's pixels that is not painted."""
    own = resize(face, weights.shape[-1])
    painted = (weights[:, 2:] * own).sum((1, 2, 3)) / own.sum((1, 2, 3)).clamp_min(1)
    return 1 - painted
