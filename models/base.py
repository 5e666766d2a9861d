"""What every model has in common, and the legend of shapes.

    B images, C = 3 channels, H = W = 32 pixels, D numbers in a latent, N = 64 cells of 4×4 pixels
    images  (B, 3, 32, 32) float in [0, 1]
    mask    (B, 8, 8) bool, one entry a cell, True = hidden, everywhere
    latent  (B, D)

Inside, pixels are centred on the mean training image and scaled to about unit variance.
"""

import inspect
import math
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

SIZE, CHANNELS = 32, 3
PATCH, GRID = 4, 8  # pixels along a cell, cells along an image
CELLS = GRID * GRID
PIXELS = CHANNELS * SIZE * SIZE  # numbers in an image
SUMMED = 500  # images at once: their sum, at most 500 · 255, is exact in int32
SCALE = 4.0  # CIFAR-10's pixels have a standard deviation near 1/4


class Model(nn.Module):
    """Anything in MODELS.

    Those with `trained` learn in `experiments.train.fit`, which calls `set_mean`. The others are ready after `set_mean`
    or, where they have one, their own `fit(train_images)`, which calls it.
    """

    name: ClassVar[str]
    trained: ClassVar[bool] = True  # by gradient descent
    batch_coupled: ClassVar[bool] = False  # its loss is no mean over images: to split a batch changes it
    bf16 = False  # what it was trained in: `experiments.train.fit` says so
    mean: Tensor  # (3, 32, 32), mean training image in [0, 1]

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((CHANNELS, SIZE, SIZE), 0.5))

    @classmethod
    def seeded(cls, seed: int, **keywords: Any) -> Self:
        """A model with weights drawn from `seed`; of the keywords it takes those that it knows."""
        known = inspect.signature(cls).parameters
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(**{key: value for key, value in keywords.items() if key in known})

    def set_mean(self, train_images: Tensor) -> None:
        """Take from the training images, (N, 3, 32, 32) uint8, whatever statistics the model needs."""
        if train_images.dtype != torch.uint8:
            raise ValueError(f"training images must be uint8 in [0, 255], got {train_images.dtype}")
        self.mean.copy_(pixel_sums(train_images) / (255 * len(train_images)))

    def draw(self, generator: torch.Generator) -> tuple[int, ...]:
        """What the host draws for a batch, as further arguments of `loss`; without them `loss` draws it itself."""
        return ()

    def loss(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Scalars to watch; "loss" is the one to minimise. The generator lives on the images' device."""
        raise NotImplementedError(f"{self.name} is not trained by gradient descent")

    def centred(self, images: Tensor) -> Tensor:
        return (images - self.mean) * SCALE

    def autocast(self) -> torch.autocast:
        """Matrix products and convolutions as in training. Where a gradient is asked for, the caller decides."""
        device = self.mean.device.type
        asked = torch.is_autocast_enabled(device) if torch.is_grad_enabled() else self.bf16
        return torch.autocast(device, torch.bfloat16, enabled=asked)


class Autoencoder(Model):
    """A model with a latent. Subclasses give `encode` and `decode`, or override `forward`."""

    latent_dim: int

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """The latent that probes see, (B, D)."""
        raise NotImplementedError

    def decode(self, latent: Tensor) -> Tensor:
        """(B, D) to (B, 3, 32, 32), not clamped."""
        raise NotImplementedError(f"{self.name} does not decode a latent")

    def forward(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        """The reconstruction, (B, 3, 32, 32), not clamped."""
        return self.decode(self.encode(images, mask))

    def feature_maps(self, images: Tensor) -> list[Tensor]:
        """Feature maps after each stage of the encoder, (B, C_l, h_l, w_l); empty where there are none."""
        return []

    def filled(self, images: Tensor, mask: Tensor | None) -> Tensor:
        """The images with hidden cells in the mean colour of the training set, the same picture for every model."""
        if mask is None:
            return images
        colour = self.mean.mean((1, 2), keepdim=True)  # (3, 1, 1)
        return torch.where(pixel_mask(mask), colour, images)


def pixel_sums(images: Tensor) -> Tensor:
    """Sums over images (N, 3, 32, 32) uint8: (3, 32, 32) int64. One sum over all takes a CPU thirty times as long."""
    parts = [part.sum(0, dtype=torch.int32) for part in torch.split(images, SUMMED)]
    return torch.stack(parts).sum(0, dtype=torch.int64)


def hidden_cells(ratio: float) -> int:
    """Cells that a ratio in [0, 1] hides: 0.1 hides 6 of 64."""
    return round(ratio * CELLS)


def random_masks(batch: int, hidden: int, generator: torch.Generator) -> Tensor:
    """Random masks (B, 8, 8) on the generator's device, each with exactly `hidden` hidden cells.

    With generators of equal state masks that hide fewer cells lie inside those that hide more.
    """
    order = torch.rand(batch, CELLS, generator=generator, device=generator.device).argsort(1)
    mask = torch.zeros(batch, CELLS, dtype=torch.bool, device=generator.device)
    return mask.scatter_(1, order[:, :hidden], True).view(batch, GRID, GRID)


def pixel_mask(mask: Tensor) -> Tensor:
    """A mask of cells (B, 8, 8) as one of pixels, (B, 1, 32, 32)."""
    return mask.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2).unsqueeze(1)


def noisy(images: Tensor, variance: float, generator: torch.Generator) -> Tensor:
    """Images with Gaussian noise of a variance in pixel units, cut to [0, 1]."""
    noise = torch.randn(images.shape, generator=generator, device=images.device)
    return (images + math.sqrt(variance) * noise).clamp(0, 1)
