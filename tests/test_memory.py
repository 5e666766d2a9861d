"""Freed memory stays with the process where the C library is glibc."""

import platform
import resource
import subprocess
import sys

import pytest

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
