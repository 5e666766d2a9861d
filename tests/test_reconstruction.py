"""Reconstruction measured on models whose answers are known: a copy, a paler copy, a constant, a blur."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from experiments import fidelity, plan, reconstruction
from experiments.batches import NOISE_SEED, floats, noisy_images, to_pixels
from experiments.held_out import HeldOut
from models.pca import Pca
from models.pixels import Pixels
from tests.decoders import Grey
from tests.planned import checked, coloured, planned, settings

torch.set_num_threads(1)
SETTINGS, DATA = settings(), coloured()


class Paler(Pixels):
    """Half the contrast."""

    def decode(self, latent: Tensor) -> Tensor:
        return super().decode(latent) / 2


class Blurred(Pixels):
    """Each pixel the mean of 3×3."""

    def decode(self, latent: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(super().decode(latent), 3, 1, 1, count_include_pad=False)


class Louder(Pixels):
    """Three times the contrast, far below 0 and above 1."""

    def decode(self, latent: Tensor) -> Tensor:
        return 3 * super().decode(latent) - 1


def test_reconstructions_are_clamped() -> None:
    image = floats(DATA.test_images)
    errors = {"clean": image - (3 * image - 1).clamp(0, 1)}
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(NOISE_SEED))
    errors["noisy"] = image - (3 * (image + 0.1**0.5 * noise).clamp(0, 1) - 1).clamp(0, 1)
    clean, noisy = (-10 * error.square().mean((1, 2, 3)).log10() for error in errors.values())
    np.testing.assert_allclose(dict(reconstruction.quality(Louder(), DATA, SETTINGS, 0))["psnr"], clean, rtol=1e-4)
    found = dict(reconstruction.denoising(Louder(), DATA, SETTINGS, 0))
    np.testing.assert_allclose(found["psnr[noise=0.1]"], noisy, rtol=1e-4)
    assert HeldOut(DATA.test_images)(Louder())["test_psnr"] == pytest.approx(float(clean.mean()), rel=1e-4)


def test_a_copy_is_perfect() -> None:
    found = checked("ae", reconstruction.quality(Pixels(), DATA, SETTINGS, 0), SETTINGS)
    wanted = dict(psnr=100, ssim=1, mae=0, mse=0, psnr_of_mean_mse=100, high_band=1, laplacian=1)
    for name, value in wanted.items():
        assert np.mean(found[name]) == pytest.approx(value, abs=1e-5), name
    originals = dict(reconstruction.originals(None, DATA, SETTINGS, 0))
    shown = checked("ae", reconstruction.examples(Pixels(), DATA, SETTINGS, 0), SETTINGS)
    assert np.array_equal(shown["examples"], originals["examples"])
    assert set(found) == planned("ae", SETTINGS, *wanted) - {
        name for name in planned("ae", SETTINGS, *wanted) if "[" in name
    }


def test_half_the_contrast_keeps_a_quarter_of_the_power_and_half_the_amplitude() -> None:
    quality = dict(reconstruction.quality(Paler(), DATA, SETTINGS, 0))
    assert np.mean(quality["high_band"]) == pytest.approx(0.25, rel=1e-4)
    assert np.mean(quality["laplacian"]) == pytest.approx(0.25, rel=1e-4)
    assert np.mean(quality["mse"]) == pytest.approx(float((floats(DATA.test_images) / 2).square().mean()), rel=1e-5)
    spectra = checked("ae", reconstruction.spectra(Paler(), DATA, SETTINGS, 0), SETTINGS)
    assert set(spectra) == planned("ae", SETTINGS, "transfer", "spectrum") - {"transfer[band=fine,at=equal_mse]"}
    for band in ("low", "mid", "high", "fine"):
        assert np.mean(spectra[f"transfer[band={band}]"]) == pytest.approx(0.5, rel=1e-4)
    power = dict(reconstruction.originals(None, DATA, SETTINGS, 0))["spectrum"]
    np.testing.assert_allclose(spectra["spectrum"], power / 4, rtol=1e-4, atol=1e-9)


def test_the_error_on_training_images_is_of_as_many_as_are_tested() -> None:
    found = checked("ae", reconstruction.training_error(Paler(), DATA, SETTINGS, 0), SETTINGS)
    images = floats(DATA.train_images[: len(DATA.test_images)])
    expected = (images / 2).square().mean((1, 2, 3))
    np.testing.assert_allclose(found["mse[on=train]"], expected, rtol=1e-5)


def test_shares_of_images_have_the_mean_and_the_spread_of_the_ratio_of_sums() -> None:
    """Against the ratios of sums over 4,000 draws of images with replacement."""
    draws = np.random.default_rng(0)
    whole = draws.lognormal(0, 1, 500)
    part = whole * draws.normal(0.9, 0.02, 500)
    found = reconstruction.share(torch.from_numpy(part), torch.from_numpy(whole)).numpy()
    chosen = draws.integers(500, size=(4000, 500))
    ratios = part[chosen].sum(1) / whole[chosen].sum(1)
    assert found.mean() == pytest.approx(part.sum() / whole.sum(), rel=1e-12)
    assert found.std() / 500**0.5 == pytest.approx(ratios.std(), rel=0.05)
    without = (part.sum() - part) / (whole.sum() - whole)  # an image's own part in it, as the jackknife finds it
    np.testing.assert_allclose(found, 500 * found.mean() - 499 * without, atol=0.01)


def test_a_constant_keeps_nothing_and_a_blur_the_low_band() -> None:
    found = dict(reconstruction.quality(Grey(), DATA, SETTINGS, 0))
    assert np.mean(found["high_band"]) == pytest.approx(0, abs=1e-6)
    assert found["psnr"].shape == (60,)
    transfer = dict(reconstruction.spectra(Blurred(), DATA, SETTINGS, 0))
    low, mid, high, fine = (np.mean(transfer[f"transfer[band={band}]"]) for band in ("low", "mid", "high", "fine"))
    assert low > 0.85
    assert abs(high) < 0.3
    assert high < fine < mid


def test_quality_is_scikit_images() -> None:
    found = dict(reconstruction.quality(Blurred(), DATA, SETTINGS, 0))
    image = floats(DATA.test_images[7])
    other = Blurred()(image[None])[0]
    a, b = image.permute(1, 2, 0).double().numpy(), other.permute(1, 2, 0).double().numpy()
    assert found["psnr"][7] == pytest.approx(peak_signal_noise_ratio(a, b, data_range=1), rel=1e-4)
    ssim = structural_similarity(
        a, b, data_range=1, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert found["ssim"][7] == pytest.approx(ssim, abs=1e-6)
    assert found["mae"][7] == pytest.approx(np.abs(a - b).mean(), rel=1e-4)
    assert found["psnr_of_mean_mse"] == pytest.approx(-10 * np.log10(found["mse"].mean()), rel=1e-5)
    assert found["psnr_of_mean_mse"] < found["psnr"].mean()  # Jensen


def test_a_curves_point_is_that_of_the_same_images() -> None:
    point = HeldOut(DATA.test_images)(Blurred())
    found = dict(reconstruction.quality(Blurred(), DATA, SETTINGS, 0)) | dict(
        reconstruction.spectra(Blurred(), DATA, SETTINGS, 0)
    )
    assert point["test_mse"] == pytest.approx(found["mse"].mean(), rel=1e-5)
    assert point["test_psnr"] == pytest.approx(found["psnr"].mean(), rel=1e-5)
    assert point["test_detail"] == pytest.approx(found["transfer[band=fine]"].mean(), rel=1e-4)


def test_noise_is_no_detail_that_comes_back() -> None:
    """Its power at high frequencies exceeds the original's; nothing of it is in phase."""

    class Noisy(Pixels):
        def decode(self, latent: torch.Tensor) -> torch.Tensor:
            noise = torch.randn(len(latent), 3, 32, 32, generator=torch.Generator().manual_seed(0))
            return (0.5 + 0.2 * noise).clamp(0, 1)

    assert np.mean(dict(reconstruction.quality(Noisy(), DATA, SETTINGS, 0))["high_band"]) > 0.5
    assert abs(HeldOut(DATA.test_images)(Noisy())["test_detail"]) < 0.05


def test_black_images_have_no_detail_that_could_come_back() -> None:
    assert np.isnan(HeldOut(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))(Blurred())["test_detail"])


def test_noisy_input_is_compared_with_the_clean_image() -> None:
    copies = checked("ae", reconstruction.denoising(Pixels(), DATA, SETTINGS, 0), SETTINGS)
    assert set(copies) == {name for name in planned("ae", SETTINGS, "psnr", "ssim") if "noise" in name}
    originals = checked("data", reconstruction.originals(None, DATA, SETTINGS, 0), SETTINGS)
    assert set(originals) == planned(
        "data", SETTINGS, "input_mse", "input_psnr", "examples", "example_labels", "noisy_examples", "spectrum"
    )
    for tag in plan.noise_tags(SETTINGS):  # a copy of the noisy image is as far from the clean one as the input is
        np.testing.assert_allclose(copies[f"psnr[{tag}]"], originals[f"input_psnr[{tag}]"], rtol=1e-5)
    greys = dict(reconstruction.denoising(Grey(), DATA, SETTINGS, 0))
    clean = dict(reconstruction.quality(Grey(), DATA, SETTINGS, 0))
    np.testing.assert_allclose(greys["psnr[noise=0.2]"], clean["psnr"], rtol=1e-6)


def test_noise_has_its_variance_where_nothing_is_clipped() -> None:
    grey = coloured()
    images = torch.full_like(grey.test_images, 128)
    middle = DATA.__class__("grey", grey.classes, images, grey.train_labels, images, grey.test_labels, "")
    found = dict(reconstruction.originals(None, middle, settings(noise_levels=(0.0, 0.01, 0.1)), 0))
    assert found["input_mse[noise=0.01]"].mean() == pytest.approx(0.01, rel=0.02)
    assert found["input_mse[noise=0.1]"].mean() < 0.095  # clipped


def test_noise_is_the_same_for_every_model_and_seed() -> None:
    first = dict(reconstruction.denoising(Pixels(), DATA, SETTINGS, 0))
    again = dict(reconstruction.denoising(Pixels(), DATA, SETTINGS, 1))
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
    noise = torch.randn(DATA.test_images.shape, generator=torch.Generator().manual_seed(NOISE_SEED))
    noisy = (floats(DATA.test_images) + 0.1**0.5 * noise).clamp(0, 1)
    expected = fidelity.psnr(fidelity.mse(floats(DATA.test_images), noisy))
    np.testing.assert_allclose(first["psnr[noise=0.1]"], expected, rtol=1e-5)


def test_denoised_examples_are_the_noisy_ones_for_a_copy() -> None:
    found = checked("dae", reconstruction.denoised_examples(Pixels(), DATA, SETTINGS, 0), SETTINGS)
    originals = dict(reconstruction.originals(None, DATA, SETTINGS, 0))
    assert np.array_equal(found["noisy_examples"], originals["noisy_examples"])
    assert np.array_equal(found["noisy_examples"], to_pixels(noisy_images(DATA.test_images[:10], 0.1)))
    assert not np.array_equal(found["noisy_examples"], originals["examples"])


def test_truncated_pca_leaves_the_variance_of_the_rest() -> None:
    flat = floats(DATA.train_images).flatten(1).double().numpy()
    _, values, vectors = np.linalg.svd(flat - flat.mean(0), full_matrices=False)
    pca = Pca(16)
    pca.mean.copy_(torch.from_numpy(flat.mean(0)).view(3, 32, 32))
    pca.components[: len(vectors)] = torch.from_numpy(vectors)
    own = DATA.__class__(
        "own", DATA.classes, DATA.train_images, DATA.train_labels, DATA.train_images, DATA.train_labels, ""
    )
    found = checked("pca", reconstruction.truncations(pca, own, SETTINGS, 0), SETTINGS)
    assert set(found) == {name for name in planned("pca", SETTINGS, "psnr", "mse") if "[d=" in name}
    for count in SETTINGS.pca_dims:
        assert found[f"mse[d={count}]"].mean() == pytest.approx(
            (values[count:] ** 2).mean() * len(values[count:]) / flat.size, rel=1e-3
        )
