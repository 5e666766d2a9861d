"""experiments/demo.py: ten drawn classes, neither trivial nor hopeless."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from threadpoolctl import threadpool_limits

from experiments import demo
from experiments.images import Images


@pytest.fixture(scope="module")
def images() -> Images:
    return demo.draw()


def score(probe: Any, images: Images, features: Callable[[np.ndarray], np.ndarray]) -> float:
    """Test accuracy of a linear classifier on features of the images."""
    train, test = (features(part / 255).reshape(len(part), -1) for part in (images.train_images, images.test_images))
    with threadpool_limits(1):
        return float(probe.fit(train, images.train_labels).score(test, images.test_labels))


def test_shapes_and_balance(images: Images) -> None:
    assert images.train_images.shape == (1200, 3, 32, 32)
    assert images.test_images.shape == (300, 3, 32, 32)
    assert images.train_images.dtype == np.uint8
    assert len(images.classes) == len(set(images.classes)) == 10
    assert np.bincount(images.train_labels).tolist() == [120] * 10
    assert np.bincount(images.test_labels[:50]).tolist() == [5] * 10


def test_the_same_every_time(images: Images) -> None:
    assert demo.draw().fingerprint == images.fingerprint


def test_all_images_differ(images: Images) -> None:
    both = np.concatenate([images.train_images, images.test_images])
    assert len({image.tobytes() for image in both}) == 1500


def test_a_linear_classifier_is_well_above_chance_and_well_below_ninety_percent(images: Images) -> None:
    accuracies = [score(RidgeClassifier(alpha), images, lambda pixels: pixels) for alpha in (100, 1000, 10_000)]
    assert 0.3 < max(accuracies) < 0.7


def test_colours_alone_tell_little(images: Images) -> None:
    assert score(LogisticRegression(max_iter=300), images, lambda pixels: pixels.mean((2, 3))) < 0.25


def test_images_have_contrast(images: Images) -> None:
    spread = images.train_images.std((2, 3)).mean(1)  # (N,)
    assert spread.min() > 5
    assert 30 < images.train_images.mean() < 225
