"""What the codes of a generator look like as a whole, and how to exchange them for others."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...networks.modulation import EqualLinear, ModulatedConv, Standardise
from ...networks.stylegan2 import Generator

_SAMPLES, _AT_ONCE = 8192, 1024
_SEED = 20231003
_FLOOR = 1e-3
"""Share of the largest variance that directions in which codes hardly spread are taken to have:
blown up to a full one, they would make the generator twitch."""


@dataclass(frozen=True)
class CodeStatistics:
    """mean, deviation: [D], of the codes w that the mapping network makes."""

    mean: Tensor
    deviation: Tensor


def code_statistics(generator: Generator) -> CodeStatistics:
    """Mean and spread over random z, always the same ones."""
    w = _sample(generator)
    return CodeStatistics(mean=w.mean(0), deviation=w.std(0))


@torch.no_grad()
def start_synthesis_from(known: Generator, generator: Generator) -> None:
    """Let a generator with a mapping network of its own begin with what another one draws.

    All but the mapping network is copied. The styles, which are linear in the codes, take in the
    map that gives the new codes the mean and covariance of the old ones.
    """
    own = {key: value for key, value in generator.state_dict().items() if _is_mapping(key)}
    rest = {key: value for key, value in known.state_dict().items() if not _is_mapping(key)}
    generator.load_state_dict(rest | own)
    generator.latent_avg.zero_()
    old, new = _sample(known).double(), _sample(generator).double()
    mixing = _square_root(old.T.cov()) @ _square_root(new.T.cov(), inverse=True)  # [D, D]
    offset = old.mean(0) - mixing @ new.mean(0)
    for layer in generator.modules():
        if isinstance(layer, ModulatedConv):
            _read_moved_codes(layer.modulation, mixing, offset)


def _is_mapping(key: str) -> bool:
    return key.startswith(("style.", "style_residual."))


def _read_moved_codes(layer: EqualLinear, mixing: Tensor, offset: Tensor) -> None:
    """Make layer(w) what layer(mixing @ w + offset) was."""
    weight = layer.weight.double()
    layer.bias.add_((weight @ offset * layer.scale / layer.lr_multiplier).to(layer.bias))
    layer.weight.copy_(weight @ mixing)


def _square_root(covariance: Tensor, *, inverse: bool = False) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    if inverse:
        return (vectors / values.clamp(min=_FLOOR * float(values.max())).sqrt()) @ vectors.T
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


@torch.no_grad()
def _sample(generator: Generator) -> Tensor:
    """Codes w [N, D] of random z."""
    random = torch.Generator().manual_seed(_SEED)
    z = torch.randn(_SAMPLES, generator.config.z_dim, generator=random)
    first = generator.style[0]
    if isinstance(first, Standardise):
        # Scene parameters, taken as if they were independent of one another.
        z = first.mean.cpu() + z * first.deviation.cpu()
    device = generator.latent_avg.device
    return torch.cat([generator.mapping(part.to(device)) for part in z.split(_AT_ONCE)])
