"""What a person wears on the head, and what comes before it, as parts of a figure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .earrings import earrings_pieces
from .fitting import Fitting
from .glasses import glasses_pieces
from .hats import hat_pieces
from .parts import Label, Material, Part, Texture
from .shapes import Piece, head_frame

_MATERIALS = {
    "cloth": Material.CLOTH,
    "plastic": Material.PLASTIC,
    "metal": Material.METAL,
    "glass": Material.GLASS,
    "skin": Material.CLOTH,
}
_WHITE = Texture(np.full((1, 1, 4), 255, np.uint8))


def worn_parts(fit: Fitting) -> list[Part]:
    """Glasses, hat and ear-rings."""
    person = fit.person
    frame = head_frame(fit.points, fit.vertices, hair=0.05)
    parts: list[Part] = []
    if person.glasses is not None:
        parts += piece_parts(glasses_pieces(person.glasses, frame), Label.GLASSES)
    if person.hat is not None:
        parts += piece_parts(hat_pieces(person.hat, frame), Label.HAT)
    if person.earrings is not None:
        parts += piece_parts(earrings_pieces(person.earrings, frame), Label.OTHER)
    return parts


def piece_parts(pieces: Iterable[Piece], label: Label) -> list[Part]:
    """Rigid pieces as parts that turn with the head."""
    return [
        Part(
            piece.name,
            label,
            _MATERIALS[piece.material],
            piece.mesh.topology,
            piece.mesh.vertices.astype(np.float32),
            np.ones(len(piece.mesh.vertices), np.float32),
            _WHITE,
            piece.colour,
            opacity=piece.opacity,
        )
        for piece in pieces
    ]
