"""The chain in single steps, for callers that join them themselves.

`Reenactor` does the same in one go, from pictures to pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError
from ..host import Host
from ..imaging import u8_from_tensor
from ..models.sets import LoadedSet
from ..types import FaceCrop, SourceIdentity
from .drawing import draw_poses, prepare_source
from .memory import working_bytes
from .posetrack import PoseTrack
from .source import encode_face, reconstruct, source_networks, truncate
from .strength import DeltaStrength
from .views import appearance_view


@dataclass(frozen=True)
class InvertedFace:
    """A source face in the latent space of `model_set` (an id). Float32 on the CPU.

    identity: its w_plus is the encoder's own, not truncated.
    reconstruction: [3, R, R] in [-1, 1], what the truncated code alone draws.
    """

    identity: SourceIdentity
    reconstruction: Tensor
    model_set: str


@dataclass(frozen=True)
class LazyDeltas:
    """The recipe for a clip's weight deltas; none is computed before its frame is drawn.

    appearance: [1, C, h, w], the source's map.
    """

    models: LoadedSet
    appearance: Tensor
    poses: PoseTrack
    strength: DeltaStrength

    def __len__(self) -> int:
        return len(self.poses)


def invert_face(crop: FaceCrop, models: LoadedSet, host: Host) -> InvertedFace:
    """Encode who a face is: W+ codes, appearance map and identity embedding."""
    networks = models.fast(host.dtype)
    with host.on_device(source_networks(networks), working_bytes(models, batch_size=1)):
        identity = encode_face(crop, models, host)
        psi = models.settings.truncation_psi
        truncated = truncate(identity.w_plus, models, host, psi=psi)
        reconstruction = reconstruct(truncated, models, host)
    return InvertedFace(identity, reconstruction, models.folder.name)


def appearance_of(crop: FaceCrop, models: LoadedSet, host: Host) -> Tensor:
    """The appearance map of another picture of the source, [1, C, h, w]."""
    encoder = models.fast(host.dtype).appearance
    with host.on_device([encoder], 0), torch.inference_mode():
        view = appearance_view(crop, models).to(host.device)
        return encoder.appearance_map(view).cpu()


def plan_deltas(
    source: InvertedFace,
    poses: PoseTrack,
    models: LoadedSet,
    *,
    strength: DeltaStrength,
    appearance: Tensor | None = None,
) -> LazyDeltas:
    """Put together what the hypernetwork will read.

    appearance: instead of the source's own map. InputError where the parts are of other sets.
    """
    check_set(models, source.model_set, what="the latent")
    check_set(models, poses.model_set, what="the pose track")
    chosen = source.identity.appearance if appearance is None else appearance
    return LazyDeltas(models, chosen, poses, strength)


def draw_frames(
    source: InvertedFace, deltas: LazyDeltas, host: Host, *, psi: float, batch_size: int
) -> Iterator[Tensor]:
    """The source in every pose, in batches [B, 3, R, R] in [-1, 1] on the CPU.

    psi: how much of the code's distance from the mean face is kept, 0 to 1; the set's own value
    where it is negative.
    """
    models, strength = deltas.models, deltas.strength
    check_set(models, source.model_set, what="the latent")
    psi = models.settings.truncation_psi if psi < 0 else psi
    if psi > 1:
        raise InputError(f"truncation psi must not be above 1, it is {psi}")
    pose, total = deltas.poses.pose, len(deltas)
    networks = models.fast(host.dtype)
    needed = [networks.hypernetwork, networks.generator]
    with host.on_device(needed, working_bytes(models, batch_size=batch_size)):
        w_plus = networks.generator.truncate(source.identity.w_plus.to(host.device), psi)
        prepared = prepare_source(w_plus, deltas.appearance.to(host.device), networks)
        for begin in range(0, total, batch_size):
            host.check_interrupt()
            features = pose.features[begin : begin + batch_size].to(host.device)
            images = draw_poses(prepared, features, networks, strength).cpu()
            host.progress(
                begin + len(images), total, lambda face=images[-1:]: u8_from_tensor(face)[0]
            )
            yield images


def check_set(models: LoadedSet, made_with: str, *, what: str) -> None:
    """InputError where a value was made with another model set."""
    if made_with != models.folder.name:
        raise InputError(
            f"{what} was made with model set {made_with!r}, these models are "
            f"{models.folder.name!r}: make both with one set"
        )
