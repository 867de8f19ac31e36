"""Reading HEIC: as a portrait, as a driving picture and in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from tests.core.video.heics import make_heic
from tests.core.video.sounds import picture


@pytest.mark.parametrize("tile", [64, 128])
@pytest.mark.parametrize("quarter_turns", [0, 3])
def test_tiles_make_one_upright_picture(tmp_path: Path, tile: int, quarter_turns: int) -> None:
    """A phone's picture is a grid of tiles, cropped and turned."""
    image = picture(width=120, height=100)
    make_heic(tmp_path / "x.heic", image, tile=tile, quarter_turns=quarter_turns)
    expected = np.rot90(image, quarter_turns).astype(int)
    source = open_frames(tmp_path / "x.heic")
    (frame,) = source
    folder = next(iter(open_frames(tmp_path)))
    assert (source.height, source.width) == expected.shape[:2]
    for shown in (read_image(tmp_path / "x.heic"), frame, folder):
        assert shown.shape == expected.shape
        assert np.abs(shown - expected).mean() < 6


def test_damaged_heic_is_refused_in_one_line(tmp_path: Path) -> None:
    path = make_heic(tmp_path / "x.heic", picture(width=120, height=100), tile=64)
    data = path.read_bytes()
    for kept in (100, 400, len(data) // 2):
        path.write_bytes(data[:kept])
        with pytest.raises(InputError, match=r"x\.heic") as error:
            read_image(path)
        assert "\n" not in str(error.value)
