"""MCAE: the masked convolutional autoencoder with mean fill and a mask channel.

Pathak et al. 2016, Context Encoders, arXiv:1604.07379, with the random cells of He et al. 2022, arXiv:2111.06377.
"""

import torch
from torch import Tensor

from models.ae import Ae
from models.base import CHANNELS, pixel_mask
from models.layers import Encoder
from models.masked import Masked


class Mcae(Masked, Ae):
    """The AE shown images with hidden cells in the mean colour, and told by a fourth channel which those are.

    In training the number of hidden cells is drawn for each batch, uniformly from `mask_low` to `mask_high` of all.
    The loss is the mean squared error of the whole image, so that the model is an autoencoder at ratio 0 too.
    """

    name = "mcae"

    def __init__(self, latent_dim: int = 128, width: int = 64, mask_low: float = 0.1, mask_high: float = 0.75) -> None:
        super().__init__(latent_dim, width)
        self.encoder = Encoder(width, latent_dim, CHANNELS + 1)
        self.mask_low, self.mask_high = mask_low, mask_high

    def _shown(self, images: Tensor, mask: Tensor | None) -> Tensor:
        pixels = super()._shown(images, mask)
        flag = torch.zeros_like(pixels[:, :1]) if mask is None else pixel_mask(mask).to(pixels.dtype)
        return torch.cat([pixels, flag], 1)  # (B, 4, 32, 32)
