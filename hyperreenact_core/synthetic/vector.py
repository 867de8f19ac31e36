"""Everything that a picture was rendered from as one vector of roughly unit scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .blendshapes import IDENTITY_COUNT
from .curves import FloatArray
from .parameters import (
    EXPRESSION_NAMES,
    HAIR_STYLES,
    Environment,
    Expression,
    Identity,
    Pose,
)

_APPEARANCE_COUNT = IDENTITY_COUNT + 84
APPEARANCE = slice(0, _APPEARANCE_COUNT)
EXPRESSION = slice(APPEARANCE.stop, APPEARANCE.stop + len(EXPRESSION_NAMES))
POSE = slice(EXPRESSION.stop, EXPRESSION.stop + 12)
ENVIRONMENT = slice(POSE.stop, POSE.stop + 17)
PARAMETER_COUNT = ENVIRONMENT.stop


def parameter_vector(
    identity: Identity, expression: Expression, pose: Pose, environment: Environment
) -> NDArray[np.float32]:
    """[P]; the slices of this module say which part is what."""
    return np.concatenate(
        [
            _appearance(identity),
            expression.as_array() * 1.5,
            _pose(pose),
            _environment(environment),
        ]
    ).astype(np.float32)


def _appearance(identity: Identity) -> FloatArray:
    skin, eyes, brows, lips = identity.skin, identity.eyes, identity.brows, identity.lips
    beard, hair, clothing, glasses = (
        identity.beard,
        identity.hair,
        identity.clothing,
        identity.glasses,
    )
    rims = [0.0] * 8
    if glasses is not None:
        shape = [glasses.width, glasses.height, glasses.squareness, glasses.thickness]
        rims = [2.0, *shape, *(2 * c for c in glasses.colour)]
    style = 2.0 * np.eye(len(HAIR_STYLES))[HAIR_STYLES.index(hair.style)]
    moles = np.array(skin.moles) * np.array([2, 2, 120])
    lids = [eyes.upper_lid * 8 - 5, eyes.lower_lid * 10 - 4, eyes.tilt * 10]
    make_up = [eyes.lashes, eyes.shadow, *eyes.shadow_colour]
    line = [brows.height * 30 - 8, brows.arch * 40 - 2, brows.slope * 20]
    parts: list[object] = [
        identity.shape,
        [identity.femininity * 2 - 1],
        _centred(skin.colour),
        [skin.freckles * 2, skin.blush, skin.age],
        moles.ravel(),
        _centred(hair.colour),
        style,
        _centred(hair.traits),
        lids,
        make_up,
        [eyes.iris_radius * 20 - 11],
        _centred(eyes.iris_colour),
        line,
        [brows.thickness * 50 - 2, brows.opacity * 4 - 3.5],
        _centred(brows.colour),
        [lips.upper * 40 - 3, lips.lower * 30 - 3],
        _centred(lips.colour),
        [beard.cheeks * 2, beard.chin * 2, beard.moustache * 2, beard.length],
        _centred(beard.colour),
        rims,
        [identity.ears.length, identity.ears.width, identity.ears.flare, identity.neck],
        _centred(clothing.colour),
        _centred(clothing.stripe_colour),
        [2.0 * clothing.striped, clothing.stripe_angle],
    ]
    return np.concatenate([np.asarray(part, np.float64).ravel() for part in parts])


def _centred(values: tuple[float, ...]) -> FloatArray:
    """[0, 1] -> [-1, 1]."""
    return np.asarray(values) * 2 - 1


def _pose(pose: Pose) -> FloatArray:
    degrees = np.array([pose.yaw_deg, pose.pitch_deg, pose.roll_deg])
    radians = np.radians(degrees)
    shift = np.array([pose.shift_x, pose.shift_y, pose.zoom])
    sines, cosines = np.sin(radians), np.cos(radians)
    return np.concatenate(
        [degrees / np.array([30, 15, 10]), shift * 20, sines * 2, cosines * 2 - 1]
    )


def _environment(environment: Environment) -> FloatArray:
    key = [
        environment.light_azimuth_deg / 40,
        environment.light_elevation_deg / 30,
        environment.ambient * 5 - 2,
        environment.key * 5 - 4,
        environment.glow_x * 4,
    ]
    wall = [
        *environment.background_top,
        *environment.background_bottom,
        *environment.background_glow,
    ]
    return np.concatenate([key, _centred(tuple(wall)), (np.array(environment.tint) - 1) * 10])
