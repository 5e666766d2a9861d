"""The judge of decoded images: a small residual network trained on the labels.

He et al. 2016, Identity Mappings in Deep Residual Networks, arXiv:1603.05027.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import CHANNELS, Model

WIDTHS = (32, 64, 128)  # channels at 16×16, 8×8 and 4×4


class Block(nn.Module):
    """A strided convolution, then a residual pair, batch-normalised."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.down = _convolution(before, after, 4, 2)
        self.first = _convolution(after, after, 3, 1)
        self.second = _convolution(after, after, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.down(x))
        return F.relu(x + self.second(F.relu(self.first(x))))


class Classifier(Model):
    """Images to logits, (B, classes)."""

    name = "classifier"
    batch_coupled = True  # it normalises over the batch

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        widths = (CHANNELS, *WIDTHS)
        self.body = nn.Sequential(*(Block(a, b) for a, b in pairwise(widths)))
        self.head = nn.Linear(WIDTHS[-1], classes)

    def features(self, images: Tensor) -> Tensor:
        """What the last layer sees, (B, 128)."""
        with self.autocast():
            return self.body(self.centred(images)).float().mean((2, 3))  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))  # type: ignore[no-any-return]

    def loss(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": F.cross_entropy(self(images), labels)}


def _convolution(before: int, after: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, size, stride, 1, bias=False), nn.BatchNorm2d(after))
