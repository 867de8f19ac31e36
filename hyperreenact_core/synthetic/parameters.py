"""What a rendered picture is made of: a person, an expression, a pose and an environment.

All values are plain floats and tuples, so identities compare, hash (prepared meshes are cached by
identity) and travel to worker processes. Colours are display-referred RGB in [0, 1]. Left and right
are the subject's own: the subject's left lies at the picture's right.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]

HairStyleName = Literal[
    "bald", "buzz", "short", "side", "quiff", "bob", "long", "curly", "fringe", "bun"
]
HAIR_STYLES: tuple[HairStyleName, ...] = get_args(HairStyleName)

GEOMETRIC_EXPRESSIONS = (
    "jaw",
    "smile",
    "frown",
    "pucker",
    "brow_left",
    "brow_right",
    "furrow",
    "mouth_side",
)
"""Expressions that move vertices, in the order of the head model's expression basis."""


@dataclass(frozen=True)
class Skin:
    """colour; blush, freckles, age in [0, 1]; grain: offset of the skin's fine noise."""

    colour: Colour
    blush: float
    freckles: float
    age: float
    grain: float
    moles: tuple[tuple[float, float, float], ...]
    """(x, y, radius) on the template, radius 0 = none."""


@dataclass(frozen=True)
class Eyes:
    """Lid heights and tilt in eye radii; iris_radius in eye radii; lashes, shadow in [0, 1]."""

    upper_lid: float
    lower_lid: float
    tilt: float
    lashes: float
    shadow: float
    shadow_colour: Colour
    iris_radius: float
    iris_colour: Colour


@dataclass(frozen=True)
class Brows:
    """Height, arch, slope and thickness in template units; opacity in [0, 1]."""

    height: float
    arch: float
    slope: float
    thickness: float
    opacity: float
    colour: Colour


@dataclass(frozen=True)
class Lips:
    """Heights of the lips in template units."""

    upper: float
    lower: float
    colour: Colour


@dataclass(frozen=True)
class Beard:
    """Opacity of each part in [0, 1] (above 0.9 it also gets volume); length in [0, 1]."""

    cheeks: float
    chin: float
    moustache: float
    length: float
    colour: Colour

    @property
    def is_full(self) -> bool:
        """Whether any part is long enough to have volume."""
        return max(self.cheeks, self.chin, self.moustache) > 0.9


@dataclass(frozen=True)
class Hair:
    """traits: six numbers in [0, 1] that vary volume, parting and length within the style."""

    style: HairStyleName
    traits: tuple[float, ...]
    colour: Colour

    @property
    def has_shell(self) -> bool:
        """Whether the hair stands off the skull."""
        return self.style not in ("bald", "buzz")


@dataclass(frozen=True)
class Glasses:
    """Width, height, squareness and thickness of the rims, each in [0, 1]."""

    width: float
    height: float
    squareness: float
    thickness: float
    colour: Colour


@dataclass(frozen=True)
class Ears:
    """Length, width and flare, roughly standard normal."""

    length: float
    width: float
    flare: float


@dataclass(frozen=True)
class Clothing:
    """A collared shirt, plain or striped; stripe_angle in half turns, [0, 1]."""

    colour: Colour
    stripe_colour: Colour
    striped: bool
    stripe_angle: float


@dataclass(frozen=True)
class Identity:
    """One person. shape: coefficients of the 28 identity shapes, roughly in [-1.2, 1.2]."""

    shape: tuple[float, ...]
    femininity: float
    skin: Skin
    eyes: Eyes
    brows: Brows
    lips: Lips
    beard: Beard
    hair: Hair
    ears: Ears
    glasses: Glasses | None
    neck: float
    clothing: Clothing

    @property
    def geometry(self) -> NDArray[np.float32]:
        """[28] coefficients of the head model's identity basis."""
        return np.asarray(self.shape, np.float32)


@dataclass(frozen=True)
class Expression:
    """Twelve facial actions, 0 at rest.

    jaw, smile, frown, pucker, furrow, blink_*: [0, 1]. brow_*: [-0.3, 1] (raised is positive).
    gaze_x (to the picture's right), gaze_y (up): [-1, 1]. mouth_side: about [-1, 1].
    """

    jaw: float = 0.0
    smile: float = 0.0
    frown: float = 0.0
    pucker: float = 0.0
    brow_left: float = 0.0
    brow_right: float = 0.0
    furrow: float = 0.0
    blink_left: float = 0.0
    blink_right: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    mouth_side: float = 0.0

    def as_array(self) -> NDArray[np.float32]:
        """[12] in the order of EXPRESSION_NAMES."""
        return np.array([getattr(self, name) for name in EXPRESSION_NAMES], np.float32)

    @property
    def geometric(self) -> NDArray[np.float32]:
        """[8] coefficients of the head model's expression basis."""
        return np.array([getattr(self, name) for name in GEOMETRIC_EXPRESSIONS], np.float32)


EXPRESSION_NAMES = tuple(field.name for field in fields(Expression))


@dataclass(frozen=True)
class Pose:
    """Where the head is and looks.

    Positive yaw turns the face to the picture's right, positive pitch down, positive roll
    counter-clockwise in the picture. shift_*: head units (half a head is 1), y up. zoom: relative.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 0.0


@dataclass(frozen=True)
class Environment:
    """Light and background.

    light_*_deg: direction to the key light; azimuth positive to the picture's right.
    ambient, key: strengths. background_*: colours of the wall; glow_x: where its glow sits,
    in picture widths from the middle. tint: colour of the key light around (1, 1, 1).
    """

    light_azimuth_deg: float = -35.0
    light_elevation_deg: float = 30.0
    ambient: float = 0.40
    key: float = 0.90
    background_top: Colour = (0.45, 0.52, 0.58)
    background_bottom: Colour = (0.33, 0.38, 0.45)
    background_glow: Colour = (0.62, 0.70, 0.76)
    glow_x: float = 0.0
    tint: Colour = (1.0, 1.0, 1.0)
