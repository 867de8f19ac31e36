"""Names made of content: what went in, with which settings, weights and program."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..models.sets import LoadedSet
from ..models.store import SHIPPED_WEIGHTS
from ..reenact.clip import ClipRequest

_PACKAGE = Path(__file__).parents[1]
_LENGTH = 32
_SHORT = 12


@cache
def package_version() -> str:
    """The package's version and a digest of its code, which a checkout changes without one."""
    try:
        stated = version("hyperreenact")
    except PackageNotFoundError:
        stated = "0"
    return f"{stated}+{_digest(sorted(_PACKAGE.rglob('*.py')), _PACKAGE)[:_SHORT]}"


def models_digest(models: LoadedSet) -> str:
    """Of all files of a set, and of those it shares with others."""
    folders = dict.fromkeys((models.folder, SHIPPED_WEIGHTS / "starter"))
    return _name([_digest(_files(folder), folder) for folder in folders])


def clip_name(request: ClipRequest, *, models: str, device: str, precision: str) -> str:
    """Of what is made for a request: the same name, the same frames. InputError names the file.

    models: as `models_digest` gives it.
    """
    import torch

    settings = {k: v for k, v in asdict(request).items() if k not in ("source", "driving", "out")}
    return _name(
        [package_version(), torch.__version__, models, device, precision, settings]
        + [
            content_digest(path)
            for path in (request.source, request.driving, request.front)
            if path
        ]
        + [str(request.out.resolve())]
    )


def graph_name(
    graph: Mapping[str, Any], files: Sequence[tuple[str, Path]], settings: Any, out: Path
) -> str:
    """Of one run of a graph on a server. InputError names a file that cannot be read."""
    contents = [(target, content_digest(path)) for target, path in files]
    return _name([graph, contents, settings, str(out)])


def content_digest(path: Path) -> str:
    """Of a file, or of a folder's files and their names; InputError where it cannot be read."""
    try:
        return _digest(_files(path), path) if path.is_dir() else _digest([path], path.parent)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the name") from error


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(paths: Iterable[Path], root: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            part = hashlib.sha256()
            while block := file.read(1 << 20):
                part.update(block)
        whole.update(f"{path.relative_to(root).as_posix()}\0{part.hexdigest()}\n".encode())
    return whole.hexdigest()


def _name(parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
