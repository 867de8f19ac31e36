"""The inside of a mouth, drawn at a result's own size: teeth, tongue and the dark behind them.

What rendered mouths have taught a network looks like none, and in its maps lips have steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...imaging import smoothstep
from .flow import Drawing, depth_of
from .head_model import MOUTH, Floats, HeadModel, Indices
from .parts import INSIDE, LAST_PIECE, TEETH, TONGUE, near_features, pieces, shown_by
from .pose import PosedHead
from .raster import Coverage, rasterise

_BETWEEN_TEETH = np.array([0.0, 0.093, 0.165, 0.245, 0.325, 0.4], np.float32)
"""Decimetres from the middle of a row to where one tooth ends and the next begins."""
_GAP, _GAP_DARKER = 0.01, 0.16
"""Half the width of the shade between two teeth, in decimetres, and how dark it is."""
_REACH = (0.25, 0.6)
"""Light halves so deep behind shut lips, and by so much deeper with every decimetre they open."""
_GAMMA, _TEETH_GAMMA = 0.45, 0.18
"""The deep is less dark than that, teeth still less."""
_INNER_LIPS = (13, 14)
_SHUT, _OPEN = 0.05, 0.08
"""Decimetres between the lips from which the inside begins to be seen, and is."""

_FINER = 2
"""Pixels drawn for one, along each side."""
_MARGIN = 2
"""Pixels of the maps around the mouth."""
_THICK = (1.5, 2.5)
"""Pixels of the maps: what is thinner is a slit between lips that meet."""
_SOFT = 0.006
"""Decimetres by which it is out of focus, as a standard deviation."""
_TOP_SHADE, _EDGE_SHADE = (0.05, 0.25), (0.012, 0.6)
"""How far below the upper lip and within all lips these shade it, in decimetres, and how much."""
_SHADE_LEFT = 0.3
"""Of that where teeth have the colour that the picture shows: shaded already."""
_WARM = np.array([0.8, 1.0, 1.1], np.float32)
"""What is in the shade is redder."""


class MouthPaint(Protocol):
    """Colours, see `drawn.Paint`."""

    @property
    def mouth(self) -> tuple[float, float, float]: ...
    @property
    def tongue(self) -> tuple[float, float, float]: ...
    @property
    def teeth(self) -> tuple[float, float, float]: ...
    @property
    def shows(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Mouth:
    """The inside of a mouth in a part of a picture.

    top, left: of the part. colour: [3, h, w] in [-1, 1]. share: [1, h, w] 0..1, softly to its lips.
    """

    top: int
    left: int
    colour: Tensor
    share: Tensor

    def over(self, image: Tensor, unseen: Tensor) -> None:
        """Lay it over a picture [3, R, R] in place; unseen: [1, R, R] 0..1, see `DetailStage`."""
        height, width = self.share.shape[-2:]
        part = (..., slice(self.top, self.top + height), slice(self.left, self.left + width))
        share = self.share.to(image) * unseen[part].to(image)
        image[part] = image[part].lerp(self.colour.to(image), share)


def mouth_of(model: HeadModel, drawing: Drawing, paint: MouthPaint, size: int) -> Mouth | None:
    """The inside of the mouth in a picture of `size` pixels; None where it is shut."""
    rows, columns = np.nonzero(drawing.region == MOUTH)
    if not len(rows):
        return None
    scale = size / drawing.size
    begin = np.array([rows.min() - _MARGIN, columns.min() - _MARGIN])
    end = np.array([rows.max() + 1 + _MARGIN, columns.max() + 1 + _MARGIN])
    top, left = np.floor(begin * scale).astype(int).clip(0, size).tolist()
    bottom, right = np.ceil(end * scale).astype(int).clip(0, size).tolist()
    side = _FINER * max(bottom - top, right - left)
    places = (drawing.posed.xy * (size / drawing.side) - (left, top)) * _FINER
    near = near_features(model)
    found = rasterise(places, depth_of(model, drawing.posed), model.faces[near], side)
    shown = shown_by(model)[near[found.triangle]]
    inside = np.isin(shown, INSIDE)
    colours = np.zeros((256, 3), np.float32)
    colours[[MOUTH, TEETH, TONGUE]] = paint.mouth, paint.teeth, paint.tongue
    light = light_inside(model, drawing.posed, found, model.faces[near], shown)
    colour = np.zeros((side * side, 3), np.float32)
    colour[found.at[inside]] = colours[shown[inside]] * light[inside, None]
    mask = np.zeros(side * side, np.uint8)
    mask[found.at[inside]] = 1
    unit = drawing.posed.scale * _FINER * size / drawing.side  # pixels a decimetre
    mask = mask.reshape(side, side)
    shade = _shade_of_lips(mask, unit, 1 - (1 - _SHADE_LEFT) * paint.shows)
    soft = cv2.GaussianBlur(colour.reshape(side, side, 3), (0, 0), _SOFT * unit)
    known = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _SOFT * unit)
    lit = soft / np.maximum(known, 1e-3)[..., None] * shade[..., None] ** _WARM
    share = cv2.GaussianBlur(_without_slits(mask, _FINER * scale), (0, 0), _SOFT * unit)[..., None]
    both = cv2.resize(
        np.dstack([lit * share, share]),
        (side // _FINER, side // _FINER),
        interpolation=cv2.INTER_AREA,
    )
    both = np.asarray(both, np.float32)[: bottom - top, : right - left]
    plain = (both[..., :3] / np.maximum(both[..., 3:], 1e-6)).clip(0, 255)
    whole = torch.from_numpy(np.dstack([plain / 127.5 - 1, both[..., 3:]])).permute(2, 0, 1)
    return Mouth(top, left, whole[:3], whole[3:])


def shown_inside(model: HeadModel, posed: PosedHead) -> float:
    """0..1 how much of the inside of a mouth lips so far apart show."""
    return float(smoothstep(np.array((_opening(model, posed) - _SHUT) / (_OPEN - _SHUT))))


def light_inside(
    model: HeadModel,
    posed: PosedHead,
    found: Coverage,
    faces: Indices,
    shown: NDArray[np.uint8],
) -> Floats:
    """[N] what light reaches the pixels that show these parts [N]: 1 off the mouth."""
    light = np.ones(len(shown), np.float32)
    deep = found.mix(faces, depth_of(model, posed))
    inside, teeth = np.isin(shown, INSIDE), shown == TEETH
    light[inside] = _reached(model, posed, deep[inside]) ** _GAMMA
    light[teeth] = light_on_teeth(model, posed, deep[teeth])
    light[teeth] *= _gaps(found.mix(faces, _along_the_teeth(model))[teeth])
    return light


def light_on_teeth(model: HeadModel, posed: PosedHead, depths: Floats) -> Floats:
    """[N] what reaches teeth so deep [N], but for the gaps between them."""
    return _reached(model, posed, depths) ** np.float32(_TEETH_GAMMA)


def _reached(model: HeadModel, posed: PosedHead, depths: Floats) -> Floats:
    """[N] how much light falls so deep [N]: less behind the lips of a mouth that is hardly open."""
    front = float(posed.vertices[list(_lip_vertices(model)), 2].max())
    behind = (depths + front).clip(0, None)
    reach = _REACH[0] + _REACH[1] * _opening(model, posed)
    return np.asarray(1 / (1 + (behind / reach) ** 2), np.float32)


def _opening(model: HeadModel, posed: PosedHead) -> float:
    """Decimetres between the lips."""
    return float(np.linalg.norm(np.subtract(*posed.vertices[list(_lip_vertices(model))])))


def _shade_of_lips(mask: NDArray[np.uint8], unit: float, amount: float) -> Floats:
    """[S, S] what lips leave of the light in their mouth; unit: pixels a decimetre."""
    below = np.cumsum(mask, axis=0, dtype=np.float32) / np.float32(unit)
    within = np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5)) / np.float32(unit)
    shade = 1 - amount * _TOP_SHADE[1] * np.exp(-below / _TOP_SHADE[0])
    shade *= 1 - amount * _EDGE_SHADE[1] * np.exp(-within / _EDGE_SHADE[0])
    return np.asarray(shade, np.float32)


def _without_slits(mask: NDArray[np.uint8], pixel: float) -> Floats:
    """[S, S] the mouth, less where it is thin; pixel: of the maps, in pixels."""
    shares = np.zeros(mask.shape, np.float32)
    for thick in _THICK:
        size = max(round(thick * pixel), 1)
        square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        shares += np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, square), np.float32)
    return np.asarray(shares / len(_THICK), np.float32)


@lru_cache(maxsize=2)
def _lip_vertices(model: HeadModel) -> tuple[int, int]:
    """The vertices in the middle of the upper and of the lower lip, where they meet."""
    upper, lower = (
        int(np.linalg.norm(model.mean - model.point_mean[point], axis=1).argmin())
        for point in _INNER_LIPS
    )
    return upper, lower


def _gaps(along: Floats) -> Floats:
    """[N] places along a row of teeth -> [N] less light between two teeth."""
    away = np.abs(np.abs(along)[:, None] - _BETWEEN_TEETH).min(1)
    return np.asarray(1 - _GAP_DARKER * np.exp(-((away / _GAP) ** 2)), np.float32)


@lru_cache(maxsize=2)
def _along_the_teeth(model: HeadModel) -> Floats:
    """[V] decimetres of a vertex of a row of teeth from its middle, along the row."""
    along = np.zeros(len(model.mean), np.float32)
    inside = np.nonzero(model.region == MOUTH)[0]
    for piece in pieces(model.faces[inside])[1:LAST_PIECE]:
        row = np.unique(model.faces[inside[piece]])
        x, z = model.mean[row][:, 0], model.mean[row][:, 2]
        # A row is about half an ellipse; its length up to an angle, by small steps.
        wide, deep = float(np.abs(x).max()), float(np.ptp(z))
        angle = np.arctan2(np.abs(x) / wide, (z - z.min()) / deep)
        steps = np.linspace(0, np.pi / 2, 91)
        length = np.hypot(wide * np.cos(steps), deep * np.sin(steps)) * (steps[1] - steps[0])
        along[row] = np.interp(angle, steps, np.cumsum(length)) * np.sign(x)
    return along
