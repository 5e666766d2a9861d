"""What several test files share: the browser, Ctrl-C, and how Hypothesis looks for examples."""

import shutil
import signal
from collections.abc import Iterator

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from report.doctor import BROWSERS

hypothesis.settings.load_profile("ci")  # no deadlines, and the same examples everywhere
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job, and in all it starts
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window, for one file: its thread has an event loop that other tests must not meet."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
