"""What a person wears on the head, and what comes before it, as parts of a figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .earrings import earrings_pieces
from .fitting import Fitting
from .glasses_fit import glasses_pieces
from .hats import hair_line, hat_pieces
from .masks import mask_pieces
from .parts import Label, Material, Part, Texture
from .pieces import Piece, head_frame

_MATERIALS = {
    "cloth": Material.CLOTH,
    "plastic": Material.PLASTIC,
    "metal": Material.METAL,
    "glass": Material.GLASS,
    "skin": Material.SKIN,
}
_SKIN_GLOSS = 0.25
_HAIR = 0.2
"""How far hair stands off the scalp under what is worn, in decimetres."""
_RIM = 0.1
_WHITE = Texture(np.full((1, 1, 4), 255, np.uint8))


def worn_parts(fit: Fitting) -> list[Part]:
    """Glasses, hat and ear-rings."""
    person = fit.person
    frame = head_frame(fit.points, fit.vertices, hair=_HAIR)
    parts: list[Part] = []
    if person.glasses is not None:
        parts += piece_parts(glasses_pieces(person.glasses, frame), Label.GLASSES)
    if person.hat is not None:
        hat = piece_parts(hat_pieces(person.hat, frame), Label.HAT)
        parts += [replace(part, grip=fit.neck.grip(part.rest)) for part in hat]
    if person.mask is not None:
        parts += piece_parts(mask_pieces(person.mask, frame), Label.OTHER)
    if person.earrings is not None:
        parts += piece_parts(earrings_pieces(person.earrings, frame), Label.OTHER)
    return parts


def hair_below_hat(fit: Fitting, hair: list[Part]) -> list[Part]:
    """The hair that a hat leaves to be seen."""
    hat = fit.person.hat
    if hat is None:
        return hair
    line = hair_line(hat, head_frame(fit.points, fit.vertices, hair=_HAIR))
    if line is None:
        return [] if hat.covers_hair else hair
    shown: list[Part] = []
    for part in hair:
        above = (part.rest - line.point) @ line.normal
        cover = (0.5 - above / _RIM).clip(0, 1).astype(np.float32)
        shown.append(replace(part, cover=cover if part.cover is None else part.cover * cover))
    return shown


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
            gloss=_SKIN_GLOSS if piece.material == "skin" else 1.0,
            opacity=piece.opacity,
        )
        for piece in pieces
    ]
