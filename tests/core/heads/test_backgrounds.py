import copy
from pathlib import Path

import cv2
import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.backgrounds import (
    KINDS,
    PICTURE,
    Background,
    draw_background,
    find_pictures,
    sample_background,
)

PAINTED = [kind for kind in KINDS if kind != PICTURE]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture whose left half is red and whose right half is blue."""
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[:, :60, 2], pixels[:, 60:, 0] = 255, 255  # BGR
    path = tmp_path / "halves.png"
    cv2.imwrite(str(path), pixels)
    return path


@pytest.mark.parametrize("kind", PAINTED)
def test_every_kind_is_a_finite_linear_picture_that_is_not_flat(kind: str) -> None:
    shades = []
    for seed in range(3):
        linear = draw_background(Background(kind, seed), 64)
        assert linear.shape == (64, 64, 3)
        assert linear.dtype == np.float32
        assert np.isfinite(linear).all()
        assert linear.min() >= 0
        shades.append(linear.std() / linear.mean())
    assert min(shades) > 0.01


@pytest.mark.parametrize("kind", PAINTED)
def test_a_scene_is_the_same_at_every_size(kind: str) -> None:
    background = Background(kind, 11, blur=0.01)
    small, large = (draw_background(background, size) for size in (64, 256))
    shrunk = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    other = draw_background(Background(kind, 12, blur=0.01), 64)
    apart = np.abs(np.sqrt(small) - np.sqrt(shrunk)).mean()
    assert apart < 0.02
    assert apart < 0.25 * np.abs(np.sqrt(small) - np.sqrt(other)).mean()


def test_the_same_seed_gives_the_same_backgrounds() -> None:
    first, second = (sample_background(np.random.default_rng(3)) for _ in range(2))
    assert first == second == copy.deepcopy(first)
    np.testing.assert_array_equal(draw_background(first, 96), draw_background(second, 96))


def test_samples_hold_every_kind_sharp_and_blurred() -> None:
    rng = np.random.default_rng(0)
    drawn = [sample_background(rng) for _ in range(600)]
    assert {background.kind for background in drawn} == set(PAINTED)
    sharp = np.mean([background.blur == 0 for background in drawn])
    assert 0.2 < sharp < 0.4


def test_blur_spreads_lights_over_discs_and_keeps_the_light() -> None:
    sharp, soft = (draw_background(Background("night", 5, blur=blur), 256) for blur in (0, 0.03))
    assert soft.max() < 0.3 * sharp.max()
    sharp, soft = (draw_background(Background("masonry", 5, blur=blur), 256) for blur in (0, 0.03))
    assert soft.mean() == pytest.approx(sharp.mean(), rel=0.03)
    assert soft.std() < sharp.std()


def test_level_and_warmth_scale_the_light() -> None:
    plain = draw_background(Background("masonry", 2), 64)
    bright = draw_background(Background("masonry", 2, level=2.0), 64)
    warm = draw_background(Background("masonry", 2, warmth=0.5), 64).mean((0, 1))
    np.testing.assert_allclose(bright, 2 * plain, rtol=1e-5)
    ratio = warm / plain.mean((0, 1))
    assert ratio[0] / ratio[2] == pytest.approx(np.exp(0.5), rel=1e-4)


def test_pictures_are_used_for_a_share_and_decoded_to_linear_light(picture: Path) -> None:
    rng = np.random.default_rng(1)
    drawn = [sample_background(rng, pictures=[picture]) for _ in range(300)]
    used = [background for background in drawn if background.kind == PICTURE]
    assert 0.25 < len(used) / len(drawn) < 0.55
    linear = draw_background(Background(PICTURE, 4, picture=picture), 64)
    red, green, blue = linear.mean((0, 1))
    assert red + blue > 0.9
    assert green == 0


def test_the_pictures_of_a_folder_are_found_in_order_and_told_apart(picture: Path) -> None:
    folder = picture.parent
    (folder / "notes.txt").write_text("no picture")
    alone = find_pictures(folder)
    assert alone.paths == (picture,)
    (folder / "a.PNG").write_bytes(picture.read_bytes())
    both = find_pictures(folder)
    assert both.paths == (folder / "a.PNG", picture)
    assert both == find_pictures(folder)
    (folder / "a.PNG").write_bytes(picture.read_bytes() + b"more")
    assert len({alone.digest, both.digest, find_pictures(folder).digest}) == 3


def test_a_folder_without_pictures_or_with_a_broken_one_is_named(picture: Path) -> None:
    folder = picture.parent
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: holds no background pictures"):
        find_pictures(folder / "empty")
    with pytest.raises(InputError, match=r"nowhere: there is no such folder"):
        find_pictures(folder / "nowhere")
    (folder / "broken.jpg").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"broken\.jpg .*replace or remove it"):
        find_pictures(folder)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"broken\.jpg"):
        draw_background(Background(PICTURE, 0, picture=path), 64)
    with pytest.raises(InputError, match=r"missing\.png"):
        draw_background(Background(PICTURE, 0, picture=tmp_path / "missing.png"), 64)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="choose from: room"):
        draw_background(Background("cellar", 0), 64)
