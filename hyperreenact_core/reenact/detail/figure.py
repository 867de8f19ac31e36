"""What of a picture belongs to the person: the head that is drawn into it, and what looks alike."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import NOTHING, Drawing
from .head_model import Floats

_SIZE = 128
_ROUNDS = 3
_HAIR, _BEYOND = 0.22, 1.0
"""Decimetres from the head: up to the one a pixel is rather hair, from the other on it is taken for
background where it looks like either."""
_FRAME = 6
"""Pixels from the sides that rather show background."""
_SURE = 2
"""Pixels within the head's outline that are no mistake of the fit."""
_GROWN = 3
"""Pixels by which the person is enlarged: what is still cuts hair that should move."""


def figure_of(picture: NDArray[np.uint8], drawing: Drawing) -> Floats:
    """[S, S, 3] RGB with the head drawn into it -> [S', S'] 1 on the person, 0 off, soft between.

    S' is the drawing's. Head, hair, clothes and whatever else has their colours near by. Source:
    GrabCut (Rother et al., SIGGRAPH 2004).
    """
    small = np.asarray(cv2.resize(picture, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA), np.uint8)
    shown = (drawing.region != NOTHING).astype(np.uint8)
    head = np.asarray(cv2.resize(shown, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA), np.uint8)
    if not head.any():
        return np.ones((drawing.size, drawing.size), np.float32)
    unit = drawing.posed.scale * _SIZE / drawing.side  # pixels a decimetre
    away = cv2.distanceTransform(1 - head, cv2.DIST_L2, 3)
    guess = np.where(away < _HAIR * unit, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[:, [*range(_FRAME), *range(-_FRAME, 0)]] = cv2.GC_PR_BGD
    guess[away > _BEYOND * unit] = cv2.GC_BGD
    sure = cv2.erode(head, np.ones((2 * _SURE + 1, 2 * _SURE + 1), np.uint8))
    guess[sure > 0] = cv2.GC_FGD
    found = _cut(small, guess)
    grown = cv2.dilate(np.maximum(found, head), np.ones((_GROWN, _GROWN), np.uint8))
    larger = cv2.resize(grown.astype(np.float32), (drawing.size, drawing.size))
    return np.asarray(cv2.GaussianBlur(larger, (0, 0), drawing.size / _SIZE), np.float32)


def _cut(picture: NDArray[np.uint8], guess: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[S, S] 1 where the person is; all that is not sure background where that cannot be told."""
    able = (guess == cv2.GC_BGD) | (guess == cv2.GC_PR_BGD)
    if not able.any():
        return np.ones_like(guess)
    cv2.setRNGSeed(0)  # its mixtures begin at random
    models = np.zeros((1, 65)), np.zeros((1, 65))
    mask, *_ = cv2.grabCut(
        picture, guess.copy(), (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK
    )
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
