"""How well a detector finds faces of people it has never seen: misses, false ones and a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from ...face.found import FoundFace
from ...face.own_detect import found_in
from ...imaging import ImageU8, tile
from ...networks.detector import SingleShotDetector
from .faces import Face
from .scenes import Scene, SceneBatch

_SHOWN = 256
_RIGHT = 0.4
"""Shared over united area from which a square counts as found."""


@dataclass(frozen=True)
class Matches:
    """What was found of one scene: (face, find) pairs, faces missed and finds that are no face."""

    found: Sequence[tuple[Face, FoundFace]]
    missed: Sequence[Face]
    false: Sequence[FoundFace]


def match(scene: Scene, finds: Sequence[FoundFace]) -> Matches:
    """Every face with the find that covers it best, each find once, the surest first."""
    left, pairs, false = list(scene.faces), [], []
    for find in finds:
        best = max(left, key=lambda face: _shared(face, find), default=None)
        if best is not None and _shared(best, find) >= _RIGHT:
            pairs.append((best, find))
            left = [face for face in left if face is not best]
        elif not any(_shared(face, find) >= _RIGHT / 2 for face in scene.doubtful):
            false.append(find)
    return Matches(pairs, left, false)


@torch.inference_mode()
def figures(detector: SingleShotDetector, batches: Sequence[SceneBatch]) -> dict[str, float]:
    """recall: of faces; false: a scene; square: shared over united; points: error over the side."""
    detector.eval()
    found = missed = false = scenes = 0
    shared: list[float] = []
    errors: list[float] = []
    for batch in batches:
        places = detector(batch.pictures)
        for row, scene in enumerate(batch.scenes):
            matches = match(scene, found_in(places, row))
            found, missed = found + len(matches.found), missed + len(matches.missed)
            false, scenes = false + len(matches.false), scenes + 1
            for face, find in matches.found:
                shared.append(_shared(face, find))
                away = np.linalg.norm(face.points - find.points.numpy(), axis=1)
                errors.append(float(away.mean() / face.square[2]))
    return {
        "recall": found / max(found + missed, 1),
        "false": false / max(scenes, 1),
        "square": float(np.mean(shared)) if shared else 0.0,
        "points": float(np.mean(errors)) if errors else 0.0,
    }


@torch.inference_mode()
def sheet(detector: SingleShotDetector, batch: SceneBatch, *, columns: int = 8) -> ImageU8:
    """The scenes of a batch: green what is there, red what was found."""
    detector.eval()
    places = detector(batch.pictures)
    drawn: list[ImageU8] = []
    for row, scene in enumerate(batch.scenes):
        canvas = scene.picture.copy()
        for faces, colour in ((scene.faces, (60, 255, 60)), (scene.doubtful, (90, 90, 255))):
            for face in faces:
                _box(canvas, face.square, colour)
        drawn.append(draw_found(canvas, found_in(places, row)))
    resized = [
        np.asarray(cv2.resize(picture, (_SHOWN, _SHOWN), interpolation=cv2.INTER_CUBIC), np.uint8)
        for picture in drawn
    ]
    return tile([resized[start : start + columns] for start in range(0, len(resized), columns)])


def draw_found(canvas: ImageU8, finds: Sequence[FoundFace]) -> ImageU8:
    """The picture with squares, points and scores of what was found in it."""
    for find in finds:
        x, y, side = find.square
        _box(canvas, np.array([x, y, side]), (255, 50, 40))
        for px, py in find.points.tolist():
            cv2.circle(canvas, (int(px), int(py)), max(1, int(side / 40)), (255, 255, 0), -1)
        at = (int(x - side / 2) + 2, int(y - side / 2) + 10)
        cv2.putText(canvas, f"{find.score:.2f}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.35, (255, 255, 0))
    return canvas


def _box(canvas: ImageU8, square: np.ndarray, colour: tuple[int, int, int]) -> None:
    x, y, half = float(square[0]), float(square[1]), float(square[2]) / 2
    corners = (int(x - half), int(y - half)), (int(x + half), int(y + half))
    cv2.rectangle(canvas, *corners, colour, max(1, canvas.shape[0] // 300))


def _shared(face: Face, find: FoundFace) -> float:
    """Shared over united area of two squares."""
    (ax, ay, a), (bx, by, b) = face.square.tolist(), find.square
    wide = min(ax + a / 2, bx + b / 2) - max(ax - a / 2, bx - b / 2)
    high = min(ay + a / 2, by + b / 2) - max(ay - a / 2, by - b / 2)
    common = max(wide, 0.0) * max(high, 0.0)
    return common / (a * a + b * b - common)
