"""What the detail network is told: maps of a posed head, and pictures moved by its flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from ..imaging import displace, pixel_places, softened

REGIONS = 5
"""Skin, an eye, the inside of the mouth, hair, nothing: what the coarse head shows."""
EYE, MOUTH, HAIR = 1, 2, 3
"""Which of the regions these are."""
_COARSE = 8
"""So many pixels are one where colours are compared."""
_TINY = 1e-3
_ALIKE, _NEAR = 0.06, 0.12
"""Deviations of the colours and of the places (in half sides) that are taken for alike."""


@dataclass(frozen=True)
class CoarseMaps:
    """What a posed head says of the result, [B, ..., S, S].

    offset: [B, 2, ...] xy to where the pixel lies in the source, whose sides run from -1 to 1.
    hidden: [B, 1, ...] 0..1, not to be seen in the source. still: [B, 1, ...] 0..1, the source as
    it is. region: [B, REGIONS, ...] shares. depth: [B, 1, ...] of the head, about -1..1.
    face: [B, 1, ...] 0..1, what the network is asked about.
    """

    offset: Tensor
    hidden: Tensor
    still: Tensor
    region: Tensor
    depth: Tensor
    face: Tensor

    def to(self, device: torch.device | str) -> CoarseMaps:
        """The same on another device."""
        return CoarseMaps(**{name: value.to(device) for name, value in vars(self).items()})

    @staticmethod
    def cat(maps: Sequence[CoarseMaps]) -> CoarseMaps:
        """Join maps of one size along the batch."""
        names = ("offset", "hidden", "still", "region", "depth", "face")
        return CoarseMaps(**{name: torch.cat([getattr(m, name) for m in maps]) for name in names})


@dataclass(frozen=True)
class DetailInputs:
    """Pictures [B, 3, S, S], RGB in [-1, 1], and maps of a result.

    source: as it is. moved: by the coarse flow. guide: of the result. guide_moved: of the source,
    by the coarse flow. draft: the guide of the result in the source's colours.
    """

    source: Tensor
    moved: Tensor
    guide: Tensor
    guide_moved: Tensor
    draft: Tensor
    maps: CoarseMaps


def detail_inputs(
    source: Tensor,
    guide: Tensor,
    carried: Tensor,
    maps: CoarseMaps,
    *,
    places: Tensor | None = None,
    span: float = 1.0,
) -> DetailInputs:
    """Inputs of a picture or of windows of it, whose pixels lie in these `places`.

    source, guide: [B, 3, s, s] of the window. carried: [B, 6, S, S] the whole source and its guide.
    places: see `displace`. span: see `recoloured`.
    """
    moved, guide_moved = displace(carried, maps.offset, places=places).split(3, 1)
    draft = recoloured(guide, guide_moved, moved, maps, span=span)
    return DetailInputs(source, moved, guide, guide_moved, draft, maps)


@torch.no_grad()
def recoloured(
    guide: Tensor, guide_moved: Tensor, moved: Tensor, maps: CoarseMaps, *, span: float = 1.0
) -> Tensor:
    """The guide of the result in the source's colours, [B, 3, S, S].

    What the source's own guide lacks in near places of about the same colour, where the source is
    to be seen, is added: skin becomes the source's skin, hair and wall its hair and wall. Eyes and
    the inside of the mouth stay as they are: a dark mouth is no dark hair. span: S over the side of
    pictures whose faces are as large and fill them as in training.
    """
    count, _, _, side = guide.shape
    size = side // _COARSE
    share = 1 - maps.region[:, EYE : MOUTH + 1].float().sum(1, keepdim=True)
    weight = F.avg_pool2d(share, _COARSE)
    wanted, known, shown = (
        F.avg_pool2d(p.float() * share, _COARSE) / weight.clamp_min(_TINY)
        for p in (guide, guide_moved, moved)
    )
    seen = F.avg_pool2d((1 - maps.hidden.float()) * share, _COARSE)
    places = pixel_places(size, size, like=guide).expand(count, -1, -1, -1) * (span / _NEAR)
    query, key = (torch.cat([c / _ALIKE, places], 1).flatten(2) for c in (wanted, known))
    # A Gaussian of the distance; what is the same for all keys cancels out.
    likeness = torch.bmm(query.transpose(1, 2), key) - key.square().sum(1, keepdim=True) / 2
    likeness += 6 * (seen.flatten(2) + 1e-4).log()
    lacking = torch.bmm(likeness.softmax(2), rearrange(shown - known, "b c h w -> b (h w) c"))
    added = enlarged(rearrange(lacking, "b (h w) c -> b c h w", h=size), side)
    eye = maps.region[:, EYE : EYE + 1]
    rest = 1 - eye - softened(maps.region[:, MOUTH : MOUTH + 1].float())
    return guide + rest.clamp_min(0) * added


def enlarged(maps: Tensor, size: int) -> Tensor:
    """[B, C, s, s] -> [B, C, size, size], bilinear."""
    if maps.shape[-1] == size:
        return maps
    return F.interpolate(maps, size=(size, size), mode="bilinear", align_corners=False)
