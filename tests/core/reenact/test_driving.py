"""Driving frames on their way to the networks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.reenact.driving import batches


def test_what_came_before_a_broken_frame_is_drawn() -> None:
    def breaking() -> Iterator[int]:
        yield from range(5)
        raise InputError("clip.mp4 breaks off")

    given: list[list[int]] = []
    with pytest.raises(InputError, match="breaks off"):
        given.extend(batches(breaking(), 3))
    assert given == [[0, 1, 2], [3, 4]]
