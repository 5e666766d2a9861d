"""DAE: the AE shown noisy images and asked for clean ones.

Vincent et al. 2008, Extracting and Composing Robust Features with Denoising Autoencoders, ICML.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.ae import Ae
from models.base import noisy


class Dae(Ae):
    """noise_variance: of the Gaussian noise, pixels in [0, 1]; noisy images are clipped, so less of it is realised."""

    name = "dae"

    def __init__(self, latent_dim: int = 128, width: int = 64, noise_variance: float = 0.1) -> None:
        super().__init__(latent_dim, width)
        self.noise_variance = noise_variance

    def loss(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        shown = noisy(images, self.noise_variance, generator)
        return {"loss": F.mse_loss(self(shown), images)}
