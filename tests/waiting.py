"""Waiting for other processes and for pages, whose speed on a busy machine nobody knows."""

import subprocess
import time
from collections.abc import Callable

from playwright.sync_api import Page

FRAMES = 600  # ten seconds where nothing slows a page


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


def happens(page: Page, holds: str, value: str = "") -> bool:
    """Let a page draw frames until a function of its holds for a value, but not for ever; whether it does.

    Polling in the page is what its policy forbids.
    """
    frames = f"for (let n = 0; n < {FRAMES} && !holds(value); n++) await new Promise(requestAnimationFrame);"
    return bool(page.evaluate(f"async value => {{ const holds = {holds}; {frames} return holds(value); }}", value))


def frames(page: Page, count: int) -> None:
    """Let a page draw so many frames."""
    page.evaluate("async n => { while (n--) await new Promise(requestAnimationFrame); }", count)
