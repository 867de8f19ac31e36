"""Rewrites the weights files of a set in another storage, 8 bits for one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError
from ..whole_files import whole_files
from .checkpoints import load_network, read_config, read_header, save_network
from .kinds import NETWORKS, NetworkKind
from .lock import check_pin, pin, pin_of
from .storage import Storage
from .store import weights_file


@dataclass(frozen=True)
class PackedFile:
    """One rewritten file. before, after: bytes."""

    kind: NetworkKind
    before: int
    after: int


def pack_set(
    folder: Path, *, storage: Storage = "int8", only: Collection[NetworkKind] = ()
) -> tuple[PackedFile, ...]:
    """Rewrite all networks of a folder, or `only` some: config and notes stay, pins follow.

    Either every file is rewritten or none. Raises ModelError where a file is not sound or not one
    of the networks of this program, OutputError where the folder takes no files.
    """
    files = _files_of(folder, only)
    pinned = {path.name for path in files.values() if check_pin(folder, path.name, pin_of(path))}
    before = {kind: path.stat().st_size for kind, path in files.items()}
    with whole_files(tuple(files.values())) as parts:
        for (kind, path), part in zip(files.items(), parts, strict=True):
            save_network(
                part,
                load_network(path, kind),
                kind=kind,
                config=read_config(path, kind),
                storage=storage,
                notes=read_header(path).notes,
            )
    for name in sorted(pinned):
        pin(folder, name, pin_of(folder / name))
    return tuple(
        PackedFile(kind, before[kind], path.stat().st_size) for kind, path in files.items()
    )


def _files_of(folder: Path, only: Collection[NetworkKind]) -> dict[NetworkKind, Path]:
    """The weights files to rewrite, in the order of the kinds."""
    present = sorted(folder.glob("*.safetensors"))
    if not present:
        raise ModelError(f"no weights files to pack, name the folder of a model set: {folder}")
    known: dict[Path, NetworkKind] = {weights_file(folder, kind): kind for kind in NETWORKS}
    if unknown := [path.name for path in present if path not in known]:
        raise ModelError(
            f"no network of this program, move it elsewhere first: {folder / unknown[0]}"
        )
    for kind in only:
        if weights_file(folder, kind) not in present:
            raise ModelError(f"no such weights file: {weights_file(folder, kind)}")
    return {known[p]: p for p in known if p in present and (not only or known[p] in only)}
