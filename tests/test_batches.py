"""Chunks, bytes and floats, and the images of the grids."""

import numpy as np
import pytest
import torch

from experiments import batches

torch.set_num_threads(1)


def test_chunks_are_joined_in_order_without_gradients() -> None:
    images = torch.randint(256, (1203, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    sizes = []

    def mean(part: torch.Tensor) -> torch.Tensor:
        sizes.append(len(part))
        assert not torch.is_grad_enabled()
        return part.mean((1, 2, 3))

    np.testing.assert_allclose(batches.chunked(mean, images), images.double().mean((1, 2, 3)) / 255, rtol=1e-5)
    assert sizes == [500, 500, 203]
    floats = torch.randn(3, 3, 2, 2)
    assert torch.equal(batches.chunked(lambda part: part, floats), floats)


def test_pairs_stay_pairs() -> None:
    images = torch.randint(256, (1203, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    copies = batches.floats(images)
    assert float(batches.paired(lambda a, b: (a - b).abs(), images, copies).max()) == 0


def test_noise_is_normal_and_only_scales_with_the_variance() -> None:
    images = torch.full((600, 3, 32, 32), 128, dtype=torch.uint8)
    clean = 128 / 255
    little, more = batches.noisy_images(images, 0.001) - clean, batches.noisy_images(images, 0.004) - clean
    assert float(little.std()) == pytest.approx(0.001**0.5, rel=0.01)
    assert float(little.mean()) == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(more, 2 * little, atol=1e-6)
    assert torch.equal(batches.noisy_images(images, 0.2), batches.noisy_images(images, 0.2))
    assert torch.equal(batches.noisy_images(images[:500], 0.2), batches.noisy_images(images, 0.2)[:500])


def test_pictures_are_bytes_with_channels_last() -> None:
    images = torch.tensor([-1.0, 0.5, 2.0]).view(1, 3, 1, 1).expand(2, 3, 4, 5)
    found = batches.to_pixels(images)
    assert found.shape == (2, 4, 5, 3)
    assert found[0, 0, 0].tolist() == [0, 128, 255]
    whole = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert np.array_equal(batches.to_pixels(batches.floats(whole))[0, :, :, 0].flatten(), np.arange(256))
