"""The ViT: its size, its tokens and their places, its attention."""

import math

import pytest
import torch
import torch.nn.functional as F

from experiments.presets import PRESETS, preset
from models import build
from models.base import CELLS
from models.vit_mae import HEADS, Attention, VitMae, patches, shape_for, sincos, unpatched
from tests.toys import IMAGES, autoencoder

torch.set_num_threads(1)


@pytest.mark.parametrize("name", PRESETS)
def test_vit_has_the_sparse_mcae_s_parameters_within_a_tenth(name: str) -> None:
    settings = preset(name).model_dump()
    with torch.device("meta"):
        vit, twin = (sum(p.numel() for p in build(n, **settings).parameters()) for n in ("vit_mae", "mcae_sparse"))
    assert vit == pytest.approx(twin, rel=0.1)


@pytest.mark.parametrize("width", [8, 16, 48, 64, 96])
def test_vit_heads_are_as_wide_as_a_gpu_takes_them(width: int) -> None:
    """Eight numbers or a multiple: others are padded, forth and back, before every fused attention and after it."""
    assert shape_for(128, width)[0] % (8 * HEADS) == 0


def test_vit_patches_are_cells_row_by_row() -> None:
    cells = patches(IMAGES)
    assert cells.shape == (5, CELLS, 48)
    torch.testing.assert_close(cells[:, 8 * 2 + 5].unflatten(1, (3, 4, 4)), IMAGES[:, :, 8:12, 20:24])
    assert torch.equal(unpatched(cells), IMAGES)


def test_vit_positions_are_products_of_rows_and_columns() -> None:
    table = sincos(32)
    assert table.shape == (CELLS, 32)
    assert torch.equal(table[8 * 2 + 5, :16], table[8 * 2 + 1, :16])
    assert torch.equal(table[8 * 2 + 5, 16:], table[8 * 7 + 5, 16:])
    assert table[8 * 3, 0].item() == pytest.approx(math.sin(3))
    assert table[8 * 3, 8 + 1].item() == pytest.approx(math.cos(3 / 10_000 ** (1 / 8)))
    assert len(table.unique(dim=0)) == CELLS


def test_vit_attention_is_scaled_dot_product_attention() -> None:
    layer, x = Attention(16), torch.randn(2, 10, 16)
    mixed = F.scaled_dot_product_attention(*layer.split(x)).transpose(1, 2).flatten(2)
    torch.testing.assert_close(layer(x), layer.out(mixed))
    shown = layer.weights(x) @ layer.split(x)[2]
    torch.testing.assert_close(shown.transpose(1, 2).flatten(2), mixed)


def test_vit_shows_its_attention() -> None:
    model = autoencoder("vit_mae")
    assert isinstance(model, VitMae)
    maps = model.attention(IMAGES)
    assert [tuple(m.shape) for m in maps] == [(5, 4, 64, 64)] * 6
    torch.testing.assert_close(maps[0].sum(-1), torch.ones(5, 4, 64))


def test_vit_latent_is_the_mean_of_the_last_tokens() -> None:
    model = autoencoder("vit_mae")
    last = model.norm(model.feature_maps(IMAGES)[-1].flatten(2).transpose(1, 2))
    torch.testing.assert_close(model.encode(IMAGES), last.mean(1))
    assert len(model.feature_maps(IMAGES)) == len(model.blocks)


def test_vit_puts_tokens_back_on_their_places() -> None:
    """With blocks that do nothing, a visible cell's reconstruction depends on that cell alone."""
    model, mask = autoencoder("vit_mae"), torch.zeros(5, 8, 8, dtype=torch.bool)
    mask[:, 0, :3] = mask[:, 6] = True
    for block in (*model.blocks, *model.decoder[:-1]):
        for layer in (block.attention.out, block.mlp[-1]):
            torch.nn.init.zeros_(layer.weight)
    other = IMAGES.clone()
    other[:, :, 8:12, 20:24] = 0.3
    changed = (model(IMAGES, mask) - model(other, mask)).abs().amax((0, 1)) > 1e-7
    expected = torch.zeros(32, 32, dtype=torch.bool)
    expected[8:12, 20:24] = True
    assert not (changed & ~expected).any()
    assert changed[8:12, 20:24].any()


def test_vit_knows_where_its_tokens_are() -> None:
    """The encoder: a moved image has another code. The decoder: it paints unlike cells where nothing is seen."""
    model, mask = autoencoder("vit_mae"), torch.ones(5, 8, 8, dtype=torch.bool)
    model.mean.fill_(0.5)
    assert (model.encode(IMAGES) - model.encode(IMAGES.roll(4, 2))).abs().max() > 1e-3
    mask[:, 3, 3] = False
    hidden = patches(model(IMAGES, mask))[:, ~torch.eye(CELLS, dtype=torch.bool)[8 * 3 + 3]]
    assert hidden.std(1).max() > 1e-3


def test_vit_paints_in_quarters_about_the_mean_image() -> None:
    model = autoencoder("vit_mae")
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.ones_(model.head.bias)
    torch.testing.assert_close(model(IMAGES), (model.mean + 0.25).expand(5, -1, -1, -1))


def test_vit_refuses_ragged_masks() -> None:
    mask = torch.zeros(5, 8, 8, dtype=torch.bool)
    mask[0, 0, 0] = True
    with pytest.raises(ValueError, match="same number of cells"):
        autoencoder("vit_mae")(IMAGES, mask)
