"""Scenes to pictures: heads are rendered and cut out as the aligner would with their landmarks.

Detection and alignment are therefore no part of what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..face.align import CropRule, crop_box, cut
from ..heads.assets import Assets
from ..heads.body import load_body
from ..heads.camera import Framing
from ..heads.figure import Figure, make_figure
from ..heads.people import sample_person
from ..heads.picture import develop, sample_scene, shoot
from ..heads.sheets import clean
from ..heads.stage import Stage
from ..heads.wardrobe import Wardrobe
from ..imaging import ImageU8, tensor_from_u8, u8_from_tensor
from ..models.settings import SetSettings
from ..networks.reader_regions import IBUG68
from ..reenact.views import crop_rule
from .pairs import Scene

Studio = Callable[[Scene, CropRule], ImageU8]
"""(scene, how faces are cut) -> the face crop [R, R, 3]."""

_FRAMING = Framing(side=2.3)
"""All of a face crop is in the picture."""
_FINER = 1.5
_KEPT = 8
_SURROUNDINGS_STREAM = 0x5CE2
"""Keeps the random numbers of surroundings apart from those of other uses of the same seed."""


class HeadStudio:
    """Renders scenes, in pictures of this side, through a lens without faults.

    Raises InputError where the extra `heads`, the assets or OpenGL are missing.
    """

    def __init__(self, size: int) -> None:
        self._wardrobe = Wardrobe(Assets())
        load_body()
        self._stage = Stage(size, finer=_FINER)
        self._figure = lru_cache(_KEPT)(self._dressed)

    def __call__(self, scene: Scene, rule: CropRule) -> ImageU8:
        figure = self._figure(scene.person)
        rng = np.random.default_rng([_SURROUNDINGS_STREAM, scene.surroundings])
        around = clean(sample_scene(rng, figure, _FRAMING, occluded=False))
        shot = shoot(figure, scene.moment.performance, around)
        picture, _ = develop(self._stage, shot, around, rng)
        box = crop_box(torch.from_numpy(picture.points[list(IBUG68), :2]), rule)
        return u8_from_tensor(cut(picture.image, box, rule)[0][None])[0]

    def _dressed(self, person: int) -> Figure:
        return make_figure(sample_person(person, self._wardrobe), self._wardrobe)


class SceneRenderer:
    """Draws scenes as a set's networks expect their face crops.

    on_picture: called after every picture, to report progress or to stop by an exception.
    studio: what makes the pictures; a `HeadStudio` if None.
    """

    def __init__(
        self,
        settings: SetSettings,
        *,
        device: torch.device,
        on_picture: Callable[[], None] = lambda: None,
        studio: Studio | None = None,
    ) -> None:
        self._rule, self._device, self._on_picture = crop_rule(settings), device, on_picture
        self._studio = studio or HeadStudio(2 * settings.resolution)

    def draw(self, scenes: Sequence[Scene]) -> Tensor:
        """[B, 3, R, R] in [-1, 1] on the device."""
        images: list[ImageU8] = []
        for scene in scenes:
            images.append(self._studio(scene, self._rule))
            self._on_picture()
        return tensor_from_u8(np.stack(images)).to(self._device)
