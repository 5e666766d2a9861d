"""Image metrics against scikit-image, scipy and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import laplace
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from experiments import fidelity
from experiments.metrics import METRICS

torch.set_num_threads(1)


def smooth(count: int, seed: int) -> Tensor:
    """Images with large and small structure, in [0, 1]."""
    draws = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 4, 4, generator=draws)
    fine = torch.rand(count, 3, 32, 32, generator=draws)
    return 0.8 * torch.nn.functional.interpolate(coarse, 32, mode="bicubic").clamp(0, 1) + 0.2 * fine


@pytest.mark.parametrize("strength", [0.0, 0.01, 0.3, 1.0])
def test_ssim_is_scikit_images(strength: float) -> None:
    images, others = smooth(6, 0), torch.lerp(smooth(6, 0), smooth(6, 1), strength)
    expected = [
        structural_similarity(
            a.permute(1, 2, 0).double().numpy(), b.permute(1, 2, 0).double().numpy(), data_range=1, channel_axis=-1,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )
        for a, b in zip(images, others, strict=True)
    ]  # fmt: skip
    np.testing.assert_allclose(fidelity.ssim(images, others), expected, atol=1e-6)


def test_ssim_of_flat_images_is_exact() -> None:
    black, white = torch.zeros(2, 3, 32, 32), torch.ones(2, 3, 32, 32)
    np.testing.assert_allclose(fidelity.ssim(black, white), fidelity.C1 / (1 + fidelity.C1), atol=1e-6)
    np.testing.assert_allclose(fidelity.ssim(white, white), 1, atol=1e-6)


def test_errors_and_psnr() -> None:
    images, others = smooth(3, 0), smooth(3, 1)
    a, b = images.double().numpy(), others.double().numpy()
    np.testing.assert_allclose(fidelity.mse(images, others), ((a - b) ** 2).mean((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(fidelity.mae(images, others), np.abs(a - b).mean((1, 2, 3)), rtol=1e-5)
    expected = [peak_signal_noise_ratio(x, y, data_range=1) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(fidelity.psnr(fidelity.mse(images, others)), expected, rtol=1e-5)


def test_psnr_of_a_tenth_is_ten_decibels_and_of_a_copy_a_hundred() -> None:
    assert fidelity.psnr(torch.tensor([0.1, 0.001, 0.0])).tolist() == pytest.approx([10, 30, 100])
    assert "10 log₁₀(1 / MSE), 100 dB at most, " in METRICS["psnr"].how


def test_laplacian_variance_is_scipys_inside() -> None:
    images = smooth(3, 2)
    expected = [np.mean([laplace(plane.double().numpy())[1:-1, 1:-1].var() for plane in image]) for image in images]
    np.testing.assert_allclose(fidelity.laplacian_variance(images), expected, rtol=1e-4)


def test_laplacian_variance_of_a_parabola_is_zero() -> None:
    x = torch.arange(32.0) / 32
    image = (x**2)[None, None, None, :].expand(1, 3, 32, 32)
    assert math.isclose(float(fidelity.laplacian_variance(image)), 0, abs_tol=1e-10)
