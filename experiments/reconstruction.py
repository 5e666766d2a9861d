"""How well images come back: error, structure, sharpness and spectrum, from clean and from noisy images.

A measurement yields (name without the model, value); one value an image where there is one. Images are the test images,
reconstructions are clamped to [0, 1] first. The same noise serves every model and seed, so that differences are paired.
"""

from functools import partial

import torch
from torch import Tensor

from experiments import fidelity, spectrum
from experiments.batches import Measured, chunked, floats, noisy_images, paired, to_numpy, to_pixels, with_noise
from experiments.data import Data
from experiments.plan import BANDS, EXAMPLES
from experiments.settings import Settings
from models.base import Model
from models.pca import Pca

SHOWN_NOISE = 0.1  # variance in the grids


def reconstruct(model: Model, images: Tensor) -> Tensor:
    """Reconstructions, clamped to [0, 1], of images (B, 3, 32, 32)."""
    return model(images).clamp(0, 1)  # type: ignore[no-any-return]


def reconstruction_errors(model: Model, images: Tensor) -> Tensor:
    """Mean squared error (B,) of images uint8 (B, 3, 32, 32)."""
    return chunked(lambda part: fidelity.mse(part, reconstruct(model, part)), images)


def quality(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Plain quality on the clean test images.

    Yields:
        psnr, ssim, mae, mse, high_band, laplacian: one an image; of the last two see `share`.
        psnr_of_mean_mse.
    """

    def scores(images: Tensor) -> Tensor:
        others = reconstruct(model, images)
        high = partial(spectrum.band_power, band="high")
        sharp = [function(those) for function in (high, fidelity.laplacian_variance) for those in (others, images)]
        error = fidelity.mse(images, others)
        return torch.stack([fidelity.ssim(images, others), fidelity.mae(images, others), error, *sharp], 1)

    ssim, mae, mse, high, high_original, laplacian, laplacian_original = chunked(scores, data.test_images).T
    yield "psnr", to_numpy(fidelity.psnr(mse))
    yield "ssim", to_numpy(ssim)
    yield "mae", to_numpy(mae)
    yield "mse", to_numpy(mse)
    yield "psnr_of_mean_mse", float(fidelity.psnr(mse.double().mean()))
    yield "high_band", to_numpy(share(high, high_original))
    yield "laplacian", to_numpy(share(laplacian, laplacian_original))


def examples(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields examples, uint8 (EXAMPLES, 32, 32, 3): reconstructions of the `examples` of the data."""
    yield "examples", to_pixels(chunked(partial(reconstruct, model), data.test_images[:EXAMPLES]))


def training_error(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields mse[on=train], one an image: the error on training images, of which as many are taken as are tested."""
    yield "mse[on=train]", to_numpy(reconstruction_errors(model, data.train_images[: len(data.test_images)]))


def share(part: Tensor, whole: Tensor) -> Tensor:
    """A share of the total, as one number an image: the numbers' mean is the share, their standard error is its own.

    Each image's own share would be a ratio of next to nothing where it is flat. The share R = Σ part / Σ whole is a
    ratio of two means, which both vary with the images; its variance is that of R + (part − R whole) / mean whole to
    first order (Cochran 1977, Sampling Techniques, section 6.3).

    Args:
        part, whole: (B,).
    """
    mean = whole.double().mean()
    ratio = part.double().mean() / mean
    return ratio + (part - ratio * whole) / mean


def truncations(model: Pca, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields psnr[d=…] and mse[d=…], one an image, of PCA cut at other numbers of components."""
    for dimensions in settings.pca_dims:
        mse = reconstruction_errors(model.truncated(dimensions), data.test_images)
        yield f"psnr[d={dimensions}]", to_numpy(fidelity.psnr(mse))
        yield f"mse[d={dimensions}]", to_numpy(mse)


def spectra(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """What a model keeps of each spatial frequency.

    Yields:
        transfer[band=low|mid|high|fine]: one an image, real cross-spectrum as a `share` of the originals' power in the
            band: 1 for a copy, 0 for what is missing or out of phase. The mean of a colour is in no band; fine is all
            but the low one.
        spectrum: float32 (SPECTRUM_BINS,), mean power of the reconstructions at each radial frequency.
    """

    def scores(images: Tensor) -> Tensor:
        others = reconstruct(model, images)
        return torch.cat([spectrum.kept(images, others).flatten(1), spectrum.radial(others)], 1)

    found = chunked(scores, data.test_images)
    bands = found[:, : 2 * len(BANDS)].reshape(len(found), -1, 2)
    for band, part in zip((*BANDS, "fine"), (*bands.unbind(1), spectrum.fine(bands)), strict=True):
        yield f"transfer[band={band}]", to_numpy(share(*part.T))
    yield "spectrum", to_numpy(found[:, 2 * len(BANDS) :].mean(0))


def denoising(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields psnr[noise=…] and ssim[noise=…], one an image: reconstructions of noisy images against the clean ones."""
    for level in settings.noise_levels:
        if level > 0:
            others = with_noise(partial(reconstruct, model), data.test_images, level)
            mse = paired(fidelity.mse, data.test_images, others)
            yield f"psnr[noise={level:g}]", to_numpy(fidelity.psnr(mse))
            yield f"ssim[noise={level:g}]", to_numpy(paired(fidelity.ssim, data.test_images, others))


def denoised_examples(model: Model, data: Data, settings: Settings, seed: int) -> Measured:
    """Yields noisy_examples, uint8 (EXAMPLES, 32, 32, 3): what the model makes of the data's noisy examples."""
    noisy = with_noise(partial(reconstruct, model), data.test_images[:EXAMPLES], SHOWN_NOISE)
    yield "noisy_examples", to_pixels(noisy)


def originals(_: object, data: Data, settings: Settings, seed: int) -> Measured:
    """The data's own side of the comparisons above.

    Yields:
        input_mse[noise=…], input_psnr[noise=…]: one an image, the noisy, clipped image against the clean one.
        examples, noisy_examples: uint8 (EXAMPLES, 32, 32, 3), one image of each class in turn; example_labels: int16.
        spectrum: float32 (SPECTRUM_BINS,), mean power of the test images at each radial frequency.
    """
    for level in settings.noise_levels:
        if level > 0:
            mse = paired(fidelity.mse, data.test_images, noisy_images(data.test_images, level))
            yield f"input_mse[noise={level:g}]", to_numpy(mse)
            yield f"input_psnr[noise={level:g}]", to_numpy(fidelity.psnr(mse))
    chosen = data.test_images[:EXAMPLES]
    yield "examples", to_pixels(floats(chosen))
    yield "example_labels", data.test_labels[:EXAMPLES].to(torch.int16).cpu().numpy()
    yield "noisy_examples", to_pixels(noisy_images(chosen, SHOWN_NOISE))
    power = chunked(spectrum.radial, data.test_images)
    yield "spectrum", to_numpy(power.mean(0))
