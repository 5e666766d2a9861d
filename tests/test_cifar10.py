"""experiments/cifar10.py: found on the disk, fetched, or one line that says how to put it there. No network is used."""

import gzip
import hashlib
import io
import pickle
import tarfile
import urllib.error
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import CIFAR10

from experiments import cifar10
from experiments.images import DataError, Images, in_turn
from tests.folders import Lines

CLASSES = ("airplane", "automobile", "bird")


def toy() -> Images:
    """Three classes, 12 training and 6 test images."""
    pixels = np.random.default_rng(0).integers(0, 256, (18, 3, 32, 32), dtype=np.uint8)
    return Images(CLASSES, *in_turn(pixels[:12], np.arange(12) % 3), *in_turn(pixels[12:], np.arange(6) % 3))


def archive(images: Images) -> tuple[bytes, dict[str, str]]:
    """torchvision's archive of these images, shuffled, and the MD5 of its members."""
    shuffle = np.random.default_rng(1).permutation(12)
    train = {"data": images.train_images[shuffle].reshape(12, -1), "labels": images.train_labels[shuffle].tolist()}
    test = {"data": images.test_images.reshape(6, -1), "labels": images.test_labels.tolist()}
    members = {"data_batch_1": train, "test_batch": test, "batches.meta": {"label_names": list(CLASSES)}}
    sums, packed = {}, io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            data = pickle.dumps(content)
            sums[name] = hashlib.md5(data).hexdigest()
            info = tarfile.TarInfo(f"{CIFAR10.base_folder}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0), sums


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> Images:
    """The toy set stands for the whole of CIFAR-10."""
    images = toy()
    packed, sums = archive(images)
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(packed).hexdigest())
    monkeypatch.setattr(CIFAR10, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": sums["batches.meta"]})
    monkeypatch.setattr(cifar10, "FINGERPRINT", images.fingerprint)
    return images


@pytest.fixture
def online(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that has the archive and nothing else."""
    packed, _ = archive(images)

    class Answer(io.BytesIO):
        url, length, headers = None, len(packed), Message()

    Answer.headers["Content-Length"] = str(len(packed))
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: Answer(packed))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("Network is\nunreachable")

    monkeypatch.setattr("urllib.request.urlopen", refuse)


def unpack_batches(images: Images, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(images)[0])) as tar:
        tar.extractall(
            folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
        )  # not in Python 3.11.2


def unpack(images: Images, folder: Path) -> None:
    """As ../shared/data does: train/<class>/*.webp, lossless."""
    for part, pixels, labels in (
        ("train", images.train_images, images.train_labels),
        ("test", images.test_images, images.test_labels),
    ):
        for index, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            path = folder / part / CLASSES[label] / f"{index:04}.webp"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.transpose(1, 2, 0)).save(path, lossless=True)


def same(found: Images | None, images: Images) -> bool:
    return found is not None and found.fingerprint == images.fingerprint


def test_nothing_on_the_disk(tmp_path: Path) -> None:
    assert cifar10.find(tmp_path, Lines()) is None
    assert cifar10.find(tmp_path / "nowhere", Lines()) is None


def test_a_folder_of_images(tmp_path: Path, images: Images) -> None:
    unpack(images, tmp_path / "cifar10")
    assert same(cifar10.find(tmp_path, Lines()), images)


def test_torchvisions_batches_give_the_same(tmp_path: Path, images: Images, offline: None) -> None:
    unpack_batches(images, tmp_path)
    assert same(cifar10.find(tmp_path, Lines()), images)


@pytest.mark.filterwarnings("ignore:Python 3.14:DeprecationWarning")  # torchvision unpacks without a filter
def test_torchvisions_archive_is_unpacked_without_a_network(tmp_path: Path, images: Images, offline: None) -> None:
    (tmp_path / CIFAR10.filename).write_bytes(archive(images)[0])
    assert same(cifar10.find(tmp_path, Lines()), images)


def test_a_part_of_the_folder_is_not_cifar10(tmp_path: Path, images: Images) -> None:
    unpack(images, tmp_path / "cifar10")
    next((tmp_path / "cifar10" / "train" / "bird").iterdir()).unlink()
    with pytest.raises(DataError, match=r"cifar10: 11 \+ 6 images that are not .* --data "):
        cifar10.find(tmp_path, Lines())


def test_broken_batches_are_said_and_not_loaded(tmp_path: Path, images: Images, offline: None) -> None:
    unpack_batches(images, tmp_path)
    (tmp_path / CIFAR10.base_folder / "test_batch").write_bytes(pickle.dumps("something else"))
    said = Lines()
    assert cifar10.find(tmp_path, said) is None
    assert "not the whole of CIFAR-10" in said[0]


@pytest.mark.filterwarnings("ignore:Python 3.14:DeprecationWarning")
def test_fetched_by_torchvision(tmp_path: Path, images: Images, online: None) -> None:
    said = Lines()
    assert same(cifar10.fetch(tmp_path / ".data", said), images)
    assert said == [f"fetching CIFAR-10 into {tmp_path / '.data'}"]
    assert same(cifar10.find(tmp_path / ".data", Lines()), images)


def test_a_download_that_is_not_whole(tmp_path: Path, images: Images, online: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(CIFAR10, "tgz_md5", "0" * 32)
    with pytest.raises(DataError, match="File not found or corrupted"):
        cifar10.fetch(tmp_path, Lines())


def test_without_a_network_one_line_says_what_to_do(tmp_path: Path, offline: None) -> None:
    with pytest.raises(DataError) as error:
        cifar10.fetch(tmp_path, Lines())
    line = str(error.value)
    assert "\n" not in line
    assert "Network is unreachable" in line
    for hint in (f"put {CIFAR10.filename} there", "train/<class>/", "--data demo", str(tmp_path)):
        assert hint in line


@pytest.mark.parametrize(
    ("pause", "length", "cost", "seconds"),
    [
        (1 / 128, 100 * 2**20, 0.25, 12.5),  # the whole sample
        (1 / 4, 100 * 2**20, 3, 400),  # 12 of its 32 parts come in time
        (1 / 4, None, 3, 170_500_000 / 2**18),
        (1 / 4, 2**17, 0.5, 0.5),  # it ends before the sample
    ],
)
def test_time_of_the_download_is_guessed(
    pause: float, length: int | None, cost: float, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a network that takes a pause before each 64 KiB."""
    clock = [0.0]

    class Answer(io.BytesIO):
        headers = Message()

        def read(self, size: int | None = -1) -> bytes:
            part = super().read(size)
            clock[0] += pause if part else 0
            return part

    if length is not None:
        Answer.headers["Content-Length"] = str(length)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: Answer(bytes(min(length or 2**22, 2**22))))
    monkeypatch.setattr(cifar10, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    assert (cifar10.seconds_to_fetch(), clock) == (pytest.approx(seconds), [cost])


def test_no_time_without_a_network(offline: None) -> None:
    with pytest.raises(OSError, match="unreachable"):
        cifar10.seconds_to_fetch()
