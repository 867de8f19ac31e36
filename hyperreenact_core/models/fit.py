"""Whether the tensors of a weights file are exactly those its network needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from ..errors import ModelError
from .storage import SCALE_SUFFIX, scales_of


def check_fit(stored: Mapping[str, Tensor], expected: Mapping[str, Tensor], *, path: Path) -> None:
    """Names, shapes and number types must be those of the network; 8 bits come with their scale.

    Raises ModelError that names the tensors and the file.
    """
    scales = scales_of(stored, expected)
    expected = {**expected, **scales}
    problems: list[str] = []
    if missing := [name for name in expected if name not in stored]:
        problems.append(f"missing {_some(missing)}")
    if unexpected := [name for name in stored if name not in expected]:
        problems.append(f"unexpected {_some(unexpected)}")
    common = [name for name in expected if name in stored]
    if misshapen := [
        f"{name} {list(stored[name].shape)} instead of {list(expected[name].shape)}"
        for name in common
        if stored[name].shape != expected[name].shape
    ]:
        problems.append(f"wrong shape of {_some(misshapen)}")
    if mistyped := [
        f"{name} {stored[name].dtype} instead of {expected[name].dtype}"
        for name in common
        if stored[name].is_floating_point() != expected[name].is_floating_point()
        and name + SCALE_SUFFIX not in scales
    ]:
        problems.append(f"wrong type of {_some(mistyped)}")
    if problems:
        raise ModelError(f"weights do not fit the network: {'; '.join(problems)}: {path}")


def _some(names: Sequence[str], limit: int = 3) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")
