"""Receptive fields and attention distance against closed forms and toy models whose answer is known."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from experiments import locality
from experiments.batches import Measured
from experiments.presets import preset
from models.base import Autoencoder
from tests.planned import noise, planned, twice
from tests.stages import SMALL, Everything, Maps, images, strided

torch.set_num_threads(1)


class Opposites(nn.Module):
    """Two features that cancel in their sum: a pixel and its negative."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([images, -images], 1)


class Contrast(nn.Module):
    """Red minus green of a pixel, and the blue of its left neighbour."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, :1] - images[:, 1:2] + images[:, 2:].roll(1, 3)


class Uniform(Autoencoder):
    """A ViT that attends to all patches alike, or, in its last block, to itself."""

    name = "vit_mae"

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
    found = dict(locality.receptive_fields(model, noise(6), SMALL, 0, untrained=model))
    field = found["receptive_field[depth=first]"]
    expected = np.zeros((32, 32))
    expected[15:18, 15:18] = 1 / 9
    np.testing.assert_allclose(field, expected, atol=1e-6)
    assert found["erf_r50[depth=first,state=trained]"] == 1  # 5/9
    assert found["erf_r90[depth=first,state=trained]"] == pytest.approx(math.sqrt(2))
    line = np.array([1, 2, 3, 2, 1]) / 9
    np.testing.assert_allclose(found["receptive_field[depth=middle]"][14:19, 14:19], np.outer(line, line), atol=1e-6)
    assert found["far_mass[depth=middle,state=trained]"].tolist() == [0] * 6


def test_receptive_field_that_is_the_whole_image() -> None:
    model = Maps(Everything(), nn.Identity(), nn.Identity())
    found = dict(
        locality.receptive_fields(model, noise(64), preset("smoke", ["gradient_images=64"]), 0, untrained=model)
    )
    centre = 17.5  # of unit 4 of 8: pixels 16 to 19
    away = np.array([math.hypot(y - centre, x - centre) for y, x in product(range(32), range(32))])
    assert found["far_mass[depth=last,state=trained]"].mean() == pytest.approx((away > 16).mean(), abs=1e-5)
    assert found["erf_r50[depth=last,state=trained]"] == pytest.approx(np.sort(away)[511])
    assert found["erf_r90[depth=last,state=trained]"] == pytest.approx(np.sort(away)[math.ceil(0.9 * 1024) - 1])
    units = 4 * np.arange(8) + 1.5
    mean = np.mean([math.hypot(y - v, x - u) for v, u, y, x in product(units, units, range(32), range(32))])
    assert found["gradient_distance[depth=last,state=trained]"] == pytest.approx(mean, rel=1e-5)


def test_far_is_more_than_16_pixels_away() -> None:
    model = Maps(nn.Identity(), nn.Sequential(Everything(), nn.Upsample(scale_factor=4)), nn.Identity())
    found = dict(locality.receptive_fields(model, noise(6), SMALL, 0, untrained=model))
    away = np.array([math.hypot(y - 16, x - 16) for y, x in product(range(32), range(32))])  # of unit 16 of 32
    assert (away == 16).any()
    assert found["far_mass[depth=middle,state=trained]"].mean() == pytest.approx((away > 16).mean(), abs=1e-5)


def test_colours_of_opposite_sign_add_up() -> None:
    unit = torch.full((6,), 32 * 5 + 7)
    found = locality.input_gradients(Maps(Contrast(), nn.Identity(), nn.Identity()), images(), "first", unit)
    expected = torch.zeros(6, 32, 32)
    expected[:, 5, 7], expected[:, 5, 6] = 2 / 3, 1 / 3
    torch.testing.assert_close(found, expected)


class Mixed(nn.Module):
    """The red of a pixel, and twice that with the green of its left neighbour."""

    def forward(self, images: Tensor) -> Tensor:
        red, green = images[:, :1], images[:, 1:2]
        return torch.cat([red, 2 * red + green.roll(1, 3)], 1)


def test_features_are_weighed_by_normal_draws() -> None:
    found = locality.input_gradients(
        Maps(Mixed(), nn.Identity(), nn.Identity()), images(), "first", torch.full((6,), 32 * 5 + 7)
    )
    first, second = torch.randn(6, 2, generator=torch.Generator().manual_seed(locality.GRADIENT_SEED)).T
    size = torch.stack([(first + 2 * second).abs(), second.abs()], 1)
    torch.testing.assert_close(found[:, 5, [7, 6]], size / size.sum(1, keepdim=True))


def test_the_middle_of_six_stages_is_the_fourth() -> None:
    for count, expected in ((3, [0, 1, 2]), (6, [0, 3, 5])):
        stages = list(torch.arange(count))
        assert [int(locality.at_depth(stages, depth)) for depth in ("first", "middle", "last")] == expected


def test_a_radius_holds_exactly_its_share() -> None:
    """However a sum of tenths is rounded."""
    field, away = torch.zeros(32, 32), torch.arange(1024.0).view(32, 32)
    field[0, :10] = 0.1
    for size in (1, 3):
        assert [locality.radius(size * field, away, tenths / 10) for tenths in range(1, 11)] == list(range(10))


def test_trained_and_untrained_are_told_apart() -> None:
    local, whole = Maps(box(3), nn.Identity(), nn.Identity()), Maps(Everything(), nn.Identity(), nn.Identity())
    found = dict(locality.receptive_fields(local, noise(6), SMALL, 0, untrained=whole))
    assert found["far_mass[depth=first,state=trained]"].tolist() == [0] * 6
    assert found["far_mass[depth=first,state=untrained]"].min() > 0.1
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
    found = dict(locality.attention(Uniform(), noise(6), SMALL, 0))
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
    found, even = (dict(locality.attention(model(), noise(6), SMALL, 0)) for model in (Heads, Uniform))
    distance = even["attention_distance[depth=first]"]
    assert found["attention_distance[depth=first]"] == pytest.approx(distance / 2, rel=1e-5)
    assert found["attention[depth=first]"][4, 4] == pytest.approx((1 + 1 / 64) / 2)


def test_all_that_is_planned_comes_twice_the_same() -> None:
    def measured() -> Measured:
        yield from locality.receptive_fields(strided(), noise(6), SMALL, 0, untrained=strided())
        yield from locality.attention(Uniform(), noise(6), SMALL, 0)

    metrics = ("erf_r50", "erf_r90", "far_mass", "gradient_distance", "attention_distance")
    names = planned("vit_mae", SMALL, *metrics, "attention", "receptive_field")
    twice("vit_mae", measured, SMALL, names)
