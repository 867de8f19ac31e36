"""Training in float64, for tests that compare sums taken in different orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from hyperreenact_core.models import storage
from hyperreenact_core.models.checkpoints import load_network, save_network
from hyperreenact_core.training.engine import precision


@contextmanager
def in_float64() -> Iterator[None]:
    """All that training has in float32, or in the device's working precision, is in float64.

    No kernel promises an order for its sums. In float32 they differ by some 1e-7, and then a pixel
    lies so close to a kink, of a rectifier or of an absolute difference, that it takes the slope
    of the other side: one such pixel of a small batch shifts gradients by 1e-4, and that happens
    in every few steps. In float64 they differ by 1e-16, and no pixel lies so close.
    """
    from_numpy = torch.from_numpy
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        patch.setattr(torch, "from_numpy", lambda array: _in_float64(from_numpy(array)))
        patch.setattr(precision, "working_dtype", lambda _device: torch.float32)  # no autocast
        patch.setitem(load_network.__kwdefaults__, "dtype", torch.float64)
        patch.setitem(save_network.__kwdefaults__, "storage", "float32")
        patch.setitem(storage.FLOAT_DTYPES, "float32", torch.float64)
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)


def _in_float64(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.dtype == torch.float32 else tensor
