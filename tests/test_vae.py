"""The VAE's loss against distributions of torch."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from models.vae import Vae, gaussian_nats, kl_per_dim
from tests.toys import IMAGES, LABELS, autoencoder, generator

torch.set_num_threads(1)


def test_vae_divergence_is_that_of_normal_distributions() -> None:
    mean, log_variance = torch.randn(4, 6, generator=generator()), torch.randn(4, 6, generator=generator(1))
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_per_dim(mean, log_variance), expected)


def test_vae_reconstruction_loss_is_the_density_at_the_best_sigma() -> None:
    decoded = IMAGES + 0.05 * torch.randn(IMAGES.shape, generator=generator())
    mse = F.mse_loss(decoded, IMAGES)

    def nats(sigma: float) -> float:
        return float(-Normal(decoded, sigma).log_prob(IMAGES).sum() / len(IMAGES))

    assert gaussian_nats(mse).item() == pytest.approx(nats(math.sqrt(mse)), abs=0.05)
    assert gaussian_nats(mse) < min(nats(math.sqrt(mse) * factor) for factor in (0.9, 1.1))


def test_vae_loss_is_the_sum_of_its_parts_and_its_latent_the_mean() -> None:
    model = autoencoder("vae")
    assert isinstance(model, Vae)
    parts = model.loss(IMAGES, LABELS[:5], generator())
    assert parts["loss"] == parts["reconstruction"] + parts["kl"]
    mean, log_variance = model.posterior(IMAGES)
    assert torch.equal(model.encode(IMAGES), mean)
    assert parts["kl"].item() == pytest.approx(kl_per_dim(mean, log_variance).sum(1).mean().item())


def test_vae_reconstructs_from_a_draw_of_its_posterior() -> None:
    model = autoencoder("vae")
    assert isinstance(model, Vae)
    mean, log_variance = model.posterior(IMAGES)
    noise = torch.randn(mean.shape, generator=generator(3))
    decoded = model.decode(mean + (log_variance / 2).exp() * noise)
    found, other = (model.loss(IMAGES, LABELS[:5], generator(seed))["reconstruction"].item() for seed in (3, 4))
    assert found == pytest.approx(gaussian_nats(F.mse_loss(decoded, IMAGES)).item(), rel=1e-5)
    assert found != pytest.approx(other, rel=1e-5)
