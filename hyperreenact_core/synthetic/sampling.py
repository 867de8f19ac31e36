"""Random people, expressions, poses and light."""

from __future__ import annotations

import numpy as np

from .blendshapes import IDENTITY_COUNT
from .parameters import (
    HAIR_STYLES,
    Beard,
    Brows,
    Clothing,
    Colour,
    Ears,
    Environment,
    Expression,
    Eyes,
    Glasses,
    Hair,
    Identity,
    Lips,
    Pose,
    Skin,
)

IDENTITY_STREAM = 0x1D
"""Keeps the random numbers of identities apart from those of other uses of the same seed."""

_SKIN_TONES = np.array(
    [
        [0.98, 0.86, 0.78],
        [0.96, 0.80, 0.69],
        [0.93, 0.75, 0.62],
        [0.87, 0.67, 0.52],
        [0.78, 0.57, 0.42],
        [0.68, 0.47, 0.33],
        [0.56, 0.37, 0.26],
        [0.45, 0.29, 0.20],
        [0.36, 0.23, 0.17],
    ]
)
_HAIR_COLOURS = np.array(
    [
        [0.10, 0.085, 0.09],
        [0.17, 0.11, 0.085],
        [0.30, 0.18, 0.11],
        [0.45, 0.27, 0.15],
        [0.58, 0.26, 0.12],
        [0.80, 0.62, 0.34],
        [0.90, 0.78, 0.55],
        [0.62, 0.60, 0.60],
        [0.88, 0.87, 0.86],
        [0.55, 0.18, 0.30],
        [0.25, 0.38, 0.62],
    ]
)
_NATURAL_HAIR_COLOURS = 9
_HAIR_COLOUR_WEIGHTS = np.array([0.2, 0.18, 0.17, 0.1, 0.09, 0.08, 0.05, 0.05, 0.03, 0.025, 0.025])
_IRIS_COLOURS = np.array(
    [
        [0.28, 0.16, 0.08],
        [0.42, 0.25, 0.11],
        [0.25, 0.45, 0.68],
        [0.36, 0.52, 0.30],
        [0.50, 0.45, 0.25],
        [0.48, 0.55, 0.60],
    ]
)
_LIPSTICKS = np.array([[0.80, 0.20, 0.25], [0.75, 0.32, 0.35], [0.60, 0.15, 0.25]])
_FRAME_COLOURS = np.array(
    [[0.08, 0.08, 0.09], [0.45, 0.1, 0.1], [0.65, 0.5, 0.2], [0.15, 0.2, 0.4]]
)
# In the order of HAIR_STYLES.
_STYLE_WEIGHTS = np.array([0.07, 0.08, 0.20, 0.14, 0.12, 0.10, 0.10, 0.08, 0.08, 0.05])
_FEMININE_STYLES = np.array([0.1, 0.3, 0.6, 1.0, 0.6, 2.2, 2.6, 1.3, 1.4, 2.0])
_MASCULINE_STYLES = np.array([1.2, 1.3, 1.3, 1.0, 1.3, 0.2, 0.3, 1.0, 0.7, 0.3])


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = (float(v) for v in values)
    return red, green, blue


def sample_identity(seed: int) -> Identity:
    """One person; the same seed always gives the same person."""
    rng = np.random.default_rng([IDENTITY_STREAM, seed])
    shape = np.clip(rng.normal(0, 0.55, IDENTITY_COUNT), -1.2, 1.2)
    femininity = float(rng.random())
    skin = _sample_skin(rng)
    hair, natural_colour = _sample_hair(rng, femininity)
    return Identity(
        shape=tuple(float(v) for v in shape),
        femininity=femininity,
        skin=skin,
        eyes=_sample_eyes(rng, femininity),
        brows=_sample_brows(rng, femininity, natural_colour),
        lips=_sample_lips(rng, femininity, skin),
        beard=_sample_beard(rng, femininity, natural_colour),
        hair=hair,
        ears=Ears(*(float(v) for v in rng.normal(0, 0.5, 3))),
        glasses=_sample_glasses(rng),
        neck=float(rng.normal(0, 0.5) - 0.4 * femininity),
        clothing=_sample_clothing(rng),
    )


def _sample_skin(rng: np.random.Generator) -> Skin:
    place = rng.random() * (len(_SKIN_TONES) - 1.001)
    index = int(place)
    tone = _SKIN_TONES[index] + (_SKIN_TONES[index + 1] - _SKIN_TONES[index]) * (place - index)
    colour = np.clip(tone * (1 + rng.normal(0, 0.025, 3)), 0.1, 1)
    freckles = max(0.0, rng.random() * 3 - 2.1) * 1.1 if colour[0] > 0.6 else 0.0
    moles = []
    for _ in range(2):
        x, y, radius = rng.uniform(-0.5, 0.5), rng.uniform(-0.7, 0.4), rng.uniform(0.012, 0.022)
        moles.append((float(x), float(y), float(radius) if rng.random() < 0.25 else 0.0))
    return Skin(
        colour=_colour(colour),
        blush=float(0.3 + 0.7 * rng.random()),
        freckles=float(freckles),
        age=float(rng.random() * 0.9),
        grain=float(rng.random() * 50),
        moles=tuple(moles),
    )


def _sample_hair(rng: np.random.Generator, femininity: float) -> tuple[Hair, np.ndarray]:
    """The hair and the colour brows and beard have, which is never dyed."""
    index = rng.choice(len(_HAIR_COLOURS), p=_HAIR_COLOUR_WEIGHTS / _HAIR_COLOUR_WEIGHTS.sum())
    shade = 1 + rng.normal(0, 0.10)
    roots = index if index < _NATURAL_HAIR_COLOURS else rng.integers(0, 5)
    natural = np.clip(_HAIR_COLOURS[roots] * shade, 0.03, 1)
    gender = _FEMININE_STYLES if femininity > 0.5 else _MASCULINE_STYLES
    weights = _STYLE_WEIGHTS * gender
    style = HAIR_STYLES[rng.choice(len(HAIR_STYLES), p=weights / weights.sum())]
    traits = rng.random(6)
    hair = Hair(
        style=style,
        traits=tuple(float(v) for v in traits),
        colour=_colour(np.clip(_HAIR_COLOURS[index] * shade, 0.03, 1)),
    )
    return hair, natural


def _sample_eyes(rng: np.random.Generator, femininity: float) -> Eyes:
    iris = _IRIS_COLOURS[rng.integers(len(_IRIS_COLOURS))]
    return Eyes(
        upper_lid=float(0.47 + 0.20 * rng.random() + 0.06 * femininity),
        lower_lid=float(0.33 + 0.15 * rng.random()),
        tilt=float(rng.normal(0.04, 0.06)),
        lashes=femininity * 0.9 if femininity > 0.45 else 0.1,
        shadow=float((femininity > 0.65) * rng.random() * 0.8),
        shadow_colour=_colour(rng.random(3) * 0.5 + 0.2),
        iris_radius=float(0.53 + 0.08 * rng.random()),
        iris_colour=_colour(np.clip(iris * (1 + rng.normal(0, 0.12, 3)), 0.05, 0.9)),
    )


def _sample_brows(rng: np.random.Generator, femininity: float, hair: np.ndarray) -> Brows:
    return Brows(
        height=float(0.235 + 0.05 * rng.random()),
        arch=float(0.02 + 0.05 * rng.random()),
        slope=float(rng.normal(-0.01, 0.03)),
        thickness=float(0.020 + 0.028 * rng.random() * (1.2 - 0.5 * femininity)),
        opacity=float(0.75 + 0.25 * rng.random()),
        # White brows vanish on pale skin.
        colour=_colour(np.minimum(hair, 0.70) * 0.95),
    )


def _sample_lips(rng: np.random.Generator, femininity: float, skin: Skin) -> Lips:
    natural = np.array(skin.colour) * np.array([0.92, 0.62, 0.62])
    lipstick = _LIPSTICKS[rng.integers(len(_LIPSTICKS))]
    amount = (femininity > 0.6) * rng.random() * 0.8
    return Lips(
        upper=float(0.055 + 0.045 * rng.random()),
        lower=float(0.065 + 0.05 * rng.random()),
        colour=_colour(natural + (lipstick - natural) * amount),
    )


def _sample_beard(rng: np.random.Generator, femininity: float, hair: np.ndarray) -> Beard:
    """None, stubble, goatee with moustache, full beard, moustache, or beard without moustache."""
    wears, kind, strength, length = rng.random(), rng.integers(5), rng.random(), rng.random()
    stubble = 0.35 + 0.6 * strength
    kinds = (
        (0.4 * stubble, 0.5 * stubble, 0.45 * stubble),
        (0.0, 0.97, 0.97),
        (0.97, 0.97, 0.97),
        (0.0, 0.0, 0.97),
        (0.97, 0.97, 0.0),
    )
    has_beard = femininity < 0.5 and wears < 0.5
    cheeks, chin, moustache = kinds[int(kind)] if has_beard else (0.0, 0.0, 0.0)
    return Beard(
        cheeks=float(cheeks),
        chin=float(chin),
        moustache=float(moustache),
        length=float(length),
        colour=_colour(hair * 0.85 + 0.03),
    )


def _sample_glasses(rng: np.random.Generator) -> Glasses | None:
    wears, rims = rng.random() < 0.2, rng.random(4)
    colour = _FRAME_COLOURS[rng.integers(len(_FRAME_COLOURS))]
    if not wears:
        return None
    return Glasses(*(float(v) for v in rims), colour=_colour(colour))


def _sample_clothing(rng: np.random.Generator) -> Clothing:
    return Clothing(
        colour=_colour(rng.random(3) * 0.7 + 0.12),
        stripe_colour=_colour(rng.random(3) * 0.8 + 0.1),
        striped=bool(rng.random() < 0.35),
        stripe_angle=float(rng.random()),
    )


def sample_expression(rng: np.random.Generator) -> Expression:
    """One still expression; most actions are often at rest."""
    jaw = rng.random() ** 1.4 if rng.random() < 0.55 else 0.0
    mouth, amount = rng.integers(4), rng.random()
    smile = (amount, 0.0, 0.0, amount * 0.4)[mouth]
    brow_left = brow_right = rng.uniform(-0.3, 1) * (rng.random() < 0.6)
    if rng.random() < 0.2:
        brow_left = rng.uniform(-0.3, 1)
    furrow = rng.random() * (rng.random() < 0.35)
    blink_left = blink_right = rng.random() * (rng.random() < 0.3)
    if rng.random() < 0.1:
        blink_left = rng.random()
    if rng.random() < 0.1:
        blink_right = rng.random()
    return Expression(
        jaw=float(jaw),
        smile=float(smile),
        frown=float(amount) if mouth == 1 else 0.0,
        pucker=float(amount * 0.9) if mouth == 2 else 0.0,
        brow_left=float(brow_left),
        brow_right=float(brow_right),
        furrow=float(furrow),
        blink_left=float(blink_left),
        blink_right=float(blink_right),
        gaze_x=float(np.clip(rng.normal(0, 0.45), -1, 1)),
        gaze_y=float(np.clip(rng.normal(0, 0.3), -0.8, 0.8)),
        mouth_side=float(rng.normal(0, 0.5) * (rng.random() < 0.3)),
    )


def sample_pose(rng: np.random.Generator) -> Pose:
    """One pose; about one in six has |yaw| > 45 degrees."""
    wide = rng.random() < 0.2
    yaw = rng.uniform(-75, 75) if wide else np.clip(rng.normal(0, 28), -75, 75)
    return Pose(
        yaw_deg=float(yaw),
        pitch_deg=float(np.clip(rng.normal(0, 13), -35, 35)),
        roll_deg=float(np.clip(rng.normal(0, 9), -30, 30)),
        shift_x=float(rng.normal(0, 0.03)),
        shift_y=float(rng.normal(0, 0.03)),
        zoom=float(rng.normal(0, 0.04)),
    )


def sample_environment(rng: np.random.Generator) -> Environment:
    """One light and one wall."""
    azimuth, elevation = rng.uniform(-65, 65), rng.uniform(0, 50)
    wall = rng.random(3) * 0.65 + 0.15
    wall = wall.mean() + (wall - wall.mean()) * rng.uniform(0.3, 0.9)
    ambient, key = rng.uniform(0.28, 0.48), rng.uniform(0.75, 1.05)
    bottom = np.clip(wall * rng.uniform(0.4, 1.0) + rng.normal(0, 0.06, 3), 0.03, 1)
    return Environment(
        light_azimuth_deg=float(azimuth),
        light_elevation_deg=float(elevation),
        ambient=float(ambient),
        key=float(key),
        background_top=_colour(wall),
        background_bottom=_colour(bottom),
        background_glow=_colour(np.clip(wall * 1.2 + 0.1, 0, 1)),
        glow_x=float(rng.uniform(-0.3, 0.3)),
        tint=_colour(1 + rng.normal(0, 0.04, 3)),
    )
