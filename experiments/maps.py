"""Two-dimensional maps of latents: PCA and t-SNE of the same test images, clean and noisy together.

For the eye only: every number about latents is measured on the latents themselves.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from openTSNE import TSNE
from sklearn.decomposition import PCA

from experiments import machine
from experiments.arrays import Array
from experiments.batches import LATER, Measured, floats, to_numpy, to_pixels, with_noise
from experiments.data import Data
from experiments.latent import Latents
from experiments.neighbours import nearest
from experiments.settings import Settings
from models.base import Autoencoder

PERPLEXITY = 30  # of t-SNE; at most a fifth of the points
THETA = 0.8  # of Barnes and Hut: a third faster than 0.5, trustworthiness within 0.007 of it on four models of CIFAR-10
NEIGHBOURS = 5
NOISE = 0.1  # variance, of the noisy half


def maps(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """Maps of the first `settings.map_images` test images. Only seed 0 is shown, so others yield nothing.

    Yields:
        pca_map[noise=0|0.1], tsne_map[noise=0|0.1]: float32 (points, 2).
        neighbours: int16 (points, 5), the nearest other points of the clean half in the latent, nearest first.
    """
    if seed:
        return
    images = data.test_images[: settings.map_images]
    clean = latents.test[: len(images)]
    indices = nearest(clean, clean, NEIGHBOURS, others=True)
    yield "neighbours", indices.to(torch.int16).cpu().numpy()
    both = to_numpy(torch.cat([clean, with_noise(model.encode, images, NOISE)]))
    yield from _halves("pca_map", _pca(both))
    if clean.is_cuda:  # t-SNE lets other threads run, and the GPU has more to do
        with ThreadPoolExecutor(1) as beside:
            drawn = beside.submit(_tsne, both, machine.cores())
            yield LATER
            yield from _halves("tsne_map", drawn.result())
    else:  # other tasks have the other cores
        yield from _halves("tsne_map", _tsne(both, 1))


def _halves(name: str, points: Array) -> Measured:
    for noise, half in zip((0, NOISE), np.split(points, 2), strict=True):
        yield f"{name}[noise={noise:g}]", half


def mapped(_: object, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields the images behind the maps: map_images uint8 (points, 32, 32, 3) and map_labels int16 (points,)."""
    yield "map_images", to_pixels(floats(data.test_images[: settings.map_images]))
    yield "map_labels", data.test_labels[: settings.map_images].to(torch.int16).cpu().numpy()


def _pca(points: Array) -> Array:
    return PCA(2, svd_solver="covariance_eigh").fit_transform(points).astype(np.float32)  # type: ignore[no-any-return]


def _tsne(points: Array, threads: int) -> Array:
    """t-SNE (van der Maaten & Hinton 2008) that starts from PCA, by openTSNE: the same for any number of threads."""
    perplexity = min(PERPLEXITY, len(points) / 5)
    method = TSNE(
        perplexity=perplexity,
        initialization="pca",
        neighbors="exact",
        random_state=0,
        theta=THETA,
        n_jobs=threads,
    )
    return np.asarray(method.fit(points), np.float32)
