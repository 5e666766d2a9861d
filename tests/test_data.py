"""experiments/data.py: which images `--data` means, and what comes of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from experiments import cifar10, data
from experiments.data import Data, leaked, load
from experiments.images import DataError, Images, in_turn
from tests.folders import Lines


def toy(classes: int = 3) -> Images:
    labels = np.arange(4 * classes) % classes
    pixels = np.random.default_rng(0).integers(0, 256, (len(labels), 3, 32, 32), dtype=np.uint8)
    return Images(tuple("abcdefghij"[:classes]), *in_turn(pixels, labels), *in_turn(pixels[::-1].copy(), labels))


def real(*_: object) -> Images:
    return toy()


def absent(*_: object) -> None:
    return None


def unreachable(*_: object) -> float:
    raise OSError("no answer")


@pytest.fixture(scope="module")
def demo() -> Data:
    return load("demo", Path(), Lines())


def test_demo(demo: Data) -> None:
    assert demo.name == "demo"
    assert demo.demo
    assert demo.train_images.shape == (1200, 3, 32, 32)
    assert demo.train_images.dtype == demo.test_images.dtype == torch.uint8
    assert demo.train_labels.dtype == demo.test_labels.dtype == torch.int64
    assert demo.train_images.is_contiguous()
    assert len(bytes.fromhex(demo.fingerprint)) == 32


def test_test_images_that_are_training_images_are_counted(demo: Data) -> None:
    assert leaked(demo) == 0
    leaky = replace(demo, test_images=torch.cat([demo.test_images[:5], demo.train_images[7:10]]))
    assert leaked(leaky) == 3


def test_head_is_balanced_and_keeps_the_fingerprint(demo: Data) -> None:
    part = demo.head(50, 20)
    assert torch.bincount(part.train_labels).tolist() == [5] * 10
    assert torch.bincount(part.test_labels).tolist() == [2] * 10
    assert part.fingerprint == demo.fingerprint
    assert torch.equal(part.train_images, demo.train_images[:50])


def test_head_of_nothing_or_too_much_is_all(demo: Data) -> None:
    assert len(demo.head(0, 7).train_labels) == 1200
    assert len(demo.head(0, 7).test_labels) == 7
    assert len(demo.head(10**6, 0).train_labels) == 1200


def test_to_a_device(demo: Data) -> None:
    moved = demo.to("meta")
    assert {moved.train_images.device.type, moved.train_labels.device.type} == {"meta"}
    assert {moved.test_images.device.type, moved.test_labels.device.type} == {"meta"}
    assert moved.classes == demo.classes


def test_a_folder_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("train", "test"):
        for shade, name in ((10, "dark"), (200, "light")):
            (tmp_path / "Two shades" / part / name).mkdir(parents=True)
            Image.new("RGB", (5, 9), (shade,) * 3).save(tmp_path / "Two shades" / part / name / "x.png")
    monkeypatch.chdir(tmp_path / "Two shades")
    for source in (str(tmp_path / "Two shades"), "."):
        found = load(source, tmp_path, Lines())
        assert found.name == "Two shades"
        assert not found.demo
        assert found.classes == ("dark", "light")
        assert found.test_images.float().mean((1, 2, 3)).tolist() == [10, 200]


@pytest.mark.parametrize("name", ["demo", "CIFAR-10"])
def test_a_folder_that_is_called_like_ours_is_not_taken_for_it(tmp_path: Path, name: str) -> None:
    for part in ("train", "test"):
        for shade, kind in ((10, "dark"), (200, "light")):
            (tmp_path / name / part / kind).mkdir(parents=True)
            Image.new("RGB", (5, 9), (shade,) * 3).save(tmp_path / name / part / kind / "x.png")
    found = load(str(tmp_path / name), tmp_path, Lines())
    assert found.name == f"folder {name}"
    assert not found.demo


def test_a_folder_that_is_not_there_says_what_data_takes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder; --data takes auto, cifar10, demo or a folder"):
        load(str(tmp_path / "nowhere"), tmp_path, Lines())


def test_cifar10_is_recognised_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "read_folder", real)
    assert load(str(tmp_path), tmp_path, Lines()).name == tmp_path.name
    monkeypatch.setattr(cifar10, "FINGERPRINT", toy().fingerprint)
    assert load(str(tmp_path), tmp_path, Lines()).name == "CIFAR-10"


def test_cifar10_is_looked_for_in_the_roots_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(cifar10, "find", lambda folder, say: asked.append(folder))
    monkeypatch.setattr(cifar10, "fetch", real)
    assert load("cifar10", tmp_path, Lines()).name == "CIFAR-10"
    assert asked == [tmp_path / ".data"]


def test_auto_takes_what_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10, "find", real)
    monkeypatch.setattr(cifar10, "seconds_to_fetch", unreachable)
    said = Lines()
    assert load("auto", tmp_path, said).name == "CIFAR-10"
    assert said == []


def test_auto_fetches_what_comes_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10, "find", absent)
    monkeypatch.setattr(cifar10, "seconds_to_fetch", lambda: 20.0)
    monkeypatch.setattr(cifar10, "fetch", real)
    assert load("auto", tmp_path, Lines()).name == "CIFAR-10"


def test_auto_without_a_network_takes_demo_and_says_so_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10, "find", absent)
    monkeypatch.setattr(cifar10, "seconds_to_fetch", unreachable)
    said = Lines()
    assert load("auto", tmp_path, said).demo
    (line,) = said
    assert line.startswith("NOT THE REAL DATA")
    assert "no answer" in line
    assert str(tmp_path / ".data") in line


def test_auto_does_not_wait_for_a_slow_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar10, "find", absent)
    monkeypatch.setattr(cifar10, "seconds_to_fetch", lambda: 600.0)
    monkeypatch.setattr(cifar10, "fetch", None)
    said = Lines()
    assert load("auto", tmp_path, said).demo
    assert "about 10 minutes: --data cifar10 does that" in said[0]


def test_auto_says_why_a_download_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise DataError("the disk is full")

    monkeypatch.setattr(cifar10, "find", absent)
    monkeypatch.setattr(cifar10, "seconds_to_fetch", lambda: 1.0)
    monkeypatch.setattr(cifar10, "fetch", broken)
    said = Lines()
    assert load("auto", tmp_path, said).demo
    assert "the disk is full" in said[0]


def test_auto_does_not_replace_broken_data_by_demo(tmp_path: Path) -> None:
    (tmp_path / ".data" / "cifar10" / "train").mkdir(parents=True)
    with pytest.raises(DataError, match="no folder test/ in it"):
        load("auto", tmp_path, Lines())
