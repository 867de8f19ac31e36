"""The source picture: everything that is computed once, whatever drives the face afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..choices import FaceChoice
from ..errors import InputError
from ..face.detect import FaceDetector
from ..face.search import FoundFace, find_face, find_faces, turned
from ..host import Host
from ..imaging import ImageU8, resize
from ..models.sets import FastNetworks, LoadedSet
from ..networks.fast.drawing import draw, style_generator
from ..types import FaceCrop, Framing, SourceIdentity
from .knobs import check_framing, chosen_psi
from .memory import working_bytes
from .views import appearance_view, crop_rule, with_readings


@dataclass(frozen=True)
class SourceFace:
    """The face to be animated. All tensors are float32 on the CPU.

    picture: uint8 RGB [H, W, 3], what it was found in: upright, by `turns` quarter turns counter-
    clockwise of what was given.
    crop: the face cut from the picture.
    identity: what the generator and the hypernetwork are told of it.
    reconstruction: [3, R, R] in [-1, 1], the face drawn from its latent code alone.
    faces: how many the picture shows, this one among them.
    front: [H, W] in [0, 1], what of the picture stays in front of the face; None for nothing.
    shown: the crop, where results that are not pasted back show no more of the square that is
    drawn; None for all of it.
    """

    picture: ImageU8
    crop: FaceCrop
    identity: SourceIdentity
    reconstruction: Tensor
    faces: int = 1
    turns: int = 0
    front: Tensor | None = None
    shown: Framing | None = None

    @property
    def crop_shown(self) -> FaceCrop:
        """The crop, framed as what results show."""
        return self.crop if self.shown is None else replace(self.crop, framing=self.shown)

    def as_given(self, picture: ImageU8) -> ImageU8:
        """A picture like `picture`, turned back to how the source was given."""
        return turned(picture, -self.turns)

    def framed(self, framing: Framing) -> SourceFace:
        """The same, of which results show another square; InputError for one out of range."""
        check_framing(framing)
        return replace(self, crop=replace(self.crop, framing=framing), shown=None)

    def behind(self, front: Tensor) -> SourceFace:
        """The same behind what [H, W] of the picture, as the source was given, stays in front.

        InputError where that is of another size.
        """
        given = self.as_given(self.picture).shape[:2]
        if tuple(front.shape) != given:
            height, width = front.shape[-2:]
            raise InputError(
                f"what stays in front is told for {width}x{height} pixels, the source picture has "
                f"{given[1]}x{given[0]}: give a mask of its size"
            )
        return replace(self, front=torch.rot90(front.float().cpu(), self.turns))


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
    """Find the face of a picture [H, W, 3] and encode who it is; the picture may lie on its side.

    name: what messages call the picture. detector: the set's own if None. choice: which of several
    faces. truncation_psi: how much of the code's distance from the mean face is kept, 0 to 1;
    the set's own value if None or negative.
    Raises NoFaceError where no face is found, InputError for a choice or psi that cannot be had,
    ModelError where weights are missing or damaged.
    """
    psi = chosen_psi(truncation_psi, models.settings.truncation_psi)
    detector = with_readings(detector, models, host)
    rule = crop_rule(models.settings)
    with host.on_device(models.reading_networks, 0):
        found = find_face(picture, detector, rule, name=name, choice=choice)
    return _analysed(found, turned(picture, found.turns), models, host, psi=psi)


def analyse_sources(
    picture: ImageU8,
    models: LoadedSet,
    host: Host,
    *,
    name: str = "the source picture",
    detector: FaceDetector | None = None,
    truncation_psi: float | None = None,
) -> list[SourceFace]:
    """All faces of a picture from the left; else as `analyse_source`.

    A picture whose largest face lies is turned; faces that lie in it then are left out.
    """
    psi = chosen_psi(truncation_psi, models.settings.truncation_psi)
    detector = with_readings(detector, models, host)
    rule = crop_rule(models.settings)
    with host.on_device(models.reading_networks, 0):
        upright, found = find_faces(picture, detector, rule, name=name)
    sources: list[SourceFace] = []
    for face in found:
        host.check_interrupt()
        sources.append(_analysed(face, upright, models, host, psi=psi))
    return sources


def _analysed(
    found: FoundFace, upright: ImageU8, models: LoadedSet, host: Host, *, psi: float
) -> SourceFace:
    crop = found.cut_from(upright, crop_rule(models.settings))
    networks = source_networks(models.fast(host.dtype))
    with host.on_device(networks, working_bytes(models, batch_size=1)):
        inverted = encode_face(crop, models, host)
        identity = replace(inverted, w_plus=truncate(inverted.w_plus, models, host, psi=psi))
        reconstruction = reconstruct(identity.w_plus, models, host)
    return SourceFace(upright, crop, identity, reconstruction, found.faces, found.turns)


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
    seen = networks.appearance(appearance_view(crop, models).to(host.device))
    face = resize(crop.image[None], networks.e4e.config.input_size).to(host.device)
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
