"""Draws posed figures with OpenGL: on a GPU where there is one, in software where not.

One stage belongs to one process and one thread.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .camera import Camera, Matrix
from .figure import PosedPart
from .light import Lamp, Light
from .meshes import Floats, Topology
from .parts import Label, Material, Texture

_SHADOW_SIZE = 640
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
_CASTS = (Label.SKIN, Label.HAIR, Label.CLOTHES, Label.HAT, Label.GLASSES, Label.OTHER)
_FRAYED = (Material.HAIR, Material.FUZZ)
_HOW_TO_GET = (
    "heads are drawn with OpenGL through EGL: install the extra `heads`, and on a machine without "
    "a graphics driver Mesa's software one (Debian: libegl1 libgl1-mesa-dri)"
)


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

    def __init__(self, size: int, *, finer: int = 2) -> None:
        self.size, self.finer = size, finer
        self._gl = _context()
        # A program a material: what a shader branches over, software rasterisers compute.
        self._colour = [_program(self._gl, "colour", MATERIAL=int(m)) for m in Material]
        self._shadow, self._truth = (_program(self._gl, name) for name in ("shadow", "truth"))
        self._meshes: WeakKeyDictionary[Topology, list[_GpuMesh]] = WeakKeyDictionary()
        self._textures: WeakKeyDictionary[Texture, Any] = WeakKeyDictionary()
        fine = (size * finer, size * finer)
        self._picture = self._gl.texture(fine, 4, dtype="f2")
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
            _set_matrix(program, "camera", camera.matrix)
            _set_matrix(program, "lamp", lamp)
            _set_light(program, light)
            _set(program, "eye", tuple(float(v) for v in camera.eye))
            _set(program, "unlit", unlit)
            _set(program, "picture", 0)
            _set(program, "shadows", 1)
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
        program = self._truth
        _set_matrix(program, "camera", camera.matrix)
        _set_matrix(program, "other_camera", there.matrix)
        program["eye_z"], program["other_eye_z"] = float(camera.eye[2]), float(there.eye[2])
        self._truth_canvas.use()
        self._truth_canvas.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        for posed, mesh in zip(parts, meshes, strict=True):
            part = posed.part
            if part.material in _CLEAR:
                continue
            self._texture(part.texture).use(0)
            program["solid"] = part.material == Material.SKIN
            program["opacity"], program["uv_scale"] = part.opacity, part.uv_scale
            program["label"] = int(part.label)
            program["face_label"] = int(Label.FACE if part.face is not None else part.label)
            self._cull(part.material in _CLOSED)
            mesh.truth.render()
        return self._read_truth()

    def _round(
        self,
        parts: Sequence[PosedPart],
        meshes: Sequence[_GpuMesh],
        materials: Sequence[Material],
        coverage: tuple[float, float],
    ) -> None:
        for posed, mesh in zip(parts, meshes, strict=True):
            part = posed.part
            if part.material not in materials:
                continue
            if coverage == _FRINGE and (part.texture.repeats or not part.texture.frayed):
                continue
            self._texture(part.texture).use(0)
            program = self._colour[part.material]
            _set(program, "coverage", coverage)
            for name in ("tint", "gloss", "opacity", "uv_scale"):
                _set(program, name, getattr(part, name))
            self._cull(part.material in _CLOSED)
            mesh.colour(part.material).render()

    def _draw_shadows(
        self, parts: Sequence[PosedPart], meshes: Sequence[_GpuMesh], lamp: Matrix
    ) -> None:
        self._cull(False)
        self._shadow_canvas.use()
        self._shadow_canvas.clear(depth=1.0)
        program = self._shadow
        _set_matrix(program, "lamp", lamp)
        for posed, mesh in zip(parts, meshes, strict=True):
            part = posed.part
            if part.label not in _CASTS or part.material in (*_CLEAR, Material.FUZZ):
                continue
            self._texture(part.texture).use(0)
            program["solid"] = part.material in _SOLID
            program["uv_scale"] = part.uv_scale
            mesh.shadow.render()

    def _cull(self, closed: bool) -> None:
        """Leave out what faces away; all triangles of a mesh go the same way around."""
        if closed:
            self._gl.enable(self._gl.CULL_FACE)
        else:
            self._gl.disable(self._gl.CULL_FACE)

    def _placed(
        self, parts: Sequence[PosedPart], others: Sequence[PosedPart] | None = None
    ) -> list[_GpuMesh]:
        """The parts' meshes with this pose's vertices; shells that share a mesh get one each."""
        used: Counter[Topology] = Counter()
        meshes: list[_GpuMesh] = []
        for index, posed in enumerate(parts):
            topology = posed.part.topology
            copies = self._meshes.setdefault(topology, [])
            if used[topology] == len(copies):
                copies.append(_GpuMesh(self._gl, topology, self._colour, self._shadow, self._truth))
            mesh = copies[used[topology]]
            used[topology] += 1
            mesh.place(posed, None if others is None else others[index].vertices)
            meshes.append(mesh)
        return meshes

    def _texture(self, texture: Texture) -> Any:
        if texture not in self._textures:
            gl, pixels = self._gl, texture.pixels
            height, width = pixels.shape[:2]
            made = gl.texture((width, height), 4, np.ascontiguousarray(pixels[::-1]).tobytes())
            made.build_mipmaps()
            made.filter = gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR
            made.repeat_x = made.repeat_y = texture.repeats
            self._textures[texture] = made
        return self._textures[texture]

    def _read_picture(self) -> Floats:
        level = {1: 0, 2: 1, 4: 2}[self.finer]
        if level:
            self._picture.build_mipmaps()
        data = self._picture.read(level=level)
        pixels = np.frombuffer(data, np.float16).reshape(self.size, self.size, 4)
        return pixels[::-1].astype(np.float32)

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


class _GpuMesh:
    """A mesh in the driver's memory, drawn by three programs."""

    def __init__(
        self, gl: Any, topology: Topology, colour: Sequence[Any], shadow: Any, truth: Any
    ) -> None:
        self._gl, self._programs = gl, colour
        self._corners, uv, triangles = topology.corners
        count = len(self._corners)
        self._buffer = gl.buffer(reserve=count * 36, dynamic=True)
        self._other = gl.buffer(reserve=count * 12, dynamic=True)
        self._uv, self._index = gl.buffer(uv.astype("f4").tobytes()), gl.buffer(triangles.tobytes())
        self._drawn: dict[Material, Any] = {}
        place = (self._buffer, "3f 24x", "position")
        self.shadow = gl.vertex_array(shadow, [place, (self._uv, "2f", "uv")], self._index)
        known = (self._buffer, "3f 12x 3f", "position", "surface")
        other = (self._other, "3f", "other")
        self.truth = gl.vertex_array(truth, [known, other, (self._uv, "2f", "uv")], self._index)

    def colour(self, material: Material) -> Any:
        """The mesh bound to the program of a material."""
        if material not in self._drawn:
            full = (self._buffer, "3f 3f 3f", "position", "normal", "surface")
            bound = [full, (self._uv, "2f", "uv")]
            program = self._programs[material]
            made = self._gl.vertex_array(program, bound, self._index, skip_errors=True)
            self._drawn[material] = made
        return self._drawn[material]

    def place(self, posed: PosedPart, other: Floats | None) -> None:
        """Take the vertices of a pose, and those of another picture."""
        part, count = posed.part, len(posed.vertices)
        data = np.empty((count, 9), np.float32)
        data[:, :3], data[:, 3:6], data[:, 6] = posed.vertices, posed.normals, posed.shade
        data[:, 7] = 1 if part.cover is None else part.cover
        data[:, 8] = 0 if part.face is None else part.face
        self._buffer.write(data[self._corners].tobytes())
        if other is not None:
            self._other.write(other[self._corners].astype("f4").tobytes())


@cache
def _context() -> Any:
    """The process's one context: what two contexts hold cannot be told apart when it is freed."""
    try:
        moderngl: Any = importlib.import_module("moderngl")
    except ImportError as error:
        raise InputError(f"{_HOW_TO_GET} ({error.name} is missing)") from error
    try:
        gl = moderngl.create_context(standalone=True, backend="egl")
    except Exception as error:
        raise InputError(f"{_HOW_TO_GET} ({error})") from error
    gl.gc_mode = "auto"
    gl.enable(gl.DEPTH_TEST)
    return gl


def _program(gl: Any, name: str, **defined: int) -> Any:
    folder = resources.files(__name__.rpartition(".")[0]) / "shaders"
    fragment = (folder / f"{name}.frag").read_text()
    version, rest = fragment.split("\n", 1)
    defines = "".join(f"#define {key} {value}\n" for key, value in defined.items())
    return gl.program(
        vertex_shader=(folder / f"{name}.vert").read_text(),
        fragment_shader=f"{version}\n{defines}{rest}",
    )


def _set(program: Any, name: str, value: Any) -> None:
    """Set a uniform; a program that does not need it has lost it in compilation."""
    if name in program:
        program[name] = value


def _set_matrix(program: Any, name: str, matrix: Matrix) -> None:
    if name in program:
        program[name].write(matrix.T.astype("f4").tobytes())


def _set_light(program: Any, light: Light) -> None:
    for name, lamp in (("key", light.key), ("fill", light.fill), ("rim", light.rim)):
        _set(program, f"{name}_direction", lamp.direction)
        _set(program, f"{name}_colour", lamp.colour)
    if "around" in program:
        program["around"].write(np.array(light.around, "f4").tobytes())
    _set(program, "softness", light.softness)


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
