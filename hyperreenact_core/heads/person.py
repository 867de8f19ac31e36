"""Who a rendered person is: everything that stays the same from picture to picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .earrings import Earrings
    from .glasses import Glasses
    from .hat_rims import Hat
    from .masks import Mask

Colour = tuple[float, float, float]
"""Red, green, blue in 0..1, as displayed (sRGB)."""


@dataclass(frozen=True)
class Makeup:
    """Amounts 0 to 1 and colours of what is painted on a face."""

    lips: float
    lip_colour: Colour
    lids: float
    lid_colour: Colour
    liner: float
    blush: float


@dataclass(frozen=True)
class Skin:
    """The look of the skin.

    textures: names of two photographed textures, mixed by `mix` (0: only the first).
    tone: 0 (palest) to 1 (darkest) of human skin; tint: factors of the three channels.
    contrast: how strongly the texture's own variation shows, 1 as photographed.
    moles: (along the face's height, along its width, radius) in -1..1 of half the face.
    """

    textures: tuple[str, str]
    mix: float
    tone: float
    tint: Colour
    contrast: float
    gloss: float
    freckles: float
    redness: float
    wrinkles: float
    moles: tuple[tuple[float, float, float], ...]
    makeup: Makeup
    seed: int


@dataclass(frozen=True)
class Beard:
    """kind: none, stubble, moustache, goatee, chin, full; density 0 to 1; length in decimetres."""

    kind: str
    density: float
    length: float


@dataclass(frozen=True)
class Hair:
    """style: a mesh's name, `buzz`, `thin` or `bald`; gloss 0 to 1; length of `buzz` in dm."""

    style: str
    colour: Colour
    grey: float
    gloss: float
    length: float
    mirrored: bool


@dataclass(frozen=True)
class Eyes:
    """texture: name of an iris; hue: shift in degrees; light: factor of its brightness."""

    texture: str
    hue: float
    light: float
    white: Colour
    lashes: str
    brows: str
    brow_density: float
    lash_density: float


@dataclass(frozen=True)
class Clothes:
    """mesh: name, or empty for a shirt that follows the skin; pattern of its cloth."""

    mesh: str
    colours: tuple[Colour, Colour]
    pattern: str
    scale: float
    seed: int


@dataclass(frozen=True)
class Person:
    """One person.

    traits: phenotypes of the body model, 0 to 1. changes: its local changes, -1 to 1.
    resting: the coefficients of facial actions that are this face at rest, and so its neutral.
    teeth: brightness and yellowness, 0 to 1 each.
    """

    traits: Mapping[str, float]
    changes: Mapping[str, float]
    resting: Mapping[str, float]
    skin: Skin
    beard: Beard
    hair: Hair
    eyes: Eyes
    teeth: tuple[float, float]
    clothes: Clothes
    glasses: Glasses | None
    hat: Hat | None
    earrings: Earrings | None
    mask: Mask | None
