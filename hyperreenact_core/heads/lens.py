"""Cameras, from a phone's to a long lens, and what is wrong with their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

PERFECT_SHARE: Final = 0.25
"""How many pictures are taken as in a studio, with hardly a fault."""


@dataclass(frozen=True)
class Lens:
    """A camera and what happens to its picture; the default does nothing but encode sRGB.

    `distance` (dm) from the camera to the face and `aperture` (dm), the width of the entrance
    pupil, give the depth of field: a phone has 0.02, a portrait lens 0.5. `shoulder` 0..1 rolls
    highlights off; `vignette` is the light lost in the corners; `fringe` the lateral colour error
    there, and `softness` the blur of the glass, `motion` the length of a shake along `motion_deg`
    (0 to the right, 90 up), all as fractions of the picture's width. `noise` is the variance of the
    shot noise at full light, `coarseness` 0..1 how far the noise is smeared by demosaicing.
    `sharpening` is the strength of the halo; `resolution` the true fraction of the pixels, 1 for
    all. `quality` 1..100 of JPEG, or of WebP where `webp`; 0 leaves the picture uncompressed.
    """

    distance: float = 10.0
    aperture: float = 0.0
    shoulder: float = 0.0
    vignette: float = 0.0
    fringe: float = 0.0
    softness: float = 0.0
    motion: float = 0.0
    motion_deg: float = 0.0
    noise: float = 0.0
    coarseness: float = 0.0
    sharpening: float = 0.0
    resolution: float = 1.0
    quality: int = 0
    webp: bool = False


def sample_lens(rng: Generator) -> Lens:
    """Draw a camera at random, from a selfie at 4 dm to a telephoto lens at 30 dm.

    A quarter is nearly perfect, most of the rest mildly and a few badly damaged.
    """
    distance = float(np.exp(rng.uniform(np.log(4.0), np.log(30.0))))
    # Wide open pupils go with long lenses; a phone hardly blurs anything.
    wide = rng.random() < np.clip(distance / 20, 0.15, 0.8)
    aperture = float(rng.uniform(0.1, 0.65) if wide else rng.uniform(0.01, 0.05))
    shoulder = float(rng.uniform(0.2, 0.9))
    if rng.random() < PERFECT_SHARE:
        return Lens(
            distance=distance,
            aperture=aperture,
            shoulder=shoulder,
            vignette=float(rng.uniform(0, 0.08)),
            noise=float(rng.uniform(0, 5e-5)),
            quality=int(rng.choice([0, 95])),
        )
    harm = rng.beta(1.1, 3.0)  # how bad this camera is as a whole

    def fault(chance: float, most: float) -> float:
        """A fault of this strength at most, 0 where the picture is free of it."""
        strength = (0.25 + 0.75 * harm) * rng.random() * most
        return float(strength) if rng.random() < chance else 0.0

    return Lens(
        distance=distance,
        aperture=aperture,
        shoulder=shoulder,
        vignette=fault(0.6, 0.5),
        fringe=fault(0.4, 0.0025),
        softness=fault(0.4, 0.006),
        motion=fault(0.06, 0.02),
        motion_deg=float(rng.uniform(0, 180)),
        noise=float(3e-3 * harm * rng.random() ** 2 + 2e-5),
        coarseness=float(rng.random()),
        sharpening=fault(0.45, 1.2),
        resolution=1.0 - fault(0.2, 0.75),
        quality=int(np.clip(rng.normal(92 - 45 * harm, 6), 40, 95)),
        webp=bool(rng.random() < 0.03),  # slow to encode
    )
