"""Read PyTorch files of unknown origin: nothing in them is run, and damage is found.

Only the converter reads such files; everything else here is safetensors.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch

from ..errors import ModelError

_HARMLESS = (
    "argparse.Namespace",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray.scalar",
    "numpy.dtype",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
)
"""What training programs leave beside the weights. Nothing reads it: stand-ins take its place."""

_FETCH_AGAIN = "fetch it again"
_START = 512
"""A tar archive names itself after 257 bytes."""


class _StandIn:
    """Takes the place of an object; whatever made or filled it is thrown away."""

    def __new__(cls, *_args: object, **_kwargs: object) -> _StandIn:
        return super().__new__(cls)

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        pass

    def __setstate__(self, _state: object) -> None:
        pass


def read_torch_file(path: Path) -> Mapping[str, object]:
    """The dict in a file that `torch.save` wrote, zip or older; tensors are on the CPU.

    Tensors of a zip file are mapped, not read, so it must stay as it is while they are in use.
    Raises ModelError, in one line, for anything that is damaged, is no such file, or would run
    code.
    """
    is_zip = _check_start(path)
    if is_zip:
        _check_archive(path)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_stand_ins()):
            warnings.simplefilter("ignore")  # about old formats, which is why we are here
            content: object = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except Exception as error:  # arbitrary bytes raise anything
        raise _refusal(path, error) from error
    if not isinstance(content, Mapping):
        raise ModelError(f"holds one {type(content).__name__} and no named weights: {path}")
    return cast("Mapping[str, object]", content)


def _stand_ins() -> list[Any]:
    """Classes that answer to the names of the harmless ones."""
    paths = [name.rpartition(".") for name in _HARMLESS]
    return [type(name, (_StandIn,), {"__module__": module}) for module, _, name in paths]


def _check_start(path: Path) -> bool:
    """Whether the file is a zip archive; ModelError for what is no PyTorch file at all."""
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as error:
        raise ModelError(f"cannot read the file ({error.strerror}): {path}") from error
    if start.startswith(b"PK\x03\x04"):
        return True
    if start[8:9] == b"{" and not any(start[4:8]):  # length and beginning of its header
        raise ModelError(f"this is safetensors already, it needs no conversion: {path}")
    if start[:1] == b"\x80":
        return False
    if start.lstrip()[:1] == b"<":
        raise ModelError(f"a web page was saved in place of the file, {_FETCH_AGAIN}: {path}")
    if start[257:262] == b"ustar":
        raise ModelError(f"a tar archive; unpack it and name the weights file inside: {path}")
    raise ModelError(f"not a PyTorch file, or damaged, {_FETCH_AGAIN}: {path}")


def _check_archive(path: Path) -> None:
    """Compare every part of a zip archive with its checksum, which torch itself does not do."""
    try:
        with zipfile.ZipFile(path) as archive:
            # Weights are stored as they are; what grows on unpacking was made to fill memory.
            if sum(part.file_size for part in archive.infolist()) > path.stat().st_size:
                raise ModelError(f"refused, a compressed archive is no weights file: {path}")
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        raise ModelError(f"damaged or cut off ({error}), {_FETCH_AGAIN}: {path}") from error
    if damaged is not None:
        raise ModelError(f"damaged ({damaged} has the wrong checksum), {_FETCH_AGAIN}: {path}")


def _refusal(path: Path, error: Exception) -> ModelError:
    """What went wrong, in one line; torch's own messages fill a screen."""
    message = str(error)
    if forbidden := re.search(r"GLOBAL ([\w.]+)", message):
        return ModelError(
            f"refused: the file asks to run {forbidden[1]} when it is read, which weights never "
            f"need; do not use it: {path}"
        )
    reason = next((line.strip() for line in message.splitlines() if line.strip()), "")
    reason = reason or type(error).__name__
    return ModelError(f"damaged or no weights file ({reason[:120]}), {_FETCH_AGAIN}: {path}")
