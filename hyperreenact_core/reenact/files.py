"""Identities and pose tracks as files: safetensors, which hold numbers and no code.

Metadata of a file: `format` ("hyperreenact-identity/1", "hyperreenact-poses/1") and `model_set`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import InputError
from ..models.tensor_files import save_tensors
from ..types import DrivingPose, FaceReading, SourceIdentity
from ..whole_files import whole_file
from .detail.performance import Performance
from .detail.portrait import Portrait
from .posetrack import PoseTrack
from .stages import InvertedFace

IDENTITY_FORMAT = "hyperreenact-identity/1"
POSES_FORMAT = "hyperreenact-poses/1"
_RECONSTRUCTION = "reconstruction"
_PREFIX, _GUIDE = "portrait.", "guide"
_PORTRAIT = tuple(
    f"{_PREFIX}{name}" for name in ("image", _GUIDE, *(f.name for f in fields(FaceReading)))
)
_HEAD = tuple(f"head.{field.name}" for field in fields(Performance))
"""What only some files have: those made with a picture, and by a reader."""


def save_identity(path: Path, source: InvertedFace) -> None:
    """Write an inverted face; OutputError where that fails."""
    tensors = {**vars(source.identity), _RECONSTRUCTION: source.reconstruction}
    if source.portrait is not None:
        tensors |= _portrait_tensors(source.portrait)
    _write(path, tensors, format_name=IDENTITY_FORMAT, model_set=source.model_set)


def load_identity(path: Path) -> InvertedFace:
    """Read an inverted face; InputError where the file is missing, damaged or something else."""
    names = [field.name for field in fields(SourceIdentity)]
    tensors, model_set = _read(
        path, [*names, _RECONSTRUCTION], format_name=IDENTITY_FORMAT, optional=_PORTRAIT
    )
    portrait = _portrait(path, tensors)
    reconstruction = tensors.pop(_RECONSTRUCTION)
    ranks = {"w_plus": 3, "appearance": 4, "id_embedding": 2}
    if reconstruction.ndim != 3 or any(tensors[name].ndim != rank for name, rank in ranks.items()):
        raise InputError(f"{path.name}: its tensors have the wrong shape; save the identity again")
    return InvertedFace(SourceIdentity(**tensors), reconstruction, model_set, portrait)


def save_poses(path: Path, track: PoseTrack) -> None:
    """Write a pose track; OutputError where that fails."""
    tensors = dict(vars(track.pose))
    if track.performance is not None:
        tensors |= {f"head.{name}": value for name, value in vars(track.performance).items()}
    _write(path, tensors, format_name=POSES_FORMAT, model_set=track.model_set)


def load_poses(path: Path) -> PoseTrack:
    """Read a pose track; InputError where the file is missing, damaged or something else."""
    names = [field.name for field in fields(DrivingPose)]
    tensors, model_set = _read(path, names, format_name=POSES_FORMAT, optional=_HEAD)
    lengths = {len(tensor) if tensor.ndim else 0 for tensor in tensors.values()}
    if len(lengths) != 1 or lengths == {0} or tensors["features"].ndim != 4:
        raise InputError(f"{path.name}: its tensors do not fit together; save the pose track again")
    head = {name: tensors.pop(name) for name in _HEAD if name in tensors}
    own = {name.removeprefix("head."): value for name, value in head.items()}
    performance = Performance(**own) if {"rotation", "coefficients"} <= set(own) else None
    return PoseTrack(DrivingPose(**tensors), model_set, performance)


def _portrait_tensors(portrait: Portrait) -> dict[str, Tensor]:
    reading = vars(portrait.reading) | {"score": torch.tensor(portrait.reading.score)}
    own = {"image": torch.from_numpy(portrait.image)}
    if portrait.guide is not None:
        own[_GUIDE] = portrait.guide
    return {f"{_PREFIX}{name}": value for name, value in (own | reading).items()}


def _portrait(path: Path, tensors: dict[str, Tensor]) -> Portrait | None:
    """Take the portrait's tensors out of those of a file; None where it has none."""
    own = {name.removeprefix(_PREFIX): tensors.pop(name) for name in _PORTRAIT if name in tensors}
    guide = own.pop(_GUIDE, None)
    if len(own) < len(_PORTRAIT) - 1:
        return None
    image = own.pop("image").clamp(0, 255).to(torch.uint8).numpy()
    score = float(own.pop("score"))
    square = image.ndim == 3 and image.shape[0] == image.shape[1] and image.shape[2] == 3
    if not square or (guide is not None and guide.ndim != 3) or own["points"].shape != (468, 2):
        raise InputError(f"{path.name}: its portrait has the wrong shape; save the identity again")
    return Portrait(image, FaceReading(**own, score=score), guide)


def _write(path: Path, tensors: Mapping[str, Tensor], *, format_name: str, model_set: str) -> None:
    own = {name: _stored(tensor) for name, tensor in tensors.items()}
    with whole_file(path) as part:
        save_tensors(own, part, metadata={"format": format_name, "model_set": model_set})


def _stored(tensor: Tensor) -> Tensor:
    """Pictures as bytes, all else in float32."""
    own = tensor.detach().cpu().contiguous()
    return own if own.dtype == torch.uint8 else own.float()


def _read(
    path: Path, names: list[str], *, format_name: str, optional: Sequence[str]
) -> tuple[dict[str, Tensor], str]:
    """The tensors of those names, optional ones where they are, and the id of the set."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            if metadata.get("format") != format_name:
                found = metadata.get("format", "something else")
                raise InputError(f"{path.name} holds {found}, not {format_name}")
            if missing := [name for name in names if name not in file.keys()]:  # noqa: SIM118
                raise InputError(f"{path.name} lacks {', '.join(missing)}; save it again")
            known = set(file.keys())
            wanted = [*names, *(name for name in optional if name in known)]
            tensors = {name: file.get_tensor(name).clone() for name in wanted}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be read ({error}); save it again") from error
    if bad := [name for name, value in tensors.items() if not bool(value.isfinite().all())]:
        raise InputError(f"{path.name} holds NaN or Inf in {', '.join(bad)}; save it again")
    return tensors, metadata.get("model_set", "")
