"""The sliders of a face: names, ranges and what each moves, at every door. Needs no torch.

Values are relative: 0 leaves the face as it is. Left and right are the person's own, as in
`heads.expression`, whose actions the sliders are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..errors import InputError

SliderValues = Mapping[str, float]
"""Name of a slider -> its value; those not named are at 0."""
Moves = Mapping[str, float]
"""Name of an action, see `heads.expression.columns` -> change of its coefficient."""


@dataclass(frozen=True)
class Slider:
    """One slider, which rests at 0.

    step: of one click. text: what it moves, for people. up, down: what its value 1 and -1 add to
    the coefficients; neither for turns of the head, which are in degrees.
    """

    name: str
    low: float
    high: float
    step: float
    text: str
    up: Moves = field(default_factory=dict[str, float])
    down: Moves = field(default_factory=dict[str, float])

    def moves(self, value: float) -> Moves:
        """What a value adds to the coefficients."""
        of_one = self.up if value > 0 else self.down
        return {action: abs(value) * share for action, share in of_one.items()}


def _lid(side: str, where: str) -> Slider:
    blink, wide = f"eyeBlink{side}", f"eyeWide{side}"
    text = f"The person's {side.lower()} eye, to the picture's {where}: positive closes it."
    return Slider(
        f"blink_{side.lower()}", -1, 1, 0.05, text, {blink: 1.0}, {blink: -0.6, wide: 0.8}
    )


def _brow(side: str, where: str) -> Slider:
    inner, outer = "browInnerUp", f"browOuterUp{side}"
    text = f"The person's {side.lower()} eyebrow, to the picture's {where}: positive up."
    up, down = {inner: 0.5, outer: 1.0}, {inner: -0.5, outer: -1.0, f"browDown{side}": 1.0}
    return Slider(f"brow_{side.lower()}", -1, 1, 0.05, text, up, down)


def _vowel(letter: str, as_in: str, **moves: float) -> Slider:
    text = f"The mouth says {letter}, as in {as_in}."
    return Slider(f"vowel_{letter.lower()}", 0, 1, 0.05, text, moves)


_TABLE = (
    Slider("yaw", -15, 15, 1, "Turn of the head in degrees, positive to the picture's right."),
    Slider("pitch", -12, 12, 1, "Nod in degrees, positive down."),
    Slider("roll", -12, 12, 1, "Tilt in degrees, positive counter-clockwise."),
    # The person's left eye lies to the picture's right: it looks out to there.
    Slider(
        "gaze_x",
        -1,
        1,
        0.05,
        "Where the eyes look, positive to the picture's right.",
        {"eyeLookOutLeft": 1, "eyeLookInRight": 1, "eyeLookInLeft": -1, "eyeLookOutRight": -1},
        {"eyeLookOutRight": 1, "eyeLookInLeft": 1, "eyeLookInRight": -1, "eyeLookOutLeft": -1},
    ),
    Slider(
        "gaze_y",
        -1,
        1,
        0.05,
        "Where the eyes look, positive up.",
        {"eyeLookUp": 1, "eyeLookDown": -1},
        {"eyeLookDown": 1, "eyeLookUp": -1},
    ),
    _lid("Left", "right"),
    _lid("Right", "left"),
    Slider(
        "squint",
        0,
        1,
        0.05,
        "Eyes narrowed.",
        {"eyeSquint": 1.0, "cheekSquint": 0.6, "eyeBlink": 0.3},
    ),
    _brow("Left", "right"),
    _brow("Right", "left"),
    Slider("furrow", 0, 1, 0.05, "Eyebrows drawn together.", {"browDown": 1.0}),
    Slider(
        "smile",
        -1,
        1,
        0.05,
        "Corners of the mouth up and out; negative takes a smile away.",
        {"mouthSmile": 1.0},
        {"mouthSmile": -1.0, "cheekSquint": -0.5, "mouthDimple": -0.5},
    ),
    Slider(
        "frown",
        0,
        1,
        0.05,
        "Corners of the mouth down.",
        {"mouthFrown": 1.0},
    ),
    Slider(
        "jaw",
        -1,
        1,
        0.05,
        "How far the mouth is open; negative closes an open one.",
        {"jawOpen": 1.0},
        {"jawOpen": -1.0, "mouthLowerDown": -1.0, "mouthUpperUp": -1.0, "mouthFunnel": -0.5},
    ),
    Slider(
        "jaw_x",
        -1,
        1,
        0.05,
        "The jaw to the side, positive to the picture's right.",
        {"jawLeft": 1.0, "jawRight": -1.0, "mouthLeft": 0.35, "mouthRight": -0.35},
        {"jawRight": 1.0, "jawLeft": -1.0, "mouthRight": 0.35, "mouthLeft": -0.35},
    ),
    _vowel("A", "father", jawOpen=0.5, mouthLowerDown=0.3, mouthUpperUp=0.15),
    _vowel("E", "bed", jawOpen=0.25, mouthStretch=0.3, mouthLowerDown=0.35, mouthUpperUp=0.2),
    _vowel(
        "I",
        "see",
        jawOpen=0.1,
        mouthStretch=0.4,
        mouthSmile=0.3,
        mouthLowerDown=0.35,
        mouthUpperUp=0.2,
    ),
    _vowel("O", "more", jawOpen=0.35, mouthFunnel=0.6, mouthPucker=0.2),
    _vowel("U", "moon", jawOpen=0.12, mouthPucker=0.6, mouthFunnel=0.35),
    Slider("pucker", 0, 1, 0.05, "Lips forward, as for a kiss.", {"mouthPucker": 1.0}),
    Slider(
        "press",
        0,
        1,
        0.05,
        "Lips pressed together.",
        {"mouthPress": 0.35, "mouthRollUpper": 0.6, "mouthRollLower": 0.6, "jawOpen": -1.0},
    ),
    Slider("puff", 0, 1, 0.05, "Cheeks blown up.", {"cheekPuff": 1.0, "jawOpen": -1.0}),
    Slider(
        "sneer",
        0,
        1,
        0.05,
        "Nose wrinkled.",
        {"noseSneer": 1.0, "mouthUpperUp": 0.4, "cheekSquint": 0.4, "browDown": 0.25},
    ),
    Slider(
        "tongue", 0, 1, 0.05, "The tongue between the lips.", {"tongueOut": 0.4, "jawOpen": 0.35}
    ),
)
SLIDERS: Mapping[str, Slider] = {slider.name: slider for slider in _TABLE}

PAIRS: Mapping[str, str] = {
    name: name.replace("_left", "_right") for name in SLIDERS if name.endswith("_left")
}
"""Sliders of the person's left side -> those of the right."""


def _both(**values: float) -> SliderValues:
    """Values in which `blink` and `brow` mean both sides."""
    sides = {n: (f"{n}_left", f"{n}_right") for n in ("blink", "brow")}
    return {one: value for name, value in values.items() for one in sides.get(name, (name,))}


PRESETS: Mapping[str, SliderValues] = {
    "neutral": {},
    "smile": _both(smile=0.7, squint=0.2),
    "big laugh": _both(smile=0.9, jaw=0.3, squint=0.5, brow=0.2),
    "surprise": _both(smile=-0.4, brow=0.9, blink=-0.7, jaw=0.4),
    "sad": _both(smile=-0.8, jaw=-0.5, frown=0.7, brow=0.2, furrow=0.3, gaze_y=-0.3, pitch=5),
    "angry": _both(smile=-0.9, jaw=-0.5, furrow=0.9, frown=0.4, press=0.3, squint=0.3),
    "disgust": _both(smile=-0.5, sneer=0.8, furrow=0.4, squint=0.3, frown=0.3),
    "wink": {"blink_left": 1.0, "smile": 0.4, "roll": 4.0},
    "kiss": _both(smile=-1.0, jaw=-0.8, pucker=0.8, blink=0.3),
    "sleepy": _both(blink=0.7, brow=-0.2, pitch=6),
    "thinking": _both(smile=-0.4, gaze_x=0.6, gaze_y=0.6, furrow=0.3, press=0.3, yaw=-6),
    "eyes closed": _both(blink=1.0),
}
"""Name -> what it does to a face."""


def checked_values(values: Mapping[str, object]) -> dict[str, float]:
    """The values as numbers; InputError for unknown names and values out of range."""
    checked: dict[str, float] = {}
    for name, value in values.items():
        if name not in SLIDERS:
            near = get_close_matches(name, SLIDERS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SLIDERS)}"
            raise InputError(f"there is no slider {name!r}: {hint}")
        slider = SLIDERS[name]
        if not isinstance(value, int | float) or not slider.low <= value <= slider.high:
            raise InputError(f"{name} must lie in {slider.low:g}..{slider.high:g}, it is {value!r}")
        checked[name] = float(value)
    return checked


def parsed_values(items: Iterable[str]) -> dict[str, float]:
    """`["smile=0.8", "yaw=-15"]` as values; InputError names what is wrong."""
    values: dict[str, object] = {}
    for item in items:
        name, equals, text = item.partition("=")
        try:
            values[name] = float(text)
        except ValueError:
            raise InputError(f"{item!r}: write NAME=NUMBER, such as smile=0.8") from None
        if not equals:
            raise InputError(f"{item!r}: write NAME=NUMBER, such as smile=0.8")
    return checked_values(values)


def text_of_values(values: SliderValues) -> str:
    """What `parsed_values` reads, in the order of SLIDERS; those at 0 are left out."""
    return " ".join(f"{name}={values[name]:g}" for name in SLIDERS if values.get(name))


def preset_values(name: str) -> SliderValues:
    """Of PRESETS; InputError for another name."""
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}: there are {', '.join(PRESETS)}")
    return PRESETS[name]


def added(base: SliderValues, more: SliderValues, *, amount: float = 1.0) -> dict[str, float]:
    """`more` on top of so much of `base`, held within the ranges."""
    return {
        name: min(max(amount * base.get(name, 0.0) + more.get(name, 0.0), s.low), s.high)
        for name, s in SLIDERS.items()
        if name in base or name in more
    }


def linked(values: SliderValues) -> dict[str, float]:
    """The same with the right side doing as the left does."""
    return {**values, **{right: values.get(left, 0.0) for left, right in PAIRS.items()}}
