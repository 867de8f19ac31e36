"""Teeth of rendered people are made as light as they are beside such skin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hyperreenact_core.heads.parts import Label
from hyperreenact_core.reenact.detail.drawn import white_beside
from hyperreenact_core.training.detail.pairs import View
from hyperreenact_core.training.detail.teeth import whitened

TEETH, CAVITY, TONGUE = slice(8, 12), slice(12, 16), slice(16, 20)
SKIN = 150
LABELS: Any = None
"""Are not looked at."""


def mouth(teeth: int) -> View:
    """A square of skin with a mouth: a row of grey teeth, a dark cavity, a red tongue."""
    picture = np.full((32, 32, 3), SKIN, np.uint8)
    picture[TEETH, 8:24], picture[CAVITY, 8:24], picture[TONGUE, 8:24] = teeth, 15, (140, 60, 60)
    shows = np.full((32, 32), int(Label.SKIN), np.uint8)
    shows[8:20, 8:24] = int(Label.MOUTH)
    return View(picture, shows, LABELS)


@pytest.mark.parametrize("brightness", [0.9, 1.2])
def test_dark_teeth_become_as_light_as_beside_such_skin(brightness: float) -> None:
    lit = whitened(mouth(90), brightness)
    wanted = brightness * white_beside(np.full(9, float(SKIN)))
    assert np.allclose(lit[TEETH, 8:24], wanted, atol=2)


def test_nothing_else_becomes_lighter() -> None:
    view = mouth(90)
    lit = whitened(view, 1.0)
    changed = (lit != view.picture).any(-1)
    changed[TEETH, 8:24] = False
    assert not changed.any()


def test_light_teeth_and_shut_mouths_stay_as_they_are() -> None:
    assert (whitened(mouth(200), 1.0) == mouth(200).picture).all()
    shut = mouth(90)
    shut.shows[:] = int(Label.SKIN)
    assert (whitened(shut, 1.0) == shut.picture).all()
