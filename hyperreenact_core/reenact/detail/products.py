"""Products of matrices by torch, on as many threads as a run has.

Those of numpy's own library spin beside them while they wait, for as long as the work itself takes.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

_Number = TypeVar("_Number", np.float32, np.float64)


def product(a: NDArray[_Number], b: NDArray[_Number]) -> NDArray[_Number]:
    """a @ b, of one precision."""
    return np.asarray(torch.from_numpy(a) @ torch.from_numpy(b), a.dtype)


def solved(square: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N, N] and [N] -> [N] what `square` makes `right` of; LinAlgError where there is none."""
    return torch.linalg.solve(torch.from_numpy(square), torch.from_numpy(right)).numpy()
