"""Sparse MCAE: its encoder computes from visible cells only, so that hidden pixels do not shift its statistics.

Tian et al. 2023, Designing BERT for Convolutional Networks (SparK), arXiv:2301.03580;
Woo et al. 2023, ConvNeXt V2, arXiv:2301.00808.
"""

import torch
from torch import Tensor, nn

from models.ae import Ae
from models.layers import visibility
from models.masked import Masked


class McaeSparse(Masked, Ae):
    """The AE with partial convolutions; without a mask it is the AE, with one more learned vector.

    After each convolution hidden positions are set to zero and the sums of the others are normalised over the visible
    inputs. The code leaves the decoder no map to put a mask token in, so the token takes the place of the wholly hidden
    positions of the last map, 4×4, in front of the linear map to the code. Ratios and loss are the MCAE's.
    """

    name = "mcae_sparse"

    def __init__(self, latent_dim: int = 128, width: int = 64, mask_low: float = 0.1, mask_high: float = 0.75) -> None:
        super().__init__(latent_dim, width)
        self.mask_low, self.mask_high = mask_low, mask_high
        self.token = nn.Parameter(torch.randn(4 * width) * 0.02)

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return super().encode(images)
        seen = visibility(mask)
        with self.autocast():
            last = self.encoder.maps(self.centred(images) * seen[0], seen)[-1]
            return self.encoder.head(last + (1 - seen[-1]) * self.token[:, None, None]).float()
