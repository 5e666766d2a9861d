"""The maps of latents in a real browser: they answer to pointer, keys and touch, and change as they are told to."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page

from experiments.bundle import Bundle, Result
from report.fake import fake
from report.render import to_html
from tests.conftest import opened
from tests.explorer import packed, picked, picture, places, points, ready, violations
from tests.standins import parts
from tests.waiting import happens

pytestmark = pytest.mark.browser
MARGIN = 12  # pixels between a map's edge and its points


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return parts().bundle


@pytest.fixture
def maps(desk: Page) -> Locator:
    """The maps as they come: the first model, t-SNE, clean, all classes, nothing picked."""
    desk.emulate_media(media="screen")
    box = ready(desk, "latent_maps")
    for name, value in (("model", "ae"), ("kind", "tsne"), ("noise", "0")):
        box.locator(f"[name=map-{name}][value='{value}']").check(force=True)
    box.get_by_role("button", name="All").click()
    box.locator(".map").press("Escape")
    return box


def spot(box: Locator, bundle: Bundle, point: int) -> dict[str, float]:
    """Where a point of the AE's t-SNE map lies on the canvas."""
    side = box.locator(".map").evaluate("canvas => canvas.clientWidth") - 2 * MARGIN
    x, y = places(packed(bundle)["maps"]["places"]["ae"]["tsne 0"])[point]
    return {"x": 1 + MARGIN + side * x, "y": 1 + MARGIN + side * y}


def says(bundle: Bundle, point: int, model: str = "ae") -> tuple[str, str]:
    """A point's class, and how many neighbours share it."""
    labels, near = bundle.array("data/map_labels"), bundle.array(f"{model}/neighbours")
    same = int((labels[near[point]] == labels[point]).sum())
    counted = f"{same or 'None'} of its 5 nearest neighbours {'are' if same > 1 else 'is'} of its class"
    return bundle.provenance.classes[labels[point]], counted


def outermost(bundle: Bundle) -> int:
    """A point that no other covers: the rightmost one."""
    return int(places(packed(bundle)["maps"]["places"]["ae"]["tsne 0"])[:, 0].argmax())


def test_a_click_picks(maps: Locator, bundle: Bundle) -> None:
    canvas, chosen, point = maps.locator(".map"), maps.locator(".chosen"), outermost(bundle)
    assert "No image is picked" in chosen.inner_text()
    before = picture(canvas)
    canvas.click(position=spot(maps, bundle, point))
    name, counted = says(bundle, point)
    assert chosen.locator("b").inner_text() == name
    assert counted in chosen.inner_text()
    assert chosen.locator("p").get_attribute("aria-live") == "polite"
    labels = bundle.array("data/map_labels")[bundle.array("ae/neighbours")[point]]
    assert maps.locator(".near li").all_inner_texts() == [bundle.provenance.classes[label] for label in labels]
    assert picture(canvas) != before  # rings
    colour = chosen.locator("canvas").evaluate("c => [...c.getContext('2d').getImageData(16, 30, 1, 1).data]")
    assert np.abs(np.array(colour[:3]) - bundle.array("data/map_images")[point, 30, 16]).max() < 25


def test_the_pointer_shows_an_image(maps: Locator, bundle: Bundle) -> None:
    point = outermost(bundle)
    maps.locator(".map").hover(position=spot(maps, bundle, point))
    glance = maps.locator(".glance")
    assert glance.inner_text() == says(bundle, point)[0]
    assert glance.bounding_box()["x"] < maps.page.viewport_size["width"]  # type: ignore[index]
    maps.locator("[name=map-noise]").last.press("Space")  # under a pointer that rests
    glance.wait_for(state="hidden")
    maps.locator(".map").hover(position=spot(maps, bundle, point))
    maps.page.mouse.move(2, 2)
    assert glance.is_hidden()


def test_arrow_keys_move_on(maps: Locator) -> None:
    canvas, told = maps.locator(".map"), maps.locator(".chosen p")
    canvas.focus()
    assert canvas.evaluate("c => c.matches(':focus-visible')")
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        canvas.press(key)
        seen.append((picture(canvas), told.text_content() or ""))
    assert len({drawn for drawn, _ in seen}) > 3
    assert all(re.search(r"of its 5 nearest neighbours (is|are) of its class\. They are: \w", text) for _, text in seen)
    canvas.press("Escape")
    assert told.inner_text() == "No image is picked."


@pytest.mark.parametrize(
    ("key", "axis", "sign"), [("ArrowRight", 0, 1), ("ArrowLeft", 0, -1), ("ArrowDown", 1, 1), ("ArrowUp", 1, -1)]
)
def test_an_arrow_leads_where_it_points(maps: Locator, bundle: Bundle, key: str, axis: int, sign: int) -> None:
    canvas, found = maps.locator(".map"), places(packed(bundle)["maps"]["places"]["ae"]["tsne 0"])
    canvas.press(key)
    first = picked(maps, bundle)
    assert first == np.hypot(*(found - 0.5).T).argmin()  # nothing was picked: the middle
    canvas.press(key)
    away = sign * (found[picked(maps, bundle)] - found[first])[axis]
    assert 0 < away < 0.1


def test_page_keys_lead_to_every_shown_image(maps: Locator, bundle: Bundle) -> None:
    canvas, shown = maps.locator(".map"), np.flatnonzero(bundle.array("data/map_labels") == 0).tolist()
    maps.get_by_role("button", name="None").click()
    maps.get_by_role("checkbox", name=bundle.provenance.classes[0], exact=True).check()
    often = """(canvas, [key, count]) => Array.from({length: count}, () => {
      canvas.dispatchEvent(new KeyboardEvent("keydown", {key}));
      return canvas.closest(".desk").querySelector(".chosen canvas").toDataURL();
    })"""
    canvas.focus()
    behind = maps.page.evaluate("scrollY")
    canvas.press("PageUp")
    first = canvas.evaluate(often, ["PageUp", len(shown)])[-1]
    assert points(bundle, first, *canvas.evaluate(often, ["PageDown", len(shown) - 1])) == shown
    canvas.press("PageDown")
    assert picked(maps, bundle) == shown[-1]
    canvas.press("PageUp")
    assert picked(maps, bundle) == shown[-2]
    canvas.press("PageDown")
    assert picked(maps, bundle) == shown[-1]
    assert maps.page.evaluate("scrollY") == behind


def test_a_neighbour_can_be_picked(maps: Locator, bundle: Bundle) -> None:
    point = outermost(bundle)
    maps.locator(".map").click(position=spot(maps, bundle, point))
    other = int(bundle.array("ae/neighbours")[point][2])
    maps.locator(".near button").nth(2).press("Enter")
    name, counted = says(bundle, other)
    assert maps.locator(".chosen b").inner_text() == name
    assert counted in maps.locator(".chosen").inner_text()
    assert maps.page.evaluate("document.activeElement.closest('.near') !== null")


def test_classes_go_off_and_on(maps: Locator, bundle: Bundle) -> None:
    canvas, point = maps.locator(".map"), outermost(bundle)
    every = picture(canvas)
    canvas.click(position=spot(maps, bundle, point))
    switch = maps.get_by_role("checkbox", name=says(bundle, point)[0], exact=True)
    switch.uncheck()
    assert maps.locator(".chosen p").inner_text() == "No image is picked."
    assert picture(canvas) != every
    maps.get_by_role("button", name="None").click()
    canvas.click(position=spot(maps, bundle, point))
    assert maps.locator(".chosen p").inner_text() == "No image is picked."
    assert canvas.evaluate("c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.every(v => v === 0)")
    switch.check()
    canvas.click(position=spot(maps, bundle, point))
    assert maps.locator(".chosen b").inner_text() == says(bundle, point)[0]
    maps.get_by_role("button", name="All").click()
    canvas.press("Escape")
    assert picture(canvas) == every


def test_classes_that_a_browser_remembers_to_be_off_are_off(page: Page, maps: Locator, bundle: Bundle) -> None:
    """As they are where a page is loaded again."""
    name = bundle.provenance.classes[0]
    page.get_by_role("checkbox", name=name, exact=True).evaluate("input => { input.checked = false; }")
    maps.get_by_role("checkbox", name=name, exact=True).uncheck()
    canvas = ready(page, "latent_maps").locator(".map")
    canvas.press("Escape")
    assert picture(canvas) == picture(maps.locator(".map"))


def test_model_map_and_noise_are_chosen(maps: Locator, bundle: Bundle) -> None:
    canvas, point = maps.locator(".map"), outermost(bundle)
    drawn = [picture(canvas)]
    canvas.click(position=spot(maps, bundle, point))
    for part, value in (("kind", "pca"), ("noise", "0.1"), ("model", "vit_mae")):
        maps.locator(f"[name=map-{part}][value='{value}']").check(force=True)
        drawn.append(picture(canvas))
    assert len(set(drawn)) == 4
    assert canvas.get_attribute("aria-label") == "PCA map of the latents of noisy images, ViT-MAE"
    assert says(bundle, point, "vit_mae")[1] in maps.locator(".chosen").inner_text()  # the same image, other neighbours
    assert maps.locator("[name=map-model]").evaluate_all("items => items.map(item => item.value)") == [
        "ae", "dae", "vae", "mcae", "vit_mae",
    ]  # fmt: skip


def test_what_moves_arrives(page: Page, maps: Locator) -> None:
    """With noise, the points move to where they stand at once for a reader who wants no movement."""
    maps.locator("[name=map-noise][value='0.1']").check(force=True)
    moving = ready(page, "latent_maps")
    moving.locator(".map").press("Escape")
    before = picture(moving.locator(".map"))
    moving.locator("[name=map-noise][value='0.1']").check(force=True)
    wanted = picture(maps.locator(".map"))
    assert before != wanted
    assert happens(page, "wanted => document.querySelector('.map').toDataURL() === wanted", wanted)


def test_a_map_takes_the_colours_of_the_theme(page: Page) -> None:
    canvas = ready(page, "latent_maps").locator(".map")
    light = picture(canvas)
    page.emulate_media(color_scheme="dark")
    night = picture(canvas)
    page.emulate_media(color_scheme="light")
    assert picture(canvas) == light != night
    page.locator("button.theme").click()
    assert picture(canvas) == night
    page.locator("button.theme").click()
    assert picture(canvas) == light


def test_neighbours_out_of_sight(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, array = fake(tmp_path), Bundle.array
    near = np.tile(np.array([1, 90, 91, 92, 93], np.int16), (bundle.settings.map_images, 1))
    monkeypatch.setattr("report.explore.MOST", 50)
    monkeypatch.setattr(Bundle, "array", lambda self, key: near if key == "ae/neighbours" else array(self, key))
    (tmp_path / "cut.html").write_text(to_html(replace(parts(), bundle=bundle)), encoding="utf-8")
    for page in opened(browser.new_context(), (tmp_path / "cut.html").as_uri()):
        told = ready(page, "latent_maps").locator(".chosen p").inner_text()
        assert re.search(r"Of its 5 nearest neighbours 1 is shown here, (1|none) of its class\.", told)


def test_a_phone_with_twenty_classes(browser: Browser, tmp_path: Path) -> None:
    """Every mark is another one, nothing runs out of the window, and a tap picks."""
    made, bundle = parts(), fake(tmp_path)
    names = [f"class {'abcdefghijklmnopqrst'[n]}" for n in range(20)]
    bundle.provenance = bundle.provenance.model_copy(update={"classes": names})
    labels = (np.arange(bundle.settings.map_images) % 20).astype(np.int16)
    kept = ("map_images", "examples", "example_labels")
    arrays = {name: bundle.array(f"data/{name}") for name in kept} | {"map_labels": labels}
    bundle.add(Result("data", 0, arrays=arrays))
    path = tmp_path / "report.html"
    path.write_text(to_html(replace(made, bundle=bundle)), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    for page in opened(context, path.as_uri()):
        box, point = ready(page, "latent_maps"), outermost(bundle)
        marks = [picture(mark) for mark in box.locator(".classes label canvas").all()]
        assert len(marks) == len(set(marks)) == 20
        box.locator(".map").tap(position=spot(box, bundle, point))
        assert box.locator(".chosen b").inner_text() == names[point % 20]
        assert box.locator(".glance").is_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert violations(page, ".exploring") == []
