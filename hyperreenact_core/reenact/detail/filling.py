"""Fills what is not known of a picture from what is known around it, smoothly."""

from __future__ import annotations

import cv2
import numpy as np

from .head_model import Floats


def filled(values: Floats, known: Floats) -> Floats:
    """[H, W, C] where known [H, W], 0 to 1, is 1 -> everywhere: smaller pictures fill larger ones.

    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4 (push-pull).
    """
    height, width = known.shape
    blurred = values * known[..., None]
    if min(height, width) <= 2:
        mean = blurred.sum((0, 1)) / max(known.sum(), 1e-6)
        return np.broadcast_to(mean, values.shape).astype(np.float32)
    half = (width // 2, height // 2)
    both = cv2.resize(np.dstack([blurred, known]), half, interpolation=cv2.INTER_AREA)
    both = np.asarray(both, np.float32)
    weight = both[..., -1]
    there = filled(shared(both[..., :-1], weight), weight)
    below = np.asarray(cv2.resize(there, (width, height)), np.float32)
    return (below + (values - below) * known[..., None]).astype(np.float32)


def shared(sums: Floats, weights: Floats) -> Floats:
    """[H, W, C] sums over their weights [H, W]."""
    return (sums / np.maximum(weights, 1e-6)[..., None]).astype(np.float32)
