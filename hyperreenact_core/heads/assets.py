"""The public-domain meshes and textures that heads are made of, and whether they are whole."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib import resources
from pathlib import Path

from ..errors import InputError

ASSETS_VARIABLE = "HYPERREENACT_ASSETS"
_TABLE = "assets.tsv"
_BESIDE_A_CHECKOUT = Path("shared", "heads", "base")
_HOW_TO_GET = (
    "fetch MakeHuman's system assets (CC0 1.0), unpack them in their official layout (skins, eyes, "
    "hair, ...) and name the folder with --assets or the environment variable " + ASSETS_VARIABLE
)


def find_assets(folder: Path | None = None) -> Path:
    """The folder of assets: the one given, the environment's, or the one beside a checkout.

    Raises InputError where there is none, which says what to fetch and where to put it.
    """
    named = folder or (Path(os.environ[ASSETS_VARIABLE]) if ASSETS_VARIABLE in os.environ else None)
    if named is not None:
        if not named.is_dir():
            raise InputError(f"{named}: no folder of assets is there; {_HOW_TO_GET}")
        return named
    for parent in Path(__file__).resolve().parents:
        if (parent / _BESIDE_A_CHECKOUT).is_dir():
            return parent / _BESIDE_A_CHECKOUT
    raise InputError(f"drawing heads needs meshes and textures: {_HOW_TO_GET}")


class Assets:
    """A folder of assets; every file is held against the table of checksums as it is first used."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = find_assets(folder)
        self._checked: set[str] = set()

    def path(self, name: str) -> Path:
        """The file `name` (with slashes). Raises InputError where it is missing or another one."""
        path = self.folder / name
        if name not in self._checked:
            self._check(path, name)
            self._checked.add(name)
        return path

    def names(self, folder: str, suffix: str) -> list[str]:
        """The table's files in a folder and below, in order."""
        return [n for n in checksums() if n.startswith(f"{folder}/") and n.endswith(suffix)]

    def verify(self) -> int:
        """Check every file of the table; returns how many there are."""
        for name in checksums():
            self.path(name)
        return len(checksums())

    def _check(self, path: Path, name: str) -> None:
        expected = checksums().get(name)
        if expected is None:
            raise InputError(f"{name}: not a file of the known assets")
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); {_HOW_TO_GET}") from error
        if found != expected:
            raise InputError(
                f"{path}: is not the file this was made for (sha256 {found}); fetch it again"
            )


@cache
def checksums() -> dict[str, str]:
    """File name -> sha256, in the order of the names."""
    text = (resources.files(__name__.rpartition(".")[0]) / _TABLE).read_text()
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows}
