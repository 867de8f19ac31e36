"""The parts every face has: skin, eyes, teeth and tongue, brows and lashes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .body import BODY_VERTICES, load_body
from .fitting import Fitting, concavity, fitted_part, indices, moves_of
from .meshes import Floats, Indices, Topology
from .parts import Label, Material, Moves, Part, Spin, Texture
from .person import Colour
from .skin import bake_skin
from .skin_areas import OVAL, atlas_uv, uv_of_points
from .wardrobe import EYES, TEETH, TONGUE, Wardrobe

_CORNEA_UV = (0.86, 0.14)
"""The cornea's patch of the eye's texture lies right of and below this."""
_LOWEST_UV, _LEFTMOST_UV = 0.14, 0.74
"""The mouth's inside lies below and right of this in the skin's texture."""
_ENAMEL = 1.6
"""Teeth are photographed in shadow: white ones reflect so much more."""
_FINE = 4096.0
"""Polygons are tested in units of which the texture has so many."""


def skin_part(fit: Fitting) -> Part:
    """The skin of head and chest, painted; what clothes cover is left out."""
    used, topology, moves, face, inner = _skin(fit.wardrobe, fit.person.clothes.mesh)
    rest = fit.vertices[used]
    names = fit.person.skin.textures
    files = [fit.wardrobe.assets.path(f"{name}.png") for name in names]
    return Part(
        "skin",
        Label.SKIN,
        Material.SKIN,
        topology,
        rest,
        fit.neck.grip(rest),
        Texture(bake_skin(fit.person, (files[0], files[1]))),
        gloss=fit.person.skin.gloss,
        moves=moves,
        shade=_openness(rest, topology),
        face=face,
        inner=inner,
    )


def _openness(rest: Floats, topology: Topology) -> Floats:
    """[V] how much of the light around reaches the skin: less in folds and hollows."""
    fine, coarse = concavity(rest, topology, 3), concavity(rest, topology, 14)
    return (1 - 7 * fine.clip(0, 0.06) - 3.5 * coarse.clip(-0.02, 0.14)).clip(0.25, 1.05)


@lru_cache(None)
def _skin(wardrobe: Wardrobe, clothes: str) -> tuple[Indices, Topology, Moves, Floats, Floats]:
    """The vertices of the skin, its triangles, how it moves, what is face and mouth's inside."""
    body = load_body()
    hidden = np.zeros(BODY_VERTICES, np.bool_)
    if clothes:
        hides = wardrobe.proxy(f"clothes/{clothes}/{clothes}.mhclo").hides
        hidden[hides[hides < BODY_VERTICES]] = True
    used, compact = body.skin.part(np.logical_not(hidden[body.skin.faces].all(axis=1))).compact()
    painted = Topology(compact.faces, atlas_uv(compact.uv), compact.uv_faces)
    moves = moves_of(body.actions[:, used])
    outline = uv_of_points()[list(OVAL)] * _FINE
    uv = np.zeros((len(used), 2), np.float32)
    uv[compact.faces] = compact.uv[compact.uv_faces]
    inner = (uv[:, 1] < _LOWEST_UV) & (uv[:, 0] > _LEFTMOST_UV)
    inside = [
        cv2.pointPolygonTest(outline, (float(u), float(v)), False) >= 0 for u, v in uv * _FINE
    ]
    return used, painted, moves, np.array(inside, np.float32), inner.astype(np.float32)


def eye_parts(fit: Fitting) -> list[Part]:
    """The eyeballs, and the clear corneas over them."""
    balls, corneas = _eye_topologies(fit.wardrobe)
    whole = fitted_part(fit, EYES, Label.EYES, Material.EYE, _iris(fit))
    whole = replace(whole, spins=_spins(whole.rest, balls), tint=(0.86, 0.86, 0.86))
    return [
        replace(whole, name="eyes", topology=balls),
        replace(whole, name="corneas", topology=corneas, material=Material.CORNEA),
    ]


@lru_cache(None)
def _eye_topologies(wardrobe: Wardrobe) -> tuple[Topology, Topology]:
    topology = wardrobe.proxy(EYES).topology
    middle = topology.uv[topology.uv_faces].mean(1)
    cornea = (middle[:, 0] > _CORNEA_UV[0]) & (middle[:, 1] < _CORNEA_UV[1])
    return topology.part(~cornea), topology.part(cornea)


def _spins(rest: Floats, balls: Topology) -> tuple[Spin, ...]:
    used = np.zeros(len(rest), np.bool_)
    used[balls.faces] = True
    spins: list[Spin] = []
    for side in (rest[:, 0] < 0, rest[:, 0] > 0):
        ball = rest[side & used]
        centre, radius = _sphere(ball)
        reach = rest[:, 2] - centre[2]
        front = side & (reach > 0.93 * reach[side & used].max())
        spins.append(Spin(indices(side), indices(front), centre, radius))
    return tuple(spins)


def _sphere(points: Floats) -> tuple[Floats, float]:
    """Centre [3] and radius of the sphere nearest to points [N, 3] on a part of one."""
    system = np.c_[2 * points, np.ones(len(points))]
    x, y, z, rest = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    centre = np.array([x, y, z], np.float32)
    return centre, float(np.sqrt(rest + centre @ centre))


def _iris(fit: Fitting) -> Texture:
    """The eye's texture with a shifted hue and light of the iris, and the white's colour."""
    eyes = fit.person.eyes
    rgba, hsv, iris = _photographed_eye(fit.wardrobe, eyes.texture)
    red = eyes.texture.endswith("brown_eye")  # photographed far too red
    hue, grey, value = cv2.split(hsv)
    hue = (hue + np.float32(eyes.hue + 18 * red)) % 360
    painted = cv2.merge([hue, grey * (0.6 if red else 0.8), value * eyes.light])
    coloured = cv2.cvtColor(cv2.cvtColor(painted, cv2.COLOR_HSV2RGB), cv2.COLOR_RGB2RGBA)
    plain = rgba * np.array((*eyes.white, 1.0), np.float32)
    mixed = cv2.add(plain, cv2.multiply(cv2.subtract(coloured, plain), iris))
    return Texture(np.asarray(cv2.convertScaleAbs(mixed, alpha=255), np.uint8))


@lru_cache(None)
def _photographed_eye(wardrobe: Wardrobe, name: str) -> tuple[Floats, Floats, Floats]:
    """[H, W, 4] RGBA 0 to 1, [H, W, 3] its HSV, and [H, W, 4] how much is iris (of no alpha)."""
    pixels = wardrobe.texture(f"{name}.png").pixels[::2, ::2]
    rgba = np.asarray(pixels / 255, np.float32)
    hsv = np.asarray(cv2.cvtColor(rgba[..., :3], cv2.COLOR_RGB2HSV), np.float32)
    iris = np.clip((hsv[..., 1] - 0.12) * 8, 0, 1)
    return rgba, hsv, np.asarray(cv2.merge([iris, iris, iris, 0 * iris]), np.float32)


def mouth_parts(fit: Fitting) -> list[Part]:
    """Teeth with gums, and the tongue."""
    light, yellow = fit.person.teeth
    light *= _ENAMEL
    teeth_tint = (light, light * (0.93 - 0.08 * yellow), light * (0.83 - 0.25 * yellow))
    teeth = fit.wardrobe.texture("teeth/materials/teeth.png")
    tongue = fit.wardrobe.texture("tongue/tongue01/tongue01_diffuse.png")
    return [
        fitted_part(fit, TEETH, Label.MOUTH, Material.MOUTH, teeth, tint=teeth_tint),
        fitted_part(fit, TONGUE, Label.MOUTH, Material.MOUTH, tongue, tint=(0.62, 0.48, 0.48)),
    ]


def fuzz_parts(fit: Fitting) -> list[Part]:
    """Brows and lashes."""
    eyes = fit.person.eyes
    hair = linear(fit.person.hair.colour)
    brow_tint = triple(np.minimum(hair * 0.45, 0.09) * (1.1, 1.0, 0.85) + 0.003)
    lash_tint = triple(np.minimum(hair * 0.3, 0.03) + 0.004)
    parts: list[Part] = []
    for folder, name, tint in (
        ("eyebrows", eyes.brows, brow_tint),
        ("eyelashes", eyes.lashes, lash_tint),
    ):
        texture = fit.wardrobe.white_texture(f"{folder}/{name}/{name}.png")
        part = fitted_part(
            fit, f"{folder}/{name}/{name}.mhclo", Label.SKIN, Material.FUZZ, texture, tint=tint
        )
        # Fine hairs fade in small pictures: brows are drawn denser than they are.
        opacity = 1.7 * eyes.brow_density if folder == "eyebrows" else eyes.lash_density
        parts.append(replace(part, opacity=opacity))
    return parts


def triple(values: NDArray[np.floating]) -> tuple[float, float, float]:
    """[3] -> three plain numbers."""
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def linear(colour: Colour) -> Floats:
    """sRGB -> linear light."""
    return (np.array(colour) ** 2.2).astype(np.float32)
