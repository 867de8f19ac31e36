"""Muon: momentum steps made orthogonal, for the kernels of convolutions.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

_STEPS = 5
_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration, chosen by the source for quick, rough convergence."""


class Muon(Optimizer):
    """Updates kernels of two or more dimensions; the mean square of an update is `lr` squared.

    A kernel [..., C_out, C_in, k, k] is taken as a matrix of C_out rows.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, *, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group["lr"], group["momentum"])

    def _update(self, parameter: Tensor, gradient: Tensor, rate: float, momentum: float) -> None:
        state = self.state[parameter]
        if not state:
            state["average"] = torch.zeros_like(parameter)
        average = state["average"].lerp_(gradient, 1 - momentum)
        ahead = torch.lerp(gradient, average, momentum)  # as Nesterov's momentum looks ahead
        rows = parameter.shape[-4] if parameter.ndim >= 4 else parameter.shape[0]
        matrix = orthogonalised(ahead.reshape(rows, -1))
        size = max(matrix.shape) ** 0.5  # makes the entries' mean square one
        parameter.add_(matrix.view_as(parameter), alpha=-rate * size)


def split_optimisers(network: nn.Module, rate: float) -> dict[str, Optimizer]:
    """Muon for everything with rows and columns, Adam for biases and scales."""
    kernels = [p for p in network.parameters() if p.ndim >= 2]
    rest = [p for p in network.parameters() if p.ndim < 2]
    return {"kernels": Muon(kernels, rate), "network": Adam(rest, rate, fused=True)}


def orthogonalised(matrix: Tensor) -> Tensor:
    """[R, C] -> the nearest matrix with all singular values about one (0.7 to 1.2), float32.

    Every step of the iteration multiplies by a polynomial of the Gram matrix. They are gathered
    in the Gram matrix's own small space, so the large matrix is read twice, not ten times.

    All in float32: where rows depend on one another the Gram matrix has eigenvalues of zero, which
    rounding leaves a little above or below. The steps enlarge them by 12 each, and those that
    reach -1 grow without bound. Five steps forgive -4e-6: float32 errs by 1e-7, bfloat16 by 2e-3.
    """
    a, b, c = _QUINTIC
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.t()).float()
    x = x / (x.norm() + 1e-12)
    with torch.autocast(x.device.type, enabled=False):  # whoever calls it
        gram = x @ x.t()  # [S, S], S the shorter side
        whole = identity = torch.eye(len(gram), device=gram.device)
        for _ in range(_STEPS):
            factor = a * identity + (b * gram + c * gram @ gram)
            whole, gram = factor @ whole, factor @ gram @ factor
        result = whole @ x
    return result if wide else result.t()
