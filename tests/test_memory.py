"""Freed memory stays with the process where the C library is glibc; and how much memory a process needs."""

import platform
import resource
import subprocess
import sys

import pytest

from experiments.memory import needed

ONES = """
import resource, torch
from experiments.memory import keep_freed
{}
found = []
for _ in range(20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(2**24)
    found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(found[-1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_a_large_block_is_used_again_without_a_fault_for_each_page() -> None:
    def faults(call: str) -> int:
        return int(subprocess.check_output([sys.executable, "-c", ONES.format(call)]))

    pages = 4 * 2**24 // resource.getpagesize()
    assert faults("keep_freed()") < pages / 10
    assert faults("") > pages / 2


@pytest.mark.parametrize(
    ("width", "images", "measured"), [(8, 5_000, 2.39), (32, 5_000, 2.59), (32, 20_000, 2.62), (8, 60_000, 2.65)]
)
def test_a_process_has_room_for_what_was_measured(width: int, images: int, measured: float) -> None:
    """Peaks in GB of processes that ran a task of every model with the settings of `quick`, with so many images."""
    assert measured < needed(width, images * 3072) < 1.3 * measured
