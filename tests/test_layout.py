"""How the page is laid out in a real browser: the verdicts first, lines that can be read, and quiet tools."""

import pytest
from playwright.sync_api import Locator, Page, expect

from report.templates import TEMPLATES

pytestmark = pytest.mark.browser
LETTERS = """(items, most) => items.map((item) => {
  const pen = document.createElement("canvas").getContext("2d"), style = getComputedStyle(item);
  pen.font = style.font;
  return item.clientWidth / pen.measureText("the autoencoder gives back what it has seen").width * 43;
}).filter((letters) => letters > most)"""

CUT = """(items) => items.filter((item) => {
  const box = item.closest("figure, .scroll"), edges = box.getBoundingClientRect();
  item.focus({ focusVisible: true });
  item.scrollIntoView({ inline: "nearest" });
  const { left, right } = item.getBoundingClientRect(), { outlineOffset, outlineWidth } = getComputedStyle(item);
  const ring = Math.max(0, parseFloat(outlineOffset) + parseFloat(outlineWidth));
  const clips = getComputedStyle(box).overflowX !== "visible";
  return parseFloat(outlineWidth) < 2 || clips && (left - ring < edges.left || right + ring > edges.right);
}).map((item) => item.textContent)"""

CROSSED = """(rows) => rows.filter((row) => {
  const drawn = row.querySelector(".range rect")?.getBoundingClientRect(), whole = row.getBoundingClientRect();
  const [top, bottom] = [Math.max(drawn?.top, whole.top), Math.min(drawn?.bottom, whole.bottom)];
  return [...row.querySelectorAll(".what, .what *")].some((text) => [...text.getClientRects()].some((box) =>
    box.left < drawn?.right && box.right > drawn?.left && box.top < bottom && box.bottom > top));
}).map((row) => row.textContent)"""


def bottom(item: Locator) -> float:
    box = item.bounding_box()
    assert box
    return box["y"] + box["height"]


def test_the_verdicts_are_on_the_first_screen(page: Page, phone: Page) -> None:
    """Under the banner of a made-up run, which no other has."""
    assert bottom(page.locator(".score")) < 800
    assert bottom(phone.locator(".score")) < 800


def test_a_phone_shows_what_a_run_was_made_of_to_whoever_asks(phone: Page, page: Page) -> None:
    expect(page.locator(".provenance div").last).to_be_visible()
    expect(page.locator(".provenance + .unfold")).to_be_hidden()
    expect(phone.locator(".provenance div").first).to_be_visible()
    expect(phone.locator(".provenance .rest").last).to_be_hidden()
    phone.locator(".provenance + .unfold a").click()
    expect(phone.locator(".provenance .rest").last).to_be_in_viewport()
    expect(phone.locator(".provenance + .unfold")).to_be_hidden()


def test_a_line_of_text_has_no_more_than_ninety_letters(page: Page) -> None:
    text = page.locator("main > section p:not(.caption, .hint), main > section > ul:not([class]) > li")
    assert text.count() > 50
    for width in (1440, 1000):
        page.set_viewport_size({"width": width, "height": 900})
        assert text.evaluate_all(LETTERS, 90) == [], width


def test_no_window_scrolls_sideways_though_a_scrollbar_takes_some_of_its_width(page: Page) -> None:
    for width in (641, 700, 1000, 1024, 1030, 1366, 1376, 1395, 1410, 1416, 1425, 1440, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        inner, outer = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert inner <= outer < width


def test_a_very_wide_window_has_its_page_in_the_middle(page: Page) -> None:
    page.set_viewport_size({"width": 2400, "height": 900})
    first, last = page.locator("nav").bounding_box(), page.locator(".all-claims").bounding_box()
    assert first
    assert last
    assert abs(first["x"] - (2400 - last["x"] - last["width"])) < 80
    assert first["x"] > 300


def test_the_margin_runs_on_from_claim_to_claim(page: Page, phone: Page) -> None:
    """As one drawing, where a column of the list is theirs; on a phone each stands below its sentence."""
    tall = "rects => rects.map((rect) => rect.getBoundingClientRect().height - rect.closest('li, tr').clientHeight)"
    for rects in (".verdicts .board .range rect", ".claims .range rect"):
        assert min(page.locator(rects).evaluate_all(tall)) > 0
        assert max(phone.locator(rects).evaluate_all(tall)) < 0


def test_a_long_value_takes_no_room_from_the_other_columns(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    cells = page.locator(".settings tbody tr:first-child > *")
    widths = "cells => cells.map((cell) => cell.clientWidth)"
    before = cells.evaluate_all(widths)
    put = "(cell, text) => [cell.textContent, cell.textContent = text][0]"
    was = cells.nth(1).evaluate(put, "a class with a long name " * 9)
    assert cells.evaluate_all(widths) == before
    cells.nth(1).evaluate(put, was)


def test_a_phone_breaks_no_name_of_a_setting_beside_a_short_value(phone: Page) -> None:
    heights = "cells => cells.map(cell => cell.getBoundingClientRect().height)"
    names = phone.locator("#tab-settings tbody th").evaluate_all(heights)
    assert max(names) < 1.5 * min(names)


def test_a_table_that_scrolls_a_little_has_its_shadow_too(phone: Page) -> None:
    """What covers the shadow at the table's end is hardly wider: else a number is cut there, and looks whole."""
    sizes = phone.locator(".table .scroll").first.evaluate("box => getComputedStyle(box).backgroundSize")
    cover, shadow = (float(size.split("px")[0]) for size in sizes.split(", "))
    assert shadow <= cover < 1.3 * shadow


@pytest.mark.parametrize("letters", [100, 150, 200])
def test_the_margin_runs_through_no_text(page: Page, letters: int) -> None:
    page.evaluate("letters => document.documentElement.style.fontSize = letters + '%'", letters)
    for width in (700, 1000, 1280, 1500):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator(".board li").evaluate_all(CROSSED) == [], width


@pytest.mark.parametrize("window", ["page", "phone"])
def test_the_ring_of_what_is_focused_is_whole(window: str, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(window)
    page.keyboard.press("Tab")
    for item in (".scroll thead button", "figure .foot summary", "figure .foot .tools > :last-child"):
        assert page.locator(item).evaluate_all(CUT) == [], item


def test_on_a_phone_a_claim_stands_beside_its_effect_and_drawing(phone: Page) -> None:
    for board in (".verdicts .board", "#part1 ~ .board"):
        row = phone.locator(f"{board} li").first
        what, effect, drawing = (row.locator(part).bounding_box() for part in (".what", ".effect", ".range"))
        assert what
        assert effect
        assert drawing
        assert what["x"] + what["width"] <= min(effect["x"], drawing["x"]), board
        assert abs(effect["y"] - what["y"]) < 8, board
        assert 0 <= drawing["y"] - effect["y"] - effect["height"] < 12, board


def test_a_number_in_a_table_is_underlined_while_its_row_is_pointed_at(page: Page, phone: Page) -> None:
    seen = "item => !getComputedStyle(item).textDecorationColor.endsWith(', 0)')"
    number = "#tab-quality tbody tr:first-child data"
    assert not page.locator(number).first.evaluate(seen)
    page.locator(number).last.hover()
    assert page.locator(number).first.evaluate(seen)
    assert page.locator(".score ~ ul data").first.evaluate(seen)
    assert phone.locator(number).first.evaluate(seen)  # which points at nothing


def test_the_tools_of_a_figure_stand_beside_its_source(page: Page) -> None:
    caption = page.locator("#fig-spectrum figcaption")
    tools, source = caption.locator(".tools").bounding_box(), caption.locator("summary").bounding_box()
    assert tools
    assert source
    assert abs(tools["y"] + tools["height"] / 2 - source["y"] - source["height"] / 2) < 8
    assert bottom(caption.locator(":scope > b").first) < tools["y"]


def test_marks_on_a_small_map_are_small(desk: Page) -> None:
    """As many stand on a phone's map as on a wide one."""
    radius = """() => new Promise((done) => {
      const put = Stamps.prototype.put;
      Stamps.prototype.put = function (...of) {
        put.apply(this, of);
        Stamps.prototype.put = put;
        done(this.radius);
      };
      document.querySelector(".classes input").click();
    })"""
    wide = desk.evaluate(radius)
    desk.set_viewport_size({"width": 390, "height": 900})
    small = desk.evaluate(radius)
    assert 0.5 < small / wide < 0.8


def test_what_a_flipped_claim_was_and_is_stands_beside_it(wide: Page, narrow: Page) -> None:
    page = '<p class="effects">Before: 1 dB</p><p class="effects">Now: 2 dB</p>'
    head = f"<meta name=viewport content='width=device-width'><style>{(TEMPLATES / 'compare.css').read_text()}</style>"
    for window, beside in ((wide, True), (narrow, False)):
        window.set_content(f"{head}<section class=flip><h3>a</h3><p>It is.</p>{page}</section>")
        tops = [bottom(window.locator(f".flip > :nth-child({place})")) for place in (1, 2, 3, 4)]
        assert (tops == sorted(tops), abs(tops[3] - tops[1]) < 4) == (not beside, beside)


def test_letters_twice_as_large_do_not_make_the_page_scroll_sideways(page: Page, phone: Page) -> None:
    """Remarks and wide tables neither: they stand in the margin where the text leaves one."""
    beside = "note => note.getBoundingClientRect().left > note.parentElement.getBoundingClientRect().right"
    for window, width in ((page, 1280), (page, 2600), (page, 1440), (phone, 390)):
        window.set_viewport_size({"width": width, "height": 900})
        window.evaluate("document.documentElement.style.fontSize = '200%'")
        assert window.evaluate("document.documentElement.scrollWidth") <= width
        assert not window.locator("p > .note").first.evaluate(beside)
    page.evaluate("document.documentElement.style.fontSize = '100%'")
    assert page.locator("p > .note").first.evaluate(beside)
