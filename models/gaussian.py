"""Conditional Gaussian: the best linear guess of hidden pixels from visible ones, in closed form.

x = (hidden h, visible v) ~ N(μ, Σ) has E[h | v] = μ_h + Σ_hv Σ_vv⁻¹ (v − μ_v) = μ_h − Λ_hh⁻¹ Λ_hv (v − μ_v) with
Λ = Σ⁻¹ (Bishop 2006, Pattern Recognition and Machine Learning, section 2.3.1).
"""

import torch
from torch import Tensor

from models import moments
from models.base import CHANNELS, PIXELS, SIZE, Autoencoder, pixel_mask

RIDGE = 10.0  # added variance times images; with 20,000 of CIFAR-10 3e-4 to 1e-3 are equally good, 0 is 5 to 10 % worse
BYTES = 2**29  # of the matrices that are solved at once


class Gaussian(Autoencoder):
    """Fills hidden cells with their conditional expectation, keeps visible pixels. Its latent is the filled image."""

    name = "gaussian"
    trained = False
    latent_dim = PIXELS
    covariance: Tensor  # (PIXELS, PIXELS) float64
    precision: Tensor  # its inverse

    def __init__(self) -> None:
        super().__init__()
        for name in ("covariance", "precision"):
            self.register_buffer(name, torch.eye(PIXELS, dtype=torch.float64))

    def fit(self, train_images: Tensor) -> None:
        """Mean and covariance of the training images, (N, 3, 32, 32) uint8, and their mirror images."""
        self.set_mean(train_images)
        self.mean.lerp_(self.mean.flip(-1), 0.5)
        (sums, differences), shape = moments.halves(train_images), train_images.shape[1:]
        for half in (sums, differences):
            half.diagonal().add_(RIDGE / len(train_images))
        self.covariance.copy_(moments.matrix(sums, differences, shape))
        self.precision.copy_(moments.matrix(_inverse(sums), _inverse(differences), shape))

    def encode(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        flat = images.flatten(1)
        if mask is None:
            return flat
        patterns, which = torch.unique(mask, dim=0, return_inverse=True)
        hidden = pixel_mask(patterns).expand(-1, CHANNELS, -1, -1).flatten(1)  # (P, PIXELS)
        counts = hidden.sum(1)
        seen = (flat - self.mean.flatten()).double() * ~hidden[which]
        guess = torch.zeros_like(seen)
        for count in sorted(set(counts.tolist())):
            side = max(1, min(count, PIXELS - count))
            for rows in (counts == count).nonzero()[:, 0].split(max(1, BYTES // (8 * side**2))):
                index = _grouped(which, rows)  # (P, K), images by pattern, padded with B
                padded = torch.cat([seen, seen.new_zeros(1, PIXELS)])[index]
                index, keep = index[index < len(flat)], index < len(flat)
                guess[index] = self._expected(padded, hidden[rows])[keep]
        return torch.where(hidden[which], self.mean.flatten() + guess.float(), flat)

    def decode(self, latent: Tensor) -> Tensor:
        return latent.view(-1, CHANNELS, SIZE, SIZE)

    def _expected(self, seen: Tensor, hidden: Tensor) -> Tensor:
        """Expected deviations from the mean, right at hidden pixels.

        Solves for the hidden or for the visible side, whichever is smaller.

        Args:
            seen: (P, K, PIXELS), deviations from the mean of K images under each of P masks, 0 where hidden.
            hidden: (P, PIXELS), with equally many hidden pixels in each row.
        """
        few = 2 * int(hidden[0].sum()) <= PIXELS
        matrix = self.precision if few else self.covariance
        index = (hidden if few else ~hidden).nonzero()[:, 1].view(len(hidden), -1)  # (P, S)
        wide = index[:, None].expand(-1, seen.shape[1], -1)  # (P, K, S)
        factor = torch.linalg.cholesky(matrix[index[:, :, None], index[:, None, :]])
        right = (seen @ matrix if few else seen).gather(2, wide)
        solved = torch.cholesky_solve(right.transpose(1, 2), factor).transpose(1, 2)
        full = torch.zeros_like(seen).scatter(2, wide, solved)
        return -full if few else full @ matrix


def _inverse(matrix: Tensor) -> Tensor:
    return torch.cholesky_inverse(torch.linalg.cholesky(matrix))


def _grouped(which: Tensor, rows: Tensor) -> Tensor:
    """The images under each of the patterns `rows`, (P, K); short rows are padded with len(which)."""
    matches = which[None] == rows[:, None]  # (P, B)
    longest = int(matches.sum(1).max())
    numbers = torch.where(matches, torch.arange(len(which), device=which.device), len(which))
    return numbers.sort(1).values[:, :longest]
