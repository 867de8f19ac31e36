"""Networks that are in use anywhere in the process are loaded once and shared.

The cache holds them weakly: when the last user lets go of a network, its memory is free again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

import torch
from torch import nn

from ..errors import ModelError
from ..networks.deca import PoseEncoder
from ..networks.fast.folding import fold_encoder, fold_hypernetwork
from ..networks.hypernetwork import Hypernetwork
from ..networks.irse import IRSETrunk
from .checkpoints import load_network
from .kinds import NetworkKind

_Form = torch.dtype | None
"""None: as it is trained. A number format: folded, and computing in that format."""
_Key = tuple[NetworkKind, Path, int, int, _Form]

_networks: WeakValueDictionary[_Key, nn.Module] = WeakValueDictionary()
_lock = Lock()


def shared_network(path: Path, kind: NetworkKind) -> nn.Module:
    """The network in a file, frozen and in evaluation mode; the same object for every caller.

    A file that was written anew is loaded anew. Callers may move the network between devices but
    must not change its weights. Raises ModelError as `load_network` does.
    """
    return _shared(path, kind, None, lambda file: load_network(file, kind))


def shared_fast_network(path: Path, kind: NetworkKind, dtype: torch.dtype) -> nn.Module:
    """The same network with all that is constant folded: of the same class, never to be trained.

    dtype: see `folded`. Shared like the result of `shared_network`, and raises the same.
    """

    def load(file: Path) -> nn.Module:
        # In its final format at once: float32 would need twice the memory for a moment.
        wanted = dtype if kind == "hypernetwork" else torch.float32
        return folded(load_network(file, kind, dtype=wanted), dtype)

    return _shared(path, kind, dtype, load)


def folded(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Fold an encoder or a hypernetwork; it changes and is returned, in evaluation mode.

    dtype: what runs once a frame computes in it. The source's encoders stay in float32.
    """
    network.eval()
    if isinstance(network, IRSETrunk):
        return fold_encoder(network)
    if isinstance(network, PoseEncoder):
        fold_encoder(network).encoder.to(dtype)  # the regressor stays exact
        return network
    if isinstance(network, Hypernetwork):
        return fold_hypernetwork(network).to(dtype)
    raise TypeError(f"nothing to fold in a {type(network).__name__}")


def _shared(
    path: Path, kind: NetworkKind, form: _Form, load: Callable[[Path], nn.Module]
) -> nn.Module:
    path = path.resolve()
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"cannot read the weights ({error.strerror}): {path}") from error
    key: _Key = (kind, path, stat.st_mtime_ns, stat.st_size, form)
    with _lock:  # held while loading, so that two threads do not load the same file
        network = _networks.get(key)
        if network is None:
            network = load(path).eval().requires_grad_(False)
            _networks[key] = network
        return network
