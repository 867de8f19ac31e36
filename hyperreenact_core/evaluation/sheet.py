"""The contact sheet: a few pairs with what the methods made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..imaging import ImageU8, tile
from .pairs import Kind, Pair

_CAPTION_HEIGHT = 18
_LABEL_WIDTH = 84
_GAP = 2


@dataclass(frozen=True)
class SheetRow:
    """One pair; pictures: column caption -> [R, R, 3], the same captions in every row."""

    label: str
    pictures: Mapping[str, ImageU8]


def chosen_pairs(pairs: Sequence[Pair], count: int) -> list[int]:
    """Indices of `count` pairs to show, every other one extreme where there are enough."""
    extreme = [k for k, pair in enumerate(pairs) if pair.is_extreme]
    ordinary = [k for k, pair in enumerate(pairs) if not pair.is_extreme]
    wanted = max(count // 2, count - len(ordinary))
    shown = extreme[:wanted]
    return sorted(shown + ordinary[: count - len(shown)])


def row_label(kind: Kind, pair: Pair) -> str:
    """What stands beside a pair; the angles are yaws."""
    source, driving = pair.source.moment.yaw_deg, pair.driving.moment.yaw_deg
    return f"{kind}\n{source:+.0f} to {driving:+.0f}" + ("\nextreme" if pair.is_extreme else "")


def contact_sheet(rows: Sequence[SheetRow]) -> ImageU8:
    """Pairs below one another, captions above, labels to the left."""
    captions = list(rows[0].pictures)
    pictures = tile([[row.pictures[name] for name in captions] for row in rows], gap=_GAP)
    height, width = pictures.shape[:2]
    sheet = np.full((height + _CAPTION_HEIGHT, width + _LABEL_WIDTH, 3), 255, np.uint8)
    sheet[_CAPTION_HEIGHT:, _LABEL_WIDTH:] = pictures
    canvas = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default()
    side = rows[0].pictures[captions[0]].shape[0]
    for column, name in enumerate(captions):
        draw.text((_LABEL_WIDTH + column * (side + _GAP) + 2, 3), name, fill=0, font=font)
    for index, row in enumerate(rows):
        draw.text((2, _CAPTION_HEIGHT + index * (side + _GAP) + 2), row.label, fill=0, font=font)
    return np.asarray(canvas)
