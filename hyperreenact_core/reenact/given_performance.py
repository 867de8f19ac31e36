"""Performances out of face meshes that others found, as ComfyUI's FACE_LANDMARKS have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from ..errors import InputError, NoFaceError
from ..face.detect import choose_face
from ..face.found import FaceLandmarks
from ..face.given import ibug_from_mesh, nearest
from ..heads.expression import ACTIONS
from ..networks.pose_state import gaze_of
from ..types import FaceReading
from .detail.fit import eye_distance, fit_head
from .detail.head_model import POINTS, load_head_model
from .detail.performance import RATE, Performance
from .faces import AlignedFaces
from .missing import held
from .posetrack import PoseTrack, performance_of

_SPREAD = 0.03
"""How far mesh points may be off, over the distance of the eyes' outer corners."""


def with_meshes(
    track: PoseTrack, payload: Any, faces: AlignedFaces, *, rate: Fraction | float = RATE
) -> PoseTrack:
    """A track of faces, performed as meshes of the same pictures tell, see `performance_of_meshes`.

    The set's own poses stay as they are. InputError where there are meshes for fewer pictures.
    """
    told = performance_of_meshes(payload, rate=rate)
    rows = [face.frame for face in faces.faces]
    if max(rows) >= len(told):
        raise InputError(
            f"there are landmarks for {len(told)} pictures, but a face of number {max(rows)} (from "
            "0): give the landmarks of the pictures that went into Align Face"
        )
    return replace(track, performance=told.take(rows))


def performance_of_meshes(payload: Any, *, rate: Fraction | float = RATE) -> Performance:
    """Follow the largest face; its 52 coefficients stay as they were given.

    payload: `frames`, a list of faces each, with `landmarks_xy` [468 or 478, 2] pixels,
    `blendshapes` by ARKit's names and perhaps a `score`; `image_size` (height, width). Frames
    without a face hold the last one, those before any the first one, at a confidence of 0.
    Raises InputError for anything else, NoFaceError where no frame has a face.
    """
    try:
        height, width = (int(side) for side in payload["image_size"])
        frames = [[_read(face) for face in frame] for frame in payload["frames"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"these are no FACE_LANDMARKS with blendshapes ({error!r})") from error
    followed = _followed(frames, width=width, height=height)
    readings = held(followed)
    if not readings:
        raise NoFaceError(f"none of the {len(frames)} frame(s) of the landmarks has a face")
    told = performance_of(
        readings,
        size=(width, height),
        times=torch.arange(len(readings)) / float(rate),
        confidence=torch.tensor([0.0 if one is None else one.score for one in followed]),
    )
    own = torch.stack([reading.coefficients for reading in readings])
    return replace(told, coefficients=own).eyes_as_told()


def _read(face: Mapping[str, Any]) -> FaceLandmarks:
    """One face with its reading, whose rotation is that of the head that fits its points."""
    points = np.asarray(face["landmarks_xy"], np.float64)
    landmarks = ibug_from_mesh(points)  # checks the shape
    points = points[:POINTS, :2]
    shares = face["blendshapes"]
    coefficients = torch.tensor([float(shares.get(name, 0.0)) for name in ACTIONS]).clamp(0, 1)
    fit = fit_head(load_head_model(), points, coefficients.double().numpy())
    rotation = torch.from_numpy(fit.rotation).float()
    reading = FaceReading(
        points=torch.from_numpy(points).float(),
        spread=torch.full((POINTS,), _SPREAD * eye_distance(points)),
        rotation=rotation,
        coefficients=coefficients,
        gaze=gaze_of(rotation[None], coefficients[None])[0],
        score=min(max(float(face.get("score", landmarks.score)), 0.0), 1.0),
    )
    return replace(landmarks, reading=reading)


def _followed(
    frames: list[list[FaceLandmarks]], *, width: int, height: int
) -> list[FaceReading | None]:
    """What each frame tells of the face that is followed; None where it has none."""
    told: list[FaceReading | None] = []
    last: FaceLandmarks | None = None
    for faces in frames:
        if last is None:
            face = choose_face(faces, "largest", width=width, height=height)
        else:
            face = nearest(faces, last)
        told.append(None if face is None else face.reading)
        last = face or last
    return told
