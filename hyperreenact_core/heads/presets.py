"""Well-known faces by name: feelings, mouths of speech, and what is made on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .expression import ACTIONS, columns


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
