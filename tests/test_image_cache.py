"""experiments/image_cache.py: what is kept is taken again only if it is whole."""

from pathlib import Path

import numpy as np
import pytest

from experiments.image_cache import PREFIX, load, save
from experiments.images import Images, in_turn

KEY = "0123456789abcdef" * 4
COUNTS = ([3, 2], [1, 2])


@pytest.fixture
def images() -> Images:
    rng = np.random.default_rng(0)
    train, test = (np.repeat(np.arange(2), counts) for counts in COUNTS)
    pixels = rng.integers(0, 256, (8, 3, 32, 32), dtype=np.uint8)
    return Images(("a", "b"), *in_turn(pixels[:5], train), *in_turn(pixels[5:], test))


def kept(folder: Path) -> Path:
    (path,) = folder.glob(".aereport-*")
    return path


def test_round_trip(tmp_path: Path, images: Images) -> None:
    save(tmp_path, KEY, images)
    again = load(tmp_path, KEY, images.classes, COUNTS)
    assert again is not None
    assert again.fingerprint == images.fingerprint
    np.testing.assert_array_equal(again.test_images, images.test_images)
    assert again.train_images.flags.writeable  # tensors share its memory


def test_what_older_listings_left_is_deleted_and_nothing_else(tmp_path: Path, images: Images) -> None:
    save(tmp_path, KEY[::-1], images)
    half = tmp_path / f".{PREFIX}{KEY[:32]}-x.0123456789abcdef.part"  # as a kill leaves it
    others = [tmp_path / name for name in (f"notes{PREFIX}old.txt", ".notes", "a.part")]
    for path in (half, *others):
        path.touch()
    save(tmp_path, KEY, images)
    assert {*tmp_path.iterdir()} == {kept(tmp_path), *others}


def test_nothing_kept(tmp_path: Path, images: Images) -> None:
    assert load(tmp_path, KEY, images.classes, COUNTS) is None


def test_another_listing(tmp_path: Path, images: Images) -> None:
    save(tmp_path, KEY, images)
    assert load(tmp_path, KEY[::-1], images.classes, COUNTS) is None


def test_a_flipped_bit(tmp_path: Path, images: Images) -> None:
    save(tmp_path, KEY, images)
    content = bytearray(kept(tmp_path).read_bytes())
    content[1000] ^= 1
    kept(tmp_path).write_bytes(content)
    assert load(tmp_path, KEY, images.classes, COUNTS) is None


@pytest.mark.parametrize("change", [-1, 1, -10_000])
def test_a_file_too_short_or_too_long(tmp_path: Path, images: Images, change: int) -> None:
    save(tmp_path, KEY, images)
    content = kept(tmp_path).read_bytes()
    kept(tmp_path).write_bytes(content[:change] if change < 0 else content + b"\0" * change)
    assert load(tmp_path, KEY, images.classes, COUNTS) is None


def test_a_folder_in_its_place(tmp_path: Path, images: Images) -> None:
    save(tmp_path, KEY, images)
    path = kept(tmp_path)
    path.unlink()
    path.mkdir()
    assert load(tmp_path, KEY, images.classes, COUNTS) is None
