"""The covariance of all pixels, exactly: what the linear models are made of."""

import torch
from torch import Tensor

from models.base import PIXELS, pixel_sums

BAND = 512  # rows of the matrix at once
CHUNK = 1024  # 1024 products of numbers up to 128 sum to at most 2^24: float32 holds each partial sum exactly


def covariance(images: Tensor) -> Tensor:
    """Covariance of the pixels of (N, 3, 32, 32) uint8 images as numbers in [0, 1]: (3072, 3072) float64, over N."""
    total = torch.zeros(PIXELS, PIXELS, dtype=torch.float64, device=images.device)
    for chunk in torch.split(images.flatten(1), CHUNK):
        centred = chunk.float() - 128
        for row in range(0, PIXELS, BAND):  # right of the diagonal only: the rest is its mirror image
            total[row : row + BAND, row:] += centred[:, row : row + BAND].T @ centred[:, row:]
    mean = pixel_sums(images).flatten().double() / len(images) - 128
    return ((total.triu() + total.triu(1).T) / len(images) - mean[:, None] * mean) / 255**2
