"""Spectra against Parseval's identity and images of known frequency."""

import numpy as np
import pytest
import torch
from torch import Tensor

from experiments import plan, spectrum

torch.set_num_threads(1)


def wave(cycles: float, amplitude: float = 0.1) -> Tensor:
    """A grey image (1, 3, 32, 32) with waves from left to right."""
    x = torch.arange(32) * (2 * torch.pi / 32)
    return (0.5 + amplitude * (cycles * x).cos()).expand(1, 3, 32, 32)


def test_power_adds_up_to_the_tapered_variance() -> None:
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    window = np.hanning(33)[:-1]
    taper = np.outer(window, window) / np.sqrt((np.outer(window, window) ** 2).mean())
    centred = images.double().numpy()
    centred = (centred - centred.mean((2, 3), keepdims=True)) * taper
    power = spectrum.transform(images).abs().square().flatten(2).sum(2)
    np.testing.assert_allclose(power, (centred**2).mean((2, 3)), rtol=1e-4)


@pytest.mark.parametrize(("cycles", "band"), [(2, "low"), (6, "mid"), (12, "high")])
def test_a_wave_lies_in_its_band(cycles: int, band: str) -> None:
    power = {name: float(spectrum.band_power(wave(cycles), name)) for name in plan.BANDS}
    assert power[band] > 0.999 * sum(power.values())


@pytest.mark.parametrize(
    ("cycles", "band"),
    [(0, None), (1, "low"), (4, "low"), (5, "mid"), (8, "mid"), (9, "high"), (16, "high")],
)
def test_bands_end_at_a_quarter_and_half_the_nyquist_frequency(cycles: int, band: str | None) -> None:
    power = torch.zeros(1, 3, 32, 32)
    power[0, 1, 0, cycles] = 1
    found = {name: float(spectrum.band_sum(power, *ends)) for name, ends in plan.BANDS.items()}
    assert {name: value for name, value in found.items() if value} == ({band: 1.0} if band else {})


def test_cross_power_knows_amplitude_and_phase() -> None:
    image = wave(12)
    shifted = image.roll(2, 3) * 1.0  # 12 cycles, 2 pixels: 270 degrees
    others = ((wave(12, 0.05), 0.5), (wave(12, -0.1), -1.0), (wave(2), 0.0), (image, 1.0), (shifted, 0.0))
    uneven = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3))  # its spectrum is not real
    kept, power = spectrum.kept(uneven, uneven)[0].T
    torch.testing.assert_close(kept, power)
    assert spectrum.fine(torch.tensor([[[1.0, 2], [10, 20], [100, 200]]])).tolist() == [[110, 220]]
    for other, expected in others:
        kept, power = spectrum.kept(image, other)[0].T
        np.testing.assert_allclose(power, [spectrum.band_power(image, band)[0] for band in plan.BANDS])
        assert float(kept[-1] / power[-1]) == pytest.approx(expected, abs=1e-4)


def test_a_jump_between_borders_is_no_high_frequency() -> None:
    ramp = torch.linspace(0, 1, 32).expand(1, 3, 32, 32)
    power = {name: float(spectrum.band_power(ramp, name)) for name in plan.BANDS}
    assert power["high"] < 1e-5 * power["low"]


def test_radial_means_are_those_of_numpy() -> None:
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    power = spectrum.transform(images).abs().square().mean(1).numpy()
    steps = np.fft.fftfreq(32, 1 / 32)
    ring = np.rint(np.hypot(steps[:, None], steps))
    expected = np.stack([power[:, ring == k].mean(1) for k in range(17)], 1)
    np.testing.assert_allclose(spectrum.radial(images), expected, rtol=1e-4)


def test_white_noise_is_flat() -> None:
    noise = torch.randn(400, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    levels = spectrum.radial(noise).mean(0)[2:]
    np.testing.assert_allclose(levels, 1 / 1024, rtol=0.05)
