"""AE: the plain autoencoder, trained on the mean squared error.

Hinton & Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks, Science 313.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import SCALE, Autoencoder
from models.layers import Decoder, Encoder


class Ae(Autoencoder):
    """Convolutional autoencoder; hidden cells are shown in the mean colour."""

    name = "ae"

    def __init__(self, latent_dim: int = 128, width: int = 64) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = Encoder(width, latent_dim)
        self.decoder = Decoder(width, latent_dim)

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        with self.autocast():
            return self.encoder(self._shown(images, mask)).float()  # type: ignore[no-any-return]

    def decode(self, latent: Tensor) -> Tensor:
        with self.autocast():
            return self.decoder(latent).float() / SCALE + self.mean  # type: ignore[no-any-return]

    def feature_maps(self, images: Tensor) -> list[Tensor]:
        return self.encoder.maps(self._shown(images, None))

    def loss(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": F.mse_loss(self(images), images)}

    def _shown(self, images: Tensor, mask: Tensor | None) -> Tensor:
        """What the encoder sees."""
        return self.centred(self.filled(images, mask))
