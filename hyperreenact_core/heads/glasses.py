"""How glasses look: everyday, reading and sun glasses of six shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pieces import Colour


@dataclass(frozen=True)
class LensShape:
    """squareness: exponent of the superellipse; taper: how much wider the top is than the bottom;
    drop: how far the outer bottom hangs, lift: how far the outer top rises, in half heights."""

    squareness: float
    taper: float = 0.0
    drop: float = 0.0
    lift: float = 0.0


LENS_SHAPES = {
    "round": LensShape(2.0),
    "oval": LensShape(2.2, lift=0.05),
    "rectangle": LensShape(4.5, taper=0.05),
    "square": LensShape(3.5, taper=0.09, lift=0.06),
    "aviator": LensShape(2.5, taper=0.13, drop=0.22),
    "cat_eye": LensShape(2.5, taper=0.16, lift=0.75),
}


@dataclass(frozen=True)
class Glasses:
    """How one pair looks.

    shape: of LENS_SHAPES; rim: "full", "half" (above) or "none"; width: of the front over the
    face's; height: of a lens over its width; thickness: of the rim, dm; metal: thin wire with nose
    pads, else plastic; slide: 0 high to 1 low on the nose; colours: linear RGB.
    """

    shape: str
    rim: str
    width: float
    height: float
    thickness: float
    metal: bool
    colour: Colour
    temple_colour: Colour
    lens_colour: Colour
    lens_opacity: float
    slide: float
    double_bridge: bool


_PLASTICS: tuple[Colour, ...] = (
    (0.012, 0.012, 0.014),
    (0.012, 0.012, 0.014),
    (0.06, 0.025, 0.01),
    (0.19, 0.085, 0.025),
    (0.02, 0.035, 0.09),
    (0.28, 0.02, 0.025),
    (0.5, 0.47, 0.42),
    (0.03, 0.09, 0.06),
    (0.35, 0.2, 0.22),
)

_METALS: tuple[Colour, ...] = (
    (0.6, 0.6, 0.62),
    (0.62, 0.45, 0.2),
    (0.1, 0.1, 0.11),
    (0.55, 0.35, 0.27),
    (0.02, 0.02, 0.022),
)

_TINTS: tuple[Colour, ...] = (
    (0.008, 0.008, 0.01),
    (0.03, 0.015, 0.006),
    (0.012, 0.025, 0.012),
    (0.015, 0.02, 0.05),
    (0.16, 0.06, 0.01),
    (0.12, 0.13, 0.15),
)


def sample_glasses(rng: np.random.Generator) -> Glasses:
    """Everyday, reading and sun glasses; about a third are tinted."""
    sun, reading = rng.random() < 0.33, rng.random() < 0.15
    names = ["round", "oval", "rectangle", "square", "aviator", "cat_eye"]
    chances = [0.15, 0.1, 0.0, 0.3, 0.3, 0.15] if sun else [0.18, 0.12, 0.27, 0.25, 0.08, 0.1]
    shape = str(rng.choice(names, p=chances))
    height = [0.93, 0.7, 0.58, 0.74, 0.86, 0.68][names.index(shape)]
    height *= rng.uniform(0.92, 1.08) * (0.8 if reading and not sun else 1.0)
    metal = bool(rng.random() < (0.9 if shape == "aviator" else 0.4))
    rim = str(rng.choice(["full", "half", "none"], p=[0.7, 0.15, 0.15])) if metal else "full"
    colours = _METALS if metal else _PLASTICS
    colour = colours[rng.integers(len(colours))]
    other = _PLASTICS[rng.integers(3)] if rng.random() < 0.2 else colour
    if sun:
        tint, opacity = _TINTS[rng.integers(len(_TINTS))], rng.uniform(0.5, 0.95)
    else:
        tint, opacity = (0.75, 0.8, 0.85), rng.uniform(0.03, 0.15)
    return Glasses(
        shape=shape,
        rim=rim,
        width=float(rng.uniform(0.88, 1.02) * (0.9 if reading else 1.0) * (1.04 if sun else 1.0)),
        height=float(height),
        thickness=float(rng.uniform(0.02, 0.032) if metal else rng.uniform(0.04, 0.085)),
        metal=metal,
        colour=colour,
        temple_colour=other,
        lens_colour=tint,
        lens_opacity=float(opacity),
        slide=float(rng.uniform(0.6, 1.0) if reading else rng.uniform(0.0, 0.25)),
        double_bridge=bool(metal and rng.random() < (0.8 if shape == "aviator" else 0.1)),
    )
