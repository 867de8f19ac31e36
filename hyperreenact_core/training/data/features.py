"""What the frozen encoders say of every training frame, computed once and kept on disk.

The hypernetwork trains on these alone; without the cache each step would spend most of its time
in networks that do not change.
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

from ...imaging import resize
from ...models.tensor_files import save_tensors
from ...networks.arcface import ArcFace
from ...networks.deca import PoseEncoder
from ...networks.e4e import E4E
from ...whole_files import whole_file
from ..engine.precision import autocast
from .drawn_heads import RenderedHeads

_BATCH = 64


@dataclass(frozen=True)
class FrozenFeatures:
    """Per frame, in bfloat16: w_plus [N, n_latent, D], appearance and pose maps [N, C, 7, 7];
    id_embedding [N, E] in float32."""

    w_plus: Tensor
    appearance: Tensor
    pose: Tensor
    id_embedding: Tensor

    def to(self, device: torch.device) -> FrozenFeatures:
        return FrozenFeatures(**{name: value.to(device) for name, value in vars(self).items()})


@torch.no_grad()
def extract_features(
    heads: RenderedHeads, *, e4e: E4E, appearance: ArcFace, pose: PoseEncoder
) -> FrozenFeatures:
    """Run the three frozen encoders over all frames."""
    parts: list[tuple[Tensor, ...]] = []
    index = torch.arange(len(heads), device=heads.device)
    for part in tqdm(index.split(_BATCH), desc="features", unit="batch", mininterval=5):
        face = heads.batch(part)
        with autocast(heads.device):
            w_plus = e4e(resize(face, e4e.config.input_size))
            seen = appearance(resize(face, appearance.config.input_size))
            pose_map = pose.pose_map((resize(face, pose.config.input_size) + 1) / 2)
        half = torch.bfloat16
        parts.append((w_plus.to(half), seen.map.to(half), pose_map.to(half), seen.embedding))
    # In the order in which files keep them: a run that reads them back goes on to the same bits.
    return FrozenFeatures(*(torch.cat(column).contiguous() for column in zip(*parts, strict=True)))


def cached_features(
    heads: RenderedHeads,
    *,
    e4e: E4E,
    appearance: ArcFace,
    pose: PoseEncoder,
    cache: Path,
    weights: Sequence[Path],
) -> FrozenFeatures:
    """As `extract_features`, but read from `cache` if made with the same weights and data."""
    mark = hashlib.sha256()
    for path in weights:
        mark.update(path.read_bytes())
    mark.update(
        heads.identity.cpu().numpy().tobytes() + heads.images[:, 0, 0].cpu().numpy().tobytes()
    )
    file = cache / f"features-{mark.hexdigest()[:16]}.safetensors"
    if file.exists():
        return FrozenFeatures(**load_file(file)).to(heads.device)
    features = extract_features(heads, e4e=e4e, appearance=appearance, pose=pose)
    with whole_file(file) as part:
        save_tensors({n: value.cpu().contiguous() for n, value in vars(features).items()}, part)
    return features
