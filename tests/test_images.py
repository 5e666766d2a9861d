"""experiments/images.py: every prefix is balanced, whatever the order the images came in."""

import hashlib

import numpy as np
import pytest

from experiments.images import Images, in_turn, turn_labels


def toy(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (len(labels), 3, 32, 32), dtype=np.uint8)


def test_turn_labels_takes_one_of_each_class_until_it_runs_out() -> None:
    assert turn_labels(np.array([3, 1, 2])).tolist() == [0, 1, 2, 0, 2, 0]


def test_every_prefix_is_balanced() -> None:
    labels = np.repeat(np.arange(4), 25)
    _, ordered = in_turn(toy(labels), labels)
    for size in range(1, 101):
        counts = np.bincount(ordered[:size], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_images_keep_their_labels() -> None:
    labels = np.array([0, 0, 0, 1, 2, 2])
    images = toy(labels)
    before = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    ordered, turned = in_turn(images, labels)
    assert {image.tobytes(): label for image, label in zip(ordered, turned, strict=True)} == before


def test_order_depends_on_content_alone() -> None:
    labels = np.repeat(np.arange(3), [5, 7, 6])
    images = toy(labels)
    shuffle = np.random.default_rng(1).permutation(len(labels))
    for got, want in zip(in_turn(images[shuffle], labels[shuffle]), in_turn(images, labels), strict=True):
        np.testing.assert_array_equal(got, want)


def test_order_within_a_class_is_by_sha256() -> None:
    images = toy(np.zeros(20))
    ordered, _ = in_turn(images, np.zeros(20, np.int64))
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in ordered]
    assert digests == sorted(digests)


@pytest.mark.parametrize("what", ["classes", "train_images", "train_labels", "test_images", "test_labels"])
def test_fingerprint_sees_every_part(what: str) -> None:
    labels = np.array([0, 1])
    parts = dict(
        classes=("a", "b"),
        train_images=toy(labels),
        train_labels=labels,
        test_images=toy(labels, 1),
        test_labels=labels,
    )
    first = Images(**parts).fingerprint
    assert first == Images(**parts).fingerprint
    parts[what] = ("a", "c") if what == "classes" else parts[what] ^ 1
    assert Images(**parts).fingerprint != first


def test_fingerprint_sees_where_a_name_ends() -> None:
    labels = np.array([0, 1])
    arrays = (toy(labels), labels, toy(labels), labels)
    assert Images(("ab", "c"), *arrays).fingerprint != Images(("a", "bc"), *arrays).fingerprint
