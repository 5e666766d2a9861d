"""Receptive fields, attention distance and equivariance against closed forms and toy models whose answer is known."""

import math
from itertools import product
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from experiments import locality, plan
from experiments.data import Data
from experiments.settings import preset
from models.base import Autoencoder

torch.set_num_threads(1)

SMALL = preset("smoke", ["gradient_images=6"])


def toy(count: int = 6) -> Data:
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=torch.Generator().manual_seed(0)).byte()
    labels = torch.arange(count) % 2
    return Data("toy", ("a", "b"), images, labels, images, labels, "")


def images(count: int = 6) -> Tensor:
    return toy(count).test_images.float() / 255


class Maps(Autoencoder):
    """Its three depths are what the given modules make of the image, one after the other."""

    name: ClassVar[str] = "mcae"

    def __init__(self, *stages: nn.Module) -> None:
        super().__init__()
        self.stages = stages

    def depths(self, images: Tensor) -> list[Tensor]:
        found = [images]
        for stage in self.stages:
            found.append(stage(found[-1]))
        return found[1:]


class Everything(nn.Module):
    """Every unit of an 8×8 map is the mean of the whole image."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3), keepdim=True).expand(-1, 1, 8, 8)


class Opposites(nn.Module):
    """Two features that cancel in their sum: a pixel and its negative."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([images, -images], 1)


class Constant(nn.Module):
    """A map that does not depend on the image: ±1 as on a chess board."""

    def forward(self, images: Tensor) -> Tensor:
        board = (torch.arange(8)[:, None] + torch.arange(8)) % 2 * 2.0 - 1
        return board.expand(len(images), 1, 8, 8) + 0 * images.mean((1, 2, 3), keepdim=True)


class Stripes(Constant):
    """±1 in turn from left to right."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images)[:, :, :1].expand(-1, -1, 8, -1)


class Framed(nn.Module):
    """Means over 4×4, and one more in the outermost units, wherever the image is."""

    def forward(self, images: Tensor) -> Tensor:
        frame = nn.functional.pad(torch.zeros(6, 6), (1, 1, 1, 1), value=1.0)
        return nn.functional.avg_pool2d(images, 4) + frame


class Contrast(nn.Module):
    """Red minus green of a pixel, and the blue of its left neighbour."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, :1] - images[:, 1:2] + images[:, 2:].roll(1, 3)


class Uniform(Autoencoder):
    """A ViT that attends to all patches alike, or, in its last block, to itself."""

    name: ClassVar[str] = "vit_mae"

    def attention(self, images: Tensor) -> list[Tensor]:
        even = torch.full((len(images), 2, 64, 64), 1 / 64)
        return [even, even, torch.eye(64).expand(len(images), 2, -1, -1)]


def box(size: int, channels: int = 3) -> nn.Conv2d:
    """A convolution whose weights are all 1."""
    convolution = nn.Conv2d(channels, 1, size, padding=size // 2, bias=False)
    nn.init.ones_(convolution.weight)
    return convolution


def test_receptive_field_of_one_and_of_two_convolutions() -> None:
    """3×3 ones: nine equal shares at distances 0, 1 (four), √2 (four). Twice: the weights 1 2 3 2 1 in both axes."""
    model = Maps(box(3), box(3, 1), nn.Identity())
    found = dict(locality.receptive_fields(model, toy(), SMALL, 0, untrained=model))
    field = found["receptive_field[depth=first]"]
    expected = np.zeros((32, 32))
    expected[15:18, 15:18] = 1 / 9
    np.testing.assert_allclose(field, expected, atol=1e-6)
    assert found["erf_r50[depth=first,state=trained]"] == 1  # 5/9
    assert found["erf_r90[depth=first,state=trained]"] == pytest.approx(math.sqrt(2))
    line = np.array([1, 2, 3, 2, 1]) / 9
    np.testing.assert_allclose(found["receptive_field[depth=middle]"][14:19, 14:19], np.outer(line, line), atol=1e-6)
    assert found["far_mass[depth=middle,state=trained]"] == 0


def test_receptive_field_that_is_the_whole_image() -> None:
    model = Maps(Everything(), nn.Identity(), nn.Identity())
    found = dict(locality.receptive_fields(model, toy(64), preset("smoke", ["gradient_images=64"]), 0, untrained=model))
    centre = 17.5  # of unit 4 of 8: pixels 16 to 19
    away = np.array([math.hypot(y - centre, x - centre) for y, x in product(range(32), range(32))])
    assert found["far_mass[depth=last,state=trained]"] == pytest.approx((away > 16).mean(), abs=1e-5)
    assert found["erf_r50[depth=last,state=trained]"] == pytest.approx(np.sort(away)[511])
    assert found["erf_r90[depth=last,state=trained]"] == pytest.approx(np.sort(away)[math.ceil(0.9 * 1024) - 1])
    units = 4 * np.arange(8) + 1.5
    mean = np.mean([math.hypot(y - v, x - u) for v, u, y, x in product(units, units, range(32), range(32))])
    assert found["gradient_distance[depth=last,state=trained]"] == pytest.approx(mean, rel=1e-5)


def test_far_is_more_than_16_pixels_away() -> None:
    model = Maps(nn.Identity(), nn.Sequential(Everything(), nn.Upsample(scale_factor=4)), nn.Identity())
    found = dict(locality.receptive_fields(model, toy(), SMALL, 0, untrained=model))
    away = np.array([math.hypot(y - 16, x - 16) for y, x in product(range(32), range(32))])  # of unit 16 of 32
    assert (away == 16).any()
    assert found["far_mass[depth=middle,state=trained]"] == pytest.approx((away > 16).mean(), abs=1e-5)


def test_colours_of_opposite_sign_add_up() -> None:
    unit = torch.full((6,), 32 * 5 + 7)
    found = locality.input_gradients(Maps(Contrast(), nn.Identity(), nn.Identity()), images(), "first", unit)
    expected = torch.zeros(6, 32, 32)
    expected[:, 5, 7], expected[:, 5, 6] = 2 / 3, 1 / 3
    torch.testing.assert_close(found, expected)


def test_a_radius_holds_exactly_its_share() -> None:
    """However a sum of tenths is rounded."""
    field, away = torch.zeros(32, 32), torch.arange(1024.0).view(32, 32)
    field[0, :10] = 0.1
    assert [locality.radius(field, away, tenths / 10) for tenths in range(1, 11)] == list(range(10))


def test_trained_and_untrained_are_told_apart() -> None:
    local, whole = Maps(box(3), nn.Identity(), nn.Identity()), Maps(Everything(), nn.Identity(), nn.Identity())
    found = dict(locality.receptive_fields(local, toy(), SMALL, 0, untrained=whole))
    assert found["far_mass[depth=first,state=trained]"] == 0
    assert found["far_mass[depth=first,state=untrained]"] > 0.1
    assert found["receptive_field[depth=first]"].max() > 0.1


def test_features_that_cancel_are_seen() -> None:
    unit = torch.full((6,), 32 * 5 + 7)
    found = locality.input_gradients(Maps(Opposites(), nn.Identity(), nn.Identity()), images(), "first", unit)
    expected = torch.zeros(6, 32, 32)
    expected[:, 5, 7] = 1
    torch.testing.assert_close(found, expected)


def test_gradients_are_taken_where_gradients_are_off() -> None:
    model = Maps(box(3), nn.Identity(), nn.Identity())
    with torch.no_grad():
        found = locality.input_gradients(model, images(), "first", torch.full((6,), 500))
    torch.testing.assert_close(found.sum((1, 2)), torch.ones(6))


def test_units_are_spread_over_the_whole_grid() -> None:
    assert locality.spread_units(64, 8).sort().values.tolist() == list(range(64))
    assert locality.spread_units(130, 8).bincount().tolist().count(2) == 62


def test_uniform_attention_has_the_mean_distance_of_the_grid() -> None:
    found = dict(locality.attention(Uniform(), toy(), SMALL, 0))
    cells = list(product(range(8), range(8)))
    mean = 4 * np.mean([math.hypot(a - c, b - d) for (a, b), (c, d) in product(cells, cells)])
    assert found["attention_distance[depth=first]"] == pytest.approx(mean, rel=1e-5)
    assert found["attention_distance[depth=last]"] == pytest.approx(0, abs=1e-4)
    np.testing.assert_allclose(found["attention[depth=first]"], np.full((8, 8), 1 / 64))
    assert found["attention[depth=last]"][4, 4] == 1


class Heads(Uniform):
    """One head attends to all patches alike, the other to its own."""

    def attention(self, images: Tensor) -> list[Tensor]:
        even, _, own = super().attention(images)
        return [torch.stack([own[:, 0], even[:, 0]], 1)] * 3


def test_attention_is_the_mean_over_heads() -> None:
    found, even = (dict(locality.attention(model(), toy(), SMALL, 0)) for model in (Heads, Uniform))
    distance = even["attention_distance[depth=first]"]
    assert found["attention_distance[depth=first]"] == pytest.approx(distance / 2, rel=1e-5)
    assert found["attention[depth=first]"][4, 4] == pytest.approx((1 + 1 / 64) / 2)


@pytest.mark.parametrize("shift", [1, 2, 4, 8])
def test_distance_of_the_shift_to_the_stride(shift: int) -> None:
    """A convolution of stride 4 follows shifts by 4 and 8 exactly, shifts by 1 and 2 not on noise."""
    torch.manual_seed(0)
    model = Maps(nn.Identity(), nn.Conv2d(3, 5, 4, stride=4), nn.Identity())
    error = locality.equivariance_errors(model, images(), shift)
    assert error.shape == (6,)
    assert (error < 1e-6).all() if shift % 4 == 0 else (error > 0.1).all()


def test_a_ramp_is_followed_between_the_strides() -> None:
    """Means over 4×4 of an image that rises linearly move linearly, so that interpolation is exact."""
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    ramp = ((rows + 2 * columns) / 100).expand(2, 3, 32, 32)
    model = Maps(nn.Identity(), nn.AvgPool2d(4), nn.Identity())
    for shift in plan.SHIFTS:
        assert (locality.equivariance_errors(model, ramp, shift) < 1e-6).all()


def test_a_map_that_stands_still_is_not_equivariant() -> None:
    """±1 in turn, moved by one unit, is its negative: ‖f − (−f)‖ / ‖f‖ = 2; moved by half a unit it is 0."""
    model = Maps(nn.Identity(), Constant(), nn.Identity())
    torch.testing.assert_close(locality.equivariance_errors(model, images(), 4), torch.full((6,), 2.0))
    torch.testing.assert_close(locality.equivariance_errors(model, images(), 2), torch.full((6,), 1.0))


def test_the_error_is_the_mean_of_a_shift_to_the_right_and_one_downwards() -> None:
    model = Maps(nn.Identity(), Stripes(), nn.Identity())  # which follow a shift downwards exactly
    torch.testing.assert_close(locality.equivariance_errors(model, images(), 4), torch.full((6,), 1.0))


@pytest.mark.parametrize("stage", [Framed(), Everything()])
def test_neither_the_frame_nor_what_is_the_same_everywhere_counts(stage: nn.Module) -> None:
    """A feature that tells images apart is no constant, even where it is the same all over an image."""
    model = Maps(nn.Identity(), stage, nn.Identity())
    assert (locality.equivariance_errors(model, images(), 4) < 1e-3).all()


def test_a_constant_feature_changes_nothing() -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 5, 4, stride=4)
    error = locality.equivariance_errors(Maps(nn.Identity(), convolution, nn.Identity()), images(), 2)
    nn.init.constant_(convolution.bias, 10.0)
    same = locality.equivariance_errors(Maps(nn.Identity(), convolution, nn.Identity()), images(), 2)
    torch.testing.assert_close(same, error, rtol=1e-3, atol=0)


def test_all_that_is_planned_comes_twice_the_same() -> None:
    def measured() -> dict[str, object]:
        torch.manual_seed(0)
        model = Maps(nn.Conv2d(3, 4, 4, 2, 1), nn.Conv2d(4, 4, 4, 2, 1), nn.Conv2d(4, 4, 4, 2, 1))
        found: dict[str, object] = {}
        for function in (locality.receptive_fields, locality.equivariance):
            found |= dict(function(model, toy(), SMALL, 0, untrained=model))
        return found | dict(locality.attention(Uniform(), toy(), SMALL, 0))

    found, again = measured(), measured()
    metrics = ("erf_", "far_mass", "gradient_distance", "attention", "equivariance_error", "receptive_field")
    keys = {key[8:] for key in plan.keys(SMALL) if key.startswith("vit_mae/") and key[8:].startswith(metrics)}
    arrays = {
        key[8:]: array
        for key, array in plan.arrays(SMALL).items()
        if key.startswith("vit_mae/") and key[8:].startswith(metrics)
    }
    assert set(found) == keys | set(arrays)
    for name, value in found.items():
        np.testing.assert_array_equal(value, again[name])
        assert np.shape(value) == (arrays[name].shape if name in arrays else np.shape(value))
    assert np.shape(found["equivariance_error[shift=2,state=untrained]"]) == (6,)
