"""Textures in the memory of the graphics driver."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from weakref import WeakKeyDictionary, finalize

import cv2
import numpy as np

from .parts import Texture


class GpuTextures:
    """Textures with all their smaller levels; the room of one that is gone is given to the next.

    Levels are made here: software drivers draw them, which takes ten times as long.
    """

    def __init__(self, gl: Any) -> None:
        self._gl = gl
        self._made: WeakKeyDictionary[Texture, Any] = WeakKeyDictionary()
        self._free: dict[tuple[int, int], list[Any]] = defaultdict(list)

    def use(self, texture: Texture) -> None:
        """Make a texture the one that programs read as number 0; its first row has v = 0."""
        if texture not in self._made:
            self._made[texture] = self._filled(texture)
        self._made[texture].use(0)

    def _filled(self, texture: Texture) -> Any:
        height, width = texture.pixels.shape[:2]
        free = self._free[width, height]
        made = free.pop() if free else self._room(width, height)
        pixels = np.ascontiguousarray(texture.pixels)
        made.write(pixels)
        level = 0
        while max(width, height) > 1:
            level, width, height = level + 1, max(width // 2, 1), max(height // 2, 1)
            pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
            made.write(pixels, level=level)
        made.repeat_x = made.repeat_y = texture.repeats
        finalize(texture, free.append, made).atexit = False
        return made

    def _room(self, width: int, height: int) -> Any:
        gl = self._gl
        made = gl.texture((width, height), 4)
        made.build_mipmaps()
        made.filter = gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR
        return made
