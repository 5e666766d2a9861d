"""experiments/folder.py: a reader's own pictures, in whatever formats and under whatever names."""

import os
from pathlib import Path

import numpy as np
import pytest

from experiments import folder as module
from experiments import image_cache
from experiments.folder import list_folder, read_folder
from tests.folders import Lines, same, write


def test_images_classes_and_labels(tmp_path: Path) -> None:
    want = {}
    for part, name, seed in (("train", "b", 1), ("train", "a", 2), ("test", "a", 3), ("test", "b", 4)):
        want[part, name] = write(tmp_path / part / name / "x.png", seed)
    images = read_folder(tmp_path, Lines())
    assert images.classes == ("a", "b")
    assert images.train_labels.tolist() == images.test_labels.tolist() == [0, 1]
    np.testing.assert_array_equal(images.train_images, [want["train", "a"], want["train", "b"]])
    np.testing.assert_array_equal(images.test_images, [want["test", "a"], want["test", "b"]])
    assert images.train_images.dtype == np.uint8
    assert images.train_labels.dtype == np.int64


def test_classes_come_in_turn(pictures: Path) -> None:
    assert read_folder(pictures, Lines()).train_labels.tolist() == [0, 1, 2] * 4


def test_names_of_files_do_not_matter(pictures: Path) -> None:
    before = read_folder(pictures, Lines())
    for path in list((pictures / "train" / "ant").iterdir()):
        path.rename(path.with_name(f"{9 - int(path.stem)} ä b{path.suffix}"))
    assert same(before, read_folder(pictures, Lines()))


def test_the_second_run_decodes_nothing(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_folder(pictures, Lines())
    monkeypatch.setattr(module, "decode", None)
    said = Lines()
    assert same(first, read_folder(pictures, said))
    assert said == []


def test_a_folder_that_moved_decodes_nothing(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_folder(pictures, Lines())
    moved = pictures.rename(pictures.with_name("moved"))
    monkeypatch.setattr(module, "decode", None)
    assert same(first, read_folder(moved, Lines()))
    monkeypatch.chdir(moved)
    assert same(first, read_folder(Path(), Lines()))


@pytest.mark.parametrize("change", ["content", "added", "removed", "renamed class"])
def test_a_changed_folder_is_read_again(pictures: Path, change: str) -> None:
    first = read_folder(pictures, Lines())
    path = pictures / "train" / "bee" / "0.png"
    if change == "content":
        write(path, 999)
        os.utime(path, ns=(1, 1))
    elif change == "added":
        write(path.with_name("new.png"), 999)
    elif change == "removed":
        path.unlink()
    else:
        for part in ("train", "test"):
            (pictures / part / "bee").rename(pictures / part / "beetle")
    assert not same(first, read_folder(pictures, Lines()))
    assert len(list(pictures.glob(".aereport-*"))) == 1


def test_where_nothing_can_be_written_it_says_so_and_goes_on(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(image_cache, "save", full)
    said = Lines()
    assert len(read_folder(pictures, said).train_labels) == 12
    assert "not kept" in said[-1]
    assert "No space left on device" in said[-1]


def test_hidden_files_are_passed_over(pictures: Path) -> None:
    first = read_folder(pictures, Lines())
    for path in (
        ".DS_Store",
        "train/.DS_Store",
        "train/ant/._0.png",
        "test/.thumbnails/x.png",
        "train/ant/Thumbs.db",
        "test/ant/@eaDir/x.png",
        "train/__MACOSX/0.png",
    ):
        (pictures / path).parent.mkdir(exist_ok=True)
        (pictures / path).write_bytes(b"nothing")
    said = Lines()
    assert same(first, read_folder(pictures, said))
    hidden = f"not read: 1 hidden folder(s) in {pictures / 'test'}, such as '.thumbnails'"
    assert said == [hidden]


def test_files_beside_the_classes_are_said(pictures: Path) -> None:
    (pictures / "train" / "labels.csv").write_text("0,ant")
    said = Lines()
    read_folder(pictures, said)
    assert said[0] == f"not read: 1 file(s) beside the class folders of {pictures / 'train'}, such as 'labels.csv'"


def test_a_link_to_a_picture_is_read(pictures: Path) -> None:
    (pictures / "train" / "ant" / "link.png").symlink_to(pictures / "train" / "ant" / "0.png")
    assert len(read_folder(pictures, Lines()).train_labels) == 13


def test_a_class_name_with_a_joiner(pictures: Path) -> None:
    """Persian writes one between two parts of a word."""
    name = "گربه\u200cها"
    for part in ("train", "test"):
        (pictures / part / "bee").rename(pictures / part / name)
    assert name in read_folder(pictures, Lines()).classes


def test_listing_opens_no_image(pictures: Path) -> None:
    (pictures / "train" / "ant" / "0.png").write_bytes(b"")
    assert list_folder(pictures, Lines()).counts("train") == [4, 4, 4]
