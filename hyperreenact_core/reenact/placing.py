"""From a drawn face to the finished picture: alone, or back in its place in the source's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..face.given import Box
from ..face.paste import paste_back
from ..face.squares import (
    corners_of,
    crop_within,
    cut_square,
    framing_around,
    is_upright,
    square_from_frame,
)
from ..host import Host
from ..imaging import ImageU8, resize, tensor_from_u8, u8_from_tensor
from ..models.sets import LoadedSet
from ..types import FaceCrop, Framing
from .detail.portrait import Portrait, framed, framed_side, portrait_of, side_kept
from .knobs import FEATHER
from .missing import DrivingReport, PoseOrigin
from .options import ReenactOptions
from .results import ReenactedFrame
from .source import SourceFace

_ALONE = 0.3
"""Feather of a face that is the generator's alone, and so is what lies around its head."""
_IN_FRONT = 0.1
"""From this share on, a pixel shows something of what is in front."""
_GROWN, _FILLED = 1 / 64, 5.0
"""How far beyond what is in front pixels are filled in, as a share of the square, and from how far
they are, pixels."""


@dataclass(frozen=True)
class Placed:
    """image, mask: as of `ReenactedFrame`. face: [3, S, S] in [-1, 1], the face alone."""

    image: ImageU8
    face: Tensor
    mask: Tensor | None


@dataclass(frozen=True)
class DrawnFace:
    """A face that was drawn, [3, r, r] in [-1, 1] on the CPU; all else as of `ReenactedFrame`."""

    index: int
    driving: ImageU8
    driving_crop: FaceCrop | None
    pose_of: PoseOrigin
    face: Tensor
    kept: float | None


def results_of(
    drawn: Iterable[DrawnFace],
    source: SourceFace,
    options: ReenactOptions,
    models: LoadedSet,
    host: Host,
    report: DrivingReport,
) -> Iterator[ReenactedFrame]:
    """The results of faces as they were drawn; what was kept of the source is told to `report`."""
    for one in drawn:
        own = placed(source, one.face, options, models)
        if one.kept is not None:
            report.kept.append(one.kept)
        host.check_interrupt()
        yield ReenactedFrame(
            image=own.image,
            index=one.index,
            driving=one.driving,
            driving_crop=one.driving_crop,
            pose_of=one.pose_of,
            kept=one.kept,
            face=own.face,
            mask=own.mask,
        )


def placed(source: SourceFace, face: Tensor, options: ReenactOptions, models: LoadedSet) -> Placed:
    """What is given out for a drawn face [3, R, R]."""
    side = options.side(models)
    cuts = shows_crop_alone(source, options)
    alone = crop_within(face[None], source.crop.framing) if cuts else face[None]
    alone = resize(alone, side)
    if not options.paste_back:
        return Placed(u8_from_tensor(alone)[0], alone[0], None)
    crop = source.crop
    pasted = paste_back(
        source.picture,
        face,
        square_from_frame(crop, side=face.shape[-1]),
        front=source.front,
        feather=feather_of(options),
        colour_match=options.colour_match,
    )
    mask = torch.rot90(pasted.mask, -source.turns)
    return Placed(source.as_given(pasted.frame), alone[0], mask)


def feather_of(options: ReenactOptions) -> float:
    """Width of the soft border of what is pasted back, as a share of half the square's side."""
    return FEATHER.default if options.detail > 0 else _ALONE


def shows_crop_alone(source: SourceFace, options: ReenactOptions) -> bool:
    """Whether more is drawn than results show."""
    return source.shown is not None and not options.paste_back


def drawn_side(source: SourceFace, options: ReenactOptions, models: LoadedSet) -> int:
    """Pixels that a result is drawn wide: larger squares that are pasted back stay as sharp."""
    side, framing = options.side(models), source.crop.framing
    if shows_crop_alone(source, options):
        return round(side * framing.size)
    if options.paste_back and options.size is None:
        return max(side, framed_side(side, framing))
    return side


def laid_into(source: SourceFace) -> Callable[[Tensor], Tensor]:
    """What lays the generator's faces [B, 3, r, r] into the square that results show."""
    framing = source.crop.framing
    if framing.is_usual:
        return lambda faces: faces
    square = cut_square(source.picture, source.crop, size=side_kept(source.crop))
    return lambda faces: framed(faces, square, framing)


def in_square(source: SourceFace, options: ReenactOptions, models: LoadedSet) -> SourceFace:
    """The source with what is drawn around its crop; one with a framing of its own as it is.

    With detail a head with its hair is drawn: what moves in the crop comes from there, and all of
    it is pasted back. Without detail nothing is drawn beyond the crop.
    """
    if options.detail == 0 and source.shown is not None:
        return replace(source, crop=source.crop_shown, shown=None)
    has_own = source.shown is not None or not source.crop.framing.is_usual
    if options.detail == 0 or has_own or not is_upright(source.crop):
        return source
    wide = source.framed(framing_around(options.side(models)))
    return wide if options.paste_back else replace(wide, shown=Framing())


def place_of(source: SourceFace) -> Box:
    """Where results are pasted in the source's picture, as it was given; within the picture."""
    height, width = source.picture.shape[:2]
    x0, y0, x1, y1 = edges_of(source.crop_shown, width, height)
    for _ in range(source.turns):  # a quarter back, clockwise
        x0, y0, x1, y1 = height - y1, x0, height - y0, x1
        height, width = width, height
    return x0, y0, x1, y1


def edges_of(crop: FaceCrop, width: int, height: int) -> Box:
    """The square of a face, within the frame of that size that it was cut from.

    Around one that is turned: what it reaches.
    """
    corners = corners_of(crop)
    (x0, y0), (x1, y1) = corners.amin(0).tolist(), corners.amax(0).tolist()
    return max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))


def portrait_behind(source: SourceFace, guide: Tensor | None) -> Portrait:
    """A source's portrait, see `portrait_of`, without what stays in front of the face.

    That would move along with the face. Where it was, its surroundings go on: Telea, An Image
    Inpainting Technique Based on the Fast Marching Method, 2004.
    """
    portrait = portrait_of(source.picture, source.crop, guide)
    if source.front is None:
        return portrait
    told = u8_from_tensor(source.front.expand(1, 3, -1, -1) * 2 - 1)[0]
    side = len(portrait.image)
    shown = tensor_from_u8(cut_square(told, source.crop, size=side))[0]
    return uncovered(portrait, ((shown[0] + 1) / 2).numpy())


def uncovered(portrait: Portrait, front: NDArray[np.float32]) -> Portrait:
    """A portrait [P, P] of whose pixels `front`, in 0..1, lies before the face; see above."""
    side = len(portrait.image)
    hidden = (front > _IN_FRONT).astype(np.uint8)
    reach = round(side * _GROWN)
    hidden = cv2.dilate(hidden, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    filled = cv2.inpaint(portrait.image, hidden, _FILLED, cv2.INPAINT_TELEA)
    return replace(portrait, image=np.asarray(filled, np.uint8))
