"""Draws posed figures with OpenGL: on a GPU where there is one, in software where not.

One stage belongs to one process and one thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .camera import Camera, Matrix
from .figure import PosedPart
from .gpu_mesh import GpuMesh
from .gpu_textures import GpuTextures
from .light import Lamp, Light
from .meshes import Floats, Topology
from .opengl import opengl_context, read_program, set_light, set_matrix, set_uniform
from .parts import Label, Material
from .raster import resized

_SHADOW_SIZE = 448
_SHADOW_REACH = 3.2
"""Half the side of what the key lamp's shadows cover, in decimetres."""
_WHOLE = (0.5, 9.0)
_FRINGE = (0.02, 0.5)
"""Coverage is drawn in two rounds: what hides what is behind, then the thin rest over it."""
_SOLID = (
    *(
        Material.SKIN,
        Material.EYE,
        Material.MOUTH,
        Material.CLOTH,
        Material.PLASTIC,
        Material.METAL,
    ),
)
_CLOSED = (Material.SKIN, Material.EYE, Material.CORNEA, Material.MOUTH)
"""Surfaces that are seen from outside alone."""
_CLEAR = (Material.CORNEA, Material.GLASS)
_DAINTY = (*_CLEAR, Material.FUZZ)
_CASTS = (Label.SKIN, Label.HAIR, Label.CLOTHES, Label.HAT, Label.GLASSES, Label.OTHER)
_FRAYED = (Material.HAIR, Material.FUZZ)


@dataclass(frozen=True, eq=False)
class Truth:
    """What every pixel of a picture shows.

    labels: [S, S] Label; depth: [S, S] decimetres before the camera, inf on the background.
    place: [S, S, 2] xy in pixels of the other picture of what the pixel shows; other_depth: [S, S]
    its depth there.
    """

    labels: NDArray[np.uint8]
    depth: Floats
    place: Floats
    other_depth: Floats


class Stage:
    """size: side of the pictures in pixels; finer: the sub-pixels of each along x and y."""

    def __init__(self, size: int, *, finer: float = 2) -> None:
        self.size, self.finer = size, finer
        self._gl = opengl_context()
        # A program a material: what a shader branches over, software rasterisers compute.
        self._colour = [read_program(self._gl, "colour", MATERIAL=int(m)) for m in Material]
        self._shadow, self._truth = (
            {solid: read_program(self._gl, name, SOLID=int(solid)) for solid in (False, True)}
            for name in ("shadow", "truth")
        )
        self._meshes: WeakKeyDictionary[Topology, list[GpuMesh]] = WeakKeyDictionary()
        self._textures = GpuTextures(self._gl)
        fine = (round(size * finer), round(size * finer))
        self._picture = self._gl.texture(fine, 4, dtype="f2")
        # Mesa moves a texture when it first gets smaller levels; what it is drawn on must not move.
        self._picture.build_mipmaps()
        self._canvas = self._gl.framebuffer([self._picture], self._gl.depth_renderbuffer(fine))
        self._shadows = self._gl.depth_texture((_SHADOW_SIZE, _SHADOW_SIZE))
        self._shadows.compare_func = "<="
        self._shadow_canvas = self._gl.framebuffer(depth_attachment=self._shadows)
        once = (size, size)
        attachments = [self._gl.texture(once, 4, dtype="f4"), self._gl.texture(once, 2, dtype="f4")]
        self._truth_canvas = self._gl.framebuffer(attachments, self._gl.depth_renderbuffer(once))

    @property
    def device(self) -> str:
        """What draws, as the driver names it."""
        return str(self._gl.info["GL_RENDERER"])

    def draw(
        self, parts: Sequence[PosedPart], camera: Camera, light: Light, *, unlit: bool = False
    ) -> Floats:
        """[S, S, 4] linear light, premultiplied by the coverage in the last channel."""
        meshes = self._placed(parts)
        lamp = _lamp_matrix(light.key, camera, parts)
        if not unlit:
            self._draw_shadows(parts, meshes, lamp)
        self._canvas.use()
        self._canvas.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        for program in self._colour:
            set_matrix(program, "camera", camera.matrix)
            set_matrix(program, "lamp", lamp)
            set_light(program, light)
            set_uniform(program, "eye", tuple(float(v) for v in camera.eye))
            set_uniform(program, "unlit", unlit)
            set_uniform(program, "picture", 0)
            set_uniform(program, "shadows", 1)
        self._shadows.use(1)
        self._round(parts, meshes, [*_SOLID, *_FRAYED], _WHOLE)
        gl = self._gl
        gl.enable(gl.BLEND)
        gl.blend_func = gl.ONE, gl.ONE_MINUS_SRC_ALPHA
        self._canvas.depth_mask = False
        if not unlit:
            self._round(parts, meshes, [Material.CORNEA], (0.0, 9.0))
        self._round(parts, meshes, _FRAYED, _FRINGE)
        if not unlit:
            self._round(parts, meshes, [Material.GLASS], (0.0, 9.0))
        self._canvas.depth_mask = True
        gl.disable(gl.BLEND)
        return self._read_picture()

    def measure(
        self,
        parts: Sequence[PosedPart],
        camera: Camera,
        *,
        other: Sequence[PosedPart] | None = None,
        other_camera: Camera | None = None,
    ) -> Truth:
        """What every pixel shows, and where the same lies in another picture of the same figure."""
        others, there = other or parts, other_camera or camera
        meshes = self._placed(parts, others)
        for program in self._truth.values():
            set_matrix(program, "camera", camera.matrix)
            set_matrix(program, "other_camera", there.matrix)
        self._truth_canvas.use()
        self._truth_canvas.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        for posed, mesh in zip(parts, meshes, strict=True):
            part = posed.part
            if part.material in _CLEAR:
                continue
            program = self._truth[part.material == Material.SKIN or part.solid]
            self._textures.use(part.texture)
            for name in ("opacity", "uv_scale"):
                set_uniform(program, name, getattr(part, name))
            program["label"] = int(part.label)
            program["face_label"] = int(Label.FACE if part.face is not None else part.label)
            self._cull(part.material in _CLOSED)
            mesh.draw(program)
        return self._read_truth()

    def _round(
        self,
        parts: Sequence[PosedPart],
        meshes: Sequence[GpuMesh],
        materials: Sequence[Material],
        coverage: tuple[float, float],
    ) -> None:
        for posed, mesh in zip(parts, meshes, strict=True):
            part = posed.part
            if part.material not in materials:
                continue
            if coverage == _FRINGE and (part.texture.repeats or not part.texture.frayed):
                continue
            self._textures.use(part.texture)
            program = self._colour[part.material]
            set_uniform(program, "coverage", coverage)
            for name in ("tint", "gloss", "opacity", "uv_scale"):
                set_uniform(program, name, getattr(part, name))
            self._cull(part.material in _CLOSED)
            mesh.draw(program)

    def _draw_shadows(
        self, parts: Sequence[PosedPart], meshes: Sequence[GpuMesh], lamp: Matrix
    ) -> None:
        self._shadow_canvas.use()
        self._shadow_canvas.clear(depth=1.0)
        for program in self._shadow.values():
            set_matrix(program, "lamp", lamp)
        for posed, mesh in zip(parts, meshes, strict=True):
            part = posed.part
            if not part.casts or part.label not in _CASTS or part.material in _DAINTY:
                continue
            program = self._shadow[part.material in _SOLID or part.texture.solid]
            self._textures.use(part.texture)
            set_uniform(program, "uv_scale", part.uv_scale)
            self._cull(part.material in _CLOSED)
            mesh.draw(program)

    def _cull(self, closed: bool) -> None:
        """Leave out what faces away; all triangles of a mesh go the same way around."""
        if closed:
            self._gl.enable(self._gl.CULL_FACE)
        else:
            self._gl.disable(self._gl.CULL_FACE)

    def _placed(
        self, parts: Sequence[PosedPart], others: Sequence[PosedPart] | None = None
    ) -> list[GpuMesh]:
        """The parts' meshes with this pose's vertices; shells that share a mesh get one each."""
        used: Counter[Topology] = Counter()
        meshes: list[GpuMesh] = []
        for index, posed in enumerate(parts):
            topology = posed.part.topology
            copies = self._meshes.setdefault(topology, [])
            if used[topology] == len(copies):
                copies.append(GpuMesh(self._gl, topology))
            mesh = copies[used[topology]]
            used[topology] += 1
            mesh.place(posed, None if others is None else others[index].vertices)
            meshes.append(mesh)
        return meshes

    def _read_picture(self) -> Floats:
        level = {2.0: 1, 4.0: 2}.get(float(self.finer), 0)
        if level:
            self._picture.build_mipmaps()
        side = self._picture.width >> level
        data = self._picture.read(level=level)
        pixels = np.frombuffer(data, np.float16).reshape(side, side, 4)[::-1].astype(np.float32)
        return pixels if side == self.size else resized(pixels, self.size, self.size)

    def _read_truth(self) -> Truth:
        here, place = self._truth_canvas.color_attachments
        shape = (self.size, self.size)
        values = np.frombuffer(here.read(), np.float32).reshape(*shape, 4)[::-1]
        ndc = np.frombuffer(place.read(), np.float32).reshape(*shape, 2)[::-1]
        seen = values[..., 3] > 0
        return Truth(
            labels=values[..., 0].round().astype(np.uint8),
            depth=np.where(seen, values[..., 1], np.inf).astype(np.float32),
            place=((ndc * np.array([1, -1], np.float32) + 1) * (self.size / 2)).astype(np.float32),
            other_depth=np.where(seen, values[..., 2], np.inf).astype(np.float32),
        )


def _lamp_matrix(key: Lamp, camera: Camera, parts: Sequence[PosedPart]) -> Matrix:
    """Clip space of the key lamp, an orthographic view of the head."""
    skin = parts[0].vertices
    centre = np.median(skin[:, :3], 0).astype(np.float64)
    toward = np.array(key.direction) / np.linalg.norm(key.direction)
    side = np.cross((0.0, 1.0, 0.01), toward)
    side /= np.linalg.norm(side)
    view = np.eye(4)
    view[:3, :3] = np.stack([side, np.cross(toward, side), toward])
    view[:3, 3] = -view[:3, :3] @ centre
    box = np.diag([1 / _SHADOW_REACH, 1 / _SHADOW_REACH, -1 / 7.0, 1.0])
    return box @ view
