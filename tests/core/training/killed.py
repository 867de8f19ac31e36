"""Timed runs that are killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file


def killed_and_gone_on(train: Callable[[Path, Any], Path], settings: Any, folder: Path) -> Path:
    """See that a run of two steps that goes on ends with the weights of one; its folder.

    train: trains in a folder as settings say; returns the weights file. settings: a RunSettings.
    """

    def weights(name: str, steps: int) -> dict[str, torch.Tensor]:
        # The clock must not matter: rates depend on the share of steps alone.
        recipe = replace(settings.recipe, settled=0.999)
        wanted = replace(settings, minutes=600.0, steps=steps, recipe=recipe)
        return load_file(train(folder / name, wanted))

    through = weights("through", 4)
    weights("stopped", 2)
    torch.testing.assert_close(weights("stopped", 4), through, atol=0, rtol=0)
    return folder / "stopped"
