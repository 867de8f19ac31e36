"""Clothes: fitted meshes in colours of their own, and shirts that follow the skin."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from .body import load_body
from .fitting import Fitting, fitted_part
from .meshes import Topology
from .parts import Label, Material, Part, Texture
from .person import Clothes
from .wardrobe import Wardrobe

_SIZE = 256
_LOWEST = 3.0


def clothes_part(fit: Fitting, skin: Part) -> Part:
    """What a person wears."""
    clothes = fit.person.clothes
    return _mesh(fit, clothes) if clothes.mesh else _shirt(fit, skin, clothes)


def _mesh(fit: Fitting, clothes: Clothes) -> Part:
    name = clothes.mesh
    pixels = fit.wardrobe.texture(f"clothes/{name}/{name}_diffuse.png").pixels
    if clothes.pattern != "plain":  # dyed: the cloth's light and dark in another colour
        colour = np.array(clothes.colours[0])[:, None]
        dye = np.zeros((4, 5))
        dye[:3, :3], dye[:3, 4:], dye[3, 3] = 0.25 * colour, 0.35 * 255 * colour, 1
        pixels = np.asarray(cv2.transform(pixels, dye), np.uint8)
    part = fitted_part(
        fit,
        f"clothes/{name}/{name}.mhclo",
        Label.CLOTHES,
        Material.CLOTH,
        Texture(pixels),
        moving=False,
    )
    topology = _upper(fit.wardrobe, name)
    return Part(part.name, part.label, part.material, topology, part.rest, part.grip, part.texture)


@lru_cache(None)
def _upper(wardrobe: Wardrobe, name: str) -> Topology:
    """The triangles that can be in a picture of a head."""
    proxy = wardrobe.proxy(f"clothes/{name}/{name}.mhclo")
    heights = proxy.fit(load_body().vertices({}, {}))[:, 1]
    return proxy.topology.part(heights[proxy.topology.faces].max(1) > _LOWEST)


def _shirt(fit: Fitting, skin: Part, clothes: Clothes) -> Part:
    """The skin below the neck, moved outwards and dressed in a pattern."""
    rng = np.random.default_rng(clothes.seed)
    height = skin.rest[:, 1] + 0.25 * skin.rest[:, 2]
    collar = fit.neck.low + float(rng.uniform(-0.2, 0.3))
    deep = float(rng.choice([0.0, 0.0, 1.2])) * np.exp(-((skin.rest[:, 0] / 0.35) ** 2))
    below = collar - deep * (skin.rest[:, 2] > 0) - height
    rest = skin.rest + skin.topology.normals(skin.rest) * float(rng.uniform(0.04, 0.11))
    return Part(
        "shirt",
        Label.CLOTHES,
        Material.CLOTH,
        skin.topology.part(below[skin.topology.faces].max(axis=1) > -0.3),
        rest.astype(np.float32),
        skin.grip,
        Texture(_cloth(clothes, rng), repeats=True),
        uv_scale=clothes.scale,
        cover=(0.5 + 4 * below).clip(0, 1).astype(np.float32),
    )


def _cloth(clothes: Clothes, rng: np.random.Generator) -> np.ndarray:
    """[256, 256, 4] one tile of a pattern."""
    rows, columns = np.mgrid[0:_SIZE, 0:_SIZE] / _SIZE * 2 * np.pi
    wave = {
        "stripes": np.sin(rows * int(rng.integers(1, 4))),
        "checks": np.sin(rows * 2) * np.sin(columns * 2),
        "speckled": cv2.GaussianBlur(rng.normal(0, 1, (_SIZE, _SIZE)), (0, 0), 3) * 8,
    }.get(clothes.pattern, np.full((_SIZE, _SIZE), -1.0))
    weave = 1 + 0.05 * np.sin(rows * 40) * np.sin(columns * 40) + rng.normal(0, 0.03, rows.shape)
    share = (wave * 4 + 0.5).clip(0, 1)[..., None]
    first, second = (np.array(colour) for colour in clothes.colours)
    colour = (first * (1 - share) + second * share) * weave[..., None]
    alpha = np.full((_SIZE, _SIZE), 255)
    return np.dstack([(colour * 255).clip(0, 255), alpha]).astype(np.uint8)
