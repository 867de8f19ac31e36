"""The process's one OpenGL context, and programs with their uniforms."""

from __future__ import annotations

import importlib
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ..errors import InputError
from .camera import Matrix
from .light import Light

_HOW_TO_GET = (
    "heads are drawn with OpenGL through EGL: install the extra `heads`, and on a machine without "
    "a graphics driver Mesa's software one (Debian: libegl1 libgl1-mesa-dri)"
)


@cache
def opengl_context() -> Any:
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


def read_program(gl: Any, name: str, **defined: int) -> Any:
    """Compile the shaders of a name, with these definitions in the fragments' one."""
    folder = resources.files(__name__.rpartition(".")[0]) / "shaders"
    fragment = (folder / f"{name}.frag").read_text()
    version, rest = fragment.split("\n", 1)
    defines = "".join(f"#define {key} {value}\n" for key, value in defined.items())
    return gl.program(
        vertex_shader=(folder / f"{name}.vert").read_text(),
        fragment_shader=f"{version}\n{defines}{rest}",
    )


def set_uniform(program: Any, name: str, value: Any) -> None:
    """Set a uniform; a program that does not need it has lost it in compilation."""
    if name in program:
        program[name] = value


def set_matrix(program: Any, name: str, matrix: Matrix) -> None:
    """Set a matrix [4, 4], where the program needs it."""
    if name in program:
        program[name].write(matrix.T.astype("f4").tobytes())


def set_light(program: Any, light: Light) -> None:
    """Set all of a light that the program needs."""
    for name, lamp in (("key", light.key), ("fill", light.fill), ("rim", light.rim)):
        set_uniform(program, f"{name}_direction", lamp.direction)
        set_uniform(program, f"{name}_colour", lamp.colour)
    if "around" in program:
        program["around"].write(np.array(light.around, "f4").tobytes())
    set_uniform(program, "softness", light.softness)
