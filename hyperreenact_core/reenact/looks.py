"""Whose face it is: what tells the people of one clip apart, and how far two faces are apart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from ..face.align import crop_face
from ..face.found import FaceLandmarks
from ..host import Host
from ..imaging import ImageU8, u8_from_tensor
from ..models.sets import LoadedSet
from .detail.head_model import Doubles, load_head_model
from .detail.performance import fit_reading
from .views import appearance_view, crop_rule

SAME = 1.2
"""Faces less far apart than this are taken for one person's: those of two people never are, on
rendered heads (7,689 pairs) and on real clips and portraits (525)."""

_EMBEDDINGS, _COLOURS, _SHAPES = 0.45, 9.0, 2.4
"""How far apart one person's faces may be by each measure: measured on clips of real people, whose
own faces are a third as far apart in the median, and those of two of them once and a half."""
_SHARES = (0.5, 0.3, 0.2)
"""What each of them counts; of drawn heads the embedding was learnt, so it does not decide alone.
"""
_CELLS = 8
_HEAD = (slice(0, 7), slice(2, 6))
"""Rows and columns of the cells of a crop that show hair and face."""


@dataclass(frozen=True, eq=False)
class Look:
    """What is seen of a person.

    embedding: [E] of unit length. colours: [N, 3] Lab of hair and face, 0 to 255. shape: [K] of the
    head model, standard deviations.
    """

    embedding: Doubles
    colours: Doubles
    shape: Doubles

    def towards(self, other: Look, share: float) -> Look:
        """The mean of both, `share` of it the other."""
        embedding = (1 - share) * self.embedding + share * other.embedding
        return Look(
            embedding / max(float(np.linalg.norm(embedding)), 1e-9),
            (1 - share) * self.colours + share * other.colours,
            (1 - share) * self.shape + share * other.shape,
        )


def apart(a: Look, b: Look) -> float:
    """How far apart two looks are; see SAME."""
    measures = (
        (1 - float(a.embedding @ b.embedding)) / _EMBEDDINGS,
        float(np.abs(a.colours - b.colours).mean()) / _COLOURS,
        float(np.linalg.norm(a.shape - b.shape)) / _SHAPES,
    )
    return sum(share * measure for share, measure in zip(_SHARES, measures, strict=True))


class Looker:
    """Tells looks; the set's appearance network must be on the host's device."""

    def __init__(self, models: LoadedSet, host: Host) -> None:
        self._models, self._host = models, host
        self._appearance = models.fast(host.dtype).appearance
        self._head = load_head_model()

    @torch.inference_mode()
    def look(self, picture: ImageU8, face: FaceLandmarks) -> Look:
        """Of a face, with a reading, in a picture [H, W, 3]; ValueError without a reading."""
        if face.reading is None:
            raise ValueError("a face was not read, so its shape is not known")
        crop = crop_face(picture, face.landmarks, crop_rule(self._models.settings))
        view = appearance_view(crop, self._models).to(self._host.device)
        embedding = self._appearance(view).embedding[0].double().cpu().numpy()
        pixels = u8_from_tensor(crop.image[None])[0]
        cells = cv2.resize(pixels, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        colours = cv2.cvtColor(cells, cv2.COLOR_RGB2LAB)[_HEAD].reshape(-1, 3)
        return Look(
            embedding, colours.astype(np.float64), fit_reading(self._head, face.reading).shape
        )
