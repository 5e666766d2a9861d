"""The page in a real browser: no accessibility violation, it fits, and its links, contents and colours do their work.

Every page complains of console messages, errors and requests.
"""

from collections import Counter
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.explorer import coloured, thinned, violations
from tests.waiting import frames, happens

pytestmark = pytest.mark.browser
COLOURS = ["color-contrast", "link-in-text-block"]
ALL_BUT_COLOURS = {"rules": {name: {"enabled": False} for name in COLOURS}}
END = "scrollY + innerHeight >= root.scrollHeight - 2"  # of the page: nothing is scrolled further
AWAY = "box => box.getBoundingClientRect().bottom < -600 || box.getBoundingClientRect().top > innerHeight + 600"


def test_no_accessibility_violation(page: Page) -> None:
    assert violations(page, **ALL_BUT_COLOURS) == []


def test_no_accessibility_violation_on_a_phone(phone: Page) -> None:
    assert violations(thinned(phone), **ALL_BUT_COLOURS) == []


@pytest.mark.parametrize("on", ["page", "dark", "phone"])
def test_every_text_stands_out_from_what_is_behind_it(request: pytest.FixtureRequest, on: str) -> None:
    assert violations(coloured(request.getfixturevalue(on)), runOnly=COLOURS) == []


def test_no_accessibility_violation_while_a_number_answers(page: Page) -> None:
    page.locator("#summary ~ ul data[data-key]").first.hover()
    assert page.locator(".popover").is_visible()
    assert violations(page, ["[aria-describedby=popover]", ".popover"]) == []


def test_a_phone_never_scrolls_sideways(phone: Page) -> None:
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_shows_long_tables_and_those_of_words_whole_and_as_tables(phone: Page) -> None:
    for width, name in product((390, 320), ("claims", "definitions", "settings", "ae_or_dae", "cnn_vit")):
        phone.set_viewport_size({"width": width, "height": 844})
        table = phone.locator(f"#tab-{name} table")
        assert table.evaluate("table => table.parentElement.scrollWidth <= table.parentElement.clientWidth"), name
        columns, rows = (table.locator(part).count() for part in ("thead th", "tbody tr"))
        roles = roles_of(phone, f"#tab-{name} table")
        expected = (columns, rows, rows * (columns - 1))
        assert (roles["columnheader"], roles["rowheader"], roles["cell"]) == expected, name


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


def test_the_current_section_is_marked_where_a_window_changes(page: Page) -> None:
    mark = "() => document.querySelector('nav [aria-current]').hash"
    page.evaluate("document.getElementById('heatmaps').scrollIntoView({behavior: 'instant'})")
    page.locator("nav [aria-current][href='#heatmaps']").wait_for()
    page.evaluate("document.querySelector('main').style.paddingTop = '9000px'")  # all stands lower, and nothing scrolls
    page.evaluate("document.documentElement.style.overflowAnchor = 'none'")
    page.set_viewport_size({"width": 1300, "height": 900})
    assert happens(page, f"() => ({mark})() !== '#heatmaps'")


def test_tab_leads_through_the_contents_and_moves_nothing_else(page: Page) -> None:
    """Else a page that moves has another section, which the contents then show instead of the focus."""
    page.set_viewport_size({"width": 1280, "height": 600})
    page.evaluate("document.getElementById('heatmaps').scrollIntoView({behavior: 'instant'})")
    page.locator("nav [aria-current][href='#heatmaps']").wait_for()
    links = page.locator("nav ol a").all()
    links[0].focus()
    before = page.evaluate("scrollY")
    for key, order in (("Tab", links[1:]), ("Shift+Tab", links[-2::-1])):
        for link in order:
            page.keyboard.press(key)
            frames(page, 1)
            expect(link).to_be_focused()
            expect(link).to_be_in_viewport(ratio=1)
            assert page.evaluate("scrollY") == before


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


def test_a_phone_unfolds_the_lists_of_figures_and_tables_for_whoever_asks(phone: Page, page: Page) -> None:
    expect(page.locator(".lists")).to_be_visible()
    expect(page.locator("nav .unfold")).to_be_hidden()
    expect(phone.locator(".lists")).to_be_hidden()
    phone.locator("nav .unfold a").click()
    expect(phone.locator(".lists li").first).to_be_in_viewport()
    expect(phone.locator("nav .unfold")).to_be_hidden()
    phone.locator(".lists a").first.click()
    expect(phone.locator("figure").first).to_be_in_viewport()
    expect(phone.locator(".lists")).to_be_hidden()


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


def test_a_theme_that_another_page_remembers_is_none(browser: Browser, report: str) -> None:
    """Pages that are opened as files share what they remember."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(report)
    page.evaluate("localStorage.theme = 'auto'")
    page.reload()
    assert page.locator("button.theme").inner_text() == "Light mode"
    page.locator("button.theme").click()
    assert page.locator("html").get_attribute("data-theme") == "light"
    context.close()


def test_light_and_dark(page: Page) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.locator("button.theme").click()
    assert page.evaluate(colour) != light
    page.locator("button.theme").click()
    assert page.evaluate(colour) == light
