"""Teeth of rendered people as light as people's own: half-open mouths render them in deep shade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...heads.parts import Label
from ...imaging import smoothstep
from ...reenact.detail.drawn import white_beside
from .pairs import View

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MOST = 2.2
"""Factor of their light."""
_COLOURFUL = (0.2, 0.45)
"""Saturations between which the inside of a mouth is less and less likely to be teeth."""
_DARK, _LIGHT = 0.4, 0.75
"""Over the lightest: between these a tooth takes more and more of the light."""
_LEAST = 8
"""Pixels of a mouth that tell its teeth."""


def whitened(view: View, brightness: float) -> Pixels:
    """The picture of a view whose teeth are about as light as they are beside such skin.

    brightness: over the usual. Teeth that are light enough, and all else, stay as they are.
    """
    mouth = view.shows == Label.MOUTH
    skin = np.isin(view.shows, (Label.SKIN, Label.FACE))
    if mouth.sum() < _LEAST or skin.sum() < _LEAST:
        return view.picture
    inside = view.picture[mouth].astype(np.float32)  # [N, 3]
    tooth = 1 - smoothstep(_placed(_saturation(inside), *_COLOURFUL))
    light = inside.mean(1)
    if tooth.sum() < _LEAST:
        return view.picture
    lightest = float(np.percentile(light[tooth > 0.5], 95)) if (tooth > 0.5).any() else 0.0
    if lightest < 1:
        return view.picture
    wanted = brightness * white_beside(view.picture[skin].mean(1))
    factor = float(np.clip(wanted / lightest, 1, _MOST))
    share = tooth * smoothstep(_placed(light / lightest, _DARK, _LIGHT))
    lit = view.picture.copy()
    lit[mouth] = (inside * (1 + (factor - 1) * share[:, None])).clip(0, 255).astype(np.uint8)
    return lit


def _saturation(colours: Floats) -> Floats:
    most = colours.max(1)
    return (most - colours.min(1)) / np.maximum(most, 1)


def _placed(values: Floats, low: float, high: float) -> Floats:
    """0 at `low`, 1 at `high`."""
    return np.asarray((values - low) / (high - low), np.float32)
