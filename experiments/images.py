"""Images in memory, before they become tensors: arrays, the order they stand in, and their fingerprint."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SIDE = 32  # pixels
Pixels = NDArray[np.uint8]  # (N, 3, 32, 32), in [0, 255]
Labels = NDArray[np.int64]  # (N,), index into the class names


class DataError(ValueError):
    """Data that cannot be used. One line: where, what, and what to do."""


@dataclass(frozen=True)
class Images:
    """A whole data set: class names, then images and labels of both parts."""

    classes: tuple[str, ...]
    train_images: Pixels
    train_labels: Labels
    test_images: Pixels
    test_labels: Labels

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over class names, images and labels, in their order."""
        digest = hashlib.sha256("\0".join(self.classes).encode())
        for array in (self.train_labels, self.test_labels, self.train_images, self.test_images):
            digest.update(f"{array.shape}{array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def in_turn(images: Pixels, labels: Labels) -> tuple[Pixels, Labels]:
    """The same images, one of each class in turn, so that the first n are balanced over the classes for every n.

    Within a class the SHA-256 of the image decides: the order is as good as random, and the same whatever the
    files are called and however they are stored. A class with fewer images than the others runs out earlier.
    """
    keys = b"".join(hashlib.sha256(image).digest()[:8] for image in np.ascontiguousarray(images))
    by_class = np.lexsort((np.frombuffer(keys, ">u8"), labels))
    turns = turn_labels(np.bincount(labels))
    rank = np.empty_like(by_class)
    rank[np.argsort(turns, kind="stable")] = by_class  # k-th of a class: where its label stands for the k-th time
    return images[rank], turns


def turn_labels(counts: NDArray[np.int64]) -> Labels:
    """Labels of `counts[c]` images of each class c, one of each class in turn: 0 1 2 0 1 2 0 2 …"""
    labels = np.repeat(np.arange(len(counts)), counts)
    turn = np.concatenate([np.arange(count) for count in counts])
    return labels[np.lexsort((labels, turn))].astype(np.int64)
