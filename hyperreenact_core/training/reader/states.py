"""What a frozen reader sees in drawn pictures, against what they were asked to show."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ...heads.expression import ACTIONS
from ...networks.pose_state import state_parts
from ...networks.reader import Reading
from .losses import coefficient_loss, geodesic

_WATCHED = {"jaw": "jawOpen", "lids": "eyeBlinkLeft", "smile": "mouthSmileLeft"}
_GAZE_WEIGHT = 0.3
_ACTION_WEIGHT = 3.0


def state_loss(reading: Reading, wanted: Reading) -> Tensor:
    """How far faces are from what others do.

    Both are readings: so a reader that sees, say, half of every blink does not ask for twice of it.
    """
    lids = [ACTIONS.index("eyeBlinkRight"), ACTIONS.index("eyeBlinkLeft")]
    opened = (1 - wanted.coefficients[:, lids]).clamp(0, 1)  # the eye on the viewer's left first
    astray = (reading.gaze - wanted.gaze).norm(dim=-1) * opened
    return (
        geodesic(reading.rotation, wanted.rotation).mean()
        + _ACTION_WEIGHT * coefficient_loss(reading.coefficients, wanted.coefficients)
        + _GAZE_WEIGHT * astray.mean()
    )


def state_figures(reading: Reading, state: Tensor) -> Mapping[str, float]:
    """Degrees that heads are off, and correlation and gain of some coefficients."""
    rotation, coefficients, _ = state_parts(state)
    off = geodesic(reading.rotation, rotation).rad2deg().mean()
    figures = {"degrees": float(off)}
    for name, action in _WATCHED.items():
        column = ACTIONS.index(action)
        mine, wanted = reading.coefficients[:, column], coefficients[:, column]
        mine, wanted = mine - mine.mean(), wanted - wanted.mean()
        both = (mine * wanted).sum()
        figures[name] = float(both / (mine.norm() * wanted.norm() + 1e-6))
        figures[f"{name}_gain"] = float(both / (wanted.square().sum() + 1e-6))
    return figures
