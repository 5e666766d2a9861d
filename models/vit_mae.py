"""ViT-MAE: the masked autoencoder on patches, as large as the sparse MCAE.

He et al. 2022, Masked Autoencoders Are Scalable Vision Learners, arXiv:2111.06377;
Dosovitskiy et al. 2021, An Image Is Worth 16x16 Words, arXiv:2010.11929.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from models.base import CELLS, CHANNELS, GRID, PATCH, SCALE
from models.masked import Masked
from models.mcae_sparse import McaeSparse

HEADS = 4
DEPTH, DECODER_DEPTH = 6, 2  # He et al. decode with fewer blocks than they encode with
STEP = 32  # the width is a multiple of it: heads of 8, 16, … numbers, as a GPU takes them, and whole frequencies
HIDDEN_STEP = 32  # the hidden width is a multiple of it: whole vectors for a processor
PATCH_DIM = CHANNELS * PATCH * PATCH
# Attention on a GPU without cuDNN's kernel, which torch from 2.11 on prefers on an H200: it is planned anew for each
# number of visible cells, which was reported to take a second on a B200.
FUSED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


class Attention(nn.Module):
    """Multi-head self-attention over the tokens of an image."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, (B, heads, N, width / heads) each."""
        q, k, v = self.qkv(x).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4).contiguous()
        return q, k, v

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.split(x)
        if x.is_cuda:
            with sdpa_kernel(FUSED):
                mixed = F.scaled_dot_product_attention(q, k, v)
        else:  # where the backward pass of the fused kernel is eight times slower
            mixed = _weights(q, k) @ v
        return self.out(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def weights(self, x: Tensor) -> Tensor:
        """Who attends to whom, (B, heads, N, N), rows sum to 1."""
        q, k, _ = self.split(x)
        return _weights(q, k)


def _weights(q: Tensor, k: Tensor) -> Tensor:
    scores = q / math.sqrt(q.shape[-1]) @ k.transpose(2, 3)
    return scores.softmax(-1, dtype=torch.float32).to(q.dtype)  # in bf16 it is slower on a CPU


class Block(nn.Module):
    """Pre-norm transformer block, (B, N, width) to the same."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class VitMae(Masked):
    """Tokens of 4×4 pixels; the encoder sees the visible ones only, the decoder a mask token in place of the others.

    Its latent is the mean of the encoder's tokens, so `latent_dim` is the transformer's width and not the argument, and
    a latent alone does not decode: all tokens together are a far wider code than the convolutional models have.
    Arguments are those of the sparse MCAE that it matches in parameters. Ratios and loss are the MCAE's too (He et al.
    average over hidden patches only, which leaves visible pixels untrained).
    """

    name = "vit_mae"
    positions: Tensor

    def __init__(self, latent_dim: int = 128, width: int = 64, mask_low: float = 0.1, mask_high: float = 0.75) -> None:
        super().__init__()
        dim, hidden = shape_for(latent_dim, width)
        self.latent_dim = dim
        self.mask_low, self.mask_high = mask_low, mask_high
        self.register_buffer("positions", sincos(dim))
        self.embed = nn.Linear(PATCH_DIM, dim)
        self.blocks = nn.ModuleList(Block(dim, hidden) for _ in range(DEPTH))
        self.norm = nn.LayerNorm(dim)
        self.bridge = nn.Linear(dim, dim)
        self.token = nn.Parameter(torch.randn(dim) * 0.02)
        self.decoder = nn.Sequential(*(Block(dim, hidden) for _ in range(DECODER_DEPTH)), nn.LayerNorm(dim))
        self.head = nn.Linear(dim, PATCH_DIM)
        self.apply(_initialise)

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        with self.autocast():
            return self._tokens(images, *_order(mask, len(images), images.device))[-1].mean(1)

    def forward(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        with self.autocast():
            return self._reconstruct(images, *_order(mask, len(images), images.device))

    def feature_maps(self, images: Tensor) -> list[Tensor]:
        """Tokens on their places after each block of the encoder, (B, width, 8, 8)."""
        return [_grid(tokens) for tokens in self._tokens(images, *_order(None, len(images), images.device))[1:-1]]

    def attention(self, images: Tensor) -> list[Tensor]:
        """Attention of each block of the encoder, (B, heads, N, N) over tokens in the order of the grid."""
        before = self._tokens(images, *_order(None, len(images), images.device))[:-2]
        return [block.attention.weights(block.norm1(x)) for block, x in zip(self.blocks, before, strict=True)]  # type: ignore[operator,union-attr]

    def reconstruct(self, images: Tensor, mask: Tensor, hidden: int) -> Tensor:
        return self._reconstruct(images, _visible_first(mask), CELLS - hidden)  # asks no device how many are hidden

    def _tokens(self, images: Tensor, order: Tensor, visible: int) -> list[Tensor]:
        """Visible tokens before the first block, after each block, and normalised: DEPTH + 2 of (B, visible, width)."""
        x = _take(self.embed(patches(self.centred(images))) + self.positions, order[:, :visible])
        found = [x]
        for block in self.blocks:
            found.append(block(found[-1]))
        return [*found, self.norm(found[-1])]

    def _reconstruct(self, images: Tensor, order: Tensor, visible: int) -> Tensor:
        seen = self.bridge(self._tokens(images, order, visible)[-1])
        blanks = self.token.to(seen.dtype).expand(len(images), CELLS - visible, -1)
        full = _take(torch.cat([seen, blanks], 1), order.argsort(1)) + self.positions
        return unpatched(self.head(self.decoder(full)).float()) / SCALE + self.mean


def shape_for(latent_dim: int, width: int) -> tuple[int, int]:
    """Width and hidden width of a transformer with as many parameters as the sparse MCAE.

    A block has 4 width² + 2 width · hidden weights; hidden = 4 width gives the width, its rounding is made up for by
    the hidden width, which is rounded down, as there are weights beside the blocks.
    """
    with torch.device("meta"):
        target = sum(p.numel() for p in McaeSparse(latent_dim, width).parameters())
    blocks = DEPTH + DECODER_DEPTH
    dim = max(STEP, round(math.sqrt(target / (12 * blocks)) / STEP) * STEP)
    hidden = (target / blocks - 4 * dim**2) / (2 * dim)
    return dim, max(HIDDEN_STEP, int(hidden / HIDDEN_STEP) * HIDDEN_STEP)


def sincos(width: int) -> Tensor:
    """Fixed positions (N, width): sines and cosines of row and column, width / 4 frequencies each (He et al.)."""
    frequencies = 10_000 ** -(torch.arange(width // 4) / (width // 4))
    angles = torch.arange(GRID)[:, None] * frequencies  # (8, width / 4)
    waves = torch.cat([angles.sin(), angles.cos()], 1)
    rows, columns = waves[:, None].expand(-1, GRID, -1), waves[None].expand(GRID, -1, -1)
    return torch.cat([rows, columns], 2).flatten(0, 1)


def patches(images: Tensor) -> Tensor:
    """(B, 3, 32, 32) to (B, 64, 48), row by row."""
    return F.pixel_unshuffle(images.contiguous(), PATCH).flatten(2).transpose(1, 2)


def unpatched(tokens: Tensor) -> Tensor:
    """The inverse of `patches`."""
    return F.pixel_shuffle(_grid(tokens), PATCH)


def _order(mask: Tensor | None, batch: int, device: torch.device) -> tuple[Tensor, int]:
    """Cells of each image with the visible ones first, (B, 64), and how many those are."""
    if mask is None:
        return torch.arange(CELLS, device=device).expand(batch, -1), CELLS
    counts = mask.flatten(1).sum(1)
    hidden = int(counts[0])
    if not bool((counts == hidden).all()):
        raise ValueError("vit_mae: every mask of a batch must hide the same number of cells")
    return _visible_first(mask), CELLS - hidden


def _visible_first(mask: Tensor) -> Tensor:
    return mask.flatten(1).to(torch.uint8).argsort(dim=1, stable=True)


def _take(tokens: Tensor, index: Tensor) -> Tensor:
    return tokens.gather(1, index[..., None].expand(-1, -1, tokens.shape[2]))


def _grid(tokens: Tensor) -> Tensor:
    """(B, 64, C) to (B, C, 8, 8)."""
    return tokens.transpose(1, 2).reshape(len(tokens), -1, GRID, GRID)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
