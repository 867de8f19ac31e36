"""Further hypernetworks a set is compared with: refiners of the inversion, and ablations.

A refiner leaves the pose to the latent edit that follows it. They are optional; what is not
there is said, not hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor

from ..errors import InputError
from ..models.variants import Condition, load_variant
from ..networks.hypernetwork import Hypernetwork
from ..types import WeightDeltas
from .chain import Chain, SourceCodes
from .rows import ROWS, MethodTools, Row, Task

PASSES = 5
"""How often HyperStyle refines; its deltas add up."""

_WEIGHTS = "hypernetwork.safetensors"
_IN_SET: Mapping[Condition, str] = {
    "reconstruction": "hypernetwork_refine.safetensors",
    "code": "hypernetwork_w.safetensors",
}
"""Where a set may keep a refiner of its own."""
_REFINER_ROWS: Mapping[Condition, Mapping[str, int]] = {
    "reconstruction": {"refine_then_edit": 1, f"refine_then_edit_{PASSES}": PASSES},
    "code": {"hyperinverter": 1},
}
"""Row -> passes."""


@dataclass(frozen=True)
class Baseline:
    """name: of its row, if it is told the pose; refiners have rows of fixed names."""

    name: str
    network: Hypernetwork
    condition: Condition


def find_baselines(folder: Path, ablations: Path | None = None) -> tuple[Baseline, ...]:
    """Those in a set's folder, then those in `ablations`/NAME/hypernetwork.safetensors.

    Raises InputError where `ablations` holds none, ModelError where one does not fit the set.
    """
    paths = {path.stem: path for name in _IN_SET.values() if (path := folder / name).is_file()}
    if ablations is not None:
        found = sorted(ablations.glob(f"*/{_WEIGHTS}"))
        if not found:
            raise InputError(
                f"{ablations} holds no trained ablation (NAME/{_WEIGHTS}); make one with "
                "`python -m studies.ablations NAME -o RUN`"
            )
        paths |= {path.parent.name: path for path in found}
    if clash := sorted(set(paths) & set(ROWS)):
        raise InputError(f"an ablation cannot be called {clash[0]!r}, rename its folder")
    return tuple(Baseline(name, *load_variant(path, folder)) for name, path in paths.items())


def baseline_rows(baselines: Sequence[Baseline]) -> dict[str, Row]:
    """A row for each baseline that is told the pose, and the rows of the refiners.

    Of two refiners of one kind the later one counts.
    """
    rows: dict[str, Row] = {}
    for baseline in baselines:
        if baseline.condition == "pose":
            rows[baseline.name] = partial(_reenacted, baseline.network)
        for row, passes in _REFINER_ROWS.get(baseline.condition, {}).items():
            rows[row] = partial(_refined_then_edited, baseline, passes=passes)
    return rows


def left_out(baselines: Sequence[Baseline]) -> tuple[str, ...]:
    """A line for each kind of refiner that is not there."""
    there = {baseline.condition for baseline in baselines}
    return tuple(
        f"{' and '.join(_REFINER_ROWS[condition])}: neither {file} in the set nor such an ablation"
        for condition, file in _IN_SET.items()
        if condition not in there
    )


def _reenacted(network: Hypernetwork, tools: MethodTools, task: Task) -> Tensor:
    deltas = tools.chain.deltas_of(network, task.source_codes, task.driving.features)
    return tools.chain.image(task.source_codes.w_plus, deltas)


def _refined_then_edited(
    baseline: Baseline, tools: MethodTools, task: Task, *, passes: int
) -> Tensor:
    """Refine the generator for the source as it is, then move its code to the driving pose."""
    deltas = refined(baseline, tools.chain, task.source_codes, passes=passes)
    w_plus = tools.directions.edit(
        task.source_codes.w_plus, source=task.source_pose, driving=task.driving
    )
    return tools.chain.image(w_plus, deltas)


def refined(
    baseline: Baseline, chain: Chain, codes: SourceCodes, *, passes: int
) -> WeightDeltas | None:
    """Deltas of the source alone; each pass sees what the ones before have drawn, and adds."""
    total: WeightDeltas | None = None
    for _ in range(passes):
        if baseline.condition == "code":
            second = chain.code_map(codes, baseline.network)
        else:
            second = chain.appearance(chain.image(codes.w_plus, total))
        more = chain.deltas_of(baseline.network, codes, second)
        total = more if total is None else _sum(total, more)
    return total


def _sum(left: WeightDeltas, right: WeightDeltas) -> WeightDeltas:
    return tuple(
        None if a is None or b is None else a + b for a, b in zip(left, right, strict=True)
    )
