"""experiments/folder.py: a reader's own pictures, and one clear line for everything that is wrong with them."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from experiments import folder as module
from experiments.folder import list_folder, read_folder
from experiments.images import DataError, Images


def write(path: Path, seed: int) -> np.ndarray:
    """A random picture; its pixels (3, 32, 32)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels.transpose(2, 0, 1)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three classes, 4 training and 2 test images each, in several formats."""
    for label, name in enumerate(("ant", "bee", "cicada")):
        for index in range(4):
            write(tmp_path / "train" / name / f"{index}.{('png', 'webp', 'bmp', 'tiff')[index]}", 10 * label + index)
        for index in range(2):
            write(tmp_path / "test" / name / f"{index}.png", 100 + 10 * label + index)
    for path in tmp_path.rglob("*.webp"):
        path.unlink()
        write(path.with_suffix(".ppm"), 200 + len(path.parent.name))
    return tmp_path


class Lines(list[str]):
    """What was said."""

    def __call__(self, line: str) -> None:
        assert "\n" not in line
        self.append(line)


def failure(folder: Path) -> str:
    with pytest.raises(DataError) as error:
        read_folder(folder, Lines())
    assert "\n" not in str(error.value)
    return str(error.value)


def same(first: Images, second: Images) -> bool:
    return first.fingerprint == second.fingerprint


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

    monkeypatch.setattr(module, "remember", full)
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


def test_unreadable_files_are_named(pictures: Path) -> None:
    broken = pictures / "train" / "bee" / "0.png"
    broken.write_bytes(broken.read_bytes()[:200])
    (pictures / "test" / "ant" / "notes.txt").write_text("no picture")
    (pictures / "test" / "bee" / "empty.png").touch()
    (pictures / "test" / "bee" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    said = Lines()
    with pytest.raises(DataError) as error:
        read_folder(pictures, said)
    assert sum(line.startswith("cannot be read: ") for line in said) == 4
    assert any(line.endswith("phone.heic (HEIC, which is not read; save it as JPEG)") for line in said)
    line = str(error.value)
    assert line.startswith(f"{pictures}: 4 of 21 files cannot be read as images: ")
    assert str(broken) in line
    assert "notes.txt (not an image)" in line
    assert "empty.png (not an image)" in line
    assert line.endswith("replace or remove them")
    assert not list(pictures.glob(".aereport-*"))


def test_many_unreadable_files_are_counted(pictures: Path) -> None:
    for index in range(70):
        (pictures / "train" / "ant" / f"bad{index:02}.png").write_bytes(b"x")
    line = failure(pictures)
    assert "70 of 88 files" in line
    assert "and 67 more" in line


def test_a_decompression_bomb_is_named(pictures: Path) -> None:
    Image.new("1", (12_000, 12_000)).save(pictures / "train" / "ant" / "bomb.png")
    line = failure(pictures)
    assert "bomb.png (more than 64,000,000 pixels)" in line


def test_no_such_folder(tmp_path: Path) -> None:
    line = failure(tmp_path / "nowhere")
    assert "nowhere: no such folder" in line
    assert "train/<class>/" in line


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert "no such folder" in failure(tmp_path / "x")


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_missing_part(pictures: Path, part: str) -> None:
    (pictures / part).rename(pictures / "other")
    assert f"no folder {part}/ in it" in failure(pictures)


@pytest.mark.parametrize(("part", "other"), [("train", "test"), ("test", "train")])
def test_a_class_that_the_other_part_lacks(pictures: Path, part: str, other: str) -> None:
    write(pictures / part / "dragonfly" / "x.png", 1)
    assert f"class 'dragonfly' is in {part}/ but not in {other}/" in failure(pictures)


@pytest.mark.parametrize("part", ["train", "test"])
def test_an_empty_class(pictures: Path, part: str) -> None:
    for path in (pictures / part / "bee").iterdir():
        path.unlink()
    assert failure(pictures).startswith(f"{pictures / part / 'bee'}: no image in it")


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a" / "x.png", 1)
    write(tmp_path / "test" / "a" / "x.png", 1)
    assert "1 class(es) in train/, needed are 2 to 1000" in failure(tmp_path)


def test_a_folder_in_a_class(pictures: Path) -> None:
    write(pictures / "train" / "bee" / "more" / "x.png", 1)
    assert "bee/more: not a file" in failure(pictures)


def test_a_pipe_is_not_waited_for(pictures: Path) -> None:
    os.mkfifo(pictures / "train" / "bee" / "pipe.png")
    assert "pipe.png: not a file" in failure(pictures)


def test_a_broken_link(pictures: Path) -> None:
    (pictures / "train" / "bee" / "gone.png").symlink_to(pictures / "gone")
    assert "gone.png: a link that leads nowhere; repair or remove it" in failure(pictures)


def test_a_link_to_itself(pictures: Path) -> None:
    (pictures / "train" / "bee" / "loop.png").symlink_to("loop.png")
    assert "loop.png: a link that leads nowhere; repair or remove it" in failure(pictures)


def test_a_class_name_with_control_characters(pictures: Path) -> None:
    for part in ("train", "test"):
        (pictures / part / "bee").rename(pictures / part / "be\x1b[31me")
    assert r"'be\x1b[31me'" in failure(pictures)


def test_a_class_name_with_a_joiner(pictures: Path) -> None:
    """Persian writes one between two parts of a word."""
    name = "گربه\u200cها"
    for part in ("train", "test"):
        (pictures / part / "bee").rename(pictures / part / name)
    assert name in read_folder(pictures, Lines()).classes


def test_a_file_name_that_is_no_text(pictures: Path) -> None:
    path = os.path.join(os.fsencode(pictures), b"train", b"bee", b"\xff\n.png")
    try:
        with open(path, "wb") as file:
            file.write(b"x")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    assert r"\udcff .png (not an image)" in failure(pictures)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_class_that_may_not_be_read(pictures: Path) -> None:
    (pictures / "train" / "bee").chmod(0)
    try:
        assert "Permission denied; make the folder readable" in failure(pictures)
    finally:
        (pictures / "train" / "bee").chmod(0o755)


def test_too_many_images(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_IMAGES", 17)
    assert "18 images, more than the 17" in failure(pictures)


def test_listing_opens_no_image(pictures: Path) -> None:
    (pictures / "train" / "ant" / "0.png").write_bytes(b"")
    assert list_folder(pictures, Lines()).counts("train") == [4, 4, 4]


FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "TGA", "PPM", "ICO", "JPEG2000", "QOI", "DDS", "PCX", "SGI")


@given(st.sampled_from(FORMATS), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8), st.data())
@settings(max_examples=150)
def test_whatever_a_file_holds_it_is_an_image_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, format: str, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.arange(48 * 40 * 3, dtype=np.uint32).astype(np.uint8).reshape(48, 40, 3)).save(buffer, format)
    content = bytearray(buffer.getvalue())
    for place, value in changes:
        content[place % len(content)] = value
    length = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    folder = tmp_path_factory.mktemp("fuzz")
    for part in ("train", "test"):
        for name in ("a", "b"):
            write(folder / part / name / "x.png", 1)
    (folder / "train" / "a" / "y").write_bytes(content[:length])
    try:
        assert read_folder(folder, Lines()).train_images.shape == (3, 3, 32, 32)
    except DataError:
        assert "train/a/y" in failure(folder)
