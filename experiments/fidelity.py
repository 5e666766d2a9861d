"""Image quality, one number an image: MSE, MAE, PSNR, SSIM, variance of the Laplacian.

Legend: images (B, C, H, W), floats in [0, 1]; results (B,), float32 unless said otherwise.
"""

import torch
from torch import Tensor

MSE_FLOOR = 1e-10  # of the PSNR: an exact copy counts as 100 dB
WINDOW, SIGMA = 11, 1.5  # of SSIM
C1, C2 = 0.01**2, 0.03**2  # (K1 L)², (K2 L)² with L = 1


def mse(images: Tensor, others: Tensor) -> Tensor:
    return (images - others).square().flatten(1).mean(1)


def mae(images: Tensor, others: Tensor) -> Tensor:
    return (images - others).abs().flatten(1).mean(1)


def psnr(squared_error: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in decibels from mean squared errors of pixels in [0, 1]."""
    return -10 * squared_error.clamp(min=MSE_FLOOR).log10()


def ssim(images: Tensor, others: Tensor) -> Tensor:
    """Structural similarity, in [-1, 1] (Wang, Bovik, Sheikh & Simoncelli 2004, "Image quality assessment").

    Gaussian 11×11 window with σ = 1.5, valid region only, mean over channels: what scikit-image gives with
    `gaussian_weights=True, use_sample_covariance=False`, but for a batch at once.
    """
    count = images.shape[1]
    # Centred on 0.5: variances are differences of squares, and smaller squares lose less to rounding.
    x, y = images - 0.5, others - 0.5
    mean_x, mean_y, xx, yy, xy = torch.split(_blur(torch.cat([x, y, x * x, y * y, x * y], 1)), count, 1)
    variance_x, variance_y = xx - mean_x.square(), yy - mean_y.square()
    covariance = xy - mean_x * mean_y
    mean_x, mean_y = mean_x + 0.5, mean_y + 0.5
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    structure = (2 * covariance + C2) / (variance_x + variance_y + C2)
    similarity: Tensor = luminance * structure
    return similarity.flatten(1).mean(1)


def _blur(images: Tensor) -> Tensor:
    """Gaussian window over rows and columns, without padding: (B, C, H, W) to (B, C, H − 10, W − 10)."""
    rows, columns = (_band(size, images) for size in images.shape[-2:])
    return rows @ images @ columns.T


def _band(size: int, like: Tensor) -> Tensor:
    """The window as a matrix (size − 10, size): small products are faster than convolutions of single channels."""
    offsets = torch.arange(size, device=like.device) - torch.arange(size - WINDOW + 1, device=like.device)[:, None]
    offsets = offsets - WINDOW // 2
    weights = (-offsets.to(like.dtype).square() / (2 * SIGMA**2)).exp() * (offsets.abs() <= WINDOW // 2)
    return weights / weights.sum(1, keepdim=True)


def laplacian_variance(images: Tensor) -> Tensor:
    """Variance of the 4-neighbour Laplacian inside the image, mean over channels: a measure of sharpness."""
    inner = images[..., 1:-1, 1:-1]
    neighbours = images[..., :-2, 1:-1] + images[..., 2:, 1:-1] + images[..., 1:-1, :-2] + images[..., 1:-1, 2:]
    return (neighbours - 4 * inner).var(dim=(2, 3), correction=0).mean(1)
