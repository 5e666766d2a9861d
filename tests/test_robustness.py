"""Robustness: closed forms on pixels as a latent, and one-class models whose answers are known."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import plan, robustness
from experiments.batches import floats, noisy_images
from experiments.data import Data
from experiments.latent import Latents
from models.base import Autoencoder
from models.pixels import Pixels
from tests.decoders import Colours
from tests.planned import checked, coloured, planned, settings

torch.set_num_threads(1)
SETTINGS, DATA = settings(), coloured()


def test_noise_on_pixels_in_closed_form() -> None:
    latents = Latents.of(Pixels(), DATA, SETTINGS)
    assert latents.probe.correct(floats(DATA.test_images).flatten(1), DATA.test_labels).mean() > 0.9
    found = checked("ae", robustness.noise(Pixels(), DATA, SETTINGS, 0, latents=latents), SETTINGS)
    assert set(found) == {
        name
        for name in planned("ae", SETTINGS, "probe_accuracy", "displacement", "retrieval")
        if name.split("[")[-1].startswith("noise=")
    }
    noisy = noisy_images(DATA.test_images, 0.1)
    expected = (noisy - floats(DATA.test_images)).flatten(1).norm(dim=1) / latents.spacing
    np.testing.assert_allclose(found["displacement[noise=0.1]"], expected, rtol=1e-5)
    assert found["retrieval[noise=0.02]"].mean() == 1
    right = latents.probe.correct(noisy.flatten(1), DATA.test_labels)
    np.testing.assert_array_equal(found["probe_accuracy[noise=0.1]"], right)


def test_a_latent_that_noise_replaces_is_not_found_again() -> None:
    class Corner(Autoencoder):
        def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
            return images[:, :, 0, 0]

    latents = Latents.of(Corner(), DATA, SETTINGS)
    found = dict(robustness.noise(Corner(), DATA, SETTINGS, 0, latents=latents))
    assert found["retrieval[noise=0.2]"].mean() < 0.2
    noisy = Corner().encode(noisy_images(DATA.test_images, 0.02))
    nearest = torch.cdist(noisy, latents.test, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
    np.testing.assert_array_equal(found["retrieval[noise=0.02]"], nearest == torch.arange(len(noisy)))
    assert found["displacement[noise=0.2]"].mean() > 2


def test_corruptions_are_all_measured_and_a_mean_over_severities() -> None:
    two = settings(corruption_severities=(1, 5))
    latents = Latents.of(Colours(), DATA, two)
    found = checked("ae", robustness.corruption(Colours(), DATA, two, 0, latents=latents), two)
    assert list(found) == [f"probe_accuracy[corruption={name}]" for name in plan.CORRUPTIONS]
    assert all(set(np.unique(value)) <= {0, 0.5, 1} and value.shape == (30,) for value in found.values())
    assert found["probe_accuracy[corruption=pixelate]"].mean() == 1  # colours stay
    assert found["probe_accuracy[corruption=contrast]"].mean() == 1
    images, seed = DATA.test_images[:30], robustness.CORRUPTION_SEED + plan.CORRUPTIONS.index("fog")
    first, second = (
        latents.probe.correct(robustness._corrupted(Colours(), images, "fog", severity, seed), DATA.test_labels[:30])
        for severity in (1, 5)
    )
    assert (first != second).any()
    np.testing.assert_array_equal(found["probe_accuracy[corruption=fog]"], (first + second) / 2)
    again = dict(robustness.corruption(Colours(), DATA, two, 1, latents=latents))
    for name, value in found.items():
        np.testing.assert_array_equal(value, again[name])


class Remembering(Autoencoder):
    """Reconstructs everything as the mean of what it was trained on."""

    name = "ae"

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return images.flatten(1)

    def decode(self, latent: Tensor) -> Tensor:
        return self.mean.expand(len(latent), 3, 32, 32)


def test_one_class_models_see_one_class_and_are_judged_on_all() -> None:
    calls: list[Any] = []

    def train(name: str, data: Data, epochs: float) -> Autoencoder:
        calls.append((name, set(data.train_labels.tolist()), len(data.train_images), epochs))
        model = Remembering()
        model.set_mean(data.train_images)
        return model

    found = checked("ae", robustness.anomaly(Colours(), DATA, SETTINGS, 7, train=train), SETTINGS)
    epochs = SETTINGS.anomaly_epochs
    assert calls == [("class0", {0}, 30, epochs), ("class1", {1}, 30, epochs)]
    np.testing.assert_allclose(found["anomaly_auroc"], 1)
    assert [float(found[f"anomaly_auroc[known={label}]"]) for label in (0, 1)] == [1, 1]


def test_the_error_that_tells_anomalies_is_the_mean_squared_one() -> None:
    grey = (DATA.test_images.double() / 255 - 0.5).square().mean((1, 2, 3))
    np.testing.assert_allclose(robustness.reconstruction_errors(Remembering(), DATA.test_images), grey, rtol=1e-5)


def test_auroc_counts_pairs_and_ties_half() -> None:
    labels = torch.tensor([0, 0, 1, 2])
    assert robustness.auroc(np.array([1.0, 2.0, 3.0, 4.0]), labels, 0) == 1
    assert robustness.auroc(np.array([1.0, 3.0, 2.0, 3.0]), labels, 0) == pytest.approx((1 + 0 + 1 + 0.5) / 4)


def test_complexity_tells_flat_images_from_busy_ones() -> None:
    images = DATA.test_images.clone()
    images[DATA.test_labels == 0] = 128
    data = Data("toy", DATA.classes, DATA.train_images, DATA.train_labels, images, DATA.test_labels, "")
    made = checked("data", robustness.complexity(None, data, SETTINGS, 0), SETTINGS)
    found = made["anomaly_auroc"]
    assert found.shape == (2,)
    assert found[0] == 1
    np.testing.assert_array_equal(found, [made[f"anomaly_auroc[known={label}]"] for label in (0, 1)])
    assert found[1] < 0.6
