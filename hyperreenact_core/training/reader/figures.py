"""How well a reader reads people it has never seen: figures and a sheet to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...heads.expression import ACTIONS
from ...imaging import ImageU8, tile, u8_from_tensor
from ...networks.reader import Reader, Reading
from ...networks.rotation import euler_from_matrix
from .losses import distance, unit_of
from .shelf import Shelf
from .stream import Batch, Stream, StreamSettings, batch_of, plain_crop
from .tables import inner_points

_SHOWN = 288
_PART = 32
_LEAST_SPREAD = 0.02
"""Coefficients that deviate less than this in the pictures have no correlation worth the name."""
_OF_INTEREST = {
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "jaw": ("jawOpen",),
    "brows_up": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "brows_down": ("browDownLeft", "browDownRight"),
    "pucker": ("mouthPucker",),
}


@dataclass(frozen=True)
class HeldOut:
    """Crops that are never trained on: upright as they are, and disturbed as in training."""

    plain: Sequence[Batch]
    hard: Sequence[Batch]


def held_out(shelf: Shelf, hard: Stream, settings: StreamSettings, *, count: int) -> HeldOut:
    """`count` crops of each kind, spread evenly over the shelf."""
    every = np.linspace(0, len(shelf) - 1, min(count, len(shelf))).astype(int).tolist()
    parts = [every[start : start + _PART] for start in range(0, len(every), _PART)]
    plain = [
        batch_of([plain_crop(shelf[i], settings) for i in part], settings.size) for part in parts
    ]
    return HeldOut(plain, [hard.batch(number, len(part)) for number, part in enumerate(parts)])


def figures(reader: Reader, data: HeldOut) -> dict[str, float]:
    """Errors and correlations by name; `hard_` on disturbed crops."""
    found = _figures(reader, data.plain, every=True)
    return found | {f"hard_{k}": v for k, v in _figures(reader, data.hard, every=False).items()}


@torch.inference_mode()
def _figures(reader: Reader, batches: Sequence[Batch], *, every: bool) -> dict[str, float]:
    """every: with a correlation for each coefficient."""
    reader.eval()
    inner = torch.from_numpy(inner_points())
    errors: list[Tensor] = []
    first_errors: list[Tensor] = []
    angles: list[Tensor] = []
    gaze: list[Tensor] = []
    found: list[Tensor] = []
    truth: list[Tensor] = []
    sure: list[Tensor] = []
    for batch in batches:
        first = reader.first(batch.picture)
        final, face = reader.second(batch.fine, first), batch.face
        sure.append((final.face > 0) == face)
        unit = unit_of(batch.points, batch.depth)[face, None]
        for errors_of, reading in ((errors, final), (first_errors, first.reading)):
            errors_of.append(distance(reading.points, batch.points)[face][:, inner] / unit)
        turns = [torch.stack(euler_from_matrix(r[face])) for r in (final.rotation, batch.rotation)]
        angles.append(((turns[0] - turns[1] + 180) % 360 - 180).abs())
        cosine = (final.gaze * batch.gaze).sum(-1)[face].clamp(-1, 1)
        gaze.append(torch.rad2deg(cosine.acos()).flatten())
        found.append(final.coefficients[face])
        truth.append(batch.coefficients[face])
    yaw, pitch, roll = torch.cat(angles, 1).mean(1).tolist()
    result = {
        "points": float(torch.cat(errors).mean(1).median()),
        "first_points": float(torch.cat(first_errors).mean(1).median()),
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "gaze": float(torch.cat(gaze).median()),
        "face": float(torch.cat(sure).float().mean()),
    }
    return result | _correlations(torch.cat(found).numpy(), torch.cat(truth).numpy(), every=every)


def _correlations(
    found: NDArray[np.float32], truth: NDArray[np.float32], *, every: bool
) -> dict[str, float]:
    each: dict[str, float] = {}
    for index, name in enumerate(ACTIONS):
        a, b = found[:, index], truth[:, index]
        if len(a) > 1 and b.std() > _LEAST_SPREAD:
            each[name] = float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-6 else 0.0
    result = {"r_median": float(np.median(list(each.values())))} if each else {}
    for group, names in _OF_INTEREST.items():
        known = [each[name] for name in names if name in each]
        if known:
            result[f"r_{group}"] = float(np.mean(known))
    return result | ({f"r_{name}": value for name, value in each.items()} if every else {})


@torch.inference_mode()
def sheet(reader: Reader, data: HeldOut, *, columns: int = 8) -> ImageU8:
    """A row of plain and two rows of disturbed crops with points, gaze and the head's axes."""
    reader.eval()
    rows: list[list[ImageU8]] = []
    for batch, count in ((data.plain[0], columns), (data.hard[0], 2 * columns)):
        reading = reader(batch.picture[:count], batch.fine[:count])
        pictures = u8_from_tensor(batch.fine[:count])
        drawn = [draw(picture, reading, index) for index, picture in enumerate(pictures)]
        rows += [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    return tile(rows)


def draw(picture: ImageU8, reading: Reading, index: int) -> ImageU8:
    """A crop with what was read of it: green points, red where they are thought hidden."""
    canvas = cv2.resize(picture, (_SHOWN, _SHOWN), interpolation=cv2.INTER_CUBIC)
    half = _SHOWN / 2
    seen = reading.visible[index] > 0
    for point, shown in zip((reading.points[index] + 1) * half, seen, strict=True):
        colour = (40, 255, 60) if shown else (255, 60, 40)
        cv2.circle(canvas, _at(point), 1, colour, -1)
    for iris, gaze in zip((reading.irises[index] + 1) * half, reading.gaze[index], strict=True):
        tip = iris + torch.stack([gaze[0], -gaze[1]]) * (0.2 * half)
        cv2.line(canvas, _at(iris), _at(tip), (255, 255, 0), 2)
    corner = torch.tensor([0.86, 0.14]) * _SHOWN
    for axis, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 90, 255))):
        along = reading.rotation[index, :2, axis] * torch.tensor([1.0, -1.0])
        cv2.line(canvas, _at(corner), _at(corner + 0.12 * _SHOWN * along), colour, 2)
    blink, jaw = reading.coefficients[index, [9, 8]], reading.coefficients[index, 24]
    text = f"{blink[0]:.1f} {blink[1]:.1f} {jaw:.1f} {torch.sigmoid(reading.face[index]):.2f}"
    cv2.putText(canvas, text, (4, _SHOWN - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1)
    return np.asarray(canvas, np.uint8)


def _at(point: Tensor) -> tuple[int, int]:
    x, y = point.round().int().tolist()
    return x, y
