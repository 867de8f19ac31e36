"""`hyperreenact models`: which model sets there are, where they lie, and whether they are sound."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError
from . import model_files
from .common import add_model_path_option, say

if TYPE_CHECKING:
    from ..models.kinds import NetworkKind
    from ..models.registry import ModelFile, ModelSet
    from .common import SubParsers


def register(subparsers: SubParsers) -> None:
    """Add `models list`, `status`, `verify`, `get`, `convert` and `pack`."""
    parser = subparsers.add_parser("models", help="list, check, fetch, convert and pack model sets")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="show the known sets and their licences")
    add_model_path_option(listing)
    listing.set_defaults(run=run_list)

    status = actions.add_parser("status", help="show where a set lies and what its files hold")
    status.add_argument("set_id", nargs="?", default="starter", metavar="ID")
    add_model_path_option(status)
    status.set_defaults(run=run_status)

    verify = actions.add_parser("verify", help="load every file of a set and compare checksums")
    verify.add_argument("set_id", nargs="?", default="starter", metavar="ID")
    add_model_path_option(verify)
    verify.set_defaults(run=run_verify)

    model_files.register(actions)


def run_list(args: argparse.Namespace) -> None:
    """Print the registry's sets with their state, then the user's own."""
    from ..models.registry import load_registry
    from ..models.store import missing_files

    registry = load_registry()
    for entry in registry:
        say(f"{entry.id}  [{_state(entry, args.model_path)}]")
        say(f"  {entry.title}, {entry.resolution} px. {entry.description}")
        link = f" ({entry.licence_url})" if entry.licence_url else ""
        say(f"  licence: {entry.licence}{link}. {entry.terms}")
    known = {entry.id for entry in registry}
    for parent in args.model_path:
        for folder in sorted(path for path in _folders(parent) if path.name not in known):
            if not missing_files(folder):
                say(f"{folder.name}  [installed]")
                say(f"  a set of your own: {folder}")


def run_status(args: argparse.Namespace) -> None:
    """Print a set's folder, its settings, and what each of its weights files says of itself."""
    from dataclasses import asdict

    from ..models.checkpoints import read_header
    from ..models.settings import load_settings
    from ..models.store import locate

    folder = locate(args.set_id, args.model_path)
    say(f"{args.set_id}: {folder}")
    for name, value in asdict(load_settings(folder)).items():
        say(f"  {name}: {value}")
    for kind, path in _weights(folder):
        notes = ", ".join(f"{key} {value}" for key, value in read_header(path).notes.items())
        size = path.stat().st_size / 2**20
        say(f"  {kind}: {size:.1f} MiB" + (f" ({notes})" if notes else ""))


def run_verify(args: argparse.Namespace) -> None:
    """Check every file of a set; ModelError at the end if one is not sound."""
    from ..models.lock import read_lock
    from ..models.registry import find_set, load_registry
    from ..models.settings import load_settings
    from ..models.store import locate

    folder = locate(args.set_id, args.model_path)
    load_settings(folder)
    entry = find_set(args.set_id, load_registry())
    stated = {file.name: file for file in entry.files} if entry else {}
    files = _weights(folder, also=stated)
    checks: list[tuple[str, Callable[[], str]]] = [
        (kind, partial(_verify_weights, path, kind, stated=stated.get(path.name)))
        for kind, path in files
    ]
    # What was converted may be gone; where it is not, it must be what it was.
    weights = {path.name for _, path in files}
    others = [name for name in read_lock(folder) if name not in weights]
    checks += [(n, partial(_checksum, folder, n)) for n in others if (folder / n).is_file()]
    bad = 0
    for name, check in checks:
        try:
            say(f"  {name}: ok, {check()}")
        except ModelError as error:
            bad += 1
            say(f"  {name}: BAD, {error}")
    if bad:
        raise ModelError(
            f"{bad} of {len(checks)} files of model set {args.set_id!r} are not sound, "
            f"fetch or train them again: {folder}"
        )


def _verify_weights(path: Path, kind: NetworkKind, *, stated: ModelFile | None) -> str:
    """Load a file and compare its checksum; says what was compared."""
    from ..models.checkpoints import load_network

    load_network(path, kind)
    return f"loads; {_checksum(path.parent, path.name, stated=stated)}"


def _checksum(folder: Path, name: str, *, stated: ModelFile | None = None) -> str:
    """Compare a file with the registry and with what it was when it was first used."""
    from ..models.fetch import check_stated
    from ..models.lock import check_pin, pin_of

    measured = pin_of(folder / name)
    known = stated is not None and check_stated(measured, stated)
    known = check_pin(folder, name, measured) or known
    return "checksum agrees" if known else "no checksum is known"


def _weights(folder: Path, *, also: Collection[str] = ()) -> list[tuple[NetworkKind, Path]]:
    """The weights files that are there or named in `also`, in the order of the kinds."""
    from ..models.kinds import NETWORKS
    from ..models.store import weights_file

    paths: list[tuple[NetworkKind, Path]] = [(k, weights_file(folder, k)) for k in NETWORKS]
    return [(kind, path) for kind, path in paths if path.is_file() or path.name in also]


def _state(entry: ModelSet, model_paths: Sequence[Path]) -> str:
    from ..models.store import installed

    if installed(entry.id, model_paths):
        return "installed"
    return "not installed"


def _folders(parent: Path) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []
