"""Small images and small models for tests of models/."""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from models import build
from models.base import Autoencoder, Model

SIZES = dict(latent_dim=6, width=8, classes=7, noise_variance=0.1, mask_low=0.1, mask_high=0.75, unheard_of=1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bytes_of(count: int, seed: int = 0) -> Tensor:
    """Smooth random images, uint8, brighter on top, so that no two statistics are alike by chance."""
    coarse = torch.rand(count, 3, 8, 8, generator=generator(seed))
    smooth = F.interpolate(coarse, size=32, mode="bilinear") * torch.linspace(1, 0.4, 32)[:, None]
    return (255 * smooth).round().byte()


TRAIN, LABELS = bytes_of(40), torch.arange(40) % 7
IMAGES = bytes_of(5, 1).float() / 255


def ready(name: str) -> Model:
    """A fresh model that knows TRAIN; the Gaussian, which takes a second and never changes, only once."""
    return _gaussian() if name == "gaussian" else _fitted(name)


@cache
def _gaussian() -> Model:
    return _fitted("gaussian")


def _fitted(name: str) -> Model:
    model = build(name, **SIZES)
    getattr(model, "fit", model.set_mean)(TRAIN)
    return model.eval()


def autoencoder(name: str) -> Autoencoder:
    model = ready(name)
    assert isinstance(model, Autoencoder)
    return model
