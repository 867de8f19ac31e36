"""What the finished networks say of every row, computed once and kept on disk.

The hypernetwork trains on these alone; without them each step would spend most of its time in
networks that do not change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from ...models.tensor_files import save_tensors
from ...networks.e4e import E4E
from ..engine.precision import autocast
from .crops import HeadCrops
from .portrait import Portrait

_BATCH = 64


@dataclass(frozen=True)
class HeadFeatures:
    """Per row, in bfloat16: w_plus [2 N, n_latent, D], appearance [2 N, C, 7, 7]; in float32:
    id_embedding [2 N, E], code [2 N, CODE] of the person."""

    w_plus: Tensor
    appearance: Tensor
    id_embedding: Tensor
    code: Tensor

    def to(self, device: torch.device) -> HeadFeatures:
        return HeadFeatures(**{name: value.to(device) for name, value in vars(self).items()})


@torch.no_grad()
def head_features(heads: HeadCrops, *, e4e: E4E, portrait: Portrait) -> HeadFeatures:
    """Run the finished encoders over all rows."""
    parts: list[tuple[Tensor, ...]] = []
    rows = torch.arange(len(heads), device=heads.device)
    for part in tqdm(rows.split(_BATCH), desc="features", unit="batch", mininterval=5):
        face = heads.batch(part)
        with autocast(heads.device):
            w_plus, seen = e4e(face), portrait.look(face)
            code = portrait.code(seen.map)
        half = torch.bfloat16
        parts.append((w_plus.to(half), seen.map.to(half), seen.embedding, code.float()))
    # In the order in which files keep them: a run that reads them back goes on to the same bits.
    return HeadFeatures(*(torch.cat(column).contiguous() for column in zip(*parts, strict=True)))


def cached_head_features(
    heads: HeadCrops, *, e4e: E4E, portrait: Portrait, cache: Path, weights: Sequence[Path]
) -> HeadFeatures:
    """As `head_features`, but read from `cache` if made with the same weights and data."""
    mark = hashlib.sha256()
    for path in weights:
        mark.update(path.read_bytes())
    mark.update(heads.state.cpu().numpy().tobytes() + heads.images[:, 0, 0].cpu().numpy().tobytes())
    file = cache / f"features-{mark.hexdigest()[:16]}.safetensors"
    if file.exists():
        return HeadFeatures(**load_file(file)).to(heads.device)
    features = head_features(heads, e4e=e4e, portrait=portrait)
    save_tensors({n: value.cpu().contiguous() for n, value in vars(features).items()}, file)
    return features
