"""Two people put together into one identity."""

from __future__ import annotations

import torch
from torch import Tensor

from ..host import Host
from ..models.sets import LoadedSet
from ..types import SourceIdentity
from .knobs import BLEND
from .memory import working_bytes
from .source import reconstruct, truncate
from .stages import InvertedFace, check_set


def blend_identities(
    first: InvertedFace, second: InvertedFace, amount: float, models: LoadedSet, host: Host
) -> InvertedFace:
    """An identity between two, 0 the first and 1 the second: W+ codes, appearance and embedding.

    Pixels of two people cannot be averaged: the picture that detail carries over is that of whom
    more is taken, up to one half the first's. The blend shows where the generator draws.
    InputError for an amount out of range, or where an identity was made with another set.
    """
    BLEND.check(amount)
    for identity, name in ((first, "the first identity"), (second, "the second identity")):
        check_set(models, identity.model_set, what=name)
    mixed = {
        name: torch.lerp(value, getattr(second.identity, name), amount)
        for name, value in vars(first.identity).items()
    }
    mixed["id_embedding"] = torch.nn.functional.normalize(mixed["id_embedding"], dim=1)
    identity = SourceIdentity(**mixed)
    shown = first if amount <= 0.5 else second
    drawn = _drawn(identity.w_plus, models, host)
    return InvertedFace(identity, drawn, models.folder.name, shown.portrait)


def _drawn(w_plus: Tensor, models: LoadedSet, host: Host) -> Tensor:
    """[3, R, R] what codes that are not truncated draw."""
    with host.on_device([models.generator], working_bytes(models, batch_size=1)):
        codes = truncate(w_plus, models, host, psi=models.settings.truncation_psi)
        return reconstruct(codes, models, host)
