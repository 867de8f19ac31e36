"""What both paths are given: one source and sixteen driving faces, cut out and resized."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from hyperreenact_core.face.align import crop_face
from hyperreenact_core.face.search import searched
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import resize
from hyperreenact_core.models.checkpoints import read_config
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.store import weights_file
from hyperreenact_core.reenact.faces import AlignOptions, align_faces
from hyperreenact_core.reenact.views import appearance_view, crop_rule, pose_view
from hyperreenact_core.types import FaceCrop
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from tests.parity.golden import golden

FRAMES = 16
_SAMPLES = Path(__file__).parents[1] / "workflows" / "samples"


@dataclass(frozen=True)
class Inputs:
    """inversion_face: what e4e reads, [1, 3, S, S]. source_face: what the appearance encoder
    reads, [1, 3, S, S]. driving_faces: what the pose encoder reads, [FRAMES, 3, S, S], or states
    [FRAMES, STATE] of a set that is told them.
    """

    inversion_face: Tensor
    source_face: Tensor
    driving_faces: Tensor

    def save(self, path: Path) -> None:
        save_file({name: value.contiguous() for name, value in asdict(self).items()}, path)

    @staticmethod
    def load(path: Path) -> Inputs:
        return Inputs(**load_file(path))


def make_inputs(models: LoadedSet) -> Inputs:
    """Of a set with a detector: faces of the sample pictures. Else those of the parity tests."""
    has_detector = models.reads_landmarks or weights_file(models.folder, "landmarks").is_file()
    source, driving = _sample_faces(models) if has_detector else _given_faces(models)
    size = read_config(weights_file(models.folder, "e4e"), "e4e").input_size
    return Inputs(
        inversion_face=resize(source.image[None], size),
        source_face=appearance_view(source, models),
        driving_faces=torch.stack([pose_view(crop, models) for crop in driving]),
    )


def _sample_faces(models: LoadedSet) -> tuple[FaceCrop, list[FaceCrop]]:
    host, options = LocalHost(device="cpu"), AlignOptions()
    source = align_faces([read_image(_SAMPLES / "freckles.png")], models, host, options)
    clip = islice(open_frames(_SAMPLES / "turn.mp4"), 0, 4 * FRAMES, 4)
    driving = align_faces(clip, models, host, AlignOptions(stabilise=1))
    return source.crop_at(0), driving.crops


def _given_faces(models: LoadedSet) -> tuple[FaceCrop, list[FaceCrop]]:
    """The driving faces are one face, seen through squares that lie a little apart."""
    source, target = (_given_face(models, role) for role in ("source", "target"))
    random = torch.Generator().manual_seed(0)
    shifts = 12 * torch.randn(FRAMES, 1, 2, generator=random)
    return source, [replace(target, landmarks=target.landmarks + shift) for shift in shifts]


def _given_face(models: LoadedSet, role: str) -> FaceCrop:
    stored, rule = golden().tensor, crop_rule(models.settings)
    picture = searched(stored("preprocess", f"picture.{role}.0").numpy(), rule)
    crop = crop_face(picture, stored("preprocess", f"landmarks.picture.{role}.0"), rule)
    return replace(crop, landmarks=stored("preprocess", f"landmarks.crop.{role}")[0])
