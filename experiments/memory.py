"""Memory: how much a process needs, and that what it frees is kept for its next tensors."""

import ctypes
import sys
from functools import cache

from experiments.machine import GB

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)
LARGEST = 2**30  # bytes


def needed(width: int, images: int) -> float:
    """GB of memory that a process needs at most, whichever tasks come to it.

    Measured with widths of 8, 32 and 64: 1.2, 1.8 and 2.7 GB once it has looked at a ViT's latents; 1.1 GB more for
    covariances of all pixels; with 60,000 images, where probes on pixels need more than these, 1.9 GB beside 0.75.

    Args:
        width: the setting. images: bytes.
    """
    return max(2.2, 0.75 + 10 * images / GB) + 0.026 * width


@cache
def keep_freed() -> None:
    """Tell glibc, where it is the C library, to keep what is freed.

    By default blocks above some megabytes come fresh from the system: each page costs a fault and is cleared before it
    is written. On two cores that was a third of a ViT's inference and a tenth of its training.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(MMAP_THRESHOLD, LARGEST)
        mallopt(TRIM_THRESHOLD, LARGEST)
