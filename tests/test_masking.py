"""Errors under masks and the data-efficiency runs, on toy models whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import masking
from experiments.batches import Measured
from experiments.data import Data
from experiments.presets import preset
from models.base import PIXELS, hidden_cells, pixel_mask, random_masks
from models.gaussian import Gaussian
from tests.masked import CPU, SMALL, CellMeans, Off, toy
from tests.planned import planned, twice

torch.set_num_threads(1)

SHORT = preset("smoke", ["mask_images=60", "efficiency_epochs=0.5"])


def test_errors_by_region() -> None:
    errors = torch.arange(64.0).view(1, 8, 8)
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[0, 0, :4] = True  # errors 0, 1, 2, 3
    found = masking.by_region(errors, mask)
    assert {name: value.item() for name, value in found.items()} == {"masked": 1.5, "visible": 33.5, "whole": 31.5}


def test_hidden_visible_and_whole_error() -> None:
    """0.1 off in hidden cells: 0.01 there, 0 elsewhere, and over all of them the share that is hidden."""
    found = dict(masking.inpainting(Off(), toy(), SMALL, 0))
    for ratio in (0.1, 0.3, 0.5, 0.7, 0.9):
        np.testing.assert_allclose(found[f"mse[mask={ratio},where=masked]"], np.full(60, 0.01), rtol=1e-5)
        np.testing.assert_allclose(found[f"mse[mask={ratio},where=visible]"], np.zeros(60), atol=1e-12)
        whole = 0.01 * hidden_cells(ratio) / 64
        np.testing.assert_allclose(found[f"mse[mask={ratio},where=whole]"], np.full(60, whole), rtol=1e-5)


def test_reconstructions_are_clamped() -> None:
    data = toy()
    white = Data(data.name, data.classes, data.train_images, data.train_labels, torch.full_like(data.test_images, 255),
                 data.test_labels, "")  # fmt: skip
    assert max(np.max(value) for _, value in masking.inpainting(Off(), white, SMALL, 0)) == 0


def test_masks_are_shared_by_groups_of_neighbours() -> None:
    masks = masking.shared_masks(100, 0.3, CPU)
    assert masks.sum((1, 2)).unique().tolist() == [19]
    assert len(masks.unique(dim=0)) == masking.MASKS
    assert (masks[:-1] == masks[1:]).all((1, 2)).sum() == 100 - masking.MASKS  # equal ones follow each other
    assert torch.equal(masks, masking.shared_masks(100, 0.3, CPU))
    assert (masking.shared_masks(100, 0.1, CPU) <= masks).all()  # less is hidden of the same
    assert len(masking.shared_masks(7, 0.3, CPU).unique(dim=0)) == 7


def test_the_gaussian_baseline_reaches_the_conditional_variance() -> None:
    """An image of one level c ~ N(½, s²) plus N(0, t²) for each number: seeing v numbers leaves c the variance
    1 / (1/s² + v/t²), and a hidden number that plus t²."""
    s2, t2, count = 0.01, 0.0009, 500
    draws = torch.Generator().manual_seed(0)
    level = 0.5 + s2**0.5 * torch.randn(count, 1, 1, 1, generator=draws)
    images = ((level + t2**0.5 * torch.randn(count, 3, 32, 32, generator=draws)).clamp(0, 1) * 255).round().byte()
    model, ones = Gaussian(), torch.ones(PIXELS, PIXELS, dtype=torch.float64)
    model.mean.fill_(0.5)
    model.covariance.copy_(s2 * ones + t2 * torch.eye(PIXELS))
    model.precision.copy_((torch.eye(PIXELS) - ones * s2 / (t2 + PIXELS * s2)) / t2)  # Sherman and Morrison
    data = Data("toy", ("a",), images, torch.zeros(count), images, torch.zeros(count), "")
    settings = preset("smoke", ["mask_images=500"])
    found = dict(pair for pair, _ in zip(masking.inpainting(model, data, settings, 0), range(3), strict=False))
    visible = 3 * 16 * (64 - hidden_cells(0.1))
    expected = t2 + 1 / (1 / s2 + visible / t2)
    assert np.mean(found["mse[mask=0.1,where=masked]"]) == pytest.approx(expected, rel=0.02)
    assert np.max(found["mse[mask=0.1,where=visible]"]) < 1e-10


def test_examples_are_grey_where_hidden() -> None:
    data = toy()
    found = dict(masking.masked_inputs(None, data, SMALL, 0))["masked_examples[mask=0.3]"]
    generator = torch.Generator().manual_seed(masking.MASK_SEED)
    hidden = pixel_mask(random_masks(10, 19, generator)).permute(0, 2, 3, 1).expand(-1, -1, -1, 3).numpy()
    images = data.test_images[:10].permute(0, 2, 3, 1).numpy()  # one of each class
    np.testing.assert_array_equal(found, np.where(hidden, 128, images))
    shown = dict(masking.examples(CellMeans(), data, SMALL, 0))["masked_examples[mask=0.3]"]
    np.testing.assert_array_equal(shown[~hidden], images[~hidden])  # the same images under the same masks
    assert (shown != images)[hidden].mean() > 0.5


def test_efficiency_trains_on_a_tenth_with_as_many_updates() -> None:
    calls: list[tuple[str, Tensor, float]] = []

    def train(name: str, data: Data, epochs: float) -> Off:
        calls.append((name, data.train_images, epochs))
        return Off()

    found = dict(masking.efficiency(Off(), toy(), SHORT, 3, train=train))
    names, images, epochs = zip(*calls, strict=True)
    assert names == ("0.1", "1")
    assert all(map(torch.equal, images, (toy().train_images[:6], toy().train_images)))
    assert epochs == pytest.approx((10 * SHORT.efficiency_epochs, SHORT.efficiency_epochs))
    assert list(found) == ["mse[mask=0.5,where=masked,data=0.1]", "mse[mask=0.5,where=masked,data=1]"]
    np.testing.assert_allclose(found["mse[mask=0.5,where=masked,data=1]"], np.full(60, 0.01), rtol=1e-5)


class Above(Off):
    """The upper half is wrong, whatever is hidden."""

    def wrong(self, mask: Tensor) -> Tensor:
        return (torch.arange(8) < 4)[:, None].expand_as(mask)


def test_efficiency_trains_nothing_on_all_images_where_the_model_was_trained_as_long() -> None:
    settings = preset("smoke", ["mask_images=60", "epochs=1", "efficiency_epochs=1"])
    names: list[str] = []
    made = masking.efficiency(Off(), toy(), settings, 3, train=lambda name, *_: (names.append(name), Above())[1])
    tenth, whole = dict(made).values()
    assert names == ["0.1"]
    np.testing.assert_allclose(whole, np.full(60, 0.01), rtol=1e-5)  # of the model itself
    assert tenth.mean() < 0.006


def test_efficiency_is_measured_on_the_images_and_masks_of_inpainting() -> None:
    few = preset("smoke", ["mask_images=40", "efficiency_epochs=0.5"])
    made = masking.efficiency(Off(), toy(), few, 3, train=lambda *_: Above())
    found = dict(made)["mse[mask=0.5,where=masked,data=1]"]
    expected = dict(masking.inpainting(Above(), toy(), few, 0))["mse[mask=0.5,where=masked]"]
    assert found.shape == expected.shape == (40,)
    assert found.min() < found.max()
    np.testing.assert_array_equal(found, expected)


def test_all_that_is_planned_comes_twice_the_same() -> None:
    def measured() -> Measured:
        yield from masking.inpainting(CellMeans(), toy(), SMALL, 0)
        yield from masking.examples(CellMeans(), toy(), SMALL, 0)

    names = {name for name in planned("mcae", SMALL, "mse", "masked_examples") if "[mask" in name}
    twice("mcae", measured, SMALL, names)
    inputs = planned("data", SMALL, "masked_examples")
    twice("data", lambda: masking.masked_inputs(None, toy(), SMALL, 0), SMALL, inputs)
