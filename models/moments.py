"""Exact means and covariances of all pixels, which PCA and the conditional Gaussian are made of.

Mirror images count as much as the images themselves, as they do for models that are trained by gradient descent. So the
sum of a pixel of the left half and of its mirror image has no covariance with any difference of such a pair: the matrix
of all pixels falls into two of half the size, whose products take half the time and whose eigenvectors a fifth.
"""

import torch
from torch import Tensor

from models.base import pixel_sums

BAND = 512  # rows of a matrix at once
CHUNK = 256  # 256 products of numbers up to 256 sum to at most 2^24: float32 holds each partial sum exactly


def halves(images: Tensor) -> tuple[Tensor, Tensor]:
    """Covariances of (a + b) / √2 and of (a − b) / √2, for pixels a of the left half and their mirror images b.

    Args:
        images: (N, C, H, W) uint8, W even; taken with their mirror images, as numbers in [0, 1].

    Returns:
        Two (C · H · W / 2, the same), float64, over 2 N.
    """
    sums, differences = (_products(images, sign) / (2 * len(images)) for sign in (1, -1))
    mean = _pairs(pixel_sums(images)[None].double() / len(images) - 128, 1)[0] / 2**0.5
    return (sums - mean[:, None] * mean) / 255**2, differences / 255**2


def _products(images: Tensor, sign: int) -> Tensor:
    """The sum over images of all products of two of their pairs, of numbers in [-128, 127], exactly: float64."""
    size = images[0].numel() // 2
    total = torch.zeros(size, size, dtype=torch.float64, device=images.device)
    for chunk in torch.split(images, CHUNK):
        pairs = _pairs(chunk.float() - 128, sign)
        for row in range(0, size, BAND):  # right of the diagonal only: the rest is its mirror image
            total[row : row + BAND, row:] += pairs[:, row : row + BAND].T @ pairs[:, row:]
    return total.triu() + total.triu(1).T


def _pairs(images: Tensor, sign: int) -> Tensor:
    """a + sign · b, (B, C · H · W / 2)."""
    middle = images.shape[3] // 2
    return torch.add(images[..., :middle], images.flip(3)[..., :middle], alpha=sign).flatten(1)


def rows(sums: Tensor, differences: Tensor, shape: torch.Size) -> Tensor:
    """Orthonormal rows over pairs, (K, C · H · W / 2) each, as orthonormal rows over an image's pixels.

    Returns:
        (2 K, C · H · W): each row is its own mirror image, or that with the other sign.
    """
    pair, sign = _places(shape, sums.device)
    return torch.cat([sums[:, pair], differences[:, pair] * sign]) / 2**0.5


def matrix(sums: Tensor, differences: Tensor, shape: torch.Size) -> Tensor:
    """The matrix of all pixels of an image, (C · H · W, the same), that falls into these two, see `halves`."""
    pair, sign = _places(shape, sums.device)
    return (sums[pair][:, pair] + differences[pair][:, pair] * sign * sign[:, None]) / 2


def _places(shape: torch.Size, device: torch.device) -> tuple[Tensor, Tensor]:
    """Of each pixel of an image (C, H, W) the pair that it belongs to, and 1 on the left, −1 on the right."""
    left = torch.arange(shape.numel() // 2, device=device).view(*shape[:2], -1)
    sign = torch.ones_like(left)
    return torch.cat([left, left.flip(2)], 2).flatten(), torch.cat([sign, -sign], 2).flatten()
