"""Scenes to pictures: heads are rendered straight into the crop an aligner would cut.

Detection and alignment are therefore no part of what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ..imaging import tensor_from_u8
from ..models.settings import SetSettings
from ..synthetic.camera import FaceFraming
from ..synthetic.renderer import render
from ..synthetic.sampling import sample_identity
from .pairs import Scene


class Artist:
    """Draws scenes as a set's networks expect their face crops.

    on_picture: called after every picture, to report progress or to stop by an exception.
    """

    def __init__(
        self,
        settings: SetSettings,
        *,
        device: torch.device,
        on_picture: Callable[[], None] = lambda: None,
    ) -> None:
        self._size = settings.resolution
        self._framing = FaceFraming(scale=settings.crop_scale)
        self._device, self._on_picture = device, on_picture

    def draw(self, scenes: Sequence[Scene]) -> Tensor:
        """[B, 3, R, R] in [-1, 1] on the device."""
        images: list[np.ndarray] = []
        for scene in scenes:
            rendering = render(
                sample_identity(scene.person),
                scene.expression,
                scene.pose,
                scene.environment,
                size=self._size,
                framing=self._framing,
            )
            images.append(rendering.image)
            self._on_picture()
        return tensor_from_u8(np.stack(images)).to(self._device)
