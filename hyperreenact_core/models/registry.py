"""models_registry.yaml: which model sets exist, where their files come from, under what terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import yaml

from ..errors import ModelError
from .config_json import config_from_plain
from .kinds import NetworkKind

FileFormat = Literal["safetensors", "torch"]

REGISTRY_FILE = "models_registry.yaml"
SET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Ids are folder names, so they must not lead out of their parent."""

_PACKAGE = Path(__file__).resolve().parents[1]
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ModelFile:
    """One file of a set.

    name: file name inside the set's folder.
    format: "safetensors" is used as it is, "torch" has to be converted first.
    url: where a person can fetch it, None if it is shipped.
    size: bytes; sha256: 64 hex digits; both None where unknown.
    """

    role: NetworkKind
    name: str
    format: FileFormat
    url: str | None
    size: int | None
    sha256: str | None

    def __post_init__(self) -> None:
        if not SET_ID.fullmatch(self.name):
            raise ValueError(f"{self.role}: name must be a plain file name, it is {self.name!r}")
        if self.url is not None and not self.url.startswith("https://"):
            raise ValueError(f"{self.role}: url must be an https address, it is {self.url!r}")
        if self.size is not None and self.size <= 0:
            raise ValueError(f"{self.role}: size must be positive, it is {self.size}")
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.role}: sha256 must be 64 lower-case hex digits")


@dataclass(frozen=True)
class ModelSet:
    """One configuration of all networks plus its weights, as the registry describes it.

    licence_url: None where no licence is stated.
    terms: what a user has to know before using the weights.
    resolution: side of the drawn face in pixels.
    shipped: the weights are part of this package.
    """

    id: str
    title: str
    description: str
    licence: str
    licence_url: str | None
    terms: str
    resolution: int
    shipped: bool
    files: tuple[ModelFile, ...]

    def __post_init__(self) -> None:
        if not SET_ID.fullmatch(self.id):
            raise ValueError(f"id must be a plain folder name, it is {self.id!r}")
        if self.resolution <= 0:
            raise ValueError(f"resolution must be positive, it is {self.resolution}")
        if not self.files:
            raise ValueError("files must not be empty")
        if repeated := _repeated(file.role for file in self.files):
            raise ValueError(f"role {repeated} stands more than once")
        if repeated := _repeated(file.name for file in self.files):
            raise ValueError(f"file name {repeated} stands more than once")
        homeless = [file.role for file in self.files if file.url is None]
        if homeless and not self.shipped:
            raise ValueError(f"{', '.join(homeless)}: a file that is not shipped needs a url")

    @property
    def needs_conversion(self) -> bool:
        """Whether some of the files cannot be used as they are."""
        return any(file.format == "torch" for file in self.files)


def load_registry(path: Path | None = None) -> tuple[ModelSet, ...]:
    """Read and check the registry; ModelError names the set and field that is wrong."""
    path = path or registry_path()
    try:
        raw: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read the model registry ({error.strerror}): {path}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"the model registry is not valid YAML ({error}): {path}") from error
    try:
        sets = tuple(_parse_set(entry, n) for n, entry in enumerate(_entries(raw), 1))
        if repeated := _repeated(entry.id for entry in sets):
            raise ValueError(f"set {repeated!r} stands more than once")
    except ValueError as error:
        raise ModelError(f"model registry: {error}: {path}") from error
    return sets


def registry_path() -> Path:
    """The file at the root of the checkout, or its copy inside an installed package."""
    at_root = _PACKAGE.parent / REGISTRY_FILE
    return at_root if at_root.is_file() else _PACKAGE / REGISTRY_FILE


def find_set(set_id: str, registry: Sequence[ModelSet]) -> ModelSet | None:
    """The set of that id; None for one the registry does not know, such as a user's own."""
    return next((entry for entry in registry if entry.id == set_id), None)


def _entries(raw: object) -> list[object]:
    """The list under `sets`, which is all the file may hold."""
    sets = cast("Mapping[str, object]", raw).get("sets") if isinstance(raw, Mapping) else None
    if not isinstance(sets, list) or list(cast("Mapping[str, object]", raw)) != ["sets"]:
        raise ValueError("it must hold one list named sets")
    return cast("list[object]", sets)


def _parse_set(raw: object, number: int) -> ModelSet:
    known = isinstance(raw, Mapping) and "id" in raw
    set_id = repr(cast("Mapping[str, object]", raw)["id"]) if known else f"no. {number}"
    return config_from_plain(raw, ModelSet, where=f"set {set_id}")


def _repeated(values: Iterable[str]) -> str | None:
    """The first value that stands there a second time."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None
