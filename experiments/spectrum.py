"""Spectra of images: which spatial frequencies a reconstruction keeps.

Frequencies are radial, in cycles an image of 32 pixels; 16 is the Nyquist frequency. Each channel loses its mean and is
tapered by a Hann window first: without it the jump from one border to the opposite one spreads over all frequencies,
and a blurred image, which keeps that jump, would seem to keep high frequencies.
"""

import torch
from torch import Tensor

from experiments.plan import BANDS, SPECTRUM_BINS


def transform(images: Tensor) -> Tensor:
    """Images (B, C, H, W) to complex spectra of the same shape; their power sums to the mean square of the
    windowed pixels."""
    height, width = images.shape[-2:]
    rows = torch.hann_window(height, periodic=True, device=images.device, dtype=images.dtype)
    columns = torch.hann_window(width, periodic=True, device=images.device, dtype=images.dtype)
    window = rows[:, None] * columns
    window = window / window.square().mean().sqrt()
    centred = images - images.mean(dim=(2, 3), keepdim=True)
    return torch.fft.fft2(centred * window, norm="forward")  # type: ignore[no-any-return]


def radius(height: int, width: int, device: torch.device) -> Tensor:
    """Radial frequency (H, W) of each coefficient, cycles an image."""
    rows = torch.fft.fftfreq(height, 1 / height, device=device)
    columns = torch.fft.fftfreq(width, 1 / width, device=device)
    return torch.hypot(rows[:, None], columns)


def band_sum(power: Tensor, low: float, high: float) -> Tensor:
    """Power (B, C, H, W) summed over the frequencies in (low, high] and over channels: (B,)."""
    frequency = radius(power.shape[-2], power.shape[-1], power.device)
    return (power * ((frequency > low) & (frequency <= high))).flatten(1).sum(1)


def band_power(images: Tensor, band: str) -> Tensor:
    """Power of images in a band of `plan.BANDS`: (B,)."""
    return band_sum(transform(images).abs().square(), *BANDS[band])


def kept(images: Tensor, others: Tensor) -> Tensor:
    """In each band of `plan.BANDS` the real part of the cross-spectrum, and the power of `images`: (B, 3, 2).

    One over the other is the amplitude that `others` keep in phase.
    """
    own = transform(images)
    parts = (own.conj() * transform(others)).real, own.abs().square()
    return torch.stack([torch.stack([band_sum(part, *ends) for part in parts], 1) for ends in BANDS.values()], 1)


def fine(bands: Tensor) -> Tensor:
    """What `kept` found in each band (B, 3, 2), in all but the low one together: (B, 2)."""
    return bands[:, 1:].sum(1)


def radial(images: Tensor) -> Tensor:
    """Mean power at each radial frequency (rounded), over directions and channels: (B, SPECTRUM_BINS)."""
    power = transform(images).abs().square().mean(1).flatten(1)
    ring = radius(images.shape[-2], images.shape[-1], images.device).round().long().flatten()
    inside = ring < SPECTRUM_BINS
    sums = power.new_zeros(len(images), SPECTRUM_BINS).index_add_(1, ring[inside], power[:, inside])
    return sums / torch.bincount(ring[inside], minlength=SPECTRUM_BINS)
