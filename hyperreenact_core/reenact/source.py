"""The source picture: everything that is computed once, whatever drives the face afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..errors import InputError, NoFaceError
from ..face.align import crop_face
from ..face.detect import FaceChoice, FaceDetector, choose_face
from ..host import Host
from ..imaging import ImageU8, resize
from ..models.sets import FastNetworks, LoadedSet
from ..networks.fast.drawing import draw, style_generator
from ..types import FaceCrop, SourceIdentity
from .knobs import chosen_psi
from .memory import working_bytes
from .views import (
    appearance_view,
    crop_rule,
    detector_of,
    in_picture,
    searched,
    with_readings,
)


@dataclass(frozen=True)
class SourceFace:
    """The face to be animated. All tensors are float32 on the CPU.

    picture: uint8 RGB [H, W, 3], what it was found in.
    crop: the face cut from the picture.
    identity: what the generator and the hypernetwork are told of it.
    reconstruction: [3, R, R] in [-1, 1], the face drawn from its latent code alone.
    faces: how many the picture shows, this one among them.
    """

    picture: ImageU8
    crop: FaceCrop
    identity: SourceIdentity
    reconstruction: Tensor
    faces: int = 1


def analyse_source(
    picture: ImageU8,
    models: LoadedSet,
    host: Host,
    *,
    name: str = "the source picture",
    detector: FaceDetector | None = None,
    choice: FaceChoice = "largest",
    truncation_psi: float | None = None,
) -> SourceFace:
    """Find the face of a picture [H, W, 3] and encode who it is.

    name: what messages call the picture. detector: the set's own if None. choice: which of several
    faces. truncation_psi: how much of the code's distance from the mean face is kept, 0 to 1;
    the set's own value if None or negative.
    Raises NoFaceError where no face is found, InputError for a choice or psi that cannot be had,
    ModelError where weights are missing or damaged.
    """
    psi = chosen_psi(truncation_psi, models.settings.truncation_psi)
    detector = with_readings(detector or detector_of(models, host), models, host)
    with host.on_device(models.reading_networks, 0):
        crop, faces = _find_face(picture, models, name=name, detector=detector, choice=choice)
    networks = source_networks(models.fast(host.dtype))
    with host.on_device(networks, working_bytes(models, batch_size=1)):
        inverted = encode_face(crop, models, host)
        identity = replace(inverted, w_plus=truncate(inverted.w_plus, models, host, psi=psi))
        reconstruction = reconstruct(identity.w_plus, models, host)
    return SourceFace(picture, crop, identity, reconstruction, faces)


def source_networks(networks: FastNetworks) -> list[nn.Module]:
    """What the three functions below need on the host's device."""
    return [networks.e4e, networks.appearance, networks.generator]


@torch.no_grad()
def encode_face(crop: FaceCrop, models: LoadedSet, host: Host) -> SourceIdentity:
    """Who a face is; its codes are the encoder's own, not truncated. Float32 on the CPU.

    Computed in float32 whatever the host's number format: it is done once, and half of what half
    precision changes in a picture would come from here.
    """
    networks = models.fast(host.dtype)
    face = resize(crop.image[None], networks.e4e.config.input_size).to(host.device)
    view = appearance_view(crop, models).to(host.device)
    seen = networks.appearance(view)
    return SourceIdentity(
        w_plus=networks.e4e(face).cpu(),
        appearance=seen.map.cpu(),
        id_embedding=seen.embedding.cpu(),
    )


@torch.no_grad()
def truncate(w_plus: Tensor, models: LoadedSet, host: Host, *, psi: float) -> Tensor:
    """Codes pulled toward the mean face, on the CPU."""
    return models.generator.truncate(w_plus.to(host.device), psi).cpu()


@torch.no_grad()
def reconstruct(w_plus: Tensor, models: LoadedSet, host: Host) -> Tensor:
    """What truncated codes [1, n_latent, D] alone draw: [3, R, R] in [-1, 1] on the CPU."""
    styled = style_generator(models.generator, w_plus.to(host.device), dtype=host.dtype)
    return draw(styled, None, frames=1)[0].clamp(-1, 1).cpu()


def _find_face(
    picture: ImageU8,
    models: LoadedSet,
    *,
    name: str,
    detector: FaceDetector,
    choice: FaceChoice,
) -> tuple[FaceCrop, int]:
    """The chosen face, and of how many it was chosen."""
    reduced = searched(picture, models.settings)
    height, width = reduced.shape[:2]
    try:
        found = detector.detect(reduced)
        face = choose_face(found, choice, width=width, height=height)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    if face is None:
        raise NoFaceError(
            f"{name} shows no face that can be found; use a picture in which the face is large, "
            "sharp and not cut off"
        )
    rule = crop_rule(models.settings)
    crop = crop_face(reduced, face.landmarks, rule, score=face.score, reading=face.reading)
    return in_picture(crop, picture=picture, searched=reduced), len(found)
