"""The 52 coefficients of an expression, how faces combine them, and well-known faces.

Names are ARKit's. Left and right are the person's own: the left side lies towards +x, to the
right as the viewer sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

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


def _by_side(**values: float) -> Mapping[str, float]:
    """With every name in full."""
    return MappingProxyType({ACTIONS[i]: v for name, v in values.items() for i in columns(name)})


# fmt: off
EMOTIONS: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "smile": _by_side(mouthSmile=0.45, mouthDimple=0.1, cheekSquint=0.3, eyeSquint=0.18),
    "polite_smile": _by_side(mouthSmile=0.32, mouthPress=0.25, mouthDimple=0.2, browInnerUp=0.08),
    "broad_smile": _by_side(
        mouthSmile=0.7, mouthUpperUp=0.42, mouthLowerDown=0.3, jawOpen=0.06, cheekSquint=0.6,
        eyeSquint=0.45,
    ),
    "laugh": _by_side(
        mouthSmile=0.75, jawOpen=0.4, mouthUpperUp=0.45, mouthLowerDown=0.2, cheekSquint=0.8,
        eyeSquint=0.6, eyeBlink=0.15, noseSneer=0.2, browOuterUp=0.1,
    ),
    "smirk_left": _by_side(
        mouthSmileLeft=0.5, mouthDimpleLeft=0.35, mouthSmileRight=0.08, cheekSquintLeft=0.25,
        eyeSquint=0.12, browOuterUpLeft=0.15,
    ),
    "smirk_right": _by_side(
        mouthSmileRight=0.5, mouthDimpleRight=0.35, mouthSmileLeft=0.08, cheekSquintRight=0.25,
        eyeSquint=0.12, browOuterUpRight=0.15,
    ),
    "surprise": _by_side(
        browInnerUp=0.85, browOuterUp=0.8, eyeWide=0.55, jawOpen=0.4, mouthFunnel=0.12,
    ),
    "anger": _by_side(
        browDown=0.9, eyeSquint=0.35, eyeWide=0.12, noseSneer=0.35, mouthPress=0.5,
        mouthShrugLower=0.25, mouthFrown=0.2,
    ),
    "rage": _by_side(
        browDown=1, eyeSquint=0.4, noseSneer=0.7, mouthUpperUp=0.6, mouthLowerDown=0.7,
        mouthStretch=0.35, jawOpen=0.35,
    ),
    "sadness": _by_side(
        browInnerUp=0.8, browDown=0.2, mouthFrown=0.55, mouthShrugLower=0.45, eyeBlink=0.12,
        eyeSquint=0.15, cheekSquint=0.1,
    ),
    "crying": _by_side(
        browInnerUp=0.7, browDown=0.5, eyeSquint=0.7, eyeBlink=0.3, cheekSquint=0.6, mouthFrown=0.5,
        mouthStretch=0.5, mouthLowerDown=0.35, mouthUpperUp=0.2, jawOpen=0.12, noseSneer=0.25,
    ),
    "disgust": _by_side(
        noseSneer=0.85, mouthUpperUp=0.5, browDown=0.5, eyeSquint=0.5, cheekSquint=0.4,
        mouthFrown=0.3, mouthShrugLower=0.35,
    ),
    "fear": _by_side(
        browInnerUp=0.9, browOuterUp=0.35, browDown=0.3, eyeWide=0.6, mouthStretch=0.6,
        mouthLowerDown=0.3, jawOpen=0.14,
    ),
    "pain": _by_side(
        browDown=0.75, browInnerUp=0.25, eyeSquint=0.8, eyeBlink=0.4, cheekSquint=0.7,
        noseSneer=0.55, mouthUpperUp=0.45, mouthLowerDown=0.3, mouthStretch=0.4, jawOpen=0.08,
    ),
    "doubt": _by_side(
        browOuterUpLeft=0.75, browInnerUp=0.2, browDownRight=0.45, eyeSquintRight=0.2,
        mouthFrown=0.2, mouthRight=0.2,
    ),
    "thinking": _by_side(
        browDown=0.3, browOuterUpRight=0.2, mouthLeft=0.35, mouthPucker=0.25, mouthPress=0.2,
        eyeSquint=0.2,
    ),
    "shrug": _by_side(
        browInnerUp=0.35, browOuterUp=0.5, mouthShrugLower=0.75, mouthShrugUpper=0.5,
        mouthFrown=0.45, eyeBlink=0.1,
    ),
    "pout": _by_side(
        mouthShrugLower=0.75, mouthPucker=0.4, mouthFrown=0.3, browDown=0.25, browInnerUp=0.3,
    ),
    "grimace": _by_side(
        mouthStretch=0.8, mouthLowerDown=0.7, mouthUpperUp=0.4, jawOpen=0.04, eyeSquint=0.3,
        browInnerUp=0.3,
    ),
    "kiss": _by_side(mouthPucker=0.9, mouthFunnel=0.15, eyeSquint=0.1),
})
"""Faces that people make at each other, at a full but natural strength."""

VISEMES: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "aa": _by_side(jawOpen=0.32, mouthLowerDown=0.12, mouthUpperUp=0.1),
    "eh": _by_side(
        jawOpen=0.19, mouthStretch=0.1, mouthLowerDown=0.2, mouthUpperUp=0.12, mouthSmile=0.06,
    ),
    "ee": _by_side(
        jawOpen=0.07, mouthStretch=0.25, mouthSmile=0.18, mouthLowerDown=0.28, mouthUpperUp=0.15,
        mouthDimple=0.08,
    ),
    "ih": _by_side(
        jawOpen=0.12, mouthStretch=0.12, mouthSmile=0.08, mouthLowerDown=0.2, mouthUpperUp=0.08,
    ),
    "oh": _by_side(jawOpen=0.24, mouthFunnel=0.4, mouthPucker=0.3),
    "oo": _by_side(jawOpen=0.1, mouthPucker=0.65, mouthFunnel=0.3),
    "mm": _by_side(
        jawOpen=0.05, mouthClose=0.05, mouthPress=0.35, mouthRollLower=0.25, mouthRollUpper=0.2,
    ),
    "ff": _by_side(jawOpen=0.07, mouthRollLower=0.42, mouthUpperUp=0.25, mouthShrugLower=0.1),
    "th": _by_side(jawOpen=0.12, tongueOut=0.2, mouthLowerDown=0.12, mouthUpperUp=0.08),
    "ss": _by_side(
        jawOpen=0.03, mouthStretch=0.18, mouthLowerDown=0.3, mouthUpperUp=0.18, mouthSmile=0.08,
    ),
    "sh": _by_side(jawOpen=0.06, mouthFunnel=0.55, mouthPucker=0.25, mouthLowerDown=0.15),
    "ll": _by_side(jawOpen=0.13, mouthLowerDown=0.14, mouthUpperUp=0.06),
    "kk": _by_side(jawOpen=0.11, mouthStretch=0.06, mouthLowerDown=0.1),
    "ww": _by_side(jawOpen=0.05, mouthPucker=0.55, mouthFunnel=0.15),
})
"""Mouths of speech; `mm` stands for m, b and p."""

PRESETS: Mapping[str, Mapping[str, float]] = MappingProxyType({
    "neutral": _by_side(),
    **EMOTIONS,
    **VISEMES,
    "blink": _by_side(eyeBlink=1),
    "wink_left": _by_side(
        eyeBlinkLeft=0.95, eyeSquintLeft=0.4, cheekSquintLeft=0.6, mouthSmileLeft=0.35,
        browDownLeft=0.25,
    ),
    "wink_right": _by_side(
        eyeBlinkRight=0.95, eyeSquintRight=0.4, cheekSquintRight=0.6, mouthSmileRight=0.35,
        browDownRight=0.25,
    ),
    "sleepy": _by_side(eyeBlink=0.3, browInnerUp=0.15, browOuterUp=0.2, jawOpen=0.03),
    "squint": _by_side(eyeSquint=0.9, browDown=0.4, cheekSquint=0.3),
    "yawn": _by_side(
        jawOpen=1, eyeBlink=0.55, eyeSquint=0.4, browInnerUp=0.35, browDown=0.25, noseSneer=0.15,
        mouthStretch=0.1,
    ),
    "scream": _by_side(
        jawOpen=0.85, mouthStretch=0.4, mouthLowerDown=0.4, mouthUpperUp=0.4, browDown=0.6,
        eyeSquint=0.5, noseSneer=0.4,
    ),
    "brows_up": _by_side(browInnerUp=0.8, browOuterUp=0.85, eyeWide=0.15),
    "brows_down": _by_side(browDown=0.9),
    "cheek_puff": _by_side(cheekPuff=0.9, mouthPress=0.25, mouthPucker=0.15),
    "tongue_out": _by_side(tongueOut=1, jawOpen=0.35, mouthLowerDown=0.15),
    "lips_rolled": _by_side(
        mouthRollLower=0.85, mouthRollUpper=0.75, jawOpen=0.04, mouthClose=0.04,
    ),
    "lips_pressed": _by_side(mouthPress=0.8, mouthRollLower=0.2, mouthShrugLower=0.15),
    "mouth_left": _by_side(mouthLeft=0.85, mouthPress=0.15),
    "mouth_right": _by_side(mouthRight=0.85, mouthPress=0.15),
    "jaw_left": _by_side(jawLeft=0.85, jawOpen=0.06),
    "jaw_right": _by_side(jawRight=0.85, jawOpen=0.06),
    "jaw_forward": _by_side(jawForward=0.85, jawOpen=0.04),
    "chewing": _by_side(jawOpen=0.3, mouthClose=0.3, jawLeft=0.2, mouthPress=0.15),
    "sneer_left": _by_side(
        noseSneerLeft=0.8, mouthUpperUpLeft=0.6, cheekSquintLeft=0.35, browDownLeft=0.3,
    ),
    "sneer_right": _by_side(
        noseSneerRight=0.8, mouthUpperUpRight=0.6, cheekSquintRight=0.35, browDownRight=0.3,
    ),
})
"""Named faces for tests, demonstrations and sampling; every name of an action is in full."""
# fmt: on
