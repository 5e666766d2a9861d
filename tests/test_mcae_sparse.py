"""The sparse MCAE against the AE."""

import torch

from models.layers import visibility
from tests.toys import IMAGES, autoencoder

torch.set_num_threads(1)


def test_sparse_mcae_without_a_mask_is_the_ae() -> None:
    ae, sparse = autoencoder("ae"), autoencoder("mcae_sparse")
    torch.testing.assert_close(sparse(IMAGES), ae(IMAGES))
    nothing = torch.zeros(5, 8, 8, dtype=torch.bool)
    torch.testing.assert_close(sparse(IMAGES, nothing), ae(IMAGES))


def test_sparse_mcae_puts_its_token_where_four_cells_are_hidden() -> None:
    model, mask = autoencoder("mcae_sparse"), torch.zeros(5, 8, 8, dtype=torch.bool)
    mask[:, 2:4, 6:8] = True
    seen = visibility(mask)
    last = model.encoder.maps(model.centred(IMAGES) * seen[0], seen)[-1].clone()
    assert not last[:, :, 1, 3].any()
    last[:, :, 1, 3] = model.token
    torch.testing.assert_close(model.encode(IMAGES, mask), model.encoder.head(last))
