"""What an edit did: how long a performance is and how much it trembles."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..detail.performance import Performance
from .turning import vectors_of


@dataclass(frozen=True)
class Jitter:
    """How much a performance trembles: the usual change of a change from frame to frame.

    Medians, so that what is meant - a blink, a turn - hardly counts. head_deg: of the head's turn,
    degrees. face: of the coefficients, in hundredths.
    """

    head_deg: float
    face: float

    def to_text(self) -> str:
        """For reports."""
        return f"head {self.head_deg:.3f} degrees, face {self.face:.2f} %"


def jitter_of(performance: Performance) -> Jitter:
    """0 for fewer than three frames."""
    if len(performance) < 3:
        return Jitter(0.0, 0.0)
    turns = performance.rotation.double()
    steps = vectors_of(turns[:-1].transpose(1, 2) @ turns[1:])
    head = torch.rad2deg(steps.diff(dim=0).norm(dim=1).median())
    face = performance.coefficients.diff(n=2, dim=0).abs().median(0).values.mean()
    return Jitter(float(head), 100 * float(face))


def motion_report(before: Performance, after: Performance) -> str:
    """Length and jitter, before and after."""
    seconds = float(after.time[-1] - after.time[0])
    return "\n".join(
        [
            f"{len(before)} frames -> {len(after)} frames, {seconds:.2f} s from first to last",
            f"jitter before: {jitter_of(before).to_text()}",
            f"jitter after: {jitter_of(after).to_text()}",
        ]
    )
