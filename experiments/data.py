"""The images of a run, as uint8 tensors in memory: CIFAR-10, a folder of the reader's own, or the drawn demo images."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from experiments import cifar10, demo
from experiments.folder import Say, read_folder
from experiments.images import DataError, Images
from experiments.legible import line

CIFAR10 = "CIFAR-10"
PATIENCE = 60.0  # seconds of download that `auto` waits for


@dataclass(frozen=True)
class Data:
    """Images and labels, in an order whose first n are balanced over the classes for every n.

    Attributes:
        name: "CIFAR-10", "demo", or the folder's name, which is none of these two ("folder demo").
        classes: class names; a label is an index into them.
        train_images, test_images: (N, 3, 32, 32) uint8, in [0, 255].
        train_labels, test_labels: (N,) int64.
        fingerprint: SHA-256 (hex) over class names, images and labels as they were loaded.
    """

    name: str
    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    fingerprint: str

    @classmethod
    def of(cls, name: str, images: Images) -> "Data":
        """The same arrays, as tensors."""
        train = torch.from_numpy(images.train_images), torch.from_numpy(images.train_labels)
        test = torch.from_numpy(images.test_images), torch.from_numpy(images.test_labels)
        return cls(name, images.classes, *train, *test, images.fingerprint)

    @property
    def demo(self) -> bool:
        """Whether these are the drawn images."""
        return self.name == demo.NAME

    def to(self, device: torch.device | str) -> "Data":
        """The same on a device."""
        return replace(
            self,
            train_images=self.train_images.to(device),
            train_labels=self.train_labels.to(device),
            test_images=self.test_images.to(device),
            test_labels=self.test_labels.to(device),
        )

    def head(self, train: int, test: int) -> "Data":
        """The first images of both parts, balanced over the classes; 0 takes all, as does more than there are."""
        return replace(
            self,
            train_images=_first(self.train_images, train),
            train_labels=_first(self.train_labels, train),
            test_images=_first(self.test_images, test),
            test_labels=_first(self.test_labels, test),
        )


def _first(rows: Tensor, count: int) -> Tensor:
    """A copy where there are more, so that the others are neither kept nor sent along."""
    return rows[:count].clone() if 0 < count < len(rows) else rows


def leaked(data: Data) -> int:
    """How many test images are training images, too, pixel by pixel."""
    trained = {hash(image.tobytes()) for image in data.train_images.cpu().numpy()}
    return sum(hash(image.tobytes()) in trained for image in data.test_images.cpu().numpy())


def load(source: str, root: Path, say: Say) -> Data:
    """The images that `--data` names.

    Args:
        source: `cifar10`, `demo`, `auto` (CIFAR-10 where it is on disk or quickly fetched, else demo), or a folder with
            train/<class>/ and test/<class>/ (one that is called like these three: `./demo`).
        root: CIFAR-10 is looked for, and put, in `root/.data`.
        say: takes one line for the reader.

    Raises:
        DataError: it cannot be had; one line that says where, what, and what to do.
    """
    if source == "demo":
        return _data(demo.NAME, demo.draw())
    if source == "cifar10":
        return _data(CIFAR10, cifar10.find(root / ".data", say) or cifar10.fetch(root / ".data", say))
    if source == "auto":
        return _auto(root / ".data", say)
    folder = Path(os.path.expanduser(source))  # which leaves a user that is not there as it is
    name = line(folder.resolve().name, 200)
    return _data(f"folder {name}" if name in (demo.NAME, CIFAR10) else name, read_folder(folder, say))


def _auto(folder: Path, say: Say) -> Data:
    images = cifar10.find(folder, say)
    if images is None:
        try:
            seconds = cifar10.seconds_to_fetch()
            reason = f"fetching it would take about {seconds / 60:.0f} minutes: --data cifar10 does that"
            if seconds <= PATIENCE:
                images, reason = cifar10.fetch(folder, say), ""
        except (OSError, DataError) as error:
            reason = str(error)
    if images is not None:
        return _data(CIFAR10, images)
    say(f"NOT THE REAL DATA: this run takes the drawn demo images, because CIFAR-10 is not in {folder} ({reason})")
    return _data(demo.NAME, demo.draw())


def _data(name: str, images: Images) -> Data:
    return Data.of(CIFAR10 if images.fingerprint == cifar10.FINGERPRINT else name, images)  # however it was stored
