"""Families of colours that surroundings are painted in, those of skin and hair among them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Colours = NDArray[Any]
"""[K, 3] or [3] sRGB, 0..255, as floats."""

_HEX: Final[dict[str, str]] = {
    "wall": "f2efe8 e9e2d3 d8cdb9 c9d3d6 b7c4b1 e8d5c4 a9b7c0 8fa3ad d9c3a5 c7b29b 6d7f86 b5534a "
    "3f5561 2f3b3a efe6da f5e9d0 d6a77a 7a6f86",
    "wood": "3b2417 5a3620 7a4a2a 94633a b58455 d2a878 8a5a44 a8744f 40302a c9b08f",
    "skin": "f3d6c2 e8bfa0 d9a17d c68863 a86b48 8a5236 6b3d28 4a2a1c f0c9b0 e2ab8c",
    "hair": "0f0c0b 1f1612 3a2418 5b3a22 8a5e34 b98b52 dcbf8a 9c3f1e 7d7a78 c9c6c2",
    "cloth": "1e2430 30425c 6b1f2a 8d8a83 d8d4cb 20302a 5a6b4a c8a03a a34b2e 4b2f55 e2e2e2 101010",
    "leaf": "16240f 22391a 2f5222 47702b 5f8336 86a04a a9b56a 5b6a34 6f7040 3c5a48 7d8f5a",
    "autumn": "3a2412 6b3a1a a8552a c8803c d8a850 8a6a2d 5b5a2c 7a2e20",
    "stone": "4a4a48 6b6a66 8c8982 aaa59b c5bfb3 7d746a 9a8878 5c5552",
    "brick": "8d4a36 a65c42 74392b b8755a 9a6a55 c9a58c d8cfc4 5a3a32",
    "vivid": "d32f2f f57c00 fbc02d 388e3c 1976d2 7b1fa2 e91e63 00acc1 ffffff 212121",
    "book": "5b1f1f 20344f 2f4a36 7a5a2a d9cfb8 1b1b1e a33a2a 8c8f94 c9a13d 463255 e9e6de 3d5f6b",
    "dark": "0c0a09 1a1411 2a1d14 20242a 14201c 33241a 3c2b1e 28120e",
    "lamp": "ffd9a0 ffb060 ff8040 ffffff c8e0ff 80b0ff ff5040 80ff90 ffe060 ff60c0",
    "warm": "ffd9a0 ffc070 ffe8c8 fff4e0",
    "sky": "4f7fb8 7fa8d8 a9c6e4 d6e2ec c7cbd0 8e98a6 e9c9a4 f0a878 5a6684 cfd8dd",
    "snow": "f4f6fa dfe6ef c6d2e0 b4bfcd",
    "sand": "d9c49c e6d6b4 c4a878 b39468",
    "paper": "f4f1ea e9e4d6 ffffff dcd3c0",
}
_FAMILIES: Final = {
    name: np.array([[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in row.split()], np.float64)
    for name, row in _HEX.items()
}


def pick(rng: Generator, family: str, count: int = 1, *, jitter: float = 7.0) -> Colours:
    """Colours of a family -> [count, 3] sRGB 0..255; each lies between two of its members."""
    members = _FAMILIES[family]
    first, second = (members[rng.integers(len(members), size=count)] for _ in range(2))
    share = rng.beta(0.5, 0.5, (count, 1))
    colours = first * share + second * (1 - share)
    # Dark colours vary less, or deep browns would turn violet and green.
    colours += rng.normal(0, jitter, (count, 3)) * (0.15 + colours.mean(1, keepdims=True) / 150)
    return np.clip(colours, 0, 255)


def shades(rng: Generator, colour: Colours, count: int, *, spread: float = 0.12) -> Colours:
    """Lighter and darker kin of one colour [3] -> [count, 3]."""
    gains = np.exp(rng.normal(0, spread, (count, 1)))
    return np.clip(colour * gains + rng.normal(0, 30 * spread, (count, 3)), 0, 255)


def ramp(rng: Generator, family: str, count: int = 4) -> Colours:
    """Colours of a family from dark to light -> [count, 3], as a palette for `Sketch.texture`."""
    colours = pick(rng, family, count)
    return colours[np.argsort(colours.sum(1))]
