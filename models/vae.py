"""VAE: the variational autoencoder with the optimal decoder variance.

Kingma & Welling 2014, Auto-Encoding Variational Bayes, arXiv:1312.6114;
Rybkin et al. 2021, Simple and Effective VAE Training with Calibrated Decoders (σ-VAE), arXiv:2006.13202.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from models.ae import Ae
from models.base import PIXELS
from models.layers import Encoder


class Vae(Ae):
    """The AE with a Gaussian posterior; it reconstructs from the posterior's mean."""

    name = "vae"
    batch_coupled = True  # one σ a batch

    def __init__(self, latent_dim: int = 128, width: int = 64) -> None:
        super().__init__(latent_dim, width)
        self.encoder = Encoder(width, 2 * latent_dim)  # means, then logarithms of variances

    def posterior(self, images: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the posterior, (B, D) each."""
        mean, log_variance = super().encode(images, mask).chunk(2, dim=1)
        return mean, log_variance

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.posterior(images, mask)[0]

    def loss(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """The negative evidence lower bound and its two parts, in nats an image."""
        mean, log_variance = self.posterior(images)
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        decoded = self.decode(mean + (log_variance / 2).exp() * noise)
        reconstruction = gaussian_nats(F.mse_loss(decoded, images))
        kl = kl_per_dim(mean, log_variance).sum(1).mean()
        return {"loss": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}


def gaussian_nats(mse: Tensor) -> Tensor:
    """−log p of an image in nats under N(reconstruction, σ²) with the σ² that fits best: the mean squared error itself.

    A density over pixels in [0, 1], so it is negative where the error is small.
    """
    return PIXELS / 2 * (torch.log(2 * math.pi * mse) + 1)


def kl_per_dim(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) ‖ N(0, 1)) in nats, (B, D)."""
    return (mean.square() + log_variance.exp() - log_variance - 1) / 2
