"""What a device can do at best, measured: matrix products in fp32 and, where it has that, bf16; copies in memory."""

import time
from collections.abc import Callable

import torch

KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def ceiling(device: str, kind: str, small: bool = False) -> dict[str, float]:
    """ "fp32" and `kind` in GFLOPS of a square matrix product, "copy" in GB/s read and written; the best of several.

    Args:
        kind: "bf16" or "fp32"; a CPU without bf16 takes a minute for one product in it.
    """
    size, count = (256, 2**20) if small else (8192, 2**28) if device == "cuda" else (2048, 2**26)
    found = {}
    for name in dict.fromkeys(("fp32", kind)):
        a, b = (torch.randn(size, size, device=device, dtype=KINDS[name]) for _ in range(2))
        found[name] = 2 * size**3 / _best(lambda a=a, b=b: a @ b, device) / 1e9  # type: ignore[misc]
    source = torch.ones(count, device=device)
    target = torch.empty_like(source)
    found["copy"] = 2 * 4 * count / _best(lambda: target.copy_(source), device) / 1e9
    return found


def _best(work: Callable[[], object], device: str) -> float:
    """Seconds of the quickest of seven runs, after one to warm up."""
    seconds = []
    for _ in range(8):
        _finish(device)
        began = time.perf_counter()
        work()
        _finish(device)
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:])


def _finish(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
