"""Models whose feature maps are known, and images for them."""

import torch
from torch import Tensor, nn

from experiments.presets import preset
from models.base import Autoencoder
from tests.planned import noise

SMALL = preset("smoke", ["gradient_images=6"])


def images() -> Tensor:
    return noise(6).test_images.float() / 255


class Maps(Autoencoder):
    """Its three depths are what the given modules make of the image, one after the other."""

    name = "mcae"

    def __init__(self, *stages: nn.Module) -> None:
        super().__init__()
        self.stages = stages

    def feature_maps(self, images: Tensor) -> list[Tensor]:
        found = [images]
        for stage in self.stages:
            found.append(stage(found[-1]))
        return found[1:]


class Everything(nn.Module):
    """Every unit of an 8×8 map is the mean of the whole image."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3), keepdim=True).expand(-1, 1, 8, 8)


def strided() -> Maps:
    """Three convolutions of stride 2, of weights that are always the same."""
    torch.manual_seed(0)
    return Maps(nn.Conv2d(3, 4, 4, 2, 1), nn.Conv2d(4, 4, 4, 2, 1), nn.Conv2d(4, 4, 4, 2, 1))
