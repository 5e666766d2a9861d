"""The conditional Gaussian against the textbook's formula."""

import pytest
import torch

from models import moments
from models.base import PIXELS, pixel_mask, random_masks
from models.gaussian import RIDGE
from tests.toys import IMAGES, TRAIN, autoencoder, generator

torch.set_num_threads(1)


@pytest.mark.parametrize("hidden", [0, 3, 40, 64])
def test_gaussian_is_the_conditional_expectation(hidden: int) -> None:
    """From the textbook's formula with the visible side's inverse, whichever side the model solves for."""
    model = autoencoder("gaussian")
    mask = random_masks(1, hidden, generator())
    away = pixel_mask(mask).expand(-1, 3, -1, -1).flatten()
    sigma = moments.matrix(*moments.halves(TRAIN), TRAIN.shape[1:]) + RIDGE / len(TRAIN) * torch.eye(
        PIXELS, dtype=torch.float64
    )
    mean = torch.cat([TRAIN, TRAIN.flip(3)]).flatten(1).double().mean(0) / 255
    x = IMAGES.flatten(1).double()
    solved = torch.linalg.solve(sigma[~away][:, ~away], (x - mean)[:, ~away].T)
    expected = x.clone()
    expected[:, away] = mean[away] + (sigma[away][:, ~away] @ solved).T
    found = model(IMAGES, mask.expand(5, -1, -1)).flatten(1)
    torch.testing.assert_close(found, expected.float(), rtol=0, atol=1e-5)


def test_gaussian_takes_masks_in_any_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    model = autoencoder("gaussian")
    few, many = random_masks(2, 6, generator()), random_masks(1, 58, generator())
    mask = torch.stack([few[0], many[0], few[1], few[0], torch.zeros_like(few[0])])
    monkeypatch.setattr("models.gaussian.BYTES", 1)  # one mask a chunk
    together = model(IMAGES, mask)
    monkeypatch.undo()
    alone = torch.cat([model(x, m) for x, m in zip(IMAGES.split(1), mask.split(1), strict=True)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)
    torch.testing.assert_close(model(IMAGES, mask), alone, rtol=0, atol=1e-6)
    changed = torch.where(pixel_mask(mask), 0.1, IMAGES)
    torch.testing.assert_close(model(changed, mask), together, rtol=0, atol=1e-6)
    assert torch.equal(model(IMAGES), IMAGES)
