"""Images with hidden cells: how well the hidden, the visible and all pixels come back.

A mask is (B, 8, 8) bool, True = hidden; a cell is 4×4 pixels. Errors are squared, of reconstructions clamped to [0, 1],
and averaged over channels. Images and masks are the same for every model and seed, so that differences are paired.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from experiments.batches import Measured, floats, generator, paired, to_numpy, to_pixels
from experiments.data import Data
from experiments.plan import EXAMPLES
from experiments.settings import Settings
from models.base import PATCH, Model, hidden_cells, pixel_mask, random_masks

MASKS = 20  # of a ratio, each shared by a group of images: the conditional Gaussian solves one system a mask
MASK_SEED = 1_000_004  # of all masks, the same for every model and seed
SHARES = (0.1, 1)  # of the training images
GREY = 0.5  # of hidden cells in figures


@torch.no_grad()
def inpainting(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields mse[mask=r,where=masked|visible|whole], one value an image, for every ratio r above 0."""
    images = data.test_images[: settings.mask_images]
    for ratio in settings.mask_ratios:
        if ratio > 0:
            masks = shared_masks(len(images), ratio, images.device)
            for where, errors in by_region(cell_errors(model, images, masks), masks).items():
                yield f"mse[mask={ratio:g},where={where}]", to_numpy(errors)


@torch.no_grad()
def examples(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields masked_examples[mask=r], uint8 (EXAMPLES, 32, 32, 3), what the model makes of `masked_inputs`."""
    for ratio in settings.shown_mask_ratios:
        images, masks = _examples(data, ratio)
        yield f"masked_examples[mask={ratio:g}]", to_pixels(model(images, masks))


def masked_inputs(_: object, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields masked_examples[mask=r] of the data: uint8 (EXAMPLES, 32, 32, 3), hidden cells in grey."""
    for ratio in settings.shown_mask_ratios:
        images, masks = _examples(data, ratio)
        yield f"masked_examples[mask={ratio:g}]", to_pixels(images.masked_fill(pixel_mask(masks), GREY))


def efficiency(
    model: Model,
    data: Data,
    settings: Settings,
    seed: int,
    *,
    train: Callable[[str, Data, float], Model],
) -> Measured:
    """Models of the same kind, trained on a tenth and on all of the training images, with equally many updates.

    Those are fresh ones; where they would be trained as long as `model` was, that one is the one trained on all.

    Args:
        train: a fresh model, from a name for its checkpoint, its images and how many epochs.

    Yields:
        mse[mask=0.5,where=masked,data=0.1|1]: one value an image; images and masks are those of `inpainting`.
    """
    images = data.test_images[: settings.mask_images]
    masks = shared_masks(len(images), 0.5, images.device)
    for share in SHARES:
        few, trained = round(share * len(data.train_images)), model
        if share < 1 or settings.efficiency_epochs != settings.epochs:
            epochs = settings.efficiency_epochs * len(data.train_images) / few
            trained = train(f"{share:g}", data.head(few, 0), epochs)
        errors = by_region(cell_errors(trained, images, masks), masks)["masked"]
        yield f"mse[mask=0.5,where=masked,data={share:g}]", to_numpy(errors)


def shared_masks(count: int, ratio: float, device: torch.device) -> Tensor:
    """(count, 8, 8): at most MASKS different random masks; images that share one follow each other."""
    masks = random_masks(MASKS, hidden_cells(ratio), generator(MASK_SEED, device))
    return masks[torch.arange(count, device=device) * MASKS // count]


def cell_errors(model: Model, images: Tensor, masks: Tensor) -> Tensor:
    """Mean squared error of each cell, (B, 8, 8); images uint8 (B, 3, 32, 32), masks (B, 8, 8)."""
    return avg_pool2d(pixel_errors(model, images, masks)[:, None], PATCH)[:, 0]


def pixel_errors(model: Model, images: Tensor, masks: Tensor) -> Tensor:
    """Squared error of each pixel, (B, 32, 32), mean over channels."""

    def errors(part: Tensor, mask: Tensor) -> Tensor:
        return (model(part, mask).clamp(0, 1) - part).square().mean(1)  # type: ignore[no-any-return]

    return paired(errors, images, masks)


def by_region(errors: Tensor, masks: Tensor) -> dict[str, Tensor]:
    """Means (B,) of cell errors over the hidden, the visible, and all cells; nan where there are none."""
    weights = {"masked": masks.float(), "visible": (~masks).float(), "whole": torch.ones_like(errors)}
    return {where: (errors * weight).sum((1, 2)) / weight.sum((1, 2)) for where, weight in weights.items()}


def _examples(data: Data, ratio: float) -> tuple[Tensor, Tensor]:
    """The images that every grid shows, as floats, and their masks."""
    images = data.test_images[:EXAMPLES]
    return floats(images), random_masks(EXAMPLES, hidden_cells(ratio), generator(MASK_SEED, images.device))
