"""Which calls of a checkout hand a value on, and which of them climb.

Every function of the tree counts that is handed the value, alone or in an object, or any picture
or tensor from then on. A call climbs if what it calls stands above the caller: in a higher layer of
the tree's own contracts (`pyproject.toml`), or where these say nothing, in a module that imports
the caller's. Only callbacks, protocols, overridden methods and iterators that are pulled climb.
"""

from __future__ import annotations

import ast
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, partial
from inspect import CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import tomllib
from torch import Tensor, nn

TRACED = ("hyperreenact_core", "nodes")
"""Packages of a checkout; nodes stand above all of the core."""
_DEPTH = 6
"""How far into objects the value is looked for; deeper ones find no more."""
_LONG = 60


@dataclass(frozen=True)
class Call:
    """Module and function of whoever calls and of what is called."""

    caller: str
    by: str
    called: str
    function: str

    def __str__(self) -> str:
        return f"{self.caller}:{self.by} -> {self.called}:{self.function}"


class Tree:
    """The modules of a checkout and which of two stands above the other."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        paths = [path for top in TRACED for path in sorted(self.root.glob(f"{top}/**/*.py"))]
        self.modules = {str(path): _module(path.relative_to(self.root)) for path in paths}
        names = set(self.modules.values())
        self._imports = {
            self.modules[str(path)]: names.intersection(_imported(path, self.root))
            for path in paths
        }
        project = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))
        contracts = project["tool"]["importlinter"]["contracts"]
        self._contracts = [(one["containers"][0], one["layers"]) for one in contracts]

    def stands_above(self, one: str, other: str) -> bool:
        """Whether a module stands above another."""
        tops = one.partition(".")[0], other.partition(".")[0]
        if tops[0] != tops[1]:
            return tops[0] == TRACED[1]
        for container, layers in self._contracts:
            mine, theirs = (_rank(name, container, layers) for name in (one, other))
            if mine is not None and theirs is not None and mine != theirs:
                return mine < theirs
        return one != other and other in self._below(one)

    @cache  # noqa: B019 - a tree lives as long as the study
    def _below(self, module: str) -> set[str]:
        """All modules that one imports, itself or through others."""
        found, left = set[str](), [module]
        while left:
            new = self._imports[left.pop()] - found
            found |= new
            left += new
        return found


class Tracer:
    """Calls in which a value is handed on, each once, in the order in which they happened."""

    def __init__(self, tree: Tree, is_value: Callable[[Any], bool]) -> None:
        self.calls: dict[Call, None] = {}
        self._tree, self._is_value, self._begun = tree, is_value, False

    def run(self, work: Callable[[], Any]) -> None:
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        try:
            work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def climbs(self) -> list[Call]:
        return [call for call in self.calls if self._tree.stands_above(call.called, call.caller)]

    def _called(self, frame: FrameType, event: str, _: Any) -> None:
        called = self._tree.modules.get(frame.f_code.co_filename)
        if event != "call" or called is None or frame.f_code.co_name == "<module>":
            return
        back = frame.f_back
        while back is not None and back.f_code.co_filename not in self._tree.modules:
            back = back.f_back
        if back is None:
            return
        caller = self._tree.modules[back.f_code.co_filename]
        call = Call(caller, _name(back), called, _name(frame))
        if call not in self.calls and self._holds(list(_handed(frame)), _DEPTH):
            self.calls[call] = None

    def _holds(self, value: Any, depth: int) -> bool:
        if self._is_value(value) or (self._begun and is_picture(value)):
            self._begun = True
            return True
        inner = _parts(value) if depth else ()
        return any(self._holds(part, depth - 1) for part in inner)


def _name(frame: FrameType) -> str:
    return getattr(frame.f_code, "co_qualname", frame.f_code.co_name)  # plain before Python 3.11


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _imported(path: Path, root: Path) -> Iterator[str]:
    """Names of what a file imports from, by relative imports alone as the tree has it."""
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *filter(None, [node.module])]
            yield ".".join(base)
            yield from (".".join([*base, alias.name]) for alias in node.names)


def _rank(module: str, container: str, layers: list[str]) -> int | None:
    """Number of a module's layer, 0 for the highest; None where the contract does not name it."""
    inner = module.removeprefix(f"{container}.").partition(".")[0]
    rows = (row.replace("|", " ").replace(":", " ").split() for row in layers)
    return next((rank for rank, row in enumerate(rows) if inner in row), None)


def _handed(frame: FrameType) -> Iterator[Any]:
    """The arguments of a call; of an iterator that is pulled, all that it holds."""
    code, known = frame.f_code, frame.f_locals
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    names = known if code.co_flags & CO_GENERATOR else code.co_varnames[:count]
    return (known[name] for name in names if name in known)


def _parts(value: Any) -> list[Any]:
    """What an object is made of; nothing of networks, long lists and what other libraries made."""
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list | tuple):
        inner = list(value)
    elif isinstance(value, partial):
        inner = [*value.args, *value.keywords.values()]
    elif is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name, None) for field in fields(value)]
    elif _is_own(type(value)) and not isinstance(value, nn.Module):
        inner = list(getattr(value, "__dict__", {}).values())
    else:
        inner = []
    return inner if len(inner) < _LONG else []


def _is_own(kind: type) -> bool:
    """Whether a class is the tree's, also where a host imports it under another name."""
    return kind is Namespace or not {*TRACED}.isdisjoint(kind.__module__.split("."))


def is_picture(value: Any) -> bool:
    """Whether a value is an array or a tensor of two dimensions or more, and no weight."""
    is_array = isinstance(value, np.ndarray | Tensor) and not isinstance(value, nn.Parameter)
    return is_array and value.ndim >= 2
