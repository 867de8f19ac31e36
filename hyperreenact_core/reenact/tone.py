"""A drawn face in the light of the picture that it is laid into: its colours, its light and shade.

What is coarse comes from the picture, what is fine from the face. Colours are told apart by skin,
eyes and the inside of the mouth, and what is measured of a scene follows slowly: one frame's
reading does not make a face flicker.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..imaging import ImageU8
from .detail.head_model import EYE, MOUTH, SKIN, Floats

_SIZE = 128
"""Side at which pictures are compared."""
_GAMMA = 2.2
_LEAST = 24
"""Pixels that tell a colour."""
_SHOWN = 0.2
"""From this share on a pixel of the face counts."""
_FOLLOWS = 0.15
"""How much of a measure the next frame tells; the rest is what was known."""
_CONTRAST, _CHROMA = (0.7, 1.1), (0.2, 1.0)
"""By how much light and shade, and how coloured they are, may be multiplied."""
_COARSE = 0.55
"""Decimetres, as a standard deviation, of what is coarse."""
_TAKEN = 0.85
"""How much of the picture's coarse light and colour is taken."""
_PART_EDGE = 1.5
"""Pixels over which eyes and mouths fade into skin."""

_Part = NDArray[np.bool_]


class ToneMatch:
    """Matches the faces of one scene, one after another."""

    def __init__(self) -> None:
        self._known: dict[str, Floats] = {}

    def matched(
        self, face: ImageU8, picture: ImageU8, region: NDArray[np.uint8], part: Floats, unit: float
    ) -> ImageU8:
        """The face [R, R, 3] as the picture [R, R, 3] is lit where they lie over each other.

        region: [S, S] what the face shows, see head_model. part: [R, R] in 0..1, what of it is to
        be seen. unit: pixels of R a decimetre. The face as it is where nothing tells its colours.
        """
        side = len(face)
        small_face, small_under = (_reduced(image.astype(np.float32)) for image in (face, picture))
        shown = _reduced(part)
        where = np.asarray(cv2.resize(region, (_SIZE, _SIZE), interpolation=cv2.INTER_NEAREST))
        skin = (shown > _SHOWN) & (where == SKIN)
        if skin.sum() >= _LEAST:
            self._learn_skin(small_face, small_under, skin)
        elif "ratio" not in self._known:
            return face
        toned, under = _lab(self._toned(small_face)), _lab(small_under)
        coarse = _Coarse(skin * shown, unit * _COARSE * _SIZE / side)
        if skin.sum() >= _LEAST:
            self._learn_contrast(toned, under, coarse, skin)
            own, theirs = coarse.of(toned), coarse.of(under)
        else:
            own = theirs = coarse.of(toned)
        changed = self._changed(toned, own, theirs)
        added = _TAKEN * (theirs - own)
        for name, code in (("eye", EYE), ("mouth", MOUTH)):
            there = (where == code) & (shown > _SHOWN)
            if there.sum() >= _LEAST:
                off = (under[there].mean(0) - changed[there].mean(0)) * (0, 1, 1)
                self._keep(name, off.astype(np.float32))
            if name in self._known:
                edge = cv2.GaussianBlur((where == code).astype(np.float32), (0, 0), _PART_EDGE)
                added = added + np.asarray(edge, np.float32)[..., None] * self._known[name]
        large = _lab(self._toned(face.astype(np.float32)))
        own = np.asarray(cv2.resize(own, (side, side)), np.float32)
        added = np.asarray(cv2.resize(added, (side, side)), np.float32)
        return _rgb(np.asarray(own + (large - own) * self._known["gain"] + added, np.float32))

    def _learn_skin(self, face: Floats, under: Floats, skin: _Part) -> None:
        own, theirs = (_linear(image)[skin].mean(0) for image in (face, under))
        self._keep("ratio", np.asarray(np.log((theirs + 1e-3) / (own + 1e-3)), np.float32))

    def _learn_contrast(self, face: Floats, under: Floats, coarse: _Coarse, skin: _Part) -> None:
        mine, theirs = ((image - coarse.of(image))[skin].std(0) for image in (face, under))
        gain = theirs / np.maximum(mine, 1e-3)
        low, high = np.array([_CONTRAST, _CHROMA, _CHROMA]).T
        self._keep("gain", gain.clip(low, high).astype(np.float32))

    def _keep(self, name: str, seen: Floats) -> None:
        known = self._known.get(name, seen)
        self._known[name] = np.asarray(known + _FOLLOWS * (seen - known), np.float32)

    def _toned(self, face: Floats) -> Floats:
        """Under light of the picture's colour."""
        lit = _linear(face) * np.exp(self._known["ratio"])
        return np.asarray(255 * lit.clip(0, 1) ** (1 / _GAMMA), np.float32)

    def _changed(self, face: Floats, own: Floats, theirs: Floats) -> Floats:
        sharp = own + (face - own) * self._known["gain"]
        return np.asarray(sharp + _TAKEN * (theirs - own), np.float32)


class _Coarse:
    """What is coarse of the skin in pictures [S, S, 3], carried on beyond it."""

    def __init__(self, skin: Floats, deviation: float) -> None:
        self._skin, self._deviation = skin.astype(np.float32), deviation
        self._share = self._blurred(self._skin)[..., None]

    def of(self, picture: Floats) -> Floats:
        mean = np.average(picture.reshape(-1, 3), axis=0, weights=self._skin.ravel() + 1e-6)
        off = self._blurred((picture - mean) * self._skin[..., None])
        return np.asarray(mean + off / np.maximum(self._share, 1e-2), np.float32)

    def _blurred(self, values: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), self._deviation), np.float32)


def _reduced(picture: Floats) -> Floats:
    small = cv2.resize(picture, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _linear(picture: Floats) -> Floats:
    return np.asarray((picture / 255) ** _GAMMA, np.float32)


def _lab(picture: Floats) -> Floats:
    return np.asarray(cv2.cvtColor(picture / 255, cv2.COLOR_RGB2LAB), np.float32)


def _rgb(lab: Floats) -> ImageU8:
    picture = np.asarray(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB))
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)
