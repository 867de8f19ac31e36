from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hyperreenact_core.heads.lens import Lens, sample_lens
from hyperreenact_core.heads.photograph import (
    compress,
    depth_of_field,
    expose,
    glass,
    motion_blur,
    photograph,
    sensor_noise,
    sharpen,
)

SIZE = 96
Floats = NDArray[np.float32]


@pytest.fixture
def scene() -> tuple[Floats, Floats, Floats]:
    """Stripes: the upper half 10 dm away, the lower 14, on the right nothing but grey."""
    rgba = np.zeros((SIZE, SIZE, 4), np.float32)
    rgba[:, :64, :3] = np.where(np.arange(64) // 4 % 2, 0.6, 0.1)[None, :, None]
    rgba[:, :64, 3] = 1
    depth = np.full((SIZE, SIZE), np.nan, np.float32)
    depth[:48, :64], depth[48:, :64] = 10.0, 14.0
    return rgba, depth, np.full((SIZE, SIZE, 3), 0.3, np.float32)


def test_a_perfect_lens_only_encodes_srgb(scene: tuple[Floats, Floats, Floats]) -> None:
    picture = photograph(*scene, Lens(), np.random.default_rng(0))
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(np.unique(picture[:, :64]), [89, 203])
    np.testing.assert_array_equal(np.unique(picture[:, 64:]), [149])


def test_the_same_generator_gives_the_same_photograph(
    scene: tuple[Floats, Floats, Floats],
) -> None:
    lens = Lens(aperture=0.5, noise=1e-3, fringe=0.002, sharpening=0.5, quality=70)
    first, second = (photograph(*scene, lens, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.any(first != photograph(*scene, lens, np.random.default_rng(8)))


def test_a_shoulder_keeps_shades_in_highlights_and_leaves_shadows_alone() -> None:
    ramp = np.linspace(0, 3, 301, dtype=np.float32).reshape(1, -1, 1).repeat(3, 2)
    plain, rolled = expose(ramp, Lens())[0, :, 0], expose(ramp, Lens(shoulder=0.8))[0, :, 0]
    np.testing.assert_allclose(rolled[:44], plain[:44], atol=1e-3)
    assert plain[150] == plain[250] == 1
    assert rolled[120] < rolled[150] < rolled[200] < 1
    assert np.all(np.diff(rolled) >= 0)


def test_depth_of_field_blurs_what_is_behind_the_eyes_only(
    scene: tuple[Floats, Floats, Floats],
) -> None:
    sharp = depth_of_field(*scene, Lens())
    soft = depth_of_field(*scene, Lens(aperture=1.0), focus=10.0)
    np.testing.assert_allclose(soft[:40], sharp[:40], atol=5e-3)
    np.testing.assert_array_equal(soft[:, 85:], sharp[:, 85:])
    assert soft[60:, 8:56].std() < 0.6 * sharp[60:, 8:56].std()
    assert 0.1 < soft[60, 64, 0] < 0.6  # the blur goes over the outline
    far = depth_of_field(*scene, Lens(aperture=1.0), focus=14.0)
    np.testing.assert_allclose(far[56:], sharp[56:], atol=5e-3)


def test_sharp_skin_does_not_bleed_into_what_is_out_of_focus() -> None:
    rgba, depth = np.ones((SIZE, SIZE, 4), np.float32), np.full((SIZE, SIZE), 10.0, np.float32)
    rgba[:48, :, :3], rgba[48:, :, :3], depth[48:] = 1.0, 0.0, 14.0
    soft = depth_of_field(rgba, depth, rgba[..., :3], Lens(aperture=0.6))
    assert soft[48:].max() < 0.02
    assert soft[:48].min() > 0.9


def test_without_a_head_there_is_only_the_background(
    scene: tuple[Floats, Floats, Floats],
) -> None:
    rgba, depth, background = scene
    seen = depth_of_field(0 * rgba, np.full_like(depth, np.inf), background, Lens(aperture=0.6))
    np.testing.assert_array_equal(seen, background)


def test_motion_smears_along_its_angle_and_keeps_the_light() -> None:
    point = np.zeros((SIZE, SIZE, 3), np.float32)
    point[48, 48] = 1
    smeared = motion_blur(point, angle_deg=90.0, length=0.1)[..., 0]
    row, column = np.nonzero(smeared > 0.02)
    assert 8 <= np.ptp(row) <= 10
    assert np.ptp(column) == 0
    assert smeared.sum() == pytest.approx(1, abs=1e-4)


def test_noise_grows_with_the_light_as_its_variance_says() -> None:
    dark, light = (np.full((256, 256, 3), value, np.float32) for value in (0.1, 0.8))
    rng, lens = np.random.default_rng(0), Lens(noise=1e-3)
    for flat, value in ((dark, 0.1), (light, 0.8)):
        noisy = sensor_noise(flat, lens, rng)
        assert noisy.mean() == pytest.approx(value, abs=1e-3)
        assert noisy.var() == pytest.approx(1e-3 * (value + 0.02), rel=0.05)


def test_the_glass_darkens_corners_and_parts_the_colours_outwards() -> None:
    white = np.ones((SIZE, SIZE, 3), np.float32)
    shaded = glass(white, Lens(vignette=0.4))
    assert shaded[0, 0, 0] == pytest.approx(0.6, abs=0.02)
    assert shaded[48, 48, 0] == pytest.approx(1, abs=0.01)
    edge = np.zeros((SIZE, SIZE, 3), np.float32)
    edge[:, 88:] = 1
    red, green, blue = glass(edge, Lens(fringe=0.01))[48].sum(0)
    assert red < green < blue


def test_sharpening_puts_a_halo_around_an_edge() -> None:
    step = np.full((SIZE, SIZE, 3), 0.3, np.float32)
    step[:, 48:] = 0.6
    crisp = sharpen(step, 1.0)
    assert crisp[48, 47, 0] < 0.28
    assert crisp[48, 48, 0] > 0.62
    assert crisp[48, 10, 0] == pytest.approx(0.3)


@pytest.mark.parametrize("webp", [False, True])
def test_compression_keeps_colours_in_order_and_loses_more_at_low_quality(webp: bool) -> None:
    noise = np.array([180, 90, 10]) + np.random.default_rng(0).integers(0, 60, (64, 64, 3))
    pixels = np.asarray(cv2.GaussianBlur(noise.astype(np.uint8), (0, 0), 1.0), np.uint8)
    fine, poor = (compress(pixels, Lens(quality=quality, webp=webp)) for quality in (95, 40))
    np.testing.assert_allclose(fine.mean((0, 1)), pixels.mean((0, 1)), atol=3)
    lost = [np.abs(decoded - pixels.astype(float)).mean() for decoded in (fine, poor)]
    assert 0 < lost[0] < lost[1]


def test_sampled_lenses_span_phone_to_telephoto_and_a_quarter_is_nearly_perfect() -> None:
    rng = np.random.default_rng(0)
    lenses = [sample_lens(rng) for _ in range(1000)]
    distances = np.log([lens.distance for lens in lenses])
    assert np.log(4) <= distances.min() < np.log(4.2)
    assert np.log(29) < distances.max() <= np.log(30)
    clean = [lens.sharpening == lens.softness == 0 and lens.quality in (0, 95) for lens in lenses]
    assert 0.2 < np.mean(clean) < 0.35
    assert np.mean([lens.quality not in (0, *range(55, 101)) for lens in lenses]) < 0.1
    assert sample_lens(np.random.default_rng(5)) == sample_lens(np.random.default_rng(5))


def test_the_mean_photograph_is_hurt_mildly(scene: tuple[Floats, Floats, Floats]) -> None:
    rng, perfect = np.random.default_rng(2), photograph(*scene, Lens(), np.random.default_rng(0))
    errors = []
    for _ in range(60):
        lens = replace(sample_lens(rng), aperture=0.0, shoulder=0.0)
        errors.append(np.abs(photograph(*scene, lens, rng) - perfect.astype(float)).mean())
    assert 0.3 < np.median(errors) < 8
    assert np.quantile(errors, 0.2) < 1.5
