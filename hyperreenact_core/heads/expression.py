"""The 52 coefficients of an expression, and how faces combine them.

Names are ARKit's. Left and right are the person's own: the left side lies towards +x, to the
right as the viewer sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

FloatArray = NDArray[np.floating]

Expression = NDArray[np.float32]
"""[..., 52] in 0..1, in the order of ACTIONS."""

# fmt: off
ACTIONS: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)
"""MediaPipe's order without `_neutral`."""
# fmt: on
_INDEX = {name: index for index, name in enumerate(ACTIONS)}
_OTHER_SIDE = {"Left": "Right", "Right": "Left"}

_ONE_ACTION_A_SIDE = {"jawLeft", "jawRight", "mouthLeft", "mouthRight"}
"""Opposite movements of one part; all other names with a side are one movement of two parts."""


def action_index(name: str) -> int:
    """Column of an action; InputError for names that ACTIONS does not hold."""
    if name not in _INDEX:
        near = get_close_matches(name, ACTIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else "use ARKit's names, such as jawOpen."
        raise InputError(f"There is no facial action {name!r}: {hint}")
    return _INDEX[name]


def columns(name: str) -> list[int]:
    """Columns of an action, or of both sides where the side is left out ("mouthSmile")."""
    both = [name + "Left", name + "Right"]
    paired = both[0] in _INDEX and both[0] not in _ONE_ACTION_A_SIDE
    return [_INDEX[side] for side in both] if paired else [action_index(name)]


def coefficients(values: Mapping[str, float]) -> Expression:
    """[52] of named values in 0..1; names without their side ("eyeBlink") mean both sides.

    InputError for unknown names and values out of range.
    """
    expression = np.zeros(len(ACTIONS), np.float32)
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}: give a value from 0 to 1.")
        expression[columns(name)] = value
    return expression


def _mirror_order() -> tuple[int, ...]:
    order: list[int] = []
    for name in ACTIONS:
        stem = next((name.removesuffix(s) for s in _OTHER_SIDE if name.endswith(s)), name)
        other = stem + _OTHER_SIDE.get(name[len(stem) :], "")
        order.append(_INDEX[other])
    return tuple(order)


MIRROR: tuple[int, ...] = _mirror_order()
"""The mirrored face is `expression[..., MIRROR]`."""

LEFT: tuple[int, ...] = tuple(
    i for i, n in enumerate(ACTIONS) if n.endswith("Left") and n not in _ONE_ACTION_A_SIDE
)
"""Left column of every movement that both sides have; MIRROR of it is the right one."""

UPPER: tuple[int, ...] = tuple(
    i for i, n in enumerate(ACTIONS) if n.startswith(("brow", "eye", "cheekSquint", "nose"))
)
"""Columns of brows, eyes, nose and what lifts the cheeks; the others move mouth and jaw."""

_OPPOSITES: tuple[tuple[str, str, float], ...] = (
    ("mouthSmile", "mouthFrown", 0.9),
    ("mouthPucker", "mouthSmile", 1.1),
    ("mouthPucker", "mouthStretch", 1.0),
    ("mouthFunnel", "mouthSmile", 1.1),
    ("mouthFunnel", "mouthStretch", 1.1),
    ("mouthFunnel", "mouthPress", 0.9),
    ("mouthRollLower", "mouthLowerDown", 1.0),
    ("mouthRollLower", "mouthFunnel", 1.0),
    ("mouthRollUpper", "mouthUpperUp", 1.0),
    ("mouthPress", "jawOpen", 0.9),
    ("cheekPuff", "jawOpen", 0.9),
    ("browDown", "browOuterUp", 0.9),
    ("browDown", "browInnerUp", 1.3),
    ("jawLeft", "jawRight", 0.6),
    ("mouthLeft", "mouthRight", 0.6),
)
"""Two actions and the most that their sum can be on one side of a face."""

_CLOSED_OVER_TEETH = 0.6
"""Further than this, lips that stay closed over an opening jaw would leave the chin behind."""
_JAW_FOR_TONGUE = 0.25

_LID_OF_LOOK_DOWN = 0.4
"""How much of a blink looking down is already: eyeLookDown lowers the upper lid."""


def settled(expression: FloatArray) -> Expression:
    """[..., 52]: the nearest expression that a face can make, in 0..1.

    Of two opposing actions the weaker gives way; lids neither overlap nor widen while they
    close; lips stay closed, and the tongue comes out, only as far as the jaw is open.
    Continuous, so that smooth motion stays smooth.
    """
    face = np.clip(expression, 0.0, 1.0).astype(np.float32)
    for one, other, limit in _OPPOSITES:
        _give_way(face, columns(one), columns(other), limit=limit)
    blink = face[..., columns("eyeBlink")]
    face[..., columns("eyeWide")] *= 1 - blink
    face[..., columns("eyeSquint")] *= 1 - 0.7 * blink
    face[..., columns("cheekSquint")] *= 1 - 0.4 * blink
    down = face[..., columns("eyeLookDown")]
    face[..., columns("eyeBlink")] = np.minimum(blink, 1 - _LID_OF_LOOK_DOWN * down)
    jaw, close, tongue = (_INDEX[name] for name in ("jawOpen", "mouthClose", "tongueOut"))
    face[..., close] = np.minimum(face[..., close], np.minimum(face[..., jaw], _CLOSED_OVER_TEETH))
    face[..., tongue] = np.minimum(face[..., tongue], face[..., jaw] / _JAW_FOR_TONGUE)
    return face


def _give_way(face: Expression, ones: list[int], others: list[int], *, limit: float) -> None:
    """In place: what two actions have over the limit is taken mostly from the smaller one.

    Both sides meet their own opposite; one in the middle meets the opposites of both sides.
    """
    one, other = face[..., ones], face[..., others]  # [..., 1 or 2]
    excess = np.maximum(one + other - limit, 0.0)
    # A steep but smooth choice: taking all from the smaller would jump where they are equal.
    strength = one**6, other**6
    share = strength[1] / np.maximum(strength[0] + strength[1], 1e-9)
    losses = excess * share, excess * (1 - share)
    for where, value, loss in ((ones, one, losses[0]), (others, other, losses[1])):
        most = loss.max(-1, keepdims=True) if len(where) == 1 else loss
        face[..., where] = np.maximum(value - most, 0.0)
