"""The pixels themselves as a latent, for probes and neighbours."""

from typing import ClassVar

from torch import Tensor

from models.base import CHANNELS, PIXELS, SIZE, Autoencoder


class Pixels(Autoencoder):
    """The identity."""

    name: ClassVar[str] = "pixels"
    trained: ClassVar[bool] = False
    latent_dim = PIXELS

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.filled(images, mask).flatten(1)

    def decode(self, latent: Tensor) -> Tensor:
        return latent.view(-1, CHANNELS, SIZE, SIZE)
