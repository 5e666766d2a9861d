"""Images on their way through a model: chunks, floats and bytes, and the one noisy test set that every model sees.

Legend: B images, C = 3 channels, H = W = 32 pixels; floats in [0, 1], bytes in [0, 255].
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from experiments.arrays import Array
from models.base import noisy

Measured = Iterator[tuple[str, float | Array]]  # what a measurement yields: name without the model, and its value
LATER = ("", float("nan"))  # a measurement that yields this goes on when all others of its model are done

CHUNK = 500  # images at once: the same everywhere, so that a generator's draws fall on the same images for every model
NOISE_SEED = 1_000_003  # of the noisy test set, the same for every model and seed, so that differences are paired


def floats(images: Tensor) -> Tensor:
    """Bytes (B, C, H, W) to float32 in [0, 1]."""
    return images.float() / 255


def chunked(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """`function` of the images, as floats and in chunks, without gradients; its results joined along the first axis.

    Args:
        images: uint8 (B, C, H, W), or float (B, …), which is handed on as it is.
    """
    with torch.no_grad():
        parts = torch.split(images, CHUNK)
        return torch.cat([function(part if part.is_floating_point() else floats(part)) for part in parts])


def paired(function: Callable[[Tensor, Tensor], Tensor], images: Tensor, others: Tensor) -> Tensor:
    """As `chunked`, of images, uint8 (B, C, H, W), and of what belongs to each of them, (B, …)."""
    parts = zip(torch.split(images, CHUNK), torch.split(others, CHUNK), strict=True)
    with torch.no_grad():
        return torch.cat([function(floats(part), other) for part, other in parts])


def generator(seed: int, device: torch.device) -> torch.Generator:
    return torch.Generator(device=device).manual_seed(seed)


def with_noise(function: Callable[[Tensor], Tensor], images: Tensor, variance: float) -> Tensor:
    """`function` of the noisy images, chunk by chunk; see `noisy_images`."""
    draws = generator(NOISE_SEED, images.device)
    return chunked(lambda clean: function(noisy(clean, variance, draws)), images)


def noisy_images(images: Tensor, variance: float) -> Tensor:
    """Images with Gaussian noise of mean 0, clipped to [0, 1]: a fixed draw, which only scales with the variance.

    Args:
        images: uint8 (B, C, H, W).
    """
    return with_noise(lambda images: images, images, variance)


def to_pixels(images: Tensor) -> Array:
    """Floats (…, C, H, W), clamped to [0, 1], to bytes (…, H, W, C) for a figure."""
    pixels: Array = (images.clamp(0, 1) * 255).round().to(torch.uint8).movedim(-3, -1).cpu().numpy()
    return pixels


def to_numpy(values: Tensor) -> Array:
    """Float32 on the CPU, for a bundle."""
    return values.detach().cpu().numpy().astype(np.float32)
