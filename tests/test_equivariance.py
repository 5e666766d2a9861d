"""How feature maps follow a shift of the image, against closed forms and toy models whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from experiments import locality, plan
from experiments.batches import Measured
from tests.planned import noise, planned, twice
from tests.stages import SMALL, Everything, Maps, images, strided

torch.set_num_threads(1)


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
    def measured() -> Measured:
        return locality.equivariance(strided(), noise(6), SMALL, 0, untrained=strided())

    found = twice("vit_mae", measured, SMALL, planned("vit_mae", SMALL, "equivariance_error"))
    assert {np.shape(value) for value in found.values()} == {(6,)}  # one an image
