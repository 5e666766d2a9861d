"""Freed memory stays with the process where the C library is glibc, and lies on huge pages; cycles wait."""

import gc
import json
import os
import platform
import resource
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from experiments.memory import uncollected
from experiments.pool import HUGE_PAGES

BLOCK = 4 * 10 * 2**20  # bytes; more than the 32 MiB above which the C library always gives memory back by itself
SCRIPT = f"""
import json, re, resource, torch
from pathlib import Path
from experiments.memory import keep_freed

def faults():
    found = []
    for _ in range(20):  # the heap takes some to settle
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones({BLOCK // 4})
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return found[-1]

before = faults()
keep_freed()
after, block = faults(), torch.ones({BLOCK // 4})
huge = re.search(r"AnonHugePages: *(\\d+) kB", Path("/proc/self/smaps_rollup").read_text())
print(json.dumps([before, after, int(huge[1]) if huge else 0]))
"""
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
THP = SETTING.read_text() if SETTING.exists() and platform.libc_ver() >= ("glibc", "2.35") else ""


def numbers(**environment: str) -> tuple[int, int, int]:
    """Faults for a block as large as one before it, by default and where freed memory is kept, and kB on huge pages;
    in a process of its own, which is told nothing of memory but this."""
    given = {name: value for name, value in os.environ.items() if name not in HUGE_PAGES} | environment
    before, after, huge = json.loads(subprocess.check_output([sys.executable, "-c", SCRIPT], env=given))
    return before, after, huge


@pytest.fixture(scope="module")
def untold() -> tuple[int, int, int]:
    return numbers()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_a_large_block_is_used_again_without_a_fault_for_each_page(untold: tuple[int, int, int]) -> None:
    pages = BLOCK // resource.getpagesize()
    before, after, _ = untold
    assert after < pages / 10
    if "[always]" not in THP:
        assert before > pages / 2


@pytest.mark.skipif("[madvise]" not in THP, reason="the system decides on huge pages by itself")
def test_large_blocks_lie_on_huge_pages(untold: tuple[int, int, int]) -> None:
    assert untold[2] < BLOCK / 1024 / 10
    half = BLOCK / 1024 / 2
    assert any(numbers(**HUGE_PAGES)[2] > half for _ in range(3))  # where memory is in pieces, fewer


class Ring:
    def __init__(self) -> None:
        self.itself = self


def test_cycles_are_searched_before_the_next_block() -> None:
    gc.collect()
    with uncollected():
        with uncollected():
            left = weakref.ref(Ring())
        assert not gc.isenabled()
        for _ in range(gc.get_threshold()[0] + 1):
            Ring()
        assert left() is not None
    assert gc.isenabled()
    gc.collect()
    assert left() is not None
    with uncollected():
        assert left() is None
