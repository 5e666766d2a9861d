"""The page for keys and screen readers: what has the focus is in sight, can be pressed, and has a name."""

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import frames

pytestmark = pytest.mark.browser

# Of some elements those that get the focus and lie wholly under something else, after what is done before each.
HIDDEN = """((items, before) => {
  const covered = (item) => {
    const box = item.getBoundingClientRect(), part = [0.1, 0.5, 0.9];
    const at = (x, y) => document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
    const tops = part.flatMap(x => part.map(y => at(x, y)));
    return tops.every(top => top && !item.contains(top) && top.closest("th, .to-contents"));
  };
  document.documentElement.style.scrollBehavior = "auto";
  return items.filter(item => {
    before(item);
    item.focus();
    document.querySelector(".popover").hidden = true;
    return covered(item);
  }).map(item => item.textContent);
})"""


def test_a_number_is_a_button_that_keys_press(page: Page) -> None:
    numbers = page.locator("#tab-quality [data-story][tabindex]")
    number, box = numbers.nth(2), page.locator(".popover")
    assert number.get_attribute("role") == "button"
    number.focus()
    page.keyboard.press("Escape")
    for key in ("Enter", " "):
        assert box.is_hidden()
        page.keyboard.press(key)
        assert box.inner_text() == number.get_attribute("data-story")
        page.keyboard.press(key)
    assert box.is_hidden()
    for key, end in (("End", numbers.last), ("Home", numbers.first)):
        page.keyboard.press(key)
        expect(end).to_be_focused()


@pytest.mark.parametrize("size", [(320, 256), (667, 375)])
def test_in_a_low_window_an_answer_leaves_its_number_in_sight_and_is_scrolled_by_keys(
    page: Page, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    number, box = page.locator("#claim-prefer_variability a.verdict"), page.locator(".popover")
    number.focus()
    frames(page, 2)
    place, answer = number.bounding_box(), box.bounding_box()
    assert place is not None
    assert answer is not None
    assert answer["y"] >= place["y"] + place["height"] - 1 or answer["y"] + answer["height"] <= place["y"] + 1
    assert answer["y"] >= 0
    assert answer["y"] + answer["height"] <= size[1]
    if box.evaluate("box => box.scrollHeight > box.clientHeight"):
        before = page.evaluate("scrollY")
        page.keyboard.press("ArrowDown")
        assert box.evaluate("box => box.scrollTop") > 0
        assert page.evaluate("scrollY") == before
    else:
        assert size != (320, 256)


def test_an_answer_has_no_empty_space(page: Page) -> None:
    page.locator("#tab-quality [data-story]").first.focus()
    paddings = page.locator(".popover").evaluate(
        "box => [getComputedStyle(box).paddingTop, getComputedStyle(box).paddingBottom]"
    )
    assert paddings[0] == paddings[1]


def test_on_a_phone_a_number_that_gets_the_focus_comes_out_from_under_the_first_column(phone: Page) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    numbers = "[...row.querySelectorAll('[data-story]')].reverse()"  # from right to left
    every = f"[...document.querySelectorAll('.table tbody tr')].flatMap(row => {numbers})"
    assert phone.evaluate(f"{HIDDEN}({every}, () => {{}})") == []


def test_what_gets_the_focus_is_not_below_the_button_to_the_contents(phone: Page) -> None:
    side = "stop.getBoundingClientRect().left > document.querySelector('.to-contents').getBoundingClientRect().left"
    stops = f"[...document.querySelectorAll('main p [data-story], main li [data-story]')].filter(stop => {side})"
    lowest = "item => scrollBy(0, item.getBoundingClientRect().bottom - innerHeight + 16)"
    assert phone.evaluate(f"{stops}.length") > 10
    assert phone.evaluate(f"{HIDDEN}({stops}, {lowest})") == []


def test_two_links_skip_to_the_summary_and_over_the_contents(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the summary")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Contents")
    assert (page.locator(":focus").bounding_box() or {"x": -1})["x"] >= 0  # also where it is not seen otherwise
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # to the choice of dark mode
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip the contents")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#part1"


def test_tables_figures_and_what_is_enlarged_have_short_names(page: Page) -> None:
    for name in (
        "Table 1. Reconstruction of test images.",
        "Table 10. All claims, their verdicts and effects.",
        "Table 11. Metrics, their margins and definitions.",
        "Table 12. Settings of this run.",
    ):
        expect(page.get_by_role("table", name=name, exact=True)).to_have_count(1)
    expect(page.get_by_role("columnheader", name="SSIM", exact=True).first).to_be_visible()  # without its arrow
    name = "Figure 1. Original and reconstructed test images."
    figure = page.get_by_role("figure", name=name, exact=True)
    figure.locator("button", has_text="Enlarge").click()
    expect(page.get_by_role("dialog", name=name, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
