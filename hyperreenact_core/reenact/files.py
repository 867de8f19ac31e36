"""Identities and pose tracks as files: safetensors, which hold numbers and no code.

Metadata of a file: `format` ("hyperreenact-identity/1", "hyperreenact-poses/1") and `model_set`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import InputError, OutputError
from ..models.tensor_files import save_tensors
from ..types import DrivingPose, SourceIdentity
from .posetrack import PoseTrack
from .stages import InvertedFace

IDENTITY_FORMAT = "hyperreenact-identity/1"
POSES_FORMAT = "hyperreenact-poses/1"
_RECONSTRUCTION = "reconstruction"


def save_identity(path: Path, source: InvertedFace) -> None:
    """Write an inverted face; OutputError where that fails."""
    tensors = {**vars(source.identity), _RECONSTRUCTION: source.reconstruction}
    _write(path, tensors, format_name=IDENTITY_FORMAT, model_set=source.model_set)


def load_identity(path: Path) -> InvertedFace:
    """Read an inverted face; InputError where the file is missing, damaged or something else."""
    names = [field.name for field in fields(SourceIdentity)]
    tensors, model_set = _read(path, [*names, _RECONSTRUCTION], format_name=IDENTITY_FORMAT)
    reconstruction = tensors.pop(_RECONSTRUCTION)
    ranks = {"w_plus": 3, "appearance": 4, "id_embedding": 2}
    if reconstruction.ndim != 3 or any(tensors[name].ndim != rank for name, rank in ranks.items()):
        raise InputError(f"{path.name}: its tensors have the wrong shape; save the identity again")
    return InvertedFace(SourceIdentity(**tensors), reconstruction, model_set)


def save_poses(path: Path, track: PoseTrack) -> None:
    """Write a pose track; OutputError where that fails."""
    _write(path, vars(track.pose), format_name=POSES_FORMAT, model_set=track.model_set)


def load_poses(path: Path) -> PoseTrack:
    """Read a pose track; InputError where the file is missing, damaged or something else."""
    names = [field.name for field in fields(DrivingPose)]
    tensors, model_set = _read(path, names, format_name=POSES_FORMAT)
    lengths = {len(tensor) if tensor.ndim else 0 for tensor in tensors.values()}
    if len(lengths) != 1 or lengths == {0} or tensors["features"].ndim != 4:
        raise InputError(f"{path.name}: its tensors do not fit together; save the pose track again")
    return PoseTrack(DrivingPose(**tensors), model_set)


def _write(path: Path, tensors: Mapping[str, Tensor], *, format_name: str, model_set: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    own = {name: tensor.detach().cpu().float().contiguous() for name, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_tensors(own, partial, metadata={"format": format_name, "model_set": model_set})
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"cannot write {path}: {error}") from error
    finally:
        with suppress(OSError):  # what went wrong before is what the user must hear of
            partial.unlink(missing_ok=True)


def _read(path: Path, names: list[str], *, format_name: str) -> tuple[dict[str, Tensor], str]:
    """The tensors of those names and the id of the set they were made with."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            if metadata.get("format") != format_name:
                found = metadata.get("format", "something else")
                raise InputError(f"{path.name} holds {found}, not {format_name}")
            if missing := [name for name in names if name not in file.keys()]:  # noqa: SIM118
                raise InputError(f"{path.name} lacks {', '.join(missing)}; save it again")
            tensors = {name: file.get_tensor(name).clone() for name in names}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be read ({error}); save it again") from error
    if bad := [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]:
        raise InputError(f"{path.name} holds NaN or Inf in {', '.join(bad)}; save it again")
    return tensors, metadata.get("model_set", "")
