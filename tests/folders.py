"""What tests of folders of pictures share: pictures, who listens, and what is said where they cannot be read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.folder import read_folder
from experiments.images import DataError, Images


def write(path: Path, seed: int) -> np.ndarray:
    """A random picture; its pixels (3, 32, 32)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels.transpose(2, 0, 1)


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
