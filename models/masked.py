"""What masked autoencoders share: how many cells a batch hides, and the loss that asks for the whole image back."""

import random

import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import Autoencoder, hidden_cells, random_masks


class Masked(Autoencoder):
    """Trained on images of which a number of cells is hidden, drawn for each batch, from `mask_low` to `mask_high`."""

    mask_low: float
    mask_high: float

    def draw(self, generator: torch.Generator) -> tuple[int]:
        """How many cells a batch hides, uniform over the whole cells from `mask_low` to `mask_high`.

        It follows from the generator's state on the host, so that no device is waited for.
        """
        draws = random.Random(bytes(generator.get_state().tolist()))
        return (draws.randint(hidden_cells(self.mask_low), hidden_cells(self.mask_high)),)

    def loss(
        self, images: Tensor, labels: Tensor, generator: torch.Generator, hidden: int | None = None
    ) -> dict[str, Tensor]:
        if hidden is None:
            (hidden,) = self.draw(generator)
        mask = random_masks(len(images), hidden, generator)
        return {"loss": F.mse_loss(self.reconstruct(images, mask, hidden), images)}

    def reconstruct(self, images: Tensor, mask: Tensor, hidden: int) -> Tensor:
        """The reconstruction in training, where each mask of the batch hides `hidden` cells."""
        return self(images, mask)  # type: ignore[no-any-return]
