"""A cache of a folder's decoded images beside the data, so that the next run reads one file instead of sixty thousand.

The file is plain bytes, the training images before the test images, with no header to trust: what it must hold follows
from the folder's listing. Its name carries the listing's key and the fingerprint of what it holds.
"""

from pathlib import Path

import numpy as np

from experiments.files import write_atomic
from experiments.images import SIDE, Images, turn_labels

PREFIX = ".aereport-"


def load(folder: Path, key: str, classes: tuple[str, ...], counts: tuple[list[int], list[int]]) -> Images | None:
    """What an earlier run decoded from the same files; None if nothing is there, or not what its name says.

    Args:
        key: of the listing.
        counts: images of each class, in train and in test.
    """
    total = sum(map(sum, counts))
    for path in folder.glob(f"{PREFIX}{key[:32]}-*"):
        try:
            if path.stat().st_size != total * 3 * SIDE * SIDE:
                continue
            pixels = np.fromfile(path, np.uint8).reshape(total, 3, SIDE, SIDE)
        except (OSError, ValueError):  # unreadable, or changed since the line before
            continue
        train, test = (turn_labels(np.array(part)) for part in counts)
        images = Images(classes, pixels[: len(train)], train, pixels[len(train) :], test)
        if path.name.endswith(f"-{images.fingerprint[:32]}"):
            return images
    return None


def save(folder: Path, key: str, images: Images) -> None:
    """Write what was decoded, and delete what older listings of the folder left.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder / f"{PREFIX}{key[:32]}-{images.fingerprint[:32]}"
    write_atomic(path, images.train_images.tobytes() + images.test_images.tobytes())
    for old in (*folder.glob(f"{PREFIX}*"), *folder.glob(f".{PREFIX}*.part")):  # a kill leaves the latter
        if old != path:
            old.unlink(missing_ok=True)
