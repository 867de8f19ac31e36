"""Quality measures against what their definitions say."""

from __future__ import annotations

import torch

from hyperreenact_core.quality import feature_distance, psnr, ssim


def pictures(seed: int) -> torch.Tensor:
    return torch.rand(3, 3, 24, 20, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_psnr_follows_its_formula() -> None:
    truth = torch.zeros(2, 3, 8, 8)
    result = torch.stack([torch.full((3, 8, 8), 0.2), torch.full((3, 8, 8), 0.02)])
    # 10 log10(2^2 / 0.2^2) = 20 dB; ten times less error is 20 dB more.
    torch.testing.assert_close(psnr(result, truth), torch.tensor([20.0, 40.0]))


def test_ssim_of_equal_pictures_is_one_and_falls_with_noise() -> None:
    truth = pictures(0)
    noise = pictures(1)
    torch.testing.assert_close(ssim(truth, truth), torch.ones(3))
    slightly, strongly = ssim(truth + 0.1 * noise, truth), ssim(truth + noise, truth)
    assert (strongly < slightly).all()
    assert (slightly < 1).all()


def test_ssim_follows_its_formula() -> None:
    truth, result = (p.double() / 2 + 0.5 for p in (pictures(0), pictures(0) + 0.5 * pictures(1)))
    place = torch.arange(11, dtype=torch.float64) - 5
    bell = torch.exp(-place.square() / (2 * 1.5**2))
    window = torch.outer(bell, bell).flatten() / bell.sum() ** 2

    def mean(picture: torch.Tensor) -> torch.Tensor:
        return picture.unfold(2, 11, 1).unfold(3, 11, 1).flatten(4) @ window

    mean_x, mean_y = mean(result), mean(truth)
    variances = mean(result**2) - mean_x**2 + mean(truth**2) - mean_y**2
    covariance = mean(result * truth) - mean_x * mean_y
    light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    by_hand = light * (2 * covariance + 0.03**2) / (variances + 0.03**2)
    ours = ssim((2 * result - 1).float(), (2 * truth - 1).float())
    torch.testing.assert_close(ours, by_hand.mean((1, 2, 3)).float(), atol=1e-5, rtol=0)


def test_feature_distance_ignores_length_and_sums_over_maps() -> None:
    x = torch.zeros(2, 4, 3, 3)
    x[:, 0] = 1
    y = torch.zeros(2, 4, 3, 3)
    y[:, 1] = 5
    torch.testing.assert_close(feature_distance([x], [3 * x]), torch.zeros(2))
    # Unit vectors at a right angle: squared distance 2 a map.
    torch.testing.assert_close(feature_distance([x, x], [y, y]), torch.full((2,), 4.0))
