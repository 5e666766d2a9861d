"""Waiting for other processes, whose speed on a busy machine nobody knows."""

import subprocess
import time
from collections.abc import Callable


def until(true: Callable[[], bool]) -> None:
    """Wait for something, for ten minutes at most."""
    end = time.monotonic() + 600
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def members(group: int) -> list[int]:
    """Processes of a group."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]
