"""One clear line for everything that is wrong with a folder of pictures."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from experiments import folder as module
from experiments.folder import read_folder
from experiments.images import DataError
from tests.folders import Lines, failure, write


def test_unreadable_files_are_named(pictures: Path) -> None:
    broken = pictures / "train" / "bee" / "0.png"
    broken.write_bytes(broken.read_bytes()[:200])
    (pictures / "test" / "ant" / "notes.txt").write_text("no picture")
    (pictures / "test" / "bee" / "empty.png").touch()
    (pictures / "test" / "bee" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (pictures / "test" / "bee" / "film.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2")
    said = Lines()
    with pytest.raises(DataError) as error:
        read_folder(pictures, said)
    assert sum(line.startswith("cannot be read: ") for line in said) == 5
    assert any(line.endswith("phone.heic (HEIC, which is not read; save it as JPEG)") for line in said)
    assert any(line.endswith("film.mp4 (not an image)") for line in said)
    line = str(error.value)
    assert line.startswith(f"{pictures}: 5 of 22 files cannot be read as images: ")
    assert str(broken) in line
    assert "notes.txt (not an image)" in line
    assert "empty.png (empty)" in line
    assert line.endswith("replace or remove them")
    assert not list(pictures.glob(".aereport-*"))


def test_a_picture_that_may_not_be_read_is_named_once(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(module, "decode", refused)
    assert f"{pictures}/train/ant/0.png (Permission denied); " in failure(pictures)


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
