"""What can be made from latents: paths between images, arithmetic and samples, looked at by a classifier, the judge.

Images of the data are uint8 (N, 3, 32, 32); decoded ones are floats, clamped to [0, 1] before the judge or a reader
sees them. The same test images, triplets and paths serve every model and seed, so that differences are paired.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

from experiments.arrays import Array
from experiments.batches import Measured, chunked, floats, to_numpy, to_pixels
from experiments.data import Data
from experiments.plan import STEPS, triplet
from experiments.settings import SHOWN_PATHS, Settings
from models.base import Autoencoder

FITTED = 5000  # training images whose latents the AE's Gaussian is fitted to: 128 dimensions need no more
CLASS_IMAGES = 1000  # training images of class c whose latents are averaged
FRECHET_IMAGES = 10_000  # test images, and as many decoded ones
SAMPLES = 16  # shown


class Judge(Protocol):
    """A trained classifier of images in [0, 1] (B, 3, 32, 32)."""

    def __call__(self, images: Tensor) -> Tensor:
        """Logits (B, K)."""

    def features(self, images: Tensor) -> Tensor:
        """(B, F), what its last layer sees."""


@torch.no_grad()
def interpolation(model: Autoencoder, data: Data, settings: Settings, seed: int, *, judge: Judge) -> Measured:
    """Straight lines between the latents of two test images of different classes, decoded at STEPS points.

    Yields:
        roughness: one a path, see `roughness`, of images that are not clamped.
        midpoint_confidence: one a path, the judge's largest class probability at the middle.
        interpolation: uint8 (SHOWN_PATHS, STEPS, 32, 32, 3).
    """
    first, second = different_pairs(data.test_labels.cpu(), settings.paths, torch.Generator().manual_seed(1))
    start, end = chunked(model.encode, data.test_images[first]), chunked(model.encode, data.test_images[second])
    share = torch.linspace(0, 1, STEPS, device=start.device)[None, :, None]
    latents = start[:, None] + share * (end - start)[:, None]  # (P, STEPS, D)
    with in_fp32(model):
        images = chunked(model.decode, latents.flatten(0, 1)).view(-1, STEPS, *data.test_images.shape[1:])
    yield "roughness", to_numpy(roughness(images))
    yield "midpoint_confidence", to_numpy(_probabilities(judge, images[:, STEPS // 2]).amax(1))
    yield "interpolation", to_pixels(images[:SHOWN_PATHS])


@torch.no_grad()
def arithmetic(model: Autoencoder, data: Data, settings: Settings, seed: int, *, judge: Judge) -> Measured:
    """Decoded z_a − z_b + z_c of single test images of three classes, and what it must be held against.

    Yields:
        target_probability[of=arithmetic]: one a triplet, the judge's probability of class c.
        target_probability[of=alone]: the same of the decoded z_c of each triplet: what a sum has of c without a and b.
        target_probability[of=mean]: the same of decoded means of class c's training latents, see `_means`.
        target_probability[of=other]: the same, still the probability of class c, of the other classes in turn.
        target_probability[of=random]: the same of z_i − z_j + z_k of three random test images.
        arithmetic: uint8 (SHOWN_PATHS, 5, 32, 32, 3), the images a, b, c, the result, the mean of c.
    """
    generator, count = torch.Generator().manual_seed(2), settings.paths
    classes = [data.classes.index(name) for name in triplet(settings, data.classes)]
    labels = data.test_labels.cpu()
    chosen = [_choose((labels == label).nonzero()[:, 0], count, generator) for label in classes]
    anything = [_choose(torch.arange(len(labels)), count, generator) for _ in range(3)]
    others = [label for label in range(len(data.classes)) if label != classes[2]]
    counts = [len(range(place, count, len(others))) for place in range(len(others))]  # as even as can be
    decoded = {
        "arithmetic": chunked(model.decode, _combined(model, data, chosen)),
        "alone": chunked(model.decode, chunked(model.encode, data.test_images[chosen[2]])),
        "mean": chunked(model.decode, _means(model, data, classes[2], count, generator)),
        "random": chunked(model.decode, _combined(model, data, anything)),
        "other": chunked(
            model.decode,
            torch.cat([_means(model, data, *each, generator) for each in zip(others, counts, strict=True)]),
        ),
    }
    for of, images in decoded.items():
        yield f"target_probability[of={of}]", to_numpy(_probabilities(judge, images)[:, classes[2]])
    shown = [floats(data.test_images[indices[:SHOWN_PATHS]]) for indices in chosen]
    results = (decoded[name][:SHOWN_PATHS] for name in ("arithmetic", "mean"))
    yield "arithmetic", to_pixels(torch.stack([*shown, *results], dim=1))


@torch.no_grad()
def samples(model: Autoencoder, data: Data, settings: Settings, seed: int, *, judge: Judge) -> Measured:
    """New images: decoded draws from the VAE's prior; for a model without one, from a Gaussian fitted to its latents.

    Yields:
        samples: uint8 (16, 32, 32, 3).
        frechet_judge[of=samples], frechet_judge[of=reconstructions]: distance to the same test images, in the judge's
            features, see `frechet`.
        judge_accuracy[of=reconstructions]: one an image, how far the judge can be trusted on decoded test images.
    """
    real = data.test_images[:FRECHET_IMAGES]
    latents = chunked(model.encode, real)
    drawn = _random_latents(model, data, len(real), torch.Generator().manual_seed(seed)).to(latents)
    seen = chunked(judge.features, real)
    images = chunked(model.decode, drawn)
    yield "samples", to_pixels(images[:SAMPLES])
    yield "frechet_judge[of=samples]", frechet(chunked(judge.features, images.clamp(0, 1)), seen)
    decoded = chunked(model.decode, latents).clamp(0, 1)
    yield "frechet_judge[of=reconstructions]", frechet(chunked(judge.features, decoded), seen)
    yield "judge_accuracy[of=reconstructions]", _correct(judge, decoded, data.test_labels[: len(real)])


def accuracy(model: Judge, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields judge_accuracy, one an image: how far the judge can be trusted on real test images."""
    yield "judge_accuracy", _correct(model, data.test_images, data.test_labels)


def roughness(images: Tensor) -> Tensor:
    """How unevenly paths (P, S, …) run: mean norm of their second differences over that of their first, (P,).

    0 for a straight path at even speed, 2 for one that turns back at every step. Half of it for twice the points.
    """
    first = images.flatten(2).diff(dim=1)
    norms, bends = torch.linalg.vector_norm(first, dim=2), torch.linalg.vector_norm(first.diff(dim=1), dim=2)
    found: Tensor = bends.mean(1) / norms.mean(1).clamp(min=1e-12)
    return found


def frechet(first: Tensor, second: Tensor) -> float:
    """Fréchet distance of the Gaussians fitted to two sets of features (N, F), (M, F); Dowson & Landau 1982.

    ‖µ₁ − µ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½), in float64. The trace of the root is the sum of the roots of the
    eigenvalues of Σ₁^½ Σ₂ Σ₁^½, which is symmetric.
    """
    first, second = first.double(), second.double()
    one, two = first.T.cov(), second.T.cov()
    root = _root(one)
    common = torch.linalg.eigvalsh(root @ two @ root).clamp(min=0).sqrt().sum()
    return float((first.mean(0) - second.mean(0)).square().sum() + one.trace() + two.trace() - 2 * common)


@contextmanager
def in_fp32(model: Autoencoder) -> Iterator[None]:
    """Where small differences count: two steps of a path differ by little more than bf16 rounds."""
    before, model.bf16 = model.bf16, False
    try:
        yield
    finally:
        model.bf16 = before


def different_pairs(labels: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Indices (count,), (count,) of images whose classes differ; each second one is uniform over the other classes.

    Raises:
        ValueError: all labels are the same.
    """
    order = labels.argsort(stable=True)  # classes are runs in this order
    ranked = labels[order].contiguous()
    first = torch.randint(len(labels), (count,), generator=generator)
    begin, end = torch.searchsorted(ranked, ranked[first]), torch.searchsorted(ranked, ranked[first], right=True)
    others = len(labels) - (end - begin)
    if not others.all():
        raise ValueError("paths lead from class to class, and the test images have one class only")
    skip = (torch.rand(count, generator=generator, dtype=torch.float64) * others).long()
    return order[first], order[(end + skip) % len(labels)]


def _choose(indices: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Some of the indices, (count,), at random with replacement."""
    return indices[torch.randint(len(indices), (count,), generator=generator)]


def _combined(model: Autoencoder, data: Data, indices: list[Tensor]) -> Tensor:
    a, b, c = (chunked(model.encode, data.test_images[chosen]) for chosen in indices)
    return a - b + c


def _means(model: Autoencoder, data: Data, label: int, count: int, generator: torch.Generator) -> Tensor:
    """Mean latents (count, D) of a class's first training images, each of half as many draws with replacement."""
    of_class = (data.train_labels.cpu() == label).nonzero()[:CLASS_IMAGES, 0]
    latents = chunked(model.encode, data.train_images[of_class])
    half = (len(latents) + 1) // 2
    drawn = torch.randint(len(latents), (count, half), generator=generator)
    weights = torch.zeros(count, len(latents)).scatter_add_(1, drawn, torch.full(drawn.shape, 1 / half))
    return weights.to(latents) @ latents


def _random_latents(model: Autoencoder, data: Data, count: int, generator: torch.Generator) -> Tensor:
    """(count, D) float64: from the VAE's prior, else from a Gaussian fitted to latents of training images."""
    noise = torch.randn(count, model.latent_dim, generator=generator, dtype=torch.float64)
    if model.name == "vae":
        return noise
    latents = chunked(model.encode, data.train_images[:FITTED]).double().cpu()
    return latents.mean(0) + noise @ _root(latents.T.cov())


def _root(covariance: Tensor) -> Tensor:
    """Symmetric square root of a covariance that may be singular."""
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return root


def _correct(judge: Judge, images: Tensor, labels: Tensor) -> Array:
    """1 for each image whose class the judge tells, 0 for the others, (N,)."""
    return to_numpy((chunked(judge, images).argmax(1) == labels).float())


def _probabilities(judge: Judge, images: Tensor) -> Tensor:
    return chunked(judge, images.clamp(0, 1)).softmax(1)
