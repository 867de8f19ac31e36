from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from hyperreenact_core.training.engine.checkpoint import load_checkpoint, save_checkpoint
from hyperreenact_core.training.engine.muon import Muon, orthogonalised, split_optimisers

QUINTIC = (3.4445, -4.7750, 2.0315)
ROUNDING = QUINTIC[0] ** 5 * 2**-23
"""One part in the last place of entries up to one, enlarged by five steps: 6e-5."""


def test_singular_values_come_close_to_one() -> None:
    values = torch.tensor([10.0, 3.0, 1.0, 0.3])
    for shape in ((4, 30), (30, 4)):
        u, _, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
        result = torch.linalg.svdvals(orthogonalised(u @ torch.diag(values) @ v))
        assert float(result.min()) > 0.5
        assert float(result.max()) < 1.3


@pytest.mark.parametrize("shape", [(24, 90), (90, 24), (1, 7)])
def test_gathered_polynomials_are_the_iteration_step_by_step(shape: tuple[int, int]) -> None:
    a, b, c = QUINTIC
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    x = matrix / matrix.norm()
    for _ in range(5):
        gram = x @ x.t()
        x = a * x + (b * gram + c * gram @ gram) @ x
    torch.testing.assert_close(orthogonalised(matrix), x, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("shape", [(24, 90), (90, 24), (64, 64)])
def test_rows_that_depend_on_one_another_stay_bounded(shape: tuple[int, int], rank: int) -> None:
    """As those of a layer that few directions reach; nor does autocast make a difference."""
    random = torch.Generator().manual_seed(rank)
    rows, columns = (torch.randn(n, rank, generator=random) for n in shape)
    matrix = rows @ columns.t()
    result = orthogonalised(matrix)
    values = torch.linalg.svdvals(result)
    assert float(values[0]) < 1.3
    assert float(values[rank - 1]) > 0.5
    assert float(values[rank]) < ROUNDING, "what was nothing"
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(orthogonalised(matrix), result)
    assert float(torch.linalg.matrix_norm(with_gram_in_bfloat16(matrix), 2)) > 3


def with_gram_in_bfloat16(matrix: Tensor) -> Tensor:
    """The iteration in float64, but for one rounding."""
    a, b, c = QUINTIC
    x = matrix.double() / matrix.norm()
    x = x.t() if len(x) > x.shape[1] else x
    gram = (x @ x.t()).bfloat16().double()
    whole = one = torch.eye(len(gram)).double()
    for _ in range(5):
        factor = a * one + (b * gram + c * gram @ gram)
        whole, gram = factor @ whole, factor @ gram @ factor
    return whole @ x


def test_an_update_has_the_size_of_the_rate() -> None:
    weight = nn.Parameter(torch.zeros(1, 8, 4, 3, 3))
    weight.grad = torch.randn_like(weight)
    Muon([weight], 0.01).step()
    assert 0.007 < float(weight.detach().square().mean().sqrt()) < 0.013


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2))


def fit(net: nn.Module, optimisers: dict[str, torch.optim.Optimizer], steps: int) -> Tensor:
    x = torch.linspace(-1, 1, 60).view(10, 6)
    loss = torch.zeros(())
    for _ in range(steps):
        net.zero_grad()
        loss = (net(x) - x[:, :2].sin()).square().mean()
        loss.backward()
        for optimiser in optimisers.values():
            optimiser.step()
    return loss.detach()


def test_it_learns_and_resumes_to_the_same_weights(tmp_path: Path) -> None:
    through, stopped = network(), network()
    optimisers = split_optimisers(through, 0.01)
    first = fit(through, optimisers, 1)
    assert float(fit(through, optimisers, 39)) < 0.2 * float(first)

    half, random, path = split_optimisers(stopped, 0.01), torch.Generator(), tmp_path / "a.ckpt"
    fit(stopped, half, 15)
    save_checkpoint(path, step=15, networks={"n": stopped}, optimisers=half, random=random)
    resumed = network()
    again = split_optimisers(resumed, 0.01)
    load_checkpoint(path, networks={"n": resumed}, optimisers=again, random=random)
    fit(resumed, again, 25)
    for mine, theirs in zip(resumed.parameters(), through.parameters(), strict=True):
        assert torch.equal(mine, theirs)
