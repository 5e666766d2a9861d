"""What noise, corruptions and images of other classes do to a model.

A probe is always the one trained on clean latents. Noisy and corrupted images are the same for every model and seed, so
that differences are paired.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from sklearn.metrics import roc_auc_score
from torch import Tensor

from experiments.arrays import Array
from experiments.batches import Measured, chunked, generator, to_numpy, with_noise
from experiments.corruptions import CORRUPTIONS, corrupt
from experiments.data import Data
from experiments.latent import Latents
from experiments.neighbours import nearest
from experiments.reconstruction import reconstruction_errors
from experiments.settings import Settings
from models.base import Autoencoder, Model

CORRUPTION_SEED = 1_000_006  # and one more for each corruption


def noise(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """Latents of noisy test images, at each noise level.

    Yields:
        probe_accuracy[noise=…]: one an image.
        displacement[noise=…]: one an image, distance from the clean latent over the median distance between neighbours.
        retrieval[noise=…]: one an image, 1 where the nearest clean latent is the image's own.
    """
    own = torch.arange(len(latents.test), device=latents.test.device)
    for level in settings.noise_levels:
        if level > 0:
            noisy = with_noise(model.encode, data.test_images, level)
            moved = (noisy - latents.test).norm(dim=1) / latents.spacing
            found = nearest(noisy, latents.test, 1)
            yield f"probe_accuracy[noise={level:g}]", to_numpy(latents.probe.correct(noisy, latents.test_labels))
            yield f"displacement[noise={level:g}]", to_numpy(moved)
            yield f"retrieval[noise={level:g}]", to_numpy((found[:, 0] == own).float())


def corruption(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """Yields probe_accuracy[corruption=…], one an image: the mean over severities, on the first corruption_images."""
    images = data.test_images[: settings.corruption_images]
    labels = latents.test_labels[: len(images)]
    for index, name in enumerate(CORRUPTIONS):
        right = [
            latents.probe.correct(_corrupted(model, images, name, severity, CORRUPTION_SEED + index), labels)
            for severity in settings.corruption_severities
        ]
        yield f"probe_accuracy[corruption={name}]", to_numpy(torch.stack(right).mean(0))


def _corrupted(model: Autoencoder, images: Tensor, name: str, severity: int, seed: int) -> Tensor:
    draws = generator(seed, images.device)
    return chunked(lambda part: model.encode(corrupt(name, part, severity, draws)), images)


def anomaly(
    model: Model,
    data: Data,
    settings: Settings,
    seed: int,
    *,
    train: Callable[[str, Data, float], Model],
) -> Measured:
    """One-class detection: fresh models of the same kind, each trained on the images of one class only.

    Args:
        train: a fresh model, from a name for its checkpoint, its images and how many epochs.

    Yields:
        anomaly_auroc: one a class, of the reconstruction error of clean test images, the others against that class.
        anomaly_auroc[known=i]: that of class i.
    """
    scores = []
    for label in range(settings.anomaly_classes):
        chosen = data.train_labels == label
        only = replace(data, train_images=data.train_images[chosen], train_labels=data.train_labels[chosen])
        fresh = train(f"class{label}", only, settings.anomaly_epochs)
        scores.append(auroc(to_numpy(reconstruction_errors(fresh, data.test_images)), data.test_labels, label))
    yield from _by_class(scores)


def complexity(_: object, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields what `anomaly` does, of an image's size as PNG: what detection gets from complexity alone."""
    sizes = np.array([png_bytes(image) for image in data.test_images.permute(0, 2, 3, 1).cpu().numpy()])
    yield from _by_class([auroc(sizes, data.test_labels, label) for label in range(settings.anomaly_classes)])


def _by_class(scores: Sequence[float]) -> Measured:
    yield "anomaly_auroc", np.array(scores)
    for label, score in enumerate(scores):
        yield f"anomaly_auroc[known={label}]", score


def auroc(scores: Array, labels: Tensor, normal: int) -> float:
    """Chance that an image of another class scores higher than one of the normal class, ties half."""
    return float(roc_auc_score(labels.cpu().numpy() != normal, scores))


def png_bytes(image: Array) -> int:
    """Size of an image, uint8 (32, 32, 3), as PNG."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return len(file.getvalue())
