"""The chain in single steps, for callers that join them themselves.

`Reenactor` does the same in one go, from pictures to pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch
from torch import Tensor

from ..errors import InputError
from ..face.squares import crop_within
from ..host import Host
from ..imaging import ImageU8, resize, u8_from_tensor
from ..models.sets import LoadedSet
from ..types import FaceCrop, SourceIdentity
from .detail.portrait import Portrait, framed, guides, portrait_around, portrait_of
from .detail.stage import Detailed, DetailStage
from .drawing import draw_poses, prepare_source
from .knobs import SIZE, chosen_psi
from .memory import working_bytes
from .pose import pose_networks, poses_of
from .posetrack import PoseTrack, pose_for
from .source import encode_face, reconstruct, source_networks, truncate
from .strength import DeltaStrength
from .views import appearance_view, pose_view


@dataclass(frozen=True)
class InvertedFace:
    """A source face in the latent space of `model_set` (an id). Float32 on the CPU.

    identity: its w_plus is the encoder's own, not truncated.
    reconstruction: [3, R, R] in [-1, 1], what the truncated code alone draws.
    portrait: what detail needs of the picture; None where it was not given.
    """

    identity: SourceIdentity
    reconstruction: Tensor
    model_set: str
    portrait: Portrait | None = None


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


def invert_face(
    crop: FaceCrop, models: LoadedSet, host: Host, *, picture: ImageU8 | None = None
) -> InvertedFace:
    """Encode who a face is: W+ codes, appearance map and identity embedding.

    picture: [H, W, 3], what the crop was cut from; with it the result keeps what detail needs.
    InputError where it is missing and the crop has a framing of its own.
    """
    if picture is None and not crop.framing.is_usual:
        raise InputError(
            "the face has a size, place or turn of its own in its square, which takes the picture "
            "around it: give the picture too, or align the face with the usual square"
        )
    networks = models.fast(host.dtype)
    with host.on_device(source_networks(networks), working_bytes(models, batch_size=1)):
        identity = encode_face(crop, models, host)
        psi = models.settings.truncation_psi
        truncated = truncate(identity.w_plus, models, host, psi=psi)
        reconstruction = reconstruct(truncated, models, host)
    portrait = None
    if picture is not None:
        if guides(models.settings):
            guide = own_guide(replace(identity, w_plus=truncated), crop, models, host)
            portrait = portrait_of(picture, crop, guide)
        else:
            portrait = portrait_around(picture, crop, shown=int(SIZE.default))
    return InvertedFace(identity, reconstruction, models.folder.name, portrait)


def own_guide(identity: SourceIdentity, crop: FaceCrop, models: LoadedSet, host: Host) -> Tensor:
    """[3, R, R] the source as the generator draws it in its own pose, of truncated codes."""
    networks = models.fast(host.dtype)
    needed = [*pose_networks(models, host.dtype), networks.hypernetwork, networks.generator]
    with host.on_device(needed, working_bytes(models, batch_size=1)), torch.inference_mode():
        prepared = prepare_source(
            identity.w_plus.to(host.device), identity.appearance.to(host.device), networks
        )
        view = pose_view(crop, models)[None].to(host.device)
        features = poses_of(view, models, host.dtype).features
        return draw_poses(prepared, features, networks, DeltaStrength())[0].cpu()


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

    appearance: instead of the source's own map. InputError where the parts are of other sets, or
    the poses cannot be told to this one.
    """
    check_set(models, source.model_set, what="the latent")
    chosen = source.identity.appearance if appearance is None else appearance
    told = replace(poses, pose=pose_for(poses, models), model_set=models.folder.name)
    return LazyDeltas(models, chosen, told, strength)


def draw_frames(
    source: InvertedFace,
    deltas: LazyDeltas,
    host: Host,
    *,
    truncation_psi: float | None = None,
    batch_size: int,
) -> Iterator[Tensor]:
    """The source in every pose, in batches [B, 3, R, R] in [-1, 1] on the CPU, in its framing.

    truncation_psi: how much of the code's distance from the mean face is kept, 0 to 1; the set's
    own value where it is None or negative.
    """
    models, strength = deltas.models, deltas.strength
    check_set(models, source.model_set, what="the latent")
    psi = chosen_psi(truncation_psi, models.settings.truncation_psi)
    pose, total = pose_for(deltas.poses, models), len(deltas)
    portrait = source.portrait
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
            if portrait is not None and portrait.shown is None:
                images = framed(images, portrait.image, portrait.framing)
            yield images


def looks_at_images(source: InvertedFace, amount: float) -> bool:
    """Whether drawing with so much detail looks at the generator's pictures."""
    return amount < 1 or source.portrait is None or source.portrait.guide is not None


def kept_portrait(source: InvertedFace) -> Portrait:
    """The source's picture as it was read; InputError where it was not kept."""
    if source.portrait is None:
        raise InputError(
            "the latent holds no picture of the source: give StyleGAN2 Invert the picture too"
        )
    return source.portrait


def draw_details(
    images: Iterable[Tensor] | None,
    source: InvertedFace,
    poses: PoseTrack,
    models: LoadedSet,
    host: Host,
    *,
    amount: float,
    size: int,
    batch_size: int,
) -> Iterator[Detailed]:
    """Carry the source's own pixels into drawn faces, in batches on the CPU.

    images: [3, R, R] in [-1, 1], one a pose, as `draw_frames` gives them; None where
    `looks_at_images` tells that none is needed. amount: 0 to 1, how much of the detail is taken.
    size: side of the results, pixels.
    InputError where numbers do not fit, the source keeps no picture or the poses hold no states.
    """
    if not 0 <= amount <= 1:
        raise InputError(f"detail must lie in 0..1, it is {amount}")
    portrait, performance = kept_portrait(source), poses.states
    if images is None and looks_at_images(source, amount):
        raise InputError(
            "this detail is mixed with drawn faces, but there are none: give the images, or take "
            "detail 1 and an identity of a set whose drawn faces it does not need"
        )
    if isinstance(images, Sequence) and len(images) != len(poses):
        raise InputError(f"{len(images)} images cannot take the detail of {len(poses)} poses")
    given, total = None if images is None else iter(images), len(poses)
    stage = DetailStage(models.detail, device=host.device, dtype=host.detail_dtype)
    with host.on_device([models.detail], 0):
        around = portrait.shown is not None and amount > 0  # the generator draws the crop alone
        prepared = stage.prepare(
            portrait,
            size=round(size * portrait.framing.size) if around else size,
            crop_alone=around,
        )
        for begin in range(0, total, batch_size):
            host.check_interrupt()
            states = performance[begin : begin + batch_size]
            drawn = None
            if given is not None:
                drawn = torch.stack(list(islice(given, len(states))))
                if around:
                    drawn = framed(drawn, portrait.image, portrait.framing)
                drawn = drawn.to(host.device)
            detailed = stage.draw(prepared, states, drawn).towards(drawn, amount)
            if around:
                detailed = replace(detailed, images=crop_within(detailed.images, portrait.framing))
            host.progress(
                begin + len(states),
                total,
                lambda face=detailed.images[-1:]: u8_from_tensor(face)[0],
            )
            yield Detailed(detailed.images.cpu(), detailed.kept.cpu())


def draw_track(
    source: InvertedFace,
    poses: PoseTrack,
    models: LoadedSet,
    host: Host,
    *,
    detail: float,
    size: int | None,
    strength: DeltaStrength,
    truncation_psi: float | None = None,
    batch_size: int,
) -> Iterator[Detailed]:
    """The source as a track performs, with detail or without, in batches on the CPU.

    size: see `side_of`. The generator draws only what is looked at: InputError where that cannot be
    told to it, and otherwise as of `draw_frames` and `draw_details`.
    """
    images: Iterator[Tensor] | None = None
    if detail == 0 or looks_at_images(source, detail):
        deltas = plan_deltas(source, poses, models, strength=strength)
        drawn = draw_frames(
            source, deltas, host, truncation_psi=truncation_psi, batch_size=batch_size
        )
        if detail == 0:
            side = side_of(models, detail, size)
            yield from (Detailed(resize(one, side), torch.zeros(len(one))) for one in drawn)
            return
        images = (image for batch in drawn for image in batch)
    yield from draw_details(
        images,
        source,
        poses,
        models,
        host,
        amount=detail,
        size=side_of(models, detail, size),
        batch_size=batch_size,
    )


def side_of(models: LoadedSet, detail: float, size: int | None) -> int:
    """Of results in pixels: as asked for, else SIZE.default, or the generator's without detail."""
    if size is not None:
        return size
    return int(SIZE.default) if detail > 0 else models.settings.resolution


def check_set(models: LoadedSet, made_with: str, *, what: str) -> None:
    """InputError where a value was made with another model set."""
    if made_with != models.folder.name:
        raise InputError(
            f"{what} was made with model set {made_with!r}, these models are "
            f"{models.folder.name!r}: make both with one set"
        )
