"""Convolutions whose weight gradient is a product over windows: exactly PyTorch's own, taken only where they pay."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models import small_maps
from models.layers import Convolution, Up

torch.set_num_threads(1)


def whole_numbers(*shape: int, seed: int) -> Tensor:
    """So small that bf16 holds all their sums of products."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-1, 2, shape, generator=generator).float().requires_grad_()


def gradients(result: Tensor, *inputs: Tensor) -> list[Tensor]:
    weights = torch.arange(result.numel()).view(result.shape) % 3 - 1
    return [result.detach().float(), *torch.autograd.grad((result.float() * weights).sum(), inputs)]


@pytest.mark.parametrize(("size", "stride", "side"), [(3, 1, 4), (4, 2, 8), (3, 1, 2)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_convolution(size: int, stride: int, side: int, layout: torch.memory_format) -> None:
    x = whole_numbers(2, 3, side, side, seed=0).detach().contiguous(memory_format=layout).requires_grad_()
    weight, bias = whole_numbers(5, 3, size, size, seed=1), whole_numbers(5, seed=2)
    expected = gradients(F.conv2d(x, weight, bias, stride, 1), x, weight, bias)
    for found, wanted in zip(
        gradients(small_maps.convolution(x, weight, bias, stride), x, weight, bias), expected, strict=True
    ):
        assert torch.equal(found, wanted)
    bare = gradients(small_maps.convolution(x, weight, None, stride), x, weight)
    assert torch.equal(bare[2], expected[2])


def test_a_transposed_convolution() -> None:
    x, weight = whole_numbers(2, 3, 4, 4, seed=0), whole_numbers(3, 5, 4, 4, seed=1)
    expected = gradients(F.conv_transpose2d(x, weight, None, 2, 1), x, weight)
    for found, wanted in zip(gradients(small_maps.transposed(x, weight), x, weight), expected, strict=True):
        assert torch.equal(found, wanted)


@pytest.mark.parametrize(("layer", "side"), [(Convolution(4, 4, 3), 4), (Convolution(4, 4, 4, 2), 8), (Up(8, 4), 4)])
def test_taken_in_training_in_bf16_where_a_map_is_small(
    layer: Convolution | Up, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And gives what the layer gives anyway, but for rounding."""
    taken: list[int] = []
    own = small_maps.weight_gradient
    monkeypatch.setattr(small_maps, "weight_gradient", lambda *given: taken.append(1) or own(*given))

    def backward(side: int, bf16: bool) -> Tensor:
        torch.manual_seed(0)
        x = torch.randn(2, layer.in_channels, side, side)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            (gradient,) = torch.autograd.grad(layer(x).float().square().sum(), layer.weight)
        return gradient

    plain = backward(side, bf16=False)
    backward(2 * side, bf16=True)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        layer(torch.randn(2, layer.in_channels, side, side))
    assert not taken
    close = backward(side, bf16=True)
    assert taken == [1]
    assert (close - plain).norm() < 0.02 * plain.norm()
