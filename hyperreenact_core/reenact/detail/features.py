"""Eyes and mouth: what tells most of a face is drawn at the result's own size, from the source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...imaging import ImageU8
from .eyes import SourceEyes, eyes_of, source_eyes
from .flow import Drawing
from .head_model import HeadModel
from .mouth import mouth_of, mouth_pieces_in
from .paint import Paint
from .patch import Patch


@dataclass(frozen=True, eq=False)
class SourceFeatures:
    """What the features of a source are drawn from.

    picture: [R, R, 3], as large as the results. inside: [R, R] see `mouth_pieces_in`.
    """

    picture: ImageU8
    paint: Paint
    eyes: SourceEyes
    inside: NDArray[np.uint8]


def source_features(
    model: HeadModel, drawing: Drawing, picture: ImageU8, paint: Paint
) -> SourceFeatures:
    """Of a picture [R, R, 3] with a head that is drawn as it is held there."""
    eyes = source_eyes(model, drawing, picture, paint)
    inside = mouth_pieces_in(model, drawing, picture, paint)
    return SourceFeatures(picture, paint, eyes, inside)


def features_of(
    model: HeadModel, result: Drawing, source: Drawing, features: SourceFeatures
) -> list[Patch]:
    """What lies over a result that is as large as the source's picture."""
    picture = features.picture
    drawn = eyes_of(model, result, source, picture, features.eyes)
    mouth = mouth_of(model, result, source, picture, features.inside, features.paint)
    return drawn if mouth is None else [*drawn, mouth]
