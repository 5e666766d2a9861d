"""Rate and distortion: latents quantised uniformly, their entropy against the PSNR of what they decode to.

A number of the latent is divided by a step and rounded. Its step is a common one over the decoder's sensitivity to that
number, so that rounding costs about as many pixels' error in every number. That is the best choice at high rates, it
does not depend on how a latent's numbers are scaled, and for PCA, whose sensitivities are all 1, it is the textbook's.
No coder is run: the rate is the entropy of each number's rounded values over the test images, numbers coded apart. That
is a plug-in estimate, biased low: at most log2(images) bits a number can come out.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from experiments import fidelity
from experiments.batches import CHUNK, Measured, chunked, generator, paired, to_numpy
from experiments.data import Data
from experiments.latent import Latents
from experiments.plan import EQUAL_BITS
from experiments.settings import Settings
from models.base import SIZE, Autoencoder

PROBES = 8  # random directions in pixel space; with 500 latents they fix a sensitivity within 2 %
HALVINGS = 30  # of the search for the step of a rate


@dataclass(frozen=True)
class Quantiser:
    """Uniform rounding of latents about their mean. mean, sensitivity: (D,)."""

    mean: Tensor
    sensitivity: Tensor

    def symbols(self, latents: Tensor, step: float) -> Tensor:
        """Whole numbers (B, D); the step is in root-sum-square pixels."""
        return ((latents - self.mean) * self.sensitivity / step).round()

    def values(self, symbols: Tensor, step: float) -> Tensor:
        """What the symbols stand for, (B, D)."""
        return symbols * step / self.sensitivity + self.mean

    def span(self, latents: Tensor) -> float:
        """Range of the widest number, in root-sum-square pixels.

        Raises:
            ValueError: the latent is the same for every image.
        """
        scaled = latents * self.sensitivity
        widest = float((scaled.amax(0) - scaled.amin(0)).max())
        if widest == 0:
            raise ValueError("the latent is the same for every image")
        return widest

    def step(self, latents: Tensor, bits: int) -> float:
        """The step with which the widest number has 2^bits levels."""
        return self.span(latents) / ((1 << bits) - 1)

    def step_of(self, latents: Tensor, bits: float) -> float:
        """The largest step, to a hair, at which the entropy is at least `bits` an image; nan where no step gives that.

        A number can give log2(images) bits, and one that is the same for every image none.
        """
        low, high = math.log(self.span(latents)) - 20, math.log(self.span(latents)) + 1
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if entropy(self.symbols(latents, math.exp(middle))) >= bits else (low, middle)
        return math.exp(low) if entropy(self.symbols(latents, math.exp(low))) >= bits else math.nan


def rate(model: Autoencoder, data: Data, settings: Settings, seed: int, *, latents: Latents) -> Measured:
    """Rate and distortion at several step sizes, and the distortion at one fixed rate.

    Yields:
        rate[bits=b]: entropy in bits per pixel, where 2^b levels span the widest number of the training latents.
        psnr[bits=b]: one an image.
        psnr[at=equal_rate]: one an image, at EQUAL_BITS a number of the latent, the same rate for models of equal size;
            nan where so many cannot be had of so few images.

    Raises:
        ValueError: the latent is the same for every image.
    """
    quantiser = Quantiser(latents.train.mean(0), sensitivity(model, latents.train[:CHUNK]))
    for bits in settings.bits:
        step = quantiser.step(latents.train, bits)
        yield f"rate[bits={bits}]", entropy(quantiser.symbols(latents.test, step)) / SIZE**2
        yield f"psnr[bits={bits}]", to_numpy(_psnr(model, data, quantiser, latents.test, step))
    step = quantiser.step_of(latents.test, EQUAL_BITS * latents.test.shape[1])
    yield "psnr[at=equal_rate]", to_numpy(_psnr(model, data, quantiser, latents.test, step))


def _psnr(model: Autoencoder, data: Data, quantiser: Quantiser, latents: Tensor, step: float) -> Tensor:
    rounded = quantiser.values(quantiser.symbols(latents, step), step)
    others = chunked(lambda part: model.decode(part).clamp(0, 1), rounded)
    return fidelity.psnr(paired(fidelity.mse, data.test_images, others))


def entropy(symbols: Tensor) -> float:
    """Entropy in bits an image of whole numbers (B, D), summed over the D numbers, each with its own frequencies."""
    count, dimensions = symbols.shape
    changes = symbols.sort(0).values.diff(dim=0) != 0
    ranks = torch.cat([changes.new_zeros(1, dimensions), changes]).cumsum(0)  # runs of equal symbols, numbered
    flat = ranks + count * torch.arange(dimensions, device=symbols.device)
    share = torch.bincount(flat.flatten(), minlength=count * dimensions).double() / count
    return float(torch.special.entr(share).sum() / math.log(2))


def sensitivity(model: Autoencoder, latents: Tensor) -> Tensor:
    """Root mean square over latents (B, D) of ‖∂ decode / ∂ z_i‖, in root-sum-square pixels: (D,).

    E[(Jᵀ u)²] over standard normal u is the squared norm of each column of the Jacobian J (Hutchinson's estimator).
    A number that the decoder ignores gets a millionth of the largest, so that it is rounded away.
    """
    draws = generator(0, latents.device)
    total = torch.zeros_like(latents)
    with torch.enable_grad():
        for _ in range(PROBES):
            points = latents.detach().clone().requires_grad_()
            decoded = model.decode(points)
            direction = torch.randn(decoded.shape, generator=draws, device=decoded.device)
            (gradient,) = torch.autograd.grad(decoded, points, direction)
            total += gradient.square()
    root = (total.mean(0) / PROBES).sqrt()
    return root.clamp(min=1e-6 * float(root.max()))
