"""Networks that are in use anywhere in the process are loaded once and shared.

The cache holds them weakly: when the last user lets go of a network, its memory is free again.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from torch import nn

from ..errors import ModelError
from .checkpoints import load_network
from .networks import NetworkKind

_Key = tuple[NetworkKind, Path, int, int]

_networks: WeakValueDictionary[_Key, nn.Module] = WeakValueDictionary()
_lock = Lock()


def shared_network(path: Path, kind: NetworkKind) -> nn.Module:
    """The network in a file, frozen and in evaluation mode; the same object for every caller.

    A file that was written anew is loaded anew. Callers may move the network between devices but
    must not change its weights. Raises ModelError as `load_network` does.
    """
    path = path.resolve()
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelError(f"cannot read the weights ({error.strerror}): {path}") from error
    key: _Key = (kind, path, stat.st_mtime_ns, stat.st_size)
    with _lock:  # held while loading, so that two threads do not load the same file
        network = _networks.get(key)
        if network is None:
            network = load_network(path, kind).eval().requires_grad_(False)
            _networks[key] = network
        return network
