"""The page in a real browser: no console error, no request, no accessibility violation, and everything that moves."""

from collections import Counter
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Page
from pypdf import PageObject, PdfReader

from experiments.metrics import METRICS
from report.draw import figures, saved
from report.render import to_html
from report.style import styled
from tests.conftest import opened
from tests.standins import parts
from tests.waiting import frames, happens

pytestmark = pytest.mark.browser
END = "scrollY + innerHeight >= root.scrollHeight - 2"  # of the page: nothing is scrolled further
AWAY = "box => box.getBoundingClientRect().bottom < -600 || box.getBoundingClientRect().top > innerHeight + 600"


def test_no_accessibility_violation(page: Page) -> None:
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []


def test_no_accessibility_violation_while_a_number_answers(page: Page) -> None:
    page.locator("#summary ~ ul data[data-key]").first.hover()
    assert page.locator(".popover").is_visible()
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []


def test_no_accessibility_violation_in_the_dark(dark: Page) -> None:
    assert [violation["id"] for violation in Axe().run(dark).response["violations"]] == []


def test_no_accessibility_violation_on_a_phone(phone: Page) -> None:
    assert [violation["id"] for violation in Axe().run(phone).response["violations"]] == []


def test_a_phone_never_scrolls_sideways(phone: Page) -> None:
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("name", "columns"), [("claims", 6), ("definitions", 4), ("settings", 3)])
def test_a_phone_shows_the_longest_tables_whole_and_as_tables(phone: Page, name: str, columns: int) -> None:
    table = phone.locator(f"table.{name}")
    assert table.evaluate("table => table.parentElement.scrollWidth <= table.parentElement.clientWidth")
    rows, roles = table.locator("tbody tr").count(), roles_of(phone, f"table.{name}")
    assert (roles["columnheader"], roles["rowheader"], roles["cell"]) == (columns, rows, rows * (columns - 1))


def test_a_screen_shows_every_table_whole(page: Page) -> None:
    page.set_viewport_size({"width": 1024, "height": 800})
    wide = "box => box.scrollWidth > box.clientWidth"
    assert [box.inner_text() for box in page.locator(".scroll").all() if box.evaluate(wide)] == []


def test_a_wide_table_scrolls_under_its_first_column(phone: Page) -> None:
    phone.set_viewport_size({"width": 250, "height": 800})
    table = phone.locator("#tab-quality table")
    assert table.evaluate("table => (table.parentElement.scrollLeft = 60, table.parentElement.scrollLeft)") > 0
    edge = table.evaluate("table => table.parentElement.getBoundingClientRect().left")
    assert {head.bounding_box()["x"] - edge for head in table.locator("th:first-child").all()} == {-2}  # type: ignore[index]


def test_a_phone_shows_figures_large_enough_to_read_over_captions_that_stand_still(phone: Page) -> None:
    for figure in phone.locator("figure[id]:not(.exploring)").all():
        assert figure.locator("> img").bounding_box()["width"] >= 576  # type: ignore[index]
        caption = figure.locator("figcaption")
        before = caption.bounding_box()
        assert figure.evaluate("figure => (figure.scrollLeft = 200, figure.scrollLeft)") == 200
        assert caption.bounding_box() == before
        assert before is not None
        assert before["x"] >= 0
        assert before["x"] + before["width"] <= 390


def roles_of(page: Page, selector: str) -> Counter[str]:
    """What a screen reader is told that an element holds."""
    session = page.context.new_cdp_session(page)
    document = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": document, "selector": selector})["nodeId"]
    found = session.send("Accessibility.queryAXTree", {"nodeId": node})["nodes"]
    return Counter(part["role"]["value"] for part in found if not part["ignored"])


def test_the_current_section_is_marked(page: Page) -> None:
    page.evaluate("document.getElementById('heatmaps').scrollIntoView({behavior: 'instant'})")
    page.locator("nav [aria-current][href='#heatmaps']").wait_for()
    assert page.locator("nav [aria-current]").count() == 1


def test_numbers_answer_to_hover_and_focus(page: Page) -> None:
    number, box = page.locator("#summary ~ ul data[data-key='ae/psnr']").first, page.locator(".popover")
    assert box.is_hidden()
    number.hover()
    assert box.inner_text().startswith("ae/psnr\n")
    assert "95 % interval" in box.inner_text()
    page.mouse.move(0, 0)
    assert box.is_hidden()
    number.focus()
    assert box.is_visible()
    page.locator("#summary ~ ul data").nth(3).hover()
    assert page.locator("[aria-describedby=popover]").count() == 1
    page.keyboard.press("Escape")
    assert box.is_hidden()


def test_what_needs_a_script_is_said_only_where_there_is_none(page: Page) -> None:
    assert page.locator(".unscripted").is_hidden()


def test_a_resting_pointer_leaves_the_answer_of_what_has_the_focus(page: Page) -> None:
    numbers, box = page.locator("#summary ~ ul data[data-key]"), page.locator(".popover")
    numbers.first.hover()
    numbers.nth(3).focus()
    page.mouse.move(0, 0)
    assert box.is_visible()  # of what is hidden the text is told all the same
    assert box.inner_text().startswith(numbers.nth(3).get_attribute("data-key") or "-")


def test_contents_that_follow_leave_the_answer(page: Page) -> None:
    """Where the focus scrolls to another section, they scroll, too."""
    page.set_viewport_size({"width": 1280, "height": 400})
    number, box = page.locator("#tab-cnn_vit data[data-key]").first, page.locator(".popover")
    number.focus()
    assert happens(page, "() => document.querySelector('nav').scrollTop > 0")
    frames(page, 3)  # in which what they do when they have scrolled is done
    assert box.is_visible()
    assert box.inner_text().startswith(number.get_attribute("data-key") or "-")


def test_a_table_that_is_scrolled_takes_its_answer_along(phone: Page) -> None:
    phone.set_viewport_size({"width": 250, "height": 800})
    number, box = phone.locator("#tab-quality tbody tr").first.locator("data").nth(1), phone.locator(".popover")
    number.tap()
    scrolled = (
        "table => new Promise(done => { table.parentElement.scrollLeft += 40; requestAnimationFrame(() => done()); })"
    )
    before = number.bounding_box()
    phone.locator("#tab-quality table").evaluate(scrolled)
    after, answer = number.bounding_box(), box.bounding_box()
    assert before is not None
    assert after is not None
    assert answer is not None
    assert after["x"] < before["x"]
    room = 250 - answer["width"] - 8
    assert answer["x"] == pytest.approx(max(8, min(after["x"], room)), abs=1)
    number.evaluate("number => number.blur()")
    phone.locator("#tab-quality table").evaluate(scrolled)
    assert box.is_hidden()


def test_numbers_answer_to_keys(page: Page) -> None:
    """Tab comes to each text once, also after sorting; arrows go through its numbers, and stop at its ends."""
    stops = page.locator("main [data-story][tabindex='0']")
    assert page.locator("main [data-story][tabindex]").count() > 4 * stops.count()
    assert "Tab" in page.locator(".hint:not(.unscripted)").inner_text()
    table, box = page.locator("#tab-quality table"), page.locator(".popover")
    table.locator("th button").nth(1).click()
    numbers = table.locator("[data-story][tabindex]")
    stories = [number.get_attribute("data-story") for number in numbers.all()]
    table.locator("th button").last.focus()
    page.keyboard.press("Tab")
    assert table.locator(":focus").count() == 1
    while box.inner_text() != stories[0]:
        page.keyboard.press("ArrowLeft")
    for story in (*stories[1:], stories[-1]):
        page.keyboard.press("ArrowRight")
        assert table.locator(":focus").get_attribute("data-story") == story
        assert box.inner_text() == story
    assert table.locator("[data-story][tabindex='0']").count() == 1


def test_numbers_answer_to_tap(phone: Page) -> None:
    number = phone.locator("#summary ~ ul data[data-key='ae/psnr']").first
    assert "when it is tapped:" in phone.locator(".hint:not(.unscripted)").inner_text()
    number.tap()
    assert phone.locator(".popover").inner_text().startswith("ae/psnr\n")


def test_verdicts_answer_and_lead_to_their_row(page: Page) -> None:
    mark = page.locator("#part1-answer ~ ul a.verdict").first
    mark.hover()
    assert "margin" in page.locator(".popover").inner_text()
    mark.click()
    assert page.evaluate("location.hash") == "#claim-ae_beats_pca"
    assert page.locator("#claim-ae_beats_pca").is_visible()


def test_a_pointer_gets_into_the_box_that_answers(page: Page) -> None:
    mark, box = page.locator("#part1-answer ~ ul a.verdict").first, page.locator(".popover")
    mark.hover()
    middle = box.bounding_box()
    assert middle is not None
    page.mouse.move(middle["x"] + 20, middle["y"] + middle["height"] / 2, steps=10)
    assert box.is_visible()
    assert mark.get_attribute("aria-describedby") == "popover"
    page.mouse.move(0, 0)
    assert box.is_hidden()
    assert mark.get_attribute("aria-describedby") is None


def test_the_longest_answer_fits_on_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 640, "height": 400})
    page.emulate_media(reduced_motion="reduce")
    page.locator("#claim-prefer_variability a.verdict").focus()
    place = page.locator(".popover").bounding_box()
    assert place is not None
    assert 0 <= place["y"] <= place["y"] + place["height"] <= 400
    page.emulate_media(media="print")
    assert page.locator(".popover").is_hidden()


def test_a_figure_comes_out_as_png(page: Page) -> None:
    with page.expect_download() as download:
        page.locator("#fig-spectrum .tools button", has_text="PNG").click()
    assert download.value.suggested_filename == "spectrum.png"
    assert Path(download.value.path()).read_bytes() == parts().figures["spectrum"].path.read_bytes()


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A figure as it is drawn, in paths."""
    made = parts().bundle
    with styled(made.provenance.classes):
        suffix, content = saved(figures()["spectrum"](made).figure, "spectrum")
    (tmp_path / f"spectrum.{suffix}").write_bytes(content)
    return tmp_path / f"spectrum.{suffix}"


def test_a_drawing_comes_out_as_it_is_and_as_png(browser: Browser, drawing: Path, tmp_path: Path) -> None:
    made = parts()
    shown = made.figures | {"spectrum": replace(made.figures["spectrum"], path=drawing)}
    (tmp_path / "drawn.html").write_text(to_html(made.bundle, made.judgements, shown, made.tables), "utf-8")
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
    assert dialog.is_visible()
    page.mouse.click(3, 3)
    assert dialog.is_hidden()


def test_a_picture_opens_large_and_closes(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")  # the button is scrolled to at once
    page.locator("#fig-spectrum .tools button", has_text="Enlarge").press("Enter")
    dialog = page.locator("dialog.lightbox")
    assert dialog.is_visible()
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


def test_on_a_phone_an_opened_picture_is_large_and_a_tap_makes_it_fit(phone: Page) -> None:
    phone.locator("#fig-spectrum .tools button", has_text="Enlarge").press("Enter")
    image = phone.locator("dialog.lightbox img")
    for width in (2000, 390, 2000):
        box = image.bounding_box()
        assert box is not None
        assert (box["x"] >= 0 and box["x"] + box["width"] <= 390) == (width == 390)
        image.tap()


@pytest.mark.parametrize("place", ["claim-prefer_compression", "fig-spectrum", "masked-quality", "references"])
@pytest.mark.parametrize("on", ["page", "phone"])
def test_a_link_leads_to_its_target(request: pytest.FixtureRequest, on: str, place: str) -> None:
    """What moves is built on the way there, and is lower than what it stands in place of."""
    page: Page = request.getfixturevalue(on)
    page.evaluate("id => { location.hash = id; }", place)
    near = "id => Math.abs(document.getElementById(id).getBoundingClientRect().y - 56) < 2"
    assert happens(page, f"{near} || {END}", place)
    assert happens(page, f"() => all('.explore').every(box => box.dataset.ready === '' || ({AWAY})(box))")
    frames(page, 3)  # and it stays there
    box, end = page.locator(f"#{place}").bounding_box(), page.evaluate(END)
    assert box is not None
    assert box["y"] == pytest.approx(56, abs=2) or (end and box["y"] > 0)


def test_the_contents_mark_what_was_clicked(page: Page) -> None:
    marked = f"to => document.querySelector('nav [aria-current]').hash === to || {END}"
    for link in page.locator(".contents a").all():
        link.click()
        assert happens(page, marked, link.get_attribute("href") or "")


def test_a_claim_that_a_link_leads_to_is_marked(page: Page) -> None:
    colour = "id => getComputedStyle(document.getElementById(id)).backgroundColor"
    before = page.evaluate(colour, "claim-dae_more_robust")
    page.locator("a.verdict[href='#claim-dae_more_robust']").first.click()
    assert page.evaluate(colour, "claim-dae_more_robust") != before == page.evaluate(colour, "claim-ae_beats_pca")


def test_the_dark_is_remembered(browser: Browser, report: str) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(report)
    page.locator("button.theme").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("button.theme").inner_text() == "Light mode"
    context.close()


def test_light_and_dark(page: Page) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.locator("button.theme").click()
    assert page.evaluate(colour) != light
    page.locator("button.theme").click()
    assert page.evaluate(colour) == light


def test_a_browser_prints_without_buttons_and_with_the_mark(page: Page) -> None:
    page.emulate_media(media="print")
    assert not any(button.is_visible() for button in page.locator(".tools button, .theme").all())
    assert page.evaluate("getComputedStyle(document.querySelector('.banner')).position") == "fixed"
    for found in PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages:
        above, marks = lowest(found)
        assert marks
        assert above > max(marks) + 8


def lowest(page: PageObject) -> tuple[float, list[float]]:
    """Where a page's text ends above its margin, and where its mark stands, in points from below."""
    places = list[tuple[float, str]]()
    page.extract_text(visitor_text=lambda text, _, place, *__: places.append((place[5], text.strip())))
    marks = [y for y, text in places if "RESULTS" in text and y < 120]
    return min(y for y, text in places if text and y > 60 and y not in marks), marks


def test_a_browser_prints_a_long_table_with_its_head_on_every_page(page: Page) -> None:
    pages = [found.extract_text() for found in PdfReader(BytesIO(page.pdf(format="A4"))).pages]
    last = next(text for text in pages if METRICS["train_seconds"].how in " ".join(text.split()))
    assert "What the numbers mean" not in last
    assert "How it is measured" in last


def test_it_reads_without_script(browser: Browser, report: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("#fig-spectrum img").is_visible()
    assert page.locator("button").count() == 0
    assert page.locator(".unscripted").is_visible()
    assert "95 % interval" in (page.locator("data[data-key='ae/psnr']").first.get_attribute("title") or "")
    context.close()
