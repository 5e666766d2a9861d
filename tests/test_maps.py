"""Maps: shapes, the same points in both halves, PCA by numpy, and clusters that stay together."""

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import maps
from experiments.batches import floats, noisy_images
from experiments.latent import Latents
from models.base import Autoencoder
from tests.planned import checked, coloured, planned, settings

torch.set_num_threads(1)
SETTINGS, DATA = settings(), coloured()


class Colours(Autoencoder):
    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return torch.cat([images.mean((2, 3)), images.std((2, 3))], 1)


def draw(seed: int = 0) -> dict[str, np.ndarray]:
    latents = Latents.of(Colours(), DATA, SETTINGS)
    return checked("ae", maps.maps(Colours(), DATA, SETTINGS, seed, latents=latents), SETTINGS)


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    return draw()


def test_maps_are_as_planned_and_the_same_twice(drawn: dict[str, np.ndarray]) -> None:
    again = draw()
    assert set(drawn) == planned("ae", SETTINGS, "pca_map", "tsne_map", "neighbours")
    for name, value in drawn.items():
        np.testing.assert_array_equal(value, again[name])
    assert draw(seed=1) == {}


def test_pca_is_numpys_on_both_halves(drawn: dict[str, np.ndarray]) -> None:
    points = np.concatenate([drawn["pca_map[noise=0]"], drawn["pca_map[noise=0.1]"]])
    encode = Colours().encode
    both = torch.cat([encode(floats(DATA.test_images[:40])), encode(noisy_images(DATA.test_images[:40], 0.1))])
    left, values, _ = np.linalg.svd((both - both.mean(0)).double().numpy(), full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(left[:, :2] * values[:2]), atol=1e-4)


def test_neighbours_are_of_their_class_and_tsne_keeps_classes_together(drawn: dict[str, np.ndarray]) -> None:
    labels = DATA.test_labels[:40].numpy()
    assert np.mean(labels[drawn["neighbours"]] == labels[:, None]) > 0.95
    assert (drawn["neighbours"] != np.arange(40)[:, None]).all()
    clean = drawn["tsne_map[noise=0]"]
    distances = np.linalg.norm(clean[:, None] - clean, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert np.mean(labels[distances.argmin(1)] == labels) > 0.9


def test_the_images_behind_a_map() -> None:
    found = checked("data", maps.mapped(None, DATA, SETTINGS, 0), SETTINGS)
    assert set(found) == planned("data", SETTINGS, "map_images", "map_labels")
    np.testing.assert_array_equal(found["map_images"], DATA.test_images[:40].permute(0, 2, 3, 1))
