"""Memory that is not given back at once, as that takes time: freed blocks of tensors, and cycles of objects."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)
LARGEST = 2**30  # bytes


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


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not search millions of objects for reference cycles, neither within the block nor, among what is left, later.

    What is left is searched before the next such block of this process, if there is one.
    """
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()
