"""The nodes as plain functions, with the values their widgets begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from tests.nodes.imported import Pack

ALIGN = {"face": "largest", "face_number": 0, "no_face": "hold", "stabilise": 1, "follow": True}
STRENGTH = {"coarse": 1.0, "middle": 1.0, "fine": 1.0}
ALL_IN_ONE = {
    "face": "largest",
    "face_number": 0,
    "no_face": "hold",
    "paste_back": False,
    "colour_match": True,
    "stabilise": 1,
    "truncation_psi": -1.0,
    "batch_size": 0,
    "detail": 0.0,
    **STRENGTH,
}


class Runner:
    """The nodes as functions of their inputs; each returns the node's outputs."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __call__(self, node_name: str, /, **given: Any) -> tuple[Any, ...]:
        return self.pack.classes[f"HyperReenact_{node_name}"].execute(**given).args

    def models(self) -> Any:
        return self("LoadModels", model_set="starter", precision="auto")[0]

    def faces(self, models: Any, images: torch.Tensor, **changes: Any) -> Any:
        return self("AlignFace", models=models, images=images, **{**ALIGN, **changes})[0]

    def chain(self, source: torch.Tensor, driving: torch.Tensor, **changes: Any) -> torch.Tensor:
        return self.steps(source, driving, **changes)["images"]

    def steps(
        self, source: torch.Tensor, driving: torch.Tensor, *, keeps: bool = False, **changes: Any
    ) -> dict[str, Any]:
        """The chain's values, as Detail Transfer takes them; keeps: with the source's picture."""
        models = self.models()
        given = {"picture": source} if keeps else {}
        face = self.faces(models, source)
        latent, _ = self("Invert", models=models, faces=face, index=0, **given)
        faces = self.faces(models, driving, **changes)
        poses, _ = self("ExtractPose", models=models, faces=faces, batch_size=0)
        (deltas,) = self("Hypernetwork", models=models, latent=latent, poses=poses, **STRENGTH)
        (images,) = self(
            "Synthesise", latent=latent, deltas=deltas, truncation_psi=-1.0, batch_size=0
        )
        return {"models": models, "images": images, "latent": latent, "poses": poses}


@contextmanager
def refused(pack: Pack, message: str) -> Iterator[None]:
    """The node stops with one of the pack's own errors, which people are meant to read."""
    error = pack.part("hyperreenact_core.errors").HyperReenactError
    with pytest.raises(error, match=message):
        yield
