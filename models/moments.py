"""The covariance of all pixels, exactly: what the linear models are made of."""

import torch
from torch import Tensor

from models.base import PIXELS

CHUNK = 1024  # 1024 products of numbers up to 128 sum to at most 2^24: float32 holds each partial sum exactly


def covariance(images: Tensor) -> Tensor:
    """Covariance of the pixels of (N, 3, 32, 32) uint8 images as numbers in [0, 1]: (3072, 3072) float64, over N."""
    total = torch.zeros(PIXELS, PIXELS, dtype=torch.float64, device=images.device)
    for chunk in torch.split(images.flatten(1), CHUNK):
        centred = chunk.float() - 128
        total += centred.T @ centred
    mean = images.flatten(1).sum(0, dtype=torch.int64).double() / len(images) - 128
    return (total / len(images) - mean[:, None] * mean) / 255**2
