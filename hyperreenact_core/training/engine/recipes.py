"""How long and how gently networks are trained on clips. Needs no torch: the help shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ...choices import Precision

ClipKind = Literal["generator", "e4e", "hypernetwork"]
CLIP_KINDS: tuple[ClipKind, ...] = get_args(ClipKind)


@dataclass(frozen=True)
class Recipe:
    """What all stages on clips have in common.

    steps: updates of the weights.
    batch_size: pictures a device draws at once; accumulate: how often it does so before an update.
    clip_norm: longest gradient, 0 for any length.
    average_decay: of the moving average of the weights, per step; the average is what is saved.
    """

    steps: int
    batch_size: int
    learning_rate: float
    accumulate: int = 1
    precision: Precision = "fp32"
    clip_norm: float = 1.0
    average_decay: float = 0.999


RECIPES: dict[ClipKind, Recipe] = {
    "generator": Recipe(steps=50_000, batch_size=16, learning_rate=2e-3, clip_norm=0.0),
    "e4e": Recipe(steps=20_000, batch_size=8, learning_rate=1e-4),
    "hypernetwork": Recipe(steps=30_000, batch_size=16, learning_rate=2e-4),
}
"""What is taken where nothing else is asked for. Only the hypernetwork's rate and batch are known
from the paper; it names no number of steps."""

PHASE_SHARES = (0.1, 0.4)
"""Parts of the hypernetwork's steps for inversion and self-reenactment; the third phase has the
rest. The paper names none."""
