"""The preview in a real browser: templates are followed, the place is kept, errors are shown and mended."""

import re
import signal
import socket
import urllib.error
import urllib.request
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from experiments.machine import Lacks
from report import preview as module
from report.guard import Ended
from report.preview import Document, preview
from tests.previews import previewed, served

SOON = 60_000  # milliseconds from a saved template to the page, on a machine that tests other things at the same time
expect.set_options(timeout=SOON)


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Document:
    return previewed(tmp_path, monkeypatch)


def shown(page: Page) -> FrameLocator:
    return page.frame_locator("iframe:not(.next)")


def scroll(page: Page) -> float:
    return float(page.evaluate("document.querySelector('iframe').contentWindow.scrollY"))


def top(page: Page, selector: str) -> float:
    """How far below the top of the window an element lies, CSS pixels."""
    script = "s => document.querySelector('iframe').contentDocument.querySelector(s).getBoundingClientRect().top"
    return float(page.evaluate(script, selector))


@pytest.mark.browser
def test_a_sentence_is_followed_an_error_shown_and_mended(document: Document, browser: Browser) -> None:
    template = document.templates / "summary.html"
    good = template.read_text(encoding="utf-8")
    with served(document) as url:
        page = browser.new_page(viewport={"width": 1000, "height": 700})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        shown(page).locator("#fig-spectrum").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('iframe').contentWindow.scrollBy({top: 300, behavior: 'instant'})")
        before, place = scroll(page), top(page, "#fig-spectrum")
        assert before > 1000

        template.write_text(good.replace("</h2>", "</h2><p id='mine'>" + "A sentence of mine. " * 90 + "</p>", 1))
        shown(page).locator("#mine").wait_for(timeout=SOON)
        assert top(page, "#fig-spectrum") == pytest.approx(place, abs=2)
        assert page.locator("#lint").is_hidden()
        assert scroll(page) > before + 100

        template.write_text(good.replace("</h2>", "</h2>\n{{ num('ae/nothing') }}", 1))
        alert = page.locator("#error")
        line = good[: good.index("</h2>")].count("\n") + 2
        expect(alert).to_have_text(re.compile(rf"^summary\.html, line {line}: num\('ae/nothing'\)"))
        assert shown(page).locator("#mine").is_visible()
        page.reload()
        expect(alert).to_be_visible()
        expect(shown(page).locator("#mine")).to_be_attached()

        template.write_text("{% if %}\n" + good)
        expect(alert).to_contain_text("summary.html, line 1: Expected an expression")

        template.write_text(good.replace("</h2>", "</h2><p id='mended'>Mended.</p>", 1))
        alert.wait_for(state="hidden", timeout=SOON)
        shown(page).locator("#mended").wait_for(timeout=SOON)
        assert complaints == []
    page.locator("#ended").wait_for()
    page.close()


@pytest.mark.browser
def test_a_template_that_is_broken_from_the_start(document: Document, browser: Browser) -> None:
    template = document.templates / "summary.html"
    good = template.read_text(encoding="utf-8")
    document.html, document.whole = "", 0
    template.write_text("{% if %}")
    document.make()
    with served(document) as url:
        page = browser.new_page()
        page.goto(url)
        expect(page.locator("#error")).to_contain_text("summary.html, line 1: ")
        expect(page.locator("iframe")).to_have_count(0)
        template.write_text(good)
        shown(page).locator("#summary").wait_for()
        expect(page.locator("#error")).to_be_hidden()
        page.close()


@pytest.mark.browser
def test_a_theme_that_was_chosen_is_kept(document: Document, browser: Browser) -> None:
    template = document.templates / "summary.html"
    with served(document) as url:
        page = browser.new_page()
        page.goto(url)
        shown(page).locator("button.theme").click()
        chosen = shown(page).locator("html").get_attribute("data-theme")
        template.write_text(template.read_text() + "<p id='mine'>Mine.</p>")
        shown(page).locator("#mine").wait_for()
        assert chosen
        assert shown(page).locator("html").get_attribute("data-theme") == chosen
        page.close()


def get(url: str, **headers: str) -> tuple[int, str, Any]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def test_only_this_machine_under_its_own_name(document: Document) -> None:
    with served(document) as url:
        assert url.partition("//")[2].startswith("127.0.0.1:")
        for path in ("", "document", "preview.js", "events"):
            assert get(url + path, Host="evil.example")[0] == 400
        assert get(url, Host="localhost:1")[0] == 200
        status, text, headers = get(url + "document")
        assert (status, text) == (200, document.html)
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Access-Control-Allow-Origin"] is None
        assert get(url + "../pyproject.toml")[0] == 404
        assert "script-src 'self'" in get(url)[2]["Content-Security-Policy"]


def test_the_document_is_the_one_that_is_written(document: Document) -> None:
    """Its policy, which forbids every connection, is not weakened for the preview."""
    assert "preview" not in document.html
    assert "connect-src" not in document.html
    assert "default-src 'none'" in document.html


def test_errors_of_any_kind_say_where(document: Document) -> None:
    whole, template = document.html, document.templates / "summary.html"
    for body, message in (
        ("\n{{ nobody }}", "summary.html, line 2: 'nobody' is undefined"),
        ("\n\n{{ 1 + 'a' }}", "summary.html, line 3: TypeError: "),
        ("{% include 'gone.html' %}", "summary.html, line 1: there is no template gone.html"),
        ("{{ claim('nobody').mark }}", "summary.html, line 1: unknown claim 'nobody'"),
    ):
        template.write_text(body)
        document.make()
        assert document.error.startswith(message), document.error
        assert document.html == whole
    template.write_bytes(b"\xff\xfe")
    document.make()
    assert document.error == f"{template}: byte 0 is not UTF-8"
    template.unlink()
    document.make()
    assert "holds none of our templates" in document.error


def test_the_lint_is_told_and_does_not_stand_in_the_way(document: Document) -> None:
    assert document.findings == []
    template = document.templates / "summary.html"
    template.write_text("<p>The AE is better by 3 dB.</p>\n" + template.read_text())
    document.make()
    assert document.error == ""
    assert [text.partition(": ")[0] for text in document.findings] == ["summary.html, line 1"] * 2


def test_a_template_that_is_new_hides_ours(document: Document) -> None:
    (document.templates / "title.html").write_text("<p>My title page.</p>")
    document.make()
    assert document.error == ""
    assert "My title page." in document.html


def test_only_ctrl_c_is_an_end_as_meant(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another signal is told by the exit status."""

    def ends(stop: BaseException) -> None:
        def run(sockets: Any) -> None:
            raise stop

        monkeypatch.setattr(module, "server", lambda document: SimpleNamespace(run=run))
        preview(document.templates)

    monkeypatch.setattr(module, "opened", nullcontext)
    monkeypatch.setattr(module, "Document", lambda run, templates: document)
    ends(KeyboardInterrupt())
    with pytest.raises(Ended):
        ends(Ended(signal.SIGTERM))


def test_what_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no folder"):
        preview(tmp_path, tmp_path / "gone")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ValueError, match=r"port \d+: Address already"):
        module._socket(taken.getsockname()[1])
    with pytest.raises(ValueError, match="port 70000: must be 1 to 65535"):
        module._socket(70000)
    monkeypatch.setattr(module, "NEEDED", ("no_such_package",))
    with pytest.raises(Lacks, match=r"no_such_package: in the source folder pip install '\.\[preview\]' -c"):
        preview(tmp_path)
