"""Rate and distortion against scipy's entropy, closed forms, and the invariances that a fair rate has."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from torch import Tensor, nn

from experiments import rate
from experiments.latent import Latents
from models.base import Autoencoder
from models.pca import Pca
from tests.planned import checked, coloured, planned, settings

torch.set_num_threads(1)
SETTINGS, DATA = settings(), coloured(test=300)


class Scaled(Autoencoder):
    """PCA whose latent's numbers are scaled, each by its own factor."""

    def __init__(self, pca: Pca, factors: Tensor) -> None:
        super().__init__()
        self.pca, self.factors = pca, factors

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.pca.encode(images) * self.factors

    def decode(self, latent: Tensor) -> Tensor:
        return self.pca.decode(latent / self.factors)


def fitted(count: int = 16) -> Pca:
    """PCA on some orthonormal directions: any will do."""
    pca = Pca(count)
    directions = torch.linalg.qr(torch.randn(3072, count, generator=torch.Generator().manual_seed(0))).Q
    pca.components[:count] = directions.T
    return pca


def measured(model: Autoencoder) -> dict[str, float | np.ndarray]:
    return checked("pca", rate.rate(model, DATA, SETTINGS, 0, latents=Latents.of(model, DATA, SETTINGS)), SETTINGS)


def test_entropy_is_scipys() -> None:
    draws = torch.Generator().manual_seed(0)
    symbols = (torch.randn(500, 3, generator=draws) * torch.tensor([0.3, 3.0, 300.0])).round()
    expected = sum(entropy(np.unique(column, return_counts=True)[1], base=2) for column in symbols.T.numpy())
    assert rate.entropy(symbols) == pytest.approx(expected)
    assert rate.entropy(torch.arange(64.0)[:, None] % 8 - 4) == pytest.approx(3)
    assert rate.entropy(torch.ones(10, 4)) == 0


def test_sensitivity_is_the_norm_of_the_columns_of_a_linear_decoder() -> None:
    class Linear(Autoencoder):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(5, 3072)

        def decode(self, latent: Tensor) -> Tensor:
            return self.layer(latent * torch.tensor([1.0, 2, 4, 8, 0])).view(-1, 3, 32, 32)

    torch.manual_seed(0)
    model = Linear()
    expected = model.layer.weight.detach().norm(dim=0) * torch.tensor([1.0, 2, 4, 8, 0])
    found = rate.sensitivity(model, torch.randn(500, 5, generator=torch.Generator().manual_seed(0)))
    np.testing.assert_allclose(found[:4], expected[:4], rtol=0.05)
    assert float(found[4]) == pytest.approx(1e-6 * float(found[3]))


def test_every_planned_rate_is_there_and_more_bits_are_more_rate_and_less_error() -> None:
    found = measured(fitted())
    assert set(found) == {n for n in planned("pca", SETTINGS, "psnr", "rate") if "bits" in n or "at=" in n}
    rates = [found[f"rate[bits={bits}]"] for bits in SETTINGS.bits]
    quality = [np.mean(found[f"psnr[bits={bits}]"]) for bits in SETTINGS.bits]
    assert sorted(rates) == rates
    assert sorted(quality) == quality


def test_so_many_bits_are_so_many_levels_of_the_widest_number() -> None:
    latents = torch.rand(100_000, 1, generator=torch.Generator().manual_seed(0))
    quantiser = rate.Quantiser(latents.mean(0), torch.ones(1))
    for bits in (1, 2, 3, 5, 8):
        assert len(quantiser.symbols(latents, quantiser.step(latents, bits)).unique()) == 2**bits


def test_a_latent_that_tells_nothing_has_no_rate() -> None:
    nothing = torch.zeros(20, 16)
    with pytest.raises(ValueError, match="the latent is the same for every image"):
        rate.Quantiser(nothing[0], torch.ones(16)).span(nothing)


def test_scaling_a_latent_changes_nothing() -> None:
    pca = fitted()
    plain, scaled = measured(pca), measured(Scaled(pca, torch.logspace(-2, 2, 16)))
    for bits in SETTINGS.bits:
        assert scaled[f"rate[bits={bits}]"] == pytest.approx(plain[f"rate[bits={bits}]"], rel=0.05)
    assert np.mean(scaled["psnr[at=equal_rate]"]) == pytest.approx(np.mean(plain["psnr[at=equal_rate]"]), abs=0.05)


def test_the_equal_rate_is_equal() -> None:
    latents = Latents.of(fitted(), DATA, SETTINGS)
    quantiser = rate.Quantiser(latents.train.mean(0), torch.ones(16))
    assert rate.EQUAL_BITS == 2  # as the document says: "two bits per dimension"
    step = quantiser.step_of(latents.test, rate.EQUAL_BITS * 16)
    found = rate.entropy(quantiser.symbols(latents.test, step))
    assert found == pytest.approx(rate.EQUAL_BITS * 16, rel=0.01)
    assert found >= rate.EQUAL_BITS * 16


def test_an_equal_rate_that_so_few_images_cannot_give_is_not_measured() -> None:
    """Four of 32 numbers differ, by 3 bits at most: two bits each they are not, and it came out as if unrounded."""
    latents = torch.zeros(8, 32)
    latents[:, :4] = torch.arange(8.0)[:, None]
    quantiser = rate.Quantiser(torch.zeros(32), torch.ones(32))
    assert np.isnan(quantiser.step_of(latents, 2 * 32))
    assert rate.entropy(quantiser.symbols(latents, quantiser.step_of(latents, 8))) >= 8


def test_rate_and_distortion_are_those_of_the_rounded_latents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounded about the mean of the training latents, whose widest number 2^b levels span; bits are a pixel's."""
    pca = fitted(12)
    pca.mean.fill_(0.98)  # so that something is clamped
    monkeypatch.setattr(rate, "sensitivity", lambda model, latents: torch.ones(12))
    found, latents = measured(pca), Latents.of(pca, DATA, SETTINGS)
    mean, widest = latents.train.mean(0), float((latents.train.amax(0) - latents.train.amin(0)).max())
    even = rate.Quantiser(mean, torch.ones(12)).step_of(latents.test, 2 * 12)
    for tag, step in (*((f"bits={bits}", widest / (2**bits - 1)) for bits in SETTINGS.bits), ("at=equal_rate", even)):
        symbols = ((latents.test - mean) / step).round()
        decoded = pca.decode(symbols * step + mean)
        assert decoded.max() > 1
        error = (decoded.clamp(0, 1) - DATA.test_images / 255).double().square().mean((1, 2, 3))
        np.testing.assert_allclose(found[f"psnr[{tag}]"], -10 * error.log10(), rtol=1e-4)
        if tag != "at=equal_rate":
            assert found[f"rate[{tag}]"] == pytest.approx(rate.entropy(symbols) / 32**2)


def test_rounding_costs_a_twelfth_of_the_squared_step() -> None:
    pca = fitted()
    latents = Latents.of(pca, DATA, SETTINGS).test
    quantiser = rate.Quantiser(latents.mean(0), torch.ones(16))
    step = 0.05
    rounded = quantiser.values(quantiser.symbols(latents, step), step)
    assert float((rounded - latents).abs().max()) <= step / 2 * 1.001
    error = (pca.decode(rounded) - pca.decode(latents)).square().mean()
    assert float(error) == pytest.approx(16 / 3072 * step**2 / 12, rel=0.05)
