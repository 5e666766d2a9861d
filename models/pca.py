"""PCA: the best linear autoencoder of its latent's size, in closed form.

Baldi & Hornik 1989, Neural Networks and Principal Component Analysis, Neural Networks 2.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models import moments
from models.base import CHANNELS, PIXELS, SIZE, Autoencoder


class Pca(Autoencoder):
    """The first `latent_dim` principal components of the training images and their mirror images.

    Each is its own mirror image, or that with the other sign. Its largest entry in the left half is positive.
    """

    name = "pca"
    trained = False
    components: Tensor  # (PIXELS, PIXELS), rows by falling variance; zero rows beyond the number of images

    def __init__(self, latent_dim: int = 128) -> None:
        super().__init__()
        if latent_dim > PIXELS:
            raise ValueError(f"pca: latent_dim must be at most {PIXELS}, got {latent_dim}")
        self.latent_dim = latent_dim
        self.register_buffer("components", torch.eye(PIXELS))

    def fit(self, train_images: Tensor) -> None:
        """All components of the training images, (N, 3, 32, 32) uint8, from eigenvectors in float64."""
        self.set_mean(train_images)
        self.mean.lerp_(self.mean.flip(-1), 0.5)
        few = 2 * len(train_images) < PIXELS
        vectors = _from_images(train_images) if few else _from_covariance(train_images)
        left = vectors.view(-1, CHANNELS, SIZE, SIZE)[..., : SIZE // 2].flatten(1)
        largest = left.gather(1, left.abs().argmax(1, keepdim=True))
        self.components.zero_()
        self.components[: len(vectors)] = vectors * largest.sign()

    def truncated(self, latent_dim: int) -> "Pca":
        """The same components, cut at another number, which may be larger."""
        other = Pca(latent_dim)
        other.mean, other.components = self.mean, self.components
        return other.train(self.training)

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return (self.filled(images, mask) - self.mean).flatten(1) @ self.components[: self.latent_dim].T

    def decode(self, latent: Tensor) -> Tensor:
        return (latent @ self.components[: self.latent_dim]).view(-1, CHANNELS, SIZE, SIZE) + self.mean


def _from_covariance(images: Tensor) -> Tensor:
    found = [torch.linalg.eigh(half) for half in moments.halves(images)]
    order = torch.cat([values for values, _ in found]).argsort(descending=True)
    sums, differences = (vectors.T for _, vectors in found)
    return moments.rows(sums, differences, images.shape[1:])[order]


def _from_images(images: Tensor) -> Tensor:
    """With fewer images than pixels: through the products of images, (2 N, 2 N), which is faster."""
    flat = torch.cat([images, images.flip(3)]).flatten(1).double() / 255
    flat -= flat.mean(0)
    values, vectors = torch.linalg.eigh(flat @ flat.T)
    real = (values > 1e-9 * values[-1]).flip(0)  # centred images span at most 2 N − 1 directions
    return F.normalize(vectors.T.flip(0)[real] @ flat)
