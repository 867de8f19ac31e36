"""The faces of a picture that may lie on its side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..choices import FaceChoice
from ..errors import InputError, NoFaceError
from ..imaging import ImageU8
from ..types import FaceCrop
from .align import CropRule, crop_face, limit_width
from .detect import FaceDetector, choose_face
from .found import FaceLandmarks

_UPRIGHT_DEG = 60.0
"""A face that is tilted further in its picture lies on its side or stands on its head."""
_SURE = 0.8
"""Standing faces of photographs score more; what is seen in faces that lie scores up to 0.72."""
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
"""As the viewer sees them, of iBUG's landmarks."""


@dataclass(frozen=True)
class FoundFace:
    """One of `faces` faces of a picture after `turns` quarter turns, in pixels of what is searched.

    See `searched`.
    """

    face: FaceLandmarks
    faces: int
    turns: int

    def cut_from(self, upright: ImageU8, rule: CropRule) -> FaceCrop:
        """The face cut from its picture, turned as `turned` does."""
        reduced, face = searched(upright, rule), self.face
        crop = crop_face(reduced, face.landmarks, rule, score=face.score, reading=face.reading)
        return in_picture(crop, picture=upright, searched=reduced)


def find_face(
    picture: ImageU8, detector: FaceDetector, rule: CropRule, *, name: str, choice: FaceChoice
) -> FoundFace:
    """The chosen face of a picture [H, W, 3], by the quarter turns that let it stand.

    name: what messages call the picture. Raises NoFaceError where no face is found, InputError for
    a choice that cannot be had.
    """
    as_given = _look(picture, detector, rule, 0, name=name, choice=choice)
    if as_given is not None and _stands(as_given.face) and as_given.face.score >= _SURE:
        return as_given
    looks = [
        as_given,
        *(_look(picture, detector, rule, n, name=name, choice=choice) for n in (1, 2, 3)),
    ]
    standing = [look for look in looks if look is not None and _stands(look.face)]
    found = max(standing, key=lambda look: look.face.score, default=as_given)
    if found is None:
        raise NoFaceError(
            f"{name} shows no face that can be found; use a picture in which the face is large, "
            "sharp and not cut off"
        )
    return found


def find_faces(
    picture: ImageU8, detector: FaceDetector, rule: CropRule, *, name: str
) -> tuple[ImageU8, list[FoundFace]]:
    """The picture turned so that its largest face stands, and all that stand then, from the left.

    Raises as `find_face`.
    """
    largest = find_face(picture, detector, rule, name=name, choice="largest")
    upright = turned(picture, largest.turns)
    seen = detector.detect(searched(upright, rule))
    faces = sorted(
        [face for face in seen if _stands(face)] or seen, key=lambda face: face.centre[0]
    )
    return upright, [FoundFace(face, len(faces), largest.turns) for face in faces]


def searched(picture: ImageU8, rule: CropRule) -> ImageU8:
    """The picture faces are looked for and cut from: reduced if large, for the published sets."""
    return limit_width(picture) if rule.whole_pixels else picture


def in_picture(crop: FaceCrop, *, picture: ImageU8, searched: ImageU8) -> FaceCrop:
    """A crop cut from a reduced picture, in pixels of the picture itself."""
    if picture.shape == searched.shape:
        return crop
    height, width = picture.shape[:2]
    reduction = torch.diag(
        torch.tensor(
            [searched.shape[1] / width, searched.shape[0] / height, 1.0], dtype=torch.float64
        )
    )
    return replace(crop, crop_from_frame=crop.crop_from_frame @ reduction)


def turned(picture: ImageU8, turns: int) -> ImageU8:
    """By quarters, counter-clockwise."""
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def _look(
    picture: ImageU8,
    detector: FaceDetector,
    rule: CropRule,
    turns: int,
    *,
    name: str,
    choice: FaceChoice,
) -> FoundFace | None:
    reduced = searched(turned(picture, turns), rule)
    height, width = reduced.shape[:2]
    try:
        faces = detector.detect(reduced)
        face = choose_face(faces, choice, width=width, height=height)
    except InputError as error:
        if turns:  # turned, a picture may show fewer faces
            return None
        raise InputError(f"{name}: {error}") from error
    return None if face is None else FoundFace(face, len(faces), turns)


def _stands(face: FaceLandmarks) -> bool:
    points = face.landmarks
    x, y = (points[_RIGHT_EYE].mean(0) - points[_LEFT_EYE].mean(0)).tolist()
    return abs(float(np.degrees(np.arctan2(y, x)))) <= _UPRIGHT_DEG
