"""PCA: the best linear autoencoder of its latent's size, in closed form.

Baldi & Hornik 1989, Neural Networks and Principal Component Analysis, Neural Networks 2.
"""

from typing import ClassVar

import torch
from torch import Tensor

from models.base import CHANNELS, PIXELS, SIZE, Autoencoder
from models.moments import covariance


class Pca(Autoencoder):
    """The first `latent_dim` principal components of the training images; the largest entry of each is positive."""

    name: ClassVar[str] = "pca"
    trained: ClassVar[bool] = False
    deterministic: ClassVar[bool] = True
    components: Tensor  # (PIXELS, PIXELS), rows by falling variance

    def __init__(self, latent_dim: int = 128) -> None:
        super().__init__()
        if latent_dim > PIXELS:
            raise ValueError(f"pca: latent_dim must be at most {PIXELS}, got {latent_dim}")
        self.latent_dim = latent_dim
        self.register_buffer("components", torch.eye(PIXELS))

    def set_mean(self, train_images: Tensor) -> None:
        self.fit(train_images)

    def fit(self, train_images: Tensor) -> None:
        """All components, from the eigenvectors of the covariance in float64. train_images: (N, 3, 32, 32) uint8."""
        super().set_mean(train_images)
        vectors = torch.linalg.eigh(covariance(train_images)).eigenvectors.T.flip(0)
        largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
        self.components.copy_(vectors * largest.sign())

    def truncated(self, latent_dim: int) -> "Pca":
        """The same components, cut at another number, which may be larger."""
        other = Pca(latent_dim).to(self.mean.device)
        other.mean, other.components = self.mean, self.components
        return other

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return (self.filled(images, mask) - self.mean).flatten(1) @ self.components[: self.latent_dim].T

    def decode(self, latent: Tensor) -> Tensor:
        return (latent @ self.components[: self.latent_dim]).view(-1, CHANNELS, SIZE, SIZE) + self.mean
