"""The shared backbone: shapes, its linear start, and convolutions that see visible positions only."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import pixel_mask
from models.layers import Block, Convolution, Decoder, Encoder, Up, init_normal, visibility

torch.set_num_threads(1)


def images(count: int = 3, channels: int = 3) -> Tensor:
    return torch.randn(count, channels, 32, 32, generator=torch.Generator().manual_seed(0))


def mask_of(*cells: tuple[int, int], count: int = 1) -> Tensor:
    mask = torch.zeros(count, 8, 8, dtype=torch.bool)
    for row, column in cells:
        mask[:, row, column] = True
    return mask


@pytest.mark.parametrize("channels", [3, 4])
def test_shapes(channels: int) -> None:
    encoder, decoder = Encoder(8, 10, channels), Decoder(8, 10)
    x = images(channels=channels)
    assert [tuple(m.shape) for m in encoder.maps(x)] == [(3, 8, 16, 16), (3, 16, 8, 8), (3, 32, 4, 4)]
    assert encoder(x).shape == (3, 10)
    assert decoder(encoder(x)).shape == (3, 3, 32, 32)
    assert [tuple(up.weight.shape[:2]) for up in decoder.up] == [(32, 16), (16, 8), (8, 3)]  # its mirror image
    assert [[len(blocks) for blocks in half.blocks] for half in (encoder, decoder)] == [[0, 1, 1], [1, 1, 0]]


def test_a_unit_of_the_first_stage_sees_four_by_four_pixels() -> None:
    """As the document says."""
    x = images(1).requires_grad_()
    Encoder(8, 10).maps(x)[0][0, :, 8, 8].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].abs().sum(0) > 0
    assert torch.equal(seen.nonzero(), torch.cartesian_prod(torch.arange(15, 19), torch.arange(15, 19)))


def test_the_start_is_linear_and_training_makes_it_not() -> None:
    backbone = nn.Sequential(Encoder(8, 10), Decoder(8, 10))
    a, b = images(2).split(1)
    torch.testing.assert_close(backbone(a + b), backbone(a) + backbone(b), rtol=0, atol=1e-4)
    for block in (m for m in backbone.modules() if isinstance(m, Block)):
        nn.init.normal_(block.second.weight, std=0.1)
    assert (backbone(a + b) - backbone(a) - backbone(b)).abs().max() > 0.01


def test_the_start_keeps_the_scale_of_the_code_and_of_the_pixels() -> None:
    torch.manual_seed(0)
    encoder, decoder = Encoder(64, 128), Decoder(64, 128)
    code = encoder(images(64))
    assert 0.7 < code.std() < 1.3
    assert 0.7 < decoder(torch.randn(64, 128))[:, :, 4:-4, 4:-4].std() < 1.3


def test_normal_weights_have_the_variance_of_their_gain() -> None:
    layer = nn.Linear(400, 300)
    init_normal(layer, 2.0)
    assert layer.weight.var().item() == pytest.approx(2 / 400, rel=0.02)
    assert not layer.bias.any()


def test_a_block_is_the_identity_at_first() -> None:
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(Block(8)(x), x)


def test_a_block_is_two_convolutions_of_what_is_positive() -> None:
    torch.manual_seed(0)
    block, x = Block(32), torch.randn(2, 32, 8, 8)
    assert block.first.weight.var().item() == pytest.approx(2 / (32 * 9), rel=0.05)  # He et al. 2015
    nn.init.normal_(block.second.weight, std=0.1)
    inner = F.conv2d(x.relu(), block.first.weight, padding=1).relu()
    torch.testing.assert_close(block(x), x + F.conv2d(inner, block.second.weight, padding=1))


def test_convolution_without_a_mask_is_the_plain_one() -> None:
    layer, x = Convolution(3, 5, 4, stride=2), images()
    expected = F.conv2d(x, layer.weight, layer.bias, stride=2, padding=1)
    torch.testing.assert_close(layer(x), expected)
    seen = visibility(mask_of(count=3))
    torch.testing.assert_close(layer(x, seen[0], seen[1]), expected)


def test_masked_convolution_averages_over_the_visible_inputs_of_a_window() -> None:
    layer = Convolution(1, 1, 3)
    nn.init.ones_(layer.weight)
    nn.init.constant_(layer.bias, 0.5)
    seen = torch.ones(1, 1, 4, 4)
    seen[0, 0, 0, 1] = 0
    x = torch.arange(16.0).view(1, 1, 4, 4) * seen
    result = layer(x, seen, seen)
    assert result[0, 0, 0, 1] == 0  # hidden stays hidden
    assert result[0, 0, 0, 0].item() == pytest.approx((0 + 4 + 5) * 4 / 3 + 0.5)  # three of the four in the image
    assert result[0, 0, 1, 1].item() == pytest.approx((0 + 2 + 4 + 5 + 6 + 8 + 9 + 10) * 9 / 8 + 0.5)
    assert result[0, 0, 3, 3].item() == pytest.approx(10 + 11 + 14 + 15 + 0.5)  # nothing hidden near


def test_a_mean_of_a_constant_image_is_the_constant_under_any_mask() -> None:
    layer = Convolution(1, 6, 4, stride=2)
    nn.init.constant_(layer.weight, 1 / 16)
    nn.init.zeros_(layer.bias)
    mask = torch.rand(5, 8, 8, generator=torch.Generator().manual_seed(1)) < 0.5
    seen = visibility(mask)
    found = layer(0.7 * seen[0], seen[0], seen[1])[:, :, 1:-1, 1:-1]  # the edge's windows reach out of the image
    torch.testing.assert_close(found, (0.7 * seen[1][:, :, 1:-1, 1:-1]).expand_as(found))


def test_visibility_at_each_resolution() -> None:
    mask = mask_of((0, 0), (0, 1), (1, 0), (1, 1), (4, 6))
    fine, half, cells, coarse = visibility(mask)
    assert torch.equal(fine == 0, pixel_mask(mask))
    assert torch.equal(F.interpolate(half, scale_factor=2.0), fine)
    assert torch.equal(cells[0, 0] == 0, mask[0])
    assert (coarse == 0).nonzero().tolist() == [[0, 0, 0, 0]]  # a single hidden cell of four hides nothing there


def test_a_masked_encoder_ignores_hidden_pixels_and_keeps_hidden_positions_at_zero() -> None:
    torch.manual_seed(0)
    encoder = Encoder(8, 10)
    for block in (m for m in encoder.modules() if isinstance(m, Block)):
        nn.init.normal_(block.second.weight, std=0.1)
    mask = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1)) < 0.6
    seen = visibility(mask)
    x = images()
    changed = torch.where(pixel_mask(mask), torch.randn_like(x), x)
    maps, others = encoder.maps(x * seen[0], seen), encoder.maps(changed * seen[0], seen)
    for one, other, visible in zip(maps, others, seen[1:], strict=True):
        assert torch.equal(one, other)
        assert not one[(visible == 0).expand_as(one)].any()
        assert one[(visible == 1).expand_as(one)].all()


@pytest.mark.parametrize("after", [3, 6])
def test_both_ways_of_doubling_are_the_transposed_convolution(after: int) -> None:
    up = Up(5, after)
    assert (up.kernel_size, up.stride, up.padding) == ((4, 4), (2, 2), (1, 1))  # what a GPU goes by
    nn.init.normal_(up.bias)
    x = torch.randn(2, 5, 4, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    found, expected = up(x), F.conv_transpose2d(x, up.weight, up.bias, 2, 1)
    torch.testing.assert_close(found, expected)
    weighted = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    inputs = (x, up.weight, up.bias)
    torch.testing.assert_close(
        torch.autograd.grad((found * weighted).sum(), inputs), torch.autograd.grad((expected * weighted).sum(), inputs)
    )
