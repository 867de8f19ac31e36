"""A stand-in for the insightface package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest


def install(
    monkeypatch: pytest.MonkeyPatch, points: Callable[[np.ndarray], np.ndarray], *, root: Path
) -> list[dict[str, Any]]:
    """`import insightface` works from now on, and its models lie below `root`.

    points: what it finds in a picture, [68, 2]. Returns the options of every use so far.
    """
    made: list[dict[str, Any]] = []

    class FaceAnalysis:
        def __init__(self, **options: Any) -> None:
            made.append(options)
            self.models = {"detection": 0, "landmark_3d_68": 0}

        def prepare(self, **options: Any) -> None:
            made[-1] |= options

        def get(self, picture: np.ndarray) -> list[SimpleNamespace]:
            found = np.pad(points(picture), ((0, 0), (0, 1)))
            return [SimpleNamespace(landmark_3d_68=found, det_score=np.float32(0.9))]

    app = ModuleType("insightface.app")
    vars(app)["FaceAnalysis"] = FaceAnalysis
    monkeypatch.setitem(sys.modules, "insightface", ModuleType("insightface"))
    monkeypatch.setitem(sys.modules, "insightface.app", app)
    (root / "models/buffalo_l").mkdir(parents=True)
    (root / "models/buffalo_l/det_10g.onnx").touch()
    return made


def uninstall(monkeypatch: pytest.MonkeyPatch) -> None:
    """`import insightface` fails from now on."""
    for name in ("insightface", "insightface.app"):
        monkeypatch.setitem(sys.modules, name, None)
