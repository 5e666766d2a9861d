"""The moments of all pixels, exactly: what the linear models are made of.

Mirror images count as much as the images themselves, as they do for models that are trained by gradient descent.
"""

import torch
from torch import Tensor

from models.base import CHANNELS, PIXELS, SIZE, pixel_sums

BAND = 512  # rows of the matrix at once
CHUNK = 1024  # 1024 products of numbers up to 128 sum to at most 2^24: float32 holds each partial sum exactly


def covariance(images: Tensor) -> Tensor:
    """Covariance of the pixels of (N, 3, 32, 32) uint8 images and of their mirror images, as numbers in [0, 1].

    Returns:
        (3072, 3072) float64, over 2 N.
    """
    total = torch.zeros(PIXELS, PIXELS, dtype=torch.float64, device=images.device)
    for chunk in torch.split(images.flatten(1), CHUNK):
        centred = chunk.float() - 128
        for row in range(0, PIXELS, BAND):  # right of the diagonal only: the rest is its mirror image
            total[row : row + BAND, row:] += centred[:, row : row + BAND].T @ centred[:, row:]
    second = (total.triu() + total.triu(1).T) / len(images)
    mean = pixel_sums(images).flatten().double() / len(images) - 128
    places = torch.arange(PIXELS, device=images.device).view(CHANNELS, -1, SIZE)
    other = places.flip(2).flatten()  # where each pixel comes from in the mirror image
    second, mean = (second + second[other][:, other]) / 2, (mean + mean[other]) / 2
    return (second - mean[:, None] * mean) / 255**2
