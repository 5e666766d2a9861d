"""The page in a real browser: no console error, no request, no accessibility violation, and everything that moves."""

import csv
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page
from pypdf import PageObject, PdfReader

from experiments.metrics import METRICS
from report.render import render
from tests.standins import parts

pytestmark = pytest.mark.browser
END = "scrollY + innerHeight >= root.scrollHeight - 2"  # of the page: nothing is scrolled further


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    made, run = parts("nominal"), tmp_path_factory.mktemp("run")
    return next(render(run, made.bundle, made.judgements, made.figures, made.tables, formats=("html",))).as_uri()


@pytest.fixture
def page(browser: Browser, report: str) -> Iterator[Page]:
    yield from opened(browser.new_context(viewport={"width": 1400, "height": 900}), report)


@pytest.fixture
def phone(browser: Browser, report: str) -> Iterator[Page]:
    yield from opened(
        browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True), report
    )


@pytest.fixture
def dark(browser: Browser, report: str) -> Iterator[Page]:
    yield from opened(browser.new_context(color_scheme="dark"), report)


def opened(context: BrowserContext, report: str) -> Iterator[Page]:
    """A page that complains when the test is over: of console messages, errors and requests."""
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith("data:") else None)
    page.goto(report)
    yield page
    context.close()
    assert complaints == [report]


def test_no_accessibility_violation(page: Page) -> None:
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
    page.locator("nav [aria-current][href='#heatmaps']").wait_for()  # polling in the page is what its policy forbids
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


def test_numbers_answer_to_keys(page: Page) -> None:
    """Tab comes to each text once, also after sorting; arrows go through its numbers, and stop at its ends."""
    stops = page.locator("main [data-story][tabindex='0']")
    assert page.locator("main [data-story][tabindex]").count() > 4 * stops.count()
    assert "Tab" in page.locator(".hint").inner_text()
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
    assert "when it is tapped:" in phone.locator(".hint").inner_text()
    number.tap()
    assert phone.locator(".popover").inner_text().startswith("ae/psnr\n")


def test_verdicts_answer_and_lead_to_their_row(page: Page) -> None:
    mark = page.locator("#part1-answer ~ ul a.verdict").first
    mark.hover()
    assert "margin" in page.locator(".popover").inner_text()
    mark.click()
    assert page.evaluate("location.hash") == "#claim-ae_beats_pca"
    assert page.locator("#claim-ae_beats_pca").is_visible()


def test_tables_sort(page: Page) -> None:
    table = page.locator("#tab-quality table")
    values = table.locator("tbody tr td:nth-child(2) data")

    def shown() -> list[float]:
        return [float(value) for value in values.evaluate_all("items => items.map(item => item.value)")]

    head, before = table.locator("thead th").nth(1), shown()
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown() == sorted(shown())
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert shown() == sorted(shown(), reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert shown() == before


def test_powers_of_ten_sort_as_numbers(page: Page) -> None:
    cells = page.locator("#tab-quality tbody td:nth-child(2)")
    texts = ["0.0012", "7.30×10⁻⁵", "−2.6×10⁻⁶", "1.5×10⁷", "9.1×10⁻¹² dB", "–"]
    script = """(table, texts) => {
      const rows = [...table.tBodies[0].rows];
      const [row] = rows;
      for (const other of rows.slice(1)) other.remove();
      const made = texts.map(() => row.cloneNode(true));
      made.forEach((copy, n) => copy.cells[1].textContent = texts[n]);
      const fresh = table.cloneNode(true);
      fresh.tBodies[0].replaceChildren(...made);
      table.replaceWith(fresh);
      for (const button of fresh.querySelectorAll("thead button")) button.replaceWith(...button.childNodes);
      sorting();
    }"""
    page.locator("#tab-quality table").evaluate(script, texts)
    page.locator("#tab-quality thead th").nth(1).locator("button").click()
    assert cells.all_inner_texts() == ["−2.6×10⁻⁶", "7.30×10⁻⁵", "0.0012", "1.5×10⁷", "9.1×10⁻¹² dB", "–"]
    assert page.evaluate("unit('7.30×10⁻⁵ px')") == ["px"]
    assert page.evaluate("plain('−7.3×10⁻¹⁵')") == "−7.3e-15"


def test_claims_sort_by_unit_and_then_by_number(page: Page) -> None:
    heads = page.locator("table.claims thead th")
    assert heads.nth(5).locator("button").count() == 0  # drawings
    heads.nth(2).locator("button").click()
    texts = [text.replace("−", "-") for text in page.locator("table.claims tbody td:nth-child(3)").all_inner_texts()]
    parts = [text.split() for text in texts if text.strip()]
    found = [(part[1] if len(part) > 1 else "", float(part[0])) for part in parts]
    units = [unit for unit, _ in found]
    assert len(set(units)) > 2
    assert [unit for n, unit in enumerate(units) if unit not in units[:n]] == list(dict.fromkeys(units))
    assert all(a <= b for (u, a), (v, b) in pairwise(found) if u == v)


def test_a_table_comes_out_as_csv(page: Page) -> None:
    rows = download(page, "quality")
    assert rows[0] == ["Model", "PSNR / dB", "SSIM", "Verdict"]
    bound = page.locator("#tab-quality data[data-key='ae/psnr']").get_attribute("value")
    assert rows[1][:2] == ["AE", bound]


def download(page: Page, table: str) -> list[list[str]]:
    with page.expect_download() as found:
        page.locator(f"button[aria-label='Save table {table} as CSV']").click()
    assert found.value.suggested_filename == f"{table}.csv"
    content = Path(found.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(content.decode("utf-8-sig").splitlines()))


def test_a_cell_of_several_numbers_or_with_words_comes_out_as_it_reads(page: Page) -> None:
    settings = {row[0]: row[1] for row in download(page, "settings")}
    assert settings["noise_levels"] == "0, 0.02, 0.05, 0.1, 0.2"
    claim = next(row for row in download(page, "claims") if row[0].startswith("The AE reconstructs better"))
    assert claim[1] == "holds"
    assert claim[2].startswith("+")  # no formula, and no sign against one
    assert claim[0].endswith(". †")  # neither its measure nor its keys
    assert len(claim) == 5  # no drawing
    assert " to " in claim[3]
    assert download(page, "quality")[1][3].startswith("holds +")


def test_words_that_a_spreadsheet_would_compute_come_out_as_words(page: Page) -> None:
    cell = page.locator("table.settings tr", has_text="author").locator("td").first
    for words in ("+1+cmd|' /C calc'!A0", "-2", "=1", "@x"):
        cell.evaluate("(cell, words) => { cell.textContent = words; }", words)
        assert {row[0]: row[1] for row in download(page, "settings")}["author"] == f"'{words}"


def test_percentages_come_out_as_they_are_printed(page: Page) -> None:
    """In tables and pop-ups; what is stored is a share."""
    cell = page.locator("data[data-key='ae/probe_accuracy']").first
    share = float(cell.get_attribute("value") or "")
    assert cell.get_attribute("data-story").splitlines()[1] == f"{share * 100:.15g} %"  # type: ignore[union-attr]
    found = cell.evaluate("one => { const cell = make('td'); cell.append(one.cloneNode(true)); return content(cell); }")
    assert found.endswith(" %")
    assert float(found[:-2]) == pytest.approx(share * 100, rel=1e-14)


def test_what_is_missing_is_sorted_to_the_end(page: Page) -> None:
    head = page.locator("table.definitions thead th").nth(1)  # units, of which some numbers have none
    for _ in range(2):
        head.locator("button").click()
        units = page.locator("table.definitions tbody td:nth-child(2)").all_inner_texts()
        assert "" in units
        assert units[units.index("") :] == [""] * units.count("")


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


def test_a_picture_opens_large_and_closes(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")  # the button is scrolled to at once
    page.locator("#fig-spectrum .tools button", has_text="Enlarge").press("Enter")
    dialog = page.locator("dialog.lightbox")
    assert dialog.is_visible()
    assert dialog.locator("img").get_attribute("alt") == "Alt of spectrum."
    behind = page.evaluate("scrollY")
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == behind
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    page.locator("#fig-spectrum img").click()
    assert dialog.is_visible()


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
    page.wait_for_function(f"{near} || {END}", arg=place)
    page.wait_for_timeout(500)  # and it stays there
    box, end = page.locator(f"#{place}").bounding_box(), page.evaluate(END)
    assert box is not None
    assert box["y"] == pytest.approx(56, abs=2) or (end and box["y"] > 0)


def test_the_contents_mark_what_was_clicked(page: Page) -> None:
    marked = f"link => link.getAttribute('aria-current') === 'true' || {END}"
    for link in page.locator(".contents a").all():
        link.click()
        page.wait_for_function(marked, arg=link.element_handle())


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
    assert "95 % interval" in (page.locator("data[data-key='ae/psnr']").first.get_attribute("title") or "")
    context.close()
