"""Which parts of an image matter when cells are hidden: where the error lies, and what the rest of the image needs.

A mask is (B, 8, 8) bool, True = hidden; a cell is 4×4 pixels. Every image has masks of its own, which together
leave no cell out; they are the same for every model and seed.
"""

import torch
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn.functional import avg_pool2d

from experiments.batches import Measured, floats, generator, to_numpy, to_pixels
from experiments.data import Data
from experiments.masking import cell_errors, pixel_errors
from experiments.plan import HEAT_EXAMPLES
from experiments.settings import Settings
from models.base import CELLS, GRID, PATCH, Model, hidden_cells, pixel_mask

MASK_SEED = 1_000_020
ERROR_MASKS, INFLUENCE_MASKS = 64, 8  # masks of each image that is shown alone, the latter at least


@torch.no_grad()
def errors(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Where the error lies; where there are so few images that a cell would be visible in all, images are taken again.

    Yields, for each shown ratio:
        error_map[mask=r]: float32 (32, 32), see `error_map`.
        centre_share[mask=r]: share of the map's sum that lies in its central quarter; an even map has 0.25.
        texture_correlation[mask=r]: Spearman's ρ, over the hidden cells of all images, of a cell's mean squared error
            with the variance of its pixels (mean over channels).
    """
    images = data.test_images[: settings.mask_images]
    texture = avg_pool2d(floats(images).square(), PATCH) - avg_pool2d(floats(images), PATCH).square()  # (B, 3, 8, 8)
    for ratio in settings.shown_mask_ratios:
        masks = balanced_masks(len(images), hidden_cells(ratio), images.device)
        chosen = _in_turn(images, len(masks))
        error = pixel_errors(model, images[chosen], masks)
        heat = error_map(error, masks)
        yield f"error_map[mask={ratio:g}]", to_numpy(heat)
        yield f"centre_share[mask={ratio:g}]", float(heat[central(heat)].sum() / heat.sum())
        cells = avg_pool2d(error[:, None], PATCH)[:, 0]
        rank = spearmanr(to_numpy(cells[masks]), to_numpy(texture.mean(1)[chosen][masks])).statistic
        yield f"texture_correlation[mask={ratio:g}]", float(rank)


@torch.no_grad()
def influences(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """What matters: how much worse the rest gets when one more cell is hidden.

    Yields, for each shown ratio:
        influence_map[mask=r]: float32 (8, 8), see `influence_map`; where there are so few images that a cell would be
            hidden in all of them, images are taken twice.
        influence[at=centre|edge,mask=r]: its mean over the central quarter, and over all around it.
    """
    images = data.test_images[: settings.influence_images]
    for ratio in settings.shown_mask_ratios:
        masks = _revealing_masks(len(images), hidden_cells(ratio), images.device)
        heat = influence_map(model, images[_in_turn(images, len(masks))], masks)
        yield f"influence_map[mask={ratio:g}]", to_numpy(heat)
        inside = central(heat)
        yield f"influence[at=centre,mask={ratio:g}]", float(heat[inside].mean())
        yield f"influence[at=edge,mask={ratio:g}]", float(heat[~inside].mean())


@torch.no_grad()
def examples(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Both maps of single images, each over masks of its own; of the first seed, which is what figures show.

    Yields, for each shown ratio:
        heat_error[mask=r]: float32 (HEAT_EXAMPLES, 32, 32).
        heat_influence[mask=r]: float32 (HEAT_EXAMPLES, 8, 8).
    """
    if seed > 0:
        return
    for ratio in settings.shown_mask_ratios:
        cells = hidden_cells(ratio)
        where, what = [], []
        for image in data.test_images[:HEAT_EXAMPLES]:
            masks = balanced_masks(ERROR_MASKS, cells, image.device)
            where.append(error_map(pixel_errors(model, image.expand(ERROR_MASKS, -1, -1, -1), masks), masks))
            masks = _revealing_masks(INFLUENCE_MASKS, cells, image.device)
            what.append(influence_map(model, image.expand(len(masks), -1, -1, -1), masks))
        yield f"heat_error[mask={ratio:g}]", to_numpy(torch.stack(where))
        yield f"heat_influence[mask={ratio:g}]", to_numpy(torch.stack(what))


def example_images(_: object, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields heat_examples of the data: uint8 (HEAT_EXAMPLES, 32, 32, 3)."""
    yield "heat_examples", to_pixels(floats(data.test_images[:HEAT_EXAMPLES]))


def error_map(error: Tensor, masks: Tensor) -> Tensor:
    """Mean over images of each pixel's squared error, given that it was hidden, (32, 32); nan where it never was.

    Args:
        error: (B, 32, 32), of each pixel.
        masks: (B, 8, 8).
    """
    hidden = pixel_mask(masks)[:, 0]
    return (error * hidden).sum(0) / hidden.sum(0)


def influence_map(model: Model, images: Tensor, masks: Tensor) -> Tensor:
    """By how much hiding one more cell makes the error of the other 63 grow, (8, 8); nan where none was visible.

    Occlusion sensitivity (Zeiler & Fergus 2014, arXiv:1311.2901), of what is painted into hidden cells, not of a class.

    Each visible cell of each image is hidden in turn, on top of the image's mask; mean over images. Negative where the
    rest gets better.

    Args:
        images: uint8 (B, 3, 32, 32).
        masks: (B, 8, 8).
    """
    before = cell_errors(model, images, masks).flatten(1)
    image, cell = (~masks.flatten(1)).nonzero(as_tuple=True)  # every visible cell is a row, R in all
    probed = masks.flatten(1)[image]
    probed[torch.arange(len(cell), device=cell.device), cell] = True
    growth = cell_errors(model, images[image], probed.view(-1, GRID, GRID)).flatten(1) - before[image]  # (R, 64)
    rest = (growth.sum(1) - growth.gather(1, cell[:, None])[:, 0]) / (CELLS - 1)
    total = torch.zeros(CELLS, device=rest.device).index_add_(0, cell, rest)
    return (total / cell.bincount(minlength=CELLS)).view(GRID, GRID)


def _revealing_masks(count: int, cells: int, device: torch.device) -> Tensor:
    """Random masks (count or more, 8, 8) with `cells` hidden cells each, so many that each cell is visible in one."""
    return ~balanced_masks(count, CELLS - cells, device)


def _in_turn(images: Tensor, count: int) -> Tensor:
    """The images' indices, (count,), again and again."""
    return torch.arange(count, device=images.device) % len(images)


def central(heat: Tensor) -> Tensor:
    """The central quarter of a square map (h, h), bool."""
    inside, quarter = torch.zeros_like(heat, dtype=torch.bool), len(heat) // 4
    inside[quarter:-quarter, quarter:-quarter] = True
    return inside


def balanced_masks(count: int, cells: int, device: torch.device) -> Tensor:
    """Random masks (count or more, 8, 8) with `cells` hidden cells each, so many that each cell is hidden in one.

    Together they hide every cell about equally often. The 64 cells are shuffled and dealt out, a mask at a time, the
    last one of a round filled up from the round's first; then they are shuffled again. Each mask alone is as random as
    one drawn by itself.
    """
    masks_a_round = -(-CELLS // cells)
    count = max(count, masks_a_round)
    rounds = -(-count // masks_a_round)
    order = torch.rand(rounds, CELLS, generator=generator(MASK_SEED, device), device=device).argsort(1)
    turns = torch.arange(masks_a_round * cells, device=device) % CELLS
    chosen = order[:, turns].view(-1, cells)[:count]
    return torch.zeros(count, CELLS, dtype=torch.bool, device=device).scatter_(1, chosen, True).view(count, GRID, GRID)
