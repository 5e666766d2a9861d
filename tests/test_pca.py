"""PCA and the covariance against singular values."""

import pytest
import torch
import torch.nn.functional as F

from models import moments
from models import pca as pca_module
from models.base import PIXELS
from models.pca import Pca
from tests.toys import IMAGES, TRAIN, autoencoder, generator

torch.set_num_threads(1)
BOTH = torch.cat([TRAIN, TRAIN.flip(3)])  # with the mirror images, which count as much


def test_covariance_is_exact_over_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all pixels, although only that of pairs is computed."""
    monkeypatch.setattr("models.moments.CHUNK", 16)
    flat = BOTH.flatten(1).double() / 255
    found = moments.matrix(*moments.halves(TRAIN), TRAIN.shape[1:])
    torch.testing.assert_close(found, flat.T.cov(correction=0), rtol=1e-12, atol=1e-14)


def test_the_largest_products_are_summed_exactly() -> None:
    extreme = torch.zeros(moments.CHUNK + 1, 1, 1, 2, dtype=torch.uint8)
    assert moments._products(extreme, 1).item() == 256**2 * (moments.CHUNK + 1)
    extreme[..., 0] = 255
    assert moments._products(extreme, -1).item() == 255**2 * (moments.CHUNK + 1)


@pytest.mark.parametrize("route", ["_from_images", "_from_covariance"])
def test_pca_finds_what_singular_values_find(route: str) -> None:
    few = torch.randint(0, 256, (50, 3, 2, 4), generator=generator(), dtype=torch.uint8)
    small = few if route == "_from_covariance" else TRAIN
    flat = torch.cat([small, small.flip(3)]).flatten(1).double() / 255
    expected = torch.linalg.svd(flat - flat.mean(0), full_matrices=False).Vh[:8]
    found = getattr(pca_module, route)(small)[:8]
    torch.testing.assert_close((found @ expected.T).abs(), torch.eye(8, dtype=torch.float64), rtol=0, atol=1e-6)


def test_components_of_little_variance_are_kept() -> None:
    """Eight levels of grey with a little noise: a variance a million times smaller, but no rounding error."""
    noise = torch.randint(-2, 3, (8, 3, 32, 32), generator=generator())
    images = (torch.linspace(20, 230, 8)[:, None, None, None] + noise).byte()
    assert len(pca_module._from_images(images)) == 2 * 8 - 1


def test_pca_error_is_the_variance_that_is_left() -> None:
    flat = BOTH.flatten(1).double() / 255
    values = torch.linalg.svdvals(flat - flat.mean(0)).square() / len(BOTH)
    pca = autoencoder("pca")
    assert isinstance(pca, Pca)
    torch.testing.assert_close(pca.mean, (BOTH / 255).mean(0))
    for k in (1, 6, 20):
        cut = pca.truncated(k)
        error = F.mse_loss(cut(BOTH.float() / 255), BOTH.float() / 255).item()
        assert error == pytest.approx(values[k:].sum().item() / PIXELS, rel=1e-3)
        assert cut.latent_dim == cut.encode(IMAGES).shape[1] == k
    rows = pca.components[:39]
    torch.testing.assert_close(rows @ rows.T, torch.eye(39), rtol=0, atol=1e-5)
    left = rows.view(-1, 3, 32, 32)[..., :16].flatten(1)
    assert (left.gather(1, left.abs().argmax(1, keepdim=True)) > 0).all()
    mirrored = rows.view(-1, 3, 32, 32).flip(3).flatten(1)
    torch.testing.assert_close((rows * mirrored).sum(1).abs(), torch.ones(39), rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match="3072"):
        pca.truncated(4000)
