"""What masked autoencoders share: how many cells a batch hides, and the loss that asks for the whole image back."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import Autoencoder, Output, drawn_cells, training_cells


class Masked(Autoencoder):
    """Trained on images of which a number of cells is hidden, drawn for each batch, from `mask_low` to `mask_high`."""

    mask_low: float
    mask_high: float

    def draw(self, generator: torch.Generator) -> tuple[int, ...]:
        return (drawn_cells(self.mask_low, self.mask_high, generator),)

    def loss(
        self, images: Tensor, labels: Tensor, generator: torch.Generator, hidden: int | None = None
    ) -> dict[str, Tensor]:
        mask, hidden = training_cells(len(images), self.mask_low, self.mask_high, generator, hidden)
        return {"loss": F.mse_loss(self.restored(images, mask, hidden).reconstruction, images)}

    def restored(self, images: Tensor, mask: Tensor, hidden: int) -> Output:
        """Of a batch whose masks hide as many cells each, in training."""
        return self(images, mask)  # type: ignore[no-any-return]
