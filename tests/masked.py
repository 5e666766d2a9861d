"""Images and models for tests of what happens under masks: each is wrong where its docstring says."""

import torch
from torch import Tensor

from experiments.data import Data
from experiments.presets import preset
from models.base import Autoencoder, pixel_mask
from tests.planned import noise

SMALL = preset("smoke", ["mask_images=60"])
CPU = torch.device("cpu")


def toy() -> Data:
    """Noise in [0.25, 0.75], so that nothing is cut off."""
    return noise(60, 10, 64, 192)


class Off(Autoencoder):
    """Adds 0.1 where `wrong` (B, 8, 8) says, given the mask."""

    name = "mcae"

    def wrong(self, mask: Tensor) -> Tensor:
        return mask

    def forward(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        assert mask is not None
        return images + 0.1 * pixel_mask(self.wrong(mask))


class Counts(Off):
    """Cell 0 is wrong once more than 32 cells are hidden."""

    def wrong(self, mask: Tensor) -> Tensor:
        found = torch.zeros_like(mask)
        found[:, 0, 0] = mask.sum((1, 2)) > 32
        return found


class CellMeans(Off):
    """Fills hidden cells with their own mean colour, so that their error is their variance."""

    def forward(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        assert mask is not None
        means = torch.nn.functional.avg_pool2d(images, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
        return torch.where(pixel_mask(mask), means, images)
