"""What is drawn in these tests; where it cannot be drawn they are skipped with the reason."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.assets import Assets
from hyperreenact_core.heads.figure import Figure, make_figure
from hyperreenact_core.heads.glasses import sample_glasses
from hyperreenact_core.heads.opengl import opengl_context
from hyperreenact_core.heads.people import sample_person
from hyperreenact_core.heads.stage import Stage
from hyperreenact_core.heads.wardrobe import Wardrobe

Cast = Callable[..., Figure]

_FIRST_TIME_S = 900
"""The body model is computed when it is first used on a machine, over a minute on one core."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that may be the first to load the body model get time for it."""
    for item in items:
        if "wardrobe" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_FIRST_TIME_S))


@pytest.fixture(scope="session")
def wardrobe() -> Wardrobe:
    """Skips where the body model or the assets are missing."""
    if find_spec("anny") is None:
        pytest.skip("needs the extra `heads`: anny is missing")
    try:
        return Wardrobe(Assets())
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def drawable(wardrobe: Wardrobe) -> None:
    """Skip where OpenGL is missing, or what is drawn with it."""
    try:
        opengl_context()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def stage(drawable: None) -> Stage:
    """256 pixels, as training pictures are drawn."""
    return Stage(256)


@pytest.fixture(scope="session")
def fine_stage(drawable: None) -> Stage:
    """512 pixels, for what is measured to parts of a pixel."""
    return Stage(512)


@pytest.fixture(scope="session")
def cast(wardrobe: Wardrobe) -> Cast:
    """cast(seed) is the figure of that person; with another hair, with glasses, or all bare."""

    @lru_cache
    def figure(
        seed: int, *, bare: bool = False, hair: str | None = None, glasses: bool = False
    ) -> Figure:
        person = sample_person(seed, wardrobe)
        if bare:
            beard = replace(person.beard, kind="none")
            nothing = {"glasses": None, "hat": None, "earrings": None, "mask": None}
            person = replace(person, beard=beard, **nothing)
        if bare or hair is not None:
            person = replace(person, hair=replace(person.hair, style=hair or "bald"), hat=None)
        if glasses:
            person = replace(person, glasses=sample_glasses(np.random.default_rng(seed)))
        return make_figure(person, wardrobe)

    return figure
