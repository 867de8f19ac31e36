"""The meshes and textures that people choose from, each read once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .assets import Assets
from .body import load_body
from .meshes import Floats, Proxy, Topology, read_proxy
from .parts import Texture
from .raster import blurred, read_rgba, resized

HAIR_MESHES = (
    *("short01", "short02", "short03", "short04", "bob01", "bob02"),
    *("braid01", "long01", "ponytail01", "afro01"),
)
_STRANDS = ("bob01", "long01", "ponytail01")
"""Meshes without a texture whose hair runs down the texture."""
_TIE = (0.0, 7.85, -0.9)
"""Where the ponytail is tied on the middle body."""
EYES = "eyes/high-poly/high-poly.mhclo"
TEETH = "teeth/teeth_base/teeth_base.mhclo"
TONGUE = "tongue/tongue01/tongue01.mhclo"
_SEATS = {TEETH: (0.0, -0.028, 0.0), TONGUE: (0.0, -0.08, -0.05)}
"""Decimetres by which meshes are moved: the upper teeth reach just below an open mouth's upper lip,
the tongue lies behind the lower ones."""
_TEXTURE_SIZE = 1024


class Wardrobe:
    """Reads meshes and textures from a folder of assets and keeps them."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self.proxy = lru_cache(None)(self._proxy)
        self.texture = lru_cache(None)(self._texture)
        self.white_texture = lru_cache(None)(self._white_texture)
        self.hair_texture = lru_cache(None)(self._hair_texture)

    def names(self, folder: str) -> list[str]:
        """The textures in a folder, without `.png`."""
        return [name.removesuffix(".png") for name in self.assets.names(folder, ".png")]

    def clothes(self) -> list[str]:
        """Names of the meshes of clothes."""
        return [name.split("/")[1] for name in self.assets.names("clothes", ".mhclo")]

    def _proxy(self, name: str) -> Proxy:
        self.assets.path(name.replace(".mhclo", ".obj"))
        proxy = read_proxy(self.assets.path(name))
        if name in _SEATS:
            offsets = proxy.offsets + np.array(_SEATS[name], np.float32)
            proxy = replace(proxy, offsets=offsets)
        if name.endswith("ponytail01.mhclo"):
            return _combed_back(proxy, proxy.fit(load_body().vertices({}, {})))
        return proxy

    def pixels(self, name: str, size: int = _TEXTURE_SIZE) -> NDArray[np.uint8]:
        """[H, W, 4] RGBA of a texture (its name with .png), at most `size` wide."""
        picture = read_rgba(self.assets.path(name))
        height, width = picture.shape[:2]
        return picture if width <= size else resized(picture, size * height // width, size)

    def _texture(self, name: str) -> Texture:
        return Texture(self.pixels(name))

    def _white_texture(self, name: str) -> Texture:
        """The coverage of a texture of dark hairs, without its colour."""
        pixels = self.pixels(name, 512)
        pixels[..., :3] = 255
        return Texture(pixels)

    def _hair_texture(self, mesh: str) -> Texture:
        """Hair in grey of mean 0.5, so that a tint gives its colour."""
        if mesh in _STRANDS:
            return _strands(np.random.default_rng(len(mesh)))
        if mesh == "afro01":
            return Texture(_curls(np.random.default_rng(3)))
        pixels = self.pixels(f"hair/{mesh}/{mesh}_diffuse.png")
        light = pixels[..., :3].astype(np.float32).mean(2) / 255
        hair = pixels[..., 3] > 128
        # Painted highlights stay with the head: keep the strands, lose most of the large shapes.
        large = blurred(light * hair, 40) / np.maximum(blurred(hair.astype(np.float32), 40), 1e-3)
        grey = (light + 0.02) / (0.6 * large + 0.4 * float(light[hair].mean()) + 0.02)
        grey = np.where(pixels[..., 3] > 8, grey.clip(0.05, 3) ** 0.6, 1.0)
        return Texture(_grey(grey, pixels[..., 3].astype(np.float32) / 255))


def _grey(light: NDArray[np.floating], alpha: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Light of mean 1 and coverage -> RGBA with mean 0.5."""
    grey = (light * 127.5).clip(10, 255)
    return np.dstack([grey, grey, grey, (alpha * 255).clip(0, 255)]).round().astype(np.uint8)


def _strands(rng: np.random.Generator) -> Texture:
    """Straight hair that runs down."""
    size = _TEXTURE_SIZE
    fine, locks, sway = (
        resized(rng.normal(0, 1, grid).astype(np.float32), size, size, smooth=True)
        for grid in ((8, size), (5, 90), (6, 10))
    )
    columns, rows = np.meshgrid(*[np.arange(size, dtype=np.float32)] * 2)
    light = cv2.remap(0.2 * fine + 0.1 * locks, columns + 7 * sway, rows, cv2.INTER_LINEAR)
    pixels = _grey(1 + np.asarray(light, np.float32), np.ones((size, size)))
    return Texture(pixels, repeats=True)


def _combed_back(proxy: Proxy, rest: Floats) -> Proxy:
    """A ponytail whose texture runs down the strands, from all over the head to where it is tied.

    rest: [V, 3] fitted to the middle body.
    """
    faces = proxy.topology.faces
    from_tie = rest - np.array(_TIE, np.float32)
    angle = np.arctan2(from_tie[:, 0], from_tie[:, 1])[faces]
    # Triangles across the seam at the nape go on around.
    angle = np.where(np.ptp(angle, axis=1, keepdims=True) > np.pi, angle % (2 * np.pi), angle)
    along = np.linalg.norm(from_tie, axis=1)[faces]
    combed = np.stack([angle / (2 * np.pi), along / 3], -1).astype(np.float32)
    tail = (rest[faces][..., 1].min(1) < _TIE[1] - 0.1) & (rest[faces][..., 2].max(1) < -0.65)
    uv = np.where(tail[:, None, None], proxy.topology.uv[proxy.topology.uv_faces], combed)
    own = np.arange(uv.shape[0] * 3, dtype=np.int32).reshape(-1, 3)
    return replace(proxy, topology=Topology(faces, uv.reshape(-1, 2), own))


def _curls(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Tight curls."""
    size = _TEXTURE_SIZE
    noise = rng.normal(0, 1, (size, size)).astype(np.float32)
    curls = blurred(noise, 2) - blurred(noise, 5)
    fine = blurred(noise, 1.0)
    return _grey(1 + 0.25 * curls / curls.std() + 0.5 * fine, np.ones((size, size)))
