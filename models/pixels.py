"""The pixels themselves as a latent, for probes and neighbours."""

from torch import Tensor

from models.base import CHANNELS, PIXELS, SIZE, Autoencoder


class Pixels(Autoencoder):
    """The identity."""

    name = "pixels"
    trained = False
    latent_dim = PIXELS

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.filled(images, mask).flatten(1)

    def decode(self, latent: Tensor) -> Tensor:
        return latent.view(-1, CHANNELS, SIZE, SIZE)
