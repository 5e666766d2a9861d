"""Masks, noise, and what hidden cells look like."""

import math

import pytest
import torch
from torch import Tensor

from experiments import plan
from models import build
from models.ae import Ae
from models.base import hidden_cells, noisy, pixel_mask, pixel_sums, random_masks
from tests.toys import IMAGES, LABELS, SIZES, TRAIN, autoencoder, generator, ready

torch.set_num_threads(1)


@pytest.mark.parametrize("ratio", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1])
def test_every_mask_hides_exactly_its_cells(ratio: float) -> None:
    mask = random_masks(50, hidden_cells(ratio), generator())
    assert mask.shape == (50, 8, 8)
    assert mask.dtype == torch.bool
    assert (mask.flatten(1).sum(1) == hidden_cells(ratio)).all()


def test_ratios_are_rounded_to_cells_and_nest() -> None:
    assert [hidden_cells(r) for r in (0.1, 0.3, 0.5, 0.7, 0.9)] == [6, 19, 32, 45, 58]
    small, large = random_masks(9, 6, generator(4)), random_masks(9, 32, generator(4))
    assert not (small & ~large).any()


def test_all_cells_are_hidden_equally_often() -> None:
    share = random_masks(20_000, 16, generator()).float().mean(0)
    assert (share - 0.25).abs().max() < 5 * math.sqrt(0.25 * 0.75 / 20_000)


def test_training_ratios_are_uniform_over_whole_cells() -> None:
    model = build("mcae", **SIZES)
    counts = [hidden for seed in range(2000) for hidden in model.draw(generator(seed))]
    assert (min(counts), max(counts)) == (6, 48)
    frequencies = torch.bincount(torch.tensor(counts))[6:]
    assert ((frequencies - 2000 / 43) ** 2 / (2000 / 43)).sum() < 76.1  # χ², 42 degrees of freedom, p = 0.001


def test_a_pixel_mask_covers_its_cells() -> None:
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[0, 2, 5] = True
    assert pixel_mask(mask).nonzero()[:, 2:].unique(dim=0).tolist() == [
        [r, c] for r in range(8, 12) for c in range(20, 24)
    ]


def test_pixels_are_centred_on_the_mean_image_in_quarters() -> None:
    model, code = autoencoder("ae"), torch.randn(2, 6, generator=generator())
    torch.testing.assert_close(model.centred(model.mean + 0.25), torch.ones(3, 32, 32))
    assert isinstance(model, Ae)
    torch.testing.assert_close(model.decode(code), model.decoder(code) / 4 + model.mean)


def test_sums_of_many_images_are_exact() -> None:
    sums = pixel_sums(torch.full((1200, 3, 32, 32), 255, dtype=torch.uint8))
    assert (sums.dtype, sums.unique().tolist()) == (torch.int64, [1200 * 255])


def test_masked_models_train_on_the_same_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def keep(batch: int, hidden: int, draws: torch.Generator) -> Tensor:
        seen.append(random_masks(batch, hidden, draws))
        return seen[-1]

    monkeypatch.setattr("models.masked.random_masks", keep)
    for name in plan.MASKED:
        ready(name).loss(IMAGES, LABELS[:5], generator(8))
    assert len(seen) == 3
    assert torch.equal(seen[0], seen[1])
    assert torch.equal(seen[0], seen[2])


def test_noise_has_its_variance_and_is_clipped() -> None:
    grey = torch.full((20, 3, 32, 32), 0.5)
    assert (noisy(grey, 0.001, generator()) - grey).var().item() == pytest.approx(0.001, rel=0.02)  # none is clipped
    raw = torch.randn(grey.shape, generator=generator()) * 0.1**0.5
    clipped = noisy(grey, 0.1, generator())
    assert torch.equal(clipped, (grey + raw).clamp(0, 1))
    assert (clipped.min(), clipped.max()) == (0, 1)


@pytest.mark.parametrize("name", ["ae", "dae", "vae", "pca", "mcae"])
def test_hidden_cells_are_shown_in_the_mean_colour(name: str) -> None:
    model, mask = autoencoder(name), random_masks(5, 19, generator())
    colour = (TRAIN.double().mean((0, 2, 3)) / 255).float()[:, None, None]
    shown = torch.where(pixel_mask(mask), colour, IMAGES)
    torch.testing.assert_close(model.filled(IMAGES, mask), shown)
    if name != "mcae":  # which is also told where they are
        torch.testing.assert_close(model.encode(IMAGES, mask), model.encode(shown))
