"""`hyperreenact models get`, `convert` and `pack`: what writes the files of a model set."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..choices import STORAGES
from ..errors import InputError, ModelError
from .common import OnProgress, add_model_path_option, say

if TYPE_CHECKING:
    from ..models.convert import ConvertedFile
    from ..models.fetch import FetchedFile
    from ..models.registry import ModelFile, ModelSet
    from .common import SubParsers


def register(actions: SubParsers) -> None:
    """Add `models get`, `models convert` and `models pack`."""
    get = actions.add_parser(
        "get",
        help="fetch the files of a set and convert them",
        description="Show a set's licence and terms and, once they are accepted, fetch its files "
        "and convert them. Files that are already in the folder it names are used as they are.",
    )
    get.add_argument("set_id", metavar="ID")
    add_model_path_option(get)
    get.add_argument(
        "--mirror", metavar="URL", help="fetch from this folder, which holds them by their names"
    )
    get.add_argument("--accept-terms", action="store_true", help="after reading them")
    get.set_defaults(run=run_get)

    convert = actions.add_parser(
        "convert",
        help="turn the published PyTorch files into a model set",
        description="Convert the published files, known by what they hold and not by their names, "
        "into safetensors. Code inside them is never run.",
    )
    convert.add_argument("files", nargs="+", type=Path, metavar="FILE")
    convert.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="the set's folder; its name becomes the set's id, the folder it lies in is what "
        "--model-path names",
    )
    convert.set_defaults(run=run_convert)

    pack = actions.add_parser(
        "pack",
        help="rewrite the weights of a set in 8 bits, at half the size",
        description="Rewrite the weights files of a set in place, all or none. What 8 bits round "
        "away is lost: keep a copy of what cannot be made again.",
    )
    pack.add_argument("folder", type=Path, metavar="FOLDER")
    pack.add_argument(
        "--storage",
        choices=STORAGES,
        default="int8",
        help="int8: 8 bits and a scale a channel for all large tensors, float16 for the others "
        "(default: %(default)s)",
    )
    pack.add_argument(
        "--only",
        nargs="+",
        default=(),
        metavar="NETWORK",
        help="networks to rewrite, such as hypernetwork e4e (default: all of the folder)",
    )
    pack.set_defaults(run=run_pack)


def run_get(args: argparse.Namespace) -> None:
    """Fetch what is missing, then convert; ModelError at the end names what could not be had."""
    from ..models.fetch import keep_to
    from ..models.registry import find_set, load_registry
    from ..models.store import missing_files

    registry = load_registry()
    entry = find_set(args.set_id, registry)
    if entry is None:
        known = ", ".join(known.id for known in registry)
        raise InputError(f"no model set {args.set_id!r} in the registry, it has {known}")
    if entry.shipped:
        say(f"{entry.id} ships with this program, there is nothing to fetch")
        return
    if not args.model_path:
        raise InputError("name the folder of your model sets with --model-path DIR")
    folder: Path = args.model_path[0] / entry.id
    if not missing_files(folder):
        say(f"{entry.id} is complete: {folder}")
        return
    _show_terms(entry, folder)
    if not args.accept_terms:
        raise InputError("nothing was fetched: read the terms, then add --accept-terms")
    files = _fetch_all(entry, folder, mirror=args.mirror)
    if entry.needs_conversion:
        _convert([file.path for file in files], folder)
    keep_to(files, folder)


def run_convert(args: argparse.Namespace) -> None:
    """Convert the named files into a set's folder and say what the set still lacks."""
    _convert(args.files, args.output)


def run_pack(args: argparse.Namespace) -> None:
    """Rewrite the files and tell their sizes."""
    from ..models.kinds import NETWORKS
    from ..models.packing import pack_set

    if unknown := [name for name in args.only if name not in NETWORKS]:
        raise InputError(f"--only {unknown[0]}: the networks are {', '.join(NETWORKS)}")
    files = pack_set(args.folder, storage=args.storage, only=args.only)
    for file in files:
        say(f"  {file.kind}: {_mib(file.before)} -> {_mib(file.after)}")
    before, after = sum(f.before for f in files), sum(f.after for f in files)
    say(f"{args.folder}: {_mib(before)} -> {_mib(after)} in {args.storage}")


def _mib(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"


def _show_terms(entry: ModelSet, folder: Path) -> None:
    from ..models.fetch import place_of

    link = f" ({entry.licence_url})" if entry.licence_url else ""
    say(f"{entry.title}. {entry.description}")
    say(f"licence: {entry.licence}{link}")
    say(f"terms: {entry.terms}")
    say(f"files, which can also be put into {place_of(entry.files[0], folder).parent} by hand:")
    for file in entry.files:
        say(f"  {file.name}  {file.url}")


def _fetch_all(entry: ModelSet, folder: Path, *, mirror: str | None) -> list[FetchedFile]:
    """All files of a set; one that cannot be had does not keep the others from coming."""
    from ..models.fetch import place_of

    files: list[FetchedFile] = []
    missing: list[str] = []
    for file in entry.files:
        try:
            files.append(_fetch(file, folder, mirror=mirror))
        except ModelError as error:
            missing.append(file.name)
            say(f"  {file.name}: MISSING, {error}")
    if missing:
        raise ModelError(
            f"{len(missing)} of {len(entry.files)} files are missing ({', '.join(missing)}): run "
            f"this again, or put them into {place_of(entry.files[0], folder).parent} by hand first"
        )
    return files


def _fetch(file: ModelFile, folder: Path, *, mirror: str | None) -> FetchedFile:
    from ..models.fetch import fetch_file

    with _byte_bar(file.name) as show:
        fetched = fetch_file(file, folder, mirror=mirror, on_bytes=show)
    origin = "was there" if fetched.was_there else "fetched"
    checksum = "checksum agrees" if fetched.was_known else "no checksum is known yet"
    say(f"  {file.name}: {origin}, {checksum}")
    return fetched


def _convert(files: Sequence[Path], folder: Path) -> None:
    from ..models.convert import convert_files
    from ..models.store import missing_files

    for converted in convert_files(files, folder):
        say(f"  {converted.source}: {converted.kind}{_remarks(converted)}")
    if missing := missing_files(folder):
        say(f"{folder} still lacks {', '.join(missing)}: convert the files that hold them")
        return
    where = f"--model-path {folder.resolve().parent}"
    say(f"{folder} is complete: --model-set {folder.resolve().name} {where}")


def _remarks(converted: ConvertedFile) -> str:
    return "".join(f"; {remark}" for remark in converted.remarks)


@contextmanager
def _byte_bar(name: str) -> Iterator[OnProgress]:
    """A bar on stderr that appears with the first bytes."""
    from tqdm import tqdm

    bar: tqdm[NoReturn] | None = None

    def show(done: int, total: int | None) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(
                desc=name,
                unit="B",
                unit_scale=True,
                initial=done,
                total=total,
                file=sys.stderr,
                dynamic_ncols=True,
                leave=False,
            )
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()
