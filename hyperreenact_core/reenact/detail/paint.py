"""The colours that a head is drawn in."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Paint:
    """Colours, 0 to 255, of the parts of a drawn head.

    teeth: where light reaches them fully, may be more. light: xy of where the light comes from.
    shows: 0..1 how much of the inside of the mouth the picture shows.
    """

    skin: Colour
    lip: Colour
    eye: Colour
    iris: Colour
    mouth: Colour
    tongue: Colour
    teeth: Colour
    hair: Colour
    nothing: Colour
    light: tuple[float, float] = (0.4, 0.9)
    shows: float = 0.0
