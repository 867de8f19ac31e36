"""The number format of the networks, as the host wishes it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from ..host import Host


def autocast(host: Host) -> AbstractContextManager[object]:
    """Context in which the networks compute in the host's dtype; weights stay float32."""
    if host.dtype == torch.float32:
        return nullcontext()
    return torch.autocast(host.device.type, host.dtype)
