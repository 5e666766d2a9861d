"""Corruptions: contract of all twelve, and each against a library, a closed form or the statistics it must have."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import convolve, gaussian_filter1d
from skimage.color import hsv2rgb, rgb2hsv
from torch import Tensor
from torch.nn.functional import grid_sample

from experiments import corruptions, plan

torch.set_num_threads(1)


def photos(count: int = 4) -> Tensor:
    """Images with structure, on the 256 levels, in [0, 1]."""
    draws = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 3, 6, 6, generator=draws)
    images = torch.nn.functional.interpolate(coarse, 32, mode="bicubic").clamp(0, 1)
    return (images * 255).round() / 255


def places(count: int) -> Tensor:
    """Images whose red says how far to the right a pixel is and whose green how far down, from 0 to 1."""
    down, right = torch.meshgrid(torch.arange(32.0) / 31, torch.arange(32.0) / 31, indexing="ij")
    return torch.stack([right, down, torch.zeros(32, 32)]).expand(count, 3, 32, 32)


def corrupt(name: str, images: Tensor, severity: int, seed: int = 0) -> Tensor:
    return corruptions.corrupt(name, images, severity, torch.Generator().manual_seed(seed))


def test_names_are_the_plans() -> None:
    assert tuple(corruptions.CORRUPTIONS) == plan.CORRUPTIONS


@pytest.mark.parametrize("name", plan.CORRUPTIONS)
def test_contract(name: str) -> None:
    images = photos(8)
    before = images.clone()
    errors = []
    for severity in range(1, 6):
        found = corrupt(name, images, severity)
        assert found.shape == images.shape
        assert found.dtype == torch.float32
        assert 0 <= float(found.min()) <= float(found.max()) <= 1
        assert torch.equal(found, corrupt(name, images, severity))
        errors.append(float((found - images).square().mean()))
    assert torch.equal(images, before)
    assert errors[0] > 0
    assert errors[4] > 1.2 * errors[0] or name == "elastic"  # the benchmark's own elastic constants do not ascend


@pytest.mark.parametrize("name", ["gaussian_noise", "shot_noise", "impulse_noise", "motion_blur", "fog", "elastic"])
def test_draws_differ_between_images_and_seeds(name: str) -> None:
    same = photos(1).expand(2, 3, 32, 32)
    found = corrupt(name, same, 3)
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(found, corrupt(name, same, 3, seed=1))


@pytest.mark.parametrize(
    "name", [n for n in plan.CORRUPTIONS if "blur" in n or n in ("contrast", "elastic", "pixelate")]
)
def test_a_flat_image_stays_flat(name: str) -> None:
    flat = torch.full((2, 3, 32, 32), 0.25)
    assert torch.allclose(corrupt(name, flat, 5), flat, atol=1e-6)


def test_unknown_names_and_severities_are_refused() -> None:
    for name, severity in (("snow", 1), ("fog", 0), ("fog", 6)):
        with pytest.raises(ValueError, match="there are gaussian_noise"):
            corrupt(name, photos(), severity)


@pytest.mark.parametrize(
    ("severity", "sigma", "photons", "amount"),
    [(1, 0.04, 500, 0.01), (2, 0.06, 250, 0.02), (3, 0.08, 100, 0.03), (4, 0.09, 75, 0.05), (5, 0.10, 50, 0.07)],
)
def test_noise_has_its_variance(severity: int, sigma: float, photons: int, amount: float) -> None:
    grey = torch.full((200, 3, 32, 32), 0.5)
    assert float(corrupt("gaussian_noise", grey, severity).std()) == pytest.approx(sigma, rel=0.01)
    assert float(corrupt("shot_noise", grey, severity).std()) == pytest.approx((0.5 / photons) ** 0.5, rel=0.01)
    impulses = corrupt("impulse_noise", grey, severity)
    assert float((impulses == 1).float().mean()) == pytest.approx(amount / 2, rel=0.06)
    assert float((impulses == 0).float().mean()) == pytest.approx(amount / 2, rel=0.06)


@pytest.mark.parametrize(
    ("severity", "radius", "alias"), [(1, 0.3, 0.4), (2, 0.4, 0.5), (3, 0.5, 0.6), (4, 1, 0.2), (5, 1.5, 0.1)]
)
def test_defocus_is_a_convolution_with_the_disk(severity: int, radius: float, alias: float) -> None:
    images = photos(1)
    steps = np.arange(-2, 3) ** 2
    disk = (steps[:, None] + steps <= radius**2).astype(float)
    line = np.exp(-np.array([1, 0, 1]) / (2 * alias**2))
    kernel = convolve(disk / disk.sum(), np.outer(line, line) / line.sum() ** 2, mode="constant")
    expected = np.stack([convolve(plane, kernel, mode="mirror") for plane in images[0].double().numpy()])
    np.testing.assert_allclose(corrupt("defocus_blur", images, severity)[0], expected, atol=1e-5)


@pytest.mark.parametrize(("severity", "sigma"), [(1, 1), (2, 1.5), (3, 2), (4, 2), (5, 2.5)])
def test_motion_leaves_a_points_share_of_half_a_gaussian_in_its_place(severity: int, sigma: float) -> None:
    point = torch.zeros(5, 3, 32, 32)
    point[:, :, 16, 16] = 1
    share = 1 / np.exp(-(np.arange(13) ** 2) / (2 * sigma**2)).sum()
    np.testing.assert_allclose(corrupt("motion_blur", point, severity)[:, :, 16, 16], share, rtol=1e-5)


def test_motion_smears_a_point_along_a_line() -> None:
    point = torch.zeros(50, 3, 32, 32)
    point[:, :, 16, 16] = 1
    smear = corrupt("motion_blur", point, 5)[:, 0]
    np.testing.assert_allclose(smear.sum((1, 2)), 1, atol=1e-5)
    x, y = torch.meshgrid(torch.arange(32.0) - 16, torch.arange(32.0) - 16, indexing="xy")
    across = (smear * x).sum((1, 2)).abs()
    assert bool((across >= (smear * y).sum((1, 2)).abs() - 0.2).all())  # within 45 degrees of the horizontal
    half = np.exp(-(np.arange(19) ** 2) / (2 * 2.5**2))
    assert float(torch.hypot(across, (smear * y).sum((1, 2))).mean()) == pytest.approx(
        (half * np.arange(19)).sum() / half.sum(), rel=0.05
    )


@pytest.mark.parametrize(("severity", "end"), [(1, 1.06), (2, 1.11), (3, 1.16), (4, 1.21), (5, 1.26)])
def test_zoom_moves_the_rim_in_the_steps_of_its_authors_script(severity: int, end: float) -> None:
    """Of numpy.arange(1, end, 0.01), which may hold `end`, too."""
    ramp = torch.linspace(-1, 1, 32).expand(1, 3, 32, 32)  # a magnification divides it
    zooms = np.arange(1, end, 0.01)
    expected = ramp[..., 16:24] * (1 + (1 / zooms).sum()) / (1 + len(zooms))
    found = corrupt("zoom_blur", ramp / 4 + 0.5, severity)
    np.testing.assert_allclose((found[..., 16:24] - 0.5) * 4, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("severity", "strength", "decay"), [(1, 0.2, 3), (2, 0.5, 3), (3, 0.75, 2.5), (4, 1, 2), (5, 1.5, 1.75)]
)
def test_fog_adds_one_plasma_to_all_channels_and_keeps_the_brightest(
    severity: int, strength: float, decay: float
) -> None:
    images = photos(20) * torch.linspace(0.3, 1, 20)[:, None, None, None]
    brightest = images.amax((1, 2, 3), keepdim=True)
    plasma = (corrupt("fog", images, severity) * (brightest + strength) / brightest - images) / strength
    np.testing.assert_allclose(plasma.amin((2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(plasma.amax((2, 3)), 1, atol=1e-5)
    np.testing.assert_allclose(plasma[:, 0], plasma[:, 2], atol=1e-5)
    expected = corruptions.plasma_fractal(20, 32, decay, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(plasma[:, 1], expected, atol=1e-5)


@pytest.mark.parametrize(("severity", "rise"), [(1, 0.05), (2, 0.1), (3, 0.15), (4, 0.2), (5, 0.3)])
def test_brightness_is_v_of_hsv(severity: int, rise: float) -> None:
    images = photos(2)
    images[0, :, :4] = 0
    hsv = rgb2hsv(images.permute(0, 2, 3, 1).double().numpy())
    hsv[..., 2] = np.clip(hsv[..., 2] + rise, 0, 1)
    found = corrupt("brightness", images, severity).permute(0, 2, 3, 1)
    np.testing.assert_allclose(found, hsv2rgb(hsv), atol=1e-5)


@pytest.mark.parametrize(("severity", "share"), [(1, 0.75), (2, 0.5), (3, 0.4), (4, 0.3), (5, 0.15)])
def test_contrast_scales_about_the_mean(severity: int, share: float) -> None:
    images = photos(2)
    found = corrupt("contrast", images, severity)
    np.testing.assert_allclose(found.mean((2, 3)), images.mean((2, 3)), atol=1e-5)
    np.testing.assert_allclose(found.std((2, 3)), share * images.std((2, 3)), rtol=1e-3)


@pytest.mark.parametrize("severity", range(1, 6))
def test_pixelate_is_pillows(severity: int) -> None:
    images = photos(2)
    size = int(32 * (0.95, 0.9, 0.85, 0.75, 0.65)[severity - 1])
    for image, found in zip(images, corrupt("pixelate", images, severity), strict=True):
        pixels = (image * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        small = Image.fromarray(pixels).resize((size, size), Image.Resampling.BOX)
        expected = np.asarray(small.resize((32, 32), Image.Resampling.BOX)) / 255
        np.testing.assert_allclose(found.permute(1, 2, 0), expected, atol=1.1 / 255)


def test_affine_sampling_follows_a_known_map() -> None:
    ramp = (torch.arange(32.0) / 31).expand(1, 3, 32, 32)
    moved = corruptions._sample(ramp, corruptions._pixel_grid(ramp) + torch.tensor([1.5, 0.0]))
    np.testing.assert_allclose(moved[0, 0, 0, :29], (torch.arange(29) + 1.5) / 31, atol=1e-5)


@pytest.mark.parametrize(
    ("severity", "shift", "alpha", "sigma"),
    [(1, 0.08, 0, 1), (2, 0.07, 0.05, 0.2), (3, 0.06, 0.08, 0.06), (4, 0.05, 0.1, 0.04), (5, 0.03, 0.1, 0.03)],
)
def test_elastic_displaces_by_smooth_noise_after_an_affine_map(
    severity: int, shift: float, alpha: float, sigma: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of the image; all lengths are shares of its side. Noise from −1 to 1 has the variance 1/3."""
    shifts = []
    monkeypatch.setattr(corruptions, "_random_affine", lambda images, shift, draws: (shifts.append(shift), images)[1])
    moved = 31 * (corrupt("elastic", places(1000), severity) - places(1))[:, :2, 15:17, 15:17]
    assert shifts == [pytest.approx(32 * shift)]
    left, right = gaussian_filter1d(np.eye(32), 32 * sigma, axis=0, mode="mirror", truncate=3)[15:17]
    size = 32 * alpha * np.linalg.norm(left) / 3**0.5
    assert float(moved.std()) == pytest.approx(size * np.linalg.norm(left), rel=0.05, abs=1e-5)
    assert float(moved.diff().std()) == pytest.approx(size * np.linalg.norm(right - left), rel=0.05, abs=1e-5)
    assert float(moved.abs().max()) <= 32 * alpha + 1e-5


def test_the_affine_map_takes_three_points_to_where_they_were_drawn() -> None:
    moved = corruptions._random_affine(places(50), 2.5, torch.Generator().manual_seed(3))
    corners = torch.tensor([[10.0, 10.0], [10.0, -10.0], [-10.0, -10.0]])
    drawn = corners + 2.5 * (2 * torch.rand(50, 3, 2, generator=torch.Generator().manual_seed(3)) - 1)
    found = grid_sample(moved, drawn[:, None] / 15.5, align_corners=True)[:, :2, 0].mT  # where each came from
    np.testing.assert_allclose(31 * found - 15.5, corners.expand(50, 3, 2), atol=1e-4)


@pytest.mark.parametrize(("severity", "quality"), [(1, 80), (2, 65), (3, 58), (4, 50), (5, 40)])
def test_jpeg_is_pillows(severity: int, quality: int) -> None:
    images = photos(2)
    for image, found in zip(images, corrupt("jpeg", images, severity), strict=True):
        file = BytesIO()
        Image.fromarray((image * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()).save(
            file, "JPEG", quality=quality
        )
        np.testing.assert_allclose(found.permute(1, 2, 0), np.asarray(Image.open(file)) / 255, atol=1e-6)
        assert float((found - image).abs().mean()) < 0.05
