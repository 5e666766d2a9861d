"""Samples, the Fréchet distance and the judge against closed forms and toy models whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor

from experiments import generation
from experiments.metrics import METRICS
from tests.decoders import SMALL, ColourJudge, Grey, Identity, Linear, Vae, colours
from tests.planned import noise

torch.set_num_threads(1)


def test_samples_of_the_vae_come_from_its_prior() -> None:
    model = Vae(6)
    next(generation.samples(model, noise(3000), SMALL, 0, judge=ColourJudge()))
    latents = torch.cat(model.decoded)
    torch.testing.assert_close(latents.mean(0), torch.zeros(6), atol=0.06, rtol=0)
    torch.testing.assert_close(latents.T.cov(), torch.eye(6), atol=0.08, rtol=0)


def test_samples_of_an_autoencoder_come_from_a_gaussian_like_its_latents() -> None:
    model, data = Linear(6), noise(3000)
    next(generation.samples(model, data, SMALL, 0, judge=ColourJudge()))
    latents, expected = torch.cat(model.decoded), model.encode(data.train_images.float() / 255)
    torch.testing.assert_close(latents.mean(0), expected.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(latents.T.cov(), expected.T.cov(), atol=0.012, rtol=0)


def exact_gaussian(mean: np.ndarray, covariance: np.ndarray, count: int, seed: int) -> Tensor:
    """Points whose mean and covariance are exactly these."""
    points = np.random.default_rng(seed).normal(size=(count, len(mean)))
    points -= points.mean(0)
    points = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points.T))).T
    return torch.from_numpy(points @ np.linalg.cholesky(covariance).T + mean)


def test_frechet_of_diagonal_gaussians() -> None:
    """‖µ₁ − µ₂‖² + Σ (√a − √b)²."""
    one = exact_gaussian(np.zeros(3), np.diag([1.0, 4.0, 9.0]), 50, 0)
    two = exact_gaussian(np.array([1.0, 0.0, 2.0]), np.diag([4.0, 4.0, 1.0]), 80, 1)
    assert generation.frechet(one, two) == pytest.approx(5 + 1 + 0 + 4)


def test_frechet_is_that_of_scipys_square_root() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 60, 8)) @ random.normal(size=(8, 8)) + random.normal(size=(2, 1, 8))
    one, two = np.cov(first.T), np.cov(second.T)
    mean = ((first.mean(0) - second.mean(0)) ** 2).sum()
    expected = mean + np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert generation.frechet(torch.from_numpy(first), torch.from_numpy(second)) == pytest.approx(expected)


def test_frechet_of_fewer_points_than_features() -> None:
    points = torch.randn(5, 20, generator=torch.Generator().manual_seed(0))
    assert generation.frechet(points, points) == pytest.approx(0, abs=1e-5)
    assert generation.frechet(points, points + 1) == pytest.approx(20, rel=1e-5)


def test_frechet_of_perfect_reconstructions_is_zero() -> None:
    found = dict(generation.samples(Linear(4), colours(60), SMALL, 0, judge=ColourJudge()))
    perfect = dict(generation.samples(Whole(), colours(60), SMALL, 0, judge=ColourJudge()))
    assert perfect["frechet_judge[of=reconstructions]"] == pytest.approx(0, abs=1e-6)
    assert found["frechet_judge[of=reconstructions]"] > 0.01
    assert perfect["judge_accuracy[of=reconstructions]"].tolist() == [1] * 60
    assert found["judge_accuracy[of=reconstructions]"].mean() < 0.5


class Whole(Identity):
    """Keeps two numbers, more than there is to one-coloured images."""

    latent_dim = 2

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return images[:, 0, 0, :2]

    def decode(self, latent: Tensor) -> Tensor:
        return latent[:, :1, None, None].expand(-1, 3, 32, 32)


def test_frechet_distances_are_to_the_test_images() -> None:
    data = noise(60)
    dark = replace(data, train_images=data.train_images // 2)
    found = dict(generation.samples(Grey(), dark, SMALL, 0, judge=ColourJudge()))
    seen = data.test_images.double().mean((2, 3)) / 255
    expected = float((seen.mean(0) - 0.5).square().sum() + seen.T.cov().trace())
    for of in ("samples", "reconstructions"):
        assert found[f"frechet_judge[of={of}]"] == pytest.approx(expected, rel=1e-3)


def test_decoded_images_are_those_of_the_first_test_images_as_defined(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("frechet_judge", "judge_accuracy"):
        assert f"the first {generation.FRECHET_IMAGES:,} at most".replace(",", "\u202f") in METRICS[name].how
    monkeypatch.setattr(generation, "FRECHET_IMAGES", 20)
    data = colours(60)
    other = replace(data, test_labels=torch.where(torch.arange(60) < 20, data.test_labels, (data.test_labels + 1) % 6))
    found = dict(generation.samples(Identity(), other, SMALL, 0, judge=ColourJudge()))
    assert found["judge_accuracy[of=reconstructions]"].tolist() == [1] * 20


def test_the_judge_is_right_where_it_names_the_class() -> None:
    data = colours(60)
    other = replace(data, test_labels=torch.where(torch.arange(60) < 20, (data.test_labels + 1) % 6, data.test_labels))
    found = dict(generation.accuracy(ColourJudge(), other, SMALL, 0))["judge_accuracy"]
    np.testing.assert_array_equal(found, np.arange(60) >= 20)


def test_samples_are_others_for_another_seed() -> None:
    one, two = (next(generation.samples(Vae(8), noise(60), SMALL, s, judge=ColourJudge()))[1] for s in (1, 2))
    assert (one != two).any()
