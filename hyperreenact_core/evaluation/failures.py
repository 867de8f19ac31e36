"""The failure sheet: the pairs a method did worst, as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..imaging import ImageU8, tile
from .pairs import Kind, Pair

FAILURE_COUNT = 24
RANKED_BY = "perceptual"
"""The metric that decides what is worst: the larger the worse."""
FIGURES = (RANKED_BY, "identity_cosine", "head_pose_deg")
"""Metrics printed under each pair, in the order of `Failure.figures`."""

_BLOCKS = 3
_CAPTION_HEIGHT, _FIGURES_HEIGHT, _GAP = 18, 18, 12
_COLUMNS = ("source", "driving", "truth", "result")


@dataclass(frozen=True)
class Failure:
    """One pair and what became of it.

    label: kind of pair and the two yaws. figures: values of FIGURES.
    pictures: source, driving, truth and result, [R, R, 3] each.
    """

    label: str
    figures: tuple[float, ...]
    pictures: tuple[ImageU8, ...]


def failure_label(kind: Kind, pair: Pair) -> str:
    """How the pair is named on the sheet; the angles are yaws in degrees."""
    source, driving = pair.source.moment.yaw_deg, pair.driving.moment.yaw_deg
    return f"{kind} {source:+.0f} to {driving:+.0f}"


def worst(failures: Sequence[Failure]) -> tuple[Failure, ...]:
    """The FAILURE_COUNT worst of them, the worst first."""
    ranked = sorted(failures, key=lambda failure: failure.figures[0], reverse=True)
    return tuple(ranked[:FAILURE_COUNT])


def failure_sheet(failures: Sequence[Failure]) -> ImageU8:
    """[H, W, 3]: the worst pairs from left to right, row by row, with figures below each."""
    side = failures[0].pictures[0].shape[0]
    rows = -(-len(failures) // _BLOCKS)
    wide = len(_COLUMNS) * (side + 2) - 2
    high = side + _FIGURES_HEIGHT
    size = (
        _CAPTION_HEIGHT + rows * high,
        _BLOCKS * (wide + _GAP) - _GAP,
        3,
    )
    sheet = np.full(size, 255, np.uint8)
    places = [
        (at // _BLOCKS * high + _CAPTION_HEIGHT, at % _BLOCKS * (wide + _GAP))
        for at in range(len(failures))
    ]
    for failure, (y, x) in zip(failures, places, strict=True):
        sheet[y : y + side, x : x + wide] = tile([failure.pictures])
    canvas = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(11)
    for block in range(min(_BLOCKS, len(failures))):
        for column, name in enumerate(_COLUMNS):
            x = block * (wide + _GAP) + column * (side + 2) + 2
            draw.text((x, 3), name, fill=0, font=font)
    for failure, (y, x) in zip(failures, places, strict=True):
        draw.text((x + 2, y + side + 2), _figures_line(failure), fill=0, font=font)
    return np.asarray(canvas)


def _figures_line(failure: Failure) -> str:
    perceptual, identity, pose = failure.figures
    return (
        f"{failure.label}  perceptual {perceptual:.2f}  identity {identity:.2f}  "
        f"pose {pose:.1f} deg"
    )
