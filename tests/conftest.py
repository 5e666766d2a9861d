"""What several test files share: a page, also in a browser, the style of figures, Ctrl-C, how Hypothesis looks for
examples, and studies and builds that take no time."""

import gc
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from report.doctor import BROWSERS

if TYPE_CHECKING:
    from experiments.data import Data
    from experiments.images import Images
    from report.document import Content

hypothesis.settings.load_profile("ci")  # no deadlines, and the same examples everywhere
gc.set_threshold(100_000, 20, 100)  # in this process there is much to look through, again and again
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job, and in all it starts
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """What a PDF leaves is not looked through before the next one, with all that this process has: it makes many."""
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window, for one file: its thread has an event loop that other tests must not meet."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=["--hide-scrollbars"]
        )
        yield browser
        browser.close()


@pytest.fixture
def style() -> Iterator[None]:
    """Figures are drawn as in the document."""
    from report.style import styled

    with styled():
        yield


@pytest.fixture(scope="module")
def made() -> "Content":
    from tests.standins import parts

    return parts()


@pytest.fixture(scope="session")
def html() -> str:
    """The page of a nominal run, with pictures that stand in for the figures."""
    from tests.pages import page
    from tests.standins import parts

    return page(parts())


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    from report.render import render
    from tests.standins import parts

    made, run = parts("nominal"), tmp_path_factory.mktemp("run")
    return next(render(run, made, formats=("html",))).as_uri()


@pytest.fixture(scope="module")
def wide(browser: Browser) -> Iterator[Page]:
    """The window of `page`."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def narrow(browser: Browser) -> Iterator[Page]:
    """The window of `phone`."""
    with browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True) as context:
        yield context.new_page()


@pytest.fixture
def page(wide: Page, report: str) -> Iterator[Page]:
    yield from loaded(wide, report, 1440, 900)


@pytest.fixture(scope="module")
def desk(browser: Browser, report: str) -> Iterator[Page]:
    """A wide window; nothing moves in it by itself."""
    from tests.explorer import ready

    for page in opened(browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce"), report):
        for name in ("latent_maps", "interpolation", "masked_comparison"):
            ready(page, name)
        yield page


@pytest.fixture
def phone(narrow: Page, report: str) -> Iterator[Page]:
    yield from loaded(narrow, report, 390, 800)


@pytest.fixture
def dark(browser: Browser, report: str) -> Iterator[Page]:
    yield from opened(browser.new_context(color_scheme="dark"), report)


def opened(context: BrowserContext, report: str) -> Iterator[Page]:
    """A page that complains when the test is over: of console messages, errors and requests."""
    page = context.new_page()
    complaints = complaining(page)
    page.goto(report)
    yield page
    context.close()
    assert complaints == [report]


def loaded(page: Page, report: str, width: int, height: int) -> Iterator[Page]:
    """The same in a window that other tests had, which is as it was when it was new: another one takes a second."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(media="null", color_scheme="null", reduced_motion="null")
    page.mouse.move(0, 0)
    complaints = complaining(page)
    page.goto(report)
    yield page
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")
    assert complaints == [report]


def complaining(page: Page) -> list[str]:
    complaints = list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith("data:") else None)
    return complaints


@pytest.fixture(scope="session")
def drawn_images() -> "Images":
    """The demo images, of which every drawing is the same."""
    from experiments import demo

    return demo.draw()


@pytest.fixture(scope="module")
def data(drawn_images: "Images") -> "Data":
    import torch

    from experiments import demo
    from experiments.data import load

    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "draw", lambda: drawn_images)
        return load("demo", Path(), print).head(200, 50)


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that ran."""
    from experiments import due, machine
    from experiments.task import Task
    from tests.studies import SHORT, few, stub

    ran: list[str] = []

    def run(self: Task) -> Any:
        ran.append(f"{self.model}-{self.seed}")
        return stub(self)

    monkeypatch.setattr(Task, "run", run)
    monkeypatch.setattr(due, "tasks", few(*SHORT))
    monkeypatch.setattr(machine, "commit", lambda: "")
    return ran


@pytest.fixture(scope="module")
def one_process(drawn_images: "Images") -> Iterator[None]:
    """Four models, in this process; the demo images are there already."""
    import torch

    from experiments import demo, due, machine
    from tests.studies import few

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due, "tasks", few("ae", "dae", "pca", "classifier"))
        patch.setattr(demo, "draw", lambda: drawn_images)
        patch.setattr(machine, "cores", lambda: 1)
        patch.setattr(machine, "commit", lambda: "")
        yield
    torch.set_num_threads(threads)


@pytest.fixture
def no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("report.steps.figures", lambda *_, **__: None)
    monkeypatch.setattr("report.steps.document", lambda *_, **__: [])


@pytest.fixture
def html_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from report import steps

    monkeypatch.setattr(steps, "document", partial(steps.document, formats=["html"]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a small bundle."""
    from tests.bundles import saved

    return saved(tmp_path / "bundle")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three classes, 4 training and 2 test images each, in several formats."""
    from tests.folders import write

    for label, name in enumerate(("ant", "bee", "cicada")):
        for index in range(4):
            write(tmp_path / "train" / name / f"{index}.{('png', 'webp', 'bmp', 'tiff')[index]}", 10 * label + index)
        for index in range(2):
            write(tmp_path / "test" / name / f"{index}.png", 100 + 10 * label + index)
    for path in tmp_path.rglob("*.webp"):
        path.unlink()
        write(path.with_suffix(".ppm"), 200 + len(path.parent.name))
    return tmp_path
