"""How far a unit sees, and whether what it sees moves with the image: convolutions and the ViT on the same scale.

Luo et al., Understanding the Effective Receptive Field in Deep Convolutional Neural Networks, 2016, arXiv:1701.04128.
Raghu et al., Do Vision Transformers See Like Convolutional Neural Networks?, 2021, arXiv:2108.08810.

Feature maps are (B, C, h, w) on 32×32 images; unit (i, j) sits at pixel ((i + ½)·32/h − ½, (j + ½)·32/w − ½).
"""

from functools import partial
from itertools import product

import torch
from torch import Tensor

from experiments.batches import CHUNK, Measured, chunked, floats, generator, to_numpy
from experiments.data import Data
from experiments.plan import DEPTHS, SHIFTS
from experiments.settings import Settings
from models.base import GRID, PATCH, SIZE, Autoencoder
from models.vit_mae import VitMae

FAR = 16  # pixels
BORDER = 2  # units of the 8×8 map left out at each side, 8 pixels; those within still see some of the image's edge
GRADIENT_SEED = 1_000_021


def receptive_fields(
    model: Autoencoder, data: Data, settings: Settings, seed: int, *, untrained: Autoencoder
) -> Measured:
    """How a unit's gradient spreads over the image, on average over test images; before and after training.

    Yields, for each depth and state:
        erf_r50, erf_r90: radius (px) around the unit next to the centre that holds 50 and 90 % of its gradient.
        far_mass: share of it more than 16 px away, one an image.
        gradient_distance: mean distance (px) of a unit's gradient from it; the images' units are spread over the grid.
        receptive_field[depth=…]: float32 (32, 32), the gradient of the trained centre unit; its sum is 1.
    """
    images = floats(data.test_images[: settings.gradient_images])
    for depth, (state, network) in product(DEPTHS, (("trained", model), ("untrained", untrained))):
        tag = f"depth={depth},state={state}"
        side = at_depth(network.feature_maps(images[:1]), depth).shape[-1]
        away = distances(side).to(images.device)
        centre = side // 2 * side + side // 2
        alone = input_gradients(network, images, depth, torch.full((len(images),), centre))
        field = alone.mean(0)
        yield f"erf_r50[{tag}]", radius(field, away[centre], 0.5)
        yield f"erf_r90[{tag}]", radius(field, away[centre], 0.9)
        yield f"far_mass[{tag}]", to_numpy(alone[:, away[centre] > FAR].sum(1))
        units = spread_units(len(images), side)
        fields = input_gradients(network, images, depth, units)
        yield f"gradient_distance[{tag}]", float((fields * away[units]).sum((1, 2)).mean())
        if state == "trained":
            yield f"receptive_field[depth={depth}]", to_numpy(field)


@torch.no_grad()
def attention(model: VitMae, data: Data, settings: Settings, seed: int) -> Measured:
    """How far the ViT's patches attend, mean over images, heads and attending patches.

    Yields, for each depth:
        attention_distance: mean distance (px) between the centres of attending and attended patch, by attention.
        attention: float32 (8, 8), what the centre patch attends to; its sum is 1.
    """
    images = data.test_images[: settings.gradient_images]
    away = patch_distances().to(images.device)
    for depth in DEPTHS:
        weights = chunked(partial(_attention, model, depth), images)  # (B, N, N)
        yield f"attention_distance[depth={depth}]", float((weights * away).sum(2).mean())
        yield f"attention[depth={depth}]", to_numpy(weights.mean(0)[GRID // 2 * GRID + GRID // 2].view(GRID, GRID))


@torch.no_grad()
def equivariance(model: Autoencoder, data: Data, settings: Settings, seed: int, *, untrained: Autoencoder) -> Measured:
    """Whether the 8×8 map of a shifted image is the shifted map.

    Yields equivariance_error[shift=s,state=…], one value an image, see `equivariance_errors`.
    """
    images = floats(data.test_images[: settings.gradient_images])
    for shift, (state, network) in product(SHIFTS, (("trained", model), ("untrained", untrained))):
        yield f"equivariance_error[shift={shift},state={state}]", to_numpy(equivariance_errors(network, images, shift))


def equivariance_errors(model: Autoencoder, images: Tensor, shift: int) -> Tensor:
    """‖f(Tx) − T f(x)‖ / ‖f(x)‖ of each image, (B,), mean of a shift to the right and one downwards.

    f is the middle map without its border, less each feature's mean over images and places: a constant would follow
    every shift and make the rest look small. T f is the map moved by a share of a unit with linear interpolation.
    Pixels that leave the image come in again on the other side, so that none are lost.
    """
    maps = _middle(model, images)
    inner = _inside(maps)
    size = _norms(inner - inner.mean((0, 2, 3), keepdim=True))
    errors = []
    for axis in (-1, -2):
        expected = shifted(maps, shift * maps.shape[-1] / SIZE, axis)
        errors.append(_norms(_inside(_middle(model, images.roll(shift, axis)) - expected)))
    return torch.stack(errors).mean(0) / size


def input_gradients(model: Autoencoder, images: Tensor, depth: str, units: Tensor) -> Tensor:
    """|∂(v · f)/∂x|, summed over colours, for one unit of each image, (B, 32, 32); each image's sum is 1.

    f is the unit's feature vector and v a standard normal one, drawn anew for each image. So no features cancel: the
    expectation at a pixel is √(2/π) times the norm of all features' derivatives there.

    Args:
        images: floats (B, 3, 32, 32).
        units: (B,), row by row in the map.
    """
    draws, found = generator(GRADIENT_SEED, images.device), []
    for part, unit in zip(torch.split(images, CHUNK), torch.split(units.to(images.device), CHUNK), strict=True):
        with torch.enable_grad():
            inputs = part.clone().requires_grad_()
            maps = at_depth(model.feature_maps(inputs), depth).flatten(2)  # (B, C, h·w)
            features = maps[torch.arange(len(part), device=part.device), :, unit]  # (B, C)
            weights = torch.randn(features.shape, generator=draws, device=part.device)
            (gradient,) = torch.autograd.grad((features * weights).sum(), inputs)
        size = gradient.abs().sum(1)
        found.append(size / size.sum((1, 2), keepdim=True))
    return torch.cat(found)


def at_depth(maps: list[Tensor], depth: str) -> Tensor:
    """What comes after the first, the middle or the last stage; middle is the second of three, the fourth of six."""
    return maps[{"first": 0, "middle": len(maps) // 2, "last": -1}[depth]]


def radius(field: Tensor, away: Tensor, share: float) -> float:
    """Smallest distance whose disc holds a share of the field; both (32, 32), distances in pixels."""
    order = away.flatten().argsort()
    held = field.flatten().double()[order].cumsum(0)
    index = torch.searchsorted(held, share * float(held[-1]) - 1e-9)
    return float(away.flatten()[order][index])


def distances(side: int) -> Tensor:
    """Distances from each unit of a side×side map to each pixel, (side², 32, 32), in pixels."""
    unit = (torch.arange(side) + 0.5) * SIZE / side - 0.5
    square = (unit[:, None] - torch.arange(SIZE)).square()  # (side, 32)
    return (square[:, None, :, None] + square[None, :, None, :]).sqrt().flatten(0, 1)


def patch_distances() -> Tensor:
    """Distances between the centres of the 64 patches, (64, 64), in pixels."""
    place = torch.cartesian_prod(torch.arange(GRID), torch.arange(GRID)).float() * PATCH
    return torch.cdist(place, place)


def spread_units(count: int, side: int) -> Tensor:
    """A unit for each image, (count,): all units of the map in random order, then all of them again, and so on."""
    order = torch.randperm(side**2, generator=torch.Generator().manual_seed(GRADIENT_SEED))
    return order[torch.arange(count) % side**2]


def shifted(maps: Tensor, units: float, axis: int) -> Tensor:
    """Maps moved by a share of a unit along an axis, by linear interpolation; what leaves comes in again."""
    whole, part = divmod(units, 1)
    return (1 - part) * maps.roll(int(whole), axis) + part * maps.roll(int(whole) + 1, axis)


def _attention(model: VitMae, depth: str, images: Tensor) -> Tensor:
    return at_depth(model.attention(images), depth).mean(1)  # over heads


def _middle(model: Autoencoder, images: Tensor) -> Tensor:
    return chunked(lambda part: at_depth(model.feature_maps(part), "middle"), images)


def _inside(maps: Tensor) -> Tensor:
    return maps[..., BORDER:-BORDER, BORDER:-BORDER]


def _norms(maps: Tensor) -> Tensor:
    found: Tensor = torch.linalg.vector_norm(maps, dim=(1, 2, 3))
    return found
