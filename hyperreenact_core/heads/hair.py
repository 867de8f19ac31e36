"""Hair: fitted meshes, and shells of short strokes for cropped hair and beards."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache

import cv2
import numpy as np

from .face import linear
from .fitting import Fitting, fitted_part, indices
from .meshes import Floats, Indices, Topology
from .parts import Label, Material, Moves, Part, Texture
from .skin_areas import BODY_SIZE, BOTTOM, LEFT, RIGHT, TOP, beard_mask, scalp_mask

_SHELLS = 5
_FUR_SIZE = 256
_FUR_SCALE = 14.0
_OUT = 0.03
"""Hair is moved out by so much, in decimetres, so that no scalp comes through."""


def hair_parts(fit: Fitting, skin: Part) -> list[Part]:
    """The hair of a person; none where the head is bald or hair is only painted."""
    hair = fit.person.hair
    tint = linear(hair.colour)
    if hair.style in ("bald", "thin"):
        return []
    if hair.style == "buzz":
        return _shells(skin, "scalp", hair.length, tint, hair.gloss, down=False)
    red, green, blue = (float(c) for c in tint * 2)  # the textures' mean is one half
    part = fitted_part(
        fit,
        f"hair/{hair.style}/{hair.style}.mhclo",
        Label.HAIR,
        Material.HAIR,
        fit.wardrobe.hair_texture(hair.style),
        moving=False,
        tint=(red, green, blue),
    )
    rest = part.rest + part.topology.normals(part.rest) * np.float32(_OUT)
    part = replace(part, rest=_outside_chest(rest, fit), gloss=hair.gloss)
    if hair.style == "afro01":
        return [part, *_fuzz(part)]
    return [_mirrored(part) if hair.mirrored else part]


def _fuzz(part: Part) -> list[Part]:
    """Curls that stand out from the mesh and soften its outline."""
    normals = part.topology.normals(part.rest)
    return [
        replace(
            part,
            name=f"{part.name} {layer}",
            rest=(part.rest + normals * 0.035 * layer).astype(np.float32),
            texture=_fur(layer + 1),
            uv_scale=5.0,
            casts=False,
        )
        for layer in range(1, 4)
    ]


def beard_parts(fit: Fitting, skin: Part) -> list[Part]:
    """A beard that stands out from the skin."""
    beard = fit.person.beard
    if beard.kind == "none" or beard.length == 0:
        return []
    tint = linear(fit.person.hair.colour) * 0.8
    return _shells(skin, beard.kind, beard.length, tint, 0.4, down=True)


def _outside_chest(rest: Floats, fit: Fitting) -> Floats:
    """Move what hangs below the neck out of shoulders and clothes."""
    low = fit.neck.low - 0.05
    hanging = (low - rest[:, 1]).clip(0, 0.5) / 0.5
    away = np.stack([rest[:, 0] * 0.06, np.zeros(len(rest)), np.sign(rest[:, 2]) * 0.1], 1)
    return (rest + away * hanging[:, None]).astype(np.float32)


def _mirrored(part: Part) -> Part:
    """The same hair, parted on the other side."""
    flipped = _flipped(part.topology)
    return replace(part, rest=part.rest * np.array([-1, 1, 1], np.float32), topology=flipped)


@lru_cache(None)
def _flipped(topology: Topology) -> Topology:
    return Topology(topology.faces[:, ::-1], topology.uv, topology.uv_faces[:, ::-1])


def _shells(
    skin: Part, area: str, length: float, tint: Floats, gloss: float, *, down: bool
) -> list[Part]:
    """Layers of skin, each further out and thinner, that together look like short hair."""
    used, topology, density = _area(skin.topology, area)
    density = density * skin.grip[used]  # what the texture's seam catches of the back is bare
    rest = skin.rest[used]
    normals = skin.topology.normals(skin.rest)[used]
    if down:
        normals = normals + np.array([0, -0.9, 0], np.float32)
    moves = _moves_of_area(skin, used)
    parts: list[Part] = []
    for layer in range(1, _SHELLS + 1):
        share = layer / _SHELLS
        out = rest + normals * (length * share * density[:, None])
        red, green, blue = (float(c) for c in tint * (1.1 + 0.9 * share))
        parts.append(
            Part(
                f"{area} {layer}",
                Label.HAIR,
                Material.HAIR,
                topology,
                out.astype(np.float32),
                skin.grip[used],
                _fur(layer),
                (red, green, blue),
                gloss,
                uv_scale=_FUR_SCALE,
                casts=False,
                moves=moves,
                shade=np.full(len(used), 0.55 + 0.45 * share, np.float32),
                cover=density,
            )
        )
    return parts


@lru_cache(64)
def _area(skin: Topology, area: str) -> tuple[Indices, Topology, Floats]:
    """The vertices and triangles of a hairy area and its density [V]."""
    mask = scalp_mask() if area == "scalp" else beard_mask(area)
    height, width = mask.shape
    at = skin.uv * np.array([RIGHT - LEFT + BODY_SIZE, BOTTOM - TOP]) * [1, -1] + [0, BOTTOM - TOP]
    columns, rows = at.round().astype(int).T
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < 1400)
    of_uv = np.where(inside, mask[rows.clip(0, height - 1), columns.clip(0, width - 1)], 0)
    chosen = of_uv[skin.uv_faces].max(1) > 0.2
    density = np.zeros(int(skin.faces.max()) + 1, np.float32)
    density[skin.faces] = of_uv[skin.uv_faces]
    used, topology = skin.part(chosen).compact()
    return used, topology, density[used]


def _moves_of_area(skin: Part, used: Indices) -> Moves | None:
    if skin.moves is None:
        return None
    place = np.full(len(skin.rest), -1)
    place[skin.moves.vertices] = np.arange(len(skin.moves.vertices))
    moved = place[used] >= 0
    return Moves(indices(moved), skin.moves.actions[:, place[used][moved]])


@cache
def _fur(layer: int) -> Texture:
    """Dots of hair, tiled; those of an outer layer are fewer and thinner."""
    rng = np.random.default_rng(17)
    noise = rng.random((_FUR_SIZE, _FUR_SIZE)).astype(np.float32)
    soft = cv2.GaussianBlur(np.tile(noise, (3, 3)), (0, 0), 0.9)[
        _FUR_SIZE:-_FUR_SIZE, _FUR_SIZE:-_FUR_SIZE
    ]
    rank = np.argsort(np.argsort(soft.ravel())).reshape(soft.shape) / soft.size
    share = layer / _SHELLS
    alpha = ((rank - (0.08 + 0.62 * share)) * 6).clip(0, 1)
    grey = 128 + 60 * (cv2.GaussianBlur(noise, (0, 0), 1.5) - 0.5) / 0.2
    pixels = np.dstack([grey, grey, grey, alpha * 255]).clip(0, 255).astype(np.uint8)
    return Texture(pixels, repeats=True)
