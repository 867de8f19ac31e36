"""What a figure is put together from: meshes that move, each with a material and a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .meshes import Floats, Indices, Topology


class Label(IntEnum):
    """What a pixel shows; the numbers of the masks."""

    BACKGROUND = 0
    SKIN = 1
    FACE = 2
    EYES = 3
    MOUTH = 4
    HAIR = 5
    CLOTHES = 6
    GLASSES = 7
    HAT = 8
    OTHER = 9


class Material(IntEnum):
    """How light falls on a surface; the numbers of the shader."""

    SKIN = 0
    EYE = 1
    CORNEA = 2
    MOUTH = 3
    HAIR = 4
    FUZZ = 5
    CLOTH = 6
    PLASTIC = 7
    METAL = 8
    GLASS = 9


@dataclass(frozen=True, eq=False)
class Texture:
    """pixels: [H, W, 4] uint8, RGB (sRGB) and coverage (gloss, for skin); repeats: tiled."""

    pixels: NDArray[np.uint8]
    repeats: bool = False

    @cached_property
    def frayed(self) -> bool:
        """Has pixels that cover in part, so that thin hair shows what is behind."""
        alpha = self.pixels[..., 3]
        return bool(((alpha > 8) & (alpha < 120)).mean() > 1e-3)

    @cached_property
    def solid(self) -> bool:
        """Covers wholly everywhere."""
        return bool(self.pixels[..., 3].min() == 255)


@dataclass(frozen=True, eq=False)
class Moves:
    """What the facial actions add: [52, M, 3] to these vertices [M]."""

    vertices: Indices
    actions: Floats


@dataclass(frozen=True, eq=False)
class Spin:
    """A ball of vertices that turns about its centre [3], so that its front looks elsewhere.

    front: the vertices whose mean the facial actions move to where the ball looks.
    radius: of the ball.
    """

    vertices: Indices
    front: Indices
    centre: Floats
    radius: float


@dataclass(frozen=True, eq=False)
class Part:
    """A mesh of a figure at rest.

    rest: [V, 3]. grip: [V] how much of the head's turn it takes, 1 on the head, 0 on the chest.
    shade: [V] how much of the light around reaches it. cover: [V] factor of the coverage.
    tint: factors of the texture's colour, linear. opacity: below 1 it lets through what is behind.
    casts: a shadow; shells of hair stand too near the skin for one.
    """

    name: str
    label: Label
    material: Material
    topology: Topology
    rest: Floats
    grip: Floats
    texture: Texture
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gloss: float = 1.0
    opacity: float = 1.0
    uv_scale: float = 1.0
    casts: bool = True
    moves: Moves | None = None
    spins: tuple[Spin, ...] = ()
    shade: Floats | None = None
    cover: Floats | None = None
    face: Floats | None = None
    inner: Floats | None = None
    """[V] 1 in the face, and 1 inside the mouth; for the skin alone."""

    @property
    def solid(self) -> bool:
        """Hides wholly what is behind it, everywhere."""
        return self.cover is None and self.opacity >= 1 and self.texture.solid
