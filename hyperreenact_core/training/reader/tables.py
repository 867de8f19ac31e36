"""What training knows of the mesh points: mirror images, weights, pairs whose distance matters."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ... import heads
from ...heads.expression import ACTIONS
from ...networks.reader_regions import IBUG68, LEFT_EYE, MOUTH, RIGHT_EYE

Indices = NDArray[np.int64]

_EXACT = 3.0
"""Weight of points of eyes, brows and mouth beside others."""

OPENINGS: tuple[tuple[int, int], ...] = (
    *((160, 144), (159, 145), (158, 153), (387, 373), (386, 374), (385, 380)),  # lids
    *((13, 14), (82, 87), (312, 317), (0, 17), (61, 291), (78, 308)),  # lips
    *((105, 159), (334, 386), (66, 158), (296, 385)),  # brows over the lids
)
"""Pairs of points whose distance a viewer sees at once."""

_WEIGHTY = ("eyeBlink", "eyeWide", "eyeSquint", "mouthSmile", "jawOpen", "brow", "mouthPucker")


@cache
def mesh_mirror() -> Indices:
    """[468]: the mirrored face's points are `points[mesh_mirror()]`, x turned round."""
    table = resources.files(heads) / "mesh_points.json"
    return np.array(json.loads(table.read_text())["mirror"], np.int64)


def inner_points() -> Indices:
    """iBUG's 51 without the jaw."""
    return np.array(IBUG68[17:], np.int64)


def point_weights() -> NDArray[np.float32]:
    """[468], one in the mean."""
    weights = np.ones(468, np.float32)
    weights[[*LEFT_EYE, *RIGHT_EYE, *MOUTH]] = _EXACT
    return weights / weights.mean()


def coefficient_weights() -> NDArray[np.float32]:
    """[52], one in the mean: what a viewer looks at counts twice."""
    weights = np.array([2.0 if name.startswith(_WEIGHTY) else 1.0 for name in ACTIONS], np.float32)
    return weights / weights.mean()
