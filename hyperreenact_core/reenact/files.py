"""Identities and pose tracks as files: safetensors, which hold numbers and no code.

Metadata of a file: `format` ("hyperreenact-identity/1", "hyperreenact-poses/2"), `model_set`, and
`note`, see `PoseTrack`. Pose tracks come and go as CSV too, see performance_csv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import InputError
from ..models.tensor_files import save_tensors
from ..types import DrivingPose, FaceReading, Framing, SourceIdentity
from ..video.pictures import check_file
from .detail.performance import Performance
from .detail.portrait import Portrait
from .knobs import CsvLayout
from .performance_csv import read_performance, write_performance
from .posetrack import PoseTrack, track_of
from .stages import InvertedFace

IDENTITY_FORMAT = "hyperreenact-identity/1"
POSES_FORMAT = "hyperreenact-poses/2"
_POSES_BEFORE = "hyperreenact-poses/1"
"""Has no gaze, place, confidence and times, and always a set's own poses."""
CSV_SUFFIX = ".csv"
TRACK_SUFFIXES = (CSV_SUFFIX, ".safetensors")
_RECONSTRUCTION = "reconstruction"
_PREFIX, _GUIDE = "portrait.", "guide"
_FRAMING, _SHOWN = "framing", "shown"
_READ = tuple(field.name for field in fields(FaceReading) if field.name != "visible")
"""What is kept of a reading."""
_PORTRAIT = tuple(f"{_PREFIX}{name}" for name in ("image", _GUIDE, _FRAMING, _SHOWN, *_READ))
_OWN = "head."
_HEAD = tuple(f"{_OWN}{field.name}" for field in fields(Performance))
"""What only some files have: those made with a picture, and by a reader."""
_SHAPES = {
    **{"rotation": (3, 3), "coefficients": (52,), "gaze": (2, 3), "place": (3,)},
    **{"confidence": (), "time": ()},
}


def save_identity(path: Path, source: InvertedFace) -> None:
    """Write an inverted face; OutputError where that fails."""
    tensors = {**vars(source.identity), _RECONSTRUCTION: source.reconstruction}
    if source.portrait is not None:
        tensors |= _portrait_tensors(source.portrait)
    _write(path, tensors, format_name=IDENTITY_FORMAT, about={"model_set": source.model_set})


def load_identity(path: Path) -> InvertedFace:
    """Read an inverted face; InputError where the file is missing, damaged or something else."""
    names = [field.name for field in fields(SourceIdentity)]
    tensors, about = _read(
        path, [*names, _RECONSTRUCTION], format_name=IDENTITY_FORMAT, optional=_PORTRAIT
    )
    portrait = _portrait(path, tensors)
    reconstruction = tensors.pop(_RECONSTRUCTION)
    ranks = {"w_plus": 3, "appearance": 4, "id_embedding": 2}
    if reconstruction.ndim != 3 or any(tensors[name].ndim != rank for name, rank in ranks.items()):
        raise InputError(f"{path.name}: its tensors have the wrong shape; save the identity again")
    identity, model_set = SourceIdentity(**tensors), about.get("model_set", "")
    return InvertedFace(identity, reconstruction, model_set, portrait)


def save_poses(path: Path, track: PoseTrack, layout: CsvLayout = "plain") -> None:
    """Write a pose track, as CSV where the name ends so; OutputError where that fails.

    layout: of a CSV, which keeps the performance alone. InputError where there is none.
    """
    if path.suffix.lower() == CSV_SUFFIX:
        write_performance(path, track.states, layout)
        return
    tensors = {} if track.pose is None else dict(vars(track.pose))
    if track.performance is not None:
        tensors |= {f"{_OWN}{name}": value for name, value in vars(track.performance).items()}
    about = {"model_set": track.model_set, "note": track.note}
    _write(path, tensors, format_name=POSES_FORMAT, about=about)


def load_poses(path: Path) -> PoseTrack:
    """Read a pose track, CSV included; InputError where it is missing, damaged or another thing."""
    if path.suffix.lower() == CSV_SUFFIX:
        return track_of(read_performance(path))
    names = [field.name for field in fields(DrivingPose)]
    tensors, about = _read(
        path, [], format_name=(POSES_FORMAT, _POSES_BEFORE), optional=[*names, *_HEAD]
    )
    lengths = {len(tensor) if tensor.ndim else 0 for tensor in tensors.values()}
    told = {name: tensors[name] for name in names if name in tensors}
    head = {name.removeprefix(_OWN): tensors[name] for name in _HEAD if name in tensors}
    fits = all(head[name].shape[1:] == shape for name, shape in _SHAPES.items() if name in head)
    whole = len(told) in (0, len(names)) and (told or {"rotation", "coefficients"} <= set(head))
    if len(lengths) != 1 or lengths == {0} or not (fits and whole):
        raise InputError(f"{path.name}: its tensors do not fit together; save the pose track again")
    if told and told["features"].ndim != 4:
        raise InputError(f"{path.name}: its features have the wrong shape; save the track again")
    performance = Performance(**head) if {"rotation", "coefficients"} <= set(head) else None
    pose = DrivingPose(**told) if told else None
    return PoseTrack(pose, about.get("model_set", ""), performance, about.get("note", ""))


def _portrait_tensors(portrait: Portrait) -> dict[str, Tensor]:
    reading = {name: torch.as_tensor(getattr(portrait.reading, name)) for name in _READ}
    own = {"image": torch.from_numpy(portrait.image)}
    if portrait.guide is not None:
        own[_GUIDE] = portrait.guide
    if not portrait.framing.is_usual:
        own[_FRAMING] = torch.tensor(astuple(portrait.framing), dtype=torch.float64)
    if portrait.shown is not None:
        own[_SHOWN] = torch.tensor(astuple(portrait.shown), dtype=torch.float64)
    return {f"{_PREFIX}{name}": value for name, value in (own | reading).items()}


def _portrait(path: Path, tensors: dict[str, Tensor]) -> Portrait | None:
    """Take the portrait's tensors out of those of a file; None where it has none."""
    own = {name.removeprefix(_PREFIX): tensors.pop(name) for name in _PORTRAIT if name in tensors}
    guide = own.pop(_GUIDE, None)
    told, shown = own.pop(_FRAMING, None), own.pop(_SHOWN, None)
    if len(own) < len(_PORTRAIT) - 3:
        return None
    image = own.pop("image").clamp(0, 255).to(torch.uint8).numpy()
    score = float(own.pop("score"))
    square = image.ndim == 3 and image.shape[0] == image.shape[1] and image.shape[2] == 3
    if not square or (guide is not None and guide.ndim != 3) or own["points"].shape != (468, 2):
        raise InputError(f"{path.name}: its portrait has the wrong shape; save the identity again")
    reading = FaceReading(**own, score=score)
    part = None if shown is None else _framing(path, shown)
    return Portrait(image, reading, guide, _framing(path, told), part)


def _framing(path: Path, told: Tensor | None) -> Framing:
    if told is None:
        return Framing()
    if told.shape != (4,) or told[0] <= 0:
        raise InputError(f"{path.name}: its framing has the wrong shape; save the identity again")
    return Framing(*told.double().tolist())


def _write(
    path: Path, tensors: Mapping[str, Tensor], *, format_name: str, about: Mapping[str, str]
) -> None:
    own = {name: _stored(tensor) for name, tensor in tensors.items()}
    save_tensors(own, path, metadata={"format": format_name, **about})


def _stored(tensor: Tensor) -> Tensor:
    """Pictures as bytes, all else in float32."""
    own = tensor.detach().cpu().contiguous()
    return own if own.dtype == torch.uint8 else own.float()


def _read(
    path: Path, names: list[str], *, format_name: str | tuple[str, ...], optional: Sequence[str]
) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """The tensors of those names, optional ones where they are, and the metadata."""
    check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            known = (format_name,) if isinstance(format_name, str) else format_name
            if metadata.get("format") not in known:
                found = metadata.get("format", "something else")
                raise InputError(f"{path.name} holds {found}, not {known[0]}")
            if missing := [name for name in names if name not in file.keys()]:  # noqa: SIM118
                raise InputError(f"{path.name} lacks {', '.join(missing)}; save it again")
            held = set(file.keys())
            wanted = [*names, *(name for name in optional if name in held)]
            tensors = {name: file.get_tensor(name).clone() for name in wanted}
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{path} is damaged or no .safetensors file ({error}); save it again"
        ) from error
    if bad := [name for name, value in tensors.items() if not bool(value.isfinite().all())]:
        raise InputError(f"{path.name} holds NaN or Inf in {', '.join(bad)}; save it again")
    return tensors, metadata
