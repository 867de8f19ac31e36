"""Carries the flow of a face on over hair, ears, neck and what surrounds them, without tears.

What lies there no model knows. So it moves as what it is next to, less with every decimetre, and
nothing of it is painted: hair bends, and walls close to a head stretch a little.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ...imaging import smoothstep
from .filling import filled, shared
from .head_model import Floats

_CLINGS, _FAR = 0.9, 1.8
"""Decimetres from the face: up to the one all moves with it, as most hair does, from the other on
all is still."""
_NECK = (0.0, 0.6)
"""The same below the chin, where shoulders begin."""
_RIM = 0.15
"""The same share of half a side from the picture's border on: there the result meets the rest."""
_SMOOTH = 0.08
"""Decimetres over which the flow is even, as a standard deviation, from twice that off the face."""
_APART = (0.25, 0.4)
"""Decimetres between which the side of a head, which moves otherwise than the face beside it, is
less and less followed."""
_EDGE, _THINNEST = 0.08, 1.5
"""Decimetres, and pixels at least: so much of a head tells what lies around it, not what is further
in."""
_STRETCH = 1.5
"""A wall moves up to so many times as far from the person as the person does,"""
_LEAST = 0.25
"""and up to so many decimetres at least."""
_HALF = 2
"""Off the face the flow is told by every second pixel."""


def carried(
    moves: Floats,
    face: NDArray[np.bool_],
    known: NDArray[np.bool_],
    figure: Floats | None,
    *,
    chin: float,
    unit: float,
) -> Floats:
    """[S, S, 2] the flow `moves` where it is a face's, carried on over the rest; all in pixels.

    face: [S, S] where the flow is exact. known: [S, S] face and side of the head, which the rest
    goes by. figure: see `flow_between`. chin: its row. unit: decimetres a pixel.
    """
    if not face.any():
        return np.zeros_like(moves)
    near, unit = _halved(face.astype(np.float32)), unit * _HALF
    share = _halved(known.astype(np.float32))
    start = shared(_halved(moves * known[..., None]), share * _HALF)
    away = _off(near > 0) * np.float32(unit)
    share *= _alike(start, near == near.max(), unit)
    edge = share * (_off(share < 1) < max(_EDGE / unit, _THINNEST))
    whole = start * share[..., None] + filled(start, edge) * (1 - share[..., None])
    even = np.asarray(cv2.GaussianBlur(whole, (0, 0), _SMOOTH / unit), np.float32)
    flow = whole + smoothstep(away / np.float32(2 * _SMOOTH))[..., None] * (even - whole)
    fade = smoothstep((np.float32(_FAR) - away) / np.float32(_FAR - _CLINGS))
    fade *= smoothstep(_inwards(len(away)) / np.float32(_RIM))
    below = (np.arange(len(away), dtype=np.float32)[:, None] - chin / _HALF) * np.float32(unit)
    fade *= smoothstep((np.float32(_NECK[1]) - below) / np.float32(_NECK[1] - _NECK[0]))
    flow *= fade[..., None]
    if figure is not None:
        flow *= _with_person(flow, _halved(figure), near > 0, unit)[..., None]
    larger = cv2.resize(flow * np.float32(_HALF), moves.shape[1::-1])
    return np.where(face[..., None], moves, np.asarray(larger, np.float32))


def _alike(flow: Floats, face: NDArray[np.bool_], unit: float) -> Floats:
    """[S, S] 1 where the flow is about that of the nearest of the face, 0 where it would tear.

    Behind jaws and ears of a head that turns the model shows what no source does.
    """
    _, labels = cv2.distanceTransformWithLabels(
        (~face).astype(np.uint8),
        cv2.DIST_L2,
        cv2.DIST_MASK_5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    nearest = np.asarray(labels, np.int32)
    told = np.zeros((int(nearest.max()) + 1, 2), np.float32)
    told[nearest[face]] = flow[face]
    apart = np.linalg.norm(flow - told[nearest], axis=2) * unit
    return smoothstep((_APART[1] - apart) / (_APART[1] - _APART[0])).astype(np.float32)


def _with_person(flow: Floats, figure: Floats, face: NDArray[np.bool_], unit: float) -> Floats:
    """[S, S] 1 where the flow leads to the person, 0 where a wall is too far off to be moved."""
    rows, columns = np.mgrid[0 : len(flow), 0 : len(flow)].astype(np.float32)
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    comes = cv2.remap(figure, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    away = _off((np.asarray(comes) > 0.5) | face)
    reach = np.maximum(_STRETCH * np.linalg.norm(flow, axis=2), _LEAST / unit)
    return np.asarray((1 - away / reach).clip(0, 1), np.float32)


def _off(there: NDArray[np.bool_]) -> Floats:
    """[S, S] pixels from where it is."""
    far = cv2.distanceTransform((~there).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(far, np.float32)


def _halved(maps: Floats) -> Floats:
    """[S, S, ...] -> [S / 2, S / 2, ...]."""
    size = (maps.shape[1] // _HALF, maps.shape[0] // _HALF)
    return np.asarray(cv2.resize(maps, size, interpolation=cv2.INTER_AREA), np.float32)


@lru_cache(maxsize=4)
def _inwards(size: int) -> Floats:
    """[size, size] how far a pixel lies from the border, over half a side."""
    to_edge = 1 - np.abs((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1)
    return np.minimum(to_edge[:, None], to_edge[None])
