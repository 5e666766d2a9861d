"""What a latent knows about classes: probes, neighbours, clusters; and what the VAE's posterior looks like.

Latents are computed once a model, see `Latents`, and passed to every measurement.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score
from torch import Tensor

from experiments import plan, probe
from experiments.batches import Measured, chunked, generator, to_numpy
from experiments.data import Data
from experiments.neighbours import directions, nearest
from experiments.probe import Probe
from experiments.settings import Settings
from models.base import Autoencoder, hidden_cells, random_masks
from models.vae import Vae, kl_per_dim

NEIGHBOURS = 20  # of the kNN vote
PRECISION_AT = 10
CLUSTERED = 2000  # test images at most in k-means and silhouettes, whose cost grows with their square
STARTS = 10  # of k-means, the best of which counts
MASK_SEED = 1_000_005  # of the masks over the test images, the same for every model and seed


@dataclass(frozen=True)
class Latents:
    """Latents of the probes' training images and of all test images, from whole, clean images.

    Attributes:
        train: (N, D). train_labels: (N,).
        test: (M, D). test_labels: (M,).
        classes: how many there are.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    classes: int

    @classmethod
    def of(cls, model: Autoencoder, data: Data, settings: Settings) -> "Latents":
        part = data.head(settings.probe_images, 0)
        train, test = chunked(model.encode, part.train_images), chunked(model.encode, part.test_images)
        return cls(train.float(), part.train_labels, test.float(), part.test_labels, len(data.classes))

    @cached_property
    def probe(self) -> Probe:
        """The linear classifier that is trained on clean latents, and tested on all kinds."""
        return probe.fit(self.train, self.train_labels, self.classes)

    @cached_property
    def spacing(self) -> float:
        """Median distance of a test latent from its nearest neighbour."""
        closest = nearest(self.test, self.test, 1, others=True)[:, 0]
        return float((self.test - self.test[closest]).norm(dim=1).median())


def classes(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """How classes lie in the latent.

    Yields:
        probe_accuracy, knn_accuracy, precision_at_10: one an image.
        ari, nmi, silhouette: on the first CLUSTERED test images; k-means has as many clusters as there are classes. nan
            where there are no more images than classes.
    """
    yield "probe_accuracy", to_numpy(latents.probe.correct(latents.test, latents.test_labels))
    yield "knn_accuracy", to_numpy(knn_correct(latents))
    yield "precision_at_10", to_numpy(precision(latents))
    points, labels = latents.test[:CLUSTERED].cpu().numpy(), latents.test_labels[:CLUSTERED].cpu().numpy()
    if len(points) <= latents.classes:
        yield from dict.fromkeys(("ari", "nmi", "silhouette"), math.nan).items()
        return
    clusters = KMeans(latents.classes, n_init=STARTS, random_state=0).fit_predict(points)
    yield "ari", float(adjusted_rand_score(labels, clusters))
    yield "nmi", float(normalized_mutual_info_score(labels, clusters))
    yield "silhouette", float(silhouette_score(points, labels))


def knn_correct(latents: Latents) -> Tensor:
    """1.0 where most of the NEIGHBOURS nearest training latents have the image's class, (M,).

    Nearest by cosine about the training latents' mean: where zero lies in a latent is an accident of biases. Of classes
    with equally many votes the first counts, as in scikit-learn.
    """
    centre = latents.train.mean(0)
    found = nearest(directions(latents.test, centre), directions(latents.train, centre), NEIGHBOURS)
    votes = latents.test.new_zeros(len(found), latents.classes)
    votes.scatter_add_(1, latents.train_labels[found], torch.ones_like(found, dtype=votes.dtype))
    votes -= torch.arange(latents.classes, device=votes.device) / (2 * latents.classes)
    return (votes.argmax(1) == latents.test_labels).float()


def precision(latents: Latents) -> Tensor:
    """Share of an image's PRECISION_AT nearest other test latents, by Euclidean distance, that have its class: (M,).

    Where the class has fewer others, of as many as it has.
    """
    found = nearest(latents.test, latents.test, PRECISION_AT, others=True)
    others = latents.test_labels.bincount()[latents.test_labels] - 1
    wanted = others.clamp(1, PRECISION_AT)
    counted = torch.arange(PRECISION_AT, device=wanted.device) < wanted[:, None]
    same = latents.test_labels[found] == latents.test_labels[:, None]
    return (same & counted).sum(1) / wanted


def few_labels(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """Yields probe_accuracy[labels=n], one an image: probes trained on n training images of each class.

    Each seed draws its own, the same for all models; the smaller sets are parts of the larger ones.
    """
    draws = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(latents.train_labels), generator=draws).to(latents.train_labels.device)
    members = [shuffled[latents.train_labels[shuffled] == label] for label in range(latents.classes)]
    for count in settings.few_labels:
        chosen = torch.cat([member[:count] for member in members])
        fitted = probe.fit(latents.train[chosen], latents.train_labels[chosen], latents.classes)
        yield f"probe_accuracy[labels={count}]", to_numpy(fitted.correct(latents.test, latents.test_labels))


def masked_probe(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """Yields probe_accuracy[mask=r], one an image: the probe of whole images on test images with hidden cells."""
    for ratio in settings.mask_ratios:
        if ratio > 0:
            found = _masked(model, data.test_images, hidden_cells(ratio))
            yield f"probe_accuracy[mask={ratio:g}]", to_numpy(latents.probe.correct(found, latents.test_labels))


def _masked(model: Autoencoder, images: Tensor, hidden: int) -> Tensor:
    """Latents of images with so many hidden cells."""
    draws = generator(MASK_SEED, images.device)
    return chunked(lambda part: model.encode(part, random_masks(len(part), hidden, draws)), images)


def posterior(model: Vae, data: Data, settings: Settings, seed: int) -> Measured:
    """The VAE's posterior on test images, and the decoder's σ on training images.

    Yields:
        kl: one an image, in nats.
        active_units: how many numbers' posterior means have a variance above plan.ACTIVE.
        sigma: root of the mean squared error of decoded draws from the posterior, over the probes' training images.
        kl_per_dim, mean_variance: float32 (D,), means of the KL and variances of the posterior mean over images.
    """
    packed = chunked(lambda images: torch.stack(model.posterior(images), 1), data.test_images)  # (M, 2, D)
    mean, log_variance = packed.unbind(1)
    kl = kl_per_dim(mean, log_variance)
    variance = mean.var(0)
    yield "kl", to_numpy(kl.sum(1))
    yield "active_units", float((variance > plan.ACTIVE).sum())
    yield "sigma", _sigma(model, data.head(settings.probe_images, 0).train_images)
    yield "kl_per_dim", to_numpy(kl.mean(0))
    yield "mean_variance", to_numpy(variance)


def _sigma(model: Vae, images: Tensor) -> float:
    draws = generator(0, images.device)

    def errors(part: Tensor) -> Tensor:
        mean, log_variance = model.posterior(part)
        noise = torch.randn(mean.shape, generator=draws, device=mean.device)
        return (model.decode(mean + (log_variance / 2).exp() * noise) - part).square().flatten(1).mean(1)

    return float(chunked(errors, images).double().mean().sqrt())
