"""The plasma of fog: in range, smooth between its neighbours, and rougher by the same factor from scale to scale."""

import numpy as np
import pytest
import torch

from experiments.corruptions import plasma_fractal

torch.set_num_threads(1)


def test_plasma_is_in_range_and_smoother_with_more_decay() -> None:
    draws = torch.Generator().manual_seed(0)
    rough, smooth = (plasma_fractal(50, 32, decay, draws) for decay in (1.2, 3.0))
    for plasma in (rough, smooth):
        np.testing.assert_allclose(plasma.amin((1, 2)), 0)
        np.testing.assert_allclose(plasma.amax((1, 2)), 1)
    steps = [float(plasma.diff(dim=2).abs().mean()) for plasma in (rough, smooth)]
    assert steps[1] < 0.5 * steps[0]


def test_plasma_without_noise_is_the_mean_of_four_neighbours() -> None:
    """On the torus: of a square's corners in its middle, of a side's ends and the middles at both sides of it."""
    found = plasma_fractal(3, 16, np.inf, torch.Generator().manual_seed(0)).numpy()  # but at first
    slanted, straight = ((-1, -1), (-1, 1), (1, -1), (1, 1)), ((-1, 0), (1, 0), (0, -1), (0, 1))
    for half in (4, 2, 1):
        y, x = np.mgrid[0 : 16 : 2 * half, 0 : 16 : 2 * half]
        for down, right, ways in ((half, half, slanted), (0, half, straight), (half, 0, straight)):
            rows, columns = y + down, x + right
            around = [found[:, (rows + half * a) % 16, (columns + half * b) % 16] for a, b in ways]
            np.testing.assert_allclose(found[:, rows, columns], np.mean(around, axis=0), atol=1e-5)


@pytest.mark.parametrize("decay", [1.5, 2.0])
def test_noise_of_plasma_shrinks_by_the_square_of_its_decay_from_scale_to_scale(decay: float) -> None:
    """That of the middles of squares, which has no bias."""
    found = plasma_fractal(400, 32, decay, torch.Generator().manual_seed(0)).numpy()
    spread = []
    for half in (2, 1):
        corners = found[:, :: 2 * half, :: 2 * half]
        right = corners + np.roll(corners, -1, 2)
        noise = found[:, half :: 2 * half, half :: 2 * half] - (right + np.roll(right, -1, 1)) / 4
        spread.append(noise.std(axis=(1, 2)))
        assert abs(float((noise.mean(axis=(1, 2)) / spread[-1]).mean())) < 0.05
    assert float(np.median(spread[0] / spread[1])) == pytest.approx(decay**2, rel=0.05)
