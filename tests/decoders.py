"""Autoencoders, a judge and images whose answers are known in closed form."""

import torch
from torch import Tensor

from experiments.data import Data
from experiments.presets import preset
from models.base import PIXELS, Autoencoder

CLASSES = ("plane", "car", "bird", "cat", "deer", "dog")
SMALL = preset("smoke", ["paths=30"])


def colours(count: int) -> Data:
    """Images of class k have the one colour 30 k everywhere, in bytes."""
    labels = torch.arange(count) % len(CLASSES)
    images = (30 * labels).byte()[:, None, None, None].expand(-1, 3, 32, 32).contiguous()
    return Data("toy", CLASSES, images, labels, images, labels, "")


class Linear(Autoencoder):
    """Projects on a few orthonormal directions and back; keeps what it decodes."""

    name = "ae"

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        directions = torch.randn(PIXELS, latent_dim, generator=torch.Generator().manual_seed(1))
        self.directions = torch.linalg.qr(directions).Q
        self.decoded: list[Tensor] = []

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return images.flatten(1) @ self.directions

    def decode(self, latent: Tensor) -> Tensor:
        self.decoded.append(latent)
        return (latent @ self.directions.T).view(-1, 3, 32, 32)


class Vae(Linear):
    name = "vae"


class Identity(Autoencoder):
    name = "ae"
    latent_dim = PIXELS

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return images.flatten(1)

    def decode(self, latent: Tensor) -> Tensor:
        return latent.view(-1, 3, 32, 32)


class Colours(Autoencoder):
    """The mean colour, or that of the visible cells."""

    name = "ae"

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return images.mean((2, 3))
        visible = (~mask).repeat_interleave(4, 1).repeat_interleave(4, 2)[:, None].float()
        return (images * visible).sum((2, 3)) / visible.sum((2, 3))


class ColourJudge:
    """Class k is the colour 30 k; its features are the mean colours."""

    def __call__(self, images: Tensor) -> Tensor:
        return -1e4 * (images.mean((1, 2, 3))[:, None] - 30 / 255 * torch.arange(len(CLASSES))).square()

    def features(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


class Grey(Identity):
    """The same grey whatever it is shown."""

    latent_dim = 2

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return images.flatten(1)[:, :2]

    def decode(self, latent: Tensor) -> Tensor:
        return torch.full((len(latent), 3, 32, 32), 0.5)
