"""Pictures in and out of the page in a real browser: saved, opened large, printed, and all of it without its script."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from pypdf import PageObject, PdfReader

from experiments.metrics import METRICS
from report.draw import encode, figures
from report.render import to_html
from report.style import styled
from tests.conftest import opened
from tests.standins import parts
from tests.waiting import happens

pytestmark = pytest.mark.browser
CODE = "<figure id='code'><pre>a</pre></figure>"
PHOTO = "<figure><img src='data:,' alt=''><figcaption>A</figcaption></figure>"


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A figure as it is drawn, in paths."""
    made = parts().bundle
    with styled(made.provenance.classes):
        suffix, content = encode(figures()["spectrum"](made).figure, "spectrum")
    (tmp_path / f"spectrum.{suffix}").write_bytes(content)
    return tmp_path / f"spectrum.{suffix}"


def test_a_figure_comes_out_as_png(page: Page) -> None:
    with page.expect_download() as download:
        page.locator("#fig-spectrum .tools button", has_text="PNG").click()
    assert download.value.suggested_filename == "spectrum.png"
    assert Path(download.value.path()).read_bytes() == parts().figures["spectrum"].path.read_bytes()


def test_a_drawing_comes_out_as_it_is_and_as_png(browser: Browser, drawing: Path, tmp_path: Path) -> None:
    made = parts()
    shown = made.figures | {"spectrum": replace(made.figures["spectrum"], path=drawing)}
    (tmp_path / "drawn.html").write_text(to_html(replace(made, figures=shown)), "utf-8")
    for page in opened(browser.new_context(), (tmp_path / "drawn.html").as_uri()):
        files = {}
        for kind in ("SVG", "PNG"):
            with page.expect_download() as download:
                page.get_by_label(f"Save figure spectrum as {kind}").click()
            files[download.value.suggested_filename] = Path(download.value.path()).read_bytes()
        assert files["spectrum.svg"] == drawing.read_bytes()
        image = Image.open(BytesIO(files["spectrum.png"]))
        shape = page.locator("#fig-spectrum img").evaluate("image => image.naturalHeight / image.naturalWidth")
        assert image.format == "PNG"
        assert image.width >= 2000
        assert image.height / image.width == pytest.approx(shape, rel=0.01)
        assert len(image.convert("RGB").getcolors(image.width * image.height) or []) > 100  # it is not empty
        assert page.locator("#fig-samples .tools button", has_text="SVG").count() == 0  # of a picture without paths


def test_a_click_beside_a_large_picture_closes_it(page: Page) -> None:
    dialog = page.locator("dialog.lightbox")
    page.get_by_label("Enlarge figure spectrum").click()
    dialog.locator("p").click()
    edge = dialog.bounding_box()
    assert edge is not None
    page.mouse.click(edge["x"] + 4, edge["y"] + 4)  # its own white
    assert dialog.is_visible()
    page.mouse.click(3, 3)
    assert dialog.is_hidden()


def test_a_picture_opens_large_and_closes(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")  # the button is scrolled to at once
    width = "document.querySelector('main').clientWidth"
    room = page.evaluate(width)
    page.locator("#fig-spectrum .tools button", has_text="Enlarge").press("Enter")
    dialog = page.locator("dialog.lightbox")
    assert dialog.is_visible()
    assert page.evaluate(width) == room  # nothing moves behind it, though the scrollbar is gone
    assert dialog.locator("img").get_attribute("alt") == "Alt of spectrum."
    behind = page.evaluate("scrollY")
    page.mouse.move(700, 3)
    page.mouse.wheel(0, 300)
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    page.mouse.wheel(0, 100)
    assert happens(page, f"() => scrollY >= {behind + 100}")
    assert page.evaluate("scrollY") == behind + 100  # only the second turn of the wheel went to the page
    page.locator("#fig-spectrum img").click()
    before = dialog.locator("img").bounding_box()
    dialog.get_by_text("Larger").press("Enter")
    after = dialog.locator("img").bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"]
    assert dialog.get_by_text("Smaller").is_visible()
    dialog.get_by_text("Close").press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Enlarge figure spectrum"


def test_a_table_and_bold_words_of_an_author_do_no_harm(browser: Browser, report: str, tmp_path: Path) -> None:
    html = Path(report.removeprefix("file://")).read_text("utf-8")
    html = html.replace(
        "</h2>", "</h2><table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>", 1
    )
    html = html.replace('<details class="source">', '<b>bold</b> <details class="source">')
    (tmp_path / "own.html").write_text(html, "utf-8")
    for page in opened(browser.new_context(), (tmp_path / "own.html").as_uri()):
        assert page.get_by_label("Save table table as CSV").count() == 1
        explored = page.locator("figure.exploring figcaption").first
        assert explored.locator(".still").text_content().endswith("bold ")  # type: ignore[union-attr]
        page.get_by_label("Enlarge figure").first.click()
        assert "bold" not in page.locator("dialog p").inner_text()


@pytest.mark.parametrize("own", [CODE, PHOTO], ids=["no picture", "no name"])
def test_a_figure_that_an_author_typed_does_no_harm(browser: Browser, report: str, tmp_path: Path, own: str) -> None:
    html = Path(report.removeprefix("file://")).read_text("utf-8")
    (tmp_path / "own.html").write_text(html.replace("</h2>", f"</h2>{own}", 1), "utf-8")
    for page in opened(browser.new_context(), (tmp_path / "own.html").as_uri()):
        assert page.get_by_label("Enlarge figure").count() == len(parts().figures)


def test_on_a_phone_an_opened_picture_is_large_and_a_tap_makes_it_fit(phone: Page) -> None:
    phone.locator("#fig-spectrum .tools button", has_text="Enlarge").press("Enter")
    image = phone.locator("dialog.lightbox img")
    for width in (2000, 390, 2000):
        box = image.bounding_box()
        assert box is not None
        assert (box["x"] >= 0 and box["x"] + box["width"] <= 390) == (width == 390)
        image.tap()


def test_a_browser_prints_without_buttons_and_on_every_page_the_mark_and_a_tables_head(page: Page) -> None:
    page.emulate_media(media="print")
    shown = "items => items.filter(item => item.checkVisibility({visibilityProperty: true})).length"
    assert page.locator(".tools button, .theme").evaluate_all(shown) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.banner')).position") == "fixed"
    texts = []
    for found in PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages:
        above, marks, text = lowest(found)
        assert marks
        assert above > max(marks) + 8
        texts.append(text)
    last = next(text for text in texts if METRICS["train_seconds"].how in " ".join(text.split()))
    assert "Definitions of the metrics" not in last
    assert "Metric Unit Margin Definition" in " ".join(last.split())


def lowest(page: PageObject) -> tuple[float, list[float], str]:
    """Where a page's text ends above its margin, where its mark stands, in points from below, and the text."""
    places = list[tuple[float, str]]()
    whole = page.extract_text(visitor_text=lambda text, _, place, *__: places.append((place[5], text.strip())))
    marks = [y for y, text in places if "RESULTS" in text and y < 120]
    return min(y for y, text in places if text and y > 60 and y not in marks), marks, whole


def test_what_needs_a_script_is_said_only_where_there_is_none(page: Page) -> None:
    assert page.locator(".unscripted").is_hidden()


def test_it_reads_without_script(browser: Browser, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    for name in ("spectrum", "latent_maps", "interpolation", "masked_comparison"):
        assert page.locator(f"#fig-{name} > img").is_visible()
    assert page.locator(".explore:visible").count() == 0
    assert page.locator("button").count() == 0
    assert page.locator(".unscripted").is_visible()
    assert "95\N{NO-BREAK SPACE}% interval" in (
        page.locator("data[data-key='ae/psnr']").first.get_attribute("title") or ""
    )
    context.close()
