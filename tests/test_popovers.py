"""Numbers and verdicts of the page answer in a real browser: to hover, focus, keys and touch."""

import pytest
from playwright.sync_api import Page

from tests.waiting import frames, happens

pytestmark = pytest.mark.browser


def test_numbers_answer_to_hover_and_focus(page: Page) -> None:
    number, box = page.locator("#summary ~ ul data[data-key='ae/psnr']").first, page.locator(".popover")
    assert box.is_hidden()
    number.hover()
    assert box.inner_text().endswith("\nkey: ae/psnr")
    assert "95\N{NO-BREAK SPACE}% interval" in box.inner_text()
    page.mouse.move(0, 0)
    assert box.is_hidden()
    number.focus()
    assert box.is_visible()
    page.locator("#summary ~ ul data").nth(3).hover()
    assert page.locator("[aria-describedby=popover]").count() == 1
    page.keyboard.press("Escape")
    assert box.is_hidden()


def test_a_resting_pointer_leaves_the_answer_of_what_has_the_focus(page: Page) -> None:
    numbers, box = page.locator("#summary ~ ul data[data-key]"), page.locator(".popover")
    numbers.first.hover()
    numbers.nth(3).focus()
    page.mouse.move(0, 0)
    assert box.is_visible()  # of what is hidden the text is told all the same
    assert box.inner_text().endswith(f"key: {numbers.nth(3).get_attribute('data-key')}")


def test_contents_that_follow_leave_the_answer(page: Page) -> None:
    """Where the focus scrolls to another section, they scroll, too."""
    page.set_viewport_size({"width": 1280, "height": 400})
    number, box = page.locator("#tab-cnn_vit data[data-key]").first, page.locator(".popover")
    number.focus()
    assert happens(page, "() => document.querySelector('nav').scrollTop > 0")
    frames(page, 3)  # in which what they do when they have scrolled is done
    assert box.is_visible()
    assert box.inner_text().endswith(f"key: {number.get_attribute('data-key')}")


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


def test_an_answer_stays_with_its_number_in_a_window_of_another_size(page: Page) -> None:
    number, box = page.locator("table.claims [data-story][tabindex]").nth(3), page.locator(".popover")
    number.focus()
    before = number.bounding_box()
    page.set_viewport_size({"width": 1380, "height": 600})
    frames(page, 3)
    place, answer = number.bounding_box(), box.bounding_box()
    assert before is not None
    assert place is not None
    assert answer is not None
    assert place["x"] < before["x"]
    assert answer["x"] == pytest.approx(min(place["x"], 1372 - answer["width"]), abs=1)
    page.set_viewport_size({"width": 700, "height": 600})  # in which the number is far below
    frames(page, 3)
    assert box.is_hidden()
    assert page.evaluate("root.scrollWidth") <= 700


def test_an_answer_stays_with_its_number_where_what_moves_is_built_above_it(page: Page) -> None:
    """As for a reader who comes from below."""
    apart = """async built => {
      const figure = document.getElementById("fig-interpolation"), box = document.getElementById("popover");
      const after = item => figure.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
      const number = all("main [data-story][tabindex]").find(item => after(item) && !figure.contains(item));
      number.focus();
      await new Promise(requestAnimationFrame);
      const answered = !box.hidden && !(built in figure.querySelector(".explore").dataset);
      for (let n = 0; n < 90; n++) await new Promise(requestAnimationFrame);
      const own = number.getBoundingClientRect(), answer = box.getBoundingClientRect();
      const ready = built in figure.querySelector(".explore").dataset;
      const gaps = [answer.top - own.bottom, answer.bottom - own.top].map(Math.abs);
      return [answered && ready && !box.hidden, Math.min(...gaps)];
    }"""
    answered, distance = page.evaluate(apart, "ready")
    assert answered
    assert distance < 2


def test_an_answer_is_as_large_after_a_short_one(page: Page) -> None:
    number, box = page.locator("table.claims [data-story][tabindex]").nth(3), page.locator(".popover")
    sizes = []
    for story in (number.get_attribute("data-story"), "1", number.get_attribute("data-story")):
        number.evaluate("(number, story) => { number.dataset.story = story; number.blur(); number.focus(); }", story)
        place = box.bounding_box()
        assert place is not None
        sizes.append((place["width"], place["height"]))
    assert sizes[0] == sizes[2] > sizes[1]


def test_arrows_that_are_a_browsers_own_keys_stay_its_own(page: Page) -> None:
    number = page.locator("#tab-quality [data-story][tabindex]").first
    page.evaluate("addEventListener('keydown', event => { root.dataset.kept = event.defaultPrevented; })")
    for key in ("Alt", "Control", "Meta"):
        number.focus()
        page.evaluate("delete root.dataset.kept")
        page.keyboard.press(f"{key}+ArrowRight")
        assert page.evaluate("root.dataset.kept") == "false", key
        assert number.evaluate("number => number === document.activeElement"), key


def test_numbers_answer_to_keys(page: Page) -> None:
    """Tab comes to each text once, also after sorting; arrows go through its numbers, and stop at its ends."""
    stops = page.locator("main [data-story][tabindex='0']")
    assert page.locator("main [data-story][tabindex]").count() > 4 * stops.count()
    assert "Tab" in page.get_by_text("An underlined number shows").inner_text()
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
    numbers.nth(2).click()
    page.keyboard.press("ArrowRight")
    assert table.locator("[data-story][tabindex='0']").count() == 1


def test_numbers_answer_to_tap(phone: Page) -> None:
    number = phone.locator("#summary ~ ul data[data-key='ae/psnr']").first
    assert "when it is tapped." in phone.get_by_text("An underlined number shows").inner_text()
    number.tap()
    assert phone.locator(".popover").inner_text().endswith("\nkey: ae/psnr")


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


def test_an_answer_never_covers_its_number_beside_a_scrollbar(page: Page) -> None:
    """In a narrow window, as a zoomed one is."""
    page.set_viewport_size({"width": 390, "height": 800})
    wrong = page.locator("table.claims [data-story]").evaluate_all("""items => items.filter(item => {
      item.scrollIntoView({ block: "end", behavior: "instant" });
      item.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      const answer = document.getElementById("popover").getBoundingClientRect(), own = item.getBoundingClientRect();
      return answer.top < own.bottom - 1 && answer.bottom > own.top + 1 || answer.right > root.clientWidth - 7;
    }).map(item => item.textContent)""")
    assert page.evaluate("root.clientWidth") < 390
    assert wrong == []


@pytest.mark.parametrize("selector", ["#tab-quality data[data-key]", "#claim-prefer_variability a.verdict"])
def test_an_answer_is_read_at_a_glance(page: Page, selector: str) -> None:
    """Line by line, as it is bound; what a line tells and what it says stand in two columns."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 700})
        item, box = page.locator(selector).first, page.locator(".popover")
        item.blur()
        item.focus()
        assert box.inner_text() == item.get_attribute("data-story")
        names, texts = box.evaluate(
            """box => [...box.querySelectorAll("b")].map(name => {
              const range = document.createRange();
              range.selectNodeContents(name.parentElement);
              range.setStart(name.nextSibling, 1);
              return [name.getBoundingClientRect().left, ...[...range.getClientRects()].map(line => line.left)];
            }).reduce(([names, texts], [name, ...lines]) => [[...names, name], [...texts, ...lines]], [[], []])"""
        )
        assert len(names) > 3
        assert max(names) - min(names) < 1
        assert max(texts) - min(texts) < 2.5
        assert min(texts) > max(names) + 60


def test_what_has_no_name_is_a_line_as_it_is(page: Page) -> None:
    number, box = page.locator("#tab-quality data[data-key]").first, page.locator(".popover")
    for story in ("It was lost", "<b>x</b>", "https://a.b: c: d"):
        number.evaluate("(number, story) => { number.dataset.story = story; number.blur(); number.focus(); }", story)
        assert box.inner_text() == story
