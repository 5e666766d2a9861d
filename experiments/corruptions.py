"""CIFAR-10-C-style corruptions: 12 of the 15 of the benchmark, for batches; without frost, snow and glass blur.

Hendrycks & Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations",
arXiv:1903.12261; each severity's constants are those of its authors' script for 32×32 images. Written anew for batches
of tensors, so the images are like the benchmark's, not equal to them: "CIFAR-10-C-style".

Legend: images (B, 3, H, W), floats in [0, 1], in and out; severity 1 … 5; random draws come from the generator.
"""

import io
import math
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional

Corruption = Callable[[Tensor, int, Generator], Tensor]


def corrupt(name: str, images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Images (B, 3, H, W) under a corruption, clipped to [0, 1].

    Raises:
        ValueError: unknown name or severity; says what there is.
    """
    if name not in CORRUPTIONS or severity not in range(1, 6):
        raise ValueError(f"corruption {name!r} at severity {severity}: there are {', '.join(CORRUPTIONS)}, each 1 to 5")
    return CORRUPTIONS[name](images, severity, draws).clamp(0, 1)


def gaussian_noise(images: Tensor, severity: int, draws: Generator) -> Tensor:
    sigma = (0.04, 0.06, 0.08, 0.09, 0.10)[severity - 1]
    return images + sigma * torch.randn(images.shape, generator=draws, device=images.device)


def shot_noise(images: Tensor, severity: int, draws: Generator) -> Tensor:
    photons = (500, 250, 100, 75, 50)[severity - 1]  # at full brightness
    return torch.poisson(images * photons, generator=draws) / photons


def impulse_noise(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Salt and pepper, half of each, every channel of a pixel by itself."""
    amount = (0.01, 0.02, 0.03, 0.05, 0.07)[severity - 1]
    chance = torch.rand(images.shape, generator=draws, device=images.device)
    salted = torch.where(chance < amount / 2, torch.ones_like(images), images)
    return torch.where(chance > 1 - amount / 2, torch.zeros_like(images), salted)


def defocus_blur(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """A disk, itself smoothed by a 3×3 Gaussian."""
    radius, alias = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1))[severity - 1]
    steps = torch.arange(-3, 4, device=images.device)
    disk = (steps[:, None] ** 2 + steps**2 <= radius**2).float()
    smooth = _gaussian(alias, 1, images.device)
    kernel = functional.conv2d(disk[None, None], torch.outer(smooth, smooth)[None, None], padding=1)[0, 0]
    padded = functional.pad(images, (3, 3, 3, 3), mode="reflect")
    return functional.conv2d(padded, (kernel / kernel.sum()).expand(3, 1, 7, 7), groups=3)


def motion_blur(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Half a Gaussian along a line to one side, at an angle within ±45° of the horizontal, drawn for each image."""
    radius, sigma = ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5))[severity - 1]
    batch, _, height, width = images.shape
    steps = torch.arange(2 * radius + 1, device=images.device)
    weights = (-(steps**2) / (2 * sigma**2)).exp()
    angles = torch.deg2rad(90 * torch.rand(batch, generator=draws, device=images.device) - 45)
    down = (steps * angles.sin()[:, None]).round().long()  # (B, steps), pixels
    right = (steps * angles.cos()[:, None]).round().long()
    index = torch.arange(batch, device=images.device)[:, None, None]
    rows, columns = torch.arange(height, device=images.device), torch.arange(width, device=images.device)
    result = torch.zeros_like(images)
    for step, weight in enumerate(weights / weights.sum()):
        y = (rows + down[:, step, None]).clamp(0, height - 1)[:, :, None]  # (B, H, 1)
        x = (columns + right[:, step, None]).clamp(0, width - 1)[:, None, :]
        result += weight * images[index, :, y, x].movedim(-1, 1)
    return result


def zoom_blur(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Mean of the image and its magnifications about the centre by 1, 1.01, …."""
    steps = (7, 12, 16, 21, 26)[severity - 1]  # of numpy.arange(1, 1.06, 0.01) and so on
    total = images.clone()
    for step in range(steps):
        total += _sample(images, _pixel_grid(images) / (1 + step / 100))
    return total / (steps + 1)


def fog(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Adds a plasma fractal and takes the brightness back to where it was."""
    strength, decay = ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75))[severity - 1]
    brightest = images.amax(dim=(1, 2, 3), keepdim=True)
    height, width = images.shape[-2:]
    size = 2 ** math.ceil(math.log2(max(height, width)))
    plasma = plasma_fractal(len(images), size, decay, draws)[:, None, :height, :width]
    return (images + strength * plasma) * brightest / (brightest + strength)


def plasma_fractal(batch: int, size: int, decay: float, draws: Generator) -> Tensor:
    """Height maps (batch, size, size) in [0, 1] on a torus by the diamond-square algorithm; size is a power of two.

    Args:
        decay: by which the random part shrinks from one scale to the next.
    """
    heights = torch.zeros(batch, size, size, device=draws.device)
    wobble, step = 100.0, size

    def mean(corners: Tensor) -> Tensor:
        noise = 2 * torch.rand(corners.shape, generator=draws, device=draws.device) - 1
        return corners / 4 + wobble**2 * noise  # the square is the benchmark's

    while step >= 2:
        half = step // 2
        corner = heights[:, ::step, ::step]
        pairs = corner + corner.roll(-1, 1)
        heights[:, half::step, half::step] = mean(pairs + pairs.roll(-1, 2))
        middle = heights[:, half::step, half::step]
        heights[:, ::step, half::step] = mean(middle + middle.roll(1, 1) + corner + corner.roll(-1, 2))
        heights[:, half::step, ::step] = mean(middle + middle.roll(1, 2) + corner + corner.roll(-1, 1))
        step, wobble = half, wobble / decay
    heights -= heights.amin(dim=(1, 2), keepdim=True)
    return heights / heights.amax(dim=(1, 2), keepdim=True)


def brightness(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Raises V of HSV. At the same hue and saturation the three channels scale with V, the largest of them."""
    rise = (0.05, 0.1, 0.15, 0.2, 0.3)[severity - 1]
    value = images.amax(1, keepdim=True)
    raised = (value + rise).clamp(max=1)
    return torch.where(value > 0, images * raised / value.clamp(min=1e-6), raised)


def contrast(images: Tensor, severity: int, draws: Generator) -> Tensor:
    share = (0.75, 0.5, 0.4, 0.3, 0.15)[severity - 1]
    mean = images.mean(dim=(2, 3), keepdim=True)
    return (images - mean) * share + mean


def elastic(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """A random affine map, then a smooth random displacement of each pixel; both bilinear."""
    size = images.shape[-1]
    alpha, sigma, shift = ((0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03))[
        severity - 1
    ]
    warped = _random_affine(images, shift * size, draws)
    if alpha == 0:
        return warped
    noise = 2 * torch.rand((len(images), 2, *images.shape[-2:]), generator=draws, device=images.device) - 1
    reach = int(3 * sigma * size + 0.5)
    kernel = _gaussian(sigma * size, reach, images.device).expand(2, 1, -1)
    smooth = functional.pad(noise, (reach, reach, reach, reach), mode="reflect")
    smooth = functional.conv2d(smooth, kernel[:, :, :, None], groups=2)
    smooth = functional.conv2d(smooth, kernel[:, :, None, :], groups=2)
    return _sample(warped, _pixel_grid(images) + alpha * size * smooth.movedim(1, -1))


def _random_affine(images: Tensor, shift: float, draws: Generator) -> Tensor:
    """Moves three points, a third of the image off its centre, by up to `shift` pixels in x and y each."""
    third = images.shape[-1] // 3
    corners = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]], device=images.device) * third
    moved = corners + shift * (2 * torch.rand(len(images), 3, 2, generator=draws, device=images.device) - 1)
    ones = torch.ones(len(images), 3, 1, device=images.device)
    # Where a pixel of the result comes from: the map that takes the moved points back.
    back = torch.linalg.solve(torch.cat([moved, ones], 2), corners.expand_as(moved))  # (B, 3, 2)
    grid = _pixel_grid(images)
    grid = torch.cat([grid, torch.ones_like(grid[..., :1])], -1)
    return _sample(images, torch.einsum("hwk,bkc->bhwc", grid, back))


def pixelate(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Shrinks with a box filter and enlarges again, as Pillow does."""
    share = (0.95, 0.9, 0.85, 0.75, 0.65)[severity - 1]
    for axis in (2, 3):
        size = images.shape[axis]
        small = int(size * share)
        there, back = _box(size, small, images.device), _box(small, size, images.device)
        images = (back @ there @ images.movedim(axis, 2)).movedim(2, axis)
    return images


def jpeg(images: Tensor, severity: int, draws: Generator) -> Tensor:
    """Pillow's JPEG and back, an image at a time on the CPU."""
    quality = (80, 65, 58, 50, 40)[severity - 1]
    pixels = (images * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    decoded = []
    for image in pixels:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        decoded.append(np.asarray(Image.open(file)))
    return torch.from_numpy(np.stack(decoded)).to(images.device).permute(0, 3, 1, 2).float() / 255


def _gaussian(sigma: float, reach: int, device: torch.device) -> Tensor:
    """Weights (2 reach + 1,) that sum to one."""
    weights = (-(torch.arange(-reach, reach + 1, device=device) ** 2) / (2 * sigma**2)).exp()
    return weights / weights.sum()


def _box(size: int, wanted: int, device: torch.device) -> Tensor:
    """Matrix (wanted, size) of Pillow's box filter: means of the pixels whose centres lie in a new pixel."""
    scale = size / wanted
    centre = (torch.arange(wanted, device=device) + 0.5) * scale
    offset = (torch.arange(size, device=device) + 0.5 - centre[:, None]) / max(scale, 1)
    weights = ((offset > -0.5) & (offset <= 0.5)).float()
    return weights / weights.sum(1, keepdim=True)


def _pixel_grid(images: Tensor) -> Tensor:
    """Positions (H, W, 2) of the pixels, x then y, in pixels from the centre."""
    height, width = images.shape[-2:]
    y = torch.arange(height, device=images.device) - (height - 1) / 2
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    return torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)


def _sample(images: Tensor, positions: Tensor) -> Tensor:
    """Bilinear values at positions ((B,) H, W, 2) from the centre; the image is mirrored at its borders."""
    height, width = images.shape[-2:]
    scale = torch.tensor([2 / (width - 1), 2 / (height - 1)], device=images.device)
    grid = (positions * scale).expand(len(images), height, width, 2)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=True)


CORRUPTIONS: dict[str, Corruption] = {
    function.__name__: function
    for function in (
        gaussian_noise, shot_noise, impulse_noise, defocus_blur, motion_blur, zoom_blur, fog, brightness, contrast,
        elastic, pixelate, jpeg,
    )
}  # fmt: skip
